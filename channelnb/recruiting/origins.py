"""Where high performers come from: their share in each channel, region, country and segment."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy.stats import false_discovery_control, fisher_exact

from channelnb.recruiting.gaps import FALSE_DISCOVERIES, NOT_DISTINCT, OK, TOO_FEW
from channelnb.stats import wilson

LEAST_PARTNERS = 5


def origins(performers: pd.DataFrame, *, by: Sequence[str] = ("channel", "region")) -> pd.DataFrame:
    """The share of high performers by where partners come from.

    Needs the frame of `performance` with the columns of `by`. One row of the result is a channel, a region, …, the
    largest first: dimension, level, partners (compared), high_performers, share with low and high (95 %), p
    (Fisher's exact test against all other partners) and state: ``ok`` where the share is unlike that of the others
    (false discoveries held at 10 % over all rows tested), ``not_distinct``, or ``too_few``. Partners are ranked within
    their channel, so channels can hardly differ: they are not tested.

    >>> made = pd.DataFrame({"left_out": "", "channel": ["agent"] * 4, "high": [True, False, False, False]})
    >>> origins(made, by=["channel"])[["level", "partners", "share", "state"]].to_dict("records")
    [{'level': 'agent', 'partners': 4, 'share': 0.25, 'state': 'too_few'}]
    """
    compared = performers[performers["left_out"] == ""]
    frames = [_counted(compared, name) for name in by if compared[name].notna().any()]
    columns = ["dimension", "level", "partners", "high_performers"]
    result = pd.concat([pd.DataFrame(columns=columns).astype({"partners": int, "high_performers": int}), *frames])
    result = result.reset_index(drop=True)
    result["share"] = result["high_performers"] / result["partners"]
    result["low"], result["high"] = wilson(
        result["high_performers"].to_numpy(float), result["partners"].to_numpy(float)
    )
    result["state"] = np.where(result["partners"] < LEAST_PARTNERS, TOO_FEW, NOT_DISTINCT)
    everyone, top = len(compared), int(compared["high"].sum())
    result["p"] = [
        _chance(int(held), int(of), top, everyone)
        for held, of in zip(result["high_performers"], result["partners"], strict=True)
    ]
    tested = result.index[(result["state"] == NOT_DISTINCT) & (result["dimension"] != "channel")]
    if len(tested):
        q = pd.Series(false_discovery_control(result.loc[tested, "p"].to_numpy(float)), index=tested)
        result.loc[q.index[q <= FALSE_DISCOVERIES], "state"] = OK
    return result


def _counted(compared: pd.DataFrame, name: str) -> pd.DataFrame:
    groups = compared.assign(level=compared[name].fillna("(not known)").astype("str")).groupby("level")["high"]
    counts = groups.agg(["size", "sum"]).rename(columns={"size": "partners", "sum": "high_performers"}).reset_index()
    counts.insert(0, "dimension", name)
    return counts.astype({"high_performers": int}).sort_values(["partners", "level"], ascending=[False, True])


def _chance(held: int, of: int, top: int, everyone: int) -> float:
    if of == everyone:
        return 1.0
    table = [[held, of - held], [top - held, everyone - of - (top - held)]]
    return float(fisher_exact(table).pvalue)
