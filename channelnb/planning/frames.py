"""The tables of a snapshot that plans, forecasts and promises come from: who makes each, and who may read it."""

from __future__ import annotations

import pandas as pd

from channelnb.book.book import Book
from channelnb.chosen import Settings
from channelnb.planning import attainment
from channelnb.planning.ahead import tables as ahead
from channelnb.planning.bridges import bridge
from channelnb.planning.business import tables as business_plan
from channelnb.planning.maker import Made, Maker
from channelnb.planning.meeting import agenda, meetings, targets
from channelnb.planning.promises import proposals
from channelnb.planning.sides import earned, funds, line_mix, roadmap, waiting

__all__ = ["MAKERS", "Made", "Maker", "planned"]

MAKERS: tuple[Maker, ...] = (
    attainment.MAKER,
    bridge.MAKER,
    business_plan.MAKER,
    ahead.MAKER,
    waiting.MAKER,
    funds.MAKER,
    earned.MAKER,
    roadmap.MAKER,
    line_mix.MAKER,
    targets.MAKER,
    meetings.MAKER,
    agenda.MAKER,
    proposals.MAKER,
)
"""In the order in which they are made: each finds the tables of those before it."""


def planned(book: Book, settings: Settings, made: Made) -> dict[str, pd.DataFrame]:
    """The tables of every maker; needs those that a snapshot makes before."""
    tables = dict(made)
    for maker in MAKERS:
        tables |= maker.make(book, settings, tables)
    return {name: tables[name] for maker in MAKERS for name in maker.names}
