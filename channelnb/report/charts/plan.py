"""Pictures of a plan: months behind it as bars, its own as hollow ones."""

from __future__ import annotations

from typing import Any

import pandas as pd
from matplotlib.axes import Axes

from channelnb.report.charts.look import LOOK, Ink
from channelnb.report.charts.marks import above, money_scale, month_labels, on_top, rows_of

_EVERY = 3


def history_and_plan(frame: pd.DataFrame, *, ax: Axes, currency: str) -> Axes:
    """Revenue by month: what was sold as filled bars, what is proposed as hollow ones, what is in force as ticks.

    Needs one row per month and role (actual, proposed, in_force): month, role, value. Months between the first and
    the last that have no row are empty.

    >>> from matplotlib.figure import Figure
    >>> rows = [("2026-09-01", "actual", 9.0), ("2026-10-01", "proposed", 8.0), ("2026-10-01", "in_force", 7.0)]
    >>> ax = history_and_plan(
    ...     pd.DataFrame(rows, columns=["month", "role", "value"]), ax=Figure().subplots(), currency="USD"
    ... )
    >>> [text.get_text() for text in ax.texts]
    ['sold ', 'proposed', 'plan in force']
    """
    rows = rows_of(frame, "month", "role", "value", plot="history_and_plan")
    when = {row["month"]: pd.Period(row["month"], freq="M") for row in rows}
    months = list(pd.period_range(min(when.values()), max(when.values()), freq="M"))
    hollow = {"facecolor": LOOK.paper.light, "edgecolor": LOOK.forecast.light, "linewidth": 1.1}
    styles: dict[str, tuple[str, str, Ink, dict[str, Any]]] = {
        "actual": ("sold ", "right", LOOK.partner, {"color": LOOK.partner.light}),
        "proposed": ("proposed", "left", LOOK.forecast, hollow),
    }
    for role, (word, side, ink, style) in styles.items():
        places = [(months.index(when[row["month"]]), float(row["value"])) for row in rows if row["role"] == role]
        if places:
            ax.bar([x for x, _ in places], [value for _, value in places], width=0.72, **style)
            # Both names stand at the border of what was sold and what is proposed.
            first, last = places[0][0] - 0.36, places[-1][0] + 0.36
            on_top(ax, *((last, word) if role == "actual" else (first, word)), color=ink.light, ha=side)
    ticks = [(months.index(when[row["month"]]), float(row["value"])) for row in rows if row["role"] == "in_force"]
    if ticks:
        x, y = zip(*ticks, strict=True)
        ends = [place + 0.45 for place in x]
        ax.hlines(y, [place - 0.45 for place in x], ends, color=LOOK.plan.light, linewidth=1.8, zorder=3)
        highest = max(ticks, key=lambda tick: tick[1])
        above(ax, *highest, "plan in force", color=LOOK.plan.light)
        ax.margins(y=0.12)
    labels = month_labels(months, every=_EVERY)
    named = [x for x, label in enumerate(labels) if label]
    ax.set_xticks(named, [labels[x] for x in named])
    ax.set_xlim(-0.8, len(months) - 0.2)
    money_scale(ax, currency=currency)
    return ax
