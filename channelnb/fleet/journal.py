"""The journal of a run: one line per finished job, written last; it is what resume trusts."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Literal

from channelnb.fleet import digests

FILE = "journal.jsonl"
SCHEMA = 1

Status = Literal["made", "failed"]


@dataclass(frozen=True)
class Record:
    """One finished job: what went in, what came out, and how long it took.

    `into` is the hash of all that went in: the `recipe` (notebook, parameters, our own code) and the slice, which was
    cut from `snapshot`. `out` has the hash of each file made, by its path in the run folder; `reason` says in plain
    words why a job failed.
    """

    job: str
    notebook: str
    partner_id: str | None
    edition: str
    status: Status
    into: str
    recipe: str
    snapshot: str
    seconds: float
    finished_at: str
    out: Mapping[str, str] = field(default_factory=dict)
    reason: str = ""
    manager_id: str | None = None

    def stands(self, run: Path) -> bool:
        """Whether the job was made and each of its files is there, byte for byte.

        >>> made = ("made", "acme", "r1", "s1", 2.0, "2026-10-02T09:00:00Z", {"internal/P1/qbr.html": "e3b0"})
        >>> Record("qbr internal P1", "qbr", "P1", "internal", *made).stands(Path("no/such/run"))
        False
        """
        return self.status == "made" and all(_is(run / name, digest) for name, digest in self.out.items())


class Journal:
    """The journal of one run folder, opened to append; use it in a ``with``."""

    def __init__(self, run: Path) -> None:
        self.path = run / FILE
        self.records = read(run)
        # A line torn by a crash is taken off, so that the next record starts on a line of its own.
        _drop_torn_line(self.path)
        self._file = self.path.open("ab")

    def __enter__(self) -> Journal:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._file.close()

    def append(self, record: Record) -> None:
        """Write a record so that it outlives a power cut.

        >>> from tempfile import TemporaryDirectory
        >>> failed = ("failed", "", "r1", "s1", 2.0, "2026-10-02T09:00:00Z", {}, "cell 3 stopped")
        >>> with TemporaryDirectory() as run, Journal(Path(run)) as journal:
        ...     journal.append(Record("qbr internal P1", "qbr", "P1", "internal", *failed))
        ...     read(Path(run))["qbr internal P1"].reason
        'cell 3 stopped'
        """
        line = json.dumps({"schema": SCHEMA, **asdict(record)}, ensure_ascii=False, allow_nan=False)
        self._file.write(line.encode() + b"\n")
        self._file.flush()
        os.fsync(self._file.fileno())
        self.records[record.job] = record


def read(run: Path) -> dict[str, Record]:
    """The last record of each job in a run folder's journal, by the job's key; empty if there is no journal.

    A torn last line, as a crash leaves it, and lines of another schema are passed over.

    >>> read(Path("no/such/run"))
    {}
    """
    path = run / FILE
    found: dict[str, Record] = {}
    # What follows the last line's end was torn off; it is no record even if it reads like one.
    for line in path.read_bytes().split(b"\n")[:-1] if path.exists() else []:
        record = _record(line)
        if record is not None:
            found[record.job] = record
    return found


def _record(line: bytes) -> Record | None:
    try:
        content = json.loads(line)
        if content.pop("schema") != SCHEMA:
            return None
        return Record(**content)
    except (ValueError, TypeError, KeyError, AttributeError):
        return None


def _drop_torn_line(path: Path) -> None:
    if not path.exists():
        return
    content = path.read_bytes()
    whole = content.rfind(b"\n") + 1
    if whole < len(content):
        os.truncate(path, whole)


def _is(path: Path, digest: str) -> bool:
    try:
        return digests.of_file(path) == digest
    except OSError:
        return False
