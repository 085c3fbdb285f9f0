"""What a run proposes, written into its folder for people: a table for machines, and a workbook to accept from."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Collection
from pathlib import Path

import pandas as pd

from channelnb.book.contract import ID, TEXT
from channelnb.book.tables import CONTRACT
from channelnb.fleet.actions import actions_bytes
from channelnb.fleet.folder import write_whole
from channelnb.formulas import harmless
from channelnb.planning.promises.proposals import PROPOSALS
from channelnb.snapshot import Snapshot

FOLDER = "proposed"
"""The folder, within that of a run, of what is proposed."""

ACTIONS, COMMITMENTS = "actions.xlsx", "commitments.csv"
_TEXTS = [column.name for column in CONTRACT["commitments"].columns if column.kind in (ID, TEXT)]
_WRITTEN = ".written.json"
"""The hashes of what a run wrote there: a file with another one was changed by a person."""


def write_proposed(snapshot: Snapshot, run: Path, *, partners: Collection[str], made_on: str) -> list[str]:
    """Write what is proposed for these partners into a run's folder; what to say of it, a line each.

    ``commitments.csv`` has the contract's columns, ``actions.xlsx`` a row for each proposal. A file that a person has
    changed stays as it is: where something else is proposed now, that goes beside it.
    """
    rows = snapshot.frame(PROPOSALS)
    rows = _named(rows[rows["partner_id"].isin(list(partners))], snapshot)
    (run / FOLDER).mkdir(exist_ok=True)
    files = {
        COMMITMENTS: commitments_csv(rows, made_on=made_on).encode(),
        ACTIONS: actions_bytes(rows, period=snapshot.about.period, run="/".join(("runs", *run.parts[-2:]))),
    }
    said = [line for name, content in files.items() if (line := _put(run, name, content))]
    return [f"Proposed: {len(rows):,} actions in {run / FOLDER / ACTIONS}.", *said] if len(rows) else said


def _named(rows: pd.DataFrame, snapshot: Snapshot) -> pd.DataFrame:
    """The proposals with the names of their partner and its manager."""
    firms = snapshot.frame("partners").set_index("partner_id")
    managers = snapshot.frame("managers").reindex(columns=["manager_id", "name"]).set_index("manager_id")["name"]
    called, names = managers.dropna().to_dict(), firms["name"].to_dict()
    managed = {firm: called.get(one, one) for firm, one in firms["manager_id"].dropna().items()}
    told = {
        "partner": pd.Series([names[firm] for firm in rows["partner_id"]], index=rows.index, dtype="str"),
        "manager": pd.Series([managed.get(firm) for firm in rows["partner_id"]], index=rows.index, dtype="str"),
    }
    return rows.assign(**told)


def commitments_csv(rows: pd.DataFrame, *, made_on: str) -> str:
    """Proposals as rows of the contract's table `commitments`, as they would be if all were accepted on a day.

    A text that a sheet would run is marked as text.

    >>> row = {"proposal_id": "cn-1", "partner_id": "P1", "side": "vendor", "text": "Call", "target": float("nan")}
    >>> rows = pd.DataFrame([row | {"due_on": pd.Timestamp("2026-12-31")}])
    >>> print(commitments_csv(rows, made_on="2026-10-05").splitlines()[1])
    cn-1,P1,vendor,Call,2026-12-31,2026-10-05,,,,,,,,,open,
    """
    told = rows.assign(
        commitment_id=rows["proposal_id"], made_on=made_on, status="open", due_on=rows["due_on"].dt.strftime("%Y-%m-%d")
    )
    columns = list(CONTRACT["commitments"].names)
    for name in {"baseline", "target"} & set(told.columns):
        told[name] = pd.Series([plain(value) for value in told[name]], index=told.index, dtype="str")
    for name in told.columns.intersection(_TEXTS):
        told[name] = told[name].map(harmless, na_action="ignore")
    buffer = io.StringIO()
    told.reindex(columns=columns).to_csv(buffer, index=False, lineterminator="\n")
    return buffer.getvalue()


def plain(value: float | None) -> str | None:
    """A number as a CSV holds it; None where there is none.

    >>> plain(45000.0), plain(0.47), plain(float("nan"))
    ('45000', '0.47', None)
    """
    if value is None or value != value:
        return None
    return str(int(value)) if float(value).is_integer() else repr(float(value))


def _put(run: Path, name: str, content: bytes) -> str:
    """Write a file unless a person has changed it; what to say of that, "" where there is nothing to say."""
    written = _written(run)
    path, new = run / FOLDER / name, hashlib.sha256(content).hexdigest()
    there = hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else None
    if there == new or (there is not None and written.get(name) == new):
        # What is proposed is what was proposed before: whatever a person made of it stands.
        return ""
    if there is not None and there != written.get(name):
        stem, ending = name.rsplit(".", 1)
        beside = f"{stem}-{new[:8]}.{ending}"
        if not (run / FOLDER / beside).exists():
            write_whole(run / FOLDER / beside, content, run=run)
        return f"{path} was changed by hand and stays; what is proposed now differs, and is in {FOLDER}/{beside}."
    write_whole(path, content, run=run)
    write_whole(run / FOLDER / _WRITTEN, json.dumps({**written, name: new}, indent=1).encode() + b"\n", run=run)
    return ""


def _written(run: Path) -> dict[str, str]:
    path = run / FOLDER / _WRITTEN
    try:
        return dict(json.loads(path.read_text(encoding="utf-8"))) if path.is_file() else {}
    except ValueError:
        # Then every file counts as changed by a person, and is kept.
        return {}
