"""The files of a partner's plans in a run: its versions in the contract's columns, and what a CRM loads."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

from channelnb.errors import BadForm
from channelnb.fleet.folder import write_whole
from channelnb.form.content import proposed_goals
from channelnb.form.form import Filled, Goal
from channelnb.formulas import marked, unmarked
from channelnb.frames import records
from channelnb.metrics.known import KNOWN
from channelnb.planning.business.crm import crm_csv, plan_for_crm
from channelnb.planning.business.history import ALL_LINES
from channelnb.planning.business.strategies import GROWTH, goal_id, growth_text
from channelnb.planning.promises.proposals import amount_text
from channelnb.slice import Slice

FOR_CRM = "plan_for_crm.csv"
PLANS = [
    *("partner_id", "version", "made_on", "made_by", "status", "month", "line", "target_revenue", "target_profit"),
    *("currency", "partner_profit", "way"),
]
COMMITMENTS = [
    *("commitment_id", "partner_id", "side", "kind", "area", "text", "metric", "baseline", "target", "owner"),
    *("if_missed", "made_on", "due_on", "status"),
]
"""Columns of the contract, and two of our own: what the plan leaves to the partner, and how the line is planned."""

Version = tuple[pd.DataFrame, pd.DataFrame]
"""A version's plan and commitments, as `plan_rows` and `commitment_rows` give them."""

_AMOUNTS = ["target_revenue", "target_profit", "partner_profit", "baseline", "target"]
"""The columns of numbers; in the others stands text, of which a sheet must make no formula."""

_NAMING = ["version", "made_on"]
"""Columns in which a version may differ from one of the same content."""


def plan_rows(part: Slice, plan: pd.DataFrame, filled: Filled) -> pd.DataFrame:
    """A plan in the contract's columns, as text: one row for each line and month, money with two decimals.

    Needs the rows of `make_plan`; `target_profit` is the vendor's, blank where it is not known. `version` and
    `made_on` are blank still.
    """
    rows = plan.sort_values(["line", "month"])
    return pd.DataFrame(
        {
            "partner_id": part.partner_id,
            "version": "",
            "made_on": "",
            "made_by": filled.made_by,
            "status": filled.status,
            "month": [f"{month:%Y-%m-%d}" for month in rows["month"]],
            # A source that tells of no lines has none to plan by.
            "line": ["" if line == ALL_LINES else str(line) for line in rows["line"]],
            "target_revenue": _money(rows["revenue"]),
            "target_profit": _money(rows["vendor_profit"]),
            "currency": part.about.currency,
            "partner_profit": _money(rows["partner_profit"]),
            "way": rows["way"].astype(str).to_list(),
        }
    )[PLANS]


def commitment_rows(part: Slice, goals: Iterable[Goal]) -> pd.DataFrame:
    """Goals and strategies in the contract's columns, as text, one row each; `made_on` is blank still.

    An id follows from what is promised, whatever its target, so that one that a later version repeats or sets higher
    is the same promise. A proposal whose target or day was changed is worded by what was agreed. Raises BadForm where
    two of them are one promise.
    """
    agreed = [_as_agreed(part, goal) for goal in goals]
    names = [name for name, _ in agreed]
    if twice := sorted({goal.text for name, goal in agreed if names.count(name) > 1}):
        raise BadForm(
            f"{part.partner_id}: the form has {twice} twice for one quarter; keep one of each, or word them apart."
        )
    figures = part.frames["partner"]
    now = figures[figures["period"].eq(part.about.period)].set_index("metric")["value"]
    rows = [
        {
            "commitment_id": name,
            "partner_id": part.partner_id,
            "side": goal.side,
            "kind": "goal" if goal.metric else "action",
            "area": goal.area,
            "text": goal.text,
            "metric": goal.metric,
            "baseline": f"{now[goal.metric]:.6g}" if goal.metric else "",
            "target": "" if goal.target is None else f"{goal.target:.12g}",
            "owner": goal.owner,
            "if_missed": goal.if_missed,
            "made_on": "",
            "due_on": str(goal.due_on),
            "status": "open",
        }
        for name, goal in agreed
    ]
    return pd.DataFrame(rows, columns=COMMITMENTS).astype("str")


def versions_in(folder: Path, period: str) -> list[str]:
    """The versions of a plan in a folder, the oldest first.

    >>> versions_in(Path("no/such/folder"), "2026Q3")
    []
    """
    numbers = [path.stem.removeprefix(f"{period}-") for path in folder.glob(f"{period}-*.csv")]
    return [f"{period}-{number}" for number in sorted(int(number) for number in numbers if number.isdecimal())]


def next_version(known: Collection[str], period: str) -> str:
    """The name of the version that follows those that there are.

    >>> next_version(["2026Q3-1", "2026Q3-2", "FY2027"], "2026Q3")
    '2026Q3-3'
    """
    number = 1
    while f"{period}-{number}" in known:
        number += 1
    return f"{period}-{number}"


def read_version(folder: Path, version: str) -> Version:
    """The plan and the commitments of a version, every cell as text; raises BadForm for a file that was changed."""
    plan = _read(folder, version, f"{version}.csv", columns=PLANS)
    try:
        as_amounts(plan)
    except ValueError:
        why = "months are not all such as 2026-10-01, or amounts not such as 1234.50"
        raise _unreadable(folder, version, f"{version}.csv", why) from None
    return plan, _read(folder, version, f"{version}.commitments.csv", columns=COMMITMENTS)


def same(one: pd.DataFrame, other: pd.DataFrame) -> bool:
    """Whether two versions say the same, whatever their names and dates.

    >>> first, second = (pd.DataFrame({"version": [name], "line": ["Disks"]}) for name in "ab")
    >>> same(first, second), same(first, second.assign(line="Tapes"))
    (True, False)
    """
    plain = [frame.drop(columns=_NAMING, errors="ignore").to_dict("records") for frame in (one, other)]
    return plain[0] == plain[1]


def write_version(folder: Path, version: str, content: Version, *, on: date, run: Path) -> None:
    """Write the files of a version; needs the run's folder to be held."""
    folder.mkdir(parents=True, exist_ok=True)
    # The plan is written last: a version that is seen is whole.
    for name, frame in (
        (f"{version}.commitments.csv", content[1].assign(made_on=on.isoformat())),
        (f"{version}.csv", content[0].assign(made_on=on.isoformat(), version=version)),
    ):
        buffer = io.StringIO()
        texts = {name: frame[name].map(marked) for name in frame.columns.difference(_AMOUNTS)}
        frame.assign(**texts).to_csv(buffer, index=False, lineterminator="\n")
        write_whole(folder / name, buffer.getvalue().encode(), run=run)


def write_for_crm(folder: Path, part: Slice, plan: pd.DataFrame, *, version: str, status: str, run: Path) -> None:
    """Write what a CRM loads of the newest version."""
    rows = plan_for_crm(plan, partner_name=part.name, currency=part.about.currency, version=version, status=status)
    write_whole(folder / FOR_CRM, crm_csv(rows), run=run)


def without_marks(row: Mapping[str, str]) -> dict[str, str]:
    """A row of a version's file as it was before it was written.

    >>> without_marks({"line": "'=1+1", "target_profit": "-5.00"})
    {'line': '=1+1', 'target_profit': '-5.00'}
    """
    return {name: cell if name in _AMOUNTS else unmarked(cell) for name, cell in row.items()}


def as_amounts(rows: pd.DataFrame) -> pd.DataFrame:
    """A version's rows as line, month and revenue, for `compared`."""
    return pd.DataFrame(
        {
            "line": rows["line"].replace("", ALL_LINES),
            "month": pd.to_datetime(rows["month"], format="%Y-%m-%d"),
            "revenue": rows["target_revenue"].astype("float64"),
        }
    )


def _read(folder: Path, version: str, name: str, *, columns: list[str]) -> pd.DataFrame:
    try:
        rows = pd.read_csv(folder / name, dtype="str", keep_default_na=False)
    except (OSError, ValueError) as error:
        raise _unreadable(folder, version, name, str(error)) from None
    if absent := [column for column in columns if column not in rows]:
        raise _unreadable(folder, version, name, f"it lacks the columns {absent}")
    return rows.assign(**{column: rows[column].map(unmarked) for column in rows.columns.difference(_AMOUNTS)})


def _unreadable(folder: Path, version: str, name: str, why: str) -> BadForm:
    # Editors that save a table in their own way: another encoding, semicolons, dates and amounts as a country has them.
    return BadForm(
        f"{folder / name} is not as channelnb wrote it ({why.strip()}): restore it, or move {version}.csv and "
        f"{version}.commitments.csv away."
    )


def _money(amounts: pd.Series) -> list[str]:
    return ["" if pd.isna(amount) else f"{amount:.2f}" for amount in amounts]


def _as_agreed(part: Slice, goal: Goal) -> tuple[str, Goal]:
    """A goal's id, and the goal; one that was proposed has the id under which the plan's page proposes it."""
    quarter = part.calendar.quarter_of(goal.due_on) if goal.due_on else ""
    for row in records(proposed_goals(part)):
        if (row["text"], row["metric"]) == (goal.text, goal.metric):
            text = _worded(goal, row, quarter=quarter, currency=part.about.currency)
            return goal_id(part.partner_id, goal.metric, quarter), replace(goal, text=text)
    said = (part.partner_id, goal.side, goal.area, goal.text, goal.metric, quarter)
    return f"plan-{hashlib.sha256(repr(said).encode()).hexdigest()[:12]}", goal


def _worded(goal: Goal, proposed: dict[str, Any], *, quarter: str, currency: str) -> str:
    """A proposed goal's text, with the target and the quarter that were agreed."""
    if goal.metric == GROWTH:
        return growth_text(goal.target or 0.0, quarter)
    before, now = (
        amount_text(float(target or 0), KNOWN[goal.metric].unit, currency).replace("-", "\N{MINUS SIGN}")
        for target in (proposed["target"], goal.target)
    )
    return goal.text.replace(before, now).replace(str(proposed["due_period"]), quarter)
