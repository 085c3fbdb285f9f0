"""`channelnb accept`: what people accepted of a run becomes rows of its source, in the folder `agreed`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path

from channelnb.book.agreed import AGREED, KEYS
from channelnb.errors import BadForm, RunIncomplete
from channelnb.fleet import plan_files
from channelnb.fleet.accepted import accepted_actions
from channelnb.fleet.agreed import Row, cannot_write, csv_of, read_rows, write_files
from channelnb.fleet.folder import held, locked
from channelnb.fleet.manifest import manifest_of, source_of
from channelnb.fleet.plan import SNAPSHOT
from channelnb.fleet.proposed import ACTIONS, FOLDER
from channelnb.formulas import is_formula
from channelnb.snapshot import Snapshot

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
    that cannot be used or is not where `actions` says, or a version of a plan that is there with other rows; BadSource
    for a source that is not there, or in whose files of what was agreed something cannot be told; NotUsable for one
    that cannot be written to.
    """
    manifest = manifest_of(run)
    if manifest.get("state") != "finished":
        raise RunIncomplete(f"the run in {run} is not finished; start it again, and accept what it proposes then.")
    source = source_of(run)
    if actions is not None and not actions.is_file():
        raise BadForm(f"{actions}: there is no such file; name the workbook of actions that was filled in.")
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
        names = plan_files.versions_in(own, period)
        versions = ((name, _read(own / f"{name}.csv", "plans")) for name in reversed(names))
        committed = (one for one in versions if {row.get("status") for row in one[1]} == {_COMMITTED})
        if newest := next(committed, None):
            plans += newest[1]
            goals += _goals(own / f"{newest[0]}.commitments.csv")
        elif names:
            remarks.append(f"{own}: no version of the plan is committed, so none was added.")
    return plans, goals, remarks


def _read(path: Path, table: str) -> list[Row]:
    return [plan_files.without_marks(row) for row in read_rows(path, table)]


def _goals(path: Path) -> list[Row]:
    rows = _read(path, "commitments")
    for number, row in enumerate(rows, start=1):
        for name in ("text", "owner", "if_missed"):
            if is_formula(said := row.get(name, "")):
                raise BadForm(
                    f"{path}: row {number} below the header has {said!r} in the column `{name}`, which a sheet takes "
                    "for a formula: begin with a letter."
                )
    return rows


def _add(source: Path, wanted: Mapping[str, Sequence[Row]], *, remarks: Iterable[str]) -> Accepted:
    folder = source / AGREED
    if not any(wanted.values()):
        return Accepted(folder, dict.fromkeys(wanted, 0), dict.fromkeys(wanted, 0), tuple(remarks))
    try:
        # Runs of several periods, or names, may have one source.
        with locked(folder, busy=f"another run is being accepted into {folder}; accept again when that is done."):
            return _add_to(folder, wanted, remarks=remarks)
    except OSError as error:
        raise cannot_write(folder, error) from None


def _add_to(folder: Path, wanted: Mapping[str, Sequence[Row]], *, remarks: Iterable[str]) -> Accepted:
    added: dict[str, int] = {}
    there: dict[str, int] = {}
    said = list(remarks)
    contents: dict[Path, str] = {}
    for name, rows in wanted.items():
        path = folder / f"{name}.csv"
        known = read_rows(path, name) if path.is_file() else []
        new, old = _versions_apart(path, known, rows) if name == "plans" else _promises_apart(known, rows)
        added[name], there[name] = len(new), len(old)
        if name == "commitments":
            said += [_differs(path, row) for row in old if _changed(row, [*known, *new])]
        if new:
            contents[path] = csv_of(name, [*known, *new])
    write_files(folder, contents)
    return Accepted(folder, added, there, tuple(said))


def _promises_apart(known: Sequence[Row], rows: Sequence[Row]) -> tuple[list[Row], list[Row]]:
    """The promises that are new, and those that are known, or wanted twice."""
    keys = {_key("commitments", row) for row in known}
    new: list[Row] = []
    old: list[Row] = []
    for row in rows:
        key = _key("commitments", row)
        (old if key in keys else new).append(row)
        keys.add(key)
    return new, old


def _versions_apart(path: Path, known: Sequence[Row], rows: Sequence[Row]) -> tuple[list[Row], list[Row]]:
    """The rows of versions of plans that are new, and of those that are there; a version is one whole."""
    there, wanted = _by_version(known), _by_version(rows)
    for version, lines in wanted.items():
        if version in there and _figures(lines) != _figures(there[version]):
            first = lines[0]
            raise BadForm(
                f"{path}: version {first.get('version', '')} of the plan of {first.get('partner_id', '')}, made on "
                f"{first.get('made_on', '')}, is there with other rows ({len(there[version])} there, {len(lines)} that "
                "were committed); nothing was added. Commit a newer version with `channelnb plan`, or take the rows of "
                "this one out of the file."
            )
    new = [row for version, lines in wanted.items() if version not in there for row in lines]
    return new, [row for version, lines in wanted.items() if version in there for row in lines]


def _by_version(rows: Sequence[Row]) -> dict[tuple[str, ...], list[Row]]:
    found: dict[tuple[str, ...], list[Row]] = {}
    for row in rows:
        found.setdefault(_key("plans", row | {"month": ""}), []).append(row)
    return found


def _figures(rows: Sequence[Row]) -> list[tuple[str | Decimal, ...]]:
    """What rows of a plan say, whatever their order and however their amounts are written."""
    names = ("month", "line", "currency")
    amounts = ("target_revenue", "target_profit")
    return sorted(
        ((*(row.get(name, "") for name in names), *(_amount(row.get(name, "")) for name in amounts)) for row in rows),
        key=repr,
    )


def _amount(text: str) -> str | Decimal:
    with suppress(InvalidOperation):
        return Decimal(text).normalize()
    return text


def _key(name: str, row: Row) -> tuple[str, ...]:
    return tuple(row.get(column, "").strip() for column in KEYS[name])


def _changed(row: Row, known: Sequence[Row]) -> bool:
    """Whether a promise that was there already says something else now; the day on which it was made does not count."""
    before = next(one for one in known if _key("commitments", one) == _key("commitments", row))
    return any(row.get(column, "") != before.get(column, "") for column in ("target", "due_on", "owner", "if_missed"))


def _differs(path: Path, row: Row) -> str:
    return (
        f"{row['commitment_id']} ({row['text']}) was agreed before, in other words, and stays as it was: change it in "
        f"{path} if both sides agree."
    )
