"""Small multiples of the scorecard: one small picture per category, all on one scale."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
from matplotlib.axes import Axes

from channelnb.numbers import whole_number
from channelnb.report.charts.look import LOOK, SIZE
from channelnb.report.charts.marks import beside, rows_of

_NAMES = ("category", "period", "score", "low", "high", "joined")


def score_panels(frame: pd.DataFrame, *, axes: Sequence[Axes]) -> Sequence[Axes]:
    """The scores of each category over time, from 0 to 100: a dot per period on the range that weights give it.

    Needs one row per category and period, periods in order: category (a title), period, score, low, high (missing
    where there is none), joined (true where the same metrics counted as in the period before: only then a line goes
    from dot to dot). As many categories are drawn as there are axes, in the order of the frame.

    >>> from matplotlib.figure import Figure
    >>> rows = {"category": "Activity", "period": ["2026Q2", "2026Q3"], "score": [60.0, 72.4], "joined": [False, True]}
    >>> frame = pd.DataFrame(rows).assign(low=58.0, high=75.0)
    >>> drawn = score_panels(frame, axes=Figure().subplots(1, 2))
    >>> drawn[0].get_title(loc="left"), [label.get_text() for label in drawn[0].texts]
    ('Activity', ['72'])
    """
    rows_of(frame, *_NAMES, plot="score_panels")
    periods = sorted(frame["period"].unique())
    last = len(periods) - 1
    for place, (ax, category) in enumerate(zip(axes, frame["category"].unique(), strict=False)):
        own = frame[frame["category"] == category].set_index("period").reindex(periods)
        _panel(ax, own)
        ax.set_title(str(category), loc="left", fontsize=SIZE, fontweight="bold", color=LOOK.ink.light)
        ax.set_ylim(-4, 104)
        ax.set_yticks([0, 50, 100], ["0", "50", "100"] if place % 3 == 0 else [])
        ax.grid(axis="y")
        ax.set_xlim(-0.5, last + 0.5)
        ends = sorted({0, last})
        ax.set_xticks(ends, [str(periods[end]) for end in ends])
    return axes


def _panel(ax: Axes, own: pd.DataFrame) -> None:
    places = [place for place, known in enumerate(own["score"].notna()) if known]
    scores = own["score"].to_numpy(dtype=float)
    ax.vlines(places, own["low"].iloc[places], own["high"].iloc[places], color=LOOK.uncertain.light, linewidth=1.6)
    ax.plot(places, scores[places], marker="o", markersize=3.6, color=LOOK.partner.light, linestyle="none", zorder=3)
    joined = own["joined"].eq(True).to_numpy()
    for place in places:
        if joined[place] and place - 1 in places:
            ends = [place - 1, place]
            ax.plot(ends, scores[ends], color=LOOK.partner.light, linewidth=1.4)
    last = len(own) - 1
    if last in places:
        beside(ax, last, float(scores[last]), whole_number(float(scores[last])), color=LOOK.partner.light)
    else:
        # Far from any mark, as there is none.
        beside(ax, last, 50, "no score", color=LOOK.soft.light, gap=-2)
