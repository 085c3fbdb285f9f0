"""`channelnb accept`: what people accepted of a run becomes rows of its source, in the folder `agreed`."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from tempfile import NamedTemporaryFile

from channelnb.book.agreed import AGREED, KEYS
from channelnb.book.config import find_folder
from channelnb.book.tables import CONTRACT
from channelnb.errors import BadForm, NotUsable, RunIncomplete
from channelnb.fleet.accepted import accepted_actions
from channelnb.fleet.folder import held
from channelnb.fleet.manifest import read_manifest
from channelnb.fleet.plan import SNAPSHOT
from channelnb.fleet.proposed import ACTIONS, FOLDER
from channelnb.form import files as plan_files
from channelnb.snapshot import Snapshot

Row = dict[str, str]

PLANS = "plans"
"""The folder, within that of what is proposed, of the plans that people filled in."""

_COMMITTED = "committed"


@dataclass(frozen=True)
class Accepted:
    """What became of what was accepted: how many rows were added to which file, what was there, what to look at."""

    folder: Path
    added: Mapping[str, int] = field(default_factory=dict)
    there: Mapping[str, int] = field(default_factory=dict)
    remarks: tuple[str, ...] = ()

    def lines(self) -> list[str]:
        """The same in words.

        >>> Accepted(Path("data/acme/agreed"), {"commitments": 2, "plans": 0}, {"commitments": 1, "plans": 0}).lines()
        ['data/acme/agreed/commitments.csv: 2 promises added, 1 was there already.']
        """
        said = []
        for name, number in self.added.items():
            there = self.there.get(name, 0)
            if number or there:
                was = f", {there:,} {'was' if there == 1 else 'were'} there already" if there else ""
                said.append(f"{self.folder / f'{name}.csv'}: {_counted(number, name)} added{was}.")
        return [*(said or ["Nothing is accepted yet, so nothing was added."]), *self.remarks]


def _counted(number: int, name: str) -> str:
    one = {"commitments": "promise", "plans": "row of a plan"}[name]
    many = {"commitments": "promises", "plans": "rows of plans"}[name]
    return f"{number:,} {one if number == 1 else many}"


def accept(run: Path, *, today: date, actions: Path | None = None) -> Accepted:
    """Add what people accepted of a run to its source, in files beside the source's own tables.

    Read are the run's ``proposed/actions.xlsx`` (or `actions`, a copy of it), and of the plans that were filled in the
    newest committed version of each partner. `today` is the day on which it was agreed. What is there already is not
    added again. Raises RunIncomplete for a run that is not finished, BadForm, with all faults at once, for a workbook
    that cannot be used, BadSource for a source that is not there, NotUsable for one that cannot be written to.
    """
    manifest = read_manifest(run)
    if not manifest:
        raise RunIncomplete(f"{run} holds no run: run.json is missing; name the folder of a run.")
    if manifest.get("state") != "finished":
        raise RunIncomplete(f"the run in {run} is not finished; start it again, and accept what it proposes then.")
    source = find_folder(manifest["parameters"]["source"])
    with held(run):
        snapshot = Snapshot.open(run / SNAPSHOT)
        promises, remarks = _actions(actions or run / FOLDER / ACTIONS, snapshot, today=today)
        plans, goals, told = _plans(run / FOLDER / PLANS, period=snapshot.about.period)
        return _add(source, {"plans": plans, "commitments": [*promises, *goals]}, remarks=(*remarks, *told))


def _actions(path: Path, snapshot: Snapshot, *, today: date) -> tuple[list[Row], list[str]]:
    if not path.is_file():
        return [], [f"{path} is not there: no action was accepted."]
    return accepted_actions(path, snapshot, today=today), []


def _plans(folder: Path, *, period: str) -> tuple[list[Row], list[Row], list[str]]:
    """The rows of the newest committed plan of each partner, its goals, and what to say of drafts."""
    plans: list[Row] = []
    goals: list[Row] = []
    remarks: list[str] = []
    for own in sorted(path for path in folder.glob("*") if path.is_dir()):
        versions = {name: _read(own / f"{name}.csv") for name in plan_files.versions_in(own, period)}
        committed = [name for name, rows in versions.items() if {row.get("status") for row in rows} == {_COMMITTED}]
        if committed:
            plans += versions[committed[-1]]
            goals += _read(own / f"{committed[-1]}.commitments.csv")
        elif versions:
            remarks.append(f"{own}: no version of the plan is committed, so none was added.")
    return plans, goals, remarks


def _read(path: Path) -> list[Row]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file)
        rows: list[Row] = list(reader)
    if any(None in row or None in row.values() for row in rows):
        raise BadForm(f"{path}: a row does not have the {len(reader.fieldnames or ())} cells of the header; mend it.")
    return rows


def _add(source: Path, wanted: Mapping[str, Sequence[Row]], *, remarks: Iterable[str]) -> Accepted:
    folder = source / AGREED
    added: dict[str, int] = {}
    there: dict[str, int] = {}
    said = list(remarks)
    contents: dict[Path, str] = {}
    for name, rows in wanted.items():
        path = folder / f"{name}.csv"
        known = _read(path) if path.is_file() else []
        new, old = _apart(name, known, rows)
        added[name], there[name] = len(new), len(old)
        said += [_differs(path, name, row, known) for row in old if _changed(name, row, known)]
        if new:
            contents[path] = _csv(name, [*known, *new])
    _write(folder, contents)
    return Accepted(folder, added, there, tuple(said))


def _apart(name: str, known: Sequence[Row], rows: Sequence[Row]) -> tuple[list[Row], list[Row]]:
    """The rows whose key is new, and those whose key is known; lines of one version of a plan are one whole."""
    keys = {_key(name, row) for row in known}
    return [row for row in rows if _key(name, row) not in keys], [row for row in rows if _key(name, row) in keys]


def _key(name: str, row: Row) -> tuple[str, ...]:
    return tuple(row.get(column, "") for column in KEYS[name])


def _changed(name: str, row: Row, known: Sequence[Row]) -> bool:
    """Whether a promise that was there already says something else now; the day on which it was made does not count."""
    if name != "commitments":
        return False
    before = next(one for one in known if _key(name, one) == _key(name, row))
    return any(row.get(column, "") != before.get(column, "") for column in ("target", "due_on", "owner", "if_missed"))


def _differs(path: Path, name: str, row: Row, known: Sequence[Row]) -> str:
    return (
        f"{row['commitment_id']} ({row['text']}) was agreed before, in other words, and stays as it was: change it in "
        f"{path} if both sides agree."
    )


def _csv(name: str, rows: Sequence[Row]) -> str:
    extra = dict.fromkeys(column for row in rows for column in row if column not in CONTRACT[name].by_name)
    there = {column for row in rows for column in row}
    columns = [column for column in CONTRACT[name].names if column in there] + list(extra)
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, columns, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return buffer.getvalue()


def _write(folder: Path, contents: Mapping[Path, str]) -> None:
    """Write files whole: each beside, then renamed, once all are written."""
    beside: dict[Path, Path] = {}
    try:
        if contents:
            folder.mkdir(exist_ok=True)
        for path, content in contents.items():
            with NamedTemporaryFile("wb", dir=folder, prefix=".", suffix=".new", delete=False) as file:
                beside[path] = Path(file.name)
                file.write(content.encode())
                file.flush()
                os.fsync(file.fileno())
            beside[path].chmod(0o644)
        for path, made in beside.items():
            made.replace(path)
    except OSError as error:
        raise NotUsable(
            f"{folder} cannot be written: {error.strerror or error}; nothing was added. What was accepted must lie in "
            "the source's folder: make it yours to write to."
        ) from None
    finally:
        for made in beside.values():
            with suppress(OSError):
                made.unlink(missing_ok=True)
