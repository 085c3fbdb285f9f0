"""The bridges of every partner: from plan to actual, and from last year's period to this year's."""

from __future__ import annotations

import pandas as pd

from channelnb.book.book import Book
from channelnb.chosen import Settings
from channelnb.planning.bridges.from_plan import plan_bridges
from channelnb.planning.bridges.from_year import year_bridges
from channelnb.planning.bridges.span import Span
from channelnb.planning.bridges.steps import COLUMNS, KINDS
from channelnb.planning.maker import Made, Maker

BRIDGES = "bridges"
"""The table of a snapshot that holds them."""


def bridges(book: Book) -> pd.DataFrame:
    """Both bridges of the book's period: one row for each partner, bridge, line and step.

    `bridge` is ``plan`` or ``year``, `line` ``(none)`` for what names none and ``(all)`` where lines are not told;
    `step` is ``start`` (plan, or last year's revenue), ``end`` (revenue), or what `plan_bridges` and `year_bridges`
    tell of; `amount` is in the vendor's currency, to the cent; `n` counts deals, customers in the line or sales;
    `worth` is what deals behind a step were worth in full. By partner and line, start and steps add up to the end. A
    step with a `reason` has no amount: it could not be parted.
    """
    span = Span.of(book)
    found = pd.concat([plan_bridges(book, span), year_bridges(book, span)], ignore_index=True)
    # Firms that no table tells of are nobody's page.
    found = found[found["partner_id"].isin(book.query("SELECT partner_id FROM partners")["partner_id"])]
    order = ["partner_id", "bridge", "line", "step", "reason"]
    return found.sort_values(order, ignore_index=True)[COLUMNS].astype(KINDS)


def _make(book: Book, settings: Settings, made: Made) -> dict[str, pd.DataFrame]:
    return {BRIDGES: bridges(book)}


MAKER = Maker(_make, (BRIDGES,), for_the_partner=(BRIDGES,))
"""Makes the table ``bridges``, which the partner may read: no step tells of the vendor's costs or list prices."""
