"""Pictures along time: revenue by quarter or month, coverage of those ahead, when open deals are due."""

from __future__ import annotations

from typing import Any

import pandas as pd
from matplotlib.axes import Axes

from channelnb.numbers import short_number
from channelnb.report.charts.look import LOOK, Ink
from channelnb.report.charts.marks import (
    above,
    labels_at_right,
    money_scale,
    month_labels,
    on_top,
    pale,
    period_labels,
    rows_of,
)

_ROLES = {
    "actual": ("actual", LOOK.partner),
    "forecast": ("forecast", LOOK.forecast),
    "plan": ("plan", LOOK.plan),
    "prior": ("a year before", LOOK.soft),
}
# More bars than these leave no room for a label on each.
_MOST_LABELLED = 14


def revenue_by_period(frame: pd.DataFrame, *, ax: Axes, currency: str) -> Axes:
    """Revenue of each period as a bar, the year before as a pale bar behind it, the plan as a tick.

    Needs one row per period and role (actual, prior, plan, forecast): period, role, value. The
    marks of the last period are named at the right.

    >>> from matplotlib.figure import Figure
    >>> rows = [("2026Q2", "actual", 90.0), ("2026Q3", "actual", 120.0), ("2026Q3", "plan", 100.0)]
    >>> frame = pd.DataFrame(rows, columns=["period", "role", "value"])
    >>> ax = revenue_by_period(frame, ax=Figure().subplots(), currency="USD")
    >>> [label.get_text() for label in ax.texts]
    ['actual 120', 'plan 100']
    """
    rows = rows_of(frame, "period", "role", "value", plot="revenue_by_period")
    periods = sorted({str(row["period"]) for row in rows})
    by_role = {role: [0.0] * len(periods) for role in ("prior", "actual", "forecast")}
    hollow: dict[str, Any] = {
        "facecolor": LOOK.paper.light,
        "edgecolor": LOOK.forecast.light,
        "linewidth": 1.4,
        "linestyle": "--",
    }
    styles: dict[str, dict[str, Any]] = {
        "prior": {"width": 0.78, **pale(LOOK.prior)},
        "actual": {"width": 0.5, "color": LOOK.partner.light},
        "forecast": {"width": 0.5, **hollow},
    }
    known = [row for row in rows if pd.notna(row["value"])]
    for row in known:
        place = periods.index(str(row["period"]))
        if row["role"] == "plan":
            ax.hlines(float(row["value"]), place - 0.42, place + 0.42, color=LOOK.plan.light, linewidth=2, zorder=3)
        else:
            by_role[row["role"]][place] = float(row["value"])
    for role, values in by_role.items():
        if any(values):
            ax.bar(range(len(periods)), values, label=role, **styles[role])
    ax.set_xticks(range(len(periods)), period_labels(periods))
    ax.set_xlim(-0.6, len(periods) - 0.4)
    money_scale(ax, currency=currency)
    last = {row["role"]: float(row["value"]) for row in known if str(row["period"]) == periods[-1]}
    labels = [
        (last[role], f"{word} {short_number(last[role])}", ink.light)
        for role, (word, ink) in _ROLES.items()
        if role in last
    ]
    labels_at_right(ax, len(periods) - 0.6, labels)
    return ax


def coverage_by_period(
    frame: pd.DataFrame, *, ax: Axes, target: float = 4.0, band: tuple[float, float] = (3.0, 5.0)
) -> Axes:
    """The pipeline index (open pipeline due, over the plan) of each period, against its target.

    Needs one row per period, in order: period, value (a ratio; missing where there is no plan).
    `band` is the range that counts as healthy.

    >>> from matplotlib.figure import Figure
    >>> told = {"period": ["2026Q4", "2027Q1", "2027Q2", "2027Q3"], "value": [4.2, 2.5, None, 3.1]}
    >>> [label.get_text() for label in coverage_by_period(pd.DataFrame(told), ax=Figure().subplots()).texts]
    ['4.2× over', '2.5× under', 'no plan', '3.1× healthy', 'target 4×', 'healthy 3 to 5×']
    """
    rows = rows_of(frame, "period", "value", plot="coverage_by_period")
    ax.axhspan(*band, **pale(LOOK.wash))
    ax.axhline(target, color=LOOK.plan.light, linewidth=1.2, linestyle=(0, (4, 3)))
    for x, row in enumerate(rows):
        if pd.isna(row["value"]):
            above(ax, x, 0, "no plan", color=LOOK.soft.light)
            continue
        value = float(row["value"])
        word, ink, mark = _beside(value, target, healthy_from=band[0])
        ax.vlines(x, 0, value, color=ink.light, linewidth=2)
        ax.plot([x], [value], marker=mark, markersize=8, color=ink.light, linestyle="none", clip_on=False)
        above(ax, x, value, f"{short_number(value, digits=2)}× {word}", color=ink.light, gap=7)
    top = max([band[1], *(float(row["value"]) for row in rows if pd.notna(row["value"]))])
    ax.set_xticks(range(len(rows)), period_labels([str(row["period"]) for row in rows]))
    ax.set_xlim(-0.5, len(rows) - 0.2)
    ax.set_ylim(0, top * 1.12)
    # A mark at nought reaches below the axis.
    ax.tick_params(axis="x", pad=8)
    ax.set_yticks([])
    low, high = (short_number(edge) for edge in band)
    named = [(target, f"target {short_number(target)}×", LOOK.plan.light)]
    labels_at_right(ax, len(rows) - 0.2, [*named, (band[0], f"healthy {low} to {high}×", LOOK.soft.light)])
    return ax


def _beside(value: float, target: float, *, healthy_from: float) -> tuple[str, Ink, str]:
    """On which side of its target a pipeline index is, in a word, its colour and its mark."""
    if value >= target:
        return "over", LOOK.over, "o"
    return ("healthy", LOOK.soft, "D") if value >= healthy_from else ("under", LOOK.under, "v")


def pipeline_by_month(frame: pd.DataFrame, *, ax: Axes, currency: str) -> Axes:
    """Open pipeline by the month in which it is due: hollow bars, since none of it is booked.

    Needs one row per month, or two where a part of it has passed: month (a date; missing where the deals have none),
    value, overdue (true of what should have come already). A month between two others in which nothing is due is left
    empty.

    >>> from matplotlib.figure import Figure
    >>> frame = pd.DataFrame({"month": ["2026-10-01", "2026-12-01", None], "value": [9.0, 5.0, 2.0], "overdue": False})
    >>> ax = pipeline_by_month(frame, ax=Figure().subplots(), currency="USD")
    >>> [label.get_text() for label in ax.get_xticklabels()]
    ['Oct\\n2026', 'Nov', 'Dec', 'no date']
    """
    rows = rows_of(frame, "month", "value", "overdue", plot="pipeline_by_month")
    dated = [(pd.Period(row["month"], freq="M"), row) for row in rows if pd.notna(row["month"])]
    known = [month for month, _ in dated]
    months = list(pd.period_range(min(known), max(known), freq="M")) if known else []
    bars = [(months.index(month), row, LOOK.under if row["overdue"] else LOOK.forecast) for month, row in dated]
    bars += [(len(months), row, LOOK.uncertain) for row in rows if pd.isna(row["month"])]
    few = len(months) <= _MOST_LABELLED
    # Where there is no room for all, the largest of each kind tells what kind it is.
    largest = {ink.light: max(float(row["value"]) for _, row, other in bars if other is ink) for _, _, ink in bars}
    reached: dict[int, float] = {}
    for x, row, ink in sorted(bars, key=lambda bar: (bar[0], not bar[1]["overdue"])):
        value, base = float(row["value"]), reached.get(x, 0.0)
        _due(ax, x, value, ink, base=base)
        reached[x] = base + value
        if few or value == largest[ink.light]:
            above(ax, x, base + value, short_number(value), color=(LOOK.soft if ink is LOOK.uncertain else ink).light)
    ax.margins(y=0.1)
    if late := [bar for bar in bars if bar[2] is LOOK.under]:
        on_top(ax, max(late, key=lambda bar: float(bar[1]["value"]))[0], "overdue", color=LOOK.under.light)
    labels = month_labels(months, every=1 if few else 3)
    places = [x for x, label in enumerate(labels) if label]
    undated = [len(months)] if len(known) < len(rows) else []
    ax.set_xticks([*places, *undated], [*(labels[x] for x in places), *("no date" for _ in undated)])
    money_scale(ax, currency=currency)
    return ax


def _due(ax: Axes, x: int, value: float, ink: Ink, *, base: float) -> None:
    hollow: dict[str, Any] = {
        "facecolor": LOOK.paper.light,
        "edgecolor": ink.light,
        "hatch": "///" if ink is LOOK.under else "",
    }
    ax.bar([x], [value], bottom=base, width=0.62, linewidth=1.6, **hollow)
