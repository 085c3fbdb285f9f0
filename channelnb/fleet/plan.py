"""The jobs of a run, where each one's files go, and which are done."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from channelnb.fleet import digests
from channelnb.fleet.journal import Record
from channelnb.fleet.kernels import Kernels
from channelnb.fleet.notebooks import Notebook
from channelnb.fleet.slugs import slug
from channelnb.params import Edition

MAKING, SNAPSHOT, FAILED, NOTEBOOKS = ".making", "snapshot", "failed", "notebooks"


def job_key(notebook: str, edition: str, partner_id: str | None) -> str:
    """A job's name, the same in every run.

    >>> job_key("qbr", "internal", "P 1"), job_key("recruiting", "internal", None)
    ('qbr internal P 1', 'recruiting internal')
    """
    return " ".join((notebook, edition, *([] if partner_id is None else [partner_id])))


@dataclass(frozen=True)
class Job:
    """One report to make: a notebook, for a partner or for the whole channel, in an edition."""

    notebook: Notebook
    edition: Edition
    partner_id: str | None = None
    partner_name: str = ""

    @property
    def title(self) -> str:
        """The page's title."""
        return f"{self.partner_name}: {self.notebook.title}" if self.partner_name else self.notebook.title

    @property
    def key(self) -> str:
        """The job's name, the same in every run."""
        return job_key(self.notebook.name, self.edition, self.partner_id)

    @cached_property
    def folder(self) -> str:
        """The partner's folder name, "" for a report on the whole channel."""
        return "" if self.partner_id is None else slug(self.partner_id)

    def page(self) -> Path:
        """Where the page goes, within the run folder; its facts lie beside it."""
        within = Path(self.edition, self.folder) if self.folder else Path()
        return within / f"{self.notebook.name}.html"

    def facts(self) -> Path:
        """Where the page's facts go."""
        return self.page().with_suffix(".facts.json")

    def executed(self) -> Path | None:
        """Where the executed notebook goes; a partner's edition keeps none, as it is for analysts."""
        return Path(NOTEBOOKS, self.folder, f"{self.notebook.name}.ipynb") if self.edition == "internal" else None

    def failed(self) -> Path:
        """Where the page that says why there is none goes; the notebook as it stood lies beside it."""
        name = self.notebook.name if self.edition == "internal" else f"{self.notebook.name}.{self.edition}"
        return Path(FAILED, self.folder, f"{name}.html")


@dataclass(frozen=True)
class Order:
    """What all jobs of a run share: where they work, what their pages say, and the hash of the code that makes them."""

    run: Path
    data_version: str
    period: str
    as_of: str
    vendor: str
    made_on: str
    notebooks: tuple[Notebook, ...]
    package: str
    colour: str = ""
    kernels: Kernels = "forked"
    time_limit: float = 600
    over: bool = True
    undated: str = ""

    @property
    def snapshot(self) -> Path:
        """The folder of the run's snapshot."""
        return self.run / SNAPSHOT

    def title(self, job: Job) -> str:
        """A page's title, which says so when the period is not over."""
        return job.title if self.over else f"{job.title}, {self.period} so far"

    def recipe(self, job: Job) -> str:
        """The hash of all that makes a report but its data: notebook, parameters, what the page says, our own code."""
        said = (self.title(job), self.period, self.as_of, self.undated, self.vendor, self.made_on, self.colour)
        beside = [notebook.title for notebook in self.siblings(job)]
        return digests.of_value([job.key, job.notebook.digest, said, beside, self.package])

    def siblings(self, job: Job) -> list[Notebook]:
        """The other notebooks whose pages lie beside the job's."""
        return [other for other in self.notebooks if other != job.notebook and other.per_partner == bool(job.folder)]


def plan_jobs(
    notebooks: Iterable[Notebook], *, partners: Mapping[str, str], editions: Collection[Edition]
) -> list[Job]:
    """Every job of a run: reports on the whole channel first, as they take longest, then partner by partner.

    `partners` has each one's name by its id. What is about the whole channel is for the vendor alone, so it has no
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
    whole = [Job(notebook, "internal") for notebook in notebooks if not notebook.per_partner]
    each = [notebook for notebook in notebooks if notebook.per_partner]
    return whole + [
        Job(notebook, edition, partner_id, name)
        for partner_id, name in sorted(partners.items())
        for notebook in each
        for edition in sorted(editions)
    ]


def still_to_do(jobs: Iterable[Job], records: Mapping[str, Record], *, order: Order) -> list[Job]:
    """The jobs that were never made, failed, were made of other things, or whose files are no longer whole."""
    return [job for job in jobs if not _done(job, records.get(job.key), order)]


def _done(job: Job, record: Record | None, order: Order) -> bool:
    return (
        record is not None
        and record.snapshot == order.data_version
        and record.recipe == order.recipe(job)
        and record.stands(order.run)
    )
