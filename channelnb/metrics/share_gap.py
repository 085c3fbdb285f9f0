"""How far the shares of partners' sales are from a goal, in points and money, and whether they come nearer."""

from __future__ import annotations

import pandas as pd

from channelnb.errors import ColumnsMissing, NotUsable
from channelnb.metrics.keys import RESULT, TIME_KEYS

_METRIC = "share_of_partner_sales"


def share_gap(measured: pd.DataFrame, *, goal: float = 0.5, before: pd.DataFrame | None = None) -> pd.DataFrame:
    """The gap between each share of partners' sales and a goal, and the trend of the share.

    Needs rows of `share_of_partner_sales` as `measure` gives them, other metrics' rows are left out; `before` is
    the same for an earlier period, such as a year ago. One row for each of the keys: share, goal, gap_points (points
    that are missing, negative above the goal), gap_money (revenue in twelve months that is missing while the partner's
    total stays what it is, in the vendor's currency), trend_points (points gained since `before`; blank where either
    is not told), state and reason. Raises NotUsable for a goal that is no share, ColumnsMissing for a frame that is
    no measurement or has other keys than `before`, which must be of one period.

    Source: share of wallet, as in Keiningham, Aksoy, Buoye and Cooil, Harvard Business Review, October 2011.

    >>> row = {"line": "Disks", "metric": "share_of_partner_sales", "state": "ok", "reason": ""}
    >>> now = pd.DataFrame([row | {"numerator": 80.0, "denominator": 200.0, "value": 0.4}])
    >>> a_year_ago = pd.DataFrame([row | {"numerator": 45.0, "denominator": 150.0, "value": 0.3}])
    >>> share_gap(now, before=a_year_ago).iloc[0, :6].to_dict()
    {'line': 'Disks', 'share': 0.4, 'goal': 0.5, 'gap_points': 10.0, 'gap_money': 20.0, 'trend_points': 10.0}
    """
    if not 0 < goal <= 1:
        raise NotUsable(f"goal={goal!r} is no share; give one above 0 and up to 1, such as 0.5 for 50 %.")
    now, keys = _shares(measured, "measured")
    result = now[keys].assign(share=now["value"], goal=goal, gap_points=((goal - now["value"]) * 100).round(6))
    result["gap_money"] = (goal * now["denominator"] - now["numerator"]).where(now["value"].notna())
    result["trend_points"] = float("nan") if before is None else _trend(now, before, keys)
    return result.assign(state=now["state"], reason=now["reason"])


def _trend(now: pd.DataFrame, before: pd.DataFrame, keys: list[str]) -> pd.Series:
    earlier, known = _shares(before, "before")
    if known != keys:
        raise ColumnsMissing(f"`before` has the keys {known}, the rows measured now {keys}; measure both by the same.")
    on = [key for key in keys if key not in TIME_KEYS]
    if earlier.assign(whole=1).duplicated(["whole", *on]).any():
        raise NotUsable(f"`before` has {len(earlier)} rows, several of one group; give those of one period.")
    # A key that all have, so that a measurement without keys is joined like any other.
    left, right = now[on].assign(whole=1), earlier[[*on, "value"]].assign(whole=1)
    then = left.merge(right, on=["whole", *on], how="left")["value"]
    return ((now["value"] - then) * 100).round(6)


def _shares(frame: pd.DataFrame, called: str) -> tuple[pd.DataFrame, list[str]]:
    """The rows that tell of shares, and the keys that they were measured by."""
    lacking = [name for name in ("metric", "numerator", "denominator", "value", "state", "reason") if name not in frame]
    if lacking:
        raise ColumnsMissing(
            f"`{called}` lacks {lacking}; it has {list(map(str, frame.columns))}. Give what "
            f'`measure(book, ["{_METRIC}"], by=["partner_id", "line"])` gives.'
        )
    rows = frame[frame["metric"].eq(_METRIC)].reset_index(drop=True)
    return rows, [str(name) for name in frame.columns if name not in RESULT]
