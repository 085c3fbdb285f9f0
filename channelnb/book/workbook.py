"""Workbooks that a mapping reads: every filled row of every sheet, as exact text."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pyarrow as pa

from channelnb.book.given import quoted
from channelnb.book.sheets import Cell, is_empty, sheet_names, sheet_rows
from channelnb.book.typed import exact_text

WORKBOOKS = (".xlsx", ".xlsm", ".xls")
"""Endings of workbooks."""

Row = tuple[str, int, list[str | None]]


def load_workbook(con: duckdb.DuckDBPyConnection, path: Path, *, name: str) -> None:
    """Makes the table `name` of a workbook: one row for each row of a sheet in which a cell is filled.

    Its columns are `sheet`, `row` (as Excel numbers it) and A, B, C, … to the last that is filled, every cell as text:
    42 rather than 42.0, 2026-09-30 for a date, and fractions to the 15 digits that Excel shows. An empty cell is NULL.
    """
    rows = rows_of_workbook(path)
    width = max((len(cells) for _, _, cells in rows), default=1)
    columns: dict[str, pa.Array] = {
        "sheet": pa.array([sheet for sheet, _, _ in rows], type=pa.string()),
        "row": pa.array([place for _, place, _ in rows], type=pa.int64()),
    }
    for at in range(width):
        cells = [cells[at] if at < len(cells) else None for _, _, cells in rows]
        columns[letters(at)] = pa.array(cells, type=pa.string())
    con.register("workbook", pa.table(columns))
    con.execute(f"CREATE TABLE {quoted(name)} AS FROM workbook")
    con.unregister("workbook")


def rows_of_workbook(path: Path) -> list[Row]:
    """The filled rows of a workbook as (sheet, row, cells); raises BadSource where it cannot be read."""
    return [
        (sheet, place, [_text(cell) for cell in row])
        for sheet in sheet_names(path)
        for place, row in enumerate(sheet_rows(path, sheet), start=1)
        if not is_empty(row)
    ]


def letters(at: int) -> str:
    """How a sheet calls the column that has `at` others before it.

    >>> letters(0), letters(25), letters(26), letters(701), letters(702)
    ('A', 'Z', 'AA', 'ZZ', 'AAA')
    """
    return (letters(at // 26 - 1) if at >= 26 else "") + chr(ord("A") + at % 26)


def _text(cell: Cell) -> str | None:
    # Excel computes with 17 digits and shows 15: what it shows as 0.3 may be stored as 0.30000000000000004.
    if isinstance(cell, float) and not cell.is_integer():
        cell = float(f"{cell:.15g}")
    return exact_text(cell) or None
