"""The jobs of a run, where each one's files go, and which are done."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from channelnb.fleet import digests
from channelnb.fleet.journal import Record
from channelnb.fleet.kernels import Kernels
from channelnb.fleet.notebooks import Notebook
from channelnb.fleet.slugs import slug
from channelnb.params import Edition
from channelnb.report.page import PageInfo

MAKING, SNAPSHOT, FAILED, NOTEBOOKS = ".making", "snapshot", "failed", "notebooks"
MANAGERS, PORTFOLIO, REVIEW = "managers", "portfolio", "qbr"
"""The folder of managers' pages, the notebook that makes them, and the one of the reviews that they lead to."""


def job_key(notebook: str, edition: str, subject: str | None) -> str:
    """A job's name, the same in every run; `subject` is the id of the partner or manager that it is about.

    >>> job_key("qbr", "internal", "P 1"), job_key("recruiting", "internal", None)
    ('qbr internal P 1', 'recruiting internal')
    """
    return " ".join((notebook, edition, *([] if subject is None else [subject])))


@dataclass(frozen=True)
class Job:
    """One report to make: a notebook, for a partner, a manager or the whole channel, in an edition.

    `subject` is the id of whom the report is about, as the notebook's parameters say: a partner, a manager, or None;
    `name` is what it is called, `partners` those of a manager that the run is about, and `reviewed` those of them that
    have a page of their review to lead to.
    """

    notebook: Notebook
    edition: Edition
    subject: str | None = None
    name: str = ""
    partners: tuple[str, ...] = ()
    reviewed: tuple[str, ...] = ()

    @property
    def partner_id(self) -> str | None:
        """The partner that the report is about, if it is about one."""
        return self.subject if self.notebook.per_partner else None

    @property
    def manager_id(self) -> str | None:
        """The manager that the report is about, if it is about one.

        >>> page = Notebook("portfolio", "Portfolio", Path("portfolio.ipynb"), "", frozenset({"manager_id"}))
        >>> Job(page, "internal", "M1").manager_id, Job(page, "internal", "M1").partner_id
        ('M1', None)
        """
        return self.subject if self.notebook.per_manager else None

    @property
    def title(self) -> str:
        """The page's title.

        >>> review = Notebook("qbr", "Business review", Path("qbr.ipynb"), "", frozenset({"partner_id"}))
        >>> Job(review, "internal", "P1", "Ada").title
        'Ada: Business review'
        """
        return f"{self.name}: {self.notebook.title}" if self.name else self.notebook.title

    @property
    def key(self) -> str:
        """The job's name, the same in every run."""
        return job_key(self.notebook.name, self.edition, self.subject)

    @cached_property
    def folder(self) -> str:
        """The folder name of the partner or manager, "" for a report on the whole channel.

        >>> review = Notebook("qbr", "Business review", Path("qbr.ipynb"), "", frozenset({"partner_id"}))
        >>> Job(review, "internal", "P1").folder, Job(review, "internal", "../P 1").folder
        ('P1-fbeae7c186', 'P-1-9319ea8586')
        """
        return "" if self.subject is None else slug(self.subject)

    def _place(self, within: Path, name: str) -> Path:
        """A file's place: of a partner in a folder of its own; of managers, who have one page each, in one of all."""
        if self.notebook.per_manager:
            ending = "" if self.notebook.name == PORTFOLIO else f".{self.notebook.name}"
            return within / MANAGERS / f"{self.folder}{ending}"
        return within / self.folder / name

    def page(self) -> Path:
        """Where the page goes, within the run folder; its facts lie beside it.

        >>> review = Notebook("qbr", "Business review", Path("qbr.ipynb"), "", frozenset({"partner_id"}))
        >>> Job(review, "partner", "P1").page().as_posix(), Job(review, "internal").page().as_posix()
        ('partner/P1-fbeae7c186/qbr.html', 'qbr.html')
        >>> page = Notebook("portfolio", "Portfolio", Path("portfolio.ipynb"), "", frozenset({"manager_id"}))
        >>> Job(page, "internal", "M1").page().as_posix()
        'managers/M1-2d214ca69b.html'
        """
        within = Path(self.edition) if self.subject is not None and self.notebook.per_partner else Path()
        return _ending(self._place(within, self.notebook.name), ".html")

    def facts(self) -> Path:
        """Where the page's facts go."""
        return self.page().with_suffix(".facts.json")

    def tables(self) -> tuple[Path, Path]:
        """Where the page's tables go, as CSV and as a workbook, if it has any.

        >>> review = Notebook("qbr", "Business review", Path("qbr.ipynb"), "", frozenset({"partner_id"}))
        >>> [path.name for path in Job(review, "internal", "P1").tables()]
        ['qbr.csv', 'qbr.xlsx']
        """
        return self.page().with_suffix(".csv"), self.page().with_suffix(".xlsx")

    def executed(self) -> Path | None:
        """Where the executed notebook goes; a partner's edition keeps none, as it is for analysts.

        >>> review = Notebook("qbr", "Business review", Path("qbr.ipynb"), "", frozenset({"partner_id"}))
        >>> Job(review, "internal", "P1").executed().as_posix(), Job(review, "partner", "P1").executed()
        ('notebooks/P1-fbeae7c186/qbr.ipynb', None)
        """
        if self.edition != "internal":
            return None
        return _ending(self._place(Path(NOTEBOOKS), self.notebook.name), ".ipynb")

    def failed(self) -> Path:
        """Where the page that says why there is none goes; the notebook as it stood lies beside it.

        >>> review = Notebook("qbr", "Business review", Path("qbr.ipynb"), "", frozenset({"partner_id"}))
        >>> [Job(review, edition, "P1").failed().as_posix() for edition in ("internal", "partner")]
        ['failed/P1-fbeae7c186/qbr.html', 'failed/P1-fbeae7c186/qbr.partner.html']
        """
        name = self.notebook.name if self.edition == "internal" else f"{self.notebook.name}.{self.edition}"
        return _ending(self._place(Path(FAILED), name), ".html")


def _ending(path: Path, suffix: str) -> Path:
    return path.with_name(path.name + suffix)


@dataclass(frozen=True)
class Managed:
    """A channel manager, what the manager is called, and the manager's partners that a run is about."""

    manager_id: str
    name: str
    partners: tuple[str, ...]


@dataclass(frozen=True)
class Order:
    """What all jobs of a run share: where they work, what their pages say, and the hash of the code that makes them.

    `plugins` holds the hash of each plugin's file.
    """

    run: Path
    data_version: str
    period: str
    as_of: str
    vendor: str
    made_on: str
    notebooks: tuple[Notebook, ...]
    package: str
    colour: str = ""
    logo: str = ""
    kernels: Kernels = "forked"
    time_limit: float = 600
    over: bool = True
    undated: str = ""
    plugins: tuple[str, ...] = ()

    @property
    def snapshot(self) -> Path:
        """The folder of the run's snapshot.

        >>> order = Order(Path("runs/acme/2026Q3"), "v1", "2026Q3", "2026-09-30", "Acme", "2026-10-02", (), "p1")
        >>> order.snapshot.as_posix()
        'runs/acme/2026Q3/snapshot'
        """
        return self.run / SNAPSHOT

    def title(self, job: Job) -> str:
        """A page's title, which says so when the period is not over.

        >>> job = Job(Notebook("recruiting", "Recruiting", Path("recruiting.ipynb"), "", frozenset()), "internal")
        >>> order = Order(Path("runs/acme"), "v1", "2026Q3", "2026-08-14", "Acme", "2026-08-14", (), "p1", over=False)
        >>> order.title(job)
        'Recruiting, 2026Q3 so far'
        """
        return job.title if self.over else f"{job.title}, {self.period} so far"

    @property
    def front_title(self) -> str:
        """The front page's title.

        >>> Order(Path("runs"), "v1", "2026Q3", "2026-08-14", "Acme", "2026-08-14", (), "p1", over=False).front_title
        'Acme: partners in 2026Q3 so far'
        """
        title = f"{self.vendor}: partners in {self.period}" if self.vendor else f"Partners in {self.period}"
        return title if self.over else f"{title} so far"

    def page(self, title: str, **more: Any) -> PageInfo:
        """What a page of the run says of itself: its title, and of the run what all pages say.

        >>> order = Order(Path("runs"), "v1", "2026Q3", "2026-09-30", "Acme", "2026-10-02", (), "p1")
        >>> order.page("Recruiting", edition="partner").foot[0]
        'Period 2026Q3'
        """
        same = ("vendor", "period", "as_of", "made_on", "colour", "logo")
        return PageInfo(title, **{name: getattr(self, name) for name in same}, **more)

    def recipe(self, job: Job) -> str:
        """The hash of all that makes a report but its data: notebook, parameters, what the page says, our own code.

        >>> job = Job(Notebook("recruiting", "Recruiting", Path("recruiting.ipynb"), "", frozenset()), "internal")
        >>> said = ("2026Q3", "2026-09-30", "Acme", "2026-10-02", ())
        >>> order, of_other_data = Order(Path("r"), "v1", *said, "p1"), Order(Path("r"), "v2", *said, "p1")
        >>> of_other_code = Order(Path("r"), "v1", *said, "p2")
        >>> [order.recipe(job) == other.recipe(job) for other in (of_other_data, of_other_code)]
        [True, False]
        """
        said = (self.title(job), self.period, self.as_of, self.undated, self.vendor, self.made_on)
        look = (self.colour, digests.of_bytes(self.logo.encode()))
        beside = [notebook.title for notebook in self.siblings(job)]
        of = [job.partners, job.reviewed]
        return digests.of_value([job.key, job.notebook.digest, said, look, beside, of, self.package, self.plugins])

    def siblings(self, job: Job) -> list[Notebook]:
        """The other notebooks whose pages lie beside the job's.

        >>> names = {"qbr": ["partner_id"], "partner_profile": ["partner_id"], "recruiting": []}
        >>> notebooks = [Notebook(name, name, Path(name), "", frozenset(takes)) for name, takes in names.items()]
        >>> order = Order(Path("runs/acme"), "v1", "2026Q3", "2026-09-30", "Acme", "2026-10-02", tuple(notebooks), "p1")
        >>> [notebook.name for notebook in order.siblings(Job(notebooks[0], "internal", "P1"))]
        ['partner_profile']
        """
        return [other for other in self.notebooks if other != job.notebook and other.about == job.notebook.about]


def plan_jobs(
    notebooks: Iterable[Notebook],
    *,
    partners: Mapping[str, str],
    editions: Collection[Edition],
    managers: Iterable[Managed] = (),
) -> list[Job]:
    """Every job of a run: on the whole channel first, as they take longest, then manager by manager and by partner.

    `partners` has each one's name by its id. What is about more than one partner is for the vendor alone, so it has no
    partner's edition.

    >>> review = Notebook("qbr", "Review", Path("qbr.ipynb"), "", frozenset({"partner_id"}))
    >>> channel = Notebook("channel", "The channel", Path("channel.ipynb"), "", frozenset())
    >>> jobs = plan_jobs([review, channel], partners={"P1": "Ada"}, editions=["partner", "internal"])
    >>> [(job.title, job.page().as_posix()) for job in jobs][:2]
    [('The channel', 'channel.html'), ('Ada: Review', 'internal/P1-fbeae7c186/qbr.html')]
    >>> jobs[2].page().as_posix(), jobs[2].failed().as_posix()
    ('partner/P1-fbeae7c186/qbr.html', 'failed/P1-fbeae7c186/qbr.partner.html')
    """
    notebooks = list(notebooks)
    whole = [Job(notebook, "internal") for notebook in notebooks if not notebook.about]
    of_managers = [
        Job(notebook, "internal", one.manager_id, one.name, one.partners)
        for one in managers
        for notebook in notebooks
        if notebook.per_manager
    ]
    each = [notebook for notebook in notebooks if notebook.per_partner]
    return [*whole, *of_managers] + [
        Job(notebook, edition, partner_id, name)
        for partner_id, name in sorted(partners.items())
        for notebook in each
        for edition in sorted(editions)
    ]


def with_reviews(wanted: Iterable[Job], jobs: Iterable[Job], *, run: Path) -> list[Job]:
    """The jobs wanted, those on managers with the partners whose review is wanted too or lies in the run folder.

    `jobs` are all jobs of the run, wanted or not.

    >>> review = Notebook("qbr", "Review", Path("qbr.ipynb"), "", frozenset({"partner_id"}))
    >>> page = Notebook("portfolio", "Portfolio", Path("portfolio.ipynb"), "", frozenset({"manager_id"}))
    >>> jobs = [Job(page, "internal", "M1", "Ana", ("P1",)), Job(review, "internal", "P1")]
    >>> [with_reviews(wanted, jobs, run=Path("runs/none"))[0].reviewed for wanted in (jobs, jobs[:1])]
    [('P1',), ()]
    """
    kept = list(wanted)
    asked = {job.key for job in kept}
    there = {
        job.partner_id
        for job in jobs
        if job.notebook.name == REVIEW and job.edition == "internal"
        if job.key in asked or (run / job.page()).is_file()
    }
    return [
        replace(job, reviewed=tuple(one for one in job.partners if one in there)) if job.notebook.per_manager else job
        for job in kept
    ]


def still_to_do(jobs: Iterable[Job], records: Mapping[str, Record], *, order: Order) -> list[Job]:
    """The jobs that were never made, failed, were made of other things, or whose files are no longer whole.

    >>> job = Job(Notebook("recruiting", "Recruiting", Path("recruiting.ipynb"), "", frozenset()), "internal")
    >>> order = Order(Path("runs/acme"), "v1", "2026Q3", "2026-09-30", "Acme", "2026-10-02", (), "p1")
    >>> [job.key for job in still_to_do([job], {}, order=order)]
    ['recruiting internal']
    """
    return [job for job in jobs if not _done(job, records.get(job.key), order)]


def _done(job: Job, record: Record | None, order: Order) -> bool:
    return (
        record is not None
        and record.snapshot == order.data_version
        and record.recipe == order.recipe(job)
        and record.stands(order.run)
    )
