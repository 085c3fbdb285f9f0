"""The fold: each fact table scanned once, to sums and counts per key and month."""

from __future__ import annotations

from dataclasses import dataclass, replace
from weakref import WeakKeyDictionary

from channelnb.book.book import Book
from channelnb.metrics.keys import given, resolve
from channelnb.metrics.parts import Part, Window
from channelnb.metrics.registry import METRICS

KEYS = ("partner_id", "manager_id", "salesperson_id", "customer_id", "line")
"""Keys that every fold keeps, where the fact has them."""


@dataclass(frozen=True)
class Dating:
    """How rows are placed in time: by the month of `at`, or as a stock from `at` until `until`."""

    at: str
    until: str = ""
    stock: bool = False

    @property
    def columns(self) -> tuple[str, ...]:
        """SQL for the columns that the fold keeps of it."""
        if self.stock:
            return tuple(f"CAST({name or 'NULL'} AS DATE)" for name in (self.at, self.until))
        return (f"CAST(date_trunc('month', CAST({self.at} AS DATE)) AS DATE)",)


def dating(part: Part) -> Dating:
    """The dating of a part."""
    stock = part.window is Window.STOCK
    return Dating(part.at, part.until if stock else "", stock)


def _folded(part: Part) -> Part:
    """The part without what is decided on the fold, so that parts share a column of it."""
    window = Window.STOCK if part.window is Window.STOCK else Window.PERIOD
    return replace(part, window=window, also_in=None, not_in=None, to_date=False)


@dataclass(frozen=True)
class Fold:
    """A folded table: `name` in the book's connection, the keys it keeps, and its parts and datings by number."""

    name: str
    keys: tuple[str, ...]
    parts: tuple[Part, ...]
    datings: tuple[Dating, ...]

    def value(self, part: Part) -> str:
        """The fold's column with the part's sum or count."""
        return f"v{self.parts.index(_folded(part))}"

    def rows(self, part: Part) -> str:
        """The fold's column with the number of rows behind the part."""
        return f"n{self.parts.index(_folded(part))}"

    def slot(self, part: Part) -> str:
        """The prefix of the fold's date columns for the part's dating."""
        return f"d{self.datings.index(dating(part))}"


_FOLDS: WeakKeyDictionary[Book, dict[tuple[str, frozenset[str]], Fold]] = WeakKeyDictionary()


def lacking(book: Book, part: Part) -> tuple[str, ...]:
    """The columns that a part needs and its table lacks."""
    have = given(book, part.table)
    # A stock without a first or last date has always been there, so these two may be missing.
    free = {part.at, part.until} if part.window is Window.STOCK else set()
    return tuple(name for name in part.needs if name not in have and name not in free)


def fold(book: Book, table: str, extra: frozenset[str] = frozenset()) -> Fold:
    """The fold of a table, made once per book: one row per keys and date, with each part's sum and count.

    `extra` names columns of the table that the fold must keep beside the standard keys.
    """
    wanted = [_folded(p) for m in METRICS.values() for p in m.parts if p.table == table and not lacking(book, p)]
    parts = tuple(dict.fromkeys(wanted))
    known = _FOLDS.setdefault(book, {})
    if (table, extra) not in known or known[table, extra].parts != parts:
        known[table, extra] = _make(book, table, extra, parts)
    return known[table, extra]


def _make(book: Book, table: str, extra: frozenset[str], parts: tuple[Part, ...]) -> Fold:
    line = resolve(book, table, "line")
    own = [key for key in KEYS[:-1] if key in given(book, table)]
    keys = (*own, *(["line"] if line else []), *sorted(extra - {*own, "line"}))
    datings = tuple(dict.fromkeys(dating(part) for part in parts))
    result = Fold(f"fold_{table}_{', '.join(sorted(extra)) or 'standard'}", keys, parts, datings)
    book.con.execute(_sql(result, table, join_products=bool(line and line.through)))
    return result


def _sql(made: Fold, table: str, *, join_products: bool) -> str:
    dates = {f"d{i}_{j}": sql for i, d in enumerate(made.datings) for j, sql in enumerate(d.columns)}
    named = ", ".join(f"{sql} AS {name}" for name, sql in dates.items())
    line = ", products.line AS line" if join_products else ""
    join = " LEFT JOIN products USING (product_id)" if join_products else ""
    keys = ", ".join(f'"{key}"' for key in made.keys)
    slots = [[name for name in dates if name.startswith(f"d{i}_")] for i in range(len(made.datings))]
    sets = [", ".join(filter(None, [keys, *slot])) for slot in slots]
    # A set of one set is the same, and takes longer.
    groups = sets[0] if len(sets) == 1 else f"GROUPING SETS ({', '.join(f'({one})' for one in sets)})"
    flags = ", ".join(f"GROUPING({slot[0]}) = 0 AS d{i}" for i, slot in enumerate(slots))
    sums = ", ".join(f"{_sum(part)} AS v{i}, {_rows(part)} AS n{i}" for i, part in enumerate(made.parts))
    columns = ", ".join(filter(None, [keys, ", ".join(dates), flags, sums]))
    return (
        f'CREATE OR REPLACE TEMP TABLE "{made.name}" AS SELECT {columns} '
        f"FROM (SELECT {table}.*{line}, {named} FROM {table}{join}) GROUP BY {groups}"
    )


def _rows(part: Part) -> str:
    return f"count({_counted(part)})"


def _sum(part: Part) -> str:
    return f"sum({_counted(part)})" if part.aggregate == "sum" else _rows(part)


def _counted(part: Part) -> str:
    """SQL for what a row adds; NULL where it has no part in it."""
    # Not FILTER: to pick the rows of each aggregate by itself takes longer than to blank the others.
    return f"CASE WHEN {part.where or 'true'} THEN {part.of or 1} END"
