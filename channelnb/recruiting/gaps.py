"""How far the high performers differ from the others, trait by trait, and whether chance could explain it.

The gap of a trait is the difference of means, high performers less the others, in pooled standard deviations
(Cohen's d). Of a category the value with the clearest gap stands for the whole. Whether there is any is judged by
permutation: who is a high performer is drawn anew 4,999 times (for a category, the clearest of all its values each
time). The false discovery rate over all traits is held at 10 % (Benjamini and Hochberg 1995). The interval is a 95 %
percentile bootstrap, widened for a category by the number of its values. A trait is distinct when it passes both.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.stats import false_discovery_control

from channelnb.recruiting.performance import LEAST_HIGH
from channelnb.recruiting.traits import CATEGORY, Trait
from channelnb.stats.threads import one_thread

Numbers = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

FALSE_DISCOVERIES = 0.10
LEAST_KNOWN = 0.5
"""A trait known of a smaller share of the partners compared is not looked at."""
OK, NOT_DISTINCT, TOO_FEW, NO_DATA, NOT_MEASURABLE = "ok", "not_distinct", "too_few", "no_data", "not_measurable"

COLUMNS = [
    "trait", "label", "kind", "level", "known", "missing", "high_known", "high_mean", "others_mean",
    "gap", "low", "high", "p", "q", "state", "reason",
]  # fmt: skip

_PERMUTATIONS, _RESAMPLES, _AT_ONCE = 4_999, 2_000, 500
_WIDEST = 10.0
"""Where high performers and others each have one value only, the gap would be endless."""


@dataclass(frozen=True)
class _Columns:
    """The columns of all traits that are judged, one row per firm.

    `known` is 1 where there is a value, else 0, and so is the value; `starts` is where each trait's columns begin.
    """

    value: Numbers
    known: Numbers
    starts: list[int]

    @classmethod
    def of(cls, frames: list[pd.DataFrame]) -> _Columns:
        values = np.hstack([frame.to_numpy(float) for frame in frames])
        known = ~np.isnan(values)
        # Numbers far from zero would lose their last digits in sums of squares.
        centre = np.nansum(values, axis=0) / known.sum(axis=0)
        widths = [frame.shape[1] for frame in frames]
        return cls(np.where(known, values - centre, 0.0), known.astype(float), [0, *np.cumsum(widths)[:-1].tolist()])


def gaps(
    traits: Sequence[Trait], high: pd.Series, *, set_aside: Mapping[str, str] | None = None, seed: int = 0
) -> pd.DataFrame:
    """The gap between high performers and others in each trait.

        Needs the traits and `high`: True for the high performers, False for the others, by partner_id; only partners
        in it count. `set_aside` gives, by trait, the reason why it cannot be judged. One row of the result is a trait,
        in the order given: trait, label, kind, level (the value of a category that is meant), known and missing
        (partners), high_known (high performers among the known), high_mean and others_mean (in the trait's own unit;
        shares for yes/no and categories), gap with low and high (standard deviations), p, q (p adjusted for the
        number of traits), state and reason. States: ``ok`` (sets them apart), ``not_distinct``, ``too_few``,
        ``no_data``, ``not_measurable``. The order of the partners doesn't matter.

        >>> partners = pd.DataFrame({"partner_id": [f"P{i:02}" for i in range(40)], "trait_labs": [5, 1, 2, 3] * 10})
        >>> from channelnb.stats.threads import one_thread
    >>> from channelnb.recruiting.traits import read_traits
        >>> high = pd.Series([True, False, False, False] * 10, index=partners["partner_id"])
        >>> gaps(read_traits(partners), high)[["trait", "high_mean", "others_mean", "state"]].to_dict("records")
        [{'trait': 'trait_labs', 'high_mean': 5.0, 'others_mean': 2.0, 'state': 'ok'}]
    """
    high = high.astype(bool).sort_index()
    rows = [_described(trait, high, (set_aside or {}).get(trait.name, "")) for trait in traits]
    places = [place for place, row in enumerate(rows) if row["state"] == OK]
    frames = [traits[place].values.reindex(high.index) for place in places]
    with one_thread():
        judged = _judged(frames, high.to_numpy(), seed) if frames else []
    for place, found in zip(places, judged, strict=True):
        rows[place] |= found
    result = pd.DataFrame(rows, columns=COLUMNS)
    if places:
        result.loc[places, "q"] = false_discovery_control(result.loc[places, "p"].to_numpy(float))
        one_side = (result["low"] > 0) | (result["high"] < 0)
        apart = (result["q"] <= FALSE_DISCOVERIES) & one_side
        result.loc[[place for place in places if not apart[place]], "state"] = NOT_DISTINCT
    return result


def detectable(high_performers: int, others: int) -> float:
    """The smallest gap, in standard deviations, that would be seen four times in five, were only one trait tested.

    Source: J. Cohen (1988), Statistical Power Analysis, two-sided 5 %, power 80 %.

    >>> round(detectable(25, 75), 2)
    0.65
    """
    return float((1.959964 + 0.841621) * np.sqrt(1 / high_performers + 1 / others))


def _described(trait: Trait, high: pd.Series, aside: str) -> dict[str, object]:
    """What is known of a trait before it is judged; state ``ok`` means that it can be."""
    values = trait.values.reindex(high.index)
    known = values.notna().any(axis=1)
    high_known, others_known = int((known & high).sum()), int((known & ~high).sum())
    row: dict[str, object] = dict.fromkeys(COLUMNS, np.nan) | {
        "trait": trait.name,
        "label": trait.label,
        "kind": trait.kind,
        "level": "",
        "known": int(known.sum()),
        "missing": int((~known).sum()),
        "high_known": high_known,
    }
    state, reason = OK, ""
    if trait.kind == CATEGORY and values.columns.empty:
        state, reason = TOO_FEW, "no value is shared by five partners"
    elif known.mean() < LEAST_KNOWN or not len(known):
        state, reason = NO_DATA, f"known of {int(known.sum())} of {len(known)} partners"
    elif aside:
        state, reason = NOT_MEASURABLE, aside
    elif min(high_known, others_known) < LEAST_HIGH:
        state, reason = TOO_FEW, f"known of {high_known} high performers and {others_known} others"
    elif (values.max() == values.min()).all():
        state, reason = NO_DATA, "the same for every partner"
    return row | {"state": state, "reason": reason}


def _judged(frames: list[pd.DataFrame], high: Flags, seed: int) -> list[dict[str, object]]:
    """For each trait its clearest column, the gap of that with its interval, and the chance of one as clear."""
    columns = _Columns.of(frames)
    gap, clearness = (found[0] for found in _gap(columns, high[None, :], ~high[None, :]))
    chance = _by_chance(columns, high, clearness, seed)
    drawn = _redrawn(columns, high, seed)
    result: list[dict[str, object]] = []
    for start, frame, p in zip(columns.starts, frames, chance, strict=True):
        place = int(np.argmax(np.abs(clearness[start : start + frame.shape[1]])))
        tail = 0.025 / frame.shape[1]
        low, top = np.nanquantile(drawn[:, start + place], [tail, 1 - tail])
        values = frame.iloc[:, place]
        result.append(
            {
                "level": str(frame.columns[place]),
                "high_mean": float(values[high].mean()),
                "others_mean": float(values[~high].mean()),
                "gap": round(float(gap[start + place]), 6),
                "low": round(float(low), 6),
                "high": round(float(top), 6),
                "p": float(p),
            }
        )
    return result


def _gap(columns: _Columns, high: npt.ArrayLike, others: npt.ArrayLike) -> tuple[Numbers, Numbers]:
    """The gap of each draw (rows; weights of high performers and others) and column, and its t statistic."""
    moments = []
    with np.errstate(divide="ignore", invalid="ignore"):
        for weight in (np.asarray(high, dtype=float), np.asarray(others, dtype=float)):
            count = weight @ columns.known
            mean = weight @ columns.value / count
            moments.append((count, mean, weight @ columns.value**2 - count * mean**2))
        (n1, mean1, squares1), (n2, mean2, squares2) = moments
        spread = np.sqrt(np.maximum(squares1 + squares2, 0) / (n1 + n2 - 2))
        apart = mean1 - mean2
        gap = np.where(np.abs(apart) < 1e-12, 0.0, apart / np.maximum(spread, np.abs(apart) / _WIDEST))
        return gap, gap * np.sqrt(n1 * n2 / (n1 + n2))


def _by_chance(columns: _Columns, high: Flags, clearness: Numbers, seed: int) -> Numbers:
    """For each trait, the share of draws in which one of its columns is as clear as its clearest truly is."""
    rng = np.random.default_rng(seed)
    limit = np.maximum.reduceat(np.abs(clearness), columns.starts) * (1 - 1e-9)
    beyond = np.zeros(len(limit))
    for start in range(0, _PERMUTATIONS, _AT_ONCE):
        rows = min(_AT_ONCE, _PERMUTATIONS - start)
        drawn = rng.permuted(np.broadcast_to(high, (rows, len(high))), axis=1)
        _, chance = _gap(columns, drawn, ~drawn)
        beyond += (np.maximum.reduceat(np.abs(np.nan_to_num(chance)), columns.starts, axis=1) >= limit).sum(axis=0)
    return (1 + beyond) / (1 + _PERMUTATIONS)


def _redrawn(columns: _Columns, high: Flags, seed: int) -> Numbers:
    """The gap of each column (columns) in bootstrap samples (rows), high performers and others drawn each by itself."""
    rng = np.random.default_rng(seed)
    weights = np.zeros((_RESAMPLES, len(high)))
    for group in (high, ~high):
        size = int(group.sum())
        weights[:, group] = rng.multinomial(size, np.full(size, 1 / size), size=_RESAMPLES)
    return _gap(columns, weights * high, weights * ~high)[0]
