"""The part of a period that has gone by, the same part of the year before, and the sales to look at in both."""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import date

import pandas as pd

from channelnb.book.book import Book
from channelnb.metrics.keys import NONE, Path
from channelnb.metrics.once import once
from channelnb.metrics.registry import METRICS
from channelnb.metrics.rows import has_key, rows_of

ALL = "(all)"
"""The one line of what cannot be told by line."""


@dataclass(frozen=True)
class Span:
    """A period from its `first` day up to the last one known, `until`.

    `share` is the part of the last month that has gone by: 1 unless that month is running.
    """

    period: str
    first: date
    until: date
    share: float = 1.0

    @classmethod
    def of(cls, book: Book) -> Span:
        """The span of the book's period, or of the quarter that holds its date."""
        period = book.period or book.calendar.quarter_of(book.as_of)
        until = min(book.calendar.end(period), book.as_of)
        days = calendar.monthrange(until.year, until.month)[1]
        return cls(period, book.calendar.start(period), until, until.day / days)

    @property
    def begun(self) -> bool:
        """Has the period begun?

        >>> Span("2026Q3", date(2026, 7, 1), date(2026, 6, 30)).begun
        False
        """
        return self.first <= self.until

    def month(self, months: int = 0) -> str:
        """SQL for the first day of the last month known, so many months earlier.

        >>> Span("2026Q3", date(2026, 7, 1), date(2026, 8, 14)).month(12)
        "DATE '2025-08-01'"
        """
        return _day(self.until.replace(day=1), months)

    def opening(self, months: int = 0) -> str:
        """SQL for the period's first day, so many months earlier.

        >>> Span("2026Q3", date(2026, 7, 1), date(2026, 8, 14)).opening(12)
        "DATE '2025-07-01'"
        """
        return _day(self.first, months)

    @property
    def end(self) -> str:
        """SQL for the last day known.

        >>> Span("2026Q3", date(2026, 7, 1), date(2026, 8, 14)).end
        "DATE '2026-08-14'"
        """
        return f"DATE '{self.until}'"


def _day(day: date, months: int) -> str:
    return f"DATE '{(pd.Timestamp(day) - pd.DateOffset(months=months)).date()}'"


def line_of(book: Book, table: str, *, by_line: bool = True) -> str:
    """SQL for the line of a row `f` of a table's rows; all are one where lines are not told.

    >>> sales = pd.DataFrame({"partner_id": ["P1"], "sold_on": ["2026-08-01"], "revenue": ["5"]})
    >>> partners = pd.DataFrame({"partner_id": ["P1"], "name": ["Ada"], "channel": ["reseller"]})
    >>> from channelnb.book.book import open_book
    >>> line_of(open_book({"partners": partners, "sales": sales}), "sales")
    "'(all)'"
    """
    if not by_line:
        return f"'{ALL}'"
    return f"coalesce(f.line, '{NONE}')" if has_key(book, table, "line") else f"'{ALL}'"


def sales_of(book: Book, columns: str) -> str:
    """The FROM and WHERE of the sales `f` that are their partner's revenue; `columns` are those that will be read."""
    (revenue,) = METRICS["revenue"].parts
    words = {"partner_id", "original_partner_id", "sold_on", "is_revenue", "revenue", "line", *columns.split()}
    joins, counted = once(book, revenue, [Path("partner_id")])
    return f"FROM {rows_of(book, 'sales', words)} AS f {joins} WHERE f.is_revenue AND {counted}"


def told_since(book: Book) -> date | None:
    """The month from which sales are told; None where there are none."""
    first = book.con.execute("SELECT min(sold_on) FROM sales").fetchall()[0][0]
    return None if first is None else first.replace(day=1)


def reaches_back(book: Book, to: date, *, months: int) -> str:
    """Why sales don't tell of so many months before a day; "" when they do."""
    since = told_since(book)
    wanted = (pd.Timestamp(to) - pd.DateOffset(months=months)).date()
    return (
        ""
        if since is not None and since <= wanted
        else f"sales are told only from {since:%Y-%m} on"
        if since
        else ("there are no sales")
    )
