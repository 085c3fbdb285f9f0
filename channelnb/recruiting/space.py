"""Partners as points: their traits on one scale, and a map of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.decomposition import PCA
from sklearn.preprocessing import StandardScaler

from channelnb.recruiting.gaps import LEAST_KNOWN
from channelnb.recruiting.traits import Trait

Numbers = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Space:
    """Traits as standardised columns, one row per firm; a category's columns weigh as much together as a number.

    `raw` holds the values as they are, `scaled` the points, `owner` the trait of each column. What is not known
    stands at the mean, and `filled` says how many values these are.
    """

    raw: pd.DataFrame
    scaled: Numbers
    owner: tuple[Trait, ...]
    filled: int

    @property
    def distinct(self) -> int:
        """How many different points there are.

        >>> points = np.array([[0.0, 1.0], [0.0, 1.0], [2.0, 3.0]])
        >>> Space(pd.DataFrame(points), points, (), filled=0).distinct
        2
        """
        return count_distinct(self.scaled)

    def shuffled(self, rng: np.random.Generator) -> Numbers:
        """The points with each trait shuffled by itself, so that no firm's traits belong together any longer.

        >>> traits = tuple(Trait(name, "number", pd.DataFrame()) for name in ("trait_offices", "trait_age"))
        >>> points = np.arange(6.0).reshape(3, 2)
        >>> shuffled = Space(pd.DataFrame(points), points, traits, filled=0).shuffled(np.random.default_rng(7))
        >>> np.sort(shuffled, axis=0).tolist() == points.tolist(), shuffled.tolist() == points.tolist()
        (True, False)
        """
        result = self.scaled.copy()
        for trait in dict.fromkeys(one.name for one in self.owner):
            columns = [place for place, one in enumerate(self.owner) if one.name == trait]
            result[:, columns] = result[rng.permutation(len(result))][:, columns]
        return result


@dataclass(frozen=True)
class Map:
    """Each firm's place on the flattest view of the space: the first two principal components.

    `places` has one row per firm (x, y); `explained` is the share of all differences that x and y show, `leading`
    the traits that each mostly stands for.
    """

    places: pd.DataFrame
    explained: tuple[float, float]
    leading: tuple[str, str]


def count_distinct(points: Numbers) -> int:
    """How many different rows there are.

    >>> count_distinct(np.array([[1.0], [1.0], [2.0]]))
    2
    """
    return len(np.unique(points.round(9), axis=0))


def space_of(traits: Sequence[Trait], firms: pd.Index) -> Space | None:
    """The space of the traits that are known of at least half of the firms and not the same for all; None without any.

    >>> from channelnb.recruiting.traits import read_traits
    >>> partners = pd.DataFrame({"partner_id": ["P1", "P2", "P3"], "trait_labs": [1, 3, None]})
    >>> space = space_of(read_traits(partners), pd.Index(partners["partner_id"]))
    >>> space.scaled.ravel().tolist(), space.filled
    ([-1.0, 1.0, 0.0], 1)
    """
    kept: list[tuple[Trait, pd.DataFrame]] = []
    for trait in traits:
        values = trait.values.reindex(firms)
        known = values.notna().any(axis=1)
        values = values.loc[:, values.nunique() > 1]
        if known.any() and known.mean() >= LEAST_KNOWN and not values.columns.empty:
            kept.append((trait, values))
    if not kept:
        return None
    raw = pd.concat([values for _, values in kept], axis=1)
    owner = tuple(trait for trait, values in kept for _ in values)
    weight = np.array([values.shape[1] ** -0.5 for _, values in kept for _ in values])
    scaled = np.nan_to_num(StandardScaler().fit_transform(raw.to_numpy(float))) * weight
    return Space(raw, scaled, owner, int(raw.isna().to_numpy().sum()))


def map_of(space: Space) -> Map:
    """The map of a space.

    >>> offices = Trait("trait_offices", "number", pd.DataFrame({"": [1.0, 2.0, 6.0]}, index=["P1", "P2", "P3"]))
    >>> found = map_of(space_of([offices], pd.Index(["P1", "P2", "P3"])))
    >>> found.leading, found.places["x"].tolist()
    (('offices', ''), [-0.92582, -0.46291, 1.38873])
    """
    if min(space.scaled.shape) < 2:
        places = pd.DataFrame({"x": space.scaled[:, 0].round(6), "y": 0.0}, index=space.raw.index)
        return Map(places, (1.0, 0.0), (_named(space, np.ones(1)), ""))
    pca = PCA(n_components=2, svd_solver="full").fit(space.scaled)
    places = pd.DataFrame(pca.transform(space.scaled).round(6), columns=["x", "y"], index=space.raw.index)
    x, y = (float(share) for share in np.nan_to_num(pca.explained_variance_ratio_))
    return Map(places, (x, y), (_named(space, pca.components_[0]), _named(space, pca.components_[1])))


def _named(space: Space, loadings: Numbers) -> str:
    """The two traits that a direction mostly stands for."""
    weight: dict[str, float] = {}
    for trait, loading in zip(space.owner, loadings, strict=False):
        label = trait.label.lower()
        weight[label] = weight.get(label, 0.0) + float(loading) ** 2
    return " and ".join(sorted(weight, key=lambda label: (-round(weight[label], 9), label))[:2])
