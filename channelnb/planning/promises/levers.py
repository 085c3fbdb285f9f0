"""What raising a figure by one would bring in revenue, and the cheapest way to bring so much."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from channelnb.metrics.registry import METRICS

_NUMBERS = ("baseline", "most", "gain_of_one", "cost_of_one", "spread")
COLUMNS = ["partner_id", "metric", *_NUMBERS, "cites"]


@dataclass(frozen=True)
class Lever:
    """A figure that can be raised, and what one more of it brings: the product of other figures.

    `times` are metrics of the last four quarters; with `own_cases`, times the cases that the metric itself has
    in a quarter: one more point of the win rate counts once for each deal that is decided. Levers that make
    `new_deals` overlap: a lead becomes a deal, which is registered and adds to the pipeline.
    """

    metric: str
    times: tuple[str, ...]
    own_cases: bool = False
    new_deals: bool = False


LEVERS = (
    # A lead becomes a qualified one, then a deal that is won, of the usual size.
    Lever("leads_given", ("mql_to_sql", "win_rate", "average_won_deal"), new_deals=True),
    Lever("pipeline_created", ("win_rate_by_value",), new_deals=True),
    Lever("deal_registrations", ("registration_win_rate", "average_won_deal"), new_deals=True),
    Lever("win_rate", ("average_won_deal",), own_cases=True),
    # Each customer that stays brings on average what customers bring.
    Lever("customer_retention", ("revenue",)),
)
READ = tuple(dict.fromkeys(name for lever in LEVERS for name in (lever.metric, *lever.times)))


def makes_new_deals(metric: str) -> bool:
    """Whether to raise a metric is to make new deals.

    >>> makes_new_deals("leads_given"), makes_new_deals("win_rate")
    (True, False)
    """
    return any(lever.metric == metric and lever.new_deals for lever in LEVERS)


def levers(figures: pd.DataFrame, limits: pd.DataFrame, costs: Mapping[str, float]) -> pd.DataFrame:
    """What each partner could raise: one row for each partner and metric of `LEVERS` of which all is known.

    Needs `figures` to reckon with (`own_or_pooled`), and `limits` with partner_id, metric, best (the furthest that
    the partner or its best peers came) and spread (between the quartiles of its peers). `most` is how much it can be
    raised, `gain_of_one` the revenue that one more brings, `cost_of_one` what that costs: NaN where none is given.
    A share is one at 100 %. `cites` names the metrics that the gain is worked out from.

    >>> rows = {"partner_id": "P1", "metric": ["pipeline_created", "win_rate_by_value"], "value": [100.0, 0.25]}
    >>> told = pd.DataFrame(rows).assign(denominator=None, numerator=None, role="last_four_quarters")
    >>> limits = pd.DataFrame({"partner_id": ["P1"], "metric": "pipeline_created", "best": 180.0, "spread": 40.0})
    >>> found = levers(told, limits, {"pipeline_created": 0.05}).iloc[0]
    >>> float(found["most"]), float(found["gain_of_one"]), float(found["cost_of_one"])
    (80.0, 0.25, 0.05)
    """
    if figures.empty:
        return pd.DataFrame(columns=COLUMNS).astype(dict.fromkeys(_NUMBERS, "float64"))
    value = figures.pivot(index="partner_id", columns="metric", values="value").reindex(columns=list(READ))
    cases = figures.pivot(index="partner_id", columns="metric", values="denominator").reindex(columns=list(READ)) / 4
    own = figures[figures["role"].eq("last_four_quarters")].set_index(["partner_id", "metric"]).index
    found = [_lever(lever, value, cases, costs) for lever in LEVERS]
    rows = pd.concat(found, ignore_index=True).merge(limits, on=["partner_id", "metric"])
    # What is pooled is nobody's own state from which to start.
    rows = rows[pd.MultiIndex.from_frame(rows[["partner_id", "metric"]]).isin(own)]
    rows["most"] = rows["best"] - rows["baseline"]
    known = rows["gain_of_one"].gt(0) & rows["most"].gt(0)
    return rows.loc[known, COLUMNS].reset_index(drop=True)


def _lever(lever: Lever, value: pd.DataFrame, cases: pd.DataFrame, costs: Mapping[str, float]) -> pd.DataFrame:
    gain = value[list(lever.times)].prod(axis=1, skipna=False)
    if lever.own_cases:
        gain = gain * cases[lever.metric]
    return pd.DataFrame(
        {
            "partner_id": value.index,
            "metric": lever.metric,
            "baseline": value[lever.metric].to_numpy(),
            "gain_of_one": gain.to_numpy(),
            "cost_of_one": costs_of_one(pd.Series(lever.metric, value.index), cases[lever.metric], costs).to_numpy(),
            "cites": " ".join(lever.times),
        }
    )


def costs_of_one(metrics: pd.Series, cases: pd.Series, costs: Mapping[str, float]) -> pd.Series:
    """What it costs to raise each of some metrics by one; NaN where no cost is given.

    Costs of shares are given by the case that is moved, such as a deal won of those decided: to raise a share by one,
    from nothing to 100 %, costs as many as there are `cases`.

    >>> metrics, cases = pd.Series(["lead_acceptance", "leads_given"]), pd.Series([5, 5])
    >>> costs_of_one(metrics, cases, {"lead_acceptance": 60.0, "leads_given": 180.0}).tolist()
    [300.0, 180.0]
    """
    shares = metrics.map({name: metric.unit == "share" for name, metric in METRICS.items()}).eq(True)
    return metrics.map(dict(costs)).astype(float) * cases.astype(float).where(shares, 1.0)


def cheapest(rows: pd.DataFrame, gap: pd.Series) -> pd.DataFrame:
    """The cheapest way to so much more revenue: the rows of `levers` that it takes, with `units`, `gain` and `cost`.

    `gap` is the revenue wanted, by partner_id. What brings most for its cost comes first, up to what can be done of
    it, then the next: with one sum to reach and a limit to each way that is the least cost. What costs more than it
    brings is no way. Of levers that make new deals only one counts, for they overlap: that which fills most of the
    gap, and of those the cheapest. The win rate is that of deals decided anyway, and adds to it. Where no costs are
    given, that comes first which takes the smallest part of the spread of peers.

    >>> ways = {"partner_id": "P1", "metric": ["win_rate", "pipeline_created"], "most": [10.0, 4000.0]}
    >>> rows = pd.DataFrame(ways).assign(gain_of_one=[500.0, 0.25], cost_of_one=[100.0, 0.1], spread=1.0)
    >>> cheapest(rows, pd.Series({"P1": 5500.0}))[["units", "gain", "cost"]].values.tolist()
    [[10.0, 5000.0, 1000.0], [2000.0, 500.0, 200.0]]
    """
    rows = rows.assign(gap=rows["partner_id"].map(gap).astype(float))
    rows = rows[rows["gap"].gt(0)]
    if rows["cost_of_one"].notna().any():
        rows = rows[rows["cost_of_one"] < rows["gain_of_one"]]
        dear = rows["cost_of_one"] / rows["gain_of_one"]
    else:
        dear = (rows["gap"] / rows["gain_of_one"]) / rows["spread"].where(rows["spread"].gt(0))
    rows = _one_of_new_deals(rows.assign(dear=dear, whole=rows["most"] * rows["gain_of_one"]))
    rows = rows.sort_values(["partner_id", "dear", "metric"], na_position="last")
    before = rows.groupby("partner_id")["whole"].cumsum() - rows["whole"]
    rows["gain"] = rows["whole"].clip(upper=rows["gap"] - before)
    rows = rows[rows["gain"].gt(0)]
    rows["units"] = rows["gain"] / rows["gain_of_one"]
    return rows.assign(cost=rows["units"] * rows["cost_of_one"]).reset_index(drop=True)


def _one_of_new_deals(rows: pd.DataFrame) -> pd.DataFrame:
    """Without the levers whose new deals are those of another."""
    filled = rows["whole"].clip(upper=rows["gap"])
    ranked = rows.assign(filled=filled, new=rows["metric"].map(makes_new_deals).eq(True))
    ranked = ranked.sort_values(["partner_id", "filled", "dear", "metric"], ascending=[True, False, True, True])
    return ranked[~(ranked["new"] & ranked.duplicated(["partner_id", "new"]))].drop(columns=["filled", "new"])
