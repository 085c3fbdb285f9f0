"""`measure`: any metric at any grain, its parts aggregated each on its own table and divided last."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from channelnb.book.book import Book
from channelnb.errors import NotUsable
from channelnb.metrics.figures import STATES, Figures, figures
from channelnb.metrics.grid import Grid, spelt_out
from channelnb.metrics.keys import RESULT, TIME_KEYS, check_keys
from channelnb.metrics.periods import periods
from channelnb.metrics.registry import METRICS, Metric, find
from channelnb.metrics.resampled import with_intervals
from channelnb.metrics.values import Asked, missing

COLUMNS = list(RESULT[1:])
_NUMBERS = ("numerator", "denominator", "value", "n", "low", "high")


def measure(
    book: Book, metrics: Iterable[str] | None = None, *, by: Sequence[str] = (), resample: bool = True
) -> pd.DataFrame:
    """Measure metrics at a grain: one row per combination of keys and metric.

    Needs an open book; `metrics` are names of the catalogue (all, when left out); `by` names keys:
    any column of a fact or of a table it refers to, and at most one of ``month``, ``quarter``,
    ``year``. Without a time key the book's period is measured (metrics that look ahead: the
    first one not over), or everything when the book has none. Columns: the keys, metric, numerator,
    denominator, value (in the metric's unit), n (cases behind it), low and high (its 95 % interval: of a rate
    by Wilson, of a median from the curve, of a ratio of sums over deals by resampling them, unless
    `resample` is False), state (``ok``, ``too_few``, ``no_data``, ``not_measurable``) and the reason for it.
    Raises UnknownName for a metric or key that doesn't exist, AmbiguousKey for one that means two columns.

    >>> import pandas as pd
    >>> from channelnb.book.book import open_book
    >>> partners = pd.DataFrame({"partner_id": ["P1"], "name": ["Ada"], "channel": ["reseller"]})
    >>> sales = pd.DataFrame({"partner_id": ["P1"], "sold_on": ["2026-08-01"], "revenue": ["10.50"]})
    >>> book = open_book({"partners": partners, "sales": sales}, quarter="2026Q3")
    >>> measure(book, ["revenue"], by=["channel"])[["channel", "metric", "value", "state"]].to_dict("records")
    [{'channel': 'reseller', 'metric': 'revenue', 'value': 10.5, 'state': 'ok'}]
    """
    chosen = [find(name) for name in (METRICS if metrics is None else metrics)]
    by = list(by)
    check_keys(book, by)
    time_keys = [key for key in by if key in TIME_KEYS]
    if len(time_keys) > 1:
        raise NotUsable(f"by names {time_keys}; measure by one of them at a time.")
    time_key = time_keys[0] if time_keys else ""
    asked = Asked(book, (part for m in chosen for part in m.parts), [key for key in by if key not in TIME_KEYS])
    grid = Grid(asked, periods(book, time_key, *(asked.span() if time_key else (None, None))))
    result = _tidy(grid, [_Measured.of(metric, grid, resample=resample) for metric in chosen])
    return result.rename(columns={"period": time_key or "period"})[[*by, *COLUMNS]]


class _Measured:
    """One metric on the places of the grid that are its own: past periods, or those not over."""

    def __init__(self, metric: Metric, places: npt.NDArray[np.int64]) -> None:
        self.metric, self.places = metric, places
        self.numbers = {name: np.full(len(places), np.nan) for name in _NUMBERS}
        self.state = np.full(len(places), STATES.index("not_measurable"), dtype=np.int8)
        self.reasons: dict[str, str] = {}

    @classmethod
    def of(cls, metric: Metric, grid: Grid, *, resample: bool) -> _Measured:
        there = grid.open if metric.forward else grid.begun
        made = cls(metric, np.flatnonzero(there))
        reasons = {part: grid.asked.reasons[part] for part in metric.parts}
        # What the source has, but not by these keys, is no reason to tell the rest alone.
        free = {part for part in reasons if part.optional and missing(grid.asked.book, part)}
        lacking = [reason for part, reason in reasons.items() if reason and part not in free]
        if lacking or all(reasons.values()):
            made.reasons = {"not_measurable": lacking[0] if lacking else next(iter(reasons.values()))}
            return made
        found = figures(metric, grid)
        if resample and metric.resample:
            with_intervals(metric, found, grid)
        made._fill(found, "; ".join(dict.fromkeys(f"without it: {reason}" for reason in reasons.values() if reason)))
        return made

    def _fill(self, found: Figures, note: str) -> None:
        self.numbers = {name: getattr(found, name)[self.places] for name in _NUMBERS}
        self.state = found.state[self.places]
        self.reasons = {"ok": note, "too_few": found.few_reason, "no_data": self.metric.absent}


def _tidy(grid: Grid, measured: list[_Measured]) -> pd.DataFrame:
    """One row for each metric and place on the grid, metric by metric."""
    if not measured:
        return pd.DataFrame(columns=["period", *grid.asked.dims, *COLUMNS])
    result = grid.keys(np.concatenate([one.places for one in measured]))
    sizes = [len(one.places) for one in measured]
    result["metric"] = spelt_out([one.metric.name for one in measured], np.repeat(np.arange(len(measured)), sizes))
    for name in _NUMBERS:
        result[name] = np.concatenate([one.numbers[name] for one in measured])
    states = np.concatenate([one.state for one in measured])
    result["state"] = spelt_out(STATES, states)
    reasons = [one.reasons.get(state, "") for one in measured for state in STATES]
    result["reason"] = spelt_out(reasons, np.repeat(np.arange(len(measured)) * len(STATES), sizes) + states)
    return result
