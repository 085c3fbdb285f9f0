"""What `by` may name: columns of a fact, or of a table that it refers to."""

from __future__ import annotations

import re
from dataclasses import dataclass

from channelnb.book.book import Book
from channelnb.book.tables import CONTRACT
from channelnb.errors import AmbiguousKey, NotUsable, unknown
from channelnb.metrics.parts import contract_table

TIME_KEYS = ("month", "quarter", "year")
RESULT = ("period", "metric", "numerator", "denominator", "value", "n", "low", "high", "state", "reason")
"""What the columns of a measurement are called, and so no key can be."""
NONE = "(none)"
_INNER = re.compile("[vnd][0-9]+(_[0-9])?")


@dataclass(frozen=True)
class Path:
    """How a fact reaches a key: a column of its own, or `column` of `table` through its `through`."""

    column: str
    through: str = ""
    table: str = ""

    @property
    def fact_column(self) -> str:
        """The column that the fact itself must keep for this key.

        >>> Path("segment", through="customer_id", table="customers").fact_column, Path("line").fact_column
        ('customer_id', 'line')
        """
        return self.through or self.column


def given(book: Book, table: str) -> tuple[str, ...]:
    """The columns that the source gave for a table, extra ones and derived ones included; none where it is absent."""
    base = contract_table(table)
    if not book.has(base):
        return ()
    return (*book.loads[base].columns, *book.loads[base].extra, *CONTRACT[base].added)


def resolve(book: Book, table: str, key: str) -> Path | None:
    """How the rows of a table reach a key, or None where they don't have it.

    The fact's own column comes first, then columns of the tables that it refers to. Raises
    AmbiguousKey where two of those have it: name the table too, such as ``customers.segment``.
    """
    own = given(book, table)
    wanted, _, column = key.rpartition(".")
    if column in own and wanted in ("", table):
        return Path(column)
    found = [
        Path(column, reference.name, reference.refers)
        for reference in CONTRACT[contract_table(table)].columns
        if reference.refers
        and reference.name in own
        and reference.name == CONTRACT[reference.refers].key
        and wanted in ("", reference.refers)
        and column in given(book, reference.refers)
    ]
    if len(found) > 1:
        names = " or ".join(repr(f"{path.table}.{path.column}") for path in found)
        raise AmbiguousKey(f"key {key!r} could be {names} for {table}; write one of these.")
    return found[0] if found else None


def check_keys(book: Book, by: list[str]) -> None:
    """Raise UnknownName for a key that no table of the book has."""
    known = {name for table in book.loads for name in given(book, table)}
    known |= {f"{table}.{name}" for table in book.loads for name in given(book, table)} | set(TIME_KEYS)
    # A column of the contract that this source doesn't give is a fair question: it is not measurable.
    known |= {name for table in CONTRACT.values() for name in table.names}
    known |= {f"{table.name}.{name}" for table in CONTRACT.values() for name in table.names}
    for key in by:
        column = key.rpartition(".")[2]
        if column in RESULT or _INNER.fullmatch(column):
            raise NotUsable(f"key {key!r} is a name that measuring needs itself; give the source's column another one.")
        if key not in known:
            plain = {name for name in known if "." not in name}
            raise unknown("key", key, known if "." in key else plain)
