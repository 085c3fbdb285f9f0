"""Peers: whom a partner is compared with, and what may be said of them."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

Numbers = npt.NDArray[np.float64]

LARGEST_SHARE = 0.25
"""No other firm may hold more of a money figure's total than this, or it could be read off."""

_BANDS = ("smaller", "mid-size", "larger")


def size_bands(revenue: pd.Series) -> pd.Series:
    """A band by thirds of yearly revenue; firms without any revenue have a band of their own.

    Needs yearly revenue by partner. One row of the result is a partner's band.

    >>> list(size_bands(pd.Series([0.0, 1.0, 2.0, 3.0])))
    ['no revenue', 'smaller', 'mid-size', 'larger']
    """
    selling = revenue[revenue > 0]
    bands = pd.Series("no revenue", index=revenue.index)
    if len(selling):
        third = np.ceil(selling.rank(method="first") / len(selling) * 3).astype(int) - 1
        bands.loc[selling.index] = pd.Series([_BANDS[i] for i in third], index=selling.index)
    return bands


def levels(partners: pd.DataFrame, revenue: pd.Series) -> pd.DataFrame:
    """The nested partition: one row per partner, with its group at each level, narrowest first.

    Needs the partners table and yearly revenue by partner_id.

    >>> partners = pd.DataFrame({"partner_id": ["P1"], "channel": ["reseller"]})
    >>> levels(partners, pd.Series([5.0], index=["P1"])).loc["P1", "narrow"]
    'reseller, larger'
    """
    channel = partners.set_index("partner_id")["channel"].astype(str)
    band = size_bands(revenue.reindex(channel.index).fillna(0.0))
    return pd.DataFrame({"narrow": channel + ", " + band, "channel": channel, "all": "all partners"})


def quantile_of_others(values: Numbers, q: float) -> Numbers:
    """For each value, the quantile `q` of all the other ones, linearly interpolated.

    >>> quantile_of_others(np.array([1.0, 2.0, 9.0]), 0.5)
    array([5.5, 5. , 1.5])
    """
    if len(values) < 2:
        return np.full(len(values), np.nan)
    order = np.argsort(values, kind="stable")
    ranked = values[order]
    place = np.empty(len(values), dtype=int)
    place[order] = np.arange(len(values))
    at = (len(values) - 2) * q
    low, high = int(np.floor(at)), int(np.ceil(at))
    below, above = (ranked[np.where(place <= i, i + 1, i)] for i in (low, high))
    return np.asarray(below + (above - below) * (at - low), dtype=float)


def _largest_other_share(values: Numbers) -> Numbers:
    """For each firm, the share of the others' total that the largest of them holds."""
    size = np.abs(values)
    top = np.sort(size)[::-1]
    largest = np.where(size == top[0], top[1] if len(top) > 1 else 0.0, top[0])
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(largest / (size.sum() - size), dtype=float)


def compare(measured: pd.DataFrame, groups: pd.DataFrame, *, min_others: int, money: bool) -> pd.DataFrame:
    """Each partner beside its peers in one metric and period.

    Needs `measured` with partner_id and value, one row per partner, and the partition of `levels`.
    One row of the result is a partner: peer_group, others (how many firms), q25, median and q75 of the
    others, ahead_of (share of the others below it), state. The group is widened until at least
    `min_others` others remain and, for money, none holds more than 25 % of their total; where no group
    passes, state is ``suppressed``.

    >>> measured = pd.DataFrame({"partner_id": list("ABCDE"), "value": [1.0, 2.0, 3.0, 4.0, 9.0]})
    >>> groups = pd.DataFrame({"all": "all partners"}, index=list("ABCDE"))
    >>> compare(measured, groups, min_others=4, money=False)[["partner_id", "median", "ahead_of"]].tail(2)
      partner_id  median  ahead_of
    3          D     2.5      0.75
    4          E     2.5      1.00
    """
    own = measured.dropna(subset=["value"]).set_index("partner_id")["value"].astype(float)
    result = pd.DataFrame(
        {"peer_group": "", "others": 0, "q25": np.nan, "median": np.nan, "q75": np.nan, "ahead_of": np.nan},
        index=own.index,
    )
    result["state"] = "suppressed"
    for level in groups.columns:
        for name, members in own.groupby(groups[level].reindex(own.index)):
            values = np.asarray(members, dtype=np.float64)
            passed = np.full(len(values), len(values) - 1 >= min_others)
            if money and len(values) > 1:
                passed &= _largest_other_share(values) <= LARGEST_SHARE
            chosen = passed & (result.loc[members.index, "state"] == "suppressed").to_numpy()
            result.loc[members.index[chosen]] = _standing(str(name), values).loc[chosen].set_axis(members.index[chosen])
    return result.reset_index()


def _standing(name: str, values: Numbers) -> pd.DataFrame:
    others = max(len(values) - 1, 1)
    below = np.searchsorted(np.sort(values), values, side="left")
    return pd.DataFrame(
        {
            "peer_group": name,
            "others": len(values) - 1,
            "q25": quantile_of_others(values, 0.25),
            "median": quantile_of_others(values, 0.5),
            "q75": quantile_of_others(values, 0.75),
            "ahead_of": below / others,
            "state": "ok",
        }
    )
