"""What a partner's form is pre-filled with: its lines as proposed, what needs a decision, goals from its scorecard."""

from __future__ import annotations

import math
from datetime import date
from typing import Any

import pandas as pd

from channelnb.errors import NotUsable
from channelnb.form.form import GOALS, Form, FormLine, Goal, Measure
from channelnb.frames import records
from channelnb.metrics.known import KNOWN, OF_SEVERAL, vendors_own
from channelnb.narrative.sentence import listed
from channelnb.numbers import percent, value_text, whole_number
from channelnb.planning.business.plan import COST_RATES, CUSTOM, OWN_RATES, Choice, first_month, ramp_of, season_of
from channelnb.planning.business.proposal import SHORT, STARTED, STOPPED, choices_of, plan_of
from channelnb.planning.business.strategies import STRENGTH, WEAKNESS, goals, planned_growth, standouts
from channelnb.planning.business.versions import known
from channelnb.scoring import SCORE_METRICS
from channelnb.slice import Slice

MOST_LINES = 14
"""Lines on a page that can still be read; those that the partner sells are there even if they are more."""

STRIKING, MATERIAL, MARKED = 0.2, 0.05, 3
"""A change on the year before that is marked, the share of all revenue that it must touch, and how many at most."""


def form_of(part: Slice, *, run: str, months: int) -> Form:
    """The form of a slice's partner, from the same first month as its proposal; it holds what its edition may.

    Raises NotUsable for a partner that has left, or where nothing was ever sold that a plan could rest on.
    """
    about = part.about
    if (left := part.partner.get("left_on")) is not None:
        raise NotUsable(f"{part.partner_id} ({part.name}) left on {left:%Y-%m-%d}: there is nothing to plan with it.")
    first = first_month(date.fromisoformat(about.as_of))
    lines = _lines(part)
    if not lines:
        raise NotUsable(f"{part.partner_id} ({part.name}): there are no sales of any line, so nothing to plan by.")
    measures = _measures(part)
    return Form(
        run=run,
        partner_id=part.partner_id,
        partner=part.name,
        vendor=about.vendor,
        currency=about.currency,
        as_of=about.as_of,
        edition=part.edition,
        first=str(first),
        months=months,
        in_force=_in_force(part, first=first),
        lines=lines,
        measures=measures,
        # A run that looks far back proposes what is due before the plan begins.
        goals=tuple(_goal(row) for row in records(proposed_goals(part)) if row["due_on"] >= first.start_time),
        strengths=_standing(part, STRENGTH),
        weaknesses=_standing(part, WEAKNESS),
        owners=tuple(str(row["name"]) for row in records(part.frames["contacts"])),
    )


def _lines(part: Slice) -> tuple[FormLine, ...]:
    """The lines of the page, those that sold most first; then, while there is room, those that were never sold."""
    basis = records(part.frames["plan_basis"].sort_values(["last_year", "line"], ascending=[False, True]))
    proposals = {str(row["line"]): row for row in records(part.frames["plan_proposed"])}
    choices = {choice.line: choice for choice in choices_of(part.frames["plan_proposed"])}
    costs = {str(row["line"]): row for row in records(part.frames["plan_cost_rates"])}
    shown = [row for row in basis if row["line"] in choices]
    shown += [row for row in basis if row["line"] not in choices][: max(0, MOST_LINES - len(shown))]
    marked = _marked(shown)
    return tuple(
        FormLine(
            line=(line := str(row["line"])),
            last_year=round(float(row["last_year"]), 2),
            season=season_of(row),
            ramps=_ramps(row, shown),
            rates=_rates(row | costs.get(line, {})),
            choice=choices.get(line, Choice(line, CUSTOM, 0.0)),
            remark=_remark(row, proposals.get(line), marked=line in marked, currency=part.about.currency),
        )
        for row in shown
    )


def _ramps(line: dict[str, Any], others: list[dict[str, Any]]) -> dict[str, tuple[float, ...]]:
    told = {str(like["line"]): ramp_of(like, age=line["age"]) for like in others}
    return {name: ramp for name, ramp in told.items() if not any(map(math.isnan, ramp))}


def _rates(row: dict[str, Any]) -> dict[str, float]:
    told = {name: row.get(f"{name}_rate") for name in (*OWN_RATES, *COST_RATES)}
    return {name: float(rate) for name, rate in told.items() if rate is not None and not pd.isna(rate)}


def _marked(rows: list[dict[str, Any]]) -> set[str]:
    """The lines whose year differs most from the one before: there a look is worth its time."""
    whole = sum(max(float(row["last_year"]), 0.0) for row in rows)
    changes = {str(row["line"]): float(row["last_year"]) - float(row["year_before"]) for row in rows}
    striking = [
        (abs(changes[str(row["line"])]), str(row["line"]))
        for row in rows
        if abs(changes[str(row["line"])]) > max(STRIKING * abs(float(row["year_before"])), MATERIAL * whole)
    ]
    return {line for _, line in sorted(striking, reverse=True)[:MARKED]}


def _remark(row: dict[str, Any], proposal: dict[str, Any] | None, *, marked: bool, currency: str) -> str:
    mark = "● " if marked else ""
    if proposal is None:
        size = row.get("at_maturity")
        reach = (
            "" if size is None or pd.isna(size) else f"; may reach {value_text(float(size), 'money', currency)} a year"
        )
        return f"not sold yet{reach}"
    if proposal["why"] == STOPPED:
        return f"{mark}nothing sold in twelve months"
    if proposal["why"] in (STARTED, SHORT):
        return f"● first sold {whole_number(float(row['age']))} months ago"
    now, before = float(row["last_year"]), float(row["year_before"])
    if before <= 0:
        return f"{mark}nothing sold the year before"
    change = percent(abs(now / before - 1), digits=0)
    word = "level with" if change == "0 %" else f"up {change} on" if now > before else f"down {change} on"
    return f"{mark}{word} the year before{': will it go on?' if marked else ''}"


def _in_force(part: Slice, *, first: pd.Period) -> str:
    versions = part.frames["plan_versions"]
    if versions.empty:
        return "There is no plan yet."
    rows = known(versions)
    counts = rows[(rows["in_force"] > 0) & (pd.to_datetime(rows["last"]) >= first.start_time)]
    names = [str(row["version"]) or "without a name" for row in records(counts)]
    return f"In force for these months: {listed(names)}." if names else "No plan is in force for these months."


def _measures(part: Slice) -> tuple[Measure, ...]:
    """What goals can be measured by: what was measured of the partner in the period, those of its scorecard first."""
    about = part.about
    scored = list(_scores(part)["metric"])
    rows = part.frames["partner"]
    rows = rows[rows["period"].eq(about.period) & rows["state"].isin(["ok", "too_few"]) & rows["value"].notna()]
    found = []
    for row in records(rows):
        metric = KNOWN[str(row["metric"])]
        if (
            metric.better != "neither"
            and not metric.forward
            and metric.name not in OF_SEVERAL
            and not vendors_own(metric)
        ):
            now = value_text(float(row["value"]), metric.unit, about.currency)
            found.append(Measure(metric.name, metric.label, _typed_in(metric.unit, about.currency), now))
    return tuple(sorted(found, key=lambda one: (one.name not in scored, one.label)))


def _typed_in(unit: str, currency: str) -> str:
    return "%" if unit == "share" else currency if unit.startswith("money") else unit


def _scores(part: Slice) -> pd.DataFrame:
    rows = part.frames[SCORE_METRICS]
    return rows[rows["period"].eq(part.about.period) & rows["score"].notna()]


def _standing(part: Slice, which: str) -> str:
    found = standouts(part.frames[SCORE_METRICS], period=part.about.period)
    return "; ".join(_figure(row, part.about.currency) for row in records(found[found["which"].eq(which)]))


def _figure(row: dict[str, Any], currency: str) -> str:
    metric = KNOWN[str(row["metric"])]
    now, target = (value_text(float(row[name]), metric.unit, currency) for name in ("value", "target"))
    return f"{metric.label} {now} (target {target})"


def proposed_goals(part: Slice) -> pd.DataFrame:
    """The goals that a form proposes, as rows of `strategies.goals`: a row is left for one of the partner's own."""
    frames, period = part.frames, part.about.period
    scored, contacts = frames[SCORE_METRICS], frames["contacts"]
    plan = plan_of(frames, as_of=date.fromisoformat(part.about.as_of), calendar=part.calendar)
    growth = planned_growth(frames, plan, period=period, calendar=part.calendar)
    currency = part.about.currency
    found = goals(scored, contacts, period=period, calendar=part.calendar, currency=currency, growth=growth)
    return found.head(GOALS - 1)


def _goal(row: dict[str, Any]) -> Goal:
    share = KNOWN[str(row["metric"])].unit == "share"
    return Goal(
        area=str(row["area"]),
        text=str(row["text"]),
        metric=str(row["metric"]),
        target=round(float(row["target"]) * (100 if share else 1), 6),
        side=str(row["side"]),
        owner=row["owner"] or "",
        due_on=row["due_on"].date(),
        if_missed=str(row["if_missed"]),
    )
