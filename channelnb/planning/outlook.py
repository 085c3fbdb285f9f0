"""The field's central table: past quarters against plan, coming ones against pipeline."""

from __future__ import annotations

import numpy as np
import pandas as pd

from channelnb.frames import records
from channelnb.narrative.figures import percent

PAST, RUNNING, COMING = "past", "running", "coming"
COLUMNS = ["quarter", "when", "plan", "actual", "attainment", "pipeline", "index", "target", "mark", "plan_state"]


def against_plan(attainment: float) -> str:
    """Attainment as people say it.

    >>> against_plan(1.1), against_plan(0.92), against_plan(1.0004)
    ('10 % ahead', '8 % behind', 'on plan')
    """
    gap = percent(abs(attainment - 1), digits=0)
    if gap == "0 %":
        return "on plan"
    return f"{gap} {'ahead' if attainment > 1 else 'behind'}"


def outlook(measures: pd.DataFrame, *, target: float, past: int = 5, ahead: int = 5) -> pd.DataFrame:
    """Quarters from left to right: one row each, past ones with plan and actual, coming ones with pipeline.

    Needs one subject's measures by quarter (revenue, attainment, pipeline_index). `plan`, `actual` and
    `pipeline` are money; `attainment` a share; `index` pipeline ÷ plan; `mark` says ahead or behind for a
    past quarter, over or under target for a coming one, "" where there is no plan.

    >>> rows = [("2026Q3", "attainment", 90.0, 100.0, 0.9, "ok"), ("2026Q4", "pipeline_index", 300.0, 100.0, 3.0, "ok")]
    >>> frame = pd.DataFrame(rows, columns=["quarter", "metric", "numerator", "denominator", "value", "state"])
    >>> list(outlook(frame, target=4.0)["mark"])
    ['10 % behind', 'under target']
    """
    by_metric = {name: rows.set_index("quarter") for name, rows in measures.groupby("metric")}
    empty = pd.DataFrame(columns=["numerator", "denominator", "value", "state"], dtype=object)
    plan, index = by_metric.get("attainment", empty), by_metric.get("pipeline_index", empty)
    index = index[index[["numerator", "denominator"]].notna().any(axis=1)]
    revenue = by_metric.get("revenue", plan)
    known = sorted(set(plan.index[plan["denominator"].notna()]) | set(revenue.index[revenue["value"].notna()]))[-past:]
    coming = sorted(index.index)[:ahead]
    quarters = sorted(set(known) | set(coming))
    result = pd.DataFrame({"quarter": quarters})
    when = [PAST if q not in coming else RUNNING if q in known else COMING for q in quarters]
    in_past = pd.Series([w == PAST for w in when])
    result["when"] = when
    below = plan["denominator"].reindex(quarters).where(in_past.to_numpy(), index["denominator"].reindex(quarters))
    result["plan"] = below.to_numpy(float)
    result["actual"] = _numbers(revenue, "numerator" if "numerator" in revenue else "value", quarters)
    result["attainment"] = np.where(in_past, _numbers(plan, "value", quarters), np.nan)
    result["pipeline"] = _numbers(index, "numerator", quarters)
    result["index"] = _numbers(index, "value", quarters)
    result["target"] = np.where(in_past, np.nan, target)
    result["mark"] = [_mark(row) for row in records(result)]
    state = plan["state"].reindex(quarters).where(in_past.to_numpy(), index["state"].reindex(quarters))
    result["plan_state"] = state.fillna("no_data").to_numpy()
    return result[COLUMNS]


def _numbers(frame: pd.DataFrame, column: str, quarters: list[str]) -> np.ndarray:
    return frame[column].reindex(quarters).to_numpy(float, na_value=np.nan)


def _mark(row: dict[str, float]) -> str:
    if not np.isnan(row["attainment"]):
        return against_plan(row["attainment"])
    if np.isnan(row["index"]):
        return ""
    return "over target" if row["index"] >= row["target"] else "under target"
