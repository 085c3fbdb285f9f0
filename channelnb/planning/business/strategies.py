"""Goals of a plan, opened by the strengths and weaknesses of the scorecard: typed rows, as promises are."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping

import pandas as pd

from channelnb.fiscal import FiscalCalendar
from channelnb.frames import records
from channelnb.metrics.known import KNOWN
from channelnb.planning.promises.proposals import IF_MISSED, amount_text
from channelnb.planning.promises.subjects import side_of, subject_of, wording_of

STRENGTH, WEAKNESS = "strength", "weakness"
WEAK, STRONG = 50.0, 80.0
"""Scores below which a metric is a weakness, and from which on it is a strength."""
MOST = 3
"""How many of either are told."""
AHEAD = 4
"""Quarters in which a goal is to be reached: a year."""

COLUMNS = [
    *("commitment_id", "partner_id", "side", "kind", "area", "text", "line", "metric", "baseline", "target"),
    *("owner", "if_missed", "due_on", "due_period", "opened_by", "score"),
]
_AREAS = {"capability": "training"}
"""The area of a metric of which nothing else tells it, by its category of the scorecard; of any other it is sales."""
GROWTH = "growth_yoy"
"""The metric whose goal is what the plan itself holds, as long as there is one."""
_ROLES = {"sales": "sales", "training": "technical", "technical": "technical", "finance": "director"}


def standouts(metrics: pd.DataFrame, *, period: str) -> pd.DataFrame:
    """A partner's weaknesses, the lowest score first, then its strengths, the highest first: at most three of each.

    Needs its rows of the table ``score_metrics``. A weakness scores below 50; where none does, it is the lowest one
    that has not reached its target. A strength scores 80 or more; where none does, it is the highest one. Metrics of
    one subject count once, and none is both. `which` says weakness or strength.

    >>> rows = {"period": "2026Q3", "metric": ["win_rate", "knowledge"], "score": [30.0, 100.0], "state": "ok"}
    >>> standouts(pd.DataFrame(rows), period="2026Q3")[["metric", "which"]].to_numpy().tolist()
    [['win_rate', 'weakness'], ['knowledge', 'strength']]
    """
    rows = metrics[metrics["period"].eq(period) & metrics["score"].notna()]
    rows = rows.assign(subject=[subject_of(name) for name in rows["metric"]]).sort_values(["score", "metric"])
    weak = rows[rows["score"] < WEAK] if (rows["score"] < WEAK).any() else rows[rows["score"] < 100.0].head(1)
    weak = weak.drop_duplicates("subject").head(MOST)
    others = rows[~rows["subject"].isin(weak["subject"])].sort_values(["score", "metric"], ascending=[False, True])
    strong = others[others["score"] >= STRONG] if (others["score"] >= STRONG).any() else others.head(1)
    strong = strong.drop_duplicates("subject").head(MOST)
    return pd.concat([weak.assign(which=WEAKNESS), strong.assign(which=STRENGTH)], ignore_index=True)


def goals(
    metrics: pd.DataFrame,
    contacts: pd.DataFrame,
    *,
    period: str,
    calendar: FiscalCalendar,
    currency: str,
    growth: float | None = None,
) -> pd.DataFrame:
    """Goals for a partner's plan, one row for each of its `standouts`, in the columns of the contract's commitments.

    Needs its rows of the tables ``score_metrics`` and ``contacts``, and the period reviewed. A weakness is to reach
    its target in a year, or, where its score is below 50, half of the way there; what has reached its target
    is to be held there. A goal of growth on the year is the plan's own `growth` of the quarter (see `planned_growth`),
    in whole points below it; without a plan it is at least to stop a fall. The owner is the contact of the side whose
    role speaks of the area, None where none is known. `opened_by` and `score` say what it rests on.

    >>> row = {"partner_id": "P1", "period": "2026Q3", "metric": "win_rate", "score": 60.0, "value": 0.3}
    >>> found = goals(pd.DataFrame([row | {"target": 0.5}]), pd.DataFrame(), period="2026Q3",
    ...               calendar=FiscalCalendar(), currency="USD")
    >>> found[["text", "target", "opened_by"]].to_dict("records")
    [{'text': 'Win 50 % of the deals decided in 2027Q3', 'target': 0.5, 'opened_by': 'weakness'}]
    """
    quarter = _due(period, calendar)
    due = calendar.end(quarter)
    rows = []
    for found in records(standouts(metrics, period=period)):
        name, which = str(found["metric"]), str(found["which"])
        metric, area = KNOWN[name], wording_of(name, KNOWN[name].label).area
        area = _AREAS.get(str(found.get("category")), "sales") if area == "other" else area
        target = _target(found, unit=metric.unit)
        if name == GROWTH:
            target = _growth_target(target, growth)
        told = amount_text(target, metric.unit, currency).replace("-", "\N{MINUS SIGN}")
        side = side_of(name, metric.category)
        row = {
            "commitment_id": goal_id(str(found["partner_id"]), name, quarter),
            "text": growth_text(target, quarter)
            if name == GROWTH
            else _text(name, metric.label, told, quarter, held=found["score"] >= 100, lower=metric.better == "lower"),
            "due_on": pd.Timestamp(due),
            "owner": _owner(contacts, side=side, area=area),
        }
        about = {"partner_id": found["partner_id"], "side": side, "kind": "goal", "area": area, "metric": name}
        figures = {"baseline": float(found["value"]), "target": target, "score": float(found["score"])}
        rows.append(row | about | figures | {"if_missed": IF_MISSED, "due_period": quarter, "opened_by": which})
    return pd.DataFrame(rows, columns=COLUMNS)


def _due(period: str, calendar: FiscalCalendar) -> str:
    """The quarter in which a goal is to be reached."""
    return calendar.shift(calendar.quarter_of(calendar.start(period)), AHEAD)


def planned_growth(
    frames: Mapping[str, pd.DataFrame], plan: pd.DataFrame, *, period: str, calendar: FiscalCalendar
) -> float | None:
    """How much more one partner's plan holds for the quarter of its goals than the same quarter had a year before.

    Needs its rows of ``plan_history`` and the plan that `plan_of` makes. None where the plan is empty or does not have
    the whole quarter, or the year before holds nothing.

    >>> months = [pd.Timestamp(f"{year}-0{month}-01") for year in (2026, 2027) for month in (7, 8, 9)]
    >>> sold = pd.DataFrame({"month": months, "revenue": [10.0, 10.0, 10.0, 11.0, 11.0, 11.0]})
    >>> growth = planned_growth({"plan_history": sold[:3]}, sold[3:], period="2026Q3", calendar=FiscalCalendar())
    >>> round(growth, 3)
    0.1
    """
    if plan.empty:
        return None
    sold = frames["plan_history"][["month", "revenue"]]
    both = pd.concat([sold[pd.to_datetime(sold["month"]) < plan["month"].min()], plan[["month", "revenue"]]])
    months = pd.to_datetime(both["month"])
    quarter = _due(period, calendar)
    spans = [(calendar.start(name), calendar.end(name)) for name in (quarter, calendar.shift(quarter, -4))]
    now, before = (
        float(both.loc[months.between(pd.Timestamp(first), pd.Timestamp(last)), "revenue"].sum())
        for first, last in spans
    )
    whole = plan["month"].max() >= pd.Timestamp(spans[0][1]).replace(day=1)
    return now / before - 1 if before > 0 and whole else None


def _growth_target(target: float, growth: float | None) -> float:
    if growth is None:
        return max(target, 0.0)
    # Downwards: a goal of more than the plan holds would contradict it.
    return math.floor(round(growth * 100, 4)) / 100 + 0.0


def growth_text(target: float, quarter: str) -> str:
    """A goal of growth on the year, in words: to grow, to hold what was sold the year before, or to fall no further.

    >>> growth_text(0.03, "2027Q3"), growth_text(0.0, "2027Q3")
    ('Grow by 3 % on the year in 2027Q3', 'Hold revenue of the year before in 2027Q3')
    >>> growth_text(-0.04, "2027Q3")
    'Let revenue fall by no more than 4 % on the year in 2027Q3'
    """
    if not target:
        return f"Hold revenue of the year before in {quarter}"
    size = amount_text(abs(target), "share", "")
    return (
        f"Grow by {size} on the year in {quarter}"
        if target > 0
        else f"Let revenue fall by no more than {size} on the year in {quarter}"
    )


def goal_id(partner_id: str, metric: str, quarter: str) -> str:
    """The id of a goal: the same in each run that proposes the same.

    >>> goal_id("P1", "win_rate", "2027Q3")
    'cn-plan-2027Q3-0d31dd8da5ea'
    """
    told = "\n".join((partner_id, metric))
    return f"cn-plan-{quarter}-{hashlib.sha256(told.encode()).hexdigest()[:12]}"


def _target(found: dict[str, float], *, unit: str) -> float:
    value, target = float(found["value"]), float(found["target"])
    if found["score"] >= WEAK:
        return target
    half = (value + target) / 2
    step = 0.01 if unit == "share" else 10.0 ** max(0, math.floor(math.log10(max(abs(half), 1.0))) - 1)
    # Towards the target, so that rounding never asks for what is reached already.
    rounded = (math.ceil if target > value else math.floor)(round(half / step, 6)) * step
    return round(rounded, 6)


def _text(name: str, label: str, told: str, quarter: str, *, held: bool, lower: bool) -> str:
    if held:
        word = f"{label[:1].lower()}{label[1:]}" if not label[1:2].isupper() else label
        return f"Hold {word} at {told} or {'less' if lower else 'more'}, up to {quarter}"
    return wording_of(name, label).text.format(target=told, quarter=quarter)


def _owner(contacts: pd.DataFrame, *, side: str, area: str) -> str | None:
    if not {"side", "role", "name"} <= {*contacts.columns}:
        return None
    people = contacts[contacts["side"].eq(side)].sort_values(["role", "name"])
    fitting = people[people["role"].str.casefold().str.contains(_ROLES.get(area, area), regex=False, na=False)]
    names = [str(name) for rows in (fitting, people) for name in rows["name"].dropna()]
    return names[0] if names else None
