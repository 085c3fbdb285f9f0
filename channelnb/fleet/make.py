"""One report on a worker: cut what it may see, run its notebook, make page and facts, put them in place whole."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

import nbformat
import papermill
from nbformat import NotebookNode

from channelnb.fleet import digests, failures
from channelnb.fleet.cleaned import cleaned
from channelnb.fleet.engine import ENGINE
from channelnb.fleet.journal import Record
from channelnb.fleet.plan import MAKING, REVIEW, SNAPSHOT, Job, Order
from channelnb.fleet.printed import pdf_of
from channelnb.fleet.slugs import slug
from channelnb.narrative.facts import collect
from channelnb.portfolios import SUFFIX as PORTFOLIO_SUFFIX
from channelnb.portfolios import WITHOUT, cut_portfolio
from channelnb.report.exporter import page_html
from channelnb.report.page import Link, PageInfo
from channelnb.report.page_tables import tables_of
from channelnb.report.sections import facts_of
from channelnb.report.site import failure_page
from channelnb.report.table_files import Units, tables_csv, tables_xlsx
from channelnb.slice import SUFFIX, cut
from channelnb.snapshot import Snapshot

FACTS_SCHEMA = 1

# papermill must not be used by two threads at once, and the workers of a scheduler elsewhere may have several.
_ALONE = threading.Lock()


def make(order: Order, job: Job, before: Record | None = None) -> Record:
    """Make one report, or the page that says why there is none; the record of it.

    `before` is the job's last record: if what goes in is what went in then, and the files still stand, nothing is run.
    What goes wrong in the notebook is told in the record; any other error (a full disk, say) is raised.
    """
    clock = time.perf_counter()
    with _making(order) as making:
        source = _cut(order, job, making)
        data = digests.of_file(source) if source.is_file() else order.data_version
        into = digests.of_value([order.recipe(job), data])
        if before is not None and before.into == into and before.stands(order.run):
            return replace(before, snapshot=order.data_version, recipe=order.recipe(job))
        files, why = _report(order, job, source, data=data)
        out = _publish(files, order.run, making)
        _remove_stale(order, job, keep=out)
    return _record(order, job, into=into, out=out, why=why, seconds=time.perf_counter() - clock)


def lost(order: Order, job: Job, error: BaseException) -> Record:
    """The record, and the page, of a job whose worker was lost or could not do its work."""
    why = failures.reason(error, None, time_limit=order.time_limit)
    with _making(order) as making:
        out = _publish(_failure_files(order, job, None, why=why), order.run, making)
        _remove_stale(order, job, keep=out)
    return _record(order, job, into="", out=out, why=why, seconds=0)


def _record(order: Order, job: Job, *, into: str, out: Mapping[str, str], why: str, seconds: float) -> Record:
    return Record(
        job=job.key,
        notebook=job.notebook.name,
        partner_id=job.partner_id,
        manager_id=job.manager_id,
        edition=job.edition,
        status="failed" if why else "made",
        into=into,
        recipe=order.recipe(job),
        snapshot=order.data_version,
        seconds=round(seconds, 3),
        finished_at=datetime.now(UTC).isoformat(timespec="seconds"),
        out=out,
        reason=why,
    )


@contextmanager
def _making(order: Order) -> Iterator[Path]:
    """A folder within the run folder, so that what is made in it can be renamed into place."""
    base = order.run / MAKING
    base.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(dir=base))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _cut(order: Order, job: Job, folder: Path) -> Path:
    """What the notebook may see: a partner's slice, a manager's portfolio, or the whole snapshot."""
    if job.subject is None:
        return order.snapshot
    snapshot = _snapshot(order.snapshot, order.data_version)
    if job.notebook.per_partner:
        return cut(snapshot, job.subject, job.edition, folder / f"partner{SUFFIX}")
    reviews = {partner_id: f"../internal/{slug(partner_id)}/{REVIEW}.html" for partner_id in job.reviewed}
    return cut_portfolio(snapshot, job.subject, folder / f"manager{PORTFOLIO_SUFFIX}", reviews=reviews)


@lru_cache(maxsize=1)
def _snapshot(folder: Path, _version: str) -> Snapshot:
    return Snapshot.open(folder)


def _report(order: Order, job: Job, source: Path, *, data: str) -> tuple[dict[Path, bytes], str]:
    """The files of a report and "", or the files that say why there is none and the reason."""
    parameters = _parameters(order, job)
    with _making(order) as folder:
        executed = folder / "executed.ipynb"
        try:
            _execute(order, job, {**parameters, "source": str(source)}, executed)
            notebook = nbformat.read(executed, as_version=4)
            facts = collect(facts_of(notebook.cells))
            about = _page(order, job, data)
            page = page_html(notebook, about)
            tables = _tables(order, job, page, about, facts=facts)
        except Exception as error:
            # Whatever a notebook does, the run goes on: the reason is told on its page and in the journal.
            stood = nbformat.read(executed, as_version=4) if executed.exists() else None
            why = failures.reason(error, stood, time_limit=order.time_limit)
            return _failure_files(order, job, stood, why=why), why
    files = {job.page(): page.encode(), job.facts(): _facts_file(order, job, facts), **tables}
    if (path := job.executed()) is not None:
        files[path] = cleaned(notebook, parameters)
    return files, ""


def _parameters(order: Order, job: Job) -> dict[str, str]:
    """The notebook's parameters as an analyst can use them: a relative source is found from the run folder."""
    about = {} if job.subject is None else {job.notebook.about: job.subject}
    return {"source": SNAPSHOT, **about, "quarter": order.period, "edition": job.edition}


def _execute(order: Order, job: Job, parameters: Mapping[str, str], to: Path) -> None:
    with _ALONE:
        papermill.execute_notebook(
            _literal(job.notebook.path),
            _literal(to),
            parameters=dict(parameters),
            engine_name=ENGINE,
            kernel_name="python3",
            progress_bar=False,
            kernels=order.kernels,
            time_limit=order.time_limit,
            folder=to.parent,
        )


def _literal(path: Path) -> str:
    """A path as papermill takes it as it is: it fills in parameters between braces."""
    return str(path).replace("{", "{{").replace("}", "}}")


def _facts_file(order: Order, job: Job, facts: list[dict[str, Any]]) -> bytes:
    content = {
        "schema": FACTS_SCHEMA,
        "notebook": job.notebook.name,
        "partner_id": job.partner_id,
        **({} if job.manager_id is None else {"manager_id": job.manager_id}),
        "quarter": order.period,
        "as_of": order.as_of,
        "edition": job.edition,
        "facts": facts,
    }
    return json.dumps(content, ensure_ascii=False, allow_nan=False, indent=1).encode() + b"\n"


def _tables(
    order: Order, job: Job, page: str, about: PageInfo, *, facts: Iterable[Mapping[str, Any]]
) -> dict[Path, bytes]:
    """The files of a page's tables, made of the page itself, so that they hold what it shows and no more."""
    if not (tables := tables_of(page)):
        return {}
    currency = _snapshot(order.snapshot, order.data_version).about.currency
    units = Units({fact["id"]: fact["unit"] for fact in facts}, currency)
    as_csv, as_workbook = job.tables()
    return {as_csv: tables_csv(tables, units), as_workbook: tables_xlsx(tables, units, page=about)}


def _page(order: Order, job: Job, data: str) -> PageInfo:
    return order.page(
        order.title(job),
        subtitle=_of_whom(job) + order.period,
        undated=order.undated,
        data_version=data[:12],
        edition=job.edition,
        # The front page is about every partner: nothing in a partner's edition leads there.
        home="" if job.edition == "partner" else _home(job.page()),
        links=tuple(Link(other.title, replace(job, notebook=other).page().name) for other in order.siblings(job)),
        files=tuple(Link(text, path.name) for text, path in zip(("CSV", "Excel"), job.tables(), strict=True)),
    )


def _of_whom(job: Job) -> str:
    if job.subject is None or job.manager_id == WITHOUT:
        return ""
    return f"{'Partner' if job.notebook.per_partner else 'Manager'} {job.subject}, "


def _failure_files(order: Order, job: Job, stood: NotebookNode | None, *, why: str) -> dict[Path, bytes]:
    page = replace(_page(order, job, ""), home=_home(job.failed()), links=(), files=(), edition="internal")
    html = failure_page(page, notebook=job.notebook.title, why=why, what_to_do=failures.WHAT_TO_DO)
    files = {job.failed(): html.encode()}
    if stood is not None:
        files[job.failed().with_suffix(".ipynb")] = cleaned(stood, _parameters(order, job))
    return files


def _home(page: Path) -> str:
    return Path(os.path.relpath("index.html", page.parent)).as_posix()


def _publish(files: Mapping[Path, bytes], run: Path, making: Path) -> dict[str, str]:
    """Write each file beside and rename it into place; its hash by its path in the run folder.

    Nothing is forced to the disk here: after a power cut a file that is not what the journal says is made again.
    """
    out = {}
    for number, (path, content) in enumerate(files.items()):
        beside = making / str(number)
        beside.write_bytes(content)
        (run / path).parent.mkdir(parents=True, exist_ok=True)
        beside.replace(run / path)
        out[path.as_posix()] = digests.of_bytes(content)
    return out


def _remove_stale(order: Order, job: Job, *, keep: Mapping[str, str]) -> None:
    """Take away what an earlier run left of this job and this one did not make, and the PDF of an earlier page."""
    made = [job.page(), job.facts(), *job.tables(), Path(pdf_of(job.page().as_posix())), job.executed()]
    places = [*made, job.failed(), job.failed().with_suffix(".ipynb")]
    for path in places:
        if path is not None and path.as_posix() not in keep:
            (order.run / path).unlink(missing_ok=True)
