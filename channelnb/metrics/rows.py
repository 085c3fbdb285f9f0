"""The rows that metrics read: each table scanned once, with what is derived from the rows that it refers to."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from datetime import date
from weakref import WeakKeyDictionary

from channelnb.book.book import Book
from channelnb.book.tables import CONTRACT
from channelnb.metrics.derived import Derived, derived_of
from channelnb.metrics.keys import given, resolve
from channelnb.metrics.parts import Amount, Part, contract_table
from channelnb.metrics.registry import METRICS

_STANDS_FOR = re.compile(r"\{([a-z_]+)(?:\.([a-z_]+))?\}")
_WORD = re.compile(r"[A-Za-z_][A-Za-z_0-9]*")

KEYS = ("partner_id", "manager_id", "salesperson_id", "customer_id", "line")
"""Keys that reports are measured by, where the fact has them."""

Words = Mapping[str, Collection[str]]
Columns = frozenset[tuple[str, Derived | None]]


class _Kept:
    """What was kept of a book: by table, the columns and names of its tables of rows, plain and with derived columns.

    `expected` are the words that are going to be asked for, so that a table is made once with all of them.
    """

    def __init__(self) -> None:
        self.expected: dict[str, set[str]] = {}
        self.plain: dict[str, list[tuple[frozenset[str], str]]] = {}
        self.whole: dict[str, list[tuple[Columns, str]]] = {}


_OF: WeakKeyDictionary[Book, _Kept] = WeakKeyDictionary()


def keep_rows(book: Book, words: Words) -> None:
    """Scan each table once for all the columns named by `words`, and for those that rows of others look up in it.

    What is asked of `rows_of` afterwards is worked out from these.
    """
    expected = _OF.setdefault(book, _Kept()).expected
    looked_up: dict[str, set[str]] = {}
    pending = [(table, {*names}) for table, names in words.items()]
    while pending:
        table, names = pending.pop()
        if names <= expected.setdefault(table, set()):
            continue
        expected[table] |= names
        for owner, at, mentioned in _looked_up(book, table, names):
            pending.append((owner, mentioned))
            if not at:
                looked_up.setdefault(owner, set()).update(mentioned)
    for table in looked_up:
        _plain(book, table, expected[table])


def _looked_up(book: Book, table: str, words: Collection[str]) -> Iterable[tuple[str, str, set[str]]]:
    """Tables whose kept rows a table's derived columns look into: by which date, and the names that they mention."""
    for one in _measurable(book, table, words).values():
        text = f"{one.sql} {one.join}"
        for owner, at in _STANDS_FOR.findall(text):
            if owner in CONTRACT:
                mentioned = {*_WORD.findall(text), *([at] if at else [])}
                sums = _sums(owner, at, mentioned).values()
                yield owner, at, mentioned | {word for part in sums for word in part.words}


def _measurable(book: Book, table: str, words: Collection[str]) -> dict[str, Derived]:
    """The derived columns among some words that the source can tell of a table."""
    there = given(book, table)
    return {name: one for name, one in derived_of(contract_table(table), words).items() if name in there}


def rows_of(book: Book, table: str, words: Collection[str]) -> str:
    """The name of a table of a table's rows that has all columns among some words, derived ones too.

    It is made once for each choice of columns; the book's table is scanned only for columns not kept yet.
    """
    kept = _OF.setdefault(book, _Kept())
    for columns, name in kept.whole.get(table, []):
        if _columns(book, table, words) <= columns:
            return name
    words = {*words, *kept.expected.get(table, ())}
    derived = _measurable(book, table, words)
    line = resolve(book, table, "line") if "line" in words and "line" not in derived else None
    through = bool(line and line.through)
    words |= {"product_id"} if through else set()
    words |= {*_WORD.findall(" ".join(f"{one.sql} {one.join}" for one in derived.values()))}
    if not derived and not through:
        return _plain(book, table, words)
    every = kept.whole.setdefault(table, [])
    made = f"rows_{table}_{len(every)}"
    source = _plain(book, table, words) if table in kept.plain else table
    shown = ", ".join(f'f."{name}"' for name in _own(book, table, words))
    sql = _enriched(book, f"{shown} FROM {source} AS f", derived, through=through)
    book.con.execute(f"CREATE OR REPLACE TEMP TABLE {made} AS {sql}")
    every.append((_columns(book, table, words), made))
    return made


def _columns(book: Book, table: str, words: Collection[str]) -> Columns:
    """The columns of a table that are among some words, the line of its product too, and how they are derived.

    One that is derived anew in a notebook is another column.
    """
    derived = derived_of(contract_table(table), words)
    return frozenset((name, derived.get(name)) for name in (*given(book, table), "line") if name in words)


def _own(book: Book, table: str, words: Collection[str]) -> list[str]:
    """A table's own columns among some words; one of them at least, so that there are rows."""
    described = [name for name, *_ in book.con.execute(f"DESCRIBE {table}").fetchall()]
    return [name for name in described if name in words] or described[:1]


def _plain(book: Book, table: str, words: Collection[str]) -> str:
    """The name of a table with a table's own columns among some words, nothing derived."""
    shown = _own(book, table, words)
    kept = _OF.setdefault(book, _Kept()).plain.setdefault(table, [])
    for columns, name in kept:
        if {*shown} <= columns:
            return name
    made = f"plain_{table}_{len(kept)}"
    listed = ", ".join(f'"{name}"' for name in shown)
    book.con.execute(f"CREATE OR REPLACE TEMP TABLE {made} AS SELECT {listed} FROM {table}")
    kept.append((frozenset(shown), made))
    return made


def _enriched(book: Book, own: str, derived: Mapping[str, Derived], *, through: bool) -> str:
    """The SELECT of a table's own columns, as in ``f.a, f.b FROM rows AS f``, and what is derived of its rows."""
    own, _, source = own.rpartition(" FROM ")
    shown, joins = [own], []
    if through:
        shown.append("products.line AS line")
        joins.append("LEFT JOIN products ON products.product_id = f.product_id")
    mentioned: dict[str, set[str]] = {}
    for name, one in derived.items():
        shown.append(f'{one.sql} AS "{name}"')
        joins.extend(one.join.splitlines())
        text = f"{one.sql} {one.join}"
        for place in _STANDS_FOR.finditer(text):
            mentioned.setdefault(place[0], set()).update(_WORD.findall(text))
    sql = f"SELECT {', '.join(shown)} FROM {source} {' '.join(dict.fromkeys(filter(None, joins)))}"
    return _STANDS_FOR.sub(lambda place: _told(book, place[1], place[2] or "", mentioned[place[0]]), sql)


def _told(book: Book, name: str, at: str, mentioned: set[str]) -> str:
    """SQL for what stands in braces; `mentioned` are the names in the text of the derived columns in which it does."""
    if name == "first_month":
        return str(book.calendar.first_month)
    if name == "as_of":
        return f"DATE '{book.as_of}'"
    if name == "sales_from":
        return f"DATE '{_first_sale(book)}'"
    return _by_month(book, name, at, mentioned) if at else _plain(book, name, mentioned)


def _first_sale(book: Book) -> date:
    """The first day of the month from which sales are told, which the landed file's footer says without a scan."""
    sql = "SELECT min(CAST(stats_min_value AS DATE)) FROM parquet_metadata(?) WHERE path_in_schema = 'sold_on'"
    first = book.con.execute(sql, [str(book.folder / "landed" / "sales.parquet")]).fetchall()[0][0]
    return date.max if first is None else first.replace(day=1)


def _by_month(book: Book, table: str, at: str, mentioned: set[str]) -> str:
    """A table's rows by those of the usual keys that are mentioned, and by the month of a date."""
    keys = [key for key in KEYS if key in mentioned and has_key(book, table, key)]
    sums = _sums(table, at, mentioned)
    words = {*keys, at, *(word for part in sums.values() for word in part.words)}
    named = ", ".join(
        [*(f'"{key}"' for key in keys), f"CAST(date_trunc('month', CAST({at} AS DATE)) AS DATE) AS month"]
    )
    figures = "".join(
        f", sum(CASE WHEN {part.where or 'true'} THEN {part.of or 1} END) AS {name}" for name, part in sums.items()
    )
    return (
        f"(SELECT {named}, min(CAST({at} AS DATE)) AS first_day{figures} FROM {rows_of(book, table, words)} "
        f"WHERE {at} IS NOT NULL GROUP BY ALL)"
    )


def has_key(book: Book, table: str, key: str) -> bool:
    """Do a table's rows have a key, be it as a column or by way of their product?"""
    return key in given(book, table) or (key == "line" and resolve(book, table, "line") is not None)


def _sums(table: str, at: str, mentioned: set[str]) -> dict[str, Part]:
    """Metrics among some names that are one sum over a table's rows by a date, each with its part."""
    found = {}
    for name, metric in METRICS.items():
        part = metric.formula.value if isinstance(metric.formula, Amount) and name in mentioned else None
        if isinstance(part, Part) and part.additive and (part.table, part.at) == (table, at):
            found[name] = part
    return found
