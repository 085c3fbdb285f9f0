"""The field's central table: past periods against plan, coming ones against pipeline."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from channelnb.fiscal import FiscalCalendar
from channelnb.frames import records
from channelnb.numbers import percent

PAST, RUNNING, COMING = "past", "running", "coming"
PAST_PERIODS, COMING_PERIODS = 4, 5
"""How many periods the table looks back, and ahead: the running one and the next four."""

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


def against_target(index: float, target: float) -> str:
    """A pipeline index beside its target.

    >>> against_target(4.0, 4.0), against_target(3.9, 4.0)
    ('over target', 'under target')
    """
    return "over target" if index >= target else "under target"


def periods_around(period: str, *, over: bool = True) -> dict[str, str]:
    """The periods of the table from left to right, and whether each is past, running or coming.

    `period` is the quarter or month reviewed, `over` whether it was over on the day up to which things are known.

    >>> around = periods_around("2026Q3")
    >>> list(around), sorted(set(around.values()))  # doctest: +NORMALIZE_WHITESPACE
    (['2025Q4', '2026Q1', '2026Q2', '2026Q3', '2026Q4', '2027Q1', '2027Q2', '2027Q3', '2027Q4'], ['coming', 'past'])
    >>> periods_around("2026-08", over=False)["2026-08"]
    'running'
    """
    # Names of periods follow one another alike in every fiscal year.
    calendar, first = FiscalCalendar(), 1 if over else 0
    names = [calendar.shift(period, step) for step in range(first - PAST_PERIODS, first + COMING_PERIODS)]
    return {name: RUNNING if name == period and not over else PAST if name <= period else COMING for name in names}


def outlook(measures: pd.DataFrame, *, target: float, period: str, over: bool = True) -> pd.DataFrame:
    """Periods from left to right: one row each, past ones with plan and actual, coming ones with pipeline.

    Needs one subject's measures by period (revenue, attainment, pipeline_index), and the period reviewed. `plan`,
    `actual` and `pipeline` are money; `attainment` a share; `index` pipeline ÷ plan; `mark` says ahead or behind for a
    past one, over or under target for a coming one, "" where there is no plan. While the period reviewed is not
    `over` it is the running one, whose attainment is that to date. Periods at either end of which nothing is known
    are left out.

    >>> rows = [("2026Q3", "attainment", 90.0, 100.0, 0.9, "ok"), ("2026Q4", "pipeline_index", 300.0, 100.0, 3.0, "ok")]
    >>> frame = pd.DataFrame(rows, columns=["period", "metric", "numerator", "denominator", "value", "state"])
    >>> list(outlook(frame, target=4.0, period="2026Q3")["mark"])
    ['10 % behind', 'under target']
    """
    by_metric = {name: rows.set_index("period") for name, rows in measures.groupby("metric")}
    empty = pd.DataFrame(columns=["numerator", "denominator", "value", "state"], dtype=object)
    plan, index = by_metric.get("attainment", empty), by_metric.get("pipeline_index", empty)
    revenue = by_metric.get("revenue", plan)
    around = periods_around(period, over=over)
    periods = list(around)
    result = pd.DataFrame({"period": periods, "when": list(around.values())})
    in_past, to_come = result["when"].eq(PAST).to_numpy(), result["when"].eq(COMING).to_numpy()
    ahead_of_us = _numbers(index, "denominator", periods)
    of_past = np.where(to_come, np.nan, _numbers(plan, "denominator", periods))
    result["plan"] = np.where(in_past | np.isnan(ahead_of_us), of_past, ahead_of_us)
    result["actual"] = _numbers(revenue, "numerator" if "numerator" in revenue else "value", periods)
    result["attainment"] = np.where(to_come, np.nan, _numbers(plan, "value", periods))
    result["pipeline"] = np.where(in_past, np.nan, _numbers(index, "numerator", periods))
    result["index"] = np.where(in_past, np.nan, _numbers(index, "value", periods))
    result["target"] = np.where(in_past, np.nan, target)
    result["mark"] = [_mark(row) for row in records(result)]
    state = plan["state"].reindex(periods).where(in_past, index["state"].reindex(periods))
    result["plan_state"] = state.fillna("no_data").to_numpy()
    return result.loc[_told(result[["plan", "actual", "pipeline"]]), COLUMNS].reset_index(drop=True)


def _told(figures: pd.DataFrame) -> slice:
    """From the first row of which anything is known to the last one."""
    known = np.flatnonzero(figures.notna().any(axis=1).to_numpy())
    return slice(int(known[0]), int(known[-1])) if len(known) else slice(0, -1)


def _numbers(frame: pd.DataFrame, column: str, periods: list[str]) -> np.ndarray:
    return frame[column].reindex(periods).to_numpy(float, na_value=np.nan)


def _mark(row: dict[str, Any]) -> str:
    if row["when"] != PAST and not np.isnan(row["index"]):
        return against_target(row["index"], row["target"])
    if np.isnan(row["attainment"]):
        return ""
    return against_plan(row["attainment"]) + (" to date" if row["when"] == RUNNING else "")
