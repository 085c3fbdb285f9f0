"""What makes tables of a snapshot that plans, forecasts and promises come from."""

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
