"""Fiscal quarters and years, and months, built on pandas periods."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

import pandas as pd

from channelnb.errors import NotUsable

_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_QUARTER = re.compile(r"(\d{4})Q([1-4])")
_MONTH = re.compile(r"\d{4}-(0[1-9]|1[0-2])")


# Not strftime: that writes the months in the language of the machine, and the bytes must be the same anywhere.
_MONTHS_WRITTEN = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)


def day_text(iso: str) -> str:
    """An ISO date written out, or "" for none.

    >>> day_text("2026-09-30"), day_text("")
    ('30 September 2026', '')
    """
    if not iso:
        return ""
    try:
        day = date.fromisoformat(iso[:10])
    except ValueError:
        raise NotUsable(f"{iso!r} is not a date; write it as YYYY-MM-DD.") from None
    return f"{day.day} {_MONTHS_WRITTEN[day.month - 1]} {day.year}"


def is_month(period: str) -> bool:
    """Whether a period is named as a month, such as ``2026-08``, rather than as a quarter.

    >>> is_month("2026-08"), is_month("2026Q3")
    (True, False)
    """
    return _MONTH.fullmatch(period) is not None


def length_of(period: str) -> str:
    """How long a period is, in a word.

    >>> length_of("2026-08"), length_of("2026Q3")
    ('month', 'quarter')
    """
    return "month" if is_month(period) else "quarter"


@dataclass(frozen=True)
class FiscalCalendar:
    """Quarters of a fiscal year that starts on the first day of `first_month`, and months.

    A fiscal year is named by the calendar year in which it ends; a month is the calendar's own.

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
        """The pandas frequency of these quarters, such as ``Q-DEC``.

        >>> FiscalCalendar(4).freq, FiscalCalendar().freq
        ('Q-MAR', 'Q-DEC')
        """
        return f"Q-{_MONTHS[(self.first_month - 2) % 12]}"

    def period(self, name: str) -> pd.Period:
        """The pandas period of a quarter's or a month's name.

        >>> FiscalCalendar().period("2026Q3"), FiscalCalendar().period("2026-08")
        (Period('2026Q3', 'Q-DEC'), Period('2026-08', 'M'))
        """
        if is_month(name):
            return pd.Period(name, freq="M")
        if not _QUARTER.fullmatch(name):
            raise NotUsable(
                f"{name!r} is not a period; write a fiscal quarter such as '2026Q3', or a month such as '2026-08'."
            )
        return pd.Period(name, freq=self.freq)

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

    def period_of(self, day: date, *, like: str) -> str:
        """The name of the period that holds `day` and is as long as `like`.

        >>> FiscalCalendar().period_of(date(2026, 9, 30), like="2025-01")
        '2026-09'
        """
        return str(pd.Period(day, freq="M" if is_month(like) else self.freq))

    def start(self, period: str) -> date:
        """The first day of a period.

        >>> FiscalCalendar().start("2026Q3")
        datetime.date(2026, 7, 1)
        """
        return self.period(period).start_time.date()

    def end(self, period: str) -> date:
        """The last day of a period.

        >>> FiscalCalendar().end("2026Q3"), FiscalCalendar().end("2026-08")
        (datetime.date(2026, 9, 30), datetime.date(2026, 8, 31))
        """
        return self.period(period).end_time.date()

    def shift(self, period: str, periods: int) -> str:
        """The period that lies so many periods later (or earlier, when negative).

        >>> FiscalCalendar().shift("2026Q3", -4), FiscalCalendar().shift("2026-08", 1)
        ('2025Q3', '2026-09')
        """
        return str(self.period(period) + periods)

    def year_before(self, period: str) -> str:
        """The same quarter or month a year earlier.

        >>> FiscalCalendar().year_before("2026Q3"), FiscalCalendar().year_before("2026-08")
        ('2025Q3', '2025-08')
        """
        return self.shift(period, -12 if is_month(period) else -4)

    def year_to(self, period: str) -> list[str]:
        """The periods of the twelve months that end with a period.

        >>> FiscalCalendar().year_to("2026Q3")
        ['2025Q4', '2026Q1', '2026Q2', '2026Q3']
        """
        return self.span(self.shift(self.year_before(period), 1), period)

    def span(self, first: str, last: str) -> list[str]:
        """Every period from `first` to `last`, both included.

        >>> FiscalCalendar().span("2026Q3", "2027Q1")
        ['2026Q3', '2026Q4', '2027Q1']
        """
        return [str(p) for p in pd.period_range(self.period(first), self.period(last))]
