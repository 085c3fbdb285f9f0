"""How good forecasts of meeting plan were: those of past periods, beside what became of them."""

from __future__ import annotations

import numpy as np
import pandas as pd

from channelnb.stats.rates import wilson

EDGES = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)
"""The chances between which forecasts are drawn together."""

EVERY = "all"
COLUMNS = (
    dict.fromkeys(("period", "bin"), "str")
    | dict.fromkeys(("at_least", "at_most", "forecasts", "reached", "mean", "share", "low", "high"), "float")
    | dict.fromkeys(("brier", "brier_base", "within", "periods"), "float")
)


def calibration(tested: pd.DataFrame, *, period: str, min_firms: int) -> pd.DataFrame:
    """What became of past forecasts: one row for all, and one for each range of chances, the least first.

    Needs forecasts as `chance.past_forecasts` gives them; `period` is that which is now foretold. `mean` is the mean
    forecast, `share` that of the `forecasts` whose plan was `reached`, with its 95 % Wilson interval; `brier` the mean
    squared error of the chances, `brier_base` that of always saying the share of all, `within` the share whose revenue
    came between the 10th and 90th of a hundred runs. Ranges are joined until each holds forecasts for `min_firms`
    firms; empty where there are not as many in all.

    Source: G. W. Brier (1950), Monthly Weather Review 78, 1–3.

    >>> rows = {"partner_id": ["P1", "P2"], "period": "2026Q3", "met": [50.0, 450.0], "runs": 500.0, "came": [1.0, 9.0]}
    >>> past = pd.DataFrame(rows).assign(low=0.0, high=5.0, reached=[False, True])
    >>> found = calibration(past, period="2026Q4", min_firms=2)
    >>> found[["bin", "forecasts", "reached", "brier", "brier_base"]].round(3).to_dict("records")[0]
    {'bin': 'all', 'forecasts': 2.0, 'reached': 1.0, 'brier': 0.01, 'brier_base': 0.25}
    """
    if tested["partner_id"].nunique() < min_firms:
        return pd.DataFrame(columns=list(COLUMNS)).astype(COLUMNS)
    chance = (tested["met"] / tested["runs"]).to_numpy(float)
    rows = [_row(tested, chance, at_least=0.0, at_most=1.0) | {"bin": EVERY}]
    place = np.clip(np.searchsorted(EDGES, chance, side="right") - 1, 0, len(EDGES) - 2)
    for first, last in _joined(tested["partner_id"], place, min_firms):
        inside = (place >= first) & (place <= last)
        ends = {"at_least": EDGES[first], "at_most": EDGES[last + 1]}
        rows.append(_row(tested[inside], chance[inside], **ends) | {"bin": f"{EDGES[first]:.1f}-{EDGES[last + 1]:.1f}"})
    return pd.DataFrame(rows).assign(period=period)[list(COLUMNS)].astype(COLUMNS)


def _joined(partner_id: pd.Series, place: np.ndarray, min_firms: int) -> list[tuple[int, int]]:
    """The first and last place of each range: neighbours are joined until each holds enough firms."""
    ranges: list[tuple[int, int]] = []
    first = 0
    for last in range(len(EDGES) - 1):
        if partner_id[(place >= first) & (place <= last)].nunique() >= min_firms:
            ranges.append((first, last))
            first = last + 1
    # What is left over at the end goes to the range before it.
    return [*ranges[:-1], (ranges[-1][0], len(EDGES) - 2)] if ranges else [(0, len(EDGES) - 2)]


def _row(tested: pd.DataFrame, chance: np.ndarray, *, at_least: float, at_most: float) -> dict[str, float]:
    reached = tested["reached"].to_numpy(float)
    low, high = wilson(np.array([reached.sum()]), np.array([float(len(reached))]))
    base = reached.mean()
    return {
        "at_least": at_least,
        "at_most": at_most,
        "forecasts": float(len(tested)),
        "reached": float(reached.sum()),
        "mean": float(chance.mean()),
        "share": float(base),
        "low": float(low[0]),
        "high": float(high[0]),
        "brier": float(((chance - reached) ** 2).mean()),
        "brier_base": float(base * (1 - base)),
        "within": float(tested["came"].between(tested["low"], tested["high"]).mean()),
        "periods": float(tested["period"].nunique()),
    }
