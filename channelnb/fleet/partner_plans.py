"""`channelnb plan`: a partner's form written, or read back as the next version of its plan."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path

import pandas as pd
from rich.markup import escape
from rich.table import Table

from channelnb.errors import BadParameters, RunIncomplete
from channelnb.fleet import digests
from channelnb.fleet import plan_files as files
from channelnb.fleet.folder import held, write_whole
from channelnb.fleet.plan import SNAPSHOT
from channelnb.fleet.slugs import slug
from channelnb.form.cells import Cells, refuse
from channelnb.form.content import form_of
from channelnb.form.form import Filled, Form
from channelnb.form.read import identity_of, read_form
from channelnb.form.sealed import misleading_cells
from channelnb.form.sheet import form_bytes
from channelnb.frames import records
from channelnb.planning.business.plan import SHORTEST, make_plan
from channelnb.planning.business.versions import DRAFT, compared, every_version, in_force
from channelnb.slice import INTERNAL, PARTNER, Slice, gated
from channelnb.snapshot import Snapshot

PROPOSED = Path("proposed", "plans")
"""Where in a run's folder plans lie, a folder for each partner."""

FORMS = {PARTNER: "plan_form.xlsx", INTERNAL: "plan_form_internal.xlsx"}
"""The file of the form in each edition: the one that may be sent out has the plain name."""


_NOTE = ".json"


@dataclass(frozen=True)
class Asked:
    """What is asked for: the newest run in `runs` unless one is named, the form in it unless a file is."""

    run: Path | None = None
    form: Path | None = None
    edition: str = PARTNER
    months: int | None = None
    made_by: str = ""
    runs: Path = Path("runs")


@dataclass(frozen=True)
class Outcome:
    """What became of it: in words, and, once a form was read, what the plan comes to by line, for a terminal."""

    lines: tuple[str, ...]
    tables: tuple[Table, ...] = ()


def plan(partner_id: str, asked: Asked, *, today: date) -> Outcome:
    """Write a partner's form where there is none yet; read it, and keep what it says, where there is one.

    Raises BadParameters or RunIncomplete where the run cannot be told, UnknownName for a partner that it hasn't, and
    BadForm for a form that cannot be used.
    """
    run = asked.run or newest_run(asked.runs)
    snapshot = Snapshot.open(run / SNAPSHOT)
    place = run / PROPOSED / slug(partner_id) / FORMS[asked.edition]
    part = gated(snapshot, partner_id, INTERNAL)
    with held(run):
        if asked.form is None and not place.exists():
            return _written(gated(snapshot, partner_id, asked.edition), place, asked, run=run)
        return _read(part, asked.form or place, asked, snapshot=snapshot, run=run, today=today)


@dataclass(frozen=True)
class Noted:
    """A form that was written here: its own hash, and the version of the data that it was written of."""

    form: str
    data: str


def noted(path: Path) -> Noted | None:
    """What was noted of a form as it was written; None where nothing was, or where that cannot be read.

    >>> noted(Path("no/such/plan_form.xlsx")) is None
    True
    """
    try:
        return Noted(**json.loads(path.with_suffix(_NOTE).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def data_now(run: Path, partner_id: str) -> str:
    """The version of the data that a form of the partner's edition would be written of now."""
    return gated(Snapshot.open(run / SNAPSHOT), partner_id, PARTNER).data_version


def newest_run(runs: Path) -> Path:
    """The newest run in the folder of runs; raises RunIncomplete where there is none, BadParameters for several names.

    >>> newest_run(Path("no/such/runs"))
    Traceback (most recent call last):
    ...
    channelnb.errors.RunIncomplete: no/such/runs holds no run; make one with `channelnb run`, or name it with --run.
    """
    found = [about.parent.parent for about in sorted(runs.glob("*/*/snapshot/about.json"))]
    if not found:
        raise RunIncomplete(f"{runs} holds no run; make one with `channelnb run`, or name it with --run.")
    if len({run.parent for run in found}) > 1:
        shown = ", ".join(str(run) for run in found)
        raise BadParameters(f"{runs} holds runs of several names: {shown}; say which with --run.")
    return max(found, key=lambda run: (Snapshot.open(run / SNAPSHOT).about.as_of, run.name))


def _name(run: Path) -> str:
    return "/".join(run.resolve().parts[-2:])


def _written(part: Slice, place: Path, asked: Asked, *, run: Path) -> Outcome:
    form = form_of(part, run=_name(run), months=asked.months or SHORTEST)
    place.parent.mkdir(parents=True, exist_ok=True)
    content = form_bytes(form, made_by=asked.made_by)
    note = asdict(Noted(form=digests.of_bytes(content), data=part.data_version))
    write_whole(place.with_suffix(_NOTE), json.dumps(note).encode() + b"\n", run=run)
    write_whole(place, content, run=run)
    kept = f"It shows {form.vendor}'s margins: keep it inside." if form.internal else "It may be sent to the partner."
    open_still = [line.line for line in form.lines if line.remark.startswith("●")]
    look = f" Lines that need a decision: {', '.join(open_still)}." if open_still else ""
    edition = " --edition internal" if form.internal else ""
    return Outcome((
        f"Written: {place}",
        f"{kept} {len(form.lines)} lines are filled in as proposed.{look}",
        f"Fill in the yellow cells, save, and read it with: channelnb plan {part.partner_id} --run {run}{edition}",
    ))  # fmt: skip


def _read(part: Slice, path: Path, asked: Asked, *, snapshot: Snapshot, run: Path, today: date) -> Outcome:
    cells = Cells.open(path)
    said = identity_of(cells)
    if asked.months not in (None, said.months):
        raise BadParameters(
            f"--months is {asked.months}, and {path} is of {said.months} months; leave it out, or move the form away."
        )
    form = form_of(gated(snapshot, part.partner_id, said.edition), run=_name(run), months=said.months)
    filled = read_form(cells, form, made_by=asked.made_by)
    made = _plan(part, form, filled)
    if faults := misleading_cells(cells, form, made):
        raise refuse(path, faults)
    # A line that the partner does not sell, and is not to, is no part of its plan.
    idle = made.groupby("line")["revenue"].transform("sum").eq(0) & ~made["line"].isin(
        part.frames["plan_proposed"]["line"]
    )
    return _kept(part, made[~idle], filled, run=run, today=today)


def _plan(part: Slice, form: Form, filled: Filled) -> pd.DataFrame:
    rates = part.frames["plan_cost_rates"]
    return make_plan(part.frames["plan_basis"], filled.choices, first=form.first, months=form.months, costs=rates)


def _kept(part: Slice, made: pd.DataFrame, filled: Filled, *, run: Path, today: date) -> Outcome:
    """Keep a plan as the next version, unless it says what the last one does."""
    folder, period = run / PROPOSED / slug(part.partner_id), part.about.period
    rows, promised = files.plan_rows(part, made, filled), files.commitment_rows(part, filled.goals)
    there = files.versions_in(folder, period)
    before = _before(part, folder, there)
    if there:
        last = files.read_version(folder, there[-1])
        if files.same(last[0], rows) and files.same(last[1], promised):
            return Outcome((f"Unchanged: the form says what {folder / there[-1]}.csv holds; no version was added.",))
    version = files.next_version({*there, *every_version(part.frames)["version"]}, period)
    files.write_version(folder, version, (rows, promised), on=today, run=run)
    files.write_for_crm(folder, part, made, version=version, status=filled.status, run=run)
    tables = _shown(by_line(part, made, before[1]), before=before[0], currency=part.about.currency)
    return Outcome(tuple(_said(folder, version, filled, run=run)), tables)


def _before(part: Slice, folder: Path, versions: list[str]) -> tuple[str, pd.DataFrame]:
    """What a new version is set against: the last one proposed, else what is in force; its name, and its months."""
    if versions:
        return f"version {versions[-1]}", files.as_amounts(files.read_version(folder, versions[-1])[0])
    return "the plan in force", in_force(part.frames["plan_versions"], calendar=part.calendar)


def by_line(part: Slice, made: pd.DataFrame, before: pd.DataFrame) -> pd.DataFrame:
    """What a plan comes to by line, and in all: one row each, money in the run's currency, NaN where it isn't known.

    Needs the rows of `make_plan`, and line, month and revenue of a plan `before`. `before` and `change` are about the
    months that both have; other columns are of the plan's years, such as ``revenue_1``.
    """
    years = sorted(made["year"].unique())
    sums = pd.DataFrame(
        {
            f"{what}_{year}": made[made["year"].eq(year)].groupby("line")[what].sum(min_count=1)
            for what in ("revenue", "partner_profit", "vendor_profit")
            for year in years
        }
    )
    last = part.frames["plan_basis"].set_index("line")["last_year"]
    sides = compared(before, made, by=["line"]).set_index("line").rename(columns={"one": "before"})
    table = sums.join(last, how="left").join(sides[["before", "change"]], how="outer")
    table = table[["last_year", *sums.columns, "before", "change"]].sort_values("revenue_1", ascending=False)
    table.loc["All lines"] = table.sum(min_count=1)
    return table.reset_index(names="line")


def _shown(table: pd.DataFrame, *, before: str, currency: str) -> tuple[Table, ...]:
    """The table of `by_line` for a terminal: revenue, then profits."""
    years = [name.removeprefix("revenue_") for name in table.columns if name.startswith("revenue_")]
    revenue = {"last_year": "last 12 months"} | {f"revenue_{year}": f"year {year}" for year in years}
    revenue |= {"before": before, "change": "change in the same months"}
    profits = {f"{whose}_profit_{year}": f"{whose}'s, year {year}" for whose in ("partner", "vendor") for year in years}
    return (
        _table(table, revenue, title=f"Revenue, {currency}"),
        _table(table, profits, title=f"Profit, {currency}"),
    )


def _table(rows: pd.DataFrame, columns: dict[str, str], *, title: str) -> Table:
    result = Table(title=title, title_justify="left", box=None)
    result.add_column("line")
    for name in columns.values():
        result.add_column(escape(name), justify="right")
    for row in records(rows):
        result.add_row(escape(str(row["line"])), *(_whole(row[name]) for name in columns))
    return result


def _whole(amount: float) -> str:
    return "not known" if pd.isna(amount) else f"{amount:,.0f}"


def _said(folder: Path, version: str, filled: Filled, *, run: Path) -> Iterator[str]:
    yield f"Version {version}, {filled.status}, by {filled.made_by}."
    yield f"Written: {folder / version}.csv, {version}.commitments.csv and {files.FOR_CRM}"
    if filled.status == DRAFT:
        yield "It is a draft: set the form's status to committed once both sides stand by it, and read it again."
    else:
        yield f"To make it the plan that counts: channelnb accept {run}"
