"""Each partner beside its peers, behind the gate that keeps a single firm's figures from being read off."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from channelnb.peers.bands import band
from channelnb.peers.others import Others, others_of
from channelnb.peers.owners import by_owner, without_its_own

Numbers = npt.NDArray[np.float64]

LARGEST_SHARE = 0.25
"""No other firm may hold more of a money figure's total than this, or it could be read off."""

BANDS = {"median": "band", "mean": "mean_band", "top_quarter": "top_band"}
"""Of which figures of the others there are bands of money, and what the columns of their ends begin with."""

FIGURES = ("q25", "median", "q75", "mean", "top_quarter", "ahead_of")
BAND_ENDS = [f"{name}_{end}" for name in BANDS.values() for end in ("low", "high")]


def compare(
    measured: pd.DataFrame,
    groups: pd.DataFrame,
    *,
    min_others: int,
    money: bool,
    better: str = "higher",
    owners: pd.Series | None = None,
) -> pd.DataFrame:
    """Each partner beside its peers in one metric and period.

    Needs `measured` with partner_id and value, one row per partner, and the partition of `levels`. One row of the
    result is a partner: peer_group, others (how many firms), owners (of how many owners these are), q25, median, q75
    and mean of the others, top_quarter (what the best quarter of them reaches), ahead_of (share of the others that do
    worse: that have less, or more where `better` is ``lower``), for money the bands in which median, mean and
    top_quarter lie, and state. The group is widened until others of at least `min_others` owners remain and, for money,
    none holds more than 25 % of their total; where no group passes, state is ``suppressed``. `owners` says by
    partner_id whose each firm is: firms of one owner are not among each other's others, count as one, since the owner
    knows the figures of all, and are widened together, lest the difference between two groups be one firm. Where
    `measured` has a column state, a firm that is not ``ok`` is told of its peers, is nobody's, and keeps its state.

    >>> measured = pd.DataFrame({"partner_id": list("ABCDE"), "value": [1.0, 2.0, 3.0, 4.0, 9.0]})
    >>> groups = pd.DataFrame({"all": "all partners"}, index=list("ABCDE"))
    >>> compare(measured, groups, min_others=4, money=False)[["partner_id", "median", "ahead_of"]].tail(2)
      partner_id  median  ahead_of
    3          D     2.5      0.75
    4          E     2.5      1.00
    """
    own = measured.dropna(subset=["value"]).reset_index(drop=True)
    values, states = own["value"].to_numpy(np.float64), own.get("state", "ok")
    result = pd.DataFrame({"partner_id": own["partner_id"], "peer_group": "", "others": 0, "owners": 0})
    result = result.assign(**dict.fromkeys([*FIGURES, *BAND_ENDS], np.nan), state=states)
    owner = _owner_of(own["partner_id"], owners)
    related = np.bincount(owner, minlength=1)[owner] > 1
    waiting = np.ones(len(own), dtype=bool)
    for level in groups.columns:
        names = groups[level].reindex(own["partner_id"])
        code, known = pd.factorize(names, use_na_sentinel=False)
        code, member = code.astype(np.intp), (result["state"] == "ok").to_numpy()
        others, of_owners = others_of(values, code, member), by_owner(values, code, member, owner)
        passed = waiting & names.notna().to_numpy() & (of_owners.count >= min_others)
        if money:
            passed &= of_owners.largest_share <= LARGEST_SHARE
        held_back = np.bincount(owner, waiting & ~passed & names.notna().to_numpy(), minlength=1)
        passed &= held_back[owner] == 0
        seen = {"peer_group": known.to_numpy()[code], "others": others.count, "owners": of_owners.count}
        seen |= _figures(others, better, money)
        for i in np.flatnonzero(passed & related):
            apart = without_its_own(others, owner, int(i))
            for name, told in {"others": apart.count, **_figures(apart, better, money)}.items():
                seen[name][i] = told[-1]
        for name, told in seen.items():
            result[name] = np.where(passed, told, result[name])
        waiting &= ~passed
    result.loc[waiting, "state"] = "suppressed"
    return result


def _owner_of(firms: pd.Series, owners: pd.Series | None) -> npt.NDArray[np.intp]:
    """Whose each firm is, as a number; one of which that is not known is its own."""
    named = firms if owners is None else firms.map(owners).where(lambda owner: owner.notna(), firms)
    return pd.factorize(named)[0].astype(np.intp)


def _figures(others: Others, better: str, money: bool) -> dict[str, Numbers]:
    lower, median, upper = (others.quantile(q) for q in (0.25, 0.5, 0.75))
    top = lower if better == "lower" else upper
    told = {"q25": lower, "median": median, "q75": upper, "mean": others.mean(), "top_quarter": top}
    bands = {name: band(told[figure]) for figure, name in BANDS.items()} if money else {}
    ends = {f"{name}_{end}": at for name, both in bands.items() for end, at in zip(("low", "high"), both, strict=True)}
    return told | ends | {"ahead_of": others.above() if better == "lower" else others.below()}
