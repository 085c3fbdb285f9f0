"""What of a form was not for change: whether a locked cell holds what was sent out, and shows what the plan makes."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import pandas as pd

from channelnb.form.cells import Cells, Fault
from channelnb.form.form import Form
from channelnb.form.layout import PLAN, Layout
from channelnb.form.sheet import workbook
from channelnb.numbers import cents

_NEAR = 0.05
"""How far, in money, a sheet's sum of rounded amounts may be from ours: a sheet rounds a half otherwise, if rarely."""

_AMOUNT_OF = {
    "revenue": "revenue",
    "quarter": "revenue",
    "partner": "partner_profit",
    "vendor": "vendor_profit",
}


def changed_cells(cells: Cells, form: Form) -> list[Fault]:
    """The locked cells that do not hold what was sent out; formulas are told by what they show, not here."""
    faults = []
    for sheet in workbook(form).worksheets:
        for row in sheet.iter_rows():
            for sent in row:
                if sent.value is None or sent.data_type == "f" or not sent.protection.locked:
                    continue
                found = cells.raw(sheet.title, sent.coordinate)
                if not _same(found, sent.value):
                    said = f"holds {found!r}, where {sent.value!r} was sent out: put it back, or fill in a new form."
                    faults.append(Fault(sheet.title, sent.coordinate, said))
    return faults


def misleading_cells(cells: Cells, form: Form, plan: pd.DataFrame) -> list[Fault]:
    """The amounts on the page that are not what the plan makes of the same inputs: a formula was changed.

    Needs the rows of `make_plan`. A workbook that was never calculated shows nothing, and so misleads nobody.
    """
    faults = []
    for at, expected in amounts(form, plan):
        shown = cells.result(PLAN, at)
        if isinstance(shown, int | float) and not math.isnan(expected) and abs(shown - expected) > _NEAR:
            said = (
                f"shows {cents(shown)}, and the plan comes to {cents(expected)} by what was filled in: a locked cell "
                "was changed, or the sheet not calculated; fill in a new form, or calculate and save again."
            )
            faults.append(Fault(PLAN, at, said))
    return faults


def amounts(form: Form, plan: pd.DataFrame) -> Iterator[tuple[str, float]]:
    """Each cell of the page that shows an amount of the plan, and that amount, NaN where it is not known.

    Needs the rows of `make_plan` for the form's lines.
    """
    page = Layout.of(form)
    rows = plan.assign(quarter=plan.groupby("line").cumcount() // 3 + 1)
    by_line = {str(line): lines for line, lines in rows.groupby("line")}
    for column in page.columns:
        what, _, number = column.partition("_")
        if what not in _AMOUNT_OF or not number:
            continue
        when = "quarter" if what == "quarter" else "year"
        for place, row in [*zip(form.lines, page.rows, strict=True), (None, page.total)]:
            of = rows if place is None else by_line[place.line]
            yield page.at(column, row), float(of.loc[of[when].eq(int(number)), _AMOUNT_OF[what]].sum(min_count=1))


def _same(found: Any, sent: Any) -> bool:
    if isinstance(sent, int | float) and isinstance(found, int | float):
        # A sheet keeps 15 digits of a number.
        return math.isclose(found, sent, rel_tol=1e-9, abs_tol=1e-9)
    # Some programs write the end of a line in another way.
    return "\n".join(str(found).splitlines()) == "\n".join(str(sent).splitlines())
