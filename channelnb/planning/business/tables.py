"""The tables of a snapshot that business plans are made of, for all partners at once."""

from __future__ import annotations

import pandas as pd

from channelnb.book.book import Book
from channelnb.chosen import Settings
from channelnb.planning.business.basis import basis
from channelnb.planning.business.history import OF_THE_VENDOR, read_history, shown_history
from channelnb.planning.business.proposal import proposed
from channelnb.planning.business.versions import read_versions
from channelnb.planning.maker import Made, Maker

_OWN = ("plan_history", "plan_basis", "plan_proposed", "plan_versions")
_VENDORS = ("plan_drafts", "plan_costs", "plan_cost_rates", "plan_profits")


def plan_tables(book: Book, settings: Settings, _: Made) -> dict[str, pd.DataFrame]:
    """What business plans rest on, by name; those of the vendor's costs, profits and drafts are for it alone.

    `plan_history` has the last three years by line and month, `plan_costs` the vendor's costs of the same;
    `plan_basis` and `plan_cost_rates` are as by `basis`, `plan_proposed` as by `proposed`, `plan_versions`,
    `plan_drafts` and `plan_profits` as by `read_versions`.
    """
    history = read_history(book)
    rests_on, costs = basis(history, _categories(book), min_firms=settings.min_peers + 1)
    versions, drafts, profits = read_versions(book)
    shown = shown_history(history)
    keys, vendors = ["partner_id", "line", "month"], list(OF_THE_VENDOR)
    return {
        "plan_history": shown.drop(columns=vendors),
        "plan_basis": rests_on,
        "plan_proposed": proposed(rests_on),
        "plan_versions": versions,
        "plan_drafts": drafts,
        "plan_costs": shown.loc[shown[vendors].ne(0).any(axis=1), [*keys, *vendors]].reset_index(drop=True),
        "plan_cost_rates": costs,
        "plan_profits": profits,
    }


def _categories(book: Book) -> dict[str, str]:
    """The category of each line; of one whose products are in several, the first by name."""
    if not book.has("products", "line", "category"):
        return {}
    found = book.query(
        "SELECT line, min(category) AS category FROM products "
        "WHERE line IS NOT NULL AND category IS NOT NULL GROUP BY line ORDER BY line"
    )
    return dict(zip(found["line"].astype(str), found["category"].astype(str), strict=True))


MAKER = Maker(plan_tables, names=(*_OWN, *_VENDORS), for_the_partner=_OWN)
