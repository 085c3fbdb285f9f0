"""Parts: what a metric is made of, each an aggregate over one table with the date that places it in time."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import Enum
from functools import cache

import numpy as np
import numpy.typing as npt

from channelnb.book.contract import INTEGER
from channelnb.book.currency import AT_PLAN_RATES
from channelnb.book.tables import CONTRACT
from channelnb.errors import NotUsable
from channelnb.metrics.derived import DERIVED, derived_of, needs_of

Numbers = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int64]

_LITERAL = re.compile(r"'(?:[^']|'')*'")
_WORD = re.compile(r"[A-Za-z_][A-Za-z_0-9]*")

_OWN_COLUMN = re.compile(r"\bf\.([A-Za-z_]\w*)")
_CALLED = re.compile(r"[A-Za-z_]\w*\s*\(|\bAS\s+[A-Za-z_]\w*", re.IGNORECASE)
_SQL = frozenset(
    {
        *("and", "or", "not", "in", "is", "null", "case", "when", "then", "else", "end", "between"),
        *("like", "distinct", "from", "interval", "day", "month", "quarter", "year", "hour", "true", "false", "over"),
        *("partition", "by", "order", "asc", "desc", "filter", "where"),
    }
)
_WORKED_OUT = frozenset({"is_revenue", "survivor_id", AT_PLAN_RATES})

_VIEWS = {"plans_in_force": "plans", "forecasts_in_force": "forecasts", "headcounts": "partners"}
"""Views of a book that are not contract tables, and the table whose columns they have."""


def contract_table(name: str) -> str:
    """The contract's table whose columns a table or view of a book has.

    >>> contract_table("plans_in_force"), contract_table("sales")
    ('plans', 'sales')
    """
    return _VIEWS.get(name, name)


class Window(Enum):
    """Which dates count for a period."""

    PERIOD = "the period itself"
    PRIOR_PERIOD = "the period before, as long as this one"
    PRIOR_YEAR = "the same months a year earlier"
    T12 = "the twelve months that end with the period, or with the last month of it that is over"
    PRIOR_T12 = "the twelve months before the last twelve"
    T24 = "the twenty-four months that end with the period"
    LAGGED = "the twelve months that ended a sales cycle before the period did"
    LOOK_BACK = "the look-back before the period"
    UNTIL = "all time up to the period's end"
    STOCK = "the period's last day"
    OPENING = "the day before the period began"
    NEXT = "the period after, as long as this one"
    DUE = "the period as far as it lies ahead"
    WHOLE = "the whole of a period that is not over"


STOCKS = (Window.STOCK, Window.OPENING)
"""Windows that are a day, on which rows hold or don't."""


@cache
def _words(sql: str) -> frozenset[str]:
    return frozenset(_WORD.findall(_LITERAL.sub("", sql)))


@dataclass(frozen=True)
class Part:
    """An aggregate over one table; build it with `total`, `count`, `distinct`, `stock` and their like.

    `of` is the SQL expression summed, or the column whose distinct values are counted. `per` names the
    column of the entities of which the sum is made one by one; `also_in` and `not_in` keep only those
    entities that occur, or don't, in another window, and `at_most_in` counts of each no more than there.
    `across` names keys that the figure is not split by, `whole` those by which it cannot be told; an `optional`
    part counts as nothing where the source gives no such data.
    """

    table: str
    aggregate: str
    of: str = ""
    at: str = ""
    until: str = ""
    where: str = ""
    window: Window = Window.PERIOD
    per: str = ""
    also_in: Window | None = None
    not_in: Window | None = None
    at_most_in: Window | None = None
    to_date: bool = False
    across: tuple[str, ...] = ()
    whole: tuple[str, ...] = ()
    optional: bool = False

    def over(self, window: Window) -> Part:
        """The same aggregate over another window.

        >>> total("sales", "revenue", at="sold_on").over(Window.PRIOR_YEAR).window.value
        'the same months a year earlier'
        """
        return replace(self, window=window)

    def __add__(self, other: Part | Terms) -> Terms:
        return Terms(((1, self), *terms(other)))

    def __sub__(self, other: Part | Terms) -> Terms:
        return Terms(((1, self), *((-sign, part) for sign, part in terms(other))))

    @property
    def additive(self) -> bool:
        """True when the figures of disjoint groups add up to that of the whole.

        >>> distinct("sales", "customer_id", at="sold_on").additive
        False
        """
        return self.aggregate in ("sum", "count") and not self.per and not self.across

    @property
    def is_count(self) -> bool:
        """True when the part counts cases, or adds up a column of the contract in which they were counted.

        >>> total("deals_worked", "deals", at="quarter").is_count, total("sales", "units", at="sold_on").is_count
        (True, False)
        """
        column = CONTRACT[contract_table(self.table)].by_name.get(self.of)
        counted = self.aggregate == "sum" and column is not None and column.kind == INTEGER
        return counted or self.aggregate in ("count", "distinct")

    @property
    def tells_revenue(self) -> bool:
        """True when the part is of revenue, on the basis that is each firm's own, or of what is planned of it.

        >>> total("sales", "revenue", at="sold_on", where="is_revenue").tells_revenue
        True
        """
        return self.table == "plans_in_force" or (self.table == "sales" and "is_revenue" in _WORD.findall(self.where))

    @property
    def at_plan_rates(self) -> bool:
        """True when the part reads what sales come to at plan rates, which is not always known.

        >>> total("sales", "revenue - revenue_at_plan_rates", at="sold_on").at_plan_rates
        True
        """
        return AT_PLAN_RATES in f"{self.of} {self.where}"

    @property
    def words(self) -> frozenset[str]:
        """The names that the part's SQL mentions, columns among them."""
        return _words(f"{self.of} {self.at} {self.until} {self.where} {self.per}")

    @property
    def needs(self) -> tuple[tuple[str, str], ...]:
        """The contract's columns that the part reads, each with its table, also those behind derived columns.

        >>> count("opportunities", at="closed_on", where="outcome = 'won'").needs
        (('opportunities', 'outcome'), ('opportunities', 'closed_on'))
        """
        table, words = contract_table(self.table), self.words
        own = [(table, name) for name in CONTRACT[table].names if name in words]
        return tuple(dict.fromkeys([*own, *needs_of(table, words)]))

    @property
    def outside(self) -> tuple[tuple[str, str], ...]:
        """What the part reads that the contract does not know, each with its table: channelnb cannot tell what it is.

        Whatever is neither a column of the contract, nor one that is worked out, nor SQL, counts as one.

        >>> total("sales", "revenue - CAST(landed_cost AS DOUBLE)", at="sold_on").outside
        (('sales', 'landed_cost'),)
        """
        table = contract_table(self.table)
        known = {*CONTRACT[table].names, *CONTRACT[table].added, *DERIVED.get(table, {}), *_WORKED_OUT}
        own = [_CALLED.sub("", _LITERAL.sub("", one)) for one in (self.of, self.at, self.until, self.where, self.per)]
        words = [word for one in own for word in _WORD.findall(one) if word.lower() not in _SQL]
        words += [word for one in derived_of(table, self.words).values() for word in _OWN_COLUMN.findall(one.sql)]
        return tuple((table, word) for word in dict.fromkeys(words) if word not in known)


@dataclass(frozen=True)
class Terms:
    """Parts added to, or taken from, each other."""

    terms: tuple[tuple[int, Part], ...]

    def __add__(self, other: Side) -> Terms:
        return Terms((*self.terms, *terms(other)))

    def __sub__(self, other: Side) -> Terms:
        return Terms((*self.terms, *((-sign, part) for sign, part in terms(other))))


Side = Part | Terms


@dataclass(frozen=True)
class Amount:
    """A metric that is one aggregate, or several added up: a sum, a count, a stock."""

    value: Side


@dataclass(frozen=True)
class Ratio:
    """A metric that is one aggregate over another, divided last."""

    numerator: Side
    denominator: Side


@dataclass(frozen=True)
class Median:
    """A metric that is the median over cases; those that are not over yet are known to take longer than they have."""

    cases: Part


@dataclass(frozen=True)
class Spread:
    """A metric of how a sum is spread over entities, such as the share of the largest.

    `figure` takes, for each group, an array of codes (one an entity), the entities' sums and the number
    of groups, and gives each group's figure and the whole that it is a share of, NaN where it is none.
    """

    part: Part
    figure: Callable[[Codes, Numbers, int], tuple[Numbers, Numbers]]


@dataclass(frozen=True)
class Composed:
    """A metric that is worked out from several aggregates, none of which is a ratio.

    `figure` takes one array for each part, in their order, and gives the value; where it cannot be told, NaN.
    """

    figure: Callable[..., Numbers]
    parts: tuple[Part, ...]


Formula = Amount | Ratio | Median | Spread | Composed


def terms(side: Side) -> tuple[tuple[int, Part], ...]:
    """The signed parts of one side of a formula.

    >>> len(terms(total("sales", "revenue", at="sold_on")))
    1
    """
    return side.terms if isinstance(side, Terms) else ((1, side),)


def parts_of(formula: Formula) -> tuple[Part, ...]:
    """Every part that a formula reads.

    >>> [part.table for part in parts_of(Amount(total("sales", "revenue", at="sold_on")))]
    ['sales']
    """
    match formula:
        case Amount(value):
            sides: tuple[Side, ...] = (value,)
        case Ratio(numerator, denominator):
            sides = (numerator, denominator)
        case Median(part) | Spread(part):
            sides = (part,)
        case Composed(parts=parts):
            sides = parts
    return tuple(part for side in sides for _, part in terms(side))


def _checked(part: Part) -> Part:
    if contract_table(part.table) not in CONTRACT:
        raise NotUsable(f"a metric reads table {part.table!r}, which is not in the contract; see `CONTRACT`.")
    return part


def total(table: str, of: str, *, at: str, where: str = "", window: Window = Window.PERIOD) -> Part:
    """The sum of an expression over the rows dated within the window.

    >>> total("sales", "revenue - cost", at="sold_on").needs
    (('sales', 'sold_on'), ('sales', 'revenue'), ('sales', 'cost'))
    """
    return _checked(Part(table, "sum", of, at, where=where, window=window))


def count(table: str, *, at: str, where: str = "", window: Window = Window.PERIOD) -> Part:
    """The number of rows dated within the window.

    >>> count("leads", at="assigned_at").aggregate
    'count'
    """
    return _checked(Part(table, "count", at=at, where=where, window=window))


def distinct(table: str, of: str, *, at: str, where: str = "", window: Window = Window.PERIOD) -> Part:
    """The number of different values of a column among the rows dated within the window.

    >>> distinct("sales", "customer_id", at="sold_on").of
    'customer_id'
    """
    return _checked(Part(table, "distinct", of, at, where=where, window=window))


def once(table: str, of: str, *, per: str, at: str, where: str = "", window: Window = Window.PERIOD) -> Part:
    """The sum of a figure that each entity has, counted once for each entity that occurs within the window.

    >>> once("sales", "customer_spend", per="customer_id", at="sold_on").per
    'customer_id'
    """
    return _checked(Part(table, "once", of, at, where=where, window=window, per=per))


def each(table: str, of: str, *, per: str, at: str, where: str = "", window: Window = Window.PERIOD) -> Part:
    """The sums of an expression within the window, one for each entity: what a `Spread` is taken of.

    >>> each("sales", "revenue", per="customer_id", at="sold_on").per
    'customer_id'
    """
    return _checked(Part(table, "each", of, at, where=where, window=window, per=per))


def stock(table: str, of: str, *, since: str, until: str = "", where: str = "", distinct: bool = False) -> Part:
    """What holds on the period's last day: rows that began on or before it and have not ended by it.

    A row without a first date has always been there, one without a last date is there still.

    >>> stock("opportunities", "amount", since="created_on", until="closed_on").window.name
    'STOCK'
    """
    aggregate = "distinct" if distinct else "sum"
    return _checked(Part(table, aggregate, of, since, until, where, Window.STOCK))


def days_since(table: str, *, at: str, where: str = "") -> Part:
    """The days from the last row dated up to the period's end until that end.

    >>> days_since("activities", at="held_on").aggregate
    'days_since'
    """
    return _checked(Part(table, "days_since", at=at, where=where, window=Window.UNTIL))


def cases(table: str, of: str, *, at: str, where: str = "", window: Window = Window.PERIOD) -> Part:
    """The figures, one a row, of the rows dated within the window: what a median is taken of.

    >>> Median(cases("opportunities", "amount", at="closed_on", where="outcome = 'won'")).cases.of
    'amount'
    """
    return _checked(Part(table, "cases", of, at, where=where, window=window))


def durations(
    table: str, *, since: str, until: str, unit: str = "day", where: str = "", window: Window = Window.PERIOD
) -> Part:
    """The times from one event to another of the rows whose first event lies within the window.

    What has not ended by the period's end is censored there: it counts as longer than it has lasted. `unit`
    is ``day`` or ``hour``; a row whose events are in the wrong order is left out.

    >>> Median(durations("leads", since="assigned_at", until="first_contact_at", unit="hour")).cases.until
    'first_contact_at'
    """
    return _checked(Part(table, f"{unit}s", at=since, until=until, where=where, window=window))
