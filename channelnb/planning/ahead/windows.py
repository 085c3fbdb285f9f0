"""What past periods brought each partner, seen from the same point of each: before it began, or on a day within."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np
import numpy.typing as npt
import pandas as pd

from channelnb.book.book import Book
from channelnb.fiscal import FiscalCalendar, is_month

Numbers = npt.NDArray[np.float64]

_YEARS = 4
_DAY = timedelta(days=1)
_MOST_DAYS_SINCE_SEEN = 31
"""A history of the pipeline that was last written longer ago does not tell how it stood."""


@dataclass(frozen=True)
class Window:
    """The part of a period that was still to come on the day `known`."""

    period: str
    known: date
    begin: date
    end: date

    @property
    def start(self) -> date:
        """The first day that was still to come.

        >>> Window("2026Q3", date(2026, 8, 14), date(2026, 7, 1), date(2026, 9, 30)).start
        datetime.date(2026, 8, 15)
        """
        return max(self.begin, self.known + _DAY)

    @property
    def days(self) -> int:
        """How many days the period has."""
        return (self.end - self.begin).days + 1


def windows_like(period: str, *, as_of: date, calendar: FiscalCalendar) -> list[Window]:
    """A period not over on `as_of`, and those before it, each known as long before or after its first day.

    The first is the period itself; the others go back four years.

    >>> windows = windows_like("2026Q4", as_of=date(2026, 9, 30), calendar=FiscalCalendar())
    >>> windows[1].period, str(windows[1].known), len(windows)
    ('2026Q3', '2026-06-30', 17)
    """
    apart = as_of - calendar.start(period)
    windows = []
    for back in range(_YEARS * a_year(period) + 1):
        name = calendar.shift(period, -back)
        begin, end = calendar.start(name), calendar.end(name)
        # Of a short month, no day would be left to come on the day that ends a long one.
        windows.append(Window(name, min(begin + apart, end - _DAY), begin, end))
    return windows


def a_year(period: str) -> int:
    """How many periods of this length make a year.

    >>> a_year("2026Q4"), a_year("2026-08")
    (4, 12)
    """
    return 12 if is_month(period) else 4


@dataclass(frozen=True)
class Crowd:
    """Whose each firm is, by its id, and firms of how many owners must tell of what is foretold to another."""

    owner: Mapping[str, str]
    fewest: int

    def owners_of(self, partners: Iterable[str]) -> list[str]:
        """Whose some firms are; one of which that is not known is its own."""
        return [self.owner.get(partner_id, partner_id) for partner_id in partners]

    def tells(self, partners: Iterable[str]) -> bool:
        """Whether these firms are of enough owners.

        >>> Crowd({"P2": "P1"}, 2).tells(["P1", "P2"]), Crowd({}, 2).tells(["P1", "P2"])
        (False, True)
        """
        return len({*self.owners_of(partners)}) >= self.fewest


@dataclass(frozen=True)
class Past:
    """What each window brought each partner: matrices of partners (rows) by windows (columns), in money.

    The first window is the one to come, of which only `plan` and `to_date` are told. `revenue` came in the window
    and is NaN before the partner's first sale; `to_date` came earlier in the period; `won_open` was won from deals
    that were open on the window's day, `won_new` from deals opened since. `there` says whether the partner had not
    left by then, `crowd` whose each is. `lead` is how many windows back the last one lies that was over on the first
    one's day.
    """

    windows: list[Window]
    partners: list[str]
    revenue: Numbers
    to_date: Numbers
    plan: Numbers
    won_open: Numbers
    won_new: Numbers
    there: npt.NDArray[np.bool_]
    crowd: Crowd

    @property
    def lead(self) -> int:
        """How many windows back the last one lies that was over on the day of the first."""
        return next(k for k, window in enumerate(self.windows) if window.end <= self.windows[0].known)

    @property
    def year(self) -> int:
        """How many windows make a year."""
        return a_year(self.windows[0].period)

    def before(self, values: Numbers, place: int) -> Numbers:
        """What the last year's windows over on a window's day brought; NaN where they are not all told."""
        first = place + self.lead
        past = values[:, first : first + self.year]
        return past if past.shape[1] == self.year else np.full((len(values), self.year), np.nan)

    def season(self, place: int) -> float:
        """How the window a year before one stood to the year's mean: the median over partners, in whole per cent.

        A median is one firm's: exact, it would tell its quarter. NaN where firms of too few owners tell of it.
        """
        level = self.before(self.revenue, place).mean(axis=1)
        told = level > 0
        if not self.crowd.tells(np.array(self.partners)[told]):
            return float("nan")
        return round(float(np.median(self.revenue[told, place + self.year] / level[told])), 2)


def past_of(book: Book, period: str, *, fewest: int) -> Past:
    """What the windows like one to come brought every partner that did not merge into another, by its id.

    Needs sales, plans and opportunities, and firms of how many owners must tell of what others are told.
    """
    windows = windows_like(period, as_of=book.as_of, calendar=book.calendar)
    firms = book.query(
        "SELECT partner_id, group_id, left_on, first_sale FROM partners "
        "LEFT JOIN (SELECT partner_id, min(sold_on) AS first_sale FROM sales WHERE is_revenue GROUP BY partner_id) "
        "USING (partner_id) "
        "WHERE survivor_id = partner_id ORDER BY partner_id"
    )
    partners = [str(name) for name in firms["partner_id"]]
    matrix = _Matrix(book, windows, partners)
    days = np.array([window.begin for window in windows], dtype="datetime64[D]")
    known = np.array([window.known for window in windows], dtype="datetime64[D]")
    first, left = (_days(firms[name])[:, None] for name in ("first_sale", "left_on"))
    revenue = matrix.of("sales", "revenue", "f.is_revenue AND f.sold_on BETWEEN w.start AND w.until")
    # A period in which the partner began is no measure of what one brings.
    revenue = np.where(days[None, :] + 31 >= first, revenue, np.nan)
    won = "f.outcome = 'won' AND f.closed_on BETWEEN w.start AND w.until"
    return Past(
        windows=windows,
        partners=partners,
        revenue=revenue,
        to_date=matrix.of("sales", "revenue", "f.is_revenue AND f.sold_on BETWEEN w.begun AND w.start - 1"),
        plan=matrix.of("plans_in_force", "target_revenue", "f.month BETWEEN w.begun AND w.until"),
        won_open=matrix.of("opportunities", "amount", f"{won} AND f.created_on <= w.known"),
        won_new=matrix.of("opportunities", "amount", f"{won} AND f.created_on > w.known"),
        there=np.isnat(left) | (left > known[None, :]),
        crowd=Crowd(dict(zip(partners, firms["group_id"].astype(str), strict=True)), fewest),
    )


def _days(column: pd.Series) -> npt.NDArray[np.datetime64]:
    return pd.to_datetime(column).to_numpy().astype("datetime64[D]")


def windows_sql(windows: Sequence[Window]) -> str:
    """The windows as a table `w` of a query: place, known, begun, start and until.

    >>> windows_sql([Window("2026Q4", date(2026, 9, 30), date(2026, 10, 1), date(2026, 12, 31))])[:46]
    "(VALUES (0, DATE '2026-09-30', DATE '2026-10-0"
    """
    rows = ", ".join(
        f"({place}, DATE '{w.known}', DATE '{w.begin}', DATE '{w.start}', DATE '{w.end}')"
        for place, w in enumerate(windows)
    )
    return f"(VALUES {rows}) AS w(place, known, begun, start, until)"


@dataclass(frozen=True)
class _Matrix:
    """Sums of a table's money by partner (rows) and window (columns); 0 where there is none."""

    book: Book
    windows: list[Window]
    partners: list[str]

    def of(self, table: str, money: str, where: str) -> Numbers:
        rows = self.book.query(
            f"SELECT f.partner_id, w.place, CAST(sum(f.{money}) AS DOUBLE) AS money FROM {table} AS f "
            f"JOIN {windows_sql(self.windows)} ON {where} GROUP BY ALL"
        )
        at = pd.Index(self.partners).get_indexer(pd.Index(rows["partner_id"]))
        told = at >= 0
        sums = np.zeros((len(self.partners), len(self.windows)))
        sums[at[told], rows["place"].to_numpy()[told]] = rows["money"].to_numpy(float)[told]
        return sums


def deals_seen(book: Book, windows: Sequence[Window]) -> pd.DataFrame:
    """The deals open on each window's day, as they stood then: one row each, by window, partner and id.

    `place` is the window's, `amount` money, `age` the days since the opening, `due_in` the days to the due date,
    `stage` its name, each missing where it was not told; `won` says whether it was won in the window, `seen` whether
    a history of the pipeline told of that day. Of the first window the deals stand as they do now; what was known
    of an earlier day is what the history of the pipeline last saw up to it, or the amount alone.
    """
    history = "pipeline_history" if book.has("pipeline_history") else _NO_HISTORY
    rows = book.query(_seen(windows_sql(windows), history=history))
    return rows.astype({"age": float, "due_in": float, "amount": float, "stage": object})


_NO_HISTORY = (
    "(SELECT CAST(NULL AS DATE) AS as_of, CAST(NULL AS VARCHAR) AS opportunity_id, CAST(NULL AS DOUBLE) AS amount, "
    "CAST(NULL AS DATE) AS expected_close_on, CAST(NULL AS VARCHAR) AS stage LIMIT 0)"
)


def _seen(windows: str, *, history: str) -> str:
    """SQL of `deals_seen`, from the table of windows and that of the pipeline's history."""
    # A source may be opened as of a past day, and its deals tell of the present: what was seen that day is better.
    told = "w.place > 0 OR h.seen_on = w.known"
    return (
        "SELECT w.place, o.partner_id, o.opportunity_id, "
        f"coalesce(CASE WHEN {told} THEN h.amount END, CAST(o.amount AS DOUBLE)) AS amount, "
        "w.known - o.created_on AS age, "
        f"CASE WHEN {told} THEN h.due ELSE o.expected_close_on END - w.known AS due_in, "
        f"CASE WHEN {told} THEN h.stage ELSE o.stage END AS stage, "
        "coalesce(o.outcome = 'won' AND o.closed_on BETWEEN w.start AND w.until, false) AS won, "
        f"w.place = 0 OR EXISTS (SELECT 1 FROM {history} AS l WHERE l.as_of <= w.known "
        f"AND l.as_of > w.known - {_MOST_DAYS_SINCE_SEEN}) AS seen "
        f"FROM opportunities o JOIN {windows} ON CASE WHEN w.place = 0 THEN o.outcome = 'open' "
        "ELSE o.created_on <= w.known AND coalesce(o.closed_on > w.known, o.outcome = 'open') END "
        "LEFT JOIN (SELECT w.place, l.opportunity_id, max(l.as_of) AS seen_on, "
        "arg_max(CAST(l.amount AS DOUBLE), l.as_of) AS amount, "
        "arg_max(l.expected_close_on, l.as_of) AS due, arg_max(l.stage, l.as_of) AS stage "
        f"FROM {history} AS l JOIN {windows} ON l.as_of <= w.known GROUP BY ALL) AS h "
        "ON h.place = w.place AND h.opportunity_id = o.opportunity_id "
        "ORDER BY w.place, o.partner_id, o.opportunity_id"
    )


def later(past: Past, place: int) -> Past:
    """The same past as it was known on the day of an earlier window, which is then the first.

    >>> windows = windows_like("2026Q4", as_of=date(2026, 9, 30), calendar=FiscalCalendar())
    >>> none = np.zeros((0, len(windows)))
    >>> later(Past(windows, [], none, none, none, none, none, none.astype(bool), Crowd({}, 1)), 4).windows[0].period
    '2025Q4'
    """
    names = ("revenue", "to_date", "plan", "won_open", "won_new", "there")
    return replace(past, windows=past.windows[place:], **{name: getattr(past, name)[:, place:] for name in names})
