"""Each table is checked, cast and landed as Parquet; rows that break the contract are set aside and counted."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pandas as pd

from channelnb.book.contract import Table
from channelnb.book.given import ROW, Given, literal, quoted
from channelnb.book.kinds import Reading, plain_value, reading
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


def land(table: Table, read: Read, *, folder: Path) -> Load:
    """Lands a table as ``landed/NAME.parquet``, and what it rejects as ``rejects/NAME.parquet``, within `folder`.

    Of rows with one key the first that is sound is kept. A row of rejects is one fault: row, column,
    rule, found, and the whole row as JSON.
    """
    landed, rejects = folder / "landed" / f"{table.name}.parquet", folder / "rejects" / f"{table.name}.parquet"
    with engine(folder) as con:
        given = read(con)
        readings = {
            name: reading(table.by_name[name], kind) for name, kind in given.types.items() if name in table.by_name
        }
        _find_faults(con, table, readings)
        if table.key in readings:
            _find_duplicates(con, table.key, readings[table.key])
        _write_used(con, given, readings, landed)
        _write_rejects(con, given, rejects)
        load = _load(con, table, given, landed)
    if load.rows_in != load.rows_used + load.rows_rejected:
        raise BadSource(
            f"{load.file}: {load.rows_in} rows came in, but {load.rows_used} + {load.rows_rejected} went out."
        )
    return load


def _find_faults(con: duckdb.DuckDBPyConnection, table: Table, readings: dict[str, Reading]) -> None:
    """Makes the table `faults`: one row for each cell that breaks a rule."""
    tests, broken = ["false"], []
    for place, (name, cell) in enumerate(readings.items()):
        if cell.fits != "true":
            wrong = f"{cell.there} AND NOT ({cell.fits})"
            tests.append(wrong)
            broken.append(_fault(wrong, place, name, literal(cell.rule), cell.text))
        if table.by_name[name].required:
            tests.append(f"NOT {cell.there}")
            broken.append(_fault(f"NOT {cell.there}", place, name, "'missing'", "NULL"))
    con.execute(
        f"CREATE TABLE faults AS SELECT row, fault.place, fault.name, fault.rule, fault.found FROM ("
        f"SELECT {ROW} AS row, unnest([{', '.join(broken)}]) AS fault FROM given WHERE {' OR '.join(tests)}) "
        "WHERE fault IS NOT NULL"
    )


def _fault(test: str, place: int, name: str, rule: str, found: str) -> str:
    return f"CASE WHEN {test} THEN {{'place': {place}, 'name': {literal(name)}, 'rule': {rule}, 'found': {found}}} END"


def _find_duplicates(con: duckdb.DuckDBPyConnection, key: str, cell: Reading) -> None:
    con.execute(
        f"CREATE TABLE twice AS SELECT {cell.text} AS key FROM given WHERE {cell.there} "
        "GROUP BY key HAVING count(*) > 1"
    )
    con.execute(
        f"INSERT INTO faults SELECT row, 0, {literal(key)}, 'the key of an earlier row', key FROM ("
        f"SELECT {ROW} AS row, {cell.text} AS key, row_number() OVER (PARTITION BY {cell.text} ORDER BY {ROW}) AS nth "
        f"FROM given WHERE {cell.text} IN (FROM twice) AND {ROW} NOT IN (SELECT row FROM faults)) WHERE nth > 1"
    )


def _write_used(con: duckdb.DuckDBPyConnection, given: Given, readings: dict[str, Reading], to: Path) -> None:
    values = [
        f"{readings[name].value if name in readings else plain_value(name, kind)} AS {quoted(name)}"
        for name, kind in given.types.items()
    ]
    to.parent.mkdir(parents=True, exist_ok=True)
    con.execute(
        f"COPY (SELECT {', '.join(values)} FROM given ANTI JOIN (SELECT row AS {ROW} FROM faults) USING ({ROW})) "
        f"TO {literal(str(to))} (FORMAT parquet)"
    )


def _write_rejects(con: duckdb.DuckDBPyConnection, given: Given, to: Path) -> None:
    con.execute("CREATE TABLE ragged (row BIGINT, line VARCHAR)")
    if given.ragged:
        con.executemany("INSERT INTO ragged VALUES (?, ?)", list(given.ragged))
    whole = ", ".join(f"{literal(name)}: given.{quoted(name)}" for name in given.types)
    to.parent.mkdir(parents=True, exist_ok=True)
    con.execute(
        f"COPY (SELECT faults.row, faults.name AS column, faults.rule, faults.found, "
        f"to_json({{{whole}}})::VARCHAR AS original, faults.place "
        f"FROM faults JOIN given ON given.{ROW} = faults.row "
        "UNION ALL SELECT row, NULL, 'cells do not fit the header', line, to_json(line)::VARCHAR, 0 FROM ragged "
        f"ORDER BY row, place) TO {literal(str(to))} (FORMAT parquet)"
    )


def _load(con: duckdb.DuckDBPyConnection, table: Table, given: Given, landed: Path) -> Load:
    rows, used, rejected = con.execute(
        "SELECT (SELECT count(*) FROM given), (SELECT count(*) FROM read_parquet(?)), "
        "(SELECT count(DISTINCT row) FROM faults)",
        [str(landed)],
    ).fetchall()[0]
    ragged = len(given.ragged)
    return Load(
        table.name,
        given.file,
        rows + ragged,
        used,
        rejected + ragged,
        tuple(name for name in given.types if name in table.by_name),
        tuple(name for name in given.types if name not in table.by_name),
    )


def read_rejects(
    con: duckdb.DuckDBPyConnection, names: Iterable[str], folder: Path, *, limit: int | None = None
) -> pd.DataFrame:
    """What the landed tables rejected, as in `Book.rejects`; at most `limit` faults."""
    parts = [
        f'SELECT {literal(name)} AS table, row, "column", rule, found, {place} AS nth, place '
        f"FROM read_parquet({literal(str(folder / 'rejects' / f'{name}.parquet'))}, hive_partitioning=false)"
        for place, name in enumerate(names)
    ]
    every = " UNION ALL ".join(parts)
    most = "" if limit is None else f" LIMIT {limit}"
    return con.execute(f"SELECT * EXCLUDE (nth, place) FROM ({every}) ORDER BY nth, row, place{most}").df()
