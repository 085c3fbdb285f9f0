"""What ways are reckoned from: a quarter's figures, how far anybody came, what things cost; and a way as a row."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from channelnb.book.book import Book
from channelnb.fiscal import FiscalCalendar
from channelnb.metrics.registry import METRICS
from channelnb.peers.groups import owners_of
from channelnb.planning.promises.last_four import last_four, own_or_pooled
from channelnb.planning.promises.levers import READ
from channelnb.planning.promises.subjects import WORDINGS

VENDOR, PLAN, TIER, FUNDS, PEERS = "vendor", "plan", "tier", "funds", "peers"
"""What a proposal is for, in the order in which proposals are chosen."""

_FIGURES = ("baseline", "target", "gain", "cost", "distance", "limit")
COLUMNS = ["partner_id", "aim", "metric", "line", "text", "area", *_FIGURES, "cites", "note", "paid_by"]
"""The columns of ways: `cites` holds the ids of the facts that one rests on, and `paid_by` the metrics of the way
that it costs, one below the other; `limit` is the most that can be asked for."""

MORE_READ = ("revenue", "pipeline_index", "mdf_amount_per_claim")
"""Metrics that ways are found from, beside those of levers and those that have a cost or a wording."""

_FURTHER = 1.5
"""How many times its own best period a partner may be asked for."""


@dataclass(frozen=True)
class Known:
    """What ways are found from: the figures of the quarter reviewed and before, its peers', and what things cost."""

    book: Book
    made: Mapping[str, pd.DataFrame]
    costs: Mapping[str, float]
    quarter: str
    min_peers: int

    @property
    def calendar(self) -> FiscalCalendar:
        """The vendor's fiscal quarters."""
        return self.book.calendar

    @property
    def quarters(self) -> list[str]:
        """The last four quarters, the oldest first."""
        return self.calendar.span(self.calendar.shift(self.quarter, -3), self.quarter)

    @property
    def now(self) -> pd.DataFrame:
        """What was measured of each partner in the quarter."""
        measured = self.made["partner"]
        return measured[measured["period"].eq(self.quarter)]


def limits(known: Known) -> pd.DataFrame:
    """How far each partner may be asked to go in a metric, as `best`, and the spread of its peers.

    Of money and of counts, which grow with a firm, `best` is half as much again as its own best period, or what the
    best quarter of its peers reaches where that is less, and never less than it reached itself. Of anything else, and
    where it had none of it so far, it is the better of its own best and that of the best quarter of its peers.
    """
    past = known.made["partner"]
    past = past[past["state"].eq("ok") & past["period"].le(known.quarter) & past["metric"].isin(_actionable(known))]
    groups = past.groupby(["partner_id", "metric"])["value"]
    own = pd.DataFrame({"high": groups.max(), "low": groups.min()}).reset_index()
    peers = known.made["peers"]
    peers = peers[["partner_id", "metric", "state", "median", "q25", "q75", "top_quarter"]]
    both = own.merge(peers, on=["partner_id", "metric"], how="left")
    lower = is_lower(both["metric"])
    best = both[["low", "top_quarter"]].min(axis=1).where(lower, both[["high", "top_quarter"]].max(axis=1))
    # One more of what is counted is always in reach.
    own_best = (both["high"] * _FURTHER).where(~of_unit(both["metric"], "count"), np.ceil(both["high"] * _FURTHER))
    grows = of_unit(both["metric"], "money", "count") & ~lower & both["high"].gt(0)
    best = best.where(~grows, best.clip(upper=own_best))
    return both.assign(best=best, spread=(both["q75"] - both["q25"]).where(lambda width: width.gt(0)))


def _actionable(known: Known) -> list[str]:
    return sorted({*READ, *WORDINGS, *known.costs})


def of_unit(metric: pd.Series, *units: str) -> pd.Series:
    """Which of these metrics are of one of some units."""
    return metric.map({name: each.unit in units for name, each in METRICS.items()}).eq(True)


_STEPS = {"share": 0.01, "count": 1.0, "days": 1.0, "hours": 1.0, "score": 1.0, "points": 1.0}


def round_targets(rows: pd.DataFrame) -> pd.Series:
    """Targets that people can keep in mind: rounded up, or down where that would be above the `limit` of a row.

    >>> row = {"metric": "revenue", "target": 151_300.0}
    >>> [round_targets(pd.DataFrame([row | {"limit": most}])).item() for most in (200_000.0, 152_000.0)]
    [160000.0, 150000.0]
    """
    size = 10 ** (np.floor(np.log10(rows["target"].abs().clip(lower=1.0))) - 1)
    units = rows["metric"].map({name: metric.unit for name, metric in METRICS.items()})
    step = units.map(_STEPS).fillna(size).astype(float)
    # 0.29 ÷ 0.01 is a hair below 29 in floats.
    steps = (rows["target"] / step).round(6)
    up: pd.Series = (np.ceil(steps) * step).round(6)
    if "limit" not in rows:
        return up
    beyond = up.gt(rows["limit"]) & ~is_lower(rows["metric"])
    return up.where(~beyond, (np.floor(steps) * step).round(6))


def is_lower(metric: pd.Series) -> pd.Series:
    """Of which of these metrics less is better."""
    return metric.map({name: each.better == "lower" for name, each in METRICS.items()}).eq(True)


def figures(known: Known) -> pd.DataFrame:
    """The figures of the last four quarters to reckon with: a partner's own, or, of shares, all firms' pooled."""
    own = last_four(known.made["partner"], READ, quarters=known.quarters)
    owners = owners_of(known.made["partners"])
    return own_or_pooled(known.made["partner"], own, quarters=known.quarters, owners=owners, firms=known.min_peers)


def most_of(rows: pd.DataFrame, known: Known) -> pd.Series:
    """The most that can be asked for: the people there are; of anything else what was ever reached."""
    people = known.made["people"]
    there = people[people["left_on"].isna()] if "salesperson_id" in people else people.assign(salesperson_id="")
    staff = rows["partner_id"].map(there.groupby("partner_id")["salesperson_id"].nunique()).astype(float).fillna(0.0)
    return rows["best"].where(rows["metric"].ne("certified_people"), staff).astype(float)


def ways_of(rows: pd.DataFrame, aim: str, **more: pd.Series) -> pd.DataFrame:
    """Rows as ways with an aim, in the columns that all have."""
    return rows.assign(aim=aim, **more).reindex(columns=COLUMNS).astype(dict.fromkeys(_FIGURES, "float64"))
