"""The tables of a snapshot that plans, forecasts and promises come from: who makes each, and who may read it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import pandas as pd

from channelnb.book.book import Book
from channelnb.chosen import Settings

Made = Mapping[str, pd.DataFrame]
"""The tables of a snapshot made so far, by name."""


@dataclass(frozen=True)
class Maker:
    """What makes tables of a snapshot, each with a column ``partner_id``, in an order that is always the same.

    `names` are all that it makes, also where the source gives nothing to make them of; those in
    `for_the_partner` are whole in a partner's own edition, of which the others are empty.
    """

    make: Callable[[Book, Settings, Made], dict[str, pd.DataFrame]]
    names: tuple[str, ...]
    for_the_partner: tuple[str, ...] = ()


MAKERS: tuple[Maker, ...] = ()
"""In the order in which they are made: each finds the tables of those before it."""


def planned(book: Book, settings: Settings, made: Made) -> dict[str, pd.DataFrame]:
    """The tables of every maker; needs those that a snapshot makes before."""
    tables = dict(made)
    for maker in MAKERS:
        tables |= maker.make(book, settings, tables)
    return {name: tables[name] for maker in MAKERS for name in maker.names}
