"""The periods that a measurement speaks of, as a table in the book's connection."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import pandas as pd

from channelnb.book.book import Book
from channelnb.metrics.parts import Window

EVERYTHING = "all"
_FIRST, _LAST = date(1900, 1, 1), date(2200, 12, 1)

MONTHS = {
    Window.PERIOD: "BETWEEN p.first AND p.known",
    Window.PRIOR_YEAR: "BETWEEN p.first - INTERVAL 12 MONTH AND p.known - INTERVAL 12 MONTH AND NOT p.everything",
    Window.T12: "BETWEEN p.known - INTERVAL 11 MONTH AND p.known",
    Window.PRIOR_T12: "BETWEEN p.known - INTERVAL 23 MONTH AND p.known - INTERVAL 12 MONTH",
    Window.LOOK_BACK: "BETWEEN p.first - INTERVAL 24 MONTH AND p.first - INTERVAL 1 MONTH AND NOT p.everything",
    Window.DUE: "BETWEEN p.due AND p.last",
    Window.WHOLE: "BETWEEN CASE WHEN p.everything THEN p.due ELSE p.first END AND p.last",
}
"""For each window, the condition that a month of the fold meets; a stock has none."""

BEGINS = {
    Window.PRIOR_YEAR: "p.first - INTERVAL 12 MONTH",
    Window.T12: "p.known - INTERVAL 11 MONTH",
    Window.PRIOR_T12: "p.known - INTERVAL 23 MONTH",
    Window.LOOK_BACK: "p.first - INTERVAL 24 MONTH",
}
"""The first month of the windows that do not begin with the period."""

REACH = {**BEGINS, Window.LOOK_BACK: "p.first - INTERVAL 12 MONTH"}
"""The month from which a window must be told: data that begin later make growth of nothing, and all customers new."""

AHEAD = (Window.DUE, Window.WHOLE)
"""Windows of periods that are not over."""


@dataclass(frozen=True)
class Periods:
    """Periods measured: one row each, with its label and months, in the table `periods_<name>`.

    `past` labels begin on or before the book's date, `ahead` ones end after it.
    """

    table: str
    frame: pd.DataFrame

    @property
    def past(self) -> list[str]:
        """Labels of periods that have begun.

        >>> frame = pd.DataFrame({"label": ["2026Q3", "2026Q4"], "begun": [True, False], "open": [True, True]})
        >>> Periods("periods_quarter", frame).past
        ['2026Q3']
        """
        return list(self.frame.loc[self.frame["begun"], "label"])

    @property
    def ahead(self) -> list[str]:
        """Labels of periods that are not over.

        >>> frame = pd.DataFrame({"label": ["2026Q3", "2026Q4"], "begun": [True, False], "open": [True, True]})
        >>> Periods("periods_quarter", frame).ahead
        ['2026Q3', '2026Q4']
        """
        return list(self.frame.loc[self.frame["open"], "label"])


def periods(book: Book, key: str, first: date | None, last: date | None) -> Periods:
    """The periods of a time key (``month``, ``quarter``, ``year``) that hold the months from `first` to `last`.

    Without a key: the book's period and the first one like it that is not over, or everything when it has none.
    """
    if not key:
        rows = _asked(book)
    elif first is None or last is None:
        rows = []
    else:
        freq = {"month": "M", "quarter": book.calendar.freq, "year": f"Y-{book.calendar.freq[2:]}"}[key]
        rows = [(str(p), *_months(p)) for p in pd.period_range(pd.Period(first, freq), pd.Period(last, freq))]
    return _written(book, key or "none", rows)


def _months(period: pd.Period) -> tuple[date, date]:
    return period.start_time.date(), period.end_time.date().replace(day=1)


def _asked(book: Book) -> list[tuple[str, date, date]]:
    if book.period is None:
        return [(EVERYTHING, _FIRST, _LAST)]
    tomorrow = (pd.Timestamp(book.as_of) + pd.Timedelta(days=1)).date()
    asked = [book.period, book.calendar.period_of(tomorrow, like=book.period)]
    return [(name, *_months(book.calendar.period(name))) for name in dict.fromkeys(asked)]


def _written(book: Book, name: str, rows: list[tuple[str, date, date]]) -> Periods:
    frame = pd.DataFrame(rows, columns=["label", "first", "last"])
    as_of_month = book.as_of.replace(day=1)
    # The first month of which some days lie ahead: the running one, unless it is over.
    due = (pd.Timestamp(book.as_of) + pd.Timedelta(days=1)).date().replace(day=1)
    frame["known"] = [min(last, as_of_month) for last in frame["last"]]
    frame["due"] = [max(first, due) for first in frame["first"]]
    frame["closes"] = [min((pd.Timestamp(m) + pd.offsets.MonthEnd(0)).date(), book.as_of) for m in frame["last"]]
    frame["everything"] = [label == EVERYTHING for label in frame["label"]]
    frame["begun"] = [first <= as_of_month for first in frame["first"]]
    frame["open"] = [last >= due for last in frame["last"]]
    table = f"periods_{name}"
    book.con.register("periods_frame", frame)
    book.con.execute(
        f"CREATE OR REPLACE TEMP TABLE {table} AS SELECT label, CAST(first AS DATE) AS first, "
        "CAST(last AS DATE) AS last, CAST(known AS DATE) AS known, CAST(due AS DATE) AS due, "
        "CAST(closes AS DATE) AS closes, everything, begun, open FROM periods_frame"
    )
    book.con.unregister("periods_frame")
    return Periods(table, frame)
