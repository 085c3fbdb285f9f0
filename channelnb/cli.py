"""The `channelnb` command."""

from __future__ import annotations

import sys
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table
from typer.core import TyperGroup

from channelnb.errors import ChannelnbError
from channelnb.params import Edition
from channelnb.redaction import redacted

BAD_INPUT, STOPPED = 2, 130


class _Commands(TyperGroup):
    """The commands; an error of channelnb's is one message and exit status 2, never a traceback."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except (ChannelnbError, OSError) as error:
            Console(stderr=True).print(f"[red]error:[/red] {escape(_said(error))}", highlight=False, soft_wrap=True)
            raise typer.Exit(BAD_INPUT) from None


def _said(error: ChannelnbError | OSError) -> str:
    if isinstance(error, ChannelnbError):
        return str(error)
    # A folder that cannot be written, a full disk, a name that is too long.
    return redacted(f"{error.filename or 'this machine'}: {error.strerror or error}.")


app = typer.Typer(
    name="channelnb",
    cls=_Commands,
    help="Turn a vendor's own exports into one trustworthy report per partner and quarter.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)


class EditionChoice(StrEnum):
    """Whose edition of the reports to make."""

    INTERNAL = "internal"
    PARTNER = "partner"
    BOTH = "both"

    @property
    def editions(self) -> tuple[Edition, ...]:
        """The editions that are meant."""
        both: tuple[Edition, ...] = ("internal", "partner")
        return both if self is EditionChoice.BOTH else tuple(name for name in both if name == self.value)


class FormEdition(StrEnum):
    """Whose edition of a plan's form to write."""

    PARTNER = "partner"
    INTERNAL = "internal"


class KernelChoice(StrEnum):
    """How the notebooks' kernels are started."""

    FORKED = "forked"
    PLAIN = "plain"


@app.command()
def init(
    folder: Annotated[Path, typer.Argument(help="The folder to write, such as data/acme.", show_default=False)],
    raw: Annotated[
        Path | None, typer.Option(help="The folder of your exports; they are listed in EXPORTS.md.", show_default=False)
    ] = None,
    quarter: Annotated[
        str | None,
        typer.Option(help="The quarter (or month) to review; by default the last calendar quarter that is over."),
    ] = None,
) -> None:
    """Start a source of your own: source.yaml, and for each table a .sql file to fill in.

    In a folder that has a folder params, it also writes the parameters of a first run.
    """
    from channelnb.fiscal import FiscalCalendar
    from channelnb.start import start

    calendar = FiscalCalendar()
    last = calendar.shift(calendar.quarter_of(date.today()), -1)
    for line in start(folder, period=quarter or last, params=Path("params"), raw=raw).lines():
        Console().print(escape(line), highlight=False, soft_wrap=True)


@app.command()
def contract(
    table: Annotated[str | None, typer.Argument(help="Explain one table's columns.", show_default=False)] = None,
) -> None:
    """List the tables that a source may have, or a table's columns: what each may hold, and what it unlocks."""
    from channelnb.book.tables import CONTRACT
    from channelnb.metrics import unlocks

    found = unlocks.contract(table)
    shown = Table(box=None, pad_edge=False)
    for name in found.columns:
        shown.add_column(name, justify="right" if name == "columns" else "left", no_wrap=name in ("table", "column"))
    for row in found.itertuples(index=False):
        shown.add_row(*("yes" if cell is True else "" if cell is False else escape(str(cell)) for cell in row))
    if table:
        about = CONTRACT[table]
        Console().print(f"{table}: {about.about} It unlocks {about.unlocks}.", highlight=False, soft_wrap=True)
    Console().print(shown)


@app.command()
def check(
    source: Annotated[
        Path,
        typer.Argument(
            help="A source's folder, or a run's parameters, such as params/sample.yaml.", show_default=False
        ),
    ],
    quarter: Annotated[
        str | None,
        typer.Option(help="The quarter, or month, to look at; by default that of the parameters, or the last one."),
    ] = None,
    rejects: Annotated[
        Path | None,
        typer.Option(help="Write the rows that break the contract to this folder, as Parquet.", show_default=False),
    ] = None,
) -> None:
    """Say what a source's data can and cannot tell: what is wrong, what can be measured, what would unlock more.

    Exit status: 0 nothing is wrong, 2 figures would be: a rule finds an error, or more rows are rejected than may be.
    """
    from channelnb import check as checking

    asked = checking.asked(source, period=quarter)
    found = checking.check(asked, today=date.today(), rejects=rejects)
    checking.show(found, Console())
    raise typer.Exit(found.exit_status)


@app.command()
def run(
    params: Annotated[
        Path, typer.Argument(help="The run's parameters, such as params/sample.yaml.", show_default=False)
    ],
    partner: Annotated[
        list[str] | None, typer.Option(help="Only this partner's reports; may be repeated.", show_default=False)
    ] = None,
    notebook: Annotated[
        list[str] | None, typer.Option(help="Only this notebook's reports; may be repeated.", show_default=False)
    ] = None,
    edition: Annotated[
        EditionChoice | None, typer.Option(help="Only this edition of the reports.", show_default=False)
    ] = None,
    jobs: Annotated[
        int | None, typer.Option("--jobs", "-j", min=1, help="Reports made at a time; by default one a core.")
    ] = None,
    scheduler: Annotated[
        str | None,
        typer.Option(help="A Dask scheduler's address; its workers must see the same folders as this machine."),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Make again what is there already.")] = False,
    kernels: Annotated[
        KernelChoice, typer.Option(help="Fork kernels (Linux only, many times faster), or start each afresh.")
    ] = KernelChoice.FORKED if sys.platform == "linux" else KernelChoice.PLAIN,
    time_limit: Annotated[float, typer.Option(min=1, help="Seconds that one notebook may take.")] = 600,
    runs: Annotated[Path, typer.Option(help="Where the folders of runs lie.")] = Path("runs"),
) -> None:
    """Make every report of a quarter, or, when started again, those that are missing.

    Exit status: 0 all reports made, 1 some failed (and which), 2 bad input, before any notebook has started.
    """
    # Imported here: `--help` should not wait for Dask.
    from channelnb.fleet.run import Choice
    from channelnb.fleet.run import run as make_run

    console = Console()
    choice = Choice(
        partners=tuple(partner or ()),
        notebooks=tuple(notebook or ()),
        editions=edition.editions if edition else (),
        jobs=jobs,
        scheduler=scheduler,
        kernels=kernels.value,
        time_limit=time_limit,
        force=force,
        runs=runs,
    )
    try:
        outcome = make_run(params, choice, today=date.today(), console=console)
    except KeyboardInterrupt:
        console.print("Stopped. What is made stays; the same command goes on from here.")
        raise typer.Exit(STOPPED) from None
    for line in outcome.lines():
        console.print(escape(line), highlight=False, soft_wrap=True)
    raise typer.Exit(outcome.exit_status)


@app.command()
def status(
    run: Annotated[Path, typer.Argument(help="A run's folder, such as runs/sample/2026Q3.", show_default=False)],
) -> None:
    """Say how far a run is: how many reports are made, missing and failed, and why."""
    from channelnb.fleet.manifest import standing

    console = Console()
    found = standing(run)
    table = Table(box=None)
    for column in ("notebook", "edition", "made", "missing", "failed"):
        table.add_column(column, justify="left" if column in ("notebook", "edition") else "right")
    for (notebook, edition), counts in found.counts.items():
        table.add_row(escape(notebook), edition, *(f"{counts[state]:,}" for state in ("made", "missing", "failed")))
    console.print(table)
    for line in found.reasons:
        console.print(f"[red]failed[/red] {escape(line)}", highlight=False, soft_wrap=True)
    raise typer.Exit(1 if found.reasons else 0)


@app.command()
def plan(
    partner: Annotated[str, typer.Argument(help="The partner's id, such as P0003.", show_default=False)],
    run: Annotated[
        Path | None,
        typer.Option(help="A run's folder; by default the newest, if all runs have one name.", show_default=False),
    ] = None,
    form: Annotated[
        Path | None, typer.Option(help="Read this form rather than the one in the run.", show_default=False)
    ] = None,
    edition: Annotated[
        FormEdition, typer.Option(help="Whose form: the partner's, safe to send out, or one with the vendor's margins.")
    ] = FormEdition.PARTNER,
    months: Annotated[
        int | None, typer.Option(min=24, max=36, help="Months that a new form plans; by default 24.")
    ] = None,
    made_by: Annotated[
        str, typer.Option(help="Who fills in the form; comes before the name in it.", show_default=False)
    ] = "",
    runs: Annotated[Path, typer.Option(help="Where the folders of runs lie.")] = Path("runs"),
) -> None:
    """Write a partner's plan_form.xlsx, one page to fill in; or read it, where it is there, as the plan's next version.

    The partner's edition holds none of the vendor's margins. A form is read in whole or not at all: exit status 2, and
    every cell that needs another look. To start anew, move the form away.
    """
    from channelnb.fleet.partner_plans import Asked
    from channelnb.fleet.partner_plans import plan as make_plan

    asked = Asked(run=run, form=form, edition=edition.value, months=months, made_by=made_by, runs=runs)
    outcome = make_plan(partner, asked, today=date.today())
    console = Console()
    for table in outcome.tables:
        console.print(table)
    for line in outcome.lines:
        console.print(escape(line), highlight=False, soft_wrap=True)


@app.command()
def accept(
    run: Annotated[Path, typer.Argument(help="A run's folder, such as runs/sample/2026Q3.", show_default=False)],
    actions: Annotated[
        Path | None,
        typer.Option(help="The workbook to read; by default actions.xlsx in the run's proposed/.", show_default=False),
    ] = None,
) -> None:
    """Add what people accepted of a run to its source: actions of its actions.xlsx, and plans that are committed.

    They are written to the folder agreed/ of the source, beside its own tables, and are promises in the next review.
    """
    from channelnb.fleet.accept import accept as accept_run

    for line in accept_run(run, today=date.today(), actions=actions).lines():
        Console().print(escape(line), highlight=False, soft_wrap=True)


@app.command()
def pack(
    run: Annotated[Path, typer.Argument(help="A run's folder, such as runs/sample/2026Q3.", show_default=False)],
    partner: Annotated[str, typer.Option(help="The partner to send it to.", show_default=False)],
    to: Annotated[
        Path | None, typer.Option(help="The folder to write it to; by default packed/ in the run.", show_default=False)
    ] = None,
) -> None:
    """Pack the partner's edition of one partner's reports as the one zip that may be sent.

    It holds the pages, their tables, their PDFs where they are printed, and the plan's form where one was written, all
    as the run made them. Exit status 2, and no zip, where anything else lies among them or a report is missing.
    """
    from channelnb.fleet.pack import pack as make_pack

    for line in make_pack(run, partner, to=to).lines():
        Console().print(escape(line), highlight=False, soft_wrap=True)


@app.command()
def pdf(
    run: Annotated[Path, typer.Argument(help="A run's folder, such as runs/sample/2026Q3.", show_default=False)],
    partner: Annotated[
        list[str] | None, typer.Option(help="Only this partner's pages; may be repeated.", show_default=False)
    ] = None,
    notebook: Annotated[
        list[str] | None, typer.Option(help="Only this notebook's pages; may be repeated.", show_default=False)
    ] = None,
    edition: Annotated[EditionChoice, typer.Option(help="Only this edition of the pages.")] = EditionChoice.BOTH,
) -> None:
    """Print the pages of a run with Chromium, each as a PDF beside it; those that have not changed since are kept.

    It needs Chromium, and Playwright: pip install 'channelnb[pdf]'. Exit status: 0 all printed, 1 some reports have no
    page to print, 2 bad input or no browser.
    """
    from channelnb.fleet.pdf import Wanted, print_pages

    # Both is no filter: a run may have one edition only.
    editions = () if edition is EditionChoice.BOTH else edition.editions
    wanted = Wanted(partners=tuple(partner or ()), notebooks=tuple(notebook or ()), editions=editions)
    outcome = print_pages(run, wanted, console=Console())
    for line in outcome.lines():
        Console().print(escape(line), highlight=False, soft_wrap=True)
    raise typer.Exit(outcome.exit_status)


@app.command()
def sample(
    folder: Annotated[Path, typer.Argument(help="The folder to write.", show_default=False)],
    partners: Annotated[int, typer.Option(min=1, help="How many partners the vendor has.")] = 60,
    seed: Annotated[int, typer.Option(help="The same seed gives the same bytes.")] = 7,
) -> None:
    """Write a make-believe vendor with every table of the contract, and what is true of it in truth.yaml."""
    from channelnb.book.sample import write_sample

    written = write_sample(folder, partners=partners, seed=seed)
    Console().print(f"{partners} partners in {escape(str(written))}", highlight=False, soft_wrap=True)


@app.command()
def metrics(
    name: Annotated[str | None, typer.Argument(help="Say all about one metric.", show_default=False)] = None,
    category: Annotated[
        str | None, typer.Option(help="List the metrics of one category only.", show_default=False)
    ] = None,
    sql: Annotated[bool, typer.Option("--sql", help="Print the SQL that measures the metric, and no more.")] = False,
    by: Annotated[
        list[str] | None,
        typer.Option(help="With --sql: by this key (partner_id, when left out); may be repeated.", show_default=False),
    ] = None,
) -> None:
    """List the metrics: what each means, its unit, and which way is better."""
    from channelnb import explain
    from channelnb.metrics import registry

    if name and category:
        raise typer.BadParameter("name a metric or a category, not both.", param_hint="--category")
    if (sql or by) and not name:
        raise typer.BadParameter("name the metric, as in `channelnb metrics win_rate --sql`.", param_hint="--sql")
    if by and not sql:
        raise typer.BadParameter("keys are for the SQL: add --sql.", param_hint="--by")
    if not name:
        explain.show_catalogue(Console(), category=category)
    elif sql:
        from channelnb.metrics.sql import sql_of

        typer.echo(explain.laid_out(sql_of(name, by=by or ["partner_id"])))
    else:
        explain.show_metric(registry.find(name), Console())
