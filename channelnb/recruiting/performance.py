"""How well each partner performs for its size, defined once for everything that recruiting asks.

A partner's score rests on two ranks, so that neither size nor one large deal decides it:

- revenue per employee of the last four quarters, ranked among the firms of its group that are nearest to it
  in headcount (revenue per head falls as firms grow, so a rank among all would be a rank by smallness);
- growth of those four quarters on the four before, ranked within its group.

A group is a channel, and within it the newer firms (partners for less than eight quarters) by themselves: those that
joined long ago include firms that have gone quiet, so that against them any newcomer, whatever its traits, does well.

Each rank becomes a normal score (B. L. van der Waerden, 1952). Revenue per employee counts double, as growth of a
single year is mostly noise, and falls after a good year. The scores known are added and divided by the root of the
sum of their squared weights (Stouffer's method), so that a partner of which only one is known is at no disadvantage.
The top quarter of all partners compared are the high performers. Left out, and counted: firms that left, firms
that joined less than four quarters ago, and firms of which neither figure is known.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.stats import norm

from channelnb.fiscal import FiscalCalendar
from channelnb.recruiting.columns import optional, require

Numbers = npt.NDArray[np.float64]

QUARTERS = 4
"""Quarters that a partner must have had, and over which it is judged."""
NEAREST = 20
"""How many firms of its channel, the nearest in headcount, a partner's revenue per employee is ranked among."""
PER_HEAD_WEIGHT = 2.0
"""How much more revenue per employee counts than growth."""
LEAST_IN_GROUP = 5
"""Newer firms fewer than this are ranked with the others of their channel, smaller channels with each other."""
HIGH_SHARE = 0.25
LEAST_HIGH = 5
"""With fewer high performers than this nothing is said of what sets them apart."""

LEFT, NEW, NEVER_SOLD, UNKNOWN = (
    "left before the quarter's end",
    "joined less than four quarters ago",
    "never sold and the day of joining is not known",
    "neither revenue per employee nor growth is known",
)


def performance(
    partners: pd.DataFrame, measured: pd.DataFrame, *, quarter: str, calendar: FiscalCalendar
) -> pd.DataFrame:
    """The performance of each partner over the four quarters that end with `quarter`.

    Needs the partners table, and `measured`: ``revenue`` and ``revenue_per_employee`` by partner_id and
    quarter (columns partner_id, quarter, metric, value, state). One row of the result is a partner, in the
    order of partner_id: name, channel, region, employees, revenue (of four quarters), revenue_per_employee,
    newer (a partner for less than eight quarters), growth (share of the four quarters before), score (in
    standard deviations, higher is better), high (is among the top quarter) and left_out (why it is not
    compared; "" where it is). Raises ColumnsMissing.

    >>> partners = pd.DataFrame({"partner_id": ["P1"], "name": ["Ada"], "channel": ["reseller"]})
    >>> sold = {"partner_id": "P1", "quarter": ["2026Q2", "2026Q3"], "metric": "revenue", "value": 5.0, "state": "ok"}
    >>> found = performance(partners, pd.DataFrame(sold), quarter="2026Q3", calendar=FiscalCalendar())
    >>> found.loc[0, "left_out"]
    'joined less than four quarters ago'
    """
    require("partners", partners, ["partner_id", "name", "channel"])
    require("measured", measured, ["partner_id", "quarter", "metric", "value", "state"])
    result = partners[["partner_id", "name"]].assign(
        channel=partners["channel"].astype("str").fillna(""),
        region=optional(partners, "region"),
        employees=pd.to_numeric(optional(partners, "employees"), errors="coerce").astype(float),
        joined_on=pd.to_datetime(optional(partners, "joined_on"), errors="coerce"),
        left_on=pd.to_datetime(optional(partners, "left_on"), errors="coerce"),
    )
    result = result.sort_values("partner_id", ignore_index=True)
    revenue = _by_quarter(measured, "revenue", result["partner_id"])
    result["since"] = _since(result["joined_on"], revenue, calendar)
    result["revenue"] = _sum(revenue, calendar.span(calendar.shift(quarter, 1 - QUARTERS), quarter))
    per_head = _by_quarter(measured, "revenue_per_employee", result["partner_id"])
    result["revenue_per_employee"] = per_head.get(quarter, np.nan)
    result["newer"] = result["since"] > pd.Timestamp(calendar.start(calendar.shift(quarter, 1 - 2 * QUARTERS)))
    result["growth"] = _growth(result, revenue, quarter, calendar)
    result["left_out"] = _left_out(result, quarter, calendar)
    result["score"] = _scores(result[result["left_out"] == ""]).reindex(result.index)
    result["high"] = high_performers(result["score"])
    return result.drop(columns=["joined_on", "left_on", "since"])


def high_performers(score: pd.Series) -> pd.Series:
    """Which of these scores are in the top quarter; none where they hardly differ.

    Needs scores, NaN where there is none. One row of the result is True or False.

    >>> list(high_performers(pd.Series([1.0, 2.0, 3.0, 4.0, float("nan")])))
    [False, False, False, True, False]
    """
    known = score.dropna().sort_values(ascending=False)
    if known.empty:
        return pd.Series(False, index=score.index)
    cut = known.iloc[int(np.ceil(len(known) * HIGH_SHARE)) - 1]
    high = score.ge(cut)
    # Firms with the very same score at the cut are all in, or, where they are too many for a top quarter, all out.
    too_many = int(high.sum()) > 2 * len(known) * HIGH_SHARE
    return score.gt(cut) if too_many else high


def left_out_counts(performers: pd.DataFrame) -> pd.DataFrame:
    """How many partners are left out of the comparison, by reason: one row per reason, the largest first.

    Needs the frame of `performance`.

    >>> left_out_counts(pd.DataFrame({"left_out": ["", LEFT, LEFT]})).to_dict("records")
    [{'reason': "left before the quarter's end", 'partners': 2}]
    """
    counts = performers.loc[performers["left_out"] != "", "left_out"].value_counts().rename("partners")
    return counts.rename_axis("reason").reset_index().sort_values(["partners", "reason"], ascending=[False, True])


def _by_quarter(measured: pd.DataFrame, metric: str, partner_ids: pd.Series) -> pd.DataFrame:
    """One column per quarter, NaN where the figure is not known; one row per partner, numbered as they are."""
    rows = measured[(measured["metric"] == metric) & (measured["state"] == "ok")]
    wide = rows.pivot(index="partner_id", columns="quarter", values="value")
    return wide.reindex(partner_ids).astype(float).reset_index(drop=True)


def _sum(revenue: pd.DataFrame, quarters: list[str]) -> pd.Series:
    return revenue.reindex(columns=quarters).sum(axis=1, skipna=False)


def _since(joined_on: pd.Series, revenue: pd.DataFrame, calendar: FiscalCalendar) -> pd.Series:
    """The day from which a partner can be judged: it joined, or its first quarter with sales began."""
    quarters = sorted(revenue.columns)
    starts = pd.Series([pd.Timestamp(calendar.start(name)) for name in quarters], dtype="datetime64[us]")
    sold = revenue[quarters].fillna(0).to_numpy() != 0
    first = pd.Series(pd.NaT, index=revenue.index, dtype="datetime64[us]")
    if quarters:
        first = first.where(~sold.any(axis=1), starts.to_numpy()[sold.argmax(axis=1)])
    return pd.concat([joined_on, first], axis=1).min(axis=1)


def _growth(partners: pd.DataFrame, revenue: pd.DataFrame, quarter: str, calendar: FiscalCalendar) -> pd.Series:
    """Growth of four quarters on the four before, for partners that were there throughout both."""
    start = calendar.shift(quarter, 1 - 2 * QUARTERS)
    before = _sum(revenue, calendar.span(start, calendar.shift(quarter, -QUARTERS)))
    return (partners["revenue"] / before - 1).where(~partners["newer"] & (before > 0))


def _left_out(partners: pd.DataFrame, quarter: str, calendar: FiscalCalendar) -> pd.Series:
    start = pd.Timestamp(calendar.start(calendar.shift(quarter, 1 - QUARTERS)))
    unknown = partners["revenue_per_employee"].isna() & partners["growth"].isna()
    reasons: Mapping[str, pd.Series] = {
        LEFT: partners["left_on"] <= pd.Timestamp(calendar.end(quarter)),
        NEVER_SOLD: partners["since"].isna(),
        NEW: partners["since"] > start,
        UNKNOWN: unknown,
    }
    return pd.Series(np.select([mask.to_numpy() for mask in reasons.values()], list(reasons), ""), partners.index)


def _scores(partners: pd.DataFrame) -> pd.Series:
    """Each partner's score: its normal scores, weighted, in standard deviations."""
    group = groups(partners["channel"], partners["newer"])
    parts = pd.DataFrame(
        {
            "per_head": near_rank(partners["revenue_per_employee"], partners["employees"], group),
            "growth": partners["growth"].groupby(group).transform(_share_below),
        }
    )
    normal = norm.ppf(parts.to_numpy(float))
    weight = ~np.isnan(normal) * np.array([PER_HEAD_WEIGHT, 1.0])
    scores = np.nansum(normal * weight, axis=1) / np.sqrt((weight**2).sum(axis=1))
    return pd.Series(scores.round(9), index=partners.index)


def _share_below(values: pd.Series) -> pd.Series:
    return (values.rank() - 0.5) / values.count()


def groups(channel: pd.Series, newer: pd.Series) -> pd.Series:
    """The group that each firm is ranked in, by name.

    Needs the channel, and whether the firm is newer, with one index.

    >>> channel = pd.Series(["reseller"] * 10 + ["agent"])
    >>> groups(channel, newer=pd.Series([True] * 5 + [False] * 6)).drop_duplicates().to_list()
    ['reseller, newer', 'reseller', 'small channels']
    """
    cohort = channel.where(~newer, channel + ", newer")
    smaller = cohort.map(cohort.value_counts()).groupby(channel).transform("min")
    group = cohort.where(smaller >= LEAST_IN_GROUP, channel)
    return group.where(group.map(group.value_counts()) >= LEAST_IN_GROUP, "small channels")


def near_rank(values: pd.Series, size: pd.Series, group: pd.Series) -> pd.Series:
    """The share of the nearest firms in `size`, within the group, that each value is above (ties by half).

    Needs three series with one index. Firms as near as the twentieth are all compared with.

    >>> a = pd.Series([1.0, 2.0, 3.0])
    >>> list(near_rank(a, size=a, group=pd.Series("reseller", index=a.index)).round(2))
    [0.17, 0.5, 0.83]
    """
    result = pd.Series(np.nan, index=values.index)
    known = values.notna() & size.notna()
    for _, firms in values[known].groupby(group[known]):
        result.loc[firms.index] = _near_rank(firms.to_numpy(float), size[firms.index].to_numpy(float))
    return result


def _near_rank(values: Numbers, size: Numbers) -> Numbers:
    ranks = np.empty(len(values))
    for i, (value, own_size) in enumerate(zip(values, size, strict=True)):
        distance = np.abs(size - own_size)
        limit = np.partition(distance, min(NEAREST, len(values) - 1))[min(NEAREST, len(values) - 1)]
        near = values[distance <= limit]
        ranks[i] = ((near < value).sum() + (near == value).sum() / 2) / len(near)
    return ranks
