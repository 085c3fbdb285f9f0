"""`channelnb check`: a source looked at before any report is made, and what is said of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import date
from itertools import groupby
from pathlib import Path
from typing import Any, Literal

import pandas as pd
from rich.console import Console, Group, RenderableType
from rich.markup import escape
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from channelnb.book.book import open_book
from channelnb.book.config import SETTINGS, find_folder, read_source
from channelnb.book.findings import WITHOUT_RATE, most_severe_first, of_missing_rates, of_rejects
from channelnb.book.rules import RULES
from channelnb.errors import RatesMissing
from channelnb.fiscal import FiscalCalendar
from channelnb.frames import records
from channelnb.metrics import readiness
from channelnb.numbers import amount, percent
from channelnb.params import ParametersFile, known_by, read_parameters
from channelnb.plugins import blamed, plugged_in
from channelnb.redaction import told

OK, BAD_INPUT = 0, 2
COLOURS = {"error": "bold red", "warning": "yellow", "note": "cyan"}
_PLACES = 3
"""How many tables and columns a rule names before it counts the rest."""


@dataclass(frozen=True)
class Asked:
    """What is looked at: a source, the period and day, how many rejects are let pass; `file` may name plugins."""

    source: str | Path
    period: str | None = None
    as_of: date | None = None
    max_rejected: int = 0
    file: ParametersFile | None = field(default=None, compare=False)


@dataclass(frozen=True)
class Checked:
    """What was found: `title` says of what; `frames` tell of readiness, and are empty where the book cannot be made."""

    title: str
    currency: str
    findings: pd.DataFrame
    rejected: int = 0
    max_rejected: int = 0
    frames: dict[str, pd.DataFrame] = field(default_factory=dict)

    @property
    def exit_status(self) -> int:
        """2 where more rows are rejected than may be, or a rule finds an error; else 0.

        >>> none = of_missing_rates([])
        >>> Checked("Acme", "USD", none, rejected=3).exit_status
        2
        >>> Checked("Acme", "USD", none, rejected=3, max_rejected=5).exit_status
        0
        """
        by_rule = self.findings["rule"].isin({rule.name for rule in RULES} | {WITHOUT_RATE})
        errors = (self.findings["severity"] == "error") & by_rule
        return BAD_INPUT if errors.any() or self.rejected > self.max_rejected else OK


def asked(path: Path, *, period: str | None = None) -> Asked:
    """What a source folder, or a run's parameters, ask to be looked at.

    A period given here wins over that of the parameters. Raises BadParameters for a fault in them.

    >>> asked(Path("data/sample"), period="2026Q3").period
    '2026Q3'
    """
    if path.name == SETTINGS:
        return Asked(path.parent, period)
    if path.suffix not in (".yaml", ".yml"):
        return Asked(path, period)
    file = read_parameters(path)
    chosen = file.chosen
    # A day was chosen for the period of the file: it means nothing for another one.
    as_of = chosen.as_of if period in (None, chosen.period) else None
    return Asked(chosen.source, period or chosen.period, as_of, chosen.max_rejected, file)


def check(what: Asked, *, today: date, rejects: Path | None = None) -> Checked:
    """Look at a source: what was found, what is wrong, what can be measured.

    Of a period that is not over what is known `today` is looked at, as a run does.
    Rows that break the contract are written to the folder `rejects`, too. Raises BadSource where the source
    cannot be read; a missing exchange rate is a finding, beside what was rejected.
    """
    as_of = what.as_of
    if as_of is None and what.period is not None:
        calendar = FiscalCalendar(read_source(find_folder(what.source)).vendor.first_month)
        as_of = known_by(what.period, calendar, today=today)
    try:
        book = open_book(what.source, quarter=what.period, as_of=as_of, rejects=rejects)
    except RatesMissing as error:
        return Checked(
            title=f"{what.source}: the books cannot be made",
            currency="",
            findings=most_severe_first(of_missing_rates(error.missing), of_rejects(error.rejects)),
            rejected=len(error.rejects[["table", "row"]].drop_duplicates()),
            max_rejected=what.max_rejected,
        )
    with ExitStack() as stack:
        stack.enter_context(book)
        plugins = stack.enter_context(plugged_in(what.file)) if what.file else ()
        stack.enter_context(blamed(plugins, book))
        frames = readiness.frames(book, readiness.measured(book))
        return Checked(
            title=f"{told(book.vendor.name)}, {readiness.period_of(book)}, as known on {book.as_of}",
            currency=book.vendor.currency,
            findings=frames["readiness_findings"],
            rejected=sum(load.rows_rejected for load in book.loads.values()),
            max_rejected=what.max_rejected,
            frames=frames,
        )


def show(checked: Checked, console: Console) -> None:
    """Print what was found: what is wrong first, the gravest on top; then what can be measured, and what would help."""
    console.print(Text(checked.title, style="bold"))
    for part in _parts(checked):
        console.print()
        console.print(part, highlight=False)


def _parts(checked: Checked) -> Iterator[RenderableType]:
    frames = checked.frames
    if frames:
        yield _summary(checked)
    yield from _findings(checked)
    if frames:
        yield _tables(frames["readiness_tables"], frames["readiness_columns"])
        yield _metrics(frames["readiness_metrics"])
        yield from _unlocks(frames["readiness_unlocks"])
        yield from _as_today(frames["readiness_tables"])


def _summary(checked: Checked) -> RenderableType:
    metrics, tables = checked.frames["readiness_metrics"], checked.frames["readiness_tables"]
    lines = [
        f"Found: {readiness.tally(checked.findings)}.",
        f"Rows: {tables['rows_in'].sum():,} in, {tables['rows_used'].sum():,} used, {checked.rejected:,} rejected"
        + (f" (at most {checked.max_rejected:,} may be)." if checked.rejected else "."),
        f"Metrics: {(metrics['state'] == 'ok').sum()} of {len(metrics)} can be measured.",
    ]
    return Text("\n".join(lines))


def _findings(checked: Checked) -> Iterator[RenderableType]:
    """One block for each rule: why it matters, where it was found, what to do."""
    for _, group in groupby(records(checked.findings), key=lambda row: (row["severity"], row["reason"])):
        rows = list(group)
        yield _finding(rows, checked.currency)


def _finding(rows: list[dict[str, Any]], currency: str) -> RenderableType:
    first = rows[0]
    broken = len({row["rule"] for row in rows}) > 1 or " " in str(first["rule"])
    name = "broken_contract" if broken else str(first["rule"])
    head = Text.assemble((f"{first['severity']:<8}", COLOURS[str(first["severity"])]), (name, "bold"))
    body = [Text(str(first["reason"])), *(_place(row, currency) for row in rows[:_PLACES])]
    if len(rows) > _PLACES:
        rest = sum(row["rows"] for row in rows[_PLACES:])
        body.append(Text(f"  and {rest:,} more rows in {len(rows) - _PLACES} more places", style="dim"))
    remedies = dict.fromkeys(str(row["remedy"]) for row in rows[:_PLACES])
    body += [Text(f"→ {remedy}") for remedy in remedies]
    return Group(head, Padding(Group(*body), (0, 0, 0, 8)))


def _place(row: dict[str, Any], currency: str) -> Text:
    where = ".".join(str(row[name]) for name in ("table", "column") if isinstance(row[name], str) and row[name])
    worth = f", {amount(row['money'], currency)}" if row["money"] == row["money"] and row["money"] else ""
    by_row = " " in str(row["rule"])
    broke = f" ({row['rule']})" if by_row else ""
    found = f": {row['found']!r}" if by_row and isinstance(row["found"], str) else f": {row['found']}"
    at = f"; rows {row['first_rows']}" if by_row else ""
    count = f"{row['rows']:,} row{'' if row['rows'] == 1 else 's'}"
    return Text.assemble("• ", (where, "bold"), f" {count}{worth}{broke}{found}{at}")


def _tables(tables: pd.DataFrame, columns: pd.DataFrame) -> RenderableType:
    """The tables that the source gives, and which of the columns that metrics and pages ask for are not given."""
    asked_for = columns[~columns["given"] & (columns[["metrics", "page"]] != "").any(axis=1)]
    given = tables[tables["given"]]
    absent = {name: ", ".join(rows["column"]) for name, rows in asked_for.groupby("table")}
    shown = _grid("Tables", "table", "from", "rows in", "used", "rejected", "columns", *_if(absent, "not given"))
    for row in records(given):
        # A file is named as its table: what is left to say is of which kind it is.
        kind = str(row["file"]).removeprefix(f"{row['table']}.")
        counts = (f"{row[name]:,}" for name in ("rows_in", "rows_used", "rows_rejected"))
        columns_given = f"{row['columns_given']} of {row['columns']}"
        lacks = _if(absent, absent.get(row["table"], ""))
        shown.add_row(*map(escape, (row["table"], kind, *counts, columns_given, *lacks)))
    thin = columns[readiness.thin(columns)]
    said = [f"{row['table']}.{row['column']} {percent(row['filled'], digits=0)}" for row in records(thin)]
    note = [Padding(Text(f"Filled in only in part, though metrics read them: {', '.join(said)}."), (1, 0, 0, 0))]
    return Group(shown, *(note if said else []))


def _metrics(metrics: pd.DataFrame) -> RenderableType:
    few_at_all = metrics["too_few"].any()
    shown = _grid("Metrics", "metric", "partners", *_if(few_at_all, "too few"), "why not for the others")
    order = metrics.sort_values("state", key=lambda states: states != "ok", kind="stable")
    period = metrics["period"].min()
    for row in records(order):
        none = row["partners"] - row["ok"] - row["too_few"]
        why = f"lacks {row['lacks']}" if row["lacks"] else row["absent"] if none else ""
        ahead = "" if row["period"] == period else f" in {row['period']}"
        counted = f"{row['ok']:,} of {row['partners']:,}"
        few = _if(few_at_all, f"{row['too_few']:,}" if row["too_few"] else "")
        shown.add_row(*map(escape, (f"{row['metric']}{ahead}", counted, *few, why)))
    return shown


def _unlocks(unlocks: pd.DataFrame) -> Iterator[RenderableType]:
    useful = unlocks[(unlocks[["metrics", "together"]] != "").any(axis=1)]
    if len(useful):
        shown = _grid("What would unlock most", "give", "and get", "with others, also")
        for row in records(useful):
            shown.add_row(*map(escape, (row["give"], row["metrics"], row["together"])))
        yield shown
    others = records(unlocks.drop(useful.index))
    columns = [f"{row['give']} ({row['also']})" for row in others if "." in row["give"]]
    if columns:
        yield Text(f"Pages ask for these, too: {', '.join(columns)}.")
    tables = [str(row["give"]) for row in others if "." not in row["give"]]
    if tables:
        yield Text(f"Tables not given: {', '.join(tables)}. `channelnb contract` says what each unlocks.")


def _as_today(tables: pd.DataFrame) -> Iterator[RenderableType]:
    whole = tables.loc[tables["as_today"] == readiness.ALL, "table"]
    part = tables[~tables["as_today"].isin(["", readiness.ALL])]
    said = [f"all of {', '.join(whole)}"] if len(whole) else []
    said += [f"{row['table']}: {row['as_today']}" for row in records(part)]
    if said:
        yield Text(f"Without a date, so as it is today in a report on the past: {'; '.join(said)}.")


def _if(condition: object, *cells: str) -> tuple[str, ...]:
    return cells if condition else ()


_NUMBERS = frozenset({"rows in", "used", "rejected", "columns", "partners", "too few"})
_WHOLE = _NUMBERS | {"table", "metric"}


def _grid(title: str, *columns: str) -> Table:
    shown = Table(title=title, title_justify="left", title_style="bold", box=None, pad_edge=False)
    for column in columns:
        justify: Literal["left", "right"] = "right" if column in _NUMBERS else "left"
        shown.add_column(column, justify=justify, no_wrap=column in _WHOLE, overflow="fold")
    return shown
