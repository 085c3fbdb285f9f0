"""A run from its parameters to its front page; the order of calls in `run` is its table of contents."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from channelnb.book.book import Book, open_book
from channelnb.book.config import find_folder as find_source
from channelnb.book.config import read_source
from channelnb.book.firms import merged_firms
from channelnb.book.rejects import REJECTS
from channelnb.chosen import Settings
from channelnb.errors import BadParameters, unknown
from channelnb.fiscal import FiscalCalendar
from channelnb.fleet import digests
from channelnb.fleet.cluster import make_all, workers
from channelnb.fleet.folder import first_report, held, last_report, remove_empty, replace_snapshot
from channelnb.fleet.front import restated_in_all, write_front_page
from channelnb.fleet.journal import Journal, Record
from channelnb.fleet.kernels import Kernels
from channelnb.fleet.manifest import read_manifest, write_manifest
from channelnb.fleet.notebooks import Notebook, find_folder, find_notebooks
from channelnb.fleet.plan import FAILED, Job, Managed, Order, plan_jobs, still_to_do, with_reviews
from channelnb.fleet.progress import Watch
from channelnb.fleet.proposed import write_proposed
from channelnb.fleet.reported import check_scorecards
from channelnb.freezing import freeze
from channelnb.metrics.readiness import tally
from channelnb.params import (
    Edition,
    ParametersFile,
    check_action_costs,
    check_goal_lines,
    check_partners,
    check_target_partners,
    known_on,
    logo_of,
    read_parameters,
    scorecards_path,
)
from channelnb.planning.promises.subjects import worth_moving
from channelnb.plugins import blamed, plugged_in
from channelnb.portfolios import WITHOUT, managers_of
from channelnb.redaction import told
from channelnb.scorecards import Scorecards, read_scorecards
from channelnb.snapshot import Snapshot


@dataclass(frozen=True)
class Choice:
    """What is chosen for one start of a run; an empty filter means all that the parameters name.

    `jobs` is how many reports are made at a time, one a core where it is None; `time_limit` is in seconds.
    """

    partners: tuple[str, ...] = ()
    notebooks: tuple[str, ...] = ()
    editions: tuple[Edition, ...] = ()
    jobs: int | None = None
    scheduler: str | None = None
    kernels: Kernels = "forked"
    time_limit: float = 600
    force: bool = False
    runs: Path = Path("runs")

    @property
    def whole(self) -> bool:
        """Whether nothing is filtered out.

        >>> Choice(partners=("P1",)).whole
        False
        """
        return not (self.partners or self.notebooks or self.editions)

    def wants(self, job: Job) -> bool:
        """Whether the filters let a job through.

        Of one partner no page of its manager is made, unless that notebook is asked for by name.

        >>> review = Job(Notebook("qbr", "Review", Path("qbr.ipynb"), "", frozenset({"partner_id"})), "internal", "P1")
        >>> Choice(partners=("P1",)).wants(review), Choice(notebooks=("recruiting",)).wants(review)
        (True, False)
        >>> page = Notebook("portfolio", "Portfolio", Path("portfolio.ipynb"), "", frozenset({"manager_id"}))
        >>> job = Job(page, "internal", "M1", "Ana", partners=("P1", "P2"))
        >>> Choice(partners=("P1",)).wants(job), Choice(partners=("P1",), notebooks=("portfolio",)).wants(job)
        (False, True)
        """
        theirs = (job.partner_id, *(job.partners if self.notebooks else ()))
        return (
            (not self.partners or not set(self.partners).isdisjoint(theirs))
            and (not self.notebooks or job.notebook.name in self.notebooks)
            and (not self.editions or job.edition in self.editions)
        )


@dataclass(frozen=True)
class Outcome:
    """What became of a run: its folder, how many reports were made now and before, and those that failed."""

    folder: Path
    made: int
    kept: int
    failed: tuple[Record, ...]

    @property
    def exit_status(self) -> int:
        """0 when every report asked for is there, 1 when some failed.

        >>> Outcome(Path("runs/sample/2026Q3"), made=121, kept=0, failed=()).exit_status
        0
        """
        return 1 if self.failed else 0

    def lines(self) -> list[str]:
        """The outcome in words, and where to look.

        >>> Outcome(Path("runs/sample/2026Q3"), made=1, kept=120, failed=()).lines()
        ['Reports: 1 made, 120 there before.', 'Open runs/sample/2026Q3/index.html']
        """
        counts = {"made": self.made, "there before": self.kept, "failed": len(self.failed)}
        said = ", ".join(f"{count:,} {what}" for what, count in counts.items() if count or what == "made")
        why = [f"Why some failed: channelnb status {self.folder}"] if self.failed else []
        return [f"Reports: {said}.", *why, f"Open {self.folder / 'index.html'}"]


def run(path: Path, choice: Choice, *, today: date, console: Console) -> Outcome:
    """Make what is missing of a run, which at first is all of it.

    `today` is the date that the pages show; it is kept when the run is started again. Raises BadParameters, BadSource
    or UnknownName before any kernel has started; what fails later is told in the outcome, the journal and the pages.
    """
    file = read_parameters(path)
    notebooks = find_notebooks(file, find_folder(Path.cwd(), path.parent))
    folder = choice.runs / file.chosen.name / file.chosen.period
    with ExitStack() as stack:
        plugins = stack.enter_context(plugged_in(file))
        cards = _scorecards(file)
        with _book(file, folder, console, today=today) as book:
            _show_load(book, console)
            partners = _partners(file, book, choice)
            _check_filters(choice, file, partners, notebooks)
            check_scorecards(cards, book, folder, editions=file.chosen.editions)
            stack.enter_context(held(folder))
            with blamed(plugins, book):
                snapshot = _freeze(book, file, folder, cards=cards, console=console)
            _say_findings(snapshot, path, console)
        order = _order(file, snapshot, folder, choice=choice, today=today, notebooks=notebooks)
        order = replace(order, plugins=tuple(plugin.digest for plugin in plugins))
        managers = _managers(snapshot, partners)
        jobs = plan_jobs(notebooks, partners=partners, editions=file.chosen.editions, managers=managers)
        wanted = with_reviews(_wanted(jobs, choice), jobs, run=folder)
        with Journal(folder) as journal:
            write_manifest(file, order, jobs, journal.records, finished=False)
            made = _make(wanted, order, journal, choice=choice, console=console)
            remove_empty(folder / FAILED)
            for line in write_proposed(snapshot, folder, partners=partners, made_on=order.made_on):
                console.print(escape(line), highlight=False, soft_wrap=True)
            write_front_page(snapshot, order, jobs, journal.records)
            write_manifest(file, order, jobs, journal.records, finished=True)
    return _outcome(folder, wanted, journal.records, made=made)


def _book(file: ParametersFile, folder: Path, console: Console, *, today: date) -> Book:
    chosen = file.chosen
    calendar = FiscalCalendar(read_source(find_source(chosen.source)).vendor.first_month)
    manifest = read_manifest(folder)
    # A run that was stopped goes on from the day on which it began.
    begun = date.fromisoformat(manifest["started_on"]) if manifest.get("state") == "running" else today
    with console.status(f"Reading {escape(chosen.source)} …"):
        return open_book(
            chosen.source,
            quarter=chosen.period,
            as_of=known_on(file, calendar, today=begun),
            max_rejected=chosen.max_rejected,
            rejects=folder / REJECTS,
        )


def _show_load(book: Book, console: Console) -> None:
    counts = book.reconciliation()
    table = Table(title=f"{escape(told(book.vendor.name))}, known on {book.as_of}", title_justify="left", box=None)
    for column in counts.columns:
        table.add_column(str(column).replace("_", " "), justify="left" if counts[column].dtype == "str" else "right")
    for row in counts.itertuples(index=False):
        table.add_row(*(f"{value:,}" if isinstance(value, int) else escape(str(value)) for value in row))
    console.print(table)


def _say_findings(snapshot: Snapshot, path: Path, console: Console) -> None:
    said = f"Data: {tally(snapshot.frame('readiness_findings'))}; `channelnb check {path}` tells more."
    console.print(escape(said), highlight=False, soft_wrap=True)


def _partners(file: ParametersFile, book: Book, choice: Choice) -> dict[str, str]:
    """The name of each partner to report on, by its id; a firm that merged has no report of its own."""
    firms = book.table("partners")
    merged = merged_firms(firms)
    asked = [(file.at("partners", place), firm) for place, firm in enumerate(file.chosen.partners or ())]
    for where, firm in [*asked, *(("--partner", firm) for firm in choice.partners)]:
        if firm in merged:
            raise BadParameters(f"{where}: {merged[firm]}")
    known = firms[~firms["partner_id"].isin(merged)].set_index("partner_id")["name"]
    return {partner_id: str(known[partner_id]) for partner_id in check_partners(file, known.index)}


def _managers(snapshot: Snapshot, partners: Collection[str]) -> list[Managed]:
    """The managers of the partners to report on; those who have none of them have no page."""
    names = snapshot.frame("managers").reindex(columns=["manager_id", "name"]).set_index("manager_id")["name"]
    called = {WITHOUT: "Without a manager", **names.dropna()}
    found = managers_of(snapshot.frame("partners"))
    own = {manager_id: tuple(p for p in theirs if p in partners) for manager_id, theirs in found.items()}
    return [Managed(one, str(called.get(one, one)), theirs) for one, theirs in own.items() if theirs]


def _check_filters(
    choice: Choice, file: ParametersFile, partners: Mapping[str, str], notebooks: Sequence[Notebook]
) -> None:
    _check_known("--partner", "partner", choice.partners, partners)
    _check_known("--notebook", "notebook", choice.notebooks, [notebook.name for notebook in notebooks])
    _check_known("--edition", "edition", choice.editions, file.chosen.editions)


def _check_known(option: str, kind: str, wanted: Iterable[str], known: Iterable[str]) -> None:
    known = list(known)
    for name in wanted:
        if name not in known:
            raise unknown(f"{kind} in this run", name, known, where=option)


def _scorecards(file: ParametersFile) -> Scorecards:
    path = scorecards_path(file)
    return Scorecards() if path is None else read_scorecards(path)


def _freeze(book: Book, file: ParametersFile, folder: Path, *, cards: Scorecards, console: Console) -> Snapshot:
    chosen = file.chosen
    there = "SELECT DISTINCT line FROM products WHERE line IS NOT NULL"
    check_goal_lines(file, book.query(there)["line"] if book.has("products", "line") else [])
    check_action_costs(file, worth_moving())
    check_target_partners(file, book.query("SELECT partner_id FROM partners")["partner_id"])
    settings = Settings(
        pipeline_target=chosen.pipeline_target,
        pipeline_band=chosen.pipeline_band,
        min_peers=chosen.min_peers,
        scorecards=cards,
        goal_lines=chosen.goal_lines,
        next_targets=chosen.next_targets.given,
        updates=chosen.updates,
        action_costs=tuple(sorted(chosen.action_costs.items())),
    )
    before = folder.parent / book.calendar.shift(file.chosen.period, -1)
    firsts = [first for run in (folder, before) if (first := first_report(run)) is not None]
    told = last_report(before, by=book.as_of)
    with console.status("Computing the figures …"):
        snapshot, changed = replace_snapshot(
            folder, lambda beside: freeze(book, beside, settings, firsts=firsts, before=told)
        )
    if changed and read_manifest(folder):
        console.print("The figures are not those of the last run here: reports that they touch are made again.")
    for said in restated_in_all(snapshot):
        console.print(escape(said.text(snapshot.about.currency)), soft_wrap=True)
    return snapshot


def _order(
    file: ParametersFile, snapshot: Snapshot, folder: Path, *, choice: Choice, today: date, notebooks: list[Notebook]
) -> Order:
    brand = file.chosen.brand
    before = read_manifest(folder)
    # Of another day everything is made anew, and says so.
    again = before.get("as_of") == snapshot.about.as_of and not (choice.force and choice.whole)
    begun = before.get("started_on") if again else None
    return Order(
        run=folder.resolve(),
        data_version=snapshot.data_version,
        period=snapshot.about.period,
        as_of=snapshot.about.as_of,
        vendor=brand.name or snapshot.about.vendor,
        made_on=begun or today.isoformat(),
        notebooks=tuple(notebooks),
        package=digests.of_package(),
        colour=brand.colour or "",
        logo=logo_of(file),
        kernels=choice.kernels,
        time_limit=choice.time_limit,
        over=snapshot.about.over,
        undated=snapshot.about.undated,
    )


def _wanted(jobs: Iterable[Job], choice: Choice) -> list[Job]:
    wanted = [job for job in jobs if choice.wants(job)]
    if not any(not choice.notebooks or job.notebook.name in choice.notebooks for job in jobs):
        raise BadParameters(
            "the notebooks of this run are made for each channel manager, and the source names none: partners has no "
            "manager_id. Give that column, or name other notebooks."
        )
    if not wanted:
        asked = {"partner": choice.partners, "notebook": choice.notebooks, "edition": choice.editions}
        said = " and ".join(f"--{option} {' '.join(names)}" for option, names in asked.items() if names)
        raise BadParameters(f"no report of this run is for {said} at once; leave one of them out.")
    return wanted


def _make(jobs: Sequence[Job], order: Order, journal: Journal, *, choice: Choice, console: Console) -> int:
    """Make what is missing among the jobs, journal each as it is finished; how many were made."""
    before = {} if choice.force else dict(journal.records)
    todo = still_to_do(jobs, before, order=order)
    if not todo:
        return 0
    made = 0
    with (
        workers(jobs=choice.jobs, scheduler=choice.scheduler, kind=choice.kernels) as client,
        Watch(console, total=len(todo)) as watch,
    ):
        for record in make_all(client, todo, order=order, before=before):
            journal.append(record)
            watch.finished(record)
            last = before.get(record.job)
            # A record that only follows the snapshot keeps the time at which its report was made.
            made += record.status == "made" and (last is None or last.finished_at != record.finished_at)
    return made


def _outcome(folder: Path, jobs: Sequence[Job], records: Mapping[str, Record], *, made: int) -> Outcome:
    failed = tuple(records[job.key] for job in jobs if records[job.key].status == "failed")
    return Outcome(folder, made=made, kept=len(jobs) - made - len(failed), failed=failed)
