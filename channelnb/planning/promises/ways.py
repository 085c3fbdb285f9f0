"""Ways that either side could go next: to plan, to the next tier, and, beside these, wherever it is behind."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from channelnb.metrics.registry import METRICS
from channelnb.planning.promises.behind import of_the_funds, of_the_vendor, of_the_waiting, to_the_peers
from channelnb.planning.promises.levers import cheapest, cost_of_one, levers
from channelnb.planning.promises.reckoning import PLAN, TIER, VENDOR, Known, limits, most_of, ways_of
from channelnb.planning.promises.subjects import side_of

_WORTH_IT = 0.02
"""A gap of less of the plan is none."""
_ENOUGH = 0.99
"""The part of a gap that must be filled for it to count as filled: sums of floats are a hair off."""


def gap_to_plan(known: Known) -> pd.DataFrame:
    """How much more a quarter the plan asks for than the year before brought: partner_id, `gap`, `cites`.

    Over those of the next four quarters that have a plan and, a year before, revenue: so that the season is no gap.
    """
    measured = known.made["partner"]
    coming = known.calendar.span(known.calendar.shift(known.quarter, 1), known.calendar.shift(known.quarter, 4))
    plans = measured[measured["metric"].eq("pipeline_index") & measured["period"].isin(coming)]
    plans = plans.loc[plans["denominator"].gt(0), ["partner_id", "period", "denominator"]]
    plans["before"] = plans["period"].map({one: known.calendar.year_before(one) for one in coming})
    sold = measured[measured["metric"].eq("revenue") & measured["state"].eq("ok")]
    sold = sold[["partner_id", "period", "value"]].rename(columns={"period": "before"})
    both = plans.merge(sold, on=["partner_id", "before"]).sort_values(["partner_id", "period"])
    both["gap"] = both["denominator"] - both["value"]
    both["cites"] = "revenue||" + both["period"] + "|plan\nrevenue||" + both["before"] + "|actual"
    told = {"gap": ("gap", "mean"), "plan": ("denominator", "mean"), "cites": ("cites", "\n".join)}
    gaps = both.groupby("partner_id").agg(**told).reset_index()
    return gaps[gaps["gap"] > _WORTH_IT * gaps["plan"]]


def reckoned(levered: pd.DataFrame, told: pd.DataFrame) -> pd.DataFrame:
    """Levers whose `cites` are the ids of the figures, a partner's own or pooled, that they are reckoned from."""
    ids = told["metric"] + "||" + told["period"] + "|" + told["role"]
    by_name = dict(zip(zip(told["partner_id"], told["metric"], strict=True), ids, strict=True))
    cites = [
        "\n".join(by_name[firm, name] for name in (metric, *names.split()))
        for firm, metric, names in zip(levered["partner_id"], levered["metric"], levered["cites"], strict=True)
    ]
    return levered.assign(cites=cites)


def to_plan(known: Known, levered: pd.DataFrame) -> pd.DataFrame:
    """The cheapest way to plan: what would bring the revenue that the plan asks for beyond the year before."""
    gaps = gap_to_plan(known)
    ways = cheapest(levered, gaps.set_index("partner_id")["gap"])
    ways = ways.merge(gaps[["partner_id", "cites"]].rename(columns={"cites": "plan_cites"}), on="partner_id")
    ways["target"] = ways["baseline"] + ways["units"]
    if ways.empty:
        return ways_of(ways, PLAN)
    ways["distance"] = ways["units"] / ways["spread"]
    return ways_of(ways, PLAN, cites=ways["cites"] + "\n" + ways["plan_cites"])


def to_the_next_tier(known: Known, levered: pd.DataFrame, reach: pd.DataFrame) -> pd.DataFrame:
    """What the next tier still needs, where all of it can be reached: the tiers are those of the contract's table.

    Revenue is that of four quarters: what the next one must bring beside the last three. Its cost is that of the
    cheapest way to so much more.
    """
    rows = _next_tier(known)
    if rows.empty:
        return ways_of(rows, TIER)
    sold = known.made["partner"]
    sold = sold[sold["metric"].eq("revenue") & sold["period"].isin(known.quarters) & sold["state"].eq("ok")]
    first = sold["period"].eq(known.quarters[0])
    year_before = sold[first].set_index("partner_id")["value"]
    last_three = sold[~first].groupby("partner_id")["value"].sum()
    now = known.now.loc[known.now["state"].eq("ok"), ["partner_id", "metric", "value"]]
    rows = rows.merge(now, on=["partner_id", "metric"], how="left")
    is_money = rows["metric"].eq("revenue")
    rows["baseline"] = rows["value"].where(~is_money, rows["partner_id"].map(year_before)).fillna(0.0)
    rows["target"] = rows["at_least"] - rows["partner_id"].map(last_three).fillna(0.0).where(is_money, 0.0)
    rows = rows[rows["target"] > rows["baseline"]]
    rows = rows.merge(reach[["partner_id", "metric", "best"]], on=["partner_id", "metric"], how="left")
    impossible = rows.loc[~rows["target"].le(most_of(rows, known)), "partner_id"]
    rows = rows[~rows["partner_id"].isin(impossible)]
    rows = _priced(rows, known, levered)
    rows["cites"] = ["\n".join(f"{name}||{one}|actual" for one in _read(name, known)) for name in rows["metric"]]
    return ways_of(rows, TIER, note=rows["tier"])


def _priced(rows: pd.DataFrame, known: Known, levered: pd.DataFrame) -> pd.DataFrame:
    """What is asked for a tier with its cost: of revenue, that of the cheapest way to so much more.

    A partner for whom no way leads to so much revenue is left out with all that the tier asks of it.
    """
    more, is_money = rows["target"] - rows["baseline"], rows["metric"].eq("revenue")
    gap = pd.Series(more[is_money].to_numpy(), index=rows.loc[is_money, "partner_id"])
    paid = cheapest(levered, gap).groupby("partner_id")[["gain", "cost"]].sum(min_count=1)
    reached = rows["partner_id"].map(paid["gain"]).astype(float).fillna(0.0)
    out_of_reach = rows.loc[is_money & (reached < _ENOUGH * more), "partner_id"]
    ones = rows["metric"].map(lambda name: cost_of_one(name, known.costs)).astype(float)
    cost = (more * ones).where(~is_money, rows["partner_id"].map(paid["cost"]).astype(float))
    priced = rows.assign(gain=more.where(is_money), cost=cost)
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


def every_way(known: Known, told: pd.DataFrame) -> pd.DataFrame:
    """Every way there is, of every partner: one row each, what is impossible left out.

    `told` are the figures to reckon with. A row has its `aim` and `side`, a metric with `baseline` and `target`, or the
    `text` of a thing to do; `gain` and `cost` in the vendor's currency, `distance` in spreads of the peers.
    """
    reach = limits(known)
    levered = reckoned(levers(told, reach[["partner_id", "metric", "best", "spread"]], known.costs), told)
    found = [
        of_the_vendor(known, reach),
        of_the_waiting(known),
        to_plan(known, levered),
        to_the_next_tier(known, levered, reach),
        of_the_funds(known),
        to_the_peers(known, levered, reach),
    ]
    rows = pd.concat([one for one in found if len(one)] or found[:1], ignore_index=True)
    of_metric = {name: side_of(name, METRICS[name].category) for name in rows["metric"].dropna()}
    return rows.assign(side=[of_metric.get(name, VENDOR) for name in rows["metric"]])
