"""Promises: what either side promised, scored from the data."""

from __future__ import annotations

import numpy as np
import pandas as pd

from channelnb.book.book import Book
from channelnb.metrics.measure import measure
from channelnb.metrics.registry import METRICS

MET, MISSED, OPEN, NOT_MEASURABLE = "met", "missed", "open", "not_measurable"

_KEPT = [
    *("commitment_id", "partner_id", "side", "kind", "area", "text", "line", "metric", "baseline", "target"),
    *("owner", "if_missed", "made_on", "due_on", "status", "closed_on"),
]
COLUMNS = [*_KEPT, "due_period", "reached", "result", "because", "misses"]
_FIRM = "original_partner_id"


def scored(book: Book) -> pd.DataFrame:
    """Every promise known at the book's date: one row each, with what was reached and its result.

    A goal with a metric is met when the metric of the quarter in which it is due reached its target;
    anything else is met when its owner closed it as done by the day it was due. `result` is met,
    missed, open (not due yet) or not_measurable; `because` says it in words. `due_period` is the quarter in
    which it is due, or the month where the book is of a month. `misses` counts the quarters in a row in which it
    was missed, that in which it was due included: 2 where what the same firm and side had promised of the same
    figure and line (or, of things to do, in the same words) for the quarter before was missed, too; 0 where it was
    not missed.
    """
    if not book.has("commitments"):
        return pd.DataFrame(columns=COLUMNS)
    promises = book.table("commitments")[[*_KEPT, _FIRM]].sort_values("commitment_id", ignore_index=True)
    due_on, length = pd.to_datetime(promises["due_on"]), book.period or book.calendar.quarter_of(book.as_of)
    promises["due_period"] = [book.calendar.period_of(day, like=length) for day in due_on]
    due = due_on <= pd.Timestamp(book.as_of)
    promises["quarter"] = [book.calendar.quarter_of(day) for day in due_on]
    promises["reached"] = _reached(book, promises)
    is_goal = promises["metric"].isin(METRICS) & promises["target"].notna()
    goals, actions = _goals(promises), _actions(promises)
    judged = goals.where(is_goal, actions)
    promises["result"] = judged["result"].where(due | (judged["result"] == MET) & ~is_goal, OPEN)
    promises["because"] = judged["because"].where(promises["result"] != OPEN, "not due yet")
    said_done = (promises["result"] == MISSED) & is_goal & promises["status"].eq("done")
    promises["because"] += np.where(said_done, ", though said to be done", "")
    quarter = pd.PeriodIndex(promises["quarter"], freq="Q") if len(promises) else pd.PeriodIndex([], freq="Q")
    promises["misses"] = _misses(promises.assign(quarter=quarter.astype("int64"), is_goal=is_goal))
    return promises[COLUMNS]


def _misses(promises: pd.DataFrame) -> pd.Series:
    """How many quarters in a row each promise was missed; needs `is_goal`, and `quarter` as a number."""
    told = promises["text"].str.casefold().str.strip() + "|" + promises["area"].fillna("")
    figure = promises["metric"] + "|" + promises["line"].fillna("")
    of = figure.where(promises["is_goal"], told)
    missed = promises.assign(of=of)[promises["result"] == MISSED]
    keys = [_FIRM, "side", "is_goal", "of"]
    quarters = missed[[*keys, "quarter"]].drop_duplicates().sort_values([*keys, "quarter"])
    # Quarters in a row go up by one as their places do, so that what is left over tells the runs apart.
    run = quarters["quarter"] - quarters.groupby(keys).cumcount()
    quarters["misses"] = quarters.groupby([*keys, run.rename("run")]).cumcount() + 1
    counted = missed.reset_index().merge(quarters, on=[*keys, "quarter"]).set_index("index")["misses"]
    return counted.reindex(promises.index, fill_value=0).astype(int)


def _reached(book: Book, promises: pd.DataFrame) -> pd.Series:
    """The value of each promise's metric in the quarter in which it is due, for its partner and line.

    It is that of the firm that promised: not of the one that took it over, and none once it was taken over.
    """
    reached = pd.Series(np.nan, index=promises.index)
    taken_over = book.query(
        f"SELECT c.commitment_id FROM commitments c JOIN partners p ON p.partner_id = c.{_FIRM} "
        "WHERE p.survivor_id <> p.partner_id AND p.left_on < c.due_on"
    )
    promises = promises[~promises["commitment_id"].isin(taken_over["commitment_id"])]
    for (name, with_line), rows in promises.groupby([promises["metric"], promises["line"].notna()]):
        if name not in METRICS:
            continue
        keys = [_FIRM, *(["line"] if with_line else [])]
        figures = measure(book, [str(name)], by=[*keys, "quarter"], resample=False)
        figures = figures.loc[figures["state"].isin(["ok", "too_few"]), [*keys, "quarter", "value"]]
        found = rows.reset_index().merge(figures, on=[*keys, "quarter"])
        reached.loc[found["index"]] = found["value"].to_numpy()
    return reached


def _goals(promises: pd.DataFrame) -> pd.DataFrame:
    lower = promises["metric"].map({name: m.better == "lower" for name, m in METRICS.items()}).eq(True)
    met = np.where(lower, promises["reached"] <= promises["target"], promises["reached"] >= promises["target"])
    unknown = promises["reached"].isna()
    result = np.select([unknown, met], [NOT_MEASURABLE, MET], MISSED)
    because = np.select([unknown, met], ["its metric has no figure for that quarter", "target reached"], "below target")
    because = np.where(lower & (result == MISSED), "above target", because)
    return pd.DataFrame({"result": result, "because": because}, index=promises.index)


def _actions(promises: pd.DataFrame) -> pd.DataFrame:
    done = promises["status"].eq("done")
    unsaid = promises["status"].isna() | promises["kind"].eq("goal")
    in_time = pd.to_datetime(promises["closed_on"]) <= pd.to_datetime(promises["due_on"])
    result = np.select([done & in_time, done, unsaid], [MET, MISSED, NOT_MEASURABLE], MISSED)
    because = np.select(
        [done & in_time, done, unsaid, promises["status"].eq("dropped")],
        ["done in time", "done late, or on no known day", "nothing tells whether it was done", "dropped"],
        "not done when due",
    )
    return pd.DataFrame({"result": result, "because": because}, index=promises.index)
