"""`run.json`: what a run was asked for, of what it was made, and what became of each job."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from channelnb.book.config import find_folder
from channelnb.errors import RunIncomplete
from channelnb.fleet import journal
from channelnb.fleet.folder import write_whole
from channelnb.fleet.journal import Record
from channelnb.fleet.plan import Job, Order, job_key
from channelnb.params import ParametersFile, RunParameters

FILE = "run.json"
SCHEMA = 1
_PACKAGES = ("channelnb", "pandas", "duckdb", "scikit-learn", "matplotlib", "papermill", "nbconvert", "distributed")


def write_manifest(
    file: ParametersFile, order: Order, jobs: Sequence[Job], records: Mapping[str, Record], *, finished: bool
) -> None:
    """Write the manifest of a run at its start (so that its date is kept) and at its end."""
    content = {
        "schema": SCHEMA,
        "state": "finished" if finished else "running",
        "started_on": order.made_on,
        "quarter": order.period,
        "as_of": order.as_of,
        "snapshot": order.data_version,
        "parameters": _parameters(file.chosen, order.run),
        "versions": {package: version(package) for package in _PACKAGES} | {"sources": order.package},
        "jobs": [_job(job, records.get(job.key), order) for job in jobs],
    }
    text = json.dumps(content, ensure_ascii=False, allow_nan=False, indent=1)
    write_whole(order.run / FILE, text.encode() + b"\n", run=order.run)


def _parameters(chosen: RunParameters, run: Path) -> dict[str, Any]:
    """The parameters: a whole path of this machine as the way to it from the run's, of a logo its file's name."""
    plain = chosen.model_dump(mode="json")
    plain |= {key: _from(run, plain[key]) for key in ("source", "scorecards") if plain[key]}
    plain |= {"plugins": [_from(run, path) for path in plain["plugins"]]}
    logo = plain["brand"]["logo"]
    return plain | {"brand": plain["brand"] | {"logo": logo and Path(logo).name}}


def _from(run: Path, place: str) -> str:
    path = Path(place)
    return Path(os.path.relpath(path, run.resolve())).as_posix() if path.is_absolute() else place


def source_of(run: Path) -> Path:
    """The folder of the source of which a run was made, by its `run.json`; raises BadSource where it is nowhere.

    A relative one in the parameters is looked for as a run does, an absolute one from the run's folder.
    """
    told = str(manifest_of(run)["parameters"]["source"])
    beside = (run / told).resolve()
    return beside if beside.is_dir() else find_folder(told)


def read_manifest(run: Path) -> dict[str, Any]:
    """What `run.json` says, {} where there is none yet; raises RunIncomplete where it cannot be read.

    >>> read_manifest(Path("no/such/run"))
    {}
    """
    path = run / FILE
    if not path.is_file():
        return {}
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise RunIncomplete(f"{path} cannot be read: {error}; remove it, and run again.") from None
    return dict(content)


def manifest_of(run: Path) -> dict[str, Any]:
    """What `run.json` says; raises RunIncomplete where there is none, as there is no run, or where it cannot be read.

    >>> manifest_of(Path("no/such/run"))
    Traceback (most recent call last):
    ...
    channelnb.errors.RunIncomplete: no/such/run holds no run: run.json is missing; name the folder of a run.
    """
    if manifest := read_manifest(run):
        return manifest
    raise RunIncomplete(f"{run} holds no run: {FILE} is missing; name the folder of a run.")


def key_of(job: Mapping[str, Any]) -> str:
    """The key, in the journal, of a job in `run.json`.

    >>> key_of({"notebook": "portfolio", "edition": "internal", "partner_id": None, "manager_id": "M1"})
    'portfolio internal M1'
    """
    return job_key(job["notebook"], job["edition"], job["partner_id"] or job.get("manager_id"))


@dataclass(frozen=True)
class Standing:
    """How far a run is: for each notebook and edition how many jobs are in each state, and why some failed."""

    counts: dict[tuple[str, str], Counter[str]]
    reasons: list[str]


def standing(run: Path) -> Standing:
    """How far the run in a folder is, by its manifest and, for what was made since, its journal.

    Raises RunIncomplete where there is no run.

    >>> from tempfile import TemporaryDirectory
    >>> job = {"notebook": "qbr", "edition": "internal", "partner_id": "P1"}
    >>> with TemporaryDirectory() as run:
    ...     _ = Path(run, FILE).write_text(json.dumps({"schema": SCHEMA, "jobs": [job]}))
    ...     dict(standing(Path(run)).counts["qbr", "internal"])
    {'missing': 1}
    """
    manifest = manifest_of(run)
    records = journal.read(run)
    counts: dict[tuple[str, str], Counter[str]] = {}
    reasons = []
    for job in manifest["jobs"]:
        record = records.get(key_of(job))
        counts.setdefault((job["notebook"], job["edition"]), Counter())[record.status if record else "missing"] += 1
        if record is not None and record.status == "failed":
            reasons.append(f"{record.job}: {record.reason}")
    return Standing(counts, reasons)


def _job(job: Job, record: Record | None, order: Order) -> dict[str, Any]:
    about = {"notebook": job.notebook.name, "partner_id": job.partner_id, "edition": job.edition}
    about |= {} if job.manager_id is None else {"manager_id": job.manager_id}
    # What a manager's page leads to is told only as it is made, and its recipe with it.
    about |= {} if job.partner_id is None else {"recipe": order.recipe(job)}
    if record is None:
        return {**about, "status": "missing"}
    made = {"seconds": record.seconds, "into": record.into, "out": dict(record.out)}
    return {**about, "status": record.status, **made} | ({"reason": record.reason} if record.reason else {})
