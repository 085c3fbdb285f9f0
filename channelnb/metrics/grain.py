"""The keys that a part is measured by, and the SQL by which the rows of its table reach them."""

from __future__ import annotations

from dataclasses import dataclass

from channelnb.book.book import Book
from channelnb.book.tables import CONTRACT
from channelnb.metrics.keys import NONE, Path, resolve
from channelnb.metrics.once import RESELLER, counted_twice, once
from channelnb.metrics.parts import Part, contract_table


@dataclass(frozen=True)
class Grain:
    """How the rows of a part's table, called `f`, reach the keys; `reason` says why they don't."""

    book: Book
    table: str
    paths: tuple[tuple[str, Path], ...]
    reason: str = ""

    @classmethod
    def of(cls, book: Book, part: Part, dims: list[str]) -> Grain:
        """The grain of a part: the keys asked for, but for those that it is not split by."""
        asked = [dim for dim in dims if dim not in part.across]
        paths = {dim: resolve(book, part.table, dim) for dim in asked}
        absent = [dim for dim, path in paths.items() if path is None]
        table = contract_table(part.table)
        reason = f"table {table} has no column {' and no column '.join(absent)}" if absent and book.has(table) else ""
        if whole := [dim for dim in asked if dim.rpartition(".")[2] in part.whole]:
            reason = f"it is a figure of all together, not of each {' and '.join(whole)}"
        return cls(book, part.table, tuple((dim, path) for dim, path in paths.items() if path is not None), reason)

    @property
    def dims(self) -> tuple[str, ...]:
        """The keys by name."""
        return tuple(dim for dim, _ in self.paths)

    def columns(self, part: Part) -> set[str]:
        """The columns that a fold of the table must keep for these keys and a part's entities."""
        wanted = {_own(path) for _, path in self.paths}
        if part.aggregate == "distinct":
            wanted.add(part.of)
        if part.per:
            wanted.add(part.per)
        if counted_twice(self.book, part.table):
            wanted.add(RESELLER)
        return wanted

    @property
    def named(self) -> str:
        """SQL of the keys, each under its name and followed by a comma."""
        return "".join(f'{_key(path)} AS "{dim}", ' for dim, path in self.paths)

    @property
    def names(self) -> str:
        """The keys' names, each followed by a comma."""
        return "".join(f'"{dim}", ' for dim in self.dims)

    @property
    def joins(self) -> str:
        """SQL joins of the tables that hold keys."""
        tables = {path.table: path.through for _, path in self.paths if path.through and path.column != "line"}
        return " ".join(
            f"LEFT JOIN {table} AS r_{table} ON f.{through} = r_{table}.{CONTRACT[table].key}"
            for table, through in tables.items()
        )

    def once(self, part: Part) -> tuple[str, str]:
        """Joins, and the condition, that count goods sold on two tiers once, where the part tells of revenue."""
        return once(self.book, part, (path for _, path in self.paths))


def _own(path: Path) -> str:
    return "line" if path.column == "line" else path.fact_column


def _key(path: Path) -> str:
    if path.column == "line" and path.table in ("", "products"):
        return f"coalesce(CAST(f.line AS VARCHAR), '{NONE}')"
    owner = f"r_{path.table}" if path.through else "f"
    return f"coalesce(CAST({owner}.\"{path.column}\" AS VARCHAR), '{NONE}')"
