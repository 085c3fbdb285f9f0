"""The way to the next tier: what it still needs, where all of it can be reached in time."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from channelnb.metrics.registry import METRICS
from channelnb.planning.promises.levers import cheapest, costs_of_one, makes_new_deals
from channelnb.planning.promises.reckoning import TIER, Known, most_of, round_targets, ways_of

_ENOUGH = 0.99
"""The part of a gap that must be filled for it to count as filled: sums of floats are a hair off."""


def to_the_next_tier(known: Known, levered: pd.DataFrame, reach: pd.DataFrame) -> pd.DataFrame:
    """What the next tier still needs, where all of it can be reached: the tiers are those of the contract's table.

    Revenue is that of four quarters: what the next one must bring beside the last three. Its cost is that of the
    cheapest way to so much more by the quarter's end; `paid_by` names the metrics of that way.
    """
    rows = _next_tier(known)
    if rows.empty:
        return ways_of(rows, TIER)
    sold = known.made["partner"]
    sold = sold[sold["metric"].eq("revenue") & sold["period"].isin(known.quarters) & sold["state"].eq("ok")]
    first = sold["period"].eq(known.quarters[0])
    year_before = sold[first].set_index("partner_id")["value"]
    last_three = sold[~first].groupby("partner_id")["value"].sum()
    now = known.now.loc[known.now["state"].eq("ok"), ["partner_id", "metric", "value", "n"]]
    rows = rows.merge(now, on=["partner_id", "metric"], how="left")
    is_money = rows["metric"].eq("revenue")
    rows["baseline"] = rows["value"].where(~is_money, rows["partner_id"].map(year_before)).fillna(0.0)
    rows["target"] = rows["at_least"] - rows["partner_id"].map(last_three).fillna(0.0).where(is_money, 0.0)
    rows = rows[rows["target"] > rows["baseline"]]
    rows = rows.merge(reach[["partner_id", "metric", "best"]], on=["partner_id", "metric"], how="left")
    rows["target"] = round_targets(rows)
    rows["limit"] = most_of(rows, known)
    impossible = rows.loc[~rows["target"].le(rows["limit"]), "partner_id"]
    rows = rows[~rows["partner_id"].isin(impossible)]
    rows = _priced(rows, known, in_time(levered, known))
    rows["cites"] = ["\n".join(f"{name}||{one}|actual" for one in _read(name, known)) for name in rows["metric"]]
    return ways_of(rows, TIER, note=rows["tier"])


def in_time(levered: pd.DataFrame, known: Known) -> pd.DataFrame:
    """The levers with that part of their gain that is won by the end of the quarter in which they are raised.

    Of levers that make new deals it is the share of the value won in the last four quarters that was opened in the
    quarter in which it was won; none where nothing was won, or where the source does not tell when deals were opened.
    """
    new = levered["metric"].map(makes_new_deals).eq(True)
    share = levered["partner_id"].map(_won_within(known)).astype(float).fillna(0.0)
    rows = levered.assign(gain_of_one=levered["gain_of_one"] * share.where(new, 1.0))
    return rows[rows["gain_of_one"].gt(0)]


def _won_within(known: Known) -> pd.Series:
    """Of each partner the share of the value won in the last four quarters that was opened in the same quarter."""
    if not known.book.has("opportunities", "created_on"):
        return pd.Series(dtype="float64")
    starts = np.array([known.calendar.start(one) for one in known.quarters], dtype="datetime64[D]")
    won = known.book.query(
        "SELECT partner_id, amount, created_on, closed_on FROM opportunities WHERE outcome = 'won' AND amount > 0 "
        f"AND closed_on BETWEEN DATE '{starts[0]}' AND DATE '{known.calendar.end(known.quarter)}' ORDER BY ALL"
    )
    opened, closed = (pd.to_datetime(won[name]).to_numpy("datetime64[D]") for name in ("created_on", "closed_on"))
    within = opened >= starts[np.searchsorted(starts, closed, side="right") - 1]
    sums = won.assign(within=won["amount"].where(within, 0.0)).groupby("partner_id")[["within", "amount"]].sum()
    return (sums["within"] / sums["amount"]).astype("float64")


def _priced(rows: pd.DataFrame, known: Known, levered: pd.DataFrame) -> pd.DataFrame:
    """What is asked for a tier with its cost: of revenue, that of the cheapest way to so much more.

    A partner for whom no way leads to so much revenue is left out with all that the tier asks of it.
    """
    more, is_money = rows["target"] - rows["baseline"], rows["metric"].eq("revenue")
    gap = pd.Series(more[is_money].to_numpy(), index=rows.loc[is_money, "partner_id"])
    found = cheapest(levered, gap)
    paid = found.groupby("partner_id")[["gain", "cost"]].sum(min_count=1)
    by = found.groupby("partner_id")["metric"].agg("\n".join)
    reached = rows["partner_id"].map(paid["gain"]).astype(float).fillna(0.0)
    out_of_reach = rows.loc[is_money & (reached < _ENOUGH * more), "partner_id"]
    cost = more * costs_of_one(rows["metric"], rows["n"], known.costs)
    cost = cost.where(~is_money, rows["partner_id"].map(paid["cost"]).astype(float))
    paid_by = rows["partner_id"].map(by).where(is_money)
    priced = rows.assign(gain=more.where(is_money), cost=cost, paid_by=paid_by)
    return priced[~priced["partner_id"].isin(out_of_reach)]


def _read(metric: str, known: Known) -> Sequence[str]:
    return known.quarters if metric == "revenue" else known.quarters[-1:]


def _next_tier(known: Known) -> pd.DataFrame:
    """What the tier above each partner's own asks for; nothing where a tier is unknown."""
    none = pd.DataFrame(columns=["partner_id", "tier", "metric", "at_least"])
    firms = known.made["partners"]
    if not known.book.has("tiers") or "tier" not in firms:
        return none
    asked = known.book.query("SELECT tier, metric, max(at_least) AS at_least FROM tiers GROUP BY ALL ORDER BY ALL")
    asked = asked[asked["metric"].isin(METRICS)]
    heights = asked.pivot(index="tier", columns="metric", values="at_least").fillna(0.0)
    order = list(heights.rank().sum(axis=1).sort_values(kind="stable").index)
    there = firms.loc[firms["survivor_id"].eq(firms["partner_id"]) & firms["left_on"].isna(), ["partner_id", "tier"]]
    there = there[there["tier"].notna()]
    # A tier that asks for nothing is below the first that does.
    place = there["tier"].map({tier: at for at, tier in enumerate(order)}).astype(float).fillna(-1.0) + 1
    there["tier"] = place.map(dict(enumerate(order)))
    return there.dropna().merge(asked, on="tier") if len(order) else none
