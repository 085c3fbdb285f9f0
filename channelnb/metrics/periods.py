"""The periods that a measurement speaks of, as a table in the book's connection."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from weakref import WeakKeyDictionary

import pandas as pd

from channelnb.book.book import Book
from channelnb.metrics.parts import STOCKS, Window

EVERYTHING = "all"
_FIRST, _LAST = date(1900, 1, 1), date(2200, 12, 1)

Rows = list[tuple[str, date, date]]
"""Periods: the label, the first and the last month of each."""


def _ago(months: int | str, of: str = "p.known") -> str:
    return f"{of} - to_months({months})"


# The first and last month of each window; the four that look to a time before everything have none then.
_MONTHS = {
    Window.PERIOD: ("p.first", "p.known"),
    Window.PRIOR_PERIOD: (_ago("p.months", "p.first"), _ago("p.months")),
    Window.PRIOR_YEAR: (_ago(12, "p.first"), _ago(12)),
    Window.T12: (_ago(11, "p.whole"), "p.whole"),
    Window.PRIOR_T12: (_ago(23, "p.whole"), _ago(12, "p.whole")),
    Window.T24: (_ago(23, "p.whole"), "p.whole"),
    Window.LAGGED: (_ago("11 + p.cycle", "p.whole"), _ago("p.cycle", "p.whole")),
    Window.LOOK_BACK: (_ago("p.look_back", "p.first"), _ago(1, "p.first")),
    Window.UNTIL: ("DATE '1900-01-01'", "p.known"),
    Window.NEXT: ("p.last + to_months(1)", "p.last + to_months(p.months)"),
    Window.DUE: ("p.due", "p.last"),
    Window.WHOLE: ("CASE WHEN p.everything THEN p.due ELSE p.first END", "p.last"),
}
_NONE_OF_EVERYTHING = (Window.PRIOR_PERIOD, Window.PRIOR_YEAR, Window.LOOK_BACK, Window.NEXT)

TOLD_IN_FULL = (
    *(Window.PRIOR_PERIOD, Window.PRIOR_YEAR, Window.T12, Window.PRIOR_T12, Window.LAGGED),
    Window.LOOK_BACK,
)
"""Windows that a table must reach back to: data that begin later make growth of nothing, and all customers new."""

AHEAD = (Window.DUE, Window.WHOLE)
"""Windows of periods that are not over."""


def begin(window: Window) -> str:
    """The column of the periods' table that holds a window's first month."""
    return f"{window.name.lower()}_from"


def end(window: Window) -> str:
    """The column of the periods' table that holds a window's last month."""
    return f"{window.name.lower()}_to"


def told_from(window: Window) -> str:
    """The column with the month from which a table must tell of a window; a year of look-back will do."""
    return "year_before_first" if window is Window.LOOK_BACK else begin(window)


def within(window: Window, month: str, until: str = "") -> str:
    """The condition that a month lies within a window or, for a stock, that something holds on its day.

    >>> within(Window.T12, "f.d0_0")
    'f.d0_0 BETWEEN p.t12_from AND p.t12_to AND p.begun'
    >>> within(Window.OPENING, "f.d1_0", "f.d1_1")
    '(f.d1_0 IS NULL OR f.d1_0 <= p.opens) AND (f.d1_1 IS NULL OR f.d1_1 > p.opens) AND p.begun'
    """
    side = "p.open" if window in AHEAD else "p.begun"
    if window in STOCKS:
        day = "p.closes" if window is Window.STOCK else "p.opens"
        return f"({month} IS NULL OR {month} <= {day}) AND ({until} IS NULL OR {until} > {day}) AND {side}"
    return f"{month} BETWEEN p.{begin(window)} AND p.{end(window)} AND {side}"


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


_WRITTEN: WeakKeyDictionary[Book, dict[str, tuple[Rows, Periods]]] = WeakKeyDictionary()
"""What was written last of each time key: most measures of a book ask for the same periods."""


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


def _asked(book: Book) -> Rows:
    if book.period is None:
        return [(EVERYTHING, _FIRST, _LAST)]
    tomorrow = (pd.Timestamp(book.as_of) + pd.Timedelta(days=1)).date()
    asked = [book.period, book.calendar.period_of(tomorrow, like=book.period)]
    return [(name, *_months(book.calendar.period(name))) for name in dict.fromkeys(asked)]


def _written(book: Book, name: str, rows: Rows) -> Periods:
    kept = _WRITTEN.setdefault(book, {})
    if name not in kept or kept[name][0] != rows:
        kept[name] = rows, _write(book, name, rows)
    return kept[name][1]


def _write(book: Book, name: str, rows: Rows) -> Periods:
    frame = pd.DataFrame(rows, columns=["label", "first", "last"])
    as_of_month = book.as_of.replace(day=1)
    # The first month of which some days lie ahead: the running one, unless it is over.
    due = (pd.Timestamp(book.as_of) + pd.Timedelta(days=1)).date().replace(day=1)
    frame["known"] = [min(last, as_of_month) for last in frame["last"]]
    frame["due"] = [max(first, due) for first in frame["first"]]
    frame["opens"] = [(pd.Timestamp(m) - pd.Timedelta(days=1)).date() for m in frame["first"]]
    frame["closes"] = [min((pd.Timestamp(m) + pd.offsets.MonthEnd(0)).date(), book.as_of) for m in frame["last"]]
    # A year ends with the last month that is over: eleven months and some days are no twelve.
    running = None if due > as_of_month else as_of_month
    before = (pd.Timestamp(as_of_month) - pd.DateOffset(months=1)).date()
    frame["whole"] = [before if known == running else known for known in frame["known"]]
    frame["everything"] = [label == EVERYTHING for label in frame["label"]]
    frame["begun"] = [first <= as_of_month for first in frame["first"]]
    frame["open"] = [last >= due for last in frame["last"]]
    frame["months"] = [
        12 * (last.year - first.year) + last.month - first.month + 1
        for first, last in zip(frame["first"], frame["last"], strict=True)
    ]
    frame["look_back"], frame["cycle"] = book.vendor.new_customer_months, book.vendor.sales_cycle_months
    frame["place"] = range(len(frame))
    table = f"periods_{name}"
    # A frame without rows has no types.
    kinds = dict.fromkeys(("first", "last", "known", "whole", "due", "opens", "closes"), "DATE")
    kinds |= dict.fromkeys(("everything", "begun", "open"), "BOOLEAN") | {"label": "VARCHAR"}
    kinds |= dict.fromkeys(("months", "look_back", "cycle", "place"), "BIGINT")
    typed = ", ".join(f"CAST({name} AS {kind}) AS {name}" for name, kind in kinds.items())
    ranges = ", ".join(
        f"CAST({_unless_everything(window, month)} AS DATE) AS {window.name.lower()}_{which}"
        for window, months in _MONTHS.items()
        for which, month in zip(("from", "to"), months, strict=True)
    )
    # What comes before everything is no look-back.
    year_before = "CASE WHEN NOT everything THEN CAST(first - to_months(12) AS DATE) END AS year_before_first"
    book.con.register("periods_frame", frame)
    book.con.execute(
        f"CREATE OR REPLACE TEMP TABLE {table} AS SELECT p.*, {ranges}, {year_before} "
        f"FROM (SELECT * REPLACE ({typed}) FROM periods_frame) AS p"
    )
    book.con.unregister("periods_frame")
    return Periods(table, book.query(f"FROM {table} ORDER BY place"))


def _unless_everything(window: Window, month: str) -> str:
    return f"CASE WHEN NOT p.everything THEN {month} END" if window in _NONE_OF_EVERYTHING else month
