"""What a contract table and its columns are; the tables themselves are in `tables`."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

ID, TEXT, DATE, TIMESTAMP, MONTH = "id", "text", "date", "timestamp", "month"
YEAR, QUARTER, MONEY, RATE = "year", "quarter", "money", "rate"
NUMBER, INTEGER, FLAG = "number", "integer", "flag"

SQL_TYPES = {
    ID: "VARCHAR",
    TEXT: "VARCHAR",
    DATE: "DATE",
    TIMESTAMP: "TIMESTAMPTZ",
    MONTH: "DATE",
    YEAR: "VARCHAR",
    QUARTER: "VARCHAR",
    MONEY: "DECIMAL(38,6)",
    RATE: "DECIMAL(18,9)",
    NUMBER: "DOUBLE",
    INTEGER: "BIGINT",
    FLAG: "BOOLEAN",
}


@dataclass(frozen=True)
class Column:
    """One column of a contract table.

    `kind` is one of the kinds above, `choices` the words that a text column may hold (in lower
    case), `refers` the table whose key the column holds.
    """

    name: str
    kind: str
    about: str
    required: bool = False
    choices: tuple[str, ...] = ()
    refers: str = ""

    @property
    def sql_type(self) -> str:
        """The DuckDB type in which the column is landed.

        >>> Column("revenue", MONEY, "what it brought").sql_type
        'DECIMAL(38,6)'
        """
        return SQL_TYPES[self.kind]


@dataclass(frozen=True)
class Table:
    """One table of the contract.

    `key` is the table's own id, unique where present. `known` is an SQL expression for the date on
    which a row came to be known: rows known after `as_of` are left out ("" where a row carries no
    such date). `later` maps a date column to what its row said before that date: when the date is
    after `as_of`, the column itself is blanked and the others take the SQL values given.
    `dated` is the column that places a row of the past in time ("" for plans and descriptions).
    `derived` names the columns that the book works out for this table alone. Where `stays` is set, rows say
    what a firm is, and stay with it when it merges into another.
    """

    name: str
    about: str
    unlocks: str
    columns: tuple[Column, ...]
    key: str = ""
    dated: str = ""
    known: str = ""
    later: dict[str, dict[str, str]] = field(default_factory=dict)
    required: bool = False
    traits: bool = False
    derived: tuple[str, ...] = ()
    stays: bool = False

    @cached_property
    def by_name(self) -> dict[str, Column]:
        """The columns by their names.

        >>> from channelnb.book.tables import CONTRACT
        >>> CONTRACT["sales"].by_name["partner_id"].refers
        'partners'
        """
        return {column.name: column for column in self.columns}

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The names of all columns, in the contract's order.

        >>> from channelnb.book.tables import CONTRACT
        >>> CONTRACT["tiers"].names
        ('tier', 'metric', 'at_least')
        """
        return tuple(column.name for column in self.columns)

    @property
    def required_names(self) -> tuple[str, ...]:
        """The names of the columns that a source must give.

        >>> from channelnb.book.tables import CONTRACT
        >>> CONTRACT["sales"].required_names
        ('sold_on', 'partner_id', 'revenue')
        """
        return tuple(column.name for column in self.columns if column.required)

    @property
    def has_money(self) -> bool:
        """Does a row hold amounts, in the currency that it names?

        >>> from channelnb.book.tables import CONTRACT
        >>> CONTRACT["sales"].has_money, CONTRACT["certifications"].has_money
        (True, False)
        """
        return "currency" in self.by_name and any(column.kind == MONEY for column in self.columns)

    @property
    def moves(self) -> bool:
        """Do a firm's rows become those of the firm into which it merged?

        >>> from channelnb.book.tables import CONTRACT
        >>> CONTRACT["sales"].moves, CONTRACT["partner_history"].moves
        (True, False)
        """
        return "partner_id" in self.by_name and not self.stays

    @property
    def added(self) -> tuple[str, ...]:
        """Every column that the book works out and adds to those of the source.

        >>> from channelnb.book.tables import CONTRACT
        >>> CONTRACT["costs"].added
        ('original_partner_id', 'original_currency')
        """
        firm = ("original_partner_id",) if self.moves else ()
        return (*self.derived, *firm, *(("original_currency",) if self.has_money else ()))
