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

BAD_INPUT, STOPPED = 2, 130


class _Commands(TyperGroup):
    """The commands; an error of channelnb's is one message and exit status 2, never a traceback."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except ChannelnbError as error:
            Console(stderr=True).print(f"[red]error:[/red] {escape(str(error))}", highlight=False, soft_wrap=True)
            raise typer.Exit(BAD_INPUT) from None


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


class KernelChoice(StrEnum):
    """How the notebooks' kernels are started."""

    FORKED = "forked"
    PLAIN = "plain"


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
) -> None:
    """List the metrics: what each means, its unit, and which way is better."""
    from channelnb.metrics import registry

    chosen = [registry.find(name)] if name else list(registry.METRICS.values())
    table = Table(box=None, pad_edge=False)
    for column in ("metric", "category", "unit", "better", "what it means"):
        table.add_column(column)
    for metric in chosen:
        about = metric.about if name else metric.about.split("\n\n")[0]
        table.add_row(metric.name, metric.category, metric.unit, metric.better, escape(" ".join(about.split())))
    Console().print(table)
