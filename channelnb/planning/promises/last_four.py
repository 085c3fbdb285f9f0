"""Figures of the last four quarters together: what a proposal reckons with, a partner's own or all firms' pooled."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import pandas as pd

from channelnb.metrics.registry import METRICS

LAST_FOUR, POOLED = "last_four_quarters", "pooled"
"""Roles of such figures: the partner's own, and that of all firms together."""

NUMBERS = ("numerator", "denominator", "value", "n")
COLUMNS = ["partner_id", "metric", "period", "role", *NUMBERS]
_ENOUGH = 5


def last_four(partner: pd.DataFrame, metrics: Iterable[str], *, quarters: Sequence[str]) -> pd.DataFrame:
    """Each partner's figures of some quarters together: one row for each partner and metric that has one.

    Needs the measured frame by partner and period, with numerators and denominators. A ratio is the ratio of the
    sums; anything else is its average in a quarter. `period` is the last of the quarters, `n` the number of cases.

    >>> rows = {"partner_id": "P1", "metric": "win_rate", "period": ["2026Q2", "2026Q3"], "n": 4}
    >>> told = pd.DataFrame(rows).assign(numerator=[1.0, 2.0], denominator=[4.0, 2.0])
    >>> last_four(told, ["win_rate"], quarters=["2026Q2", "2026Q3"])[["role", "value", "n"]].values.tolist()
    [['last_four_quarters', 0.5, 8]]
    """
    rows = partner[partner["metric"].isin(list(metrics)) & partner["period"].isin(list(quarters))]
    rows = rows[rows["numerator"].notna()]
    return _told(rows, ["partner_id", "metric"], period=quarters[-1], role=LAST_FOUR)


def own_or_pooled(
    partner: pd.DataFrame, own: pd.DataFrame, *, quarters: Sequence[str], owners: pd.Series, firms: int
) -> pd.DataFrame:
    """Of each partner and metric the figure to reckon with: its own, or all firms' where its cases are too few.

    Needs the measured frame by partner and period, and `own` as `last_four` makes it. Only shares are pooled, from
    more than `firms` firms, those of one of the `owners` by partner_id counted once: what a small firm's deals are
    worth is not what all firms' are.

    >>> rows = {"partner_id": [*"ABC"], "metric": "win_rate", "period": "2026Q3", "n": [9, 9, 1]}
    >>> told = pd.DataFrame(rows).assign(numerator=[3.0, 6.0, 1.0], denominator=[9.0, 9.0, 2.0])
    >>> own = last_four(told, ["win_rate"], quarters=["2026Q3"])
    >>> owners = pd.Series({"A": "A", "B": "B", "C": "B"})
    >>> found = own_or_pooled(told, own, quarters=["2026Q3"], owners=owners, firms=1)
    >>> found[["partner_id", "role", "value"]].values.tolist()[-1]
    ['C', 'pooled', 0.5]
    """
    if own.empty:
        return own
    least = own["metric"].map({name: max(metric.at_least, _ENOUGH) for name, metric in METRICS.items()})
    enough = own["value"].notna() & own["n"].ge(least)
    shares = [name for name in own["metric"].unique() if METRICS[name].unit == "share"]
    rows = partner[partner["metric"].isin(shares) & partner["period"].isin(list(quarters))]
    pooled = _told(rows[rows["numerator"].notna()], ["metric"], period=quarters[-1], role=POOLED)
    told_of = rows[rows["denominator"].gt(0)]
    there = told_of.assign(owner=told_of["partner_id"].map(owners)).groupby("metric")["owner"].nunique()
    of_enough = pooled["metric"].map(there).astype(float).gt(firms)
    pooled = pooled[of_enough & pooled["value"].notna()].drop(columns="partner_id")
    every = pd.DataFrame({"partner_id": sorted(set(partner["partner_id"]))})
    wanted = every.merge(pooled, how="cross").merge(
        own.loc[enough, ["partner_id", "metric"]], how="left", indicator=True
    )
    lacking = wanted[wanted["_merge"].eq("left_only")].drop(columns="_merge")
    found = pd.concat([own[enough], lacking])[COLUMNS]
    return found.sort_values(["partner_id", "metric"], ignore_index=True)


def _told(rows: pd.DataFrame, keys: list[str], *, period: str, role: str) -> pd.DataFrame:
    groups = rows.groupby(keys)
    told = groups[["numerator", "denominator", "n"]].sum(min_count=1)
    told["value"] = told["numerator"] / told["denominator"].where(told["denominator"].ne(0))
    each = told["denominator"].isna()
    told["value"] = told["value"].where(~each, told["numerator"] / groups["period"].nunique())
    return told.reset_index().assign(period=period, role=role).reindex(columns=COLUMNS)
