"""Which partners need their manager's attention first, and why."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from channelnb.fiscal import FiscalCalendar, is_month

REASONS = ("behind", "under_target", "missed_promises", "review_overdue", "leaving", "no_plan")
"""Why a partner may need attention, in the order in which it is shown."""

READ = ("revenue", "attainment", "pipeline_index", "reviews_held")
"""The metrics that are read, by partner and period."""


def attention(
    frames: Mapping[str, pd.DataFrame], *, period: str, over: bool, target: float, calendar: FiscalCalendar
) -> pd.DataFrame:
    """How each partner stands, and which reasons it gives its manager to look at it.

    Needs of a snapshot the tables ``partners``, ``partner`` (the metrics of READ by period), ``promises`` and
    ``watch``. One row for each partner: those furthest behind plan first, then those without one by what they sold,
    last those that left. `gap` is what was sold less what was planned, in money, to date while the period is not
    `over`; `index` the pipeline index of the next period, or of the running one; `missed` the promises of the
    partner's side that were due in the period and missed, `missed_again` those of them that were missed before;
    `signs` those of leaving that are on. Each of REASONS is true, false, or NA where it cannot be told; `reasons`
    counts the true ones. Of a partner that left nothing is a reason.

    Source: what account reviews of a channel commonly ask; the order is by money.

    >>> partners = pd.DataFrame({"partner_id": ["P1", "P2"], "name": ["Ada", "Bea"]})
    >>> rows = [("P1", "attainment", 90.0, 100.0, 0.9), ("P2", "revenue", 50.0, None, 50.0)]
    >>> columns = ["partner_id", "metric", "numerator", "denominator", "value"]
    >>> partner = pd.DataFrame(rows, columns=columns).assign(period="2026Q3", state="ok")
    >>> none = pd.DataFrame(columns=["partner_id", "due_period", "side", "misses", "on"])
    >>> frames = {"partners": partners, "partner": partner, "promises": none, "watch": none}
    >>> found = attention(frames, period="2026Q3", over=True, target=4.0, calendar=FiscalCalendar())
    >>> found[["partner_id", "gap", "behind", "no_plan", "reasons"]]
      partner_id   gap  behind  no_plan  reasons
    0         P1 -10.0    True    False        1
    1         P2   NaN    <NA>     True        1
    """
    firms, measures, promises = frames["partners"], frames["partner"], frames["promises"]
    own = firms.reindex(columns=["partner_id", "name", "joined_on", "left_on"]).set_index("partner_id")
    found = _against_plan(own, measures, period)
    found["index"] = _of(measures, "pipeline_index", ahead_of(period, over=over), own.index)
    found["review_overdue"] = _review_overdue(own, measures, _recent(period, over=over), calendar)
    missed = promises[promises["due_period"].eq(period) & promises["side"].eq("partner") & promises["misses"].gt(0)]
    found["missed"] = _count(missed, own.index)
    found["missed_again"] = _count(missed[missed["misses"].gt(1)], own.index)
    found["signs"] = frames["watch"].set_index("partner_id")["on"].reindex(own.index).astype("Float64").astype("Int64")
    found["behind"] = _where(found["attainment"].lt(1), found["attainment"].notna())
    found["under_target"] = _where(found["index"].lt(target), found["index"].notna())
    found["missed_promises"] = found["missed"].gt(0)
    found["leaving"] = found["signs"].gt(0)
    found["left"] = found["left_on"].notna()
    for name in REASONS:
        found[name] = found[name].astype("boolean").mask(found["left"])
    found["reasons"] = found[list(REASONS)].fillna(False).sum(axis=1).astype("int64")
    # Those without a plan follow, by what they sold.
    found = found.assign(less=-found["sold"]).reset_index()
    order = ["left", "gap", "less", "name", "partner_id"]
    return found.sort_values(order, na_position="last", ignore_index=True).drop(columns="less")


def ahead_of(period: str, *, over: bool) -> str:
    """The period whose pipeline counts next: the one after a period that is over, else the period itself.

    >>> ahead_of("2026Q3", over=True), ahead_of("2026-08", over=False)
    ('2026Q4', '2026-08')
    """
    return FiscalCalendar().shift(period, 1) if over else period


def _against_plan(own: pd.DataFrame, measures: pd.DataFrame, period: str) -> pd.DataFrame:
    now = measures[measures["metric"].eq("attainment") & measures["period"].eq(period)].set_index("partner_id")
    plan, actual = (now[name].reindex(own.index).astype(float) for name in ("denominator", "numerator"))
    value = now["value"].reindex(own.index).astype(float)
    # Without the table of plans nobody has one, and that is no reason to look at one partner rather than another.
    told = not now["state"].eq("not_measurable").all() if len(now) else True
    no_plan = _where(plan.isna(), pd.Series(told, index=own.index))
    sold = _of(measures, "revenue", period, own.index)
    return own.assign(gap=(actual - plan).where(plan.notna()), attainment=value, no_plan=no_plan, sold=sold)


def _recent(period: str, *, over: bool) -> list[str]:
    """The periods in one of which a review was due; while the one reviewed runs, its review may still come."""
    back = 3 if is_month(period) else 1
    return [FiscalCalendar().shift(period, -step) for step in range(back if over else back + 1)]


def _review_overdue(
    own: pd.DataFrame, measures: pd.DataFrame, recent: list[str], calendar: FiscalCalendar
) -> pd.Series[bool]:
    """Whether none was held in these periods; not told of whoever joined after their first day."""
    held = measures[measures["metric"].eq("reviews_held") & measures["period"].isin(recent)]
    told = held[held["state"].eq("ok")].groupby("partner_id")["value"].sum().reindex(own.index)
    new = pd.to_datetime(own["joined_on"]) > pd.Timestamp(calendar.start(recent[-1]))
    return _where(told.eq(0), told.notna() & ~new)


def _of(measures: pd.DataFrame, metric: str, period: str, index: pd.Index) -> pd.Series[float]:
    rows = measures[measures["metric"].eq(metric) & measures["period"].eq(period)].set_index("partner_id")
    return rows["value"].reindex(index).astype(float)


def _count(rows: pd.DataFrame, index: pd.Index) -> pd.Series[int]:
    return rows.groupby("partner_id").size().reindex(index, fill_value=0).astype("int64")


def _where(true: pd.Series[bool], told: pd.Series[bool]) -> pd.Series[bool]:
    return true.astype("boolean").where(told.astype(bool))
