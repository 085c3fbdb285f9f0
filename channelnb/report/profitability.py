"""What the partnership earns, on a page: what the partner earned and, for the vendor alone, what it is left with."""

from __future__ import annotations

import pandas as pd

from channelnb.metrics.known import KNOWN
from channelnb.narrative import marketing as said
from channelnb.narrative.facts import SUM, Fact
from channelnb.planning.sides.earned import EARNED
from channelnb.report.blocks import Text
from channelnb.report.shown import Shown, together
from channelnb.report.tables import ColumnFormat, table
from channelnb.report.words import metric_fact, narrative, shown_figure
from channelnb.slice import INTERNAL, Slice

PERIODS = 5
"""How many periods the table looks back, the one reviewed included."""

_NONE = "\N{EN DASH}"
_KINDS = {"rebate": "Rebates", "incentive": "Incentives", "mdf": "Development funds paid"}
_PARTNERS = ("partner_profit", "partner_margin")
_VENDORS = ("gross_margin", "cost_to_serve", "cost_to_serve_share", "contribution", "contribution_margin")


def profitability(partner: Slice) -> Shown:
    """What the partner earned from the vendor and on its goods; in the internal edition what it leaves the vendor, too.

    Nothing where no figure of it is known.
    """
    facts, period, internal = partner.facts, partner.about.period, partner.edition == INTERNAL
    rows = [*_earned(partner), *_measured(partner, _PARTNERS), *(_measured(partner, _VENDORS) if internal else [])]
    if not rows:
        return Shown("")
    sentences = [*said.earnings(facts, period), *(said.contribution(facts, period) if internal else [])]
    formats = {"measure": ColumnFormat("Measure"), **{q: ColumnFormat(q, "number") for q in _periods(partner)}}
    caption = f"What the partner earned{', and the vendor' if internal else ''}, by {partner.length}"
    listing = table(pd.DataFrame(rows), id="profitability", columns=formats, caption=caption)
    return together([*([narrative(sentences, partner.about.currency)] if sentences else []), listing])


def _periods(partner: Slice) -> list[str]:
    last = partner.about.period
    return partner.calendar.span(partner.calendar.shift(last, 1 - PERIODS), last)


def _earned(partner: Slice) -> list[dict[str, Text]]:
    facts, periods, frame = partner.facts, _periods(partner), partner.frames[EARNED]
    paid = [kind for kind in _KINDS if frame.loc[frame["period"].isin(periods), "kind"].eq(kind).any()]
    rows = [
        _row(partner, _KINDS[kind], [facts.of(said.EARNED, q, unit="money", kind=kind) for q in periods])
        for kind in paid
    ]
    if len(paid) > 1:
        rows.append(_row(partner, "In all", [facts.of(said.EARNED, q, role=SUM, unit="money") for q in periods]))
    return rows


def _measured(partner: Slice, names: tuple[str, ...]) -> list[dict[str, Text]]:
    there = {metric.name for metric in partner.metrics}
    told = {
        KNOWN[name].label: [metric_fact(partner.facts, KNOWN[name], period) for period in _periods(partner)]
        for name in names
        if name in there
    }
    known = {label: figures for label, figures in told.items() if any(fact.value is not None for fact in figures)}
    return [_row(partner, label, figures) for label, figures in known.items()]


def _row(partner: Slice, label: str, figures: list[Fact]) -> dict[str, Text]:
    currency = partner.about.currency
    shown = {fact.period: shown_figure(fact, currency) if fact.value is not None else _NONE for fact in figures}
    return {"measure": label, **shown}
