"""Where what stands on a plan's form: its sheets, columns and rows."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from openpyxl.utils import get_column_letter

from channelnb.form.form import GOALS, Form

PLAN, RATES, MONTHS = "Plan", "Rates", "Months"
"""The sheets: the page that is filled in, what it reckons with, and the plan by month."""

FILLED_BY, STATUS = "B4", "F4"
"""The cells for who filled the form in, and for its status."""

FIRST_LINE = 8
"""The row of the first line, on the page and on the sheet of rates alike."""

_INPUTS = ("line", "to_do", "last", "way", "hint", "first", "second", "like")


@dataclass(frozen=True)
class Layout:
    """The places on the form's page, which follow from how many lines and years it has, and for whom it is.

    >>> page = Layout(lines=3, years=2, internal=False)
    >>> page.at("way", 9), page.at("revenue_1", 9), page.total, page.last
    ('D9', 'I9', 11, 'Q')
    """

    lines: int
    years: int
    internal: bool

    @classmethod
    def of(cls, form: Form) -> Layout:
        """The layout of a form."""
        return cls(len(form.lines), form.years, form.internal)

    @cached_property
    def columns(self) -> dict[str, str]:
        """The letter of each column of the table of lines, by what it holds."""
        years = range(1, self.years + 1)
        profits = ("partner", "vendor") if self.internal else ("partner",)
        names = [
            *_INPUTS,
            *(f"revenue_{year}" for year in years),
            "change",
            *(f"quarter_{quarter}" for quarter in range(1, 5)),
            *(f"{whose}_{year}" for whose in profits for year in years),
        ]
        return {name: get_column_letter(place) for place, name in enumerate(names, start=1)}

    @property
    def rows(self) -> range:
        """The rows of the lines."""
        return range(FIRST_LINE, FIRST_LINE + self.lines)

    @property
    def total(self) -> int:
        """The row of all lines together."""
        return FIRST_LINE + self.lines

    @property
    def goals_head(self) -> int:
        """The row of the headings of goals and strategies."""
        return self.total + 5

    @property
    def goals(self) -> range:
        """The rows of goals and strategies."""
        return range(self.goals_head + 1, self.goals_head + 1 + GOALS)

    @property
    def foot(self) -> int:
        """The row of what is said below."""
        return self.goals_head + GOALS + 2

    @property
    def chart(self) -> range:
        """The rows that the chart covers, at the page's end: the fewer lines, the more of the page is left for it."""
        return range(self.foot + 1, self.foot + 1 + min(24, max(8, 34 - 2 * self.lines)))

    @property
    def last(self) -> str:
        """The letter of the last column."""
        return list(self.columns.values())[-1]

    @property
    def goal_columns(self) -> dict[str, tuple[str, str]]:
        """The first and last letter of each column of the table of goals, by what it holds."""
        return {
            "area": ("A", "A"),
            "text": ("B", "D"),
            "metric": ("E", "E"),
            "now": ("F", "F"),
            "target": ("G", "G"),
            "side": ("H", "H"),
            "owner": ("I", "J"),
            "due_on": ("K", "L"),
            "if_missed": ("M", self.last),
        }

    def at(self, column: str, row: int) -> str:
        """A cell of the table of lines."""
        return f"{self.columns[column]}{row}"

    def goal_at(self, column: str, row: int) -> str:
        """A cell of the table of goals."""
        return f"{self.goal_columns[column][0]}{row}"
