"""The chart on a plan's form: each line's last twelve months beside the years planned."""

from __future__ import annotations

from openpyxl.chart import BarChart, Reference
from openpyxl.chart.shapes import GraphicalProperties
from openpyxl.drawing.line import LineProperties
from openpyxl.drawing.spreadsheet_drawing import AnchorMarker, TwoCellAnchor
from openpyxl.utils import column_index_from_string
from openpyxl.worksheet.worksheet import Worksheet

from channelnb.form.form import Form
from channelnb.form.layout import FIRST_LINE, Layout
from channelnb.form.style import LINE

_COLOURS = ("9CA3AF", "1F3A5F", "4B77A9", "8FB3D9")


def draw_lines(sheet: Worksheet, form: Form) -> None:
    """Draw columns for each line: last twelve months and each year planned, as the cells have them."""
    page, chart = Layout.of(form), BarChart()
    chart.type, chart.gapWidth, chart.overlap = "col", 60, -5
    for place, name in enumerate(["last", *(f"revenue_{year}" for year in range(1, page.years + 1))]):
        column = column_index_from_string(page.columns[name])
        heads = Reference(sheet, min_col=column, min_row=FIRST_LINE - 1, max_row=page.rows[-1])
        chart.add_data(heads, titles_from_data=True)
        chart.series[place].graphicalProperties = GraphicalProperties(solidFill=_COLOURS[place])
    chart.set_categories(Reference(sheet, min_col=1, min_row=FIRST_LINE, max_row=page.rows[-1]))
    chart.title = None
    chart.y_axis.numFmt, chart.y_axis.delete, chart.x_axis.delete = "#,##0", False, False
    chart.y_axis.majorGridlines.spPr = GraphicalProperties(ln=LineProperties(solidFill=LINE))
    chart.legend.position = "t"
    end = AnchorMarker(col=len(page.columns), row=page.chart[-1])
    # From cell to cell, so that it ends where the page does, whatever fonts there are.
    chart.anchor = TwoCellAnchor("oneCell", AnchorMarker(col=0, row=page.chart[0] - 1), end)
    sheet.add_chart(chart)
