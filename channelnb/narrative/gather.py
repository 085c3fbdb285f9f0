"""Facts gathered from one partner's frames: what was measured, and what follows from it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

import pandas as pd

from channelnb.frames import records
from channelnb.metrics.registry import METRICS
from channelnb.narrative.facts import (
    ACTUAL,
    AHEAD_OF,
    GAP,
    PEER_HIGH,
    PEER_LOW,
    PEER_MEDIAN,
    PIPELINE,
    PLAN,
    PRIOR,
    TARGET,
    Fact,
    Facts,
    from_row,
)

Frames = Mapping[str, pd.DataFrame]


def gather(frames: Frames, *, as_of: str, quarter: str, target: float) -> Facts:
    """Every fact that a report on one partner may state.

    Needs the partner's frames of a slice, the quarter reviewed, the date up to which things are known
    and the target of the pipeline index.
    """
    facts = [
        *_measured(frames["partner"], "quarter", (), target),
        *_measured(frames["partner_year"], "year", (), target),
        *_measured(frames["partner_line"], "quarter", ("line",), target),
        *_measured(frames["partner_person"], "quarter", ("salesperson_id",), target),
        *_peers(frames["peers"]),
        *_promises(frames["promises"]),
        *_pipeline(frames["deals"], as_of=as_of, quarter=quarter),
    ]
    return Facts(facts)


def _measured(frame: pd.DataFrame, period: str, grain: tuple[str, ...], target: float) -> Iterable[Fact]:
    for row in records(frame.rename(columns={period: "period"})):
        yield from_row(row, unit=METRICS[row["metric"]].unit, grain=grain)
        yield from _within(row, grain, target)


def _within(row: dict[str, Any], grain: tuple[str, ...], target: float) -> Iterable[Fact]:
    """Plan, pipeline and the year before are parts of measured ratios, and facts of their own."""
    above, below = row["numerator"], row["denominator"]
    if row["metric"] == "attainment":
        yield _money(row, below, PLAN, grain)
    elif row["metric"] == "growth_yoy":
        yield _money(row, below, PRIOR, grain)
    elif row["metric"] == "pipeline_index":
        yield _money(row, below, PLAN, grain)
        yield _money(row, above, PIPELINE, grain)
        wanted = target * below - above if pd.notna(below) and pd.notna(above) else None
        yield _money(row, wanted, GAP, grain)
        if not grain:
            yield Fact("pipeline_index", str(row["period"]), target, "index", role=TARGET)


def _money(row: dict[str, Any], value: float | None, role: str, grain: tuple[str, ...]) -> Fact:
    state = "ok" if pd.notna(value) else "no_data"
    named = {key: row[key] for key in grain}
    return from_row(
        {"metric": "revenue", "period": row["period"], "value": value, "state": state, **named},
        unit="money",
        grain=grain,
        role=role,
    )


def _peers(frame: pd.DataFrame) -> Iterable[Fact]:
    for row in records(frame.rename(columns={"quarter": "period"})):
        unit = METRICS[row["metric"]].unit
        for role, column in ((PEER_LOW, "q25"), (PEER_MEDIAN, "median"), (PEER_HIGH, "q75"), (AHEAD_OF, "ahead_of")):
            seen = row | {"value": row[column], "n": row["others"]}
            yield from_row(seen, unit="share" if role == AHEAD_OF else unit, role=role)


def _promises(frame: pd.DataFrame) -> Iterable[Fact]:
    """How many promises of each side, due in each quarter, ended how."""
    for (quarter, side), rows in frame.groupby(["due_quarter", "side"]):
        yield Fact("promises", str(quarter), float(len(rows)), "count", (("side", str(side)),), n=len(rows))
    for (quarter, side, result), rows in frame.groupby(["due_quarter", "side", "result"]):
        by_result = (("result", str(result)), ("side", str(side)))
        yield Fact("promises", str(quarter), float(len(rows)), "count", by_result, n=len(rows))
    for row in records(frame):
        grain = (("commitment_id", str(row["commitment_id"])),)
        unit = METRICS[row["metric"]].unit if row["metric"] in METRICS else "count"
        for role, column in ((TARGET, "target"), (ACTUAL, "reached")):
            if pd.notna(row[column]):
                yield Fact(str(row["metric"]), str(row["due_quarter"]), float(row[column]), unit, grain, role)


def _pipeline(deals: pd.DataFrame, *, as_of: str, quarter: str) -> Iterable[Fact]:
    """Deals one by one, how much hangs on the three largest, and what is overdue."""
    if deals.empty:
        return
    for row in records(deals):
        grain = (("opportunity_id", str(row["opportunity_id"])),)
        yield Fact("deal_amount", quarter, float(row["amount"]), "money", grain)
    amounts = deals["amount"].astype(float)
    if (whole := amounts.sum()) > 0:
        top = amounts.nlargest(3).sum()
        yield Fact("top_three_share", quarter, top / whole, "share", (), ACTUAL, top, whole, len(deals))
    due = pd.to_datetime(deals["expected_close_on"])
    overdue = due <= pd.Timestamp(date.fromisoformat(as_of))
    yield Fact("undated_deals", quarter, float(due.isna().sum()), "count", n=len(deals))
    late = int(overdue.sum())
    yield Fact("overdue_deals", quarter, float(late), "count", n=len(deals))
    yield Fact("overdue_pipeline", quarter, float(amounts[overdue].sum()), "money", n=late)
