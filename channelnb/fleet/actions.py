"""`actions.xlsx`: what a run proposes, one row each, for a manager to accept, change or leave."""

from __future__ import annotations

from typing import Any

import pandas as pd
from openpyxl import Workbook
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from channelnb.form.workbooks import bytes_of, put
from channelnb.frames import records
from channelnb.metrics.known import KNOWN
from channelnb.narrative.promises import cited, way_to

SHEET, HOW = "Actions", "How to use"

HEADS = {
    "manager": ("Channel manager", 20),
    "partner": ("Partner", 26),
    "partner_id": ("Partner id", 11),
    "accept": ("Accept", 9),
    "side": ("By", 10),
    "text": ("Action", 46),
    "owner": ("Owner", 20),
    "due_on": ("Due", 12),
    "measure": ("Told by", 24),
    "baseline": ("From", 12),
    "target": ("Target", 12),
    "if_missed": ("If missed", 34),
    "cost": ("Cost", 12),
    "gain": ("Revenue that it may bring", 14),
    "way": ("Way to", 22),
    "rests_on": ("Rests on", 40),
    "proposal_id": ("Id", 26),
}
"""The columns: what heads each, and how wide it is."""

EDITABLE = ("accept", "text", "owner", "due_on", "target", "if_missed")
"""The columns that a person may change."""

YES, NO = "yes", "no"

_INPUT, _HEAD = PatternFill("solid", fgColor="FFF7D6"), PatternFill("solid", fgColor="E8ECF1")
_NUMBER_FORMATS = {"share": "0.0%", "money": "#,##0"}


def actions_bytes(rows: pd.DataFrame, *, period: str, run: str) -> bytes:
    """The workbook of proposals as bytes, the same for the same rows.

    Needs the table ``proposals`` of a snapshot with the columns `manager` and `partner`, the names of both; one row of
    the sheet is a proposal, sorted by manager, then partner. `run` is the run's folder, as `channelnb accept` takes it.
    """
    book = Workbook()
    how, sheet = book.active, book.create_sheet(SHEET)
    how.title = HOW
    _say_how(how, period=period, run=run)
    _write_head(sheet)
    ordered = rows.sort_values(["manager", "partner", "partner_id", "place"], na_position="last")
    for at, row in enumerate(records(ordered), start=2):
        _write_row(sheet, at, row)
    _guard(sheet, last=len(rows) + 1)
    book.active = book.worksheets.index(sheet)
    return bytes_of(book)


def _say_how(sheet: Worksheet, *, period: str, run: str) -> None:
    lines = (
        f"What the reviews of {period} propose, one row for each action; the sheet {SHEET} is filtered by its head.",
        f"Choose {YES} in the column Accept for what both sides agree on; leave the others as they are.",
        "In yellow columns you may change the action, its owner, date and target, and what follows if it is missed.",
        "A share is typed as 47%; a date as 2026-12-31. The other columns say what each action rests on.",
        f"Save the file here, under this name, and run: channelnb accept, with the folder of the run, such as {run}",
        "What you accepted is a promise in the next review, scored from the data. Nothing else is changed.",
    )
    sheet.column_dimensions["A"].width = 110
    for at, line in enumerate(lines, start=1):
        put(sheet.cell(at, 1), line).alignment = Alignment(wrap_text=True, vertical="top")


def _write_head(sheet: Worksheet) -> None:
    for at, (label, width) in enumerate(HEADS.values(), start=1):
        cell = put(sheet.cell(1, at), label)
        cell.font, cell.fill = Font(bold=True), _HEAD
        cell.alignment = Alignment(wrap_text=True, vertical="top")
        sheet.column_dimensions[get_column_letter(at)].width = width
    sheet.freeze_panes = "E2"


def _write_row(sheet: Worksheet, at: int, row: dict[str, Any]) -> None:
    unit = KNOWN[row["metric"]].unit if row["metric"] in KNOWN else ""
    shown = {
        **{name: row.get(name) for name in HEADS},
        "accept": None,
        "due_on": pd.Timestamp(row["due_on"]).to_pydatetime().date(),
        "measure": KNOWN[row["metric"]].label if unit else "whether it is done by then",
        "rests_on": cited(str(row["rests_on"]).split("\n")),
        "way": way_to(str(row["aim"]), str(row["for_what"])),
    }
    for place, name in enumerate(HEADS, start=1):
        value = shown[name]
        cell = put(sheet.cell(at, place), None if not isinstance(value, str) and pd.isna(value) else value)
        cell.alignment = Alignment(wrap_text=True, vertical="top")
        if name in EDITABLE:
            cell.fill = _INPUT
        if name in ("baseline", "target"):
            cell.number_format = _NUMBER_FORMATS.get(unit) or _plain(value)
        elif name in ("cost", "gain"):
            cell.number_format = "#,##0"
        elif name == "due_on":
            cell.number_format = "yyyy-mm-dd"


def _plain(value: Any) -> str:
    """The format of a number: whole ones without a point, others with up to two decimals.

    >>> _plain(6.0), _plain(1.25), _plain(None)
    ('#,##0', '#,##0.0#', '#,##0')
    """
    return "#,##0" if value is None or pd.isna(value) or round(value, 2) == round(value) else "#,##0.0#"


def _guard(sheet: Worksheet, *, last: int) -> None:
    """The filter of the head, and what cells take: a list of yes and no, dates."""
    letters = {name: get_column_letter(at) for at, name in enumerate(HEADS, start=1)}
    sheet.auto_filter.ref = f"A1:{letters['proposal_id']}{max(last, 1)}"
    if last < 2:
        return
    words = DataValidation(type="list", formula1=f'"{YES},{NO}"', allow_blank=True, showErrorMessage=True)
    words.error, words.errorTitle = f"Write {YES} or {NO}, or leave it empty.", "Accept"
    words.add(f"{letters['accept']}2:{letters['accept']}{last}")
    days = DataValidation(type="date", operator="greaterThan", formula1="36526", allow_blank=False)
    days.showErrorMessage, days.error, days.errorTitle = True, "Write a date, such as 2026-12-31.", "Due"
    days.add(f"{letters['due_on']}2:{letters['due_on']}{last}")
    for rule in (words, days):
        sheet.add_data_validation(rule)
