"""Facts gathered from one partner's frames: what was measured, and what follows from it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import pandas as pd

from channelnb.fiscal import FiscalCalendar
from channelnb.frames import records
from channelnb.metrics.known import KNOWN
from channelnb.narrative.ahead_facts import ahead_facts
from channelnb.narrative.bridge import bridge_facts
from channelnb.narrative.capability import mix_facts, roadmap_facts
from channelnb.narrative.change_facts import change_facts
from channelnb.narrative.facts import (
    ACTUAL,
    AHEAD_OF,
    GAP,
    PEER_BANDS,
    PEER_HIGH,
    PEER_LOW,
    PEER_MEAN,
    PEER_MEDIAN,
    PEER_TOP,
    PIPELINE,
    PLAN,
    PLAN_TO_DATE,
    PRIOR,
    SHRUNK,
    TARGET,
    Fact,
    Facts,
    from_row,
)
from channelnb.narrative.knowledge import knowledge_facts
from channelnb.narrative.leaving import watch_facts
from channelnb.narrative.marketing import earned_facts, lapsed_facts, marketing_facts
from channelnb.narrative.meeting import target_facts
from channelnb.narrative.plan_facts import Span, plan_facts
from channelnb.narrative.promises import promise_facts, proposal_facts
from channelnb.narrative.scores import score_facts
from channelnb.narrative.share_of_sales import gap_facts
from channelnb.narrative.vendors_side import waiting_facts

Frames = Mapping[str, pd.DataFrame]

_FIRM, _DISTRIBUTOR = {"firm_id": "partner_id"}, {"partner_id": "distributor_id"}


def gather(
    frames: Frames,
    *,
    as_of: date,
    period: str,
    target: float,
    calendar: FiscalCalendar,
    absent: Collection[str] = (),
) -> Facts:
    """Every fact that a report on one partner may state.

    Needs the partner's frames of a slice, the period reviewed, the date up to which things are known,
    the target of the pipeline index, the vendor's calendar and the tables that the source does not give.
    """
    scope = _Scope(as_of, target, calendar)
    facts = [
        # First: where another table tells of the same, with an interval perhaps, that one stands.
        *_attained(frames["attained"], scope),
        *_measured(frames["partner"], (), scope),
        *_measured(frames["partner_year"].rename(columns={"year": "period"}), (), scope),
        *_measured(frames["partner_line"], ("line",), scope),
        *_measured(frames["partner_person"], ("salesperson_id",), scope),
        *_measured(frames["group"], ("group_id",), scope),
        *_measured(frames["members"].drop(columns="partner_id").rename(columns=_FIRM), ("partner_id",), scope),
        *_measured(frames["resold"].rename(columns=_DISTRIBUTOR), ("distributor_id",), scope),
        *_peers(frames["peers"]),
        *_promises(frames["promises"]),
        *promise_facts(frames["promises"], period=period),
        *proposal_facts(frames["proposals"], frames["proposal_figures"]),
        *_pipeline(frames["deals"], as_of=as_of, period=period),
        *bridge_facts(frames["bridges"]),
        *knowledge_facts(frames["knowledge_areas"]),
        *watch_facts(frames["watch"], period=period),
        *gap_facts(frames["share_gap"], period=period),
        *score_facts(frames["scores"], frames["score_metrics"], period=period, before=calendar.shift(period, -1)),
        *plan_facts(frames, period=period, span=Span(as_of, calendar)),
        *waiting_facts(frames["waiting"], period=period),
        *marketing_facts(frames["partner"], frames["funds"], period=period, as_of=as_of.isoformat()),
        *lapsed_facts(
            frames["funds"], period=period, first=calendar.start(period).isoformat(), as_of=as_of.isoformat()
        ),
        *earned_facts(frames["earned"]),
        *roadmap_facts(frames["roadmap"]),
        *mix_facts(frames["line_mix"], period=period),
        *target_facts(frames["next_targets"], period=period),
        *change_facts(frames["changes"]),
        *ahead_facts(frames, period=period, as_of=as_of, calendar=calendar),
    ]
    return Facts(facts, absent=absent, pro_rata=(as_of + timedelta(1)).day != 1)


def measured_facts(
    frame: pd.DataFrame, grain: tuple[str, ...] = (), *, as_of: date, target: float, calendar: FiscalCalendar
) -> Iterable[Fact]:
    """The facts in measured rows, and those that are parts of them: plan, pipeline, the year before, the gap.

    Needs the columns that `measure` gives beside ``period``, and those named in `grain`.

    >>> row = {"metric": "attainment", "period": "2026Q3", "numerator": 90.0, "denominator": 100.0, "value": 0.9}
    >>> frame = pd.DataFrame([row | {"state": "ok"}])
    >>> facts = measured_facts(frame, as_of=date(2026, 9, 30), target=4.0, calendar=FiscalCalendar())
    >>> [fact.id for fact in facts]
    ['attainment||2026Q3|actual', 'revenue||2026Q3|plan']
    """
    return _measured(frame, grain, _Scope(as_of, target, calendar))


@dataclass(frozen=True)
class _Scope:
    """What measured rows are read with: the day they are known on, the pipeline's target, the vendor's calendar."""

    as_of: date
    target: float
    calendar: FiscalCalendar

    def over(self, period: str) -> bool:
        """Whether a quarter, month or year was over on the day.

        >>> scope = _Scope(date(2026, 9, 30), 4.0, FiscalCalendar())
        >>> scope.over("2026Q3"), scope.over("2026-10"), scope.over("2026")
        (True, False, False)
        """
        last = f"{period}Q4" if len(period) == len("2026") else period
        return self.calendar.end(last) <= self.as_of


def _measured(frame: pd.DataFrame, grain: tuple[str, ...], scope: _Scope) -> Iterable[Fact]:
    for row in records(frame):
        yield from_row(row, unit=KNOWN[row["metric"]].unit, grain=grain)
        yield from _within(row, grain, scope)


def _attained(frame: pd.DataFrame, scope: _Scope) -> Iterable[Fact]:
    """Revenue, plan and attainment by month, quarter and year, each group by its own key."""
    for key, rows in frame.groupby("key"):
        grain = (str(key),) if key else ()
        yield from _measured(rows.rename(columns={"name": str(key)}) if key else rows, grain, scope)


def _within(row: dict[str, Any], grain: tuple[str, ...], scope: _Scope) -> Iterable[Fact]:
    """Plan, pipeline and the year before are parts of measured ratios, and facts of their own."""
    above, below = row["numerator"], row["denominator"]
    if row["metric"] == "attainment":
        yield _money(row, below, PLAN if scope.over(str(row["period"])) else PLAN_TO_DATE, grain)
    elif row["metric"] == "growth_yoy":
        yield _money(row, below, PRIOR, grain)
    elif row["metric"] == "pipeline_index":
        yield _money(row, below, PLAN, grain)
        yield _money(row, above, PIPELINE, grain)
        wanted = scope.target * below - above if pd.notna(below) and pd.notna(above) else None
        yield _money(row, wanted, GAP, grain)
        if not grain:
            yield Fact("pipeline_index", str(row["period"]), scope.target, "index", role=TARGET)


def _money(row: dict[str, Any], value: float | None, role: str, grain: tuple[str, ...]) -> Fact:
    state = "ok" if pd.notna(value) else "no_data"
    named = {key: row[key] for key in grain}
    return from_row(
        {"metric": "revenue", "period": row["period"], "value": value, "state": state, **named},
        unit="money",
        grain=grain,
        role=role,
    )


_QUARTILES = {PEER_LOW: "q25", PEER_MEDIAN: "median", PEER_HIGH: "q75", AHEAD_OF: "ahead_of"}
_OF_PEERS = _QUARTILES | {PEER_MEAN: "mean", PEER_TOP: "top_quarter"}
_BANDS = {PEER_MEDIAN: "band", PEER_MEAN: "mean_band", PEER_TOP: "top_band"}


def _peers(frame: pd.DataFrame) -> Iterable[Fact]:
    for row in records(frame):
        told = {role: row[column] for role, column in _OF_PEERS.items()}
        for role, band in _BANDS.items():
            # Where the figure itself is not told.
            if pd.isna(told[role]):
                told |= dict(zip(PEER_BANDS[role], (row[f"{band}_low"], row[f"{band}_high"]), strict=True))
        for role, value in told.items():
            if pd.notna(value) or (role in _QUARTILES and row["state"] == "suppressed"):
                state = "ok" if pd.notna(value) else row["state"]
                unit = "share" if role == AHEAD_OF else KNOWN[row["metric"]].unit
                yield from_row(row | {"value": value, "n": row["others"], "state": state}, unit=unit, role=role)
        if pd.notna(row["shrunk"]):
            limits = {"low": row["shrunk_low"], "high": row["shrunk_high"]}
            yield from_row(row | limits | {"value": row["shrunk"], "state": "ok"}, unit="share", role=SHRUNK)


def _promises(frame: pd.DataFrame) -> Iterable[Fact]:
    """How many promises of each side, due in each period, ended how."""
    for (period, side), rows in frame.groupby(["due_period", "side"]):
        yield Fact("promises", str(period), float(len(rows)), "count", (("side", str(side)),), n=len(rows))
    for (period, side, result), rows in frame.groupby(["due_period", "side", "result"]):
        by_result = (("result", str(result)), ("side", str(side)))
        yield Fact("promises", str(period), float(len(rows)), "count", by_result, n=len(rows))
    for row in records(frame):
        grain = (("commitment_id", str(row["commitment_id"])),)
        unit = KNOWN[row["metric"]].unit if row["metric"] in KNOWN else "count"
        for role, column in ((TARGET, "target"), (ACTUAL, "reached")):
            if pd.notna(row[column]):
                yield Fact(str(row["metric"]), str(row["due_period"]), float(row[column]), unit, grain, role)


def _pipeline(deals: pd.DataFrame, *, as_of: date, period: str) -> Iterable[Fact]:
    """Deals one by one, how much hangs on the three largest, and what is overdue."""
    if deals.empty:
        return
    for row in records(deals):
        grain = (("opportunity_id", str(row["opportunity_id"])),)
        yield Fact("deal_amount", period, float(row["amount"]), "money", grain)
    amounts = deals["amount"].astype(float)
    if (whole := amounts.sum()) > 0:
        top = amounts.nlargest(3).sum()
        yield Fact("top_three_share", period, top / whole, "share", (), ACTUAL, top, whole, len(deals))
    due = pd.to_datetime(deals["expected_close_on"])
    overdue = due <= pd.Timestamp(as_of)
    yield Fact("undated_deals", period, float(due.isna().sum()), "count", n=len(deals))
    late = int(overdue.sum())
    yield Fact("overdue_deals", period, float(late), "count", n=len(deals))
    yield Fact("overdue_pipeline", period, float(amounts[overdue].sum()), "money", n=late)
