"""A filled-in form, read and checked cell by cell; nothing that its formulas made is believed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date

from channelnb.errors import BadForm
from channelnb.form.cells import Cells, Fault, refuse
from channelnb.form.form import SIDES, STATUSES, WAYS_SHOWN, Filled, Form, FormLine, Goal
from channelnb.form.layout import FILLED_BY, PLAN, RATES, STATUS, Layout
from channelnb.form.page import HIGHEST_GROWTH
from channelnb.form.rates import IDENTITY
from channelnb.form.sealed import changed_cells
from channelnb.metrics.known import KNOWN
from channelnb.planning.business.plan import PERCENTAGE, SAMPLE, Choice
from channelnb.planning.meeting.agenda import AREAS


@dataclass(frozen=True)
class Identity:
    """What a form says that it is of; `figures` is the digest of the form as it was written."""

    run: str
    partner_id: str
    edition: str
    months: int
    figures: str


def identity_of(cells: Cells) -> Identity:
    """What a form says that it is of; raises BadForm where it doesn't say."""
    found = {name: cells.raw(RATES, at) for name, at in IDENTITY.items()}
    if absent := [name for name, value in found.items() if value in (None, "")]:
        raise BadForm(
            f"{cells.path} does not say what it is of: {absent} on the sheet {RATES} is blank; fill in a new form."
        )
    months = found.pop("months")
    if not isinstance(months, int | float):
        raise BadForm(f"{cells.path}: {RATES}!{IDENTITY['months']} holds {months!r}, no number; fill in a new form.")
    return Identity(months=int(months), **{name: str(value) for name, value in found.items()})


def read_form(cells: Cells, form: Form, *, made_by: str = "") -> Filled:
    """What a form says, checked against the one that was sent out, which `form` is.

    `made_by` comes before the name in the form. Raises BadForm with every cell that cannot be used: sheet, cell, what
    was found, what to do; and where the form is another partner's, of another run, or of figures that the run no
    longer has.
    """
    said, path = identity_of(cells), cells.path
    for what, found, asked in (("partner", said.partner_id, form.partner_id), ("run", said.run, form.run_mark)):
        if found != asked:
            raise BadForm(f"{path} is of the {what} {found}, not of {asked}; name the form that you mean.")
    if said.figures != form.digest:
        raise BadForm(
            f"{path} was written from other figures than the run {form.run} has now, or its sheet {RATES} was changed: "
            "move it away, write a new form with the same command, and take your decisions over to it."
        )
    reader = _Reader(cells, form)
    filled = reader.filled(made_by)
    if faults := reader.faults + changed_cells(cells, form):
        raise refuse(path, faults)
    return filled


class _Reader:
    """Reads cells one by one and gathers what is wrong with them."""

    def __init__(self, cells: Cells, form: Form) -> None:
        self.cells, self.form, self.page = cells, form, Layout.of(form)
        self.faults: list[Fault] = []

    def filled(self, made_by: str) -> Filled:
        made_by = made_by or self._text(FILLED_BY)
        if not made_by:
            self._fault(FILLED_BY, "is blank: say who filled in the form.")
        status = self._one_of(STATUS, STATUSES)
        if not status:
            self._fault(STATUS, f"is blank: choose one of {', '.join(STATUSES)}.")
        choices = [self._choice(line, row) for line, row in zip(self.form.lines, self.page.rows, strict=True)]
        goals: list[Goal] = []
        for row in self.page.goals:
            if (goal := self._goal(row)) is not None:
                if goal.text in [other.text for other in goals]:
                    self._fault(self.page.goal_at("text", row), "says what a goal above does: clear one of the rows.")
                goals.append(goal)
        return Filled(made_by, status, tuple(one for one in choices if one), tuple(goals))

    def _choice(self, line: FormLine, row: int) -> Choice | None:
        way_at, first_at, second_at, like_at = (self.page.at(name, row) for name in ("way", "first", "second", "like"))
        shown = self._one_of(way_at, WAYS_SHOWN.values())
        way = {label: name for name, label in WAYS_SHOWN.items()}.get(shown)
        if way is None:
            self._fault(way_at, f"is blank: choose how to plan {line.line}.")
            return None
        first = self._figure(first_at, line, way, place=0)
        second = None if way == SAMPLE else self._figure(second_at, line, way, place=1)
        if first is None:
            self._fault(first_at, f"is blank: fill in what {line.line} is planned by.")
        like = self._like(like_at, line) if way == SAMPLE else ""
        if way == PERCENTAGE and line.last_year <= 0:
            self._fault(way_at, f"says {shown!r}, and {line.line} has no year to grow from: plan it another way.")
        return Choice(line.line, way, first, second, like)

    def _figure(self, at: str, line: FormLine, way: str, *, place: int) -> float | None:
        """A growth, as a share, or a revenue; None where the cell is blank, or its content cannot be used."""
        if self.cells.raw(PLAN, at) in (None, ""):
            return None
        try:
            value = self.cells.number(at, share=way == PERCENTAGE)
        except ValueError as error:
            self._fault(at, str(error))
            return None
        if way == PERCENTAGE:
            return self._growth(at, line, value, place=place)
        if value < 0:
            self._fault(at, f"holds {value:,.2f}: revenue is 0 or more.")
        return value

    def _growth(self, at: str, line: FormLine, value: float, *, place: int) -> float:
        proposal = (line.choice.first, line.choice.second)[place] if line.choice.way == PERCENTAGE else None
        growth = round(value / 100, 6)
        if 0 < abs(value) < 1 and growth != proposal:
            self._fault(at, f"holds {value:g}, which is less than one per cent: type 10 for 10 %, or 0.")
        if not -100 < value <= HIGHEST_GROWTH:
            limits = f"it is more than -100 and at most {HIGHEST_GROWTH}; plan what grows by more with custom figures."
            self._fault(at, f"holds a growth of {value:g} %: {limits}")
        return growth

    def _like(self, at: str, line: FormLine) -> str:
        like = self._one_of(at, [one.line for one in self.form.lines]) or line.line
        if like not in line.ramps:
            self._fault(
                at, f"says {like!r}, and too few firms tell how that grows: choose another line, or custom figures."
            )
        return like

    def _goal(self, row: int) -> Goal | None:
        at = {name: self.page.goal_at(name, row) for name in self.page.goal_columns if name != "now"}
        if all(self.cells.raw(PLAN, cell) in (None, "") for cell in at.values()):
            return None
        labels = {measure.label: measure.name for measure in self.form.measures}
        goal = Goal(
            area=self._one_of(at["area"], AREAS),
            text=self._text(at["text"]),
            metric=labels.get(self._one_of(at["metric"], labels), ""),
            target=None,
            side=self._one_of(at["side"], SIDES),
            owner=self._text(at["owner"], most=80),
            due_on=self._day(at["due_on"]),
            if_missed=self._text(at["if_missed"]),
        )
        for name in ("area", "text", "side", "owner", "due_on"):
            if not getattr(goal, name):
                self._fault(at[name], "is blank: fill it in, or clear the whole row.")
        return self._with_target(goal, at["target"], at["metric"])

    def _with_target(self, goal: Goal, at: str, metric_at: str) -> Goal:
        blank = self.cells.raw(PLAN, at) in (None, "")
        if not goal.metric:
            if not blank:
                self._fault(
                    metric_at, "is blank, and there is a target: choose what it is measured by, or clear the target."
                )
            return goal
        if blank:
            self._fault(at, "is blank: give the target, or clear the measure.")
            return goal
        share = KNOWN[goal.metric].unit == "share"
        try:
            value = self.cells.number(at, share=share)
        except ValueError as error:
            self._fault(at, str(error))
            return goal
        proposed = [one.target for one in self.form.goals if one.metric == goal.metric]
        if share and 0 < abs(value) < 1 and value not in proposed:
            self._fault(at, f"holds {value:g}, which is less than one per cent: type 35 for 35 %.")
        return replace(goal, target=round(value / 100, 8) if share else value)

    def _day(self, at: str) -> date | None:
        try:
            day = self.cells.day(at)
        except ValueError as error:
            self._fault(at, str(error))
            return None
        first, last = self.form.span[0].start_time.date(), self.form.span[-1].end_time.date()
        if day is not None and not first <= day <= last:
            self._fault(at, f"holds {day}, which is outside of the plan: give a day from {first} to {last}.")
        return day

    def _text(self, at: str, *, most: int = 250) -> str:
        try:
            return self.cells.text(at, most=most)
        except ValueError as error:
            self._fault(at, str(error))
            return ""

    def _one_of(self, at: str, allowed: Iterable[str]) -> str:
        try:
            return self.cells.one_of(at, allowed)
        except ValueError as error:
            self._fault(at, str(error))
            return ""

    def _fault(self, at: str, said: str) -> None:
        # The first thing that is wrong with a cell explains the others.
        if not any(fault.at == at for fault in self.faults):
            self.faults.append(Fault(PLAN, at, said))
