"""Whether traits tell a high performer among partners that the model has not seen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from channelnb.recruiting.performance import LEAST_HIGH
from channelnb.recruiting.traits import Trait
from channelnb.stats.threads import one_thread

_FOLDS, _REPEATS = 5, 5


@dataclass(frozen=True)
class Told:
    """How often the traits rank a high performer above another partner, on partners held back.

    `share` is that share of all such pairs (half is chance; the area under the ROC curve), `low` and `high` its 95 %
    interval, `pairs` their number; state is ``ok``, ``too_few`` or ``no_data``.
    """

    share: float
    low: float
    high: float
    pairs: int
    state: str

    @property
    def better_than_chance(self) -> bool:
        """True when the whole interval lies above one half.

        >>> Told(0.62, 0.53, 0.71, 675, "ok").better_than_chance, Told(0.62, 0.48, 0.76, 200, "ok").better_than_chance
        (True, False)
        """
        return self.state == "ok" and self.low > 0.5


def told_apart(traits: Sequence[Trait], high: pd.Series, *, seed: int = 0) -> Told:
    """How well the traits together tell the high performers, by logistic regression on partners held back.

    Needs the traits to use and `high`: True for the high performers, by partner_id. Each partner is judged by a
    model made from the other four fifths; five such divisions are averaged. Blanks stand at the mean of the
    partners that the model was made from.

    >>> told_apart([], pd.Series([True, False], index=["P1", "P2"])).state
    'no_data'
    """
    high = high.astype(bool).sort_index()
    frames = [trait.values.reindex(high.index) for trait in traits]
    if not frames:
        return Told(np.nan, np.nan, np.nan, 0, "no_data")
    if min(high.sum(), (~high).sum()) < LEAST_HIGH:
        return Told(np.nan, np.nan, np.nan, 0, "too_few")
    values, wanted = np.hstack([frame.to_numpy(float) for frame in frames]), high.to_numpy()
    # A strong penalty, since high performers are few for the number of traits.
    fit = LogisticRegression(C=0.1, max_iter=1_000)
    model = make_pipeline(SimpleImputer(keep_empty_features=True), StandardScaler(), fit)
    score = np.zeros(len(wanted))
    with one_thread():
        for repeat in range(_REPEATS):
            folds = StratifiedKFold(_FOLDS, shuffle=True, random_state=seed + repeat)
            score += cross_val_predict(model, values, wanted, cv=folds, method="decision_function")
    share = float(roc_auc_score(wanted, score.round(9)))
    low, top = area_interval(share, int(wanted.sum()), int((~wanted).sum()))
    return Told(round(share, 6), round(low, 6), round(top, 6), int(wanted.sum() * (~wanted).sum()), "ok")


def area_interval(area: float, wanted: int, others: int) -> tuple[float, float]:
    """The 95 % interval of an area under the ROC curve.

    Source: J. A. Hanley and B. J. McNeil (1982), Radiology 143, 29–36.

    >>> low, high = area_interval(0.8, 50, 150)
    >>> round(low, 2), round(high, 2)
    (0.72, 0.88)
    """
    both_wanted = area / (2 - area) - area**2
    both_others = 2 * area**2 / (1 + area) - area**2
    variance = area * (1 - area) + (wanted - 1) * both_wanted + (others - 1) * both_others
    half = 1.959964 * np.sqrt(variance / (wanted * others))
    return max(0.0, float(area - half)), min(1.0, float(area + half))
