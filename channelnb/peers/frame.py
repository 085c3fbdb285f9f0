"""The frame of a snapshot that says how each partner stands among its peers."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
import pandas as pd

from channelnb.metrics.known import KNOWN, OF_SEVERAL
from channelnb.metrics.registry import Metric, find
from channelnb.peers.compare import BAND_ENDS, FIGURES, compare
from channelnb.peers.groups import headcount_levels, levels, owners_of
from channelnb.peers.standing import PLACE, standing
from channelnb.stats.discoveries import notable

_KEYS = ("metric", "period", "partner_id", "peer_group", "state")
COLUMNS = [*_KEYS, "others", "owners", *FIGURES, *BAND_ENDS, *PLACE, "notable"]
FEWEST_FOR_QUARTERS = 10
"""Of how many other owners' firms a partner is told where their best and worst quarters begin: of few, it is one's."""

_QUARTERS = ("q25", "q75", "top_quarter", "top_band_low", "top_band_high")
_NONE = pd.DataFrame({name: pd.Series(dtype="str" if name in _KEYS else "float64") for name in COLUMNS})


def among_peers(measured: pd.DataFrame, partners: pd.DataFrame, yearly: pd.Series, *, min_others: int) -> pd.DataFrame:
    """Each partner beside its peers, in every metric in which more or less is better.

    Needs the measured rows of one period by partner, the partners table and yearly revenue by partner_id. One row of
    the result is a partner and metric: what `compare` and `standing` say, and `notable`: whether the figure
    stands out, where at most one in twenty of all those called so, of all partners and metrics, is
    expected to be chance. What is measured per head is compared within bands of headcount, all else within bands of
    revenue, one partition each for the whole run: every partner sees one group in each metric.

    >>> cases = {"numerator": [8.0, 9.0, 7.0, 1.0], "denominator": [10.0, 10.0, 10.0, 1.0], "low": 0.1, "high": 1.0}
    >>> measured = pd.DataFrame({"partner_id": list("ABCD"), "metric": "win_rate", "period": "2026Q3", **cases})
    >>> measured = measured.assign(value=[0.8, 0.9, 0.7, 1.0], state=["ok", "ok", "ok", "too_few"])
    >>> partners = pd.DataFrame({"partner_id": list("ABCD"), "channel": "reseller"})
    >>> found = among_peers(measured, partners, pd.Series(dtype=float), min_others=2)
    >>> found[["partner_id", "mean", "shrunk", "state"]].round(2).to_dict("records")[-1]
    {'partner_id': 'D', 'mean': 0.8, 'shrunk': 0.8, 'state': 'too_few'}
    """
    by_size, by_headcount, owners = levels(partners, yearly), headcount_levels(partners), owners_of(partners)
    known = measured[measured["state"].isin(["ok", "too_few"]) & measured["value"].notna()]
    frames = [
        _in_one_metric(
            find(str(name)),
            rows,
            by_headcount if _per_head(str(name)) else by_size,
            owners=owners,
            min_others=min_others,
        )
        for name, rows in known.sort_values(["metric", "partner_id"]).groupby("metric")
        if find(str(name)).better != "neither" and name not in OF_SEVERAL
    ]
    whole = pd.concat(frames or [_NONE], ignore_index=True)
    # Of the whole run, not of one metric or partner: a page is read for the most striking of all its figures.
    return whole.assign(notable=notable(whole["p_value"].to_numpy(np.float64)))[COLUMNS]


def for_the_partner(peers: pd.DataFrame, money: Collection[str]) -> pd.DataFrame:
    """The rows of `among_peers` as a partner itself may read them: of the metrics in `money`, nothing but bands.

    From an exact figure of money, and its own, a firm could work out what another one earns. A median is the figure of
    one firm, and so are quarters, and from three digits of a rate of few cases these follow: figures are told to two
    digits, shares in whole per cent, and quarters not at all of fewer than `FEWEST_FOR_QUARTERS` other owners.
    How probable it is that the firm is at the bottom, the vendor keeps to itself.

    >>> row = pd.DataFrame({name: ["x"] if name in _KEYS else [12.345] for name in COLUMNS}).assign(metric="attainment")
    >>> told = for_the_partner(row.assign(owners=9), []).iloc[0]
    >>> float(told["median"]), float(told["top_quarter"]), bool(told["notable"])
    (12.34, nan, True)
    """
    of_money = peers["metric"].isin(money)
    few = peers["owners"] < FEWEST_FOR_QUARTERS
    shares = peers["metric"].map(lambda name: KNOWN[name].unit == "share").astype(bool)
    told = {name: peers[name].mask(of_money) for name in FIGURES}
    told = {name: each.round(2).where(shares | (name == "ahead_of"), each.map(_coarse)) for name, each in told.items()}
    told |= {name: peers[name] for name in ("top_band_low", "top_band_high")}
    told |= {name: told[name].mask(few) for name in _QUARTERS}
    told |= {name: peers[name].mask(of_money) for name in PLACE}
    kept = dict.fromkeys(("bottom_chance", "p_value"), np.nan)
    return peers.assign(**told | kept, notable=peers["notable"].astype(bool) & ~of_money)


def _coarse(value: float) -> float:
    return float(f"{value:.2g}")


def _per_head(metric: str) -> bool:
    return find(metric).unit == "money_per_head"


def _in_one_metric(
    metric: Metric, rows: pd.DataFrame, groups: pd.DataFrame, *, owners: pd.Series, min_others: int
) -> pd.DataFrame:
    money = metric.unit.startswith("money")
    compared = compare(rows, groups, min_others=min_others, money=money, better=metric.better, owners=owners)
    place = standing(rows, compared, groups, metric)
    return pd.concat([rows[["metric", "period"]].reset_index(drop=True), compared, place], axis=1)
