"""The field's central table: past periods against plan, coming ones against pipeline."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from channelnb.frames import records
from channelnb.numbers import percent

PAST, RUNNING, COMING = "past", "running", "coming"
COLUMNS = ["period", "when", "plan", "actual", "attainment", "pipeline", "index", "target", "mark", "plan_state"]


def against_plan(attainment: float) -> str:
    """Attainment as people say it.

    >>> against_plan(1.1), against_plan(0.92), against_plan(1.0004)
    ('10 % ahead', '8 % behind', 'on plan')
    """
    gap = percent(abs(attainment - 1), digits=0)
    if gap == "0 %":
        return "on plan"
    return f"{gap} {'ahead' if attainment > 1 else 'behind'}"


def outlook(measures: pd.DataFrame, *, target: float, running: str = "", past: int = 5, ahead: int = 5) -> pd.DataFrame:
    """Periods from left to right: one row each, past ones with plan and actual, coming ones with pipeline.

    Needs one subject's measures by period (revenue, attainment, pipeline_index). `plan`, `actual` and
    `pipeline` are money; `attainment` a share; `index` pipeline ÷ plan; `mark` says ahead or behind for a
    past one, over or under target for a coming one, "" where there is no plan. `running` names the period
    that is not over, where one is reviewed: without a pipeline its plan and attainment are those to date.

    >>> rows = [("2026Q3", "attainment", 90.0, 100.0, 0.9, "ok"), ("2026Q4", "pipeline_index", 300.0, 100.0, 3.0, "ok")]
    >>> frame = pd.DataFrame(rows, columns=["period", "metric", "numerator", "denominator", "value", "state"])
    >>> list(outlook(frame, target=4.0)["mark"])
    ['10 % behind', 'under target']
    """
    by_metric = {name: rows.set_index("period") for name, rows in measures.groupby("metric")}
    empty = pd.DataFrame(columns=["numerator", "denominator", "value", "state"], dtype=object)
    plan, index = by_metric.get("attainment", empty), by_metric.get("pipeline_index", empty)
    index = index[index[["numerator", "denominator"]].notna().any(axis=1)]
    revenue = by_metric.get("revenue", plan)
    known = sorted(set(plan.index[plan["denominator"].notna()]) | set(revenue.index[revenue["value"].notna()]))[-past:]
    coming = sorted(index.index)[:ahead]
    periods = sorted(set(known) | set(coming))
    result = pd.DataFrame({"period": periods})
    when = [_when(p, known=known, coming=coming, running=running) for p in periods]
    in_past = np.array([w == PAST for w in when], dtype=bool)
    result["when"] = when
    ahead_of_us = index["denominator"].reindex(periods).where(~in_past)
    result["plan"] = ahead_of_us.combine_first(plan["denominator"].reindex(periods)).to_numpy(float)
    result["actual"] = _numbers(revenue, "numerator" if "numerator" in revenue else "value", periods)
    result["attainment"] = _numbers(plan, "value", periods)
    result["pipeline"] = _numbers(index, "numerator", periods)
    result["index"] = _numbers(index, "value", periods)
    result["target"] = np.where(in_past, np.nan, target)
    result["mark"] = [_mark(row) for row in records(result)]
    state = plan["state"].reindex(periods).where(in_past, index["state"].reindex(periods))
    result["plan_state"] = state.fillna("no_data").to_numpy()
    return result[COLUMNS]


def _numbers(frame: pd.DataFrame, column: str, periods: list[str]) -> np.ndarray:
    return frame[column].reindex(periods).to_numpy(float, na_value=np.nan)


def _when(period: str, *, known: list[str], coming: list[str], running: str) -> str:
    if period == running or (period in coming and period in known):
        return RUNNING
    return COMING if period in coming else PAST


def _mark(row: dict[str, Any]) -> str:
    if row["when"] != PAST and not np.isnan(row["index"]):
        return "over target" if row["index"] >= row["target"] else "under target"
    if np.isnan(row["attainment"]):
        return ""
    return against_plan(row["attainment"]) + (" to date" if row["when"] == RUNNING else "")
