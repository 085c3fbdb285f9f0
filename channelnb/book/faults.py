"""Rows that break the contract: each fault is found, named and written with the whole row that has it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

import duckdb

from channelnb.book.contract import Table
from channelnb.book.given import ROW, Ragged, literal, quoted, redacted_sql
from channelnb.book.kinds import Reading, value_name


def make_faults(con: duckdb.DuckDBPyConnection) -> None:
    """Makes the table `faults`, in which a row is a cell that breaks a rule."""
    con.execute("CREATE TABLE faults (row BIGINT, place INTEGER, name VARCHAR, rule VARCHAR, found VARCHAR)")


def find_faults(con: duckdb.DuckDBPyConnection, table: Table, readings: Mapping[str, Reading]) -> None:
    """Adds to `faults` each cell of the view `valued` that breaks a rule, and each row whose key an earlier one has."""
    tests, broken = [], []
    for place, (name, cell) in enumerate(readings.items()):
        wrong, absent = f"{cell.there} AND {value_name(name)} IS NULL", f"NOT {cell.there}"
        tests.append(wrong)
        broken.append(_fault(wrong, place, name, cell.rule, cell.text))
        if table.by_name[name].required:
            tests.append(absent)
            broken.append(_fault(absent, place, name, "'missing'", "NULL"))
    con.execute(
        "INSERT INTO faults SELECT row, fault.place, fault.name, fault.rule, fault.found FROM ("
        f"SELECT {ROW} AS row, unnest([{', '.join(broken)}]) AS fault FROM valued WHERE {' OR '.join(tests)}) "
        "WHERE fault IS NOT NULL"
    )
    if table.key in readings:
        _find_duplicates(con, table.key, readings[table.key])


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


def count_rejected(con: duckdb.DuckDBPyConnection) -> int:
    """The number of rows that have a fault.

    >>> con = duckdb.connect()
    >>> make_faults(con)
    >>> _ = con.execute("INSERT INTO faults (row, name) VALUES (3, 'sold_on'), (3, 'revenue'), (7, 'revenue')")
    >>> count_rejected(con)
    2
    """
    (rows,) = con.execute("SELECT count(DISTINCT row) FROM faults").fetchall()[0]
    return int(rows)


def write_rejects(con: duckdb.DuckDBPyConnection, to: Path, *, ragged: Ragged, columns: Iterable[str] = ()) -> None:
    """Writes the faults, and the rows that don't fit the header, with the whole row as JSON.

    `columns` are those of the view `given`; there need be none where there are no faults.
    """
    con.execute("CREATE TABLE ragged (row BIGINT, line VARCHAR)")
    if ragged:
        con.executemany("INSERT INTO ragged VALUES (?, ?)", list(ragged))
    # As text: JSON has no NaN, and its readers make floats of exact numbers.
    whole = ", ".join(f"{literal(name)}: CAST(given.{quoted(name)} AS VARCHAR)" for name in columns)
    told = f"to_json({{{whole}}})::VARCHAR AS original FROM faults JOIN given ON given.{ROW} = faults.row"
    to.parent.mkdir(parents=True, exist_ok=True)
    con.execute(
        f"COPY (SELECT row, name AS column, rule, {redacted_sql('found')} AS found, "
        f"{redacted_sql('original')} AS original, place FROM ("
        f"SELECT faults.*, {told if whole else 'NULL AS original FROM faults'} "
        "UNION ALL BY NAME SELECT row, 0 AS place, NULL AS name, 'cells do not fit the header' AS rule, line AS found, "
        f"to_json(line)::VARCHAR AS original FROM ragged) ORDER BY row, place) TO {literal(str(to))} (FORMAT parquet)"
    )
