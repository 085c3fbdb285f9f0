"""How a line grows at a firm that starts it: shapes from the vendor's own history, of lines like it."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pandas as pd

from channelnb.planning.business.history import PER_CENT, YEAR, Floats, History, even_handed, over
from channelnb.planning.business.plan import SEASON, SHAPE
from channelnb.planning.business.season import CHANNEL

LINE, CATEGORY, NONE = "line", "category", "none"
"""Whose starts a shape comes from: those of the line, of its category, of all lines (`CHANNEL`), or too few."""

QUARTERS = len(SHAPE)
FEWEST_QUARTERS, FEWEST_FIRMS = 4, 12
"""Quarters that must be known for a shape, which is level from there on, and firms that must tell of each."""


def shapes(history: History, seasons: pd.DataFrame, categories: Mapping[str, str], *, min_firms: int) -> pd.DataFrame:
    """The shape of each line, one row each: its first twelve quarters at a firm, as shares of one of the third year.

    A start is a firm's first sale of a line after at least twelve months of the vendor's sales in which it had none.
    From quarter to quarter since then revenue, with the season taken out, grows by the ratio of the sums over all
    starts that are old enough for both: a start that is young tells of its first quarters only. A step that fewer
    than `FEWEST_FIRMS` firms (or `min_firms`, if that is more) tell of is level; those of one owner count once. Needs
    the `seasons` of the history and the category of each line. The starts are those of the line, else of its category,
    else of all lines, whichever first has enough firms for `FEWEST_QUARTERS`: `shape_from` says which, `shape_firms`
    how many firms tell of the first step.

    Source: the chain-ladder method (link ratios), as in Mack, Distribution-free Calculation of the Standard Error of
    Chain Ladder Reserve Estimates, ASTIN Bulletin, 1993.
    """
    starts, fewest = _starts(history, seasons), max(min_firms, FEWEST_FIRMS)
    of_line = starts["line"].to_numpy()
    group = pd.Series([categories.get(str(name), "") for name in history.lines])
    rows = []
    for place in range(len(history.lines)):
        alike = (group == group[place]).to_numpy() & bool(group[place])
        pools = {LINE: of_line == place, CATEGORY: alike[of_line], CHANNEL: np.full(len(starts), True)}
        rows.append(_first_told(history, starts, pools, fewest=fewest))
    return pd.DataFrame(rows, columns=[*SHAPE, "shape_from", "shape_firms"], index=history.lines)


def _starts(history: History, seasons: pd.DataFrame) -> pd.DataFrame:
    """One row for each start: partner, line, and revenue of each quarter since, without season, NaN where not over."""
    begun, sold = history.begun, history.sold
    share = seasons[list(SEASON)].to_numpy(np.float64).reshape(*begun.shape, YEAR)
    partner, line, ago = (sold[key].to_numpy() for key in ("partner", "line", "ago"))
    month = (history.last.month - 1 - ago) % YEAR
    # What a month would be of an even year; one that nobody ever sold in says nothing of the level.
    usual = YEAR * share[partner, line, month]
    revenue = np.divide(sold["revenue"].to_numpy(), usual, out=np.zeros(len(sold)), where=usual > 0)
    age = (begun[partner, line] - 1 - ago).astype(np.int64)
    place = partner * begun.shape[1] + line
    inside = (age >= 0) & (age < 3 * QUARTERS)
    sums = np.bincount((place * QUARTERS + age // 3)[inside], revenue[inside], begun.size * QUARTERS)
    table = sums.reshape(-1, QUARTERS)
    is_over = np.arange(1, QUARTERS + 1)[None, :] * 3 <= begun.reshape(-1, 1)
    frame = pd.DataFrame(np.where(is_over, table, np.nan), columns=list(SHAPE))
    partners, lines = np.divmod(np.arange(begun.size), max(begun.shape[1], 1))
    return frame.assign(partner=partners, line=lines)[history.started.ravel()].reset_index(drop=True)


def _first_told(
    history: History, starts: pd.DataFrame, pools: Mapping[str, npt.NDArray[np.bool_]], *, fewest: int
) -> list[object]:
    for source, inside in pools.items():
        levels, firms = _levels(history, starts[inside], fewest=fewest)
        if len(levels):
            return [*levels, source, firms]
    return [*[np.nan] * QUARTERS, NONE, 0]


def _levels(history: History, starts: pd.DataFrame, *, fewest: int) -> tuple[list[float], int]:
    """The quarters since a start as shares of one of the third year, and how many firms tell of the first step."""
    table, firm = starts[list(SHAPE)].to_numpy(np.float64), starts["partner"].to_numpy()
    levels, told = [1.0], 0
    for quarter in range(1, QUARTERS):
        both = ~np.isnan(table[:, quarter])
        firms, place = np.unique(firm[both], return_inverse=True)
        pair = [np.bincount(place, table[both, at], len(firms)).clip(0)[:, None] for at in (quarter - 1, quarter)]
        factor = even_handed(pair[0] + pair[1], history.owner[firms])
        before, after = ((one * factor).sum() for one in pair)
        if len(np.unique(history.owner[firms])) < fewest or before <= 0 or after <= 0:
            break
        told = told or len(firms)
        levels.append(levels[-1] * float(after / before))
    if len(levels) < FEWEST_QUARTERS:
        return [], 0
    levels += levels[-1:] * (QUARTERS - len(levels))
    mature = float(np.mean(levels[-4:]))
    return [round(level / mature, PER_CENT) for level in levels], told


def mature_year(history: History, seasons: pd.DataFrame, shapes: pd.DataFrame) -> Floats:
    """What each firm's last twelve months of each line come to in a mature year, by the line's shape and its season.

    Needs the `seasons` and `shapes` of the history. One row is a partner, one column a line, in the vendor's
    currency; NaN where the line was never sold, or no shape is known. A mature line's is its last twelve months.
    """
    begun = history.begun
    share = seasons[list(SEASON)].to_numpy(np.float64).reshape(*begun.shape, YEAR)
    levels = shapes[list(SHAPE)].to_numpy(np.float64)
    expected = np.zeros(begun.shape)
    for ago in range(YEAR):
        age = (begun - 1 - ago).astype(np.int64)
        quarter = np.clip(age // 3, 0, QUARTERS - 1)
        level = levels[np.arange(begun.shape[1])[None, :], quarter]
        expected += np.where(age >= 0, level * share[:, :, (history.last.month - 1 - ago) % YEAR], 0.0)
    return over(history.by_line("revenue"), expected)
