"""The actions that a person accepted in a run's workbook, checked cell by cell, as rows of promises."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pandas as pd
from openpyxl import load_workbook
from openpyxl.utils import get_column_letter

from channelnb.errors import BadForm
from channelnb.fiscal import FiscalCalendar
from channelnb.fleet.actions import HEADS, NO, SHEET, YES
from channelnb.fleet.proposed import plain
from channelnb.fleet.targets import shown_of, target_of
from channelnb.form.cells import LARGEST, Fault, refuse
from channelnb.formulas import is_formula
from channelnb.frames import records
from channelnb.metrics.known import KNOWN
from channelnb.planning.promises.proposals import PROPOSALS, action_text
from channelnb.snapshot import Snapshot

_NEEDED = ("partner_id", "accept", "text", "owner", "due_on", "target", "if_missed", "proposal_id")
_LONGEST = 500


def accepted_actions(path: Path, snapshot: Snapshot, *, today: date) -> list[dict[str, str]]:
    """The rows that a person said yes to, as rows of the contract's table `commitments`, made `today`.

    The proposals of the snapshot say what else is true of each. Raises BadForm, with all faults at once and the cell of
    each, for what cannot be used.
    """
    rows = _rows(path)
    proposals = {str(row["proposal_id"]): row for row in records(snapshot.frame(PROPOSALS))}
    about = snapshot.about
    reading = _Reading(proposals, FiscalCalendar(about.first_month), about.currency, today)
    found = [reading.promise(cells) for cells in rows]
    if reading.faults:
        raise refuse(path, reading.faults)
    return [row for row in found if row]


@dataclass(frozen=True)
class _Cell:
    at: str
    value: Any
    is_formula: bool
    as_share: bool
    """Whether it shows its number in per cent."""


def _rows(path: Path) -> list[dict[str, _Cell]]:
    """The cells of each row, by the names of their columns."""
    if path.stat().st_size > LARGEST:
        raise BadForm(f"{path} has {path.stat().st_size:,} bytes, and no list of actions is so large; name the list.")
    try:
        book = load_workbook(path)
    except Exception as error:
        # openpyxl raises whatever a damaged part of a file leads to.
        raise BadForm(f"{path} cannot be read as a workbook ({error}); save it again as .xlsx.") from None
    if SHEET not in book.sheetnames:
        raise BadForm(f"{path} has the sheets {book.sheetnames}, and no {SHEET!r}; name the workbook that a run wrote.")
    sheet = book[SHEET]
    heads = {str(cell.value).strip(): cell.column for cell in sheet[1] if cell.value is not None}
    places = {name: heads[label] for name, (label, _) in HEADS.items() if label in heads}
    if lacking := [HEADS[name][0] for name in _NEEDED if name not in places]:
        raise BadForm(f"{path}: the sheet {SHEET} lacks the columns {lacking}; it has {list(heads)}. Put them back.")
    return [
        {name: _cell(sheet.cell(row, place), row, place) for name, place in places.items()}
        for row in range(2, sheet.max_row + 1)
        if any(sheet.cell(row, place).value not in (None, "") for place in places.values())
    ]


def _cell(cell: Any, row: int, place: int) -> _Cell:
    at = f"{get_column_letter(place)}{row}"
    # What stands in quotes in a format is a text beside the number.
    return _Cell(at, cell.value, cell.data_type == "f", "%" in "".join(str(cell.number_format).split('"')[::2]))


class _Reading:
    """The rows of a workbook read one by one; what is wrong with them is in `faults`."""

    def __init__(
        self, proposals: Mapping[str, dict[str, Any]], calendar: FiscalCalendar, currency: str, today: date
    ) -> None:
        self.proposals, self.calendar, self.currency, self.today = proposals, calendar, currency, today
        self.faults: list[Fault] = []
        self._seen: set[str] = set()

    def promise(self, cells: Mapping[str, _Cell]) -> dict[str, str] | None:
        """The promise that a row becomes; None where it is not accepted, or has a fault."""
        before = len(self.faults)
        said = self._text(cells["accept"]).casefold()
        if said not in ("", YES, NO):
            self._fault(cells["accept"], f"holds {said!r}: write {YES} or {NO}, or leave it empty.")
        proposal = self._proposal(cells) if said == YES else None
        if proposal is None:
            return None
        due_on, target = self._day(cells["due_on"]), self._target(cells["target"], proposal)
        owner, if_missed, text = (self._said(cells[name]) for name in ("owner", "if_missed", "text"))
        if not text:
            self._fault(cells["text"], "is empty: say what is to be done.")
        if len(self.faults) > before or due_on is None:
            return None
        if text == proposal["text"]:
            # It names the target and the quarter: it must name those that were agreed.
            text = action_text(proposal, target, self.calendar.quarter_of(due_on), currency=self.currency)
        kept = {name: _plain(proposal[name]) for name in ("partner_id", "side", "kind", "area", "line", "metric")}
        return {
            "commitment_id": str(proposal["proposal_id"]),
            **kept,
            "text": text,
            "baseline": plain(proposal["baseline"]) or "",
            "target": plain(target) or "",
            "owner": owner,
            "if_missed": if_missed,
            "made_on": self.today.isoformat(),
            "due_on": due_on.isoformat(),
            "status": "open",
        }

    def _proposal(self, cells: Mapping[str, _Cell]) -> dict[str, Any] | None:
        """What was proposed under the row's id; None, and a fault, where nothing was, or to another partner."""
        name = self._text(cells["proposal_id"])
        proposal = self.proposals.get(name)
        if proposal is None:
            self._fault(
                cells["proposal_id"], f"holds {name!r}, which this run does not propose: put the id back, or {NO}."
            )
        elif name in self._seen:
            self._fault(cells["proposal_id"], f"holds {name!r}, as a row above does: take one of them out.")
        elif self._text(cells["partner_id"]) != proposal["partner_id"]:
            found = self._text(cells["partner_id"])
            said = f"holds {found!r}, and {name} was proposed to {proposal['partner_id']}: put the id back."
            self._fault(cells["partner_id"], said)
        self._seen.add(name)
        return proposal

    def _text(self, cell: _Cell) -> str:
        if cell.is_formula:
            self._fault(cell, f"holds the formula {cell.value}: type its result.")
            return ""
        said = "" if cell.value is None else " ".join(str(cell.value).split())
        if len(said) > _LONGEST:
            self._fault(cell, f"holds {len(said)} characters: say it in {_LONGEST} or fewer.")
        return said

    def _said(self, cell: _Cell) -> str:
        """A text that goes into a file that people open in a sheet, and that the book reads as it stands."""
        said = self._text(cell)
        if is_formula(said):
            self._fault(cell, f"begins with {said[0]!r}, which a sheet takes for a formula: begin with a letter.")
        return said

    def _day(self, cell: _Cell) -> date | None:
        found = cell.value.date() if isinstance(cell.value, datetime) else cell.value
        if isinstance(found, str):
            try:
                found = date.fromisoformat(found.strip())
            except ValueError:
                found = None
        if not isinstance(found, date):
            self._fault(cell, f"holds {shown_of(cell.value)}, which is no date: type one such as 2026-12-31.")
            return None
        if found < self.today:
            self._fault(cell, f"holds {found}, which is over: today is {self.today}. Give a later day.")
        return found

    def _target(self, cell: _Cell, proposal: Mapping[str, Any]) -> float:
        """The target agreed; NaN for a thing to do."""
        if proposal["metric"] not in KNOWN:
            if cell.value not in (None, ""):
                self._fault(cell, f"holds {shown_of(cell.value)}, and the action has no figure: leave it empty.")
            return math.nan
        if cell.is_formula:
            self._fault(cell, f"holds the formula {cell.value}: type its result.")
            return math.nan
        try:
            return target_of(cell.value, proposal, as_share=cell.as_share)
        except ValueError as error:
            self._fault(cell, str(error))
            return math.nan

    def _fault(self, cell: _Cell, said: str) -> None:
        self.faults.append(Fault(SHEET, cell.at, said))


def _plain(value: Any) -> str:
    return "" if value is None or pd.isna(value) else str(value)
