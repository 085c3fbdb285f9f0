"""Kinds of partners: clusters on the traits known before signing, reported only where they are truly there.

K-means always finds clusters. These are called stable only if they pass two tests: firms drawn anew (20 bootstrap
samples) fall into much the same ones (mean adjusted Rand index of at least 0.75), and they are set off more clearly
(mean silhouette) than the best ones found in each of 19 sets in which every trait was shuffled by itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.stats import chi2_contingency
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_rand_score, silhouette_score

from channelnb.recruiting.gaps import NO_DATA, NOT_DISTINCT, OK, TOO_FEW
from channelnb.recruiting.space import Map, Numbers, Space, count_distinct, map_of, space_of
from channelnb.recruiting.traits import CATEGORY, Trait
from channelnb.stats import wilson
from channelnb.stats.threads import one_thread

Labels = npt.NDArray[np.int64]

KINDS = range(2, 7)
LEAST_PARTNERS = 30
LEAST_STABILITY = 0.75
_SAMPLES, _SHUFFLES, _SCORED = 20, 19, 2_000


@dataclass(frozen=True)
class Quality:
    """How good the best clusters are: how many, their mean silhouette, the best by chance, and their stability."""

    k: int
    silhouette: float
    by_chance: float
    stability: float

    @property
    def doubt(self) -> str:
        """Why there are no kinds to speak of; "" where they are truly there.

        >>> Quality(2, silhouette=0.2, by_chance=0.1, stability=0.5).doubt
        'other samples of the same partners fall into other groups'
        """
        if self.silhouette <= self.by_chance:
            return "groups as clear as these are found when every trait is shuffled by itself"
        if self.stability < LEAST_STABILITY:
            return "other samples of the same partners fall into other groups"
        return ""


@dataclass(frozen=True)
class Clusters:
    """What clustering found.

    `partners`: one row per partner, with its cluster (1 is the largest; 0 where none is stable). `sizes`: one row
    per cluster: partners, high_performers, share with low and high (95 %). `profile`: one row per cluster and
    column of a trait: trait, label, level, kind, mean, overall, apart (standard deviations from the mean of all).
    `differ` is the chance (p) that shares of high performers as unlike as these come about without any difference
    between the clusters. `filled` counts the values, of `values` in all, that are not known and stand at the mean.
    """

    partners: pd.DataFrame
    sizes: pd.DataFrame
    profile: pd.DataFrame
    state: str
    reason: str = ""
    quality: Quality | None = None
    map: Map | None = None
    differ: float = np.nan
    filled: int = 0
    values: int = 0

    @property
    def stable(self) -> bool:
        """True when there are kinds of partners to speak of.

        >>> none = pd.DataFrame()
        >>> Clusters(none, none, none, state=NOT_DISTINCT, reason="the partners' traits hardly differ").stable
        False
        """
        return self.state == OK


def clusters(traits: Sequence[Trait], high: pd.Series, *, seed: int = 0) -> Clusters:
    """The kinds of partners that the traits show.

    Needs the traits and `high`: True for the high performers, by partner_id; only partners in it count. Traits
    known of fewer than half of them, or the same for all, are left out. The order of the partners doesn't matter.
    State is ``ok`` (stable), ``not_distinct`` (none is), ``too_few`` or ``no_data``.

    >>> from channelnb.recruiting.traits import read_traits
    >>> partners = pd.DataFrame({"partner_id": ["P1", "P2"], "trait_labs": [1, 5]})
    >>> clusters(read_traits(partners), pd.Series([True, False], index=["P1", "P2"])).reason
    '2 partners can be compared; kinds are looked for among 30 or more'
    """
    high = high.astype(bool).sort_index()
    space = space_of(traits, high.index)
    none = _with_labels(space, high, np.zeros(len(high), dtype=np.int64))
    if space is None:
        return replace(none, state=NO_DATA, reason="no trait is known of enough partners")
    none = replace(none, map=map_of(space), filled=space.filled, values=int(space.raw.size))
    if len(high) < LEAST_PARTNERS:
        reason = f"{len(high)} partners can be compared; kinds are looked for among {LEAST_PARTNERS} or more"
        return replace(none, state=TOO_FEW, reason=reason)
    with one_thread():
        best = _best(space.scaled, seed, tries=10)
        quality = _quality(space, best, seed) if best else None
    if best is None or quality is None:
        return replace(none, state=NOT_DISTINCT, reason="the partners' traits hardly differ")
    if quality.doubt:
        return replace(none, state=NOT_DISTINCT, reason=quality.doubt, quality=quality)
    found = _with_labels(space, high, _by_size(best[0]))
    differ = _chance(found.sizes)
    return replace(
        none,
        partners=found.partners,
        sizes=found.sizes,
        profile=found.profile,
        state=OK,
        quality=quality,
        differ=differ,
    )


def _quality(space: Space, best: tuple[Labels, float], seed: int) -> Quality:
    rng = np.random.default_rng(seed)
    tries = [_best(space.shuffled(rng), seed, tries=3) for _ in range(_SHUFFLES)]
    by_chance = max((found[1] for found in tries if found is not None), default=0.0)
    labels, silhouette = best
    stability = _stability(space.scaled, labels, rng, seed)
    return Quality(int(labels.max()) + 1, round(silhouette, 6), round(by_chance, 6), round(stability, 6))


def _fit(points: Numbers, k: int, seed: int, tries: int) -> KMeans:
    return KMeans(n_clusters=k, n_init=tries, random_state=seed).fit(points)


def _best(points: Numbers, seed: int, *, tries: int) -> tuple[Labels, float] | None:
    """The labels with the highest mean silhouette, and that; None where the firms hardly differ."""
    distinct = count_distinct(points)
    found: tuple[Labels, float] | None = None
    for k in KINDS:
        if k >= distinct:
            break
        labels = _fit(points, k, seed, tries).labels_.astype(np.int64)
        sample = {"sample_size": _SCORED, "random_state": seed} if len(points) > _SCORED else {}
        score = float(silhouette_score(points, labels, **sample))
        if found is None or score > found[1]:
            found = (labels, score)
    return found


def _stability(points: Numbers, labels: Labels, rng: np.random.Generator, seed: int) -> float:
    k, agreement = int(labels.max()) + 1, []
    for _ in range(_SAMPLES):
        drawn = points[rng.integers(len(points), size=len(points))]
        if count_distinct(drawn) >= k:
            agreement.append(adjusted_rand_score(labels, _fit(drawn, k, seed, tries=3).predict(points)))
    return float(np.mean(agreement)) if agreement else 0.0


def _by_size(labels: Labels) -> Labels:
    """Clusters numbered from 1, the largest first; of two as large, the one with the first partner."""
    counts = np.bincount(labels)
    first = [int(np.argmax(labels == one)) for one in range(len(counts))]
    order = sorted(range(len(counts)), key=lambda one: (-counts[one], first[one]))
    return np.argsort(order)[labels] + 1


def _with_labels(space: Space | None, high: pd.Series, labels: Labels) -> Clusters:
    partners = pd.DataFrame({"partner_id": high.index, "cluster": labels})
    return Clusters(partners, _sizes(labels, high.to_numpy(bool)), _profile(space, labels), NO_DATA)


def _sizes(labels: Labels, high: npt.NDArray[np.bool_]) -> pd.DataFrame:
    rows = [(int(one), int((labels == one).sum()), int(high[labels == one].sum())) for one in _numbers(labels)]
    counts = pd.DataFrame(rows, columns=["cluster", "partners", "high_performers"])
    low, top = wilson(counts["high_performers"].to_numpy(float), counts["partners"].to_numpy(float))
    return counts.assign(share=counts["high_performers"] / counts["partners"], low=low, high=top)


def _chance(sizes: pd.DataFrame) -> float:
    """The chance of shares as unlike as these, by the chi-squared test."""
    held = sizes["high_performers"].to_numpy()
    if held.sum() in (0, sizes["partners"].sum()):
        return 1.0
    return float(chi2_contingency([held, sizes["partners"].to_numpy() - held]).pvalue)


def _numbers(labels: Labels) -> list[int]:
    return sorted(set(labels.tolist()) - {0})


def _profile(space: Space | None, labels: Labels) -> pd.DataFrame:
    rows = []
    for place, trait in enumerate(space.owner if space else ()):
        column = space.raw.iloc[:, place] if space else pd.Series(dtype=float)
        level = str(column.name) if trait.kind == CATEGORY else ""
        overall, spread = column.mean(), column.std(ddof=0)
        for one in _numbers(labels):
            mean = column[labels == one].mean()
            rows.append((one, trait.name, trait.label, level, trait.kind, mean, overall, (mean - overall) / spread))
    return pd.DataFrame(rows, columns=["cluster", "trait", "label", "level", "kind", "mean", "overall", "apart"])
