"""Parts: what a metric is made of, each an aggregate over one table with the date that places it in time."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from enum import Enum

from channelnb.book.currency import AT_PLAN_RATES
from channelnb.book.tables import CONTRACT
from channelnb.errors import NotUsable

_LITERAL = re.compile(r"'(?:[^']|'')*'")
_WORD = re.compile(r"[A-Za-z_][A-Za-z_0-9]*")

_DERIVED = {"plans_in_force": "plans"}
"""Views of a book that are not contract tables, and the table whose columns they have."""


def contract_table(name: str) -> str:
    """The contract's table whose columns a table or view of a book has.

    >>> contract_table("plans_in_force"), contract_table("sales")
    ('plans', 'sales')
    """
    return _DERIVED.get(name, name)


class Window(Enum):
    """Which dates count for a period."""

    PERIOD = "the period itself"
    PRIOR_YEAR = "the same months a year earlier"
    T12 = "the twelve months that end with the period"
    PRIOR_T12 = "the twelve months before those"
    LOOK_BACK = "the twenty-four months before the period"
    STOCK = "the period's last day"
    DUE = "the period as far as it lies ahead"
    WHOLE = "the whole of a period that is not over"


@dataclass(frozen=True)
class Part:
    """An aggregate over one table; build it with `total`, `count`, `distinct` or `stock`.

    `of` is the SQL expression summed, or the column whose distinct values are counted. `also_in`
    and `not_in` keep only those distinct values that occur, or don't, in another window.
    """

    table: str
    aggregate: str
    of: str = ""
    at: str = ""
    until: str = ""
    where: str = ""
    window: Window = Window.PERIOD
    also_in: Window | None = None
    not_in: Window | None = None
    to_date: bool = False

    def over(self, window: Window) -> Part:
        """The same aggregate over another window.

        >>> total("sales", "revenue", at="sold_on").over(Window.PRIOR_YEAR).window.value
        'the same months a year earlier'
        """
        return replace(self, window=window)

    def __sub__(self, other: Part) -> Terms:
        return Terms(((1, self), (-1, other)))

    @property
    def additive(self) -> bool:
        """True when the figures of disjoint groups add up to that of the whole.

        >>> distinct("sales", "customer_id", at="sold_on").additive
        False
        """
        return self.aggregate != "distinct"

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
    def needs(self) -> tuple[str, ...]:
        """The contract columns of its table that the part reads.

        >>> count("opportunities", at="closed_on", where="outcome = 'won'").needs
        ('outcome', 'closed_on')
        """
        text = f"{self.of} {self.at} {self.until} {self.where}"
        words = set(_WORD.findall(_LITERAL.sub("", text)))
        return tuple(name for name in CONTRACT[contract_table(self.table)].names if name in words)


@dataclass(frozen=True)
class Terms:
    """Parts added to, or taken from, each other."""

    terms: tuple[tuple[int, Part], ...]


Side = Part | Terms


@dataclass(frozen=True)
class Amount:
    """A metric that is one aggregate: a sum, a count, a stock."""

    part: Part


@dataclass(frozen=True)
class Ratio:
    """A metric that is one aggregate over another, divided last."""

    numerator: Side
    denominator: Side


Formula = Amount | Ratio


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
    if isinstance(formula, Amount):
        return (formula.part,)
    return tuple(part for side in (formula.numerator, formula.denominator) for _, part in terms(side))


def _checked(part: Part) -> Part:
    if contract_table(part.table) not in CONTRACT:
        raise NotUsable(f"a metric reads table {part.table!r}, which is not in the contract; see `CONTRACT`.")
    return part


def total(table: str, of: str, *, at: str, where: str = "", window: Window = Window.PERIOD) -> Part:
    """The sum of an expression over the rows dated within the window.

    >>> total("sales", "revenue - cost", at="sold_on").needs
    ('sold_on', 'revenue', 'cost')
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


def stock(table: str, of: str, *, since: str, until: str, where: str = "", distinct: bool = False) -> Part:
    """What holds on the period's last day: rows that began on or before it and have not ended by it.

    A row without a first date has always been there, one without a last date is there still.

    >>> stock("opportunities", "amount", since="created_on", until="closed_on").window.name
    'STOCK'
    """
    aggregate = "distinct" if distinct else "sum"
    return _checked(Part(table, aggregate, of, since, until, where, Window.STOCK))
