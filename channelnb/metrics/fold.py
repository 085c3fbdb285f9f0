"""The fold: a table's rows brought to sums and counts per key and month."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from weakref import WeakKeyDictionary

from channelnb.book.book import Book
from channelnb.metrics.keys import given
from channelnb.metrics.parts import STOCKS, Part, Window, contract_table
from channelnb.metrics.registry import METRICS
from channelnb.metrics.rows import KEYS, has_key, rows_of

BY_CASE = ("cases", "days", "hours")
"""Aggregates that are of rows one by one, so that they are not folded."""


@dataclass(frozen=True)
class Dating:
    """How rows are placed in time: by the month of `at`, or as a stock from `at` until `until`."""

    at: str
    until: str = ""
    stock: bool = False

    @property
    def columns(self) -> str:
        """SQL for the columns that the fold keeps of it: `placed`, and `ended` of a stock."""
        if self.stock:
            return f"CAST({self.at or 'NULL'} AS DATE) AS placed, CAST({self.until or 'NULL'} AS DATE) AS ended"
        return f"CAST(date_trunc('month', CAST({self.at} AS DATE)) AS DATE) AS placed"


def dating(part: Part) -> Dating:
    """The dating of a part."""
    stock = part.window in STOCKS
    return Dating(part.at, part.until if stock else "", stock)


def folded(part: Part) -> Part:
    """The part without what is decided on the fold, so that parts share a column of it."""
    window = Window.STOCK if part.window in STOCKS else Window.PERIOD
    apart = replace(part, window=window, also_in=None, not_in=None, at_most_in=None, to_date=False)
    # Whose sums they are is decided on the fold as well, but for what an entity has once.
    aggregate = "sum" if part.aggregate == "each" else part.aggregate
    per = part.per if aggregate == "once" else ""
    return replace(apart, aggregate=aggregate, across=(), whole=(), optional=False, per=per)


@dataclass(frozen=True)
class Fold:
    """A folded table of the book's connection: the keys it keeps, its dating and its parts by number.

    Beside the keys it has the column `placed`, and, of a stock, `ended`.
    """

    name: str
    keys: tuple[str, ...]
    dating: Dating
    parts: tuple[Part, ...]

    def value(self, part: Part) -> str:
        """The fold's column with the part's sum; a count is the number of rows."""
        return self.rows(part) if part.aggregate in ("count", "distinct") else f"v{self.parts.index(folded(part))}"

    def rows(self, part: Part) -> str:
        """The fold's column with the number of rows behind the part."""
        return f"n{self.parts.index(folded(part))}"


_FOLDS: WeakKeyDictionary[Book, list[tuple[str, Fold]]] = WeakKeyDictionary()
"""The folds of each book, each with the name of the table of rows that it was made of."""


def lacking(book: Book, part: Part) -> tuple[tuple[str, str], ...]:
    """The contract's columns that a part needs and the source doesn't give, each with its table."""
    # A stock without a first or last date has always been there, so these two may be missing.
    free = {part.at, part.until} if part.window in STOCKS else set()
    own = contract_table(part.table)
    return tuple(
        (table, name)
        for table, name in part.needs
        if name not in given(book, table) and not (table == own and name in free)
    )


def fold(book: Book, table: str, *, keys: Iterable[str] = KEYS, parts: Iterable[Part]) -> dict[Dating, Fold]:
    """The folds of a table by dating: in each, one row per keys and date, with each part's sum and count.

    Needs parts that the source can tell; `keys` that the table doesn't have are left out. A fold made before that
    holds what is asked is taken again.

    >>> import pandas as pd
    >>> from channelnb.book.book import open_book
    >>> partners = pd.DataFrame({"partner_id": ["P1"], "name": ["Ada"], "channel": ["reseller"]})
    >>> sales = pd.DataFrame({"partner_id": ["P1"], "sold_on": ["2026-08-01"], "revenue": ["10.50"]})
    >>> book = open_book({"partners": partners, "sales": sales}, quarter="2026Q3")
    >>> [made.keys for made in fold(book, "sales", parts=METRICS["revenue"].parts).values()]
    [('partner_id',)]
    """
    kept = tuple(key for key in dict.fromkeys(keys) if has_key(book, table, key))
    by_dating: dict[Dating, list[Part]] = {}
    for part in parts:
        by_dating.setdefault(dating(part), []).append(folded(part))
    return {one: _fold(book, table, kept, one, tuple(dict.fromkeys(alike))) for one, alike in by_dating.items()}


def _fold(book: Book, table: str, keys: tuple[str, ...], by: Dating, parts: tuple[Part, ...]) -> Fold:
    rows = rows_of(book, table, {word for part in parts for word in part.words} | {*keys})
    known = _FOLDS.setdefault(book, [])
    for of, made in known:
        if of == rows and made.dating == by and {*keys} <= {*made.keys} and {*parts} <= {*made.parts}:
            return made
    made = Fold(f"fold_{table}_{len(known)}", keys, by, parts)
    book.con.execute(_sql(made, rows))
    known.append((rows, made))
    return made


def _sql(made: Fold, rows: str) -> str:
    keys = "".join(f'"{key}", ' for key in made.keys)
    sums = ", ".join(sql for i, part in enumerate(made.parts) for sql in _sums(part, i))
    return (
        f"CREATE OR REPLACE TEMP TABLE {made.name} AS SELECT {keys}{made.dating.columns}, {sums} "
        f"FROM {rows} GROUP BY ALL"
    )


def _sums(part: Part, place: int) -> Iterable[str]:
    counted = f"CASE WHEN {part.where or 'true'} THEN {part.of or 1} END"
    # Not FILTER: to pick the rows of each aggregate by itself takes longer than to blank the others.
    if part.aggregate == "sum":
        yield f"sum({counted}) AS v{place}"
    elif part.aggregate == "once":
        yield f"max({counted}) AS v{place}"
    elif part.aggregate == "days_since":
        yield f"max(CASE WHEN {part.where or 'true'} THEN CAST({part.at} AS DATE) END) AS v{place}"
    yield f"count({counted}) AS n{place}"


def every_part(book: Book) -> dict[str, list[Part]]:
    """All parts of the catalogue that the source can tell, by table."""
    found: dict[str, dict[Part, None]] = {}
    for part in (part for metric in METRICS.values() for part in metric.parts):
        if book.has(contract_table(part.table)) and not lacking(book, part):
            found.setdefault(part.table, {})[part] = None
    return {table: [*parts] for table, parts in found.items()}
