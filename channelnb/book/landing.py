"""Each table is checked, cast and landed as Parquet; rows that break the contract are set aside and counted."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd

from channelnb.book.contract import Table
from channelnb.book.faults import count_rejected, find_faults, make_faults, write_rejects
from channelnb.book.given import ROW, Given, literal, quoted
from channelnb.book.kinds import Reading, cast_name, plain_value, reading, value_name
from channelnb.errors import BadSource

Read = Callable[[duckdb.DuckDBPyConnection], Given]


@dataclass(frozen=True)
class Load:
    """What became of one table's rows: rows in = rows used + rows rejected.

    `columns` are the contract's columns that the source gave, `extra` its others.
    """

    table: str
    file: str
    rows_in: int
    rows_used: int
    rows_rejected: int
    columns: tuple[str, ...]
    extra: tuple[str, ...]


def engine(scratch: Path) -> duckdb.DuckDBPyConnection:
    """A connection of its own, which spills to `scratch` and knows no time zone but UTC."""
    con = duckdb.connect(
        config={
            "temp_directory": str(scratch),
            # A name that is no table must be an error: not a local variable, not a download.
            "python_enable_replacements": False,
            "autoinstall_known_extensions": False,
        }
    )
    con.execute("SET TimeZone = 'UTC'")
    return con


def land(table: Table, read: Read, *, folder: Path, host: duckdb.DuckDBPyConnection | None = None) -> Load:
    """Lands a table as ``landed/NAME.parquet``, and what it rejects as ``rejects/NAME.parquet``, within `folder`.

    Of rows with one key the first that is sound is kept. A row of rejects is one fault: row, column,
    rule, found, and the whole row as JSON. A landed column may be of a narrower type than the contract's.
    `host` is a connection beside which the work is done, where it is there: to start one takes longer than
    to land a small table.
    """
    landed, rejects = (folder / kind / f"{table.name}.parquet" for kind in ("landed", "rejects"))
    landed.parent.mkdir(parents=True, exist_ok=True)
    with engine(folder) if host is None else _beside(host, table.name) as con:
        given = read(con)
        readings = {
            name: reading(table.by_name[name], kind) for name, kind in given.types.items() if name in table.by_name
        }
        make_faults(con)
        _make_valued(con, given, readings)
        # One look at each row lands a table without faults, as most are; it takes a second one to describe them.
        rows = _land_all(con, table, given, readings, to=landed)
        if rows is not None:
            ragged = given.stream.ragged(rows) if given.stream else given.ragged
            write_rejects(con, rejects, ragged=ragged)
        else:
            ragged = given.stream.load() if given.stream else given.ragged
            _make_valued(con, given, readings)
            find_faults(con, table, readings)
            rows = _land_sound(con, given, to=landed)
            write_rejects(con, rejects, ragged=ragged, columns=given.types)
        load = _load(con, table, given, rows=rows, ragged=len(ragged), landed=landed)
    if given.parquet:
        given.parquet.unlink(missing_ok=True)
    if load.rows_in != load.rows_used + load.rows_rejected:
        raise BadSource(
            f"{load.file}: {load.rows_in} rows came in, but {load.rows_used} + {load.rows_rejected} went out."
        )
    return load


@contextmanager
def _beside(host: duckdb.DuckDBPyConnection, name: str) -> Iterator[duckdb.DuckDBPyConnection]:
    """Another connection of the same engine, in a database of its own that goes with it."""
    with host.cursor() as con:
        con.execute(f"SET TimeZone = 'UTC'; ATTACH ':memory:' AS of_{name}; USE of_{name}")
        try:
            yield con
        finally:
            con.execute(f"USE memory; DETACH of_{name}")


def _make_valued(con: duckdb.DuckDBPyConnection, given: Given, readings: Mapping[str, Reading]) -> None:
    """Makes the view `valued`: the rows of `given`, and beside each cell what it is worth."""
    casts = "".join(f", {cell.cast} AS {cast_name(name)}" for name, cell in readings.items() if cell.cast)
    values = "".join(
        f", {readings[name].value if name in readings else plain_value(name, kind)} AS {value_name(name)}"
        for name, kind in given.types.items()
    )
    con.execute(f"CREATE OR REPLACE VIEW valued AS SELECT *{values} FROM (SELECT *{casts} FROM given)")


def _land_all(
    con: duckdb.DuckDBPyConnection, table: Table, given: Given, readings: Mapping[str, Reading], *, to: Path
) -> int | None:
    """Lands all rows and gives their number; None where one has a fault, or cannot be read."""
    # What is taken as it is, or has been landed, is text already where it is a key.
    key = quoted(table.key) if table.key in readings else ""
    if given.parquet and all(cell.as_it_is for cell in readings.values()):
        # The copy will do, where each cell that is there has its value: a blank text has none.
        there = {name: f"{quoted(name)} IS NOT NULL" for name in given.types}
        counted = _tried(con, f"SELECT count(*) FROM valued WHERE {_all_sound(table, there)}")
        if counted and _is_once(con, key, "given"):
            given.parquet.replace(to)
            return int(counted[0])
    there = {name: cell.there for name, cell in readings.items()}
    counted = _tried(con, _copy(given, f"FROM valued WHERE {_all_sound(table, there)}", to=to))
    return int(counted[0]) if counted and _is_once(con, key, f"read_parquet({literal(str(to))})") else None


def _all_sound(table: Table, there: Mapping[str, str]) -> str:
    """SQL that is true of a row in which each cell that is there, or must be, has its value; else it is an error."""
    wrong = [
        f"{value_name(name)} IS NULL" + ("" if name in table.required_names else f" AND {is_there}")
        for name, is_there in there.items()
    ]
    return f"CASE WHEN {' OR '.join(wrong)} THEN error('a fault') ELSE true END"


def _is_once(con: duckdb.DuckDBPyConnection, key: str, rows: str) -> bool:
    """Does each key occur once in these rows? It may be denied where it is so, but not the reverse."""
    if not key:
        return True
    keys = f"FROM {rows} WHERE {key} IS NOT NULL"
    # Exports often come in the order of their keys. Where each is above the one before, none occurs twice.
    back = f"SELECT 1 FROM (SELECT {key} <= lag({key}) OVER () AS back {keys}) WHERE back LIMIT 1"
    if not con.execute(back).fetchall():
        return True
    # Hashes take less room than keys, and two keys of one hash only lead to a second look.
    return bool(con.execute(f"SELECT count(*) = count(DISTINCT hash({key})) {keys}").fetchall()[0][0])


def _tried(con: duckdb.DuckDBPyConnection, sql: str) -> tuple[Any, ...] | None:
    """The one row of a query; None where it fails, for whatever reason: the second look will tell which."""
    with suppress(duckdb.Error):
        return con.execute(sql).fetchall()[0]
    return None


def _land_sound(con: duckdb.DuckDBPyConnection, given: Given, *, to: Path) -> int:
    """Lands the rows without a fault and gives the number of all."""
    con.execute(_copy(given, f"FROM valued ANTI JOIN (SELECT row AS {ROW} FROM faults) USING ({ROW})", to=to))
    return int(con.execute("SELECT count(*) FROM given").fetchall()[0][0])


def _copy(given: Given, rows: str, *, to: Path) -> str:
    values = ", ".join(f"{value_name(name)} AS {quoted(name)}" for name in given.types)
    # A dictionary of more values than that is given up in the end, and costs time until then.
    return f"COPY (SELECT {values} {rows}) TO {literal(str(to))} (FORMAT parquet, DICTIONARY_SIZE_LIMIT 2000)"


def _load(con: duckdb.DuckDBPyConnection, table: Table, given: Given, *, rows: int, ragged: int, landed: Path) -> Load:
    (used,) = con.execute("SELECT count(*) FROM read_parquet(?)", [str(landed)]).fetchall()[0]
    return Load(
        table.name,
        given.file,
        rows + ragged,
        used,
        count_rejected(con) + ragged,
        tuple(name for name in given.types if name in table.by_name),
        tuple(name for name in given.types if name not in table.by_name),
    )


def read_rejects(
    con: duckdb.DuckDBPyConnection, names: Iterable[str], folder: Path, *, limit: int | None = None
) -> pd.DataFrame:
    """What the landed tables rejected, as in `Book.rejects`; at most `limit` faults."""
    return con.execute(rejects_of(names, folder) + ("" if limit is None else f" LIMIT {limit}")).df()


def rejects_of(names: Iterable[str], folder: Path) -> str:
    """The SELECT of what the tables landed in a folder rejected: one row for each fault, as in `Book.rejects`.

    >>> rejects_of(["sales"], Path("book")).partition(" FROM ")[0]
    'SELECT * EXCLUDE (nth, place)'
    """
    parts = [
        f'SELECT {literal(name)} AS table, row, "column", rule, found, {place} AS nth, place '
        f"FROM read_parquet({literal(str(folder / 'rejects' / f'{name}.parquet'))}, hive_partitioning=false)"
        for place, name in enumerate(names)
    ]
    every = " UNION ALL ".join(parts)
    return f"SELECT * EXCLUDE (nth, place) FROM ({every}) ORDER BY nth, row, place"
