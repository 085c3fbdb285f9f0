"""How sure one is of a partner's place among its peers: in one metric, from what is known of each firm."""

from __future__ import annotations

import zlib

import numpy as np
import numpy.typing as npt
import pandas as pd

from channelnb.metrics.registry import Metric
from channelnb.peers.others import others_of
from channelnb.stats.discoveries import rate_p_values, spread_p_values, typical_prior
from channelnb.stats.ranks import ranks
from channelnb.stats.rates import Z95
from channelnb.stats.shrinkage import fit_prior

Numbers = npt.NDArray[np.float64]

PLACE = ("shrunk", "shrunk_low", "shrunk_high", "rank", "rank_low", "rank_high", "ranked", "bottom_chance", "p_value")

_ON_A_LOG_SCALE = ("money", "money_per_head", "money_per_day", "days", "hours", "index")


def standing(measured: pd.DataFrame, compared: pd.DataFrame, groups: pd.DataFrame, metric: Metric) -> pd.DataFrame:
    """What is known of each partner's place among its peers, one row per row of `compared`, in its order.

    Needs the rows of one metric and period, ``ok`` or ``too_few``, with numerator, denominator, value, low, high, state
    and partner_id, in an order that is the same in every run; and what `compare` says of them by the partition
    `groups`. Columns, NaN where they cannot be told:

    - of a rate of cases: `shrunk`, the rate to expect of the firm, with its 95 % interval; `rank`, the median of its
      rank among the `ranked` firms of its group, 1 for the best, with its 95 % interval; `bottom_chance`, the
      probability that it is in the worst fifth of them. Firms with too few cases take part;
    - of a rate, or any figure with an interval, that is ``ok``: `p_value`, how probable a figure at least as far out
      is for a firm like its peers.
    """
    rows = measured.set_index("partner_id").reindex(compared["partner_id"])
    found = {name: np.full(len(rows), np.nan) for name in PLACE}
    rate = metric.is_rate and _of_cases(rows)
    if not rate and rows["low"].isna().all():
        return pd.DataFrame(found)
    told = compared["peer_group"].where(compared["state"] != "suppressed", "").to_numpy()
    of = groups.reindex(rows.index).to_numpy(dtype=object)
    for name in sorted({*told} - {""}):
        peers = np.flatnonzero((of == name).any(axis=1))
        seed = zlib.crc32(f"{metric.name}|{name}".encode())
        place = _rates(rows.iloc[peers], metric, seed) if rate else _figures(rows.iloc[peers], metric)
        compared_here = told[peers] == name
        for column, figures in place.items():
            found[column][peers[compared_here]] = np.broadcast_to(figures, peers.shape)[compared_here]
    found["p_value"][(rows["state"] != "ok").to_numpy()] = np.nan
    return pd.DataFrame(found)


def _of_cases(rows: pd.DataFrame) -> bool:
    """Are these whole cases out of whole cases? What can pass one hundred per cent, or is pro rata, is no such rate."""
    above, below = (rows[name].to_numpy(np.float64) for name in ("numerator", "denominator"))
    return bool(((above >= 0) & (above <= below) & (below >= 1) & (above % 1 == 0) & (below % 1 == 0)).all())


def _rates(peers: pd.DataFrame, metric: Metric, seed: int) -> dict[str, Numbers | int]:
    """What the cases of a whole group, those with too few included, say of each firm's own rate and rank."""
    successes, trials = (peers[name].to_numpy(np.float64) for name in ("numerator", "denominator"))
    prior = fit_prior(successes, trials)
    known = prior.posterior(successes, trials)
    low, high = known.interval()
    place = ranks(known, seed=seed, higher_is_better=metric.better != "lower")
    p_value = rate_p_values(successes, trials, typical_prior(successes, trials, prior).beta(trials))
    columns = (known.mean, low, high, place.rank, place.low, place.high, len(peers), place.bottom_chance, p_value)
    return dict(zip(PLACE, columns, strict=True))


def _figures(peers: pd.DataFrame, metric: Metric) -> dict[str, Numbers]:
    """How far each figure with an interval is from those of its group."""
    member = (peers["state"] == "ok").to_numpy()
    figures = peers[["value", "low", "high"]].to_numpy(np.float64).T
    if metric.unit in _ON_A_LOG_SCALE and (figures[0] > 0).all():
        # A few firms are far larger or slower than most: their spread is one of proportions.
        with np.errstate(divide="ignore", invalid="ignore"):
            figures = np.where(figures > 0, np.log(figures), np.nan)
    value, low, high = figures
    others = others_of(value, np.zeros(len(value), dtype=np.intp), member)
    peers_are = {"centre": others.mean(), "spread": others.spread(), "others": others.count.astype(np.float64)}
    return {"p_value": spread_p_values(value, (high - low) / (2 * Z95), **peers_are)}
