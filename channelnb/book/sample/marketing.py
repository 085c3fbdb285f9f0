"""The vendor's campaigns, and which of them a deal or lead may have come from."""

from __future__ import annotations

import numpy as np
import pandas as pd

from channelnb.book.sample.draws import Array, Generator, cents, dates, ids, month_end, month_start, only
from channelnb.book.sample.vendor import AS_OF, CURRENCY, LINE_NAMES, PAST_MONTHS

_KINDS = ("email", "roadshow", "search ads", "trade fair", "webinar series")
_DIGITAL = ("email", "search ads", "webinar series")


def campaigns(rng: Generator) -> pd.DataFrame:
    """Two campaigns a quarter, the last two still planned.

    >>> campaigns(np.random.default_rng(7))["status"].value_counts().to_dict()
    {'done': 30, 'planned': 2}
    """
    start = np.repeat(np.arange(0, PAST_MONTHS + 3, 3), 2)
    size = len(start)
    start = start + rng.integers(0, 2, size)
    first, last = month_start(start) + rng.integers(0, 20, size), month_end(start + rng.integers(1, 4, size))
    kind = np.array(_KINDS, dtype=object)[rng.integers(len(_KINDS), size=size)]
    budget = cents(rng.uniform(20_000, 90_000, size), step=1_000)
    status = np.select([first > AS_OF, last > AS_OF], ["planned", "running"], "done").astype(object)
    share = np.select([status == "planned", status == "running"], [0.0, 0.5], rng.uniform(0.8, 1.1, size))
    line = np.array(LINE_NAMES, dtype=object)[rng.integers(len(LINE_NAMES), size=size)]
    return pd.DataFrame(
        {
            "campaign_id": ids("R", size, width=3),
            "name": [
                f"{name} {what} {str(day)[:7]}" for name, what, day in zip(line, kind, first.astype(str), strict=True)
            ],
            "kind": kind,
            "digital": np.isin(kind, _DIGITAL),
            "joint": rng.random(size) < 0.4,
            "started_on": first,
            "ended_on": last,
            "budget": budget,
            "spend": np.round(budget * share).astype(np.int64),
            "status": status,
            "currency": CURRENCY,
        }
    )


def running_on(rng: Generator, campaigns: pd.DataFrame, day: Array) -> Array:
    """The id of one of the two campaigns that began last before each day, or none before the first.

    >>> table = pd.DataFrame({"campaign_id": ["R1"], "started_on": pd.to_datetime(["2026-01-05"])})
    >>> day = np.array(["2026-01-01", "2026-03-01"], dtype="datetime64[D]")
    >>> running_on(np.random.default_rng(7), table, day)[0] is None
    True
    """
    started = np.sort(dates(campaigns, "started_on"))
    order = np.argsort(campaigns["started_on"].to_numpy(), kind="stable")
    at = np.searchsorted(started, day, side="right") - 1 - rng.integers(0, 2, len(day))
    names = campaigns["campaign_id"].to_numpy(dtype=object)[order]
    return only(at >= 0, names[np.maximum(at, 0)])
