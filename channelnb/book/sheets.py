"""The cells of a workbook's sheet, with the errors that Excel shows in place of values."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from pathlib import Path
from xml.etree import ElementTree
from zipfile import BadZipFile, ZipFile, is_zipfile

from python_calamine import CalamineError, CalamineWorkbook, SheetTypeEnum

from channelnb.errors import BadSource

Cell = int | float | str | bool | time | date | datetime | timedelta | None

_WORKBOOK, _RELATIONS = "xl/workbook.xml", "xl/_rels/workbook.xml.rels"


def sheet_names(path: Path) -> list[str]:
    """The names of a workbook's sheets of cells; raises BadSource where it cannot be read."""
    try:
        sheets = CalamineWorkbook.from_path(str(path)).sheets_metadata
    except CalamineError as error:
        raise BadSource(f"{path.name} cannot be read as an Excel workbook: {error}; save it again.") from None
    return [sheet.name for sheet in sheets if sheet.typ == SheetTypeEnum.WorkSheet]


def sheet_rows(path: Path, sheet: str) -> list[list[Cell]]:
    """All rows of a sheet from its first on, those without a filled cell too; an error is text such as #DIV/0!.

    Raises BadSource where the sheet cannot be read.
    """
    try:
        workbook = CalamineWorkbook.from_path(str(path))
        rows: list[list[Cell]] = [[*row] for row in workbook.get_sheet_by_name(sheet).to_python(skip_empty_area=False)]
        # The reader gives an empty cell for an error.
        for row, column, shown in _errors(path, sheet):
            rows[row][column] = shown
    except (CalamineError, BadZipFile, ElementTree.ParseError, LookupError) as error:
        raise BadSource(
            f"{path.name}: the sheet {sheet!r} cannot be read as Excel's: {error}; save it again."
        ) from None
    return rows


def is_empty(cells: list[Cell]) -> bool:
    """Whether no cell of a row is filled in.

    >>> is_empty(["", None]), is_empty([0])
    (True, False)
    """
    return all(cell in ("", None) for cell in cells)


def _errors(path: Path, sheet: str) -> Iterator[tuple[int, int, str]]:
    """Row, column and text of each error in a sheet of an .xlsx file, both counted from 0."""
    if not is_zipfile(path):
        return
    with ZipFile(path) as parts:
        if _WORKBOOK not in parts.namelist():
            return
        text = parts.read(_part(parts, sheet))
    if b't="e"' not in text:
        return
    row = -1
    for cells in ElementTree.fromstring(text).iterfind(".//{*}sheetData/{*}row"):
        row = int(cells.get("r", row + 2)) - 1
        column = -1
        for cell in cells.iterfind("{*}c"):
            column = _column(cell.get("r", "")) if cell.get("r") else column + 1
            if cell.get("t") == "e":
                yield row, column, cell.findtext("{*}v") or "#ERROR"


def _part(parts: ZipFile, sheet: str) -> str:
    """Where in an .xlsx file the cells of a sheet are."""
    listed = ElementTree.fromstring(parts.read(_WORKBOOK)).iterfind(".//{*}sheet")
    wanted = next(one for one in listed if one.get("name") == sheet)
    key = next(value for name, value in wanted.attrib.items() if name.endswith("}id"))
    relations = ElementTree.fromstring(parts.read(_RELATIONS))
    target = next(one.attrib["Target"] for one in relations if one.get("Id") == key)
    return posixpath.normpath(posixpath.join("/xl", target)).lstrip("/")


def _column(reference: str) -> int:
    """The place of a cell such as AB12 in its row, from 0.

    >>> _column("A1"), _column("AB12")
    (0, 27)
    """
    column = 0
    for letter in re.sub("[^A-Z]", "", reference):
        column = column * 26 + ord(letter) - ord("A") + 1
    return column - 1
