"""What a plan's form asks and offers: lines with a proposal each, goals to start from, and what it is of."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field
from datetime import date
from functools import cached_property

import pandas as pd

from channelnb.planning.business.plan import CUSTOM, PERCENTAGE, SAMPLE, Choice
from channelnb.planning.business.versions import COMMITTED, DRAFT
from channelnb.slice import INTERNAL

WAYS_SHOWN = {PERCENTAGE: "percentage on last year", SAMPLE: "sample forecast", CUSTOM: "custom figures"}
"""What the form calls each way to plan a line."""

SIDES = ("partner", "vendor")
STATUSES = (DRAFT, COMMITTED)

GOALS = 5
"""How many goals and strategies the page has room for: attention is scarce, and so is the page."""


@dataclass(frozen=True)
class FormLine:
    """A line (sales play) on the form: its row of the basis, and how it is planned unless someone changes it.

    `rates` are per unit of revenue, by the name of the amount; `ramps` are, by the line that it is to grow like, what
    the plan's years are of a mature one; both lack what is not known. `remark` says what needs a decision, "" where
    the proposal can stand.
    """

    line: str
    last_year: float
    season: tuple[float, ...]
    ramps: dict[str, tuple[float, ...]]
    rates: dict[str, float]
    choice: Choice
    remark: str = ""


@dataclass(frozen=True)
class Measure:
    """A metric that a goal can be measured by: its label, the unit that a target is typed in, and its value now."""

    name: str
    label: str
    unit: str
    now: str


@dataclass(frozen=True)
class Goal:
    """A goal (it has a metric) or a strategy: who will do what by when, and what follows if it is missed."""

    area: str = ""
    text: str = ""
    metric: str = ""
    target: float | None = None
    side: str = "partner"
    owner: str = ""
    due_on: date | None = None
    if_missed: str = ""


@dataclass(frozen=True)
class Filled:
    """What a form says once it is filled in: `goals` have targets in the metric's own unit, 0.35 for 35 %."""

    made_by: str
    status: str
    choices: tuple[Choice, ...]
    goals: tuple[Goal, ...]


@dataclass(frozen=True)
class Form:
    """All that one form holds before anyone fills it in; `run` names the run it is of, `first` its first month."""

    run: str
    partner_id: str
    partner: str
    vendor: str
    currency: str
    as_of: str
    edition: str
    first: str
    months: int
    in_force: str
    lines: tuple[FormLine, ...]
    measures: tuple[Measure, ...] = ()
    goals: tuple[Goal, ...] = ()
    strengths: str = ""
    weaknesses: str = ""
    owners: tuple[str, ...] = field(default=())

    @property
    def internal(self) -> bool:
        """Whether it may hold the vendor's own margins.

        >>> Form("acme/2026Q3", "P1", "Ada", "Acme", "USD", "2026-09-30", "partner", "2026-10", 30, "", ()).internal
        False
        """
        return self.edition == INTERNAL

    @cached_property
    def run_mark(self) -> str:
        """What a form says of its run: the quarter, and a hash of the name, which is the vendor's own.

        >>> form = Form("acme/2026Q3", "P1", "Ada", "Acme", "USD", "2026-09-30", "partner", "2026-10", 30, "", ())
        >>> form.run_mark
        '2026Q3 f7a7f606efd2'
        """
        return f"{self.run.rpartition('/')[2]} {hashlib.sha256(self.run.encode()).hexdigest()[:12]}"

    @cached_property
    def years(self) -> int:
        """How many years, the last one perhaps in part, the plan spans.

        >>> Form("acme/2026Q3", "P1", "Ada", "Acme", "USD", "2026-09-30", "partner", "2026-10", 30, "", ()).years
        3
        """
        return -(-self.months // 12)

    @cached_property
    def span(self) -> pd.PeriodIndex:
        """The months of the plan."""
        return pd.period_range(self.first, periods=self.months, freq="M")

    @cached_property
    def digest(self) -> str:
        """A short hash of all that the form was written with, to tell a form of other figures.

        >>> len(Form("acme/2026Q3", "P1", "Ada", "Acme", "USD", "2026-09-30", "partner", "2026-10", 30, "", ()).digest)
        12
        """
        text = json.dumps(asdict(self), default=str, sort_keys=True, ensure_ascii=True)
        return hashlib.sha256(text.encode()).hexdigest()[:12]

    def shares_so_far(self, line: FormLine, year: int) -> list[float]:
        """The share of a year that has come by the end of each of its months in the plan, as `make_plan` adds it up.

        >>> form = Form("acme/2026Q3", "P1", "Ada", "Acme", "USD", "2026-09-30", "partner", "2026-10", 30, "", ())
        >>> line = FormLine("Disks", 5.0, (1 / 12,) * 12, {}, {}, Choice("Disks", CUSTOM, 5.0))
        >>> len(form.shares_so_far(line, 0)), form.shares_so_far(line, 0)[-1], len(form.shares_so_far(line, 2))
        (12, 1.0, 6)
        """
        result, share = [], 0.0
        for month in self.span[12 * year : 12 * year + 12]:
            share += line.season[month.month - 1]
            result.append(share)
        if len(result) == 12:
            result[-1] = 1.0
        return result
