"""Sources whose cells carry types: Parquet, SQL, Excel and pandas frames."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

import duckdb
import pandas as pd
import pyarrow as pa
from python_calamine import CalamineError, CalamineWorkbook

from channelnb.book.contract import MONEY, RATE, Table
from channelnb.book.given import ROW, Given, header_of, literal, quoted
from channelnb.errors import BadSource

Cell = int | float | str | bool | time | date | datetime | timedelta | None

# A sheet's numbers are binary: money and rates are taken to the places that the contract keeps.
_PLACES = {MONEY: Decimal("0.000001"), RATE: Decimal("0.000000001")}
_WIDEST = Decimal(10) ** 15


def read_parquet(con: duckdb.DuckDBPyConnection, path: Path, table: Table) -> Given:
    """The rows of a Parquet file, each column in the file's own type."""
    rows = f"read_parquet({literal(str(path))}, file_row_number=true, hive_partitioning=false)"
    try:
        return _view(con, rows, number="file_row_number", table=table, file=path.name)
    except duckdb.Error as error:
        raise BadSource(f"{path.name} cannot be read as Parquet: {str(error).splitlines()[0]}") from None


def read_sql(con: duckdb.DuckDBPyConnection, path: Path, table: Table) -> Given:
    """The rows that a mapping yields; it finds the raw files by ``getvariable('raw')``.

    Raises BadSource where the file is not exactly one SELECT, or DuckDB cannot run it.
    """
    text = path.read_text(encoding="utf-8-sig")
    try:
        kinds = [statement.type for statement in con.extract_statements(text)]
    except duckdb.Error as error:
        raise BadSource(f"{path.name} is not valid SQL: {error}") from None
    if kinds != [duckdb.StatementType.SELECT]:
        found = ", ".join(kind.name for kind in kinds) or "none"
        raise BadSource(f"{path.name} must be exactly one SELECT that yields `{table.name}`; it has {found}.")
    try:
        con.execute(f"CREATE TABLE cells AS\n{text}")
    except duckdb.Error as error:
        raise BadSource(f"{path.name} cannot be run: {error}") from None
    return _view(con, "cells", number="rowid", table=table, file=path.name)


def read_frame(con: duckdb.DuckDBPyConnection, frame: pd.DataFrame, table: Table) -> Given:
    """The rows of a pandas frame; NaN, NaT and None are missing, the index is left out."""
    file = f"frame {table.name!r}"
    names = header_of(table, [str(name) for name in frame.columns], file=file)
    arrays = [_array(frame.iloc[:, place]) for place in range(len(names))]
    con.register("frame", pa.table(arrays, names=names))
    con.execute("CREATE TABLE cells AS SELECT * FROM frame")
    con.unregister("frame")
    return _view(con, "cells", number="rowid", table=table, file=file)


def read_sheet(con: duckdb.DuckDBPyConnection, path: Path, table: Table) -> Given:
    """The rows of a workbook's first sheet, or of the one named as the table, every cell as text.

    A row's number is its place below the header; rows without any cell filled in are no rows.
    """
    try:
        workbook = CalamineWorkbook.from_path(str(path))
        sheet = table.name if table.name in workbook.sheet_names else workbook.sheet_names[0]
        rows = workbook.get_sheet_by_name(sheet).to_python(skip_empty_area=False)
    except (CalamineError, IndexError) as error:
        raise BadSource(f"{path.name} cannot be read as an Excel workbook: {error}") from None
    filled = [(place, row) for place, row in enumerate(rows) if not _empty(row)]
    if not filled:
        raise BadSource(f"{path.name} is empty: it needs a header with {list(table.required_names)} at least.")
    (top, header), *below = filled
    width = max(place for place, cell in enumerate(header, start=1) if cell not in ("", None))
    names = header_of(table, [str(cell) for cell in header[:width]], file=path.name)
    whole = [(place, row) for place, row in below if _empty(row[width:])]
    ragged = tuple((place - top, str(row)) for place, row in below if not _empty(row[width:]))
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


def _empty(cells: Sequence[Cell]) -> bool:
    return all(cell in ("", None) for cell in cells)


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
    except (pa.ArrowException, OverflowError):
        # Cells of several types in one column: each is judged by its text.
        return pa.array([None if pd.isna(cell) is True else exact_text(cell) for cell in series], type=pa.string())


def _view(con: duckdb.DuckDBPyConnection, rows: str, *, number: str, table: Table, file: str) -> Given:
    """Makes the view `given` of `rows`, whose column `number` counts them from 0."""
    described = [(name, kind) for name, kind, *_ in con.execute(f"DESCRIBE FROM {rows}").fetchall() if name != number]
    names = header_of(table, [name for name, _ in described], file=file)
    given = ", ".join(f"{quoted(old)} AS {quoted(new)}" for (old, _), new in zip(described, names, strict=True))
    con.execute(f"CREATE VIEW given AS SELECT {number} + 1 AS {ROW}, {given} FROM {rows}")
    return Given(file, {new: kind for (_, kind), new in zip(described, names, strict=True)})
