"""How a plan's form looks, and how its cells are filled."""

from __future__ import annotations

from datetime import date
from typing import TypedDict, Unpack

from openpyxl.cell.cell import Cell
from openpyxl.styles import Alignment, Border, Font, PatternFill, Protection, Side
from openpyxl.styles.differential import DifferentialStyle
from openpyxl.styles.numbers import NumberFormat
from openpyxl.worksheet.worksheet import Worksheet

from channelnb.form import workbooks

MONEY, CENTS, SHARE, DAY = "#,##0;-#,##0;–", "#,##0.00", '+0" %";-0" %";0" %"', "yyyy-mm-dd"
GROWTH = '+0.0" %";-0.0" %";0" %"'
"""A growth typed as 10 is shown as +10.0 %: a cell in a sheet's own format for shares would make 1000 % of some."""

INK, QUIET, ALARM, LINE, HEAD, INPUT, IDLE = "1F2A37", "6B7280", "B45309", "D1D5DB", "1F3A5F", "FFF4CC", "F3F4F6"
FONT = "Arial"

_THIN = Side(style="thin", color=LINE)
BOX = Border(left=_THIN, right=_THIN, top=_THIN, bottom=_THIN)
UNDER = Border(bottom=_THIN)
TOTAL = Border(top=Side(style="medium", color=HEAD), bottom=Side(style="medium", color=HEAD))


def font(size: float = 10, *, bold: bool = False, colour: str = INK, italic: bool = False) -> Font:
    """The form's font."""
    return Font(name=FONT, size=size, bold=bold, color=colour, italic=italic)


def fill(colour: str) -> PatternFill:
    """A plain background.

    >>> fill(INPUT).fill_type
    'solid'
    """
    return PatternFill("solid", start_color=colour, end_color=colour)


class Look(TypedDict, total=False):
    """How a cell is dressed: number format, font, background, border, alignment, and whether its text is wrapped."""

    form: str
    look: Font
    back: str
    border: Border
    align: str
    wrap: bool


def write(sheet: Worksheet, at: str, value: str | float | date | None, **style: Unpack[Look]) -> Cell:
    """Fill a locked cell with text, a number, a date or a `Formula`, and dress it."""
    cell = put(sheet, at, value)
    dress(cell, **style)
    return cell


def put(sheet: Worksheet, at: str, value: str | float | date | None, *, form: str = "General") -> Cell:
    """Fill a locked cell with text, a number, a date or a `Formula`; it looks as any other.

    >>> from openpyxl import Workbook
    >>> put(Workbook().active, "A1", "=1+1").data_type, put(Workbook().active, "A1", Formula("1+1")).data_type
    ('s', 'f')
    """
    cell: Cell = sheet[at]
    if isinstance(value, Formula):
        cell.value = f"={value}"
    else:
        workbooks.put(cell, value)
    if form != "General":
        cell.number_format = form
    return cell


class Formula(str):
    """What a cell computes, without the sign of equality; made of our own names, never of data's."""


def dress(
    cell: Cell,
    *,
    form: str = "General",
    look: Font | None = None,
    back: str = "",
    border: Border | None = None,
    align: str = "",
    wrap: bool = False,
) -> None:
    """Give a cell its number format, font, background, border and alignment."""
    cell.number_format = form
    cell.font = look or font()
    side = align or ("left" if isinstance(cell.value, str) else None)
    cell.alignment = Alignment(horizontal=side, vertical="center", wrap_text=wrap, indent=0 if side is None else 1)
    if back:
        cell.fill = fill(back)
    if border is not None:
        cell.border = border


def open_for_input(sheet: Worksheet, area: str) -> None:
    """Colour and unlock the cells that are to be filled in."""
    cells = sheet[area]
    for row in cells if isinstance(cells, tuple) else ((cells,),):
        for cell in row:
            cell.fill, cell.border, cell.protection = fill(INPUT), BOX, Protection(locked=False)


def growth_format() -> DifferentialStyle:
    """How a cell looks while it holds a growth."""
    return DifferentialStyle(numFmt=NumberFormat(numFmtId=190, formatCode=GROWTH))


def share_format() -> DifferentialStyle:
    """How a cell looks while it holds a share, typed as 35 for 35 %."""
    return DifferentialStyle(numFmt=NumberFormat(numFmtId=191, formatCode='0.0" %"'))


def idle() -> DifferentialStyle:
    """How a cell looks while the way to plan has no use for it."""
    return DifferentialStyle(font=Font(color=IDLE), fill=PatternFill(bgColor=IDLE))


def alarm() -> DifferentialStyle:
    """How what needs a decision looks."""
    return DifferentialStyle(font=Font(color=ALARM, bold=True))


def lock(sheet: Worksheet) -> None:
    """Lock all cells but those opened; there is no password, for it is meant against slips.

    >>> from openpyxl import Workbook
    >>> sheet = Workbook().active
    >>> lock(sheet)
    >>> bool(sheet.protection.sheet), sheet.protection.password
    (True, None)
    """
    sheet.protection.sheet = True
    sheet.protection.formatColumns = False
    sheet.sheet_view.showGridLines = False
