"""Pictures of what may come: the revenue foretold for each period as a range, against its plan."""

from __future__ import annotations

from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from channelnb.numbers import percent, short_number
from channelnb.report.charts.look import LOOK, SMALL
from channelnb.report.charts.marks import above, beside, rows_of

_HOLLOW: dict[str, Any] = {"markerfacecolor": LOOK.paper.light, "markeredgewidth": 1.6, "linestyle": "none"}


def range_against_plan(frame: pd.DataFrame, *, ax: Axes, currency: str) -> Axes:
    """The revenue foretold for each period: eight runs of ten as a thin line, the middle one as a hollow dot, the plan.

    Needs one row per period, in order: period, low, mid, high, plan, chance (a share).

    >>> from matplotlib.figure import Figure
    >>> row = {"period": "2026Q4", "low": 80.0, "mid": 90.0, "high": 99.0, "plan": 95.0, "chance": 0.25}
    >>> ax = range_against_plan(pd.DataFrame([row]), ax=Figure().subplots(), currency="USD")
    >>> [label.get_text() for label in ax.texts]
    ['25 % chance of plan', 'plan 95', 'forecast 90']
    """
    rows = rows_of(frame, "period", "low", "mid", "high", "plan", "chance", plot="range_against_plan")
    for place, row in enumerate(rows):
        y = len(rows) - 1 - place
        low, mid, high, plan = (float(row[name]) for name in ("low", "mid", "high", "plan"))
        ax.hlines(y, low, high, color=LOOK.uncertain.light, linewidth=1.6)
        ax.vlines([low, high], y - 0.08, y + 0.08, color=LOOK.uncertain.light, linewidth=1.6)
        ax.plot([mid], [y], marker="o", markersize=8, color=LOOK.forecast.light, **_HOLLOW)
        ax.vlines(plan, y - 0.2, y + 0.25, color=LOOK.plan.light, linewidth=2.4)
        beside(ax, max(high, plan), y, f"{percent(float(row['chance']), digits=0)} chance of plan")
        above(ax, plan, y + 0.25, f"plan {short_number(plan)}", color=LOOK.plan.light, gap=2)
        below(ax, mid, y - 0.15, f"forecast {short_number(mid)}", color=LOOK.forecast.light)
    ax.set_yticks(range(len(rows)), [str(row["period"]) for row in reversed(rows)])
    ax.set_ylim(-0.6, len(rows) - 0.4)
    least, most = (pick(float(row[name]) for row in rows for name in ("low", "high", "plan")) for pick in (min, max))
    room = most - least or abs(most) or 1.0
    # What stands at the right of the last mark needs more of it than the first mark does.
    ax.set_xlim(least - 0.06 * room, most + 0.3 * room)
    ax.xaxis.set_major_locator(MaxNLocator(nbins=5, min_n_ticks=2))
    ax.xaxis.set_major_formatter(lambda value, _: f"{currency} {short_number(value)}".strip())
    ax.grid(axis="x")
    return ax


def below(ax: Axes, x: float, y: float, text: str, *, color: str) -> None:
    """A label below a mark.

    >>> from matplotlib.figure import Figure
    >>> ax = Figure().subplots()
    >>> below(ax, 1.0, 0.0, "90", color=LOOK.ink.light)
    >>> ax.texts[0].get_va()
    'top'
    """
    ax.annotate(
        text, (x, y), xytext=(0, -2), textcoords="offset points", ha="center", va="top", fontsize=SMALL, color=color
    )
