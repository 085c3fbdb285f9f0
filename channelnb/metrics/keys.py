"""What `by` may name: columns of a fact, or of a table that it refers to."""

from __future__ import annotations

import re
from dataclasses import dataclass

from channelnb.book.book import Book
from channelnb.book.tables import CONTRACT
from channelnb.errors import AmbiguousKey, NotUsable, unknown
from channelnb.metrics.derived import DERIVED, Derived
from channelnb.metrics.parts import contract_table

TIME_KEYS = ("month", "quarter", "year")
RESULT = ("period", "metric", "numerator", "denominator", "value", "n", "low", "high", "state", "reason")
"""What the columns of a measurement are called, and so no key can be."""
NONE = "(none)"
DESCRIBES = {"markets": "customers"}
"""Tables whose rows are about another table's rows as a group: a market's region and segment are its customers'."""
_INNER = re.compile("[vn][0-9]+|placed|ended|entity|occurs|before|after|case_[a-z]+")


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
    own = (*book.loads[base].columns, *book.loads[base].extra, *CONTRACT[base].added)
    return (*own, *(name for name, one in DERIVED.get(base, {}).items() if _told(book, base, own, one)))


def _told(book: Book, base: str, own: tuple[str, ...], one: Derived) -> bool:
    """Does the source give all that a derived column is worked out from?"""
    needs = [need.partition(".") for need in one.needs]
    return all(column in own if table == base else book.has(table, column) for table, _, column in needs)


def references(table: str) -> dict[str, str]:
    """The columns by which the rows of a table refer to another one's, derived ones among them, and which that is.

    >>> references("certifications")
    {'partner_id': 'partners', 'salesperson_id': 'salespeople'}
    """
    base = contract_table(table)
    refers = {column.name: column.refers for column in CONTRACT[base].columns}
    own = {name: other for name, other in refers.items() if other and name == CONTRACT[other].key}
    by_key = {one.key: one.name for one in CONTRACT.values() if one.key and one.name != base}
    return own | {name: by_key[name] for name in DERIVED.get(base, {}) if name in by_key}


def resolve(book: Book, table: str, key: str) -> Path | None:
    """How the rows of a table reach a key, or None where they don't have it.

    The fact's own column comes first, also under the name of the table that it describes (a market's ``region``
    is ``customers.region``), then columns of the tables that it refers to. Raises
    AmbiguousKey where two of those have it: name the table too, such as ``customers.segment``.
    """
    own = given(book, table)
    wanted, _, column = key.rpartition(".")
    if column in own and wanted in ("", table, DESCRIBES.get(contract_table(table))):
        return Path(column)
    found = [
        Path(column, through, other)
        for through, other in references(table).items()
        if through in own and wanted in ("", other) and column in given(book, other)
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
