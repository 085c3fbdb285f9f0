"""The tables of a page as files: one CSV of all their cells, and a workbook with a sheet for each."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

# Not openpyxl: a workbook of a review takes it 55 ms, and this 10, of which a run pays some for each report.
import xlsxwriter
from xlsxwriter.worksheet import Worksheet

from channelnb.formulas import harmless, is_formula
from channelnb.report.page import PageInfo
from channelnb.report.page_tables import Cell, Figure, Head, PageTable

COLUMNS = (
    *("table", "row_number", "row", "column_number", "column", "group", "value", "unit", "shown", "shown_in", "fact"),
)
CONTENTS = "Contents"

_DAY = datetime(2000, 1, 1)
_LONGEST_NAME, _LONGEST_TEXT, _WIDEST, _A4 = 31, 32_767, 60, 9
_NOT_IN_NAMES = re.compile(r"[\[\]:*?/\\']")
# What XML, and so a workbook, cannot hold; a page shows nothing for it either.
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
_FORMATS = {"share": "0.0%", "index": '0.0"×"'}
_SCALED = re.compile(r"(?:^|\s)(?:k|m|bn)$")


class _Exact(str):
    """A number as a CSV file holds it, which may begin with a minus."""


@dataclass(frozen=True)
class Units:
    """In what the exact value of a figure is, by the id of its fact; `currency` is that of what is in money."""

    by_fact: Mapping[str, str] = field(default_factory=dict)
    currency: str = ""

    def of(self, figure: Figure, head: Head) -> str:
        """A figure's unit; of one that is no fact, that of its column, which its exact value is not scaled to.

        >>> units = Units({"revenue||2026Q3|plan": "money"}, "EUR")
        >>> planned, share = Figure(1.0, "1", "revenue||2026Q3|plan"), Figure(0.5, "50", "")
        >>> units.of(planned, Head("Plan")), units.of(share, Head("Share", "%"))
        ('EUR', 'share')
        """
        unit = self.by_fact.get(figure.fact)
        if unit is None:
            return "share" if head.unit == "%" else _SCALED.sub("", head.unit)
        return unit.replace("money", self.currency or "money").replace("_", " ")


def tables_csv(tables: Sequence[PageTable], units: Units) -> bytes:
    """The tables as one CSV file (RFC 4180, UTF-8); a text that a sheet would run is marked as text.

    One row is a figure of a cell, or a cell without one: where it stands, the exact `value` in its `unit`, the cell's
    text as `shown`, the unit at the head of its column, which is that of what is shown, and the fact's id. The first
    cell of a row, its name, has a row of its own only where it holds a figure or stands alone.

    >>> cell = Cell("8.1", (Figure(0.081, "8.1", "growth_yoy||2026Q3|actual"),))
    >>> table = PageTable("Growth", (Head("Line"), Head("Growth", "%")), ((Cell("=Disks"), cell),))
    >>> print(tables_csv([table], Units({"growth_yoy||2026Q3|actual": "share"})).decode().splitlines()[1])
    Growth,1,'=Disks,2,Growth,,0.081,share,8.1,%,growth_yoy||2026Q3|actual
    """
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for table in tables:
        for row in _csv_rows(table, units):
            writer.writerow([cell if isinstance(cell, int | _Exact) else harmless(_clean(cell)) for cell in row])
    # With a mark of the encoding, without which Excel takes the file for an older one.
    return buffer.getvalue().encode("utf-8-sig")


def _csv_rows(table: PageTable, units: Units) -> Iterator[list[Any]]:
    for number, row in enumerate(table.rows, start=1):
        for place, (cell, head) in enumerate(zip(row, table.heads, strict=True), start=1):
            if place == 1 and len(row) > 1 and not cell.figures:
                continue
            at = [table.title, number, row[0].text, place, head.label, head.group]
            for figure in cell.figures:
                yield [*at, _exact(figure.value), units.of(figure, head), cell.text, head.unit, figure.fact]
            if not cell.figures:
                yield [*at, "", "", cell.text, head.unit, ""]


def tables_xlsx(tables: Sequence[PageTable], units: Units, *, page: PageInfo) -> bytes:
    """The tables as a workbook, the same bytes for the same tables and page: what it is of, then a sheet for each.

    A cell that shows one figure holds its exact value, any other the text that is shown; no text is taken for a
    formula or a link.
    """
    out = io.BytesIO()
    settled = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    book = _Book(xlsxwriter.Workbook(out, settled))
    book.made.set_properties({"title": _clean(page.title), "created": _DAY})
    contents = book.made.add_worksheet(CONTENTS)
    names = [_sheet_name(f"{number} {table.title}") for number, table in enumerate(tables, start=1)]
    _write_contents(book, contents, tables, names, page=page)
    for table, name in zip(tables, names, strict=True):
        _write_table(book, book.made.add_worksheet(name), table, units)
    book.made.close()
    return out.getvalue()


class _Book:
    """A workbook in the making, and the formats that its cells share."""

    def __init__(self, made: xlsxwriter.Workbook) -> None:
        self.made = made
        self._formats: dict[tuple[tuple[str, Any], ...], Any] = {}

    def look(self, **looks: Any) -> Any:
        """The format that looks so, made once."""
        key = tuple(sorted(looks.items()))
        if key not in self._formats:
            self._formats[key] = self.made.add_format(looks)
        return self._formats[key]

    def text(self, sheet: Worksheet, row: int, column: int, text: str, **looks: Any) -> None:
        """Write a text as text, whatever it begins with."""
        said = _clean(text)
        if len(said) > _LONGEST_TEXT:
            said = said[: _LONGEST_TEXT - 1] + "\N{HORIZONTAL ELLIPSIS}"
        # Otherwise a text like "=1+1" becomes a formula as soon as somebody edits the cell.
        prefixed = {"quote_prefix": True} if is_formula(said) else {}
        sheet.write_string(row, column, said, self.look(**looks, **prefixed))


def _write_contents(
    book: _Book, sheet: Worksheet, tables: Sequence[PageTable], names: Sequence[str], *, page: PageInfo
) -> None:
    book.text(sheet, 0, 0, page.title or "Tables", bold=True)
    lines = [text for text in (page.vendor, *page.foot) if text]
    for row, text in enumerate(lines, start=1):
        book.text(sheet, row, 0, text)
    for row, (table, name) in enumerate(zip(tables, names, strict=True), start=len(lines) + 2):
        sheet.write_url(row, 0, f"internal:'{name}'!A1", book.look(font_color="#0b5cad", underline=1), name)
        book.text(sheet, row, 1, table.title)
    sheet.set_column(0, 0, 36)
    sheet.set_column(1, 1, _WIDEST)
    _printed(sheet)


def _write_table(book: _Book, sheet: Worksheet, table: PageTable, units: Units) -> None:
    for column, head in enumerate(table.heads):
        title = _heading(head, {units.of(one, head) for row in table.rows for one in row[column].figures})
        book.text(sheet, 0, column, title, bold=True, text_wrap=True, valign="top")
        widest = max([len(title) // 2, *(len(row[column].text) for row in table.rows)])
        sheet.set_column(column, column, min(_WIDEST, max(9, widest + 2)))
    for number, row in enumerate(table.rows, start=1):
        for column, (cell, head) in enumerate(zip(row, table.heads, strict=True)):
            if cell.number is None:
                book.text(sheet, number, column, cell.text, text_wrap=True, valign="top")
            else:
                look = _number_format(cell, units.of(cell.figures[0], head), head)
                sheet.write_number(number, column, cell.number, book.look(num_format=look, valign="top"))
    sheet.freeze_panes(1, 1 if len(table.heads) > 1 else 0)
    _printed(sheet)


def _printed(sheet: Worksheet) -> None:
    """Set a sheet up to be printed as wide as a landscape A4, whatever its length."""
    sheet.set_landscape()
    sheet.set_paper(_A4)
    sheet.fit_to_pages(1, 0)


def _heading(head: Head, units: set[str]) -> str:
    """What heads a column of exact values: its group, its label, and their unit where they have one."""
    label = f"{head.group}: {head.label}" if head.group else head.label
    unit = head.unit if head.unit == "%" or not head.unit else next(iter(units)) if len(units) == 1 else ""
    return f"{label} ({unit})" if unit else label


def _number_format(cell: Cell, unit: str, head: Head) -> str:
    """How a sheet shows an exact value: a share in per cent, else with its unit where its column has none."""
    if unit in _FORMATS:
        return _FORMATS[unit]
    value = cell.number or 0.0
    digits = "#,##0" if value == int(value) or abs(value) >= 1000 else "#,##0.00"
    named = unit.isalpha() and unit.isupper() and not head.unit
    return f'"{unit}" {digits}' if named else digits


def _sheet_name(title: str) -> str:
    """A title as the name of a sheet: without the signs that it may not have, and cut between words."""
    name = " ".join(_NOT_IN_NAMES.sub(" ", _clean(title)).split())
    return name if len(name) <= _LONGEST_NAME else name[: _LONGEST_NAME + 1].rpartition(" ")[0]


def _clean(text: str) -> str:
    return _CONTROL.sub("", text)


def _exact(value: float | None) -> _Exact:
    if value is None:
        return _Exact()
    return _Exact(int(value) if value.is_integer() and abs(value) < 1e15 else repr(value))
