"""Two-tier sales count once: what a reseller sold is left out where its distributor's sell-in holds it already."""

from __future__ import annotations

from collections.abc import Iterable
from weakref import WeakKeyDictionary

from channelnb.book.book import Book
from channelnb.metrics.keys import Path
from channelnb.metrics.parts import Part, contract_table

RESELLER = "original_partner_id"
"""The fact's column that names the firm that sold, which a firm that merged since keeps."""

_PERSON = "salesperson_id"


_TWICE: WeakKeyDictionary[Book, set[str]] = WeakKeyDictionary()
"""The tables of each book in which goods are told of twice."""


def counted_twice(book: Book, table: str) -> bool:
    """Do rows of a table tell again of goods that a distributor's rows hold already?

    So it is where `source.yaml` says that distributors' sell-in is gross, for sales by the resellers
    of a distributor that has sell-in, and for their plans where the distributor has plans too.

    >>> import pandas as pd
    >>> from channelnb.book.book import open_book
    >>> firms = {"partner_id": ["D", "R"], "name": ["Dee", "Rob"], "channel": "x", "distributor_id": [None, "D"]}
    >>> sales = {"partner_id": ["D", "R"], "sold_on": "2026-08-01", "revenue": "5"}
    >>> sales["basis"] = ["sell_in", "sell_through"]
    >>> book = open_book({"partners": pd.DataFrame(firms), "sales": pd.DataFrame(sales)}, quarter="2026Q3")
    >>> counted_twice(book, "sales"), counted_twice(book, "leads")
    (True, False)
    """
    if book not in _TWICE:
        _TWICE[book] = {fact for (fact,) in book.con.execute("SELECT DISTINCT fact FROM kept.passed_on").fetchall()}
    return contract_table(table) in _TWICE[book]


def adds_up(book: Book, part: Part) -> bool:
    """Do the figures of disjoint groups add up to that of the whole, in this book?

    Beside distinct counts, revenue and plans do not where goods are in it on both tiers: each firm's
    figure holds its own, the whole holds them once.
    """
    return part.additive and not (part.tells_revenue and counted_twice(book, part.table))


def once(book: Book, part: Part, paths: Iterable[Path]) -> tuple[str, str]:
    """The SQL joins and condition that leave a reseller's rows out of groups that hold its distributor too.

    They are for a fold `f` joined to the partners as `r_partners`. A group holds both firms when every
    key that is about the firm has the same value for both; keys of the sale itself, such as its line
    or customer, make no difference.
    """
    if not part.tells_revenue or part.aggregate == "distinct" or not counted_twice(book, part.table):
        return "", "true"
    same = [test for path in paths if (test := _same(path))]
    fact = contract_table(part.table)
    joins = (
        f"LEFT JOIN kept.passed_on AS t ON t.fact = '{fact}' AND t.partner_id = f.{RESELLER} "
        "LEFT JOIN partners AS d ON d.partner_id = t.distributor_id"
    )
    return joins, f"NOT ({' AND '.join(['t.partner_id IS NOT NULL', *same])})"


def _same(path: Path) -> str:
    """The condition that a key is the same for reseller and distributor; "" for a key that is not about the firm."""
    if path.fact_column in (RESELLER, _PERSON):
        # A distributor is never its reseller, and a person sells for one firm.
        return "false"
    if path.through == "partner_id":
        return f'r_partners."{path.column}" IS NOT DISTINCT FROM d."{path.column}"'
    if path.column == "manager_id":
        # Whom a sale is credited to says nothing of whose the distributor's are: its manager does.
        return "f.manager_id IS NOT DISTINCT FROM d.manager_id"
    # Both may have merged into one firm since: then that firm's figure must not hold the goods twice.
    return "f.partner_id = d.partner_id" if path.column == "partner_id" else ""
