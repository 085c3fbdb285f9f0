"""Sources whose cells carry types: Parquet, SQL, Excel and pandas frames."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import datetime, time
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

import duckdb
import pandas as pd
import pyarrow as pa

from channelnb.book.contract import MONEY, RATE, Table
from channelnb.book.given import ROW, Given, header_of, literal, quoted
from channelnb.book.sheets import Cell, is_empty, sheet_names, sheet_rows
from channelnb.book.sql_text import mapping_text
from channelnb.errors import BadSource
from channelnb.redaction import redacted

# A sheet's numbers are binary: money and rates are taken to the places that the contract keeps.
_PLACES = {MONEY: Decimal("0.000001"), RATE: Decimal("0.000000001")}
_WIDEST = Decimal(10) ** 15
_LOOKED_AT = 10
_LONGEST = 60


def read_parquet(con: duckdb.DuckDBPyConnection, path: Path, table: Table, *, scratch: Path) -> Given:
    """The rows of a Parquet file, each column in the file's own type.

    Where all columns bear the contract's names, they are those of a copy in the folder `scratch`.
    """
    try:
        # DuckDB renames the second of two columns with one name.
        names = _top_names(con, literal(str(path)))
        copy = None
        if header_of(table, names, file=path.name) == names:
            copy = Path(shutil.copyfile(path, scratch / f"{table.name}.copy.parquet"))
        rows = f"read_parquet({literal(str(copy or path))}, file_row_number=true, hive_partitioning=false)"
        given = _view(con, rows, number="file_row_number", table=table, file=path.name)
    except duckdb.Error as error:
        raise BadSource(
            f"{path.name} cannot be read as Parquet: {str(error).splitlines()[0]}; write or copy the file again."
        ) from None
    return replace(given, parquet=copy)


def read_sql(con: duckdb.DuckDBPyConnection, path: Path, table: Table) -> Given:
    """The rows that a mapping yields; it finds the raw files by ``getvariable('raw')``.

    Raises BadSource where the file is not exactly one SELECT, or DuckDB cannot run it.
    """
    text = mapping_text(path)
    try:
        kinds = [statement.type for statement in con.extract_statements(text)]
    except duckdb.Error as error:
        raise BadSource(f"{path.name} is not valid SQL: {_said(error, text)}") from None
    if kinds != [duckdb.StatementType.SELECT]:
        found = ", ".join(kind.name for kind in kinds) or "none"
        raise BadSource(f"{path.name} must be exactly one SELECT that yields `{table.name}`; it has {found}.")
    try:
        con.execute(f"CREATE TABLE cells AS {text}")
        # In the table the second of two columns with one name has been renamed.
        header_of(table, con.sql(text).columns, file=path.name)
    except duckdb.Error as error:
        raise BadSource(f"{path.name} cannot be run: {_said(error, text)}") from None
    return _view(con, "cells", number="rowid", table=table, file=path.name)


def read_frame(con: duckdb.DuckDBPyConnection, frame: pd.DataFrame, table: Table) -> Given:
    """The rows of a pandas frame; NaN, NaT and None are missing, the index is left out."""
    file = f"frame {table.name!r}"
    names = header_of(table, [str(name) for name in frame.columns], file=file)
    try:
        arrays = [_array(frame.iloc[:, place]) for place in range(len(names))]
        con.register("frame", pa.table(arrays, names=names))
    except UnicodeEncodeError as error:
        raise BadSource(
            f"{file}: {error.object[:_LONGEST]!r} holds half of a character, which no encoding has; mend that text."
        ) from None
    con.execute("CREATE TABLE cells AS SELECT * FROM frame")
    con.unregister("frame")
    return _view(con, "cells", number="rowid", table=table, file=file)


def read_sheet(con: duckdb.DuckDBPyConnection, path: Path, table: Table) -> Given:
    """The rows of a workbook's first sheet, or of the one named as the table, every cell as text.

    A row's number is its place below the header; rows without any cell filled in are no rows. Raises
    BadSource where none is named as the table and several hold cells.
    """
    names = sheet_names(path)
    sheets = {name: _filled(path, name) for name in ([table.name] if table.name in names else names)}
    chosen = [name for name, rows in sheets.items() if rows]
    if not chosen:
        raise BadSource(f"{path.name} is empty: it needs a header with {list(table.required_names)} at least.")
    if len(chosen) > 1:
        raise BadSource(
            f"{path.name} has several sheets, {chosen}: call the one that holds the table {table.name!r}, "
            f"or read them in a mapping, {table.name}.sql."
        )
    filled = sheets[chosen[0]]
    (top, header), *below = filled
    width = max(place for place, cell in enumerate(header, start=1) if cell not in ("", None))
    next_rows = [[str(cell) for cell in row] for _, row in below[:_LOOKED_AT]]
    names = header_of(table, [str(cell) for cell in header[:width]], file=path.name, below=next_rows)
    whole = [(place, row) for place, row in below if is_empty(row[width:])]
    ragged = tuple((place - top, str(row)) for place, row in below if not is_empty(row[width:]))
    arrays = [_cells(table, name, [row[at] for _, row in whole]) for at, name in enumerate(names)]
    numbers = pa.array([place - top for place, _ in whole], type=pa.int64())
    con.register("sheet", pa.table([numbers, *arrays], names=[ROW.strip('"'), *names]))
    con.execute("CREATE TABLE given AS SELECT * FROM sheet")
    con.unregister("sheet")
    return Given(path.name, dict.fromkeys(names, "VARCHAR"), ragged)


def exact_text(cell: Cell, *, places: Decimal | None = None) -> str | None:
    """A sheet's cell as text: 42.0 is '42', a date without a time is just the date.

    >>> exact_text(42.0), exact_text(0.1), exact_text(datetime(2026, 9, 30)), exact_text(True)
    ('42', '0.1', '2026-09-30', 'true')
    """
    if isinstance(cell, bool):
        return str(cell).lower()
    if isinstance(cell, float):
        number = Decimal(repr(float(cell)))
        if places is not None and abs(number) < _WIDEST:
            number = number.quantize(places, ROUND_HALF_UP).normalize()
        return format(number.to_integral_value() if number == number.to_integral_value() else number, "f")
    if isinstance(cell, datetime):
        return str(cell.date() if cell.time() == time() else cell)
    return None if cell is None else str(cell)


def _said(error: duckdb.Error, sql: str) -> str:
    """What DuckDB says of a mapping; the line that it shows may cut a secret in two, so it is left out where one is."""
    said = str(error)
    return said if redacted(sql) == sql else said.partition("\nLINE ")[0].strip()


def _top_names(con: duckdb.DuckDBPyConnection, file: str) -> list[str]:
    """The columns of a Parquet file as it names them."""
    schema = con.execute(f"SELECT name, coalesce(num_children, 0) FROM parquet_schema({file}) OFFSET 1").fetchall()
    names: list[str] = []
    # A column of columns is followed by those within it.
    within = 0
    for name, children in schema:
        if not within:
            names.append(name)
        within += children - bool(within)
    return names


def _filled(path: Path, sheet: str) -> list[tuple[int, list[Cell]]]:
    return [(place, row) for place, row in enumerate(sheet_rows(path, sheet)) if not is_empty(row)]


def _cells(table: Table, name: str, cells: list[Cell]) -> pa.Array:
    places = _PLACES.get(table.by_name[name].kind) if name in table.by_name else None
    return pa.array([exact_text(cell, places=places) for cell in cells], type=pa.string())


def _array(series: pd.Series) -> pa.Array:
    dtype = series.dtype
    if isinstance(dtype, pd.PeriodDtype):
        series = series.astype("str") if str(dtype).startswith("period[Q") else series.dt.to_timestamp()
    elif isinstance(dtype, pd.CategoricalDtype):
        series = series.astype(object)
    try:
        return pa.Array.from_pandas(series)
    except (pa.ArrowException, OverflowError, TypeError):
        # Cells of several types in one column: each is judged by its text.
        return pa.array([None if pd.isna(cell) is True else exact_text(cell) for cell in series], type=pa.string())


def _view(con: duckdb.DuckDBPyConnection, rows: str, *, number: str, table: Table, file: str) -> Given:
    """Makes the view `given` of `rows`, whose column `number` counts them from 0."""
    described = [(name, kind) for name, kind, *_ in con.execute(f"DESCRIBE FROM {rows}").fetchall() if name != number]
    names = header_of(table, [name for name, _ in described], file=file)
    given = ", ".join(f"{quoted(old)} AS {quoted(new)}" for (old, _), new in zip(described, names, strict=True))
    con.execute(f"CREATE VIEW given AS SELECT {number} + 1 AS {ROW}, {given} FROM {rows}")
    return Given(file, {new: kind for (_, kind), new in zip(described, names, strict=True)})
