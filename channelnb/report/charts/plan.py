"""Pictures of a plan: months behind it as bars, its own as hollow ones."""

from __future__ import annotations

from typing import Any

import pandas as pd
from matplotlib.axes import Axes

from channelnb.report.charts.look import LOOK, SMALL
from channelnb.report.charts.marks import MONTHS, money_scale, rows_of

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
    >>> [text.get_text() for text in ax.get_legend().get_texts()]
    ['sold', 'proposed', 'in force']
    """
    rows = rows_of(frame, "month", "role", "value", plot="history_and_plan")
    when = {row["month"]: pd.Period(row["month"], freq="M") for row in rows}
    months = list(pd.period_range(min(when.values()), max(when.values()), freq="M"))
    hollow = {"facecolor": LOOK.paper.light, "edgecolor": LOOK.forecast.light, "linewidth": 1.1}
    styles: dict[str, dict[str, Any]] = {
        "actual": {"color": LOOK.partner.light, "label": "sold"},
        "proposed": {**hollow, "label": "proposed"},
    }
    for role, style in styles.items():
        places = [(months.index(when[row["month"]]), float(row["value"])) for row in rows if row["role"] == role]
        if places:
            ax.bar([x for x, _ in places], [value for _, value in places], width=0.72, **style)
    ticks = [(months.index(when[row["month"]]), float(row["value"])) for row in rows if row["role"] == "in_force"]
    if ticks:
        x, y = zip(*ticks, strict=True)
        ends = [place + 0.45 for place in x]
        ax.hlines(
            y, [place - 0.45 for place in x], ends, color=LOOK.plan.light, linewidth=1.8, zorder=3, label="in force"
        )
    named = [x for x, month in enumerate(months) if (month.month - 1) % _EVERY == 0]
    ax.set_xticks(named, [_label(months[x], first=x == named[0]) for x in named])
    ax.set_xlim(-0.8, len(months) - 0.2)
    money_scale(ax, currency=currency)
    # Matplotlib would name the lines of a picture before its bars.
    marks = dict(zip(*reversed(ax.get_legend_handles_labels()), strict=True))
    ordered = [word for word in ("sold", "proposed", "in force") if word in marks]
    ax.legend(
        [marks[word] for word in ordered],
        ordered,
        loc="upper right",
        ncols=3,
        frameon=False,
        fontsize=SMALL,
        bbox_to_anchor=(1.0, 1.16),
    )
    return ax


def _label(month: pd.Period, *, first: bool) -> str:
    name = MONTHS[month.month - 1]
    return f"{name}\n{month.year}" if first or month.month == 1 else name
