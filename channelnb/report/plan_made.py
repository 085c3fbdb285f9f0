"""How a plan was made, on its page: the way and inputs of each line, its season, and where each rate comes from."""

from __future__ import annotations

from datetime import date
from typing import Any

import pandas as pd

from channelnb.frames import records
from channelnb.narrative import plan_made as said
from channelnb.narrative.plan_facts import PROPOSED, Span
from channelnb.narrative.sentence import Piece, say
from channelnb.planning.business.plan import COST_RATES, CUSTOM, OWN_RATES, PERCENTAGE, SAMPLE
from channelnb.planning.business.proposal import SHORT, STARTED, STOPPED, TREND
from channelnb.planning.business.rates import FEWEST_SALES, NONE
from channelnb.planning.business.season import CHANNEL, CHANNEL_LINE, EVEN, OWN, PARTNER
from channelnb.planning.business.shapes import CATEGORY, LINE
from channelnb.report.shown import Shown, together
from channelnb.report.tables import ColumnFormat, table
from channelnb.report.words import narrative, spoken
from channelnb.slice import INTERNAL, Slice

LEVELS = {
    OWN: "its own, this line",
    PARTNER: "its own, all lines",
    CHANNEL_LINE: "all partners, this line",
    CHANNEL: "all partners, all lines",
    EVEN: "even: no full year is known",
    NONE: "not known",
}
"""What the levels are called from which a season or a rate may come."""

_SHAPES = {LINE: "starts of this line", CATEGORY: "starts of its category", CHANNEL: "starts of all lines"}
"""What the starts are called that a shape was made of."""
_WHY = {
    TREND: "a full year to grow from",
    STARTED: "started within the year",
    SHORT: "what it sold so far, since it was started within the year and too few firms tell how it grows",
    STOPPED: "nothing sold in twelve months",
}
_MARKS = {OWN: "a", PARTNER: "b", CHANNEL_LINE: "c", CHANNEL: "d"}
"""Letters that stand for levels beside rates."""
_RATES = {
    "discount": "Discount",
    "rebate": "Rebate",
    "incentives": "Incentives",
    "mdf": "MDF",
    "resale_revenue": "Resale",
    "cost": "Cost of goods",
    "cost_to_serve": "Cost to serve",
}


def made(partner: Slice) -> Shown:
    """How the proposal was made, line by line; nothing where there is none."""
    chosen = partner.frames["plan_proposed"]
    if chosen.empty:
        return Shown("")
    rows = chosen.merge(partner.frames["plan_basis"], on=["partner_id", "line"])
    costs = partner.frames["plan_cost_rates"]
    if len(costs):
        rows = rows.merge(costs, on=["partner_id", "line"])
    facts, span = partner.facts, Span(date.fromisoformat(partner.about.as_of), partner.calendar)
    sentences = [sentence for sentence in (said.ways(facts, span),) if sentence is not None]
    sentences += [said.inputs(), said.seasons(), said.rules(partner.about.min_peers + 1, FEWEST_SALES)]
    parts = [narrative(sentences, partner.about.currency), _ways(partner, rows, span), _rates(partner, rows, span)]
    return together(parts)


def _ways(partner: Slice, rows: pd.DataFrame, span: Span) -> Shown:
    """The way, inputs and season of each line."""
    facts, currency = partner.facts, partner.about.currency
    shown = [
        {
            "line": row["line"],
            "way": f"{row['way']}: {_WHY[row['why']]}",
            "last": facts.of("revenue", span.last_year, unit="money", line=str(row["line"])),
            "inputs": _inputs(partner, row, span),
            "season": LEVELS[row["season_from"]],
        }
        for row in records(rows)
    ]
    formats = {
        "line": ColumnFormat("Line"),
        "way": ColumnFormat("Way, and why"),
        "last": ColumnFormat("Last twelve months", "money"),
        "inputs": ColumnFormat("Inputs"),
        "season": ColumnFormat("Season"),
    }
    return table(
        pd.DataFrame(shown), id="plan-ways", columns=formats, caption="How each line is planned", currency=currency
    )


def _inputs(partner: Slice, row: dict[str, Any], span: Span) -> Shown:
    """The one or two inputs of a line's way, in words."""
    facts, line, currency = partner.facts, str(row["line"]), partner.about.currency
    unit = "share" if row["way"] == PERCENTAGE else "money"
    names = ("plan_input", "plan_input_later")
    first, later = (facts.of(name, span.year_one, role=PROPOSED, unit=unit, line=line) for name in names)
    tail: dict[str, tuple[Piece, ...]] = {
        PERCENTAGE: (" in year one", *((", ", later, " a year after") if later.known else ())),
        SAMPLE: (f" a year once mature; shape: {_SHAPES.get(row['shape_from'], LEVELS[NONE])}",),
        CUSTOM: (" a year",),
    }
    return spoken(say(first, *tail[row["way"]]), currency)


def _rates(partner: Slice, rows: pd.DataFrame, span: Span) -> Shown:
    """Each line's rates, as shares of what the partner pays, and the level that each comes from."""
    names = (*OWN_RATES, *(COST_RATES if partner.edition == INTERNAL else ()))
    shown = [
        {"line": row["line"], **{name: _rate(partner, row, name, span) for name in names}} for row in records(rows)
    ]
    formats = {"line": ColumnFormat("Line"), **{name: ColumnFormat(_RATES[name], "number") for name in names}}
    used = {str(row[f"{name}_from"]) for row in records(rows) for name in names} - {NONE}
    legend = "; ".join(f"{mark}: {LEVELS[level]}" for level, mark in _MARKS.items() if level in used)
    title = f"Rates on what the partner pays ({legend})" if legend else "Rates on what the partner pays"
    return table(pd.DataFrame(shown), id="plan-rates", columns=formats, caption=title)


def _rate(partner: Slice, row: dict[str, Any], name: str, span: Span) -> Shown | str:
    rate = partner.facts.of(f"{name}_rate", span.last_year, unit="share", line=str(row["line"]))
    if not rate.known:
        return LEVELS[NONE]
    return spoken(say(rate, f" {_MARKS[row[f'{name}_from']]}"), partner.about.currency)
