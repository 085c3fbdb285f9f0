"""How likely each open deal is to be won in a period, by what became of such deals in past ones."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from channelnb.planning.ahead.windows import Crowd

Numbers = npt.NDArray[np.float64]

CELLS = (("size",), ("size", "due"), ("size", "due", "stage"), ("size", "due", "stage", "age"))
"""What deals are alike in: of few that are alike in more, those that are alike in less tell too."""

_AS_MANY = 20.0
"""How many deals of a kind, or of a partner, move its odds half way from those of all."""
_MOST = 0.98
_SIZES, _AGES = (0.5, 1.0, 2.0, 4.0), (31.0, 92.0, 183.0, 366.0)
_UNTOLD = "not told"


def kinds_of(deals: pd.DataFrame, *, days: int) -> pd.DataFrame:
    """The kind of each open deal: its size beside the partner's other ones, when it is due, its stage and age.

    Needs deals as `windows.deals_seen` gives them and the days of the period in which they may be won.

    >>> rows = {"place": 0, "partner_id": "P1", "amount": [10.0, 90.0], "due_in": [5.0, 200.0], "age": [3.0, 40.0]}
    >>> kinds_of(pd.DataFrame(rows).assign(stage="Found"), days=92)[["size", "due", "stage", "age"]].values.tolist()
    [['0', 'soon', 'Found', '0'], ['2', 'later', 'Found', '1']]
    """
    usual = deals.groupby(["place", "partner_id"])["amount"].transform("median").to_numpy(float)
    with np.errstate(divide="ignore", invalid="ignore"):
        size = np.digitize(np.nan_to_num(deals["amount"].to_numpy(float) / usual), _SIZES)
    due = deals["due_in"].to_numpy(float)
    ages = deals["age"].to_numpy(float)
    when = [np.isnan(due), due <= 0, due <= days / 3, due <= days, due <= 2 * days]
    return pd.DataFrame(
        {
            "size": size.astype(str),
            "due": np.select(when, [_UNTOLD, "overdue", "soon", "in time", "next"], "later"),
            "stage": deals["stage"].fillna(_UNTOLD).astype(str).to_numpy(),
            "age": np.where(np.isnan(ages), _UNTOLD, np.digitize(ages, _AGES).astype(str)),
        },
        index=deals.index,
    )


def odds_of(now: pd.DataFrame, past: pd.DataFrame, *, days: int, crowd: Crowd) -> Numbers:
    """The chance that each deal of `now` is won in the period, by the deals of past periods and whether they were.

    Needs both as `windows.deals_seen` gives them. Deals alike in size, due date, stage and age count most; where
    there are few, those alike in less; and a partner that won more or less often than such deals are won elsewhere
    moves its own. Deals of firms of too few owners tell nothing to others, and odds are in whole per cent: exact, they
    would be a firm's. NaN where no past deal tells.

    Source: each rate is shrunk to that of the wider kind, as if 20 deals of it had been seen.

    >>> deal = {"place": 1, "partner_id": "P1", "amount": 10.0, "due_in": 30.0, "age": 40.0, "stage": "Found"}
    >>> past = pd.DataFrame([deal | {"won": won} for won in [True] * 10 + [False] * 30])
    >>> odds_of(pd.DataFrame([deal | {"place": 0}]), past, days=92, crowd=Crowd({}, 1)).tolist()
    [0.25]
    """
    if past.empty or not crowd.tells(past["partner_id"]):
        return np.full(len(now), np.nan)
    kinds, before = kinds_of(now, days=days), kinds_of(past, days=days)
    won, owner = past["won"].to_numpy(float), crowd.owners_of(past["partner_id"])
    odds, told = np.full(len(now), won.mean()), np.full(len(past), won.mean())
    for cell in CELLS:
        names = list(cell)
        alike = before[names].assign(won=won, owner=owner).groupby(names)
        counts = alike.agg(won=("won", "sum"), deals=("won", "size"), owners=("owner", "nunique"))
        counts = counts[counts["owners"] >= crowd.fewest]
        odds, told = _shrunk(counts, kinds[names], odds), _shrunk(counts, before[names], told)
    of_partner = pd.DataFrame({"won": won, "told": told}).groupby(past["partner_id"].to_numpy()).sum()
    own = of_partner.reindex(now["partner_id"]).fillna(0.0).to_numpy(float)
    factor = (own[:, 0] + _AS_MANY) / (own[:, 1] + _AS_MANY)
    return np.asarray(np.clip(odds * factor, 0.0, _MOST).round(2))


def _shrunk(counts: pd.DataFrame, kinds: pd.DataFrame, wider: Numbers) -> Numbers:
    alike = kinds.merge(counts, how="left", left_on=list(kinds), right_index=True)
    won, deals = alike[["won", "deals"]].fillna(0.0).to_numpy(float).T
    return np.asarray((won + _AS_MANY * wider) / (deals + _AS_MANY))
