"""Ways that either side could go next: to plan, to the next tier, and, beside these, wherever it is behind."""

from __future__ import annotations

import pandas as pd

from channelnb.metrics.registry import METRICS
from channelnb.planning.promises.behind import of_the_funds, of_the_vendor, of_the_waiting, to_the_peers
from channelnb.planning.promises.levers import cheapest, levers
from channelnb.planning.promises.next_tier import to_the_next_tier
from channelnb.planning.promises.reckoning import PLAN, VENDOR, Known, limits, ways_of
from channelnb.planning.promises.subjects import side_of

_WORTH_IT = 0.02
"""A gap of less of the plan is none."""


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
    ways["limit"] = ways["baseline"] + ways["most"]
    if ways.empty:
        return ways_of(ways, PLAN)
    ways["distance"] = ways["units"] / ways["spread"]
    return ways_of(ways, PLAN, cites=ways["cites"] + "\n" + ways["plan_cites"])


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
