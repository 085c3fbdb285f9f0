"""Pictures along time: revenue by quarter or month, coverage of those ahead, when open deals are due."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes

from channelnb.numbers import short_number
from channelnb.report.charts.look import LOOK, SMALL, Ink
from channelnb.report.charts.marks import (
    MONTHS,
    above,
    beside,
    labels_at_right,
    money_scale,
    period_labels,
    rows_of,
    short_label,
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
    hollow = {"facecolor": LOOK.paper.light, "edgecolor": LOOK.forecast.light, "linewidth": 1.4, "linestyle": "--"}
    styles: dict[str, dict[str, Any]] = {
        "prior": {"width": 0.78, "color": LOOK.prior.light},
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
    >>> frame = pd.DataFrame({"period": ["2026Q4", "2027Q1", "2027Q2"], "value": [4.2, 2.5, None]})
    >>> [label.get_text() for label in coverage_by_period(frame, ax=Figure().subplots()).texts]
    ['4.2× over', '2.5× under', 'no plan', 'target 4×']
    """
    rows = rows_of(frame, "period", "value", plot="coverage_by_period")
    ax.axhspan(*band, color=LOOK.peers.light, alpha=0.45, linewidth=0)
    ax.axhline(target, color=LOOK.plan.light, linewidth=1.2, linestyle=(0, (4, 3)))
    for x, row in enumerate(rows):
        if pd.isna(row["value"]):
            above(ax, x, 0, "no plan", color=LOOK.soft.light)
            continue
        value = float(row["value"])
        over = value >= target
        ink: Ink = LOOK.over if over else LOOK.under
        ax.vlines(x, 0, value, color=ink.light, linewidth=2)
        mark = "o" if over else "v"
        ax.plot([x], [value], marker=mark, markersize=8, color=ink.light, linestyle="none", clip_on=False)
        word = "over" if over else "under"
        above(ax, x, value, f"{short_number(value, digits=2)}× {word}", color=ink.light, gap=7)
    top = max([band[1], *(float(row["value"]) for row in rows if pd.notna(row["value"]))])
    ax.set_xticks(range(len(rows)), period_labels([str(row["period"]) for row in rows]))
    ax.set_xlim(-0.5, len(rows) - 0.2)
    ax.set_ylim(0, top * 1.12)
    ax.set_yticks([])
    beside(ax, len(rows) - 0.2, target, f"target {short_number(target)}×", gap=4)
    return ax


def pipeline_by_month(frame: pd.DataFrame, *, ax: Axes, currency: str) -> Axes:
    """Open pipeline by the month in which it is due: hollow bars, since none of it is booked.

    Needs one row per month: month (a date; missing where the deals have none), value, overdue (true
    where the month has passed). A month between two others in which nothing is due is left empty.

    >>> from matplotlib.figure import Figure
    >>> frame = pd.DataFrame({"month": ["2026-10-01", "2026-12-01", None], "value": [9.0, 5.0, 2.0], "overdue": False})
    >>> ax = pipeline_by_month(frame, ax=Figure().subplots(), currency="USD")
    >>> [label.get_text() for label in ax.get_xticklabels()]
    ['Oct\\n2026', 'Nov', 'Dec', 'no date']
    """
    rows = rows_of(frame, "month", "value", "overdue", plot="pipeline_by_month")
    dated = {pd.Period(row["month"], freq="M"): row for row in rows if pd.notna(row["month"])}
    months = pd.period_range(min(dated), max(dated), freq="M") if dated else pd.PeriodIndex([], freq="M")
    shown = len(months) <= _MOST_LABELLED
    for x, month in enumerate(months):
        if month in dated:
            _due(ax, x, dated[month], LOOK.under if dated[month]["overdue"] else LOOK.forecast, labelled=shown)
    for row in rows:
        if pd.isna(row["month"]):
            _due(ax, len(months), row, LOOK.uncertain, labelled=True)
    labels = [
        f"{MONTHS[month.month - 1]}\n{month.year}" if x == 0 or month.month == 1 else MONTHS[month.month - 1]
        for x, month in enumerate(months)
    ]
    labels = [label if shown or x % 3 == 0 else "" for x, label in enumerate(labels)]
    if len(dated) < len(rows):
        labels.append("no date")
    ax.set_xticks(range(len(labels)), labels)
    money_scale(ax, currency=currency)
    return ax


def _due(ax: Axes, x: int, row: dict[str, Any], ink: Ink, *, labelled: bool) -> None:
    late = ink is LOOK.under
    value = float(row["value"])
    hatch = "///" if late else ""
    ax.bar([x], [value], width=0.62, linewidth=1.6, facecolor=LOOK.paper.light, edgecolor=ink.light, hatch=hatch)
    if labelled:
        above(ax, x, value, f"{short_number(value)}\noverdue" if late else short_number(value), color=ink.light)


def line_trends(frame: pd.DataFrame, *, axes: Sequence[Axes], currency: str) -> Sequence[Axes]:
    """Revenue by period of each product line, one small picture per line, all on one scale.

    Needs one row per line and period: line, period, value. The lines come largest first; as many
    are drawn as there are axes.

    >>> from matplotlib.figure import Figure
    >>> frame = pd.DataFrame({"line": ["Cloud", "Networks"] * 2, "period": ["2026Q2"] * 2 + ["2026Q3"] * 2})
    >>> axes = Figure().subplots(1, 2)
    >>> drawn = line_trends(frame.assign(value=[1.0, 5.0, 2.0, 6.0]), axes=axes, currency="USD")
    >>> [(ax.get_title(loc="left"), ax.texts[0].get_text()) for ax in drawn]
    [('Networks', 'USD 6'), ('Cloud', 'USD 2')]
    """
    rows_of(frame, "line", "period", "value", plot="line_trends")
    order = frame.groupby("line")["value"].sum().sort_values(ascending=False, kind="stable").index
    periods = sorted(str(period) for period in frame["period"].unique())
    low, high = min(0.0, float(frame["value"].min())), float(frame["value"].max())
    last = len(periods) - 1
    for ax, line in zip(axes, order, strict=False):
        values = frame[frame["line"] == line].set_index("period")["value"].reindex(periods).to_numpy(dtype=float)
        sns.lineplot(x=range(len(periods)), y=values, ax=ax, color=LOOK.partner.light, errorbar=None)
        ax.set_title(short_label(line), loc="left", fontsize=SMALL, fontweight="bold")
        ax.set_ylim(low, high * 1.25 or 1.0)
        ax.set_xticks([0, last], [periods[0], periods[-1]])
        ax.set_yticks([])
        ax.set_ylabel("")
        if pd.notna(values[-1]):
            ax.plot([last], [values[-1]], marker="o", markersize=5, color=LOOK.partner.light, linestyle="none")
            above(ax, last, float(values[-1]), f"{currency} {short_number(float(values[-1]))}".strip())
    return axes
