"""A plan's form as a workbook: one page to fill in and print, and hidden sheets that it reckons with."""

from __future__ import annotations

from openpyxl import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from channelnb.form.chart import draw_lines
from channelnb.form.form import Form
from channelnb.form.goals import write_goals
from channelnb.form.layout import FILLED_BY, MONTHS, PLAN, RATES, Layout
from channelnb.form.page import write_foot, write_head, write_lines
from channelnb.form.rates import write_months, write_rates
from channelnb.form.style import font, lock, put
from channelnb.form.workbooks import bytes_of

_A4, _MARGIN = 9, 0.35


def workbook(form: Form) -> Workbook:
    """The form as a workbook, not saved yet."""
    book = Workbook()
    # The width of a column is counted in digits of this font.
    book._named_styles["Normal"].font = font()
    page, rates, months = book.active, book.create_sheet(RATES), book.create_sheet(MONTHS)
    page.title = PLAN
    write_head(page, form)
    write_lines(page, form)
    write_goals(page, form)
    write_foot(page, form)
    draw_lines(page, form)
    lock(page)
    _fit(page, f"A1:{Layout.of(form).last}{Layout.of(form).chart[-1]}")
    write_rates(rates, form)
    write_months(months, form)
    for sheet in (rates, months):
        _fit(sheet, "")
        # Programs print, and write into a PDF, each sheet that is seen.
        sheet.sheet_state = Worksheet.SHEETSTATE_HIDDEN
    return book


def form_bytes(form: Form, *, made_by: str = "") -> bytes:
    """The form as a file; who fills it in may be known already."""
    book = workbook(form)
    if made_by:
        put(book[PLAN], FILLED_BY, made_by)
    return bytes_of(book)


def _fit(sheet: Worksheet, area: str) -> None:
    """Set a sheet up to be printed on one landscape page, whether of A4 or Letter."""
    sheet.page_setup.orientation, sheet.page_setup.paperSize = "landscape", _A4
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 1 if area else 0
    margins = sheet.page_margins
    margins.left = margins.right = margins.top = margins.bottom = _MARGIN
    margins.header = margins.footer = 0.2
    sheet.print_options.horizontalCentered = True
    if area:
        sheet.print_area = area
