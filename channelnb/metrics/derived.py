"""Derived columns: what a row says by way of the rows that it refers to, for parts to read as its own."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from channelnb.book.tables import CONTRACT
from channelnb.errors import NotUsable

FIRST_MONTH = "{first_month}"
"""Stands for the vendor's first fiscal month in the SQL of a derived column."""

AS_OF = "{as_of}"
"""Stands for the book's date in the SQL of a derived column."""

SALES_FROM = "{sales_from}"
"""Stands for the first day of the month from which sales are told."""


@dataclass(frozen=True)
class Derived:
    """A column that is worked out for each row: SQL over the row, `f`, and over what `join` joins to it.

    `needs` are the contract's columns, as ``table.column``, without which it cannot be told.
    """

    sql: str
    needs: tuple[str, ...]
    join: str = ""


DERIVED: dict[str, dict[str, Derived]] = {}
"""Derived columns by contract table and name."""


def derive(table: str, name: str, sql: str, *, needs: Collection[str], join: str = "") -> None:
    """Make `name` a column that metrics of a table may read and measure by.

    `sql` names the row's own columns as ``f.column``; `join`, one or more lines of it (what has a
    line in common is joined once), must find at most one row for each. In both
    ``{first_month}`` stands for the first fiscal month, ``{as_of}`` for the book's date, ``{sales_from}`` for
    the month from which sales are told, ``{activities}``, or another
    table's name in braces, for its rows, which are scanned no second time, and ``{sales.sold_on}`` for them by the
    month of that date (``month``, with ``first_day``, the first day in it) and by partner, manager, person, customer
    and line, as far as these are mentioned. A metric that is a sum over such rows, as revenue is, is a column of it.
    Raises NotUsable for a name that the contract has already, or a need that it doesn't know.

    >>> derive("surveys", "customer_region", "c.region", needs=["surveys.customer_id", "customers.region"],
    ...        join="LEFT JOIN customers AS c ON c.customer_id = f.customer_id")
    >>> DERIVED["surveys"].pop("customer_region").sql
    'c.region'
    """
    if name in CONTRACT[table].by_name:
        raise NotUsable(f"{table} has a column {name!r} by the contract; call the derived one something else.")
    for need in needs:
        owner, _, column = need.partition(".")
        if owner not in CONTRACT or column not in CONTRACT[owner].by_name:
            raise NotUsable(f"{table}.{name} needs {need!r}, which is no column of the contract; see `contract()`.")
    DERIVED.setdefault(table, {})[name] = Derived(sql, tuple(needs), join)


def derived_of(table: str, words: Collection[str]) -> dict[str, Derived]:
    """The derived columns of a contract table that are among some words, in the order in which they were made."""
    return {name: one for name, one in DERIVED.get(table, {}).items() if name in words}


def needs_of(table: str, words: Collection[str]) -> list[tuple[str, str]]:
    """The contract's columns, each with its table, that derived columns among some words are worked out from."""
    found = [need.partition(".") for one in derived_of(table, words).values() for need in one.needs]
    return [(owner, column) for owner, _, column in found]


def quarter_start(label: str) -> str:
    """SQL for the first day of the fiscal quarter whose label, such as ``2026Q3``, stands in a column.

    >>> quarter_start("f.quarter")[:40]
    'CAST(make_date(CAST(left(f.quarter, 4) A'
    """
    months = f"(CAST(right({label}, 1) AS INTEGER) - 1) * 3 - CASE WHEN {FIRST_MONTH} > 1 THEN 12 ELSE 0 END"
    january = f"make_date(CAST(left({label}, 4) AS INTEGER), {FIRST_MONTH}, 1)"
    return f"CAST({january} + to_months({months}) AS DATE)"


def quarter_holding(day: str) -> str:
    """SQL for the first day of the fiscal quarter that holds a day.

    >>> quarter_holding("f.closed_on")[:38]
    "CAST(date_trunc('month', f.closed_on) "
    """
    months = f"(month({day}) - {FIRST_MONTH} + 12) % 12 % 3"
    return f"CAST(date_trunc('month', {day}) - to_months({months}) AS DATE)"


def year_start(year: str) -> str:
    """SQL for the first day of the fiscal year that stands in a column, named by the year in which it ends."""
    return quarter_start(f"({year} || 'Q1')")
