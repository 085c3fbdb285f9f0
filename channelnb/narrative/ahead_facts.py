"""Facts that look ahead: the chance of meeting plan, how good such forecasts were, what is due, moved and slipped."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date
from typing import Any

import pandas as pd

from channelnb.fiscal import FiscalCalendar
from channelnb.frames import records
from channelnb.narrative.facts import Fact

AFTER, GAP_AFTER = "after_pull_forward", "gap_after_pull_forward"
EVERY = "all"
YEAR = (("over", "a year"),)
"""The grain of what is told of the last four quarters together."""

_SLIPPED = {"due_deals": "count", "slipped_deals": "count", "due": "money", "slipped": "money", "days": "days"}


def chance_facts(frame: pd.DataFrame) -> Iterable[Fact]:
    """Of each coming period the chance of meeting plan, the revenue foretold, and what the forecast rests on.

    >>> row = {"period": "2026Q4", "state": "ok", "runs": 2000.0, "met": 500.0, "low": 80.0, "mid": 90.0, "high": 99.0}
    >>> others = ("deals", "expected", "usual_won", "on_top", "to_date", "opened_within", "without_deal", "met_without")
    >>> frame = pd.DataFrame([row | dict.fromkeys(others, 0.0) | {"largest": "O1"}])
    >>> [fact.metric for fact in chance_facts(frame)][:3]
    ['plan_chance', 'runs', 'runs_at_plan']
    """
    for row in records(frame):
        period, state = str(row["period"]), str(row["state"])
        if state != "ok":
            yield Fact("plan_chance", period, None, "share", state=state)
            continue
        runs, met = float(row["runs"]), float(row["met"])
        yield Fact("plan_chance", period, met / runs, "share", numerator=met, denominator=runs)
        yield Fact("runs", period, runs, "count")
        yield Fact("runs_at_plan", period, met, "count")
        yield Fact(
            "foretold_revenue", period, float(row["mid"]), "money", low=float(row["low"]), high=float(row["high"])
        )
        yield Fact("foretold_open_deals", period, float(row["deals"]), "count")
        yield Fact("foretold_won", period, float(row["expected"]), "money", n=int(row["deals"]))
        yield Fact("usually_won", period, float(row["usual_won"]), "money")
        yield Fact("won_on_top", period, float(row["on_top"]), "share")
        yield Fact("revenue_to_date", period, float(row["to_date"]), "money")
        for name in ("opened_within", "without_deal"):
            yield Fact(f"{name}_share", period, *_known(row[name]), grain=YEAR)
        if pd.notna(row["largest"]) and pd.notna(row["met_without"]):
            without = (("without", str(row["largest"])),)
            share = float(row["met_without"]) / runs
            yield Fact("plan_chance", period, share, "share", without, "actual", float(row["met_without"]), runs)


def _known(value: Any) -> tuple[float | None, str]:
    return (None if pd.isna(value) else float(value)), "share"


def calibration_facts(frame: pd.DataFrame) -> Iterable[Fact]:
    """Of each range of chances, and of all, how many past forecasts there were and how many reached plan.

    >>> row = {"period": "2026Q4", "bin": "all", "forecasts": 40.0, "reached": 10.0, "mean": 0.3, "share": 0.25}
    >>> row |= {"low": 0.1, "high": 0.4, "brier": 0.1, "brier_base": 0.2, "within": 0.8}
    >>> [fact.id for fact in calibration_facts(pd.DataFrame([row]))][:2]
    ['past_forecasts|chance=all|2026Q4|actual', 'past_reached|chance=all|2026Q4|actual']
    """
    for row in records(frame):
        period, grain, n = str(row["period"]), (("chance", str(row["bin"])),), int(row["forecasts"])
        yield Fact("past_forecasts", period, float(n), "count", grain)
        yield Fact("past_reached", period, float(row["reached"]), "count", grain)
        yield Fact("past_chance", period, float(row["mean"]), "share", grain, n=n)
        reached, low, high = (float(row[name]) for name in ("reached", "low", "high"))
        share = Fact("past_share_reached", period, float(row["share"]), "share", grain, n=n, low=low, high=high)
        yield replace(share, numerator=reached, denominator=float(n))
        if row["bin"] == EVERY:
            yield Fact("past_error", period, float(row["brier"]), "number", grain, n=n)
            yield Fact("past_error_of_base", period, float(row["brier_base"]), "number", grain, n=n)
            yield Fact("past_within", period, float(row["within"]), "share", grain, n=n)


def pull_forward_facts(deals: pd.DataFrame, periods: pd.DataFrame) -> Iterable[Fact]:
    """The deals to bring forward, and of each period that they leave or reach the pipeline index and gap after it.

    >>> row = {"period": "2026Q4", "of_period": "2027Q1", "deals": 1.0, "moved": -60.0, "after": 3.9, "gap": 10.0}
    >>> [fact.id for fact in pull_forward_facts(pd.DataFrame(), pd.DataFrame([row]))][:2]
    ['pulled_deals|due=2027Q1|2026Q4|actual', 'pulled_value|due=2027Q1|2026Q4|actual']
    """
    for row in records(deals):
        grain = (("from", str(row["from_period"])), ("opportunity_id", str(row["opportunity_id"])))
        yield Fact("pulled_deal", str(row["period"]), float(row["amount"]), "money", grain)
    for row in records(periods):
        due = (("due", str(row["of_period"])),)
        yield Fact("pulled_deals", str(row["period"]), float(row["deals"]), "count", due)
        yield Fact("pulled_value", str(row["period"]), abs(float(row["moved"])), "money", due)
        yield Fact("pipeline_index", str(row["of_period"]), float(row["after"]), "index", role=AFTER)
        yield Fact("revenue", str(row["of_period"]), abs(float(row["gap"])), "money", role=GAP_AFTER)


def due_facts(deals: pd.DataFrame, periods: Iterable[str], *, calendar: FiscalCalendar, as_of: date) -> Iterable[Fact]:
    """Of each coming period the deals due in it, and how much of it hangs on the three largest.

    >>> day = date(2026, 11, 1)
    >>> deals = pd.DataFrame({"opportunity_id": ["O1", "O2"], "amount": [30.0, 10.0], "expected_close_on": [day, day]})
    >>> facts = due_facts(deals, ["2026Q4"], calendar=FiscalCalendar(), as_of=date(2026, 9, 30))
    >>> [(fact.metric, fact.value) for fact in facts]
    [('due_deals', 2.0), ('top_three_due_share', 1.0), ('due_share', 0.75), ('due_share', 0.25)]
    """
    for period in periods:
        day = pd.to_datetime(deals["expected_close_on"])
        begin, end = (pd.Timestamp(d) for d in (calendar.start(period), calendar.end(period)))
        due = deals[day.between(begin, end) & day.gt(pd.Timestamp(as_of))]
        yield Fact("due_deals", period, float(len(due)), "count")
        whole = float(due["amount"].astype(float).sum())
        if whole <= 0:
            continue
        largest = due.sort_values(["amount", "opportunity_id"], ascending=[False, True]).head(3)
        top = float(largest["amount"].astype(float).sum())
        yield Fact("top_three_due_share", period, top / whole, "share", (), "actual", top, whole, len(due))
        for row in records(largest):
            grain, amount = (("opportunity_id", str(row["opportunity_id"])),), float(row["amount"])
            yield Fact("due_share", period, amount / whole, "share", grain, "actual", amount, whole)


def slipped_facts(frame: pd.DataFrame, *, period: str) -> Iterable[Fact]:
    """How many deals were due in each past quarter and slipped out of it, how much and how far, and in all of them.

    >>> row = {"period": "2026Q3", "due_deals": 9.0, "slipped_deals": 4.0, "due": 90.0, "slipped": 30.0, "days": 61.5}
    >>> [fact.id for fact in slipped_facts(pd.DataFrame([row]), period="2026Q3")][:2]
    ['slip_due_deals||2026Q3|actual', 'slip_slipped_deals||2026Q3|actual']
    """
    rows = records(frame)
    for row in rows:
        for name, unit in _SLIPPED.items():
            if pd.notna(row[name]):
                yield Fact(f"slip_{name}", str(row["period"]), float(row[name]), unit)
    if not rows:
        return
    sums = {name: sum(float(row[name]) for row in rows) for name in _SLIPPED if name != "days"}
    for name, value in sums.items():
        yield Fact(f"slip_{name}", period, value, _SLIPPED[name], YEAR)
    if sums["due"] > 0:
        share = sums["slipped"] / sums["due"]
        parts = (sums["slipped"], sums["due"], int(sums["due_deals"]))
        yield Fact("slip_share", period, share, "share", YEAR, "actual", *parts)


def ahead_facts(
    frames: Mapping[str, pd.DataFrame], *, period: str, as_of: date, calendar: FiscalCalendar
) -> Iterable[Fact]:
    """Every fact that looks ahead; needs the tables that `planning.ahead` makes, and the open deals."""
    chances = frames["plan_chance"]
    now = calendar.period_of(as_of, like=period)
    coming = [name for name in (now, calendar.shift(now, 1)) if calendar.end(name) > as_of]
    yield from chance_facts(chances)
    yield from calibration_facts(frames["chance_calibration"])
    yield from pull_forward_facts(frames["pull_forward"], frames["pull_forward_index"])
    if len(frames["deals"]):
        yield from due_facts(frames["deals"], coming, calendar=calendar, as_of=as_of)
    yield from slipped_facts(frames["slipped"], period=period)
