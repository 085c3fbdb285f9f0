"""The field's central table: past periods against plan, running and coming ones against the pipeline's target.

One code for both: a partner's has a row for each measure, a manager's one for each partner.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import pandas as pd

from channelnb.fiscal import FiscalCalendar
from channelnb.frames import records
from channelnb.narrative.facts import PIPELINE, PLAN, PLAN_TO_DATE, TARGET, Fact, Facts
from channelnb.narrative.sentence import say
from channelnb.planning.outlook import COMING, PAST, RUNNING, against_plan, against_target, outlook
from channelnb.report.blocks import Text, mark
from channelnb.report.shown import Shown
from channelnb.report.tables import ColumnFormat, table
from channelnb.report.words import shown_figure, spoken
from channelnb.snapshot import About

YEAR = "year"
"""The column that adds up the year so far, beside the past, the running and the coming periods."""

AGAINST_PLAN, AHEAD = "Against plan", "Plan and pipeline"
_NONE = "–"
_ARROWS = {"ahead": ("up", "good"), "over": ("up", "good"), "behind": ("down", "bad"), "under": ("down", "bad")}


@dataclass(frozen=True)
class Column:
    """A period of the table, and whether it is past, the year so far, running or coming."""

    period: str
    when: str

    def format(self, *, over: bool = True) -> ColumnFormat:
        """Its heading and the group that it stands in; the year says so while it is not over.

        >>> Column("2026Q4", RUNNING).format(), Column("2026", YEAR).format(over=False).label
        (ColumnFormat(label='2026Q4 running', unit='number', group='Plan and pipeline'), '2026 to date')
        """
        after = {RUNNING: " running", YEAR: "" if over else " to date"}.get(self.when, "")
        return ColumnFormat(self.period + after, "number", AHEAD if self.when in (RUNNING, COMING) else AGAINST_PLAN)


@dataclass(frozen=True)
class Subject:
    """Of whom a row or a table tells: a partner by itself, or one of several by its `grain`."""

    facts: Facts
    grain: Mapping[str, str] = field(default_factory=dict)

    def fact(self, name: str, column: Column, *, role: str = "actual", unit: str = "money") -> Fact:
        """A fact of the subject in the period of a column.

        >>> facts = Facts([Fact("revenue", "2026Q3", 5.0, "money", (("partner_id", "P1"),))])
        >>> Subject(facts, {"partner_id": "P1"}).fact("revenue", Column("2026Q3", PAST)).value
        5.0
        """
        return self.facts.of(name, column.period, role=role, unit=unit, **self.grain)

    def plan(self, column: Column) -> Fact:
        """The plan of a column's period: of the year the plan to date while it is not over, else the whole."""
        if column.when == YEAR:
            return self.facts.plan(column.period, **self.grain)
        return self.fact("revenue", column, role=PLAN)

    def verdict(self, column: Column, *, target: float) -> str:
        """Ahead or behind of plan, over or under target, in words; "" where there is no plan.

        >>> own = Subject(Facts([Fact("attainment", "2026Q3", 0.9, "share")]))
        >>> own.verdict(Column("2026Q3", PAST), target=4.0), own.verdict(Column("2026Q4", COMING), target=4.0)
        ('10 % behind', '')
        """
        index = self.fact("pipeline_index", column, unit="index")
        attainment = self.fact("attainment", column, unit="share")
        if column.when in (RUNNING, COMING) and index.known and index.value is not None:
            return against_target(index.value, target)
        if column.when == COMING or not attainment.known or attainment.value is None:
            return ""
        return against_plan(attainment.value) + (" to date" if column.when == RUNNING else "")


def columns_of(measures: pd.DataFrame, yearly: pd.DataFrame, about: About) -> list[Column]:
    """The columns from left to right: past periods, the year so far, the running and the coming ones.

    Needs a subject's measures by period, and those by year in which the column ``period`` is the year.
    """
    told = outlook(measures, target=about.pipeline_target, period=about.period, over=about.over)
    columns = [Column(row["period"], row["when"]) for row in records(told)]
    past = [column for column in columns if column.when == PAST]
    year = _year(about)
    known = yearly[yearly["period"].astype(str).eq(year)]["value"].notna().any()
    return [*past, *([Column(year, YEAR)] if known else []), *(c for c in columns if c.when != PAST)]


def _year(about: About) -> str:
    calendar = FiscalCalendar(about.first_month)
    return calendar.year_of(calendar.start(about.period))


def _formats(columns: Sequence[Column], about: About) -> dict[str, ColumnFormat]:
    calendar = FiscalCalendar(about.first_month)
    year_over = calendar.end(f"{_year(about)}Q4").isoformat() <= about.as_of
    return {column.period: column.format(over=year_over) for column in columns}


def by_measure(subject: Subject, columns: Sequence[Column], about: About, *, caption: str) -> Shown:
    """The table of one subject: a row for each measure that has a figure, a column for each period."""
    rows = {label: {c.period: cell(subject, c, about) for c in columns} for label, cell in _ROWS.items()}
    told = [{"measure": label, **cells} for label, cells in rows.items() if set(cells.values()) - {"", _NONE}]
    formats = {"measure": ColumnFormat("Measure"), **_formats(columns, about)}
    return table(pd.DataFrame(told), id="plan-and-pipeline", columns=formats, caption=caption)


_Cell = Callable[[Subject, Column, About], Text]


def _cell(
    name: str, *, role: str = "actual", when: tuple[str, ...] = (PAST, YEAR, RUNNING, COMING), unit: str = "money"
) -> _Cell:
    def cell(subject: Subject, column: Column, _: About) -> Text:
        return _figure(subject.fact(name, column, role=role, unit=unit)) if column.when in when else ""

    return cell


def _figure(fact: Fact) -> Text:
    return shown_figure(fact, "") if fact.known else _NONE


def _at_plan_rates(subject: Subject, column: Column, _: About) -> Text:
    """What the actual would be at plan rates, where exchange rates made a difference."""
    foreign = subject.fact("currency_effect", column).n
    return _figure(subject.fact("revenue_at_plan_rates", column)) if foreign and column.when in (PAST, RUNNING) else ""


def _verdict(subject: Subject, column: Column, about: About) -> Text:
    said = subject.verdict(column, target=about.pipeline_target)
    return _marked(said, said) if said else "no plan"


def _marked(said: str, what: Text) -> Shown:
    """A figure or words with the arrow and the tone of what is said of it."""
    arrow, tone = next((_ARROWS[word] for word in said.split() if word in _ARROWS), ("level", "neutral"))
    shown = mark(what, arrow=arrow, tone=tone)
    return Shown(shown.html, what.facts if isinstance(what, Shown) else (), shown.text)


_ROWS: dict[str, _Cell] = {
    "Plan": lambda subject, column, _: _figure(subject.plan(column)),
    "Plan to date": _cell("revenue", role=PLAN_TO_DATE, when=(RUNNING,)),
    "Actual": _cell("revenue", when=(PAST, YEAR, RUNNING)),
    "Actual at plan rates": _at_plan_rates,
    "Attainment": _cell("attainment", when=(PAST, YEAR, RUNNING), unit="share"),
    "Pipeline due": _cell("revenue", role=PIPELINE, when=(RUNNING, COMING)),
    "Pipeline index": _cell("pipeline_index", when=(RUNNING, COMING), unit="index"),
    "Target": _cell("pipeline_index", role=TARGET, when=(RUNNING, COMING), unit="index"),
    "Against plan or target": _verdict,
}


@dataclass(frozen=True)
class Row:
    """A row of a manager's table: what heads it, of whom it tells, and cells of its own between both."""

    head: Text
    subject: Subject
    beside: Mapping[str, object] = field(default_factory=dict)


def by_subject(
    rows: Sequence[Row], columns: Sequence[Column], about: About, *, caption: str, beside: Mapping[str, ColumnFormat]
) -> Shown:
    """The table of several subjects: a row for each, a column for each period.

    A cell of a past period has the attainment, marked, above actual and plan; one of a coming period the pipeline
    index, marked, above pipeline and plan.
    """
    frame = pd.DataFrame(
        [
            {"head": row.head, **row.beside, **{c.period: _stacked(row.subject, c, about) for c in columns}}
            for row in rows
        ]
    )
    formats = {"head": ColumnFormat("Partner"), **beside, **_formats(columns, about)}
    return table(frame, id="plan-and-pipeline", columns=formats, caption=caption, currency=about.currency)


def _stacked(subject: Subject, column: Column, about: About) -> Text:
    """The marked ratio of a period above what is said of it, and above the two figures that it is made of."""
    ahead = column.when in (RUNNING, COMING)
    name, unit = ("pipeline_index", "index") if ahead else ("attainment", "share")
    ratio, plan = subject.fact(name, column, unit=unit), subject.plan(column)
    above = subject.fact("revenue", column, role=PIPELINE if ahead else "actual")
    if not above.known and not plan.known:
        return _NONE
    verdict = subject.verdict(column, target=about.pipeline_target)
    if not ratio.known:
        return _without_ratio(above, plan)
    lines = [_ratio(ratio, verdict)]
    if verdict:
        word = next((word for word in verdict.split() if word in _ARROWS), "on plan")
        lines.append(spoken(say(word), ""))
    if above.known and plan.known:
        # Each on a line of its own, so that all columns are as narrow as they can be.
        lines += [spoken(say(above), ""), spoken(say(f"{'on' if ahead else 'of'}\N{NO-BREAK SPACE}", plan), "")]
    to_date = subject.fact("attainment", column, unit="share")
    if column.when == RUNNING and to_date.known:
        lines.append(spoken(say(to_date, " of plan to date"), ""))
    small = "".join(f"<small>{line.html}</small>" for line in lines[1:])
    facts = tuple(fact for line in lines for fact in line.facts)
    return Shown(lines[0].html + small, facts, " ".join(line.text for line in lines))


def _ratio(ratio: Fact, verdict: str) -> Shown:
    """Attainment or index as it heads a cell; on plan no arrow, which would look like a minus."""
    shown = shown_figure(ratio, "")
    return _marked(verdict, shown) if set(verdict.split()) & _ARROWS.keys() else shown


def _without_ratio(above: Fact, plan: Fact) -> Shown:
    """What was sold or is due where no plan is known, or the plan where nothing else is."""
    known, word = (above, "no plan") if above.known else (plan, "planned")
    shown = shown_figure(known, "")
    return Shown(f"{shown.html}<small>{word}</small>", shown.facts, f"{shown.text}, {word}")
