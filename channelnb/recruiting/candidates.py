"""Candidates in the order in which they resemble the high performers, on the traits that set these apart."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from channelnb.recruiting.columns import optional, require
from channelnb.recruiting.gaps import OK
from channelnb.recruiting.traits import Trait

Numbers = npt.NDArray[np.float64]

COLUMNS = ["candidate_id", "name", "channel", "region", "shared", "of", "unknown", "rank"]


def ranked(candidates: pd.DataFrame, traits: Sequence[Trait], found: pd.DataFrame) -> pd.DataFrame:
    """Candidates by how many of the distinct traits they share with the high performers.

    Needs the candidates table, the partners' traits and the frame of `gaps`. A candidate shares a trait when its
    value is nearer to the mean of the high performers than to that of the others. One row of the result is a
    candidate, the most alike first: candidate_id, name, channel, region, shared, of (distinct traits), unknown
    (of them not known of the candidate), rank (1 for all that share the most), and for each distinct trait a column
    of its name that says ``yes``, ``no`` or ``unknown``. Where no trait is distinct nothing supports an order, so
    there is no row.

    >>> candidates = pd.DataFrame({"candidate_id": ["K1"], "name": ["Ada"]})
    >>> ranked(candidates, [], pd.DataFrame({"trait": [], "state": []})).empty
    True
    """
    require("candidates", candidates, ["candidate_id", "name"])
    distinct = found[found["state"] == OK]
    if distinct.empty:
        return pd.DataFrame(columns=COLUMNS)
    by_name = {trait.name: trait for trait in traits}
    result = pd.DataFrame({"candidate_id": candidates["candidate_id"], "name": candidates["name"]})
    for column in ("channel", "region"):
        result[column] = optional(candidates, column)
    alike = pd.DataFrame(index=candidates.index)
    for name, level, high_mean, others_mean in distinct[["trait", "level", "high_mean", "others_mean"]].to_numpy():
        values = by_name[name].of(candidates, "candidate_id")[level].to_numpy(float)
        alike[name] = _alike(values, high_mean, others_mean)
    result["shared"] = (alike == "yes").sum(axis=1)
    result["of"] = len(distinct)
    result["unknown"] = (alike == "unknown").sum(axis=1)
    result["rank"] = result["shared"].rank(method="min", ascending=False).astype(int)
    result = pd.concat([result, alike], axis=1)
    order = ["shared", "unknown", "name", "candidate_id"]
    return result.sort_values(order, ascending=[False, True, True, True], ignore_index=True)


def _alike(values: Numbers, high_mean: float, others_mean: float) -> list[str]:
    nearer = np.abs(values - high_mean) < np.abs(values - others_mean)
    return [
        "unknown" if unknown else "yes" if near else "no"
        for unknown, near in zip(np.isnan(values), nearer, strict=True)
    ]
