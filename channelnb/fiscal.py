"""Fiscal quarters and years, built on pandas periods."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

import pandas as pd

from channelnb.errors import NotUsable

_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_QUARTER = re.compile(r"(\d{4})Q([1-4])")


@dataclass(frozen=True)
class FiscalCalendar:
    """Quarters of a fiscal year that starts on the first day of `first_month`.

    A fiscal year is named by the calendar year in which it ends.

    >>> FiscalCalendar(4).quarter_of(date(2026, 4, 1))
    '2027Q1'
    >>> FiscalCalendar(4).start("2027Q1")
    datetime.date(2026, 4, 1)
    """

    first_month: int = 1

    def __post_init__(self) -> None:
        if not 1 <= self.first_month <= 12:
            raise NotUsable(f"first_month is {self.first_month}; a month is a number from 1 to 12.")

    @property
    def freq(self) -> str:
        """The pandas frequency of these quarters, such as ``Q-DEC``."""
        return f"Q-{_MONTHS[(self.first_month - 2) % 12]}"

    def period(self, quarter: str) -> pd.Period:
        """The pandas period of a quarter's name.

        >>> FiscalCalendar().period("2026Q3")
        Period('2026Q3', 'Q-DEC')
        """
        if not _QUARTER.fullmatch(quarter):
            raise NotUsable(f"{quarter!r} is not a quarter; write the fiscal year and the quarter, such as '2026Q3'.")
        return pd.Period(quarter, freq=self.freq)

    def quarter_of(self, day: date) -> str:
        """The name of the quarter that holds `day`.

        >>> FiscalCalendar().quarter_of(date(2026, 9, 30))
        '2026Q3'
        """
        return str(pd.Period(day, freq=self.freq))

    def year_of(self, day: date) -> str:
        """The name of the fiscal year that holds `day`.

        >>> FiscalCalendar(7).year_of(date(2026, 9, 30))
        '2027'
        """
        return self.quarter_of(day)[:4]

    def start(self, quarter: str) -> date:
        """The first day of a quarter.

        >>> FiscalCalendar().start("2026Q3")
        datetime.date(2026, 7, 1)
        """
        return self.period(quarter).start_time.date()

    def end(self, quarter: str) -> date:
        """The last day of a quarter.

        >>> FiscalCalendar().end("2026Q3")
        datetime.date(2026, 9, 30)
        """
        return self.period(quarter).end_time.date()

    def shift(self, quarter: str, quarters: int) -> str:
        """The quarter that lies `quarters` later (or earlier, when negative).

        >>> FiscalCalendar().shift("2026Q3", -4)
        '2025Q3'
        """
        return str(self.period(quarter) + quarters)

    def span(self, first: str, last: str) -> list[str]:
        """Every quarter from `first` to `last`, both included.

        >>> FiscalCalendar().span("2026Q3", "2027Q1")
        ['2026Q3', '2026Q4', '2027Q1']
        """
        return [str(p) for p in pd.period_range(self.period(first), self.period(last))]
