"""`measure`: any metric at any grain, its parts aggregated each on its own table and divided last."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from channelnb.book.book import Book
from channelnb.book.tables import CONTRACT
from channelnb.errors import NotUsable
from channelnb.metrics.keys import RESULT, TIME_KEYS, check_keys, given
from channelnb.metrics.parts import Amount, Part, Ratio, Side, terms
from channelnb.metrics.periods import Periods, periods
from channelnb.metrics.registry import METRICS, Metric, find
from channelnb.metrics.values import Values, covered, months_of, values
from channelnb.stats import wilson

COLUMNS = list(RESULT[1:])


@dataclass(frozen=True)
class _Request:
    book: Book
    dims: list[str]
    time_key: str
    periods: Periods


def measure(book: Book, metrics: Iterable[str] | None = None, *, by: Sequence[str] = ()) -> pd.DataFrame:
    """Measure metrics at a grain: one row per combination of keys and metric.

    Needs an open book; `metrics` are names of the catalogue (all, when left out); `by` names keys:
    any column of a fact or of a table it refers to, and at most one of ``month``, ``quarter``,
    ``year``. Without a time key the book's period is measured (metrics that look ahead: the
    first one not over), or everything when the book has none. Columns: the keys, metric, numerator,
    denominator, value (in the metric's unit), n (cases behind it), low and high (95 % interval of a
    rate), state (``ok``, ``too_few``, ``no_data``, ``not_measurable``) and the reason for it. Raises
    UnknownName for a metric or key that doesn't exist, AmbiguousKey for one that means two columns.

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
    dims = [key for key in by if key not in TIME_KEYS]
    time_key = time_keys[0] if time_keys else ""
    first, last = _span(book, chosen) if time_key else (None, None)
    request = _Request(book, dims, time_key, periods(book, time_key, first, last))
    found = {part: values(book, part, dims, request.periods) for m in chosen for part in m.parts}
    universe = _universe(request, found)
    frames = [_one(request, metric, found, universe) for metric in chosen]
    result = pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=["period", *dims, *COLUMNS])
    return result.rename(columns={"period": time_key or "period"})[[*by, *COLUMNS]]


def _span(book: Book, chosen: list[Metric]) -> tuple[date | None, date | None]:
    spans = [months_of(book, part) for metric in chosen for part in metric.parts]
    known = [span for span in spans if span is not None]
    if not known:
        return None, None
    return min(first for first, _ in known), max(last for _, last in known)


def _universe(request: _Request, found: dict[Part, Values]) -> pd.DataFrame:
    """Every combination of keys that has a row in the result."""
    if not request.dims:
        return pd.DataFrame(index=[0])
    frames = [part.frame[request.dims] for part in found.values() if part.frame is not None]
    if len(request.dims) == 1:
        frames.insert(0, _dimension(request.book, request.dims[0]))
    if not frames:
        return pd.DataFrame(columns=request.dims)
    combined = pd.concat(frames, ignore_index=True).drop_duplicates()
    if "partner_id" in request.dims:
        # A firm that merged has no figures of its own any more, even if the table of firms still tells of it.
        merged = request.book.query("SELECT partner_id FROM partners WHERE survivor_id <> partner_id")["partner_id"]
        combined = combined[~combined["partner_id"].isin(merged)]
    return combined.sort_values(request.dims, ignore_index=True)


_OF_A_FIRM = ("partner_id", "name")
"""Keys that name one firm: one that merged has no figures of its own."""


def _dimension(book: Book, key: str) -> pd.DataFrame:
    """Every value that a key can take by the table that owns it, so that nobody is left out for having no rows."""
    table, _, column = key.rpartition(".")
    owners = [name for name in book.loads if column in given(book, name) and table in ("", name)]
    owner = next((name for name in owners if name == "partners" or f"{name}.{column}" == key), None)
    owner = next((name for name in owners if CONTRACT[name].key == column), owner)
    if owner is None:
        return pd.DataFrame({key: pd.Series([], dtype="str")})
    there = f'"{column}" IS NOT NULL' + (
        " AND survivor_id = partner_id" if owner == "partners" and column in _OF_A_FIRM else ""
    )
    rows = book.query(f'SELECT DISTINCT CAST("{column}" AS VARCHAR) AS v FROM {owner} WHERE {there}')
    return pd.DataFrame({key: rows["v"]})


def _one(request: _Request, metric: Metric, found: dict[Part, Values], universe: pd.DataFrame) -> pd.DataFrame:
    labels = request.periods.ahead if metric.forward else request.periods.past
    grid = universe.merge(pd.DataFrame({"period": pd.Series(labels, dtype="str")}), how="cross")
    grid["metric"] = metric.name
    reasons = [found[part].reason for part in metric.parts if found[part].reason]
    if reasons:
        blank = dict.fromkeys(["numerator", "denominator", "value", "n", "low", "high"], np.nan)
        return grid.assign(**blank, state="not_measurable", reason=reasons[0])
    on = [*request.dims, "period"]
    above = (
        (metric.formula.part,)
        if isinstance(metric.formula, Amount)
        else tuple(p for _, p in terms(metric.formula.numerator))
    )
    # Where the table covers a period, nothing found is a true zero; where it doesn't, nothing is known.
    told = set.intersection(*(set(covered(request.book, part, request.periods)) for part in above))
    known = grid["period"].isin(told)
    if isinstance(metric.formula, Amount):
        frame = found[metric.formula.part].frame
        assert frame is not None
        return _amount(metric, grid.merge(frame, on=on, how="left"), known)
    return _ratio(metric, metric.formula, grid, found, known)


def _amount(metric: Metric, grid: pd.DataFrame, known: pd.Series) -> pd.DataFrame:
    grid["value"] = grid["value"].where(grid["value"].notna() | ~known, 0.0)
    grid["n"] = grid["n"].fillna(0)
    state = np.where(grid["value"].notna(), "ok", "no_data")
    reason = np.where(grid["value"].notna(), "", metric.absent)
    return grid.assign(numerator=grid["value"], denominator=np.nan, low=np.nan, high=np.nan, state=state, reason=reason)


def _side(grid: pd.DataFrame, side: Side, found: dict[Part, Values]) -> pd.DataFrame:
    """Value and rows of one side of a ratio; NaN where none of its parts was found."""
    on = [name for name in grid.columns if name != "metric"]
    value = pd.Series(np.nan, index=grid.index)
    rows = pd.Series(np.nan, index=grid.index)
    for sign, part in terms(side):
        frame = found[part].frame
        assert frame is not None
        part_values = grid[on].merge(frame, on=on, how="left")
        value = value.add(sign * part_values["value"], fill_value=0)
        rows = rows.add(part_values["n"], fill_value=0)
    return pd.DataFrame({"value": value, "n": rows})


def _ratio(
    metric: Metric, formula: Ratio, grid: pd.DataFrame, found: dict[Part, Values], known: pd.Series
) -> pd.DataFrame:
    above, below = (_side(grid, side, found) for side in (formula.numerator, formula.denominator))
    numerator = above["value"].where(above["value"].notna() | ~known | ~(below["value"] > 0), 0.0)
    divisible = (below["value"] > 0) & numerator.notna()
    value = (numerator / below["value"]).where(divisible)
    counted = all(p.aggregate != "sum" for p in metric.parts) and metric.unit == "share"
    n = below["value"] if counted else below["n"]
    none = np.full(len(grid), np.nan)
    rates = (numerator.to_numpy(np.float64), below["value"].to_numpy(np.float64))
    low, high = wilson(*rates) if counted else (none, none)
    few = divisible & (n < metric.at_least)
    few_reason = f"fewer than {metric.at_least} cases"
    return grid.assign(
        numerator=numerator,
        denominator=below["value"],
        value=value,
        n=n.fillna(0),
        low=low,
        high=high,
        state=np.select([~divisible, few], ["no_data", "too_few"], "ok"),
        reason=np.select([~divisible, few], [metric.absent, few_reason], ""),
    )
