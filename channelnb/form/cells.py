"""The cells of a form that came back: what each holds, and what to say of one that cannot be used."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from openpyxl import Workbook, load_workbook

from channelnb.errors import BadForm
from channelnb.form.layout import MONTHS, PLAN, RATES
from channelnb.formulas import is_formula

LARGEST = 5_000_000
"""Bytes of a form at most: one that we wrote has some fifty thousand."""

SHOWN = 20
"""Faults that are listed before the others are only counted."""

_NUMBER = re.compile(r"([+-]?\d+(?:\.\d+)?)( ?%)?")


@dataclass(frozen=True)
class Fault:
    """A cell that cannot be used: where it is, what is wrong with what was found, and what to do."""

    sheet: str
    at: str
    said: str

    def __str__(self) -> str:
        return f"{self.sheet}!{self.at} {self.said}"


@dataclass(frozen=True)
class Cells:
    """A form's workbook twice: as it was written, with formulas, and as it was last calculated."""

    path: Path
    written: Workbook
    calculated: Workbook

    @classmethod
    def open(cls, path: Path) -> Cells:
        """The cells of a file; raises BadForm where it is no form.

        >>> Cells.open(Path("no/such/form.xlsx"))
        Traceback (most recent call last):
        ...
        channelnb.errors.BadForm: no/such/form.xlsx: there is no such file; name the form that was filled in.
        """
        if not path.is_file():
            raise BadForm(f"{path}: there is no such file; name the form that was filled in.")
        if path.stat().st_size > LARGEST:
            raise BadForm(f"{path} has {path.stat().st_size:,} bytes, and no form is so large; name the form.")
        try:
            written, calculated = load_workbook(path), load_workbook(path, data_only=True)
        except Exception as error:
            # openpyxl raises whatever a damaged part of a file leads to.
            raise BadForm(f"{path} cannot be read as a workbook ({error}); save it again as .xlsx.") from None
        if absent := [name for name in (PLAN, RATES, MONTHS) if name not in written.sheetnames]:
            raise BadForm(f"{path} is no plan's form: it lacks the sheets {absent}; name the file that you filled in.")
        return cls(path, written, calculated)

    def raw(self, sheet: str, at: str) -> Any:
        """What a cell holds, a formula as its text."""
        return self.written[sheet][at].value

    def result(self, sheet: str, at: str) -> Any:
        """What a cell showed when the workbook was last calculated; None where it never was."""
        return self.calculated[sheet][at].value

    def faults(self, at: str) -> str:
        """What is wrong with an input cell whatever it is for; "" where nothing is."""
        cell = self.written[PLAN][at]
        if cell.data_type == "f":
            return f"holds the formula {cell.value}: type its result."
        if cell.data_type == "e":
            return f"holds the error {cell.value}: type what you mean."
        return ""

    def number(self, at: str, *, share: bool) -> float:
        """The number in an input cell, in per cent where it is a share; raises ValueError with what to do.

        A share may be typed as 10, as 10 % in a cell that Excel then shows as a percentage, or as text.
        """
        value, shown_as_share = self.raw(PLAN, at), "%" in str(self.written[PLAN][at].number_format).split('"')[0]
        if wrong := self.faults(at):
            raise ValueError(wrong)
        if isinstance(value, str):
            found = _NUMBER.fullmatch(value.strip())
            if found is None or (found[2] and not share):
                example = "10 for 10 %" if share else "10500.50"
                raise ValueError(f"holds the text {value!r}: type the number alone, such as {example}.")
            return float(found[1])
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            raise ValueError(f"holds {_shown(value)}, which is no number: type one.")
        return float(value) * 100 if share and shown_as_share else float(value)

    def text(self, at: str, *, most: int = 250) -> str:
        """The text in an input cell, "" where there is none; raises ValueError with what to do."""
        if wrong := self.faults(at):
            raise ValueError(wrong)
        value = self.raw(PLAN, at)
        said = "" if value is None else " ".join(_shown(value).split())
        if is_formula(said):
            raise ValueError(f"begins with {said[0]!r}, which a sheet takes for a formula: begin with a letter.")
        if len(said) > most:
            raise ValueError(f"holds {len(said)} characters: say it in {most} or fewer.")
        return said

    def one_of(self, at: str, allowed: Iterable[str]) -> str:
        """The entry of a list in an input cell, in any case if need be; "" where there is none."""
        typed, known = self.raw(PLAN, at), list(allowed)
        if typed in known and not self.faults(at):
            return str(typed)
        said = self.text(at)
        found = {one.casefold(): one for one in known}.get(said.casefold()) if said else ""
        if found is None:
            raise ValueError(f"holds {said!r}: choose one of {', '.join(known[:8])}{', …' if len(known) > 8 else ''}.")
        return found

    def day(self, at: str) -> date | None:
        """The date in an input cell, typed as one or as text such as 2027-09-30; None where there is none."""
        if wrong := self.faults(at):
            raise ValueError(wrong)
        value = self.raw(PLAN, at)
        if isinstance(value, datetime):
            return value.date()
        if value is None or isinstance(value, date):
            return value
        try:
            return date.fromisoformat(str(value).strip())
        except ValueError:
            raise ValueError(f"holds {_shown(value)}, which is no date: type one such as 2027-09-30.") from None


def _shown(value: Any) -> str:
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d}"
    return f"{value:.15g}" if isinstance(value, float) else str(value)


def refuse(path: Path, faults: list[Fault]) -> BadForm:
    """The error for a form with cells that cannot be used: all of them at once.

    >>> print(refuse(Path("plan_form.xlsx"), [Fault("Plan", "F9", "holds the text 'ten': type the number alone.")]))
    plan_form.xlsx: 1 cell needs another look.
      Plan!F9 holds the text 'ten': type the number alone.
    """
    count = f"{len(faults)} cells need" if len(faults) > 1 else "1 cell needs"
    more = [f"  … and {len(faults) - SHOWN} more"] if len(faults) > SHOWN else []
    return BadForm("\n".join([f"{path}: {count} another look.", *(f"  {one}" for one in faults[:SHOWN]), *more]))
