"""The small parts that pictures share: labels beside marks, pale shapes, axes of money and months, spaced labels."""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import wrap
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from channelnb.errors import ColumnsMissing, NotUsable
from channelnb.fiscal import is_month
from channelnb.numbers import short_number
from channelnb.report.charts.look import LOOK, SMALL, Ink

_MOST_IN_FULL = 8
LABEL_HEIGHT = 1.3 * SMALL
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def rows_of(frame: pd.DataFrame, *columns: str, plot: str) -> list[dict[str, Any]]:
    """The rows of a frame; raises unless it has the columns that a plot draws, and a row.

    >>> rows_of(pd.DataFrame({"label": ["2026Q3"], "value": [0.9]}), "label", "value", plot="attainment_bullets")
    [{'label': '2026Q3', 'value': 0.9}]
    """
    if absent := [name for name in columns if name not in frame]:
        raise ColumnsMissing(f"{plot} needs {absent}; the frame has {list(frame.columns)}.")
    if frame.empty:
        raise NotUsable(f"{plot} was given no rows; say in words that there is nothing to draw.")
    return [{str(name): value for name, value in row.items()} for row in frame.to_dict("records")]


def money_scale(ax: Axes, *, currency: str) -> None:
    """A value axis of money: short numbers, faint lines across, the currency once, top left.

    >>> from matplotlib.figure import Figure
    >>> ax = Figure().subplots()
    >>> money_scale(ax, currency="USD")
    >>> ax.get_title(loc="left"), ax.yaxis.get_major_formatter()(1_500_000)
    ('USD', '1.5 m')
    """
    ax.yaxis.set_major_locator(MaxNLocator(nbins=4, min_n_ticks=2))
    ax.yaxis.set_major_formatter(lambda value, _: short_number(value))
    ax.grid(axis="y")
    ax.set_ylabel("")
    # Above the numbers, as the heading of a column of them: to its right is room for words on what is drawn.
    ax.set_title(currency, loc="left", x=-0.006, ha="right", fontsize=SMALL, color=LOOK.soft.light)


def on_top(ax: Axes, x: float, word: str, *, color: str, ha: str = "center") -> None:
    """A word at the picture's upper edge that names what stands below it.

    >>> from matplotlib.figure import Figure
    >>> ax = Figure().subplots()
    >>> on_top(ax, 1.0, "overdue", color=LOOK.under.light)
    >>> ax.texts[0].get_text()
    'overdue'
    """
    ax.annotate(
        word,
        (x, 1.0),
        xycoords=("data", "axes fraction"),
        xytext=(0, 3),
        textcoords="offset points",
        ha=ha,
        fontsize=SMALL,
        color=color,
        annotation_clip=False,
    )


def above(ax: Axes, x: float, y: float, text: str, *, color: str = LOOK.ink.light, gap: float = 3) -> None:
    """A label above the end of a bar or dot, or below where the value is negative.

    >>> from matplotlib.figure import Figure
    >>> ax = Figure().subplots()
    >>> above(ax, 0, 5.0, "5 k")
    >>> above(ax, 1, -5.0, "−5 k")
    >>> [label.get_va() for label in ax.texts]
    ['bottom', 'top']
    """
    up = y >= 0
    ax.annotate(
        text,
        (x, y),
        xytext=(0, gap if up else -gap),
        textcoords="offset points",
        ha="center",
        va="bottom" if up else "top",
        fontsize=SMALL,
        color=color,
    )


def beside(ax: Axes, x: float, y: float, text: str, *, color: str = LOOK.ink.light, gap: float = 5) -> None:
    """A label to the right of a mark, or to its left where `gap` (in points) is negative.

    >>> from matplotlib.figure import Figure
    >>> ax = Figure().subplots()
    >>> beside(ax, 1.0, 0, "on plan")
    >>> beside(ax, 1.0, 0, "behind", gap=-5)
    >>> [label.get_ha() for label in ax.texts]
    ['left', 'right']
    """
    ax.annotate(
        text,
        (x, y),
        xytext=(gap, 0),
        textcoords="offset points",
        ha="left" if gap >= 0 else "right",
        va="center",
        fontsize=SMALL,
        color=color,
        annotation_clip=False,
    )


def pale(role: Ink) -> dict[str, Any]:
    """How a pale shape is drawn: its fill alone would not stand out from the paper, so it has an edge.

    >>> pale(LOOK.peers)["edgecolor"] == LOOK.edge.light
    True
    """
    return {"facecolor": role.light, "edgecolor": LOOK.edge.light, "linewidth": 0.7}


def short_label(text: object, *, most: int = 24) -> str:
    """A name that fits beside a picture, on two lines where it is long; the table behind it holds the whole.

    >>> short_label("Wireless"), short_label("Win rate by value with no decision")
    ('Wireless', 'Win rate by value with\\nno decision')
    >>> short_label("Storage systems and backup for small offices and their branches")
    'Storage systems and\\nbackup for small…'
    """
    return "\n".join(wrap(str(text), most, max_lines=2, placeholder="…")) or str(text)


def month_labels(months: Sequence[pd.Period], *, every: int = 1) -> list[str]:
    """Months below an axis, each or the first of each quarter, the year once; "" for those that are not named.

    >>> month_labels(list(pd.period_range("2026-11", "2027-02", freq="M")))
    ['Nov\\n2026', 'Dec', 'Jan\\n2027', 'Feb']
    >>> month_labels(list(pd.period_range("2026-11", "2027-04", freq="M")), every=3)
    ['', '', 'Jan\\n2027', '', '', 'Apr']
    """
    labels, year = [], 0
    for month in months:
        shown = (month.month - 1) % every == 0
        name = MONTHS[month.month - 1] if shown else ""
        labels.append(f"{name}\n{month.year}" if shown and month.year != year else name)
        year = month.year if shown else year
    return labels


def period_labels(periods: Sequence[str]) -> list[str]:
    """Quarters or months as they stand below an axis: in full while they fit, else the year once, below its first.

    >>> period_labels(["2026Q3", "2026Q4"])
    ['2026Q3', '2026Q4']
    >>> period_labels([f"{year}Q{number}" for year in (2025, 2026) for number in (1, 2, 3, 4)])[3:6]
    ['Q4', 'Q1\\n2026', 'Q2']
    """
    if len(periods) < _MOST_IN_FULL:
        return list(periods)
    years = ["", *(period[:4] for period in periods)]
    return [
        _within_year(period) if period[:4] == before else f"{_within_year(period)}\n{period[:4]}"
        for period, before in zip(periods, years, strict=False)
    ]


def _within_year(period: str) -> str:
    return MONTHS[int(period[5:]) - 1] if is_month(period) else period[4:]


def spread(values: Sequence[float], *, gap: float, lowest: float) -> list[float]:
    """Places for labels near `values`, none below `lowest` and no two closer than `gap`.

    >>> spread([10.0, 11.0, 30.0], gap=4.0, lowest=0.0)
    [10.0, 14.0, 30.0]
    """
    placed: dict[int, float] = {}
    last = lowest - gap
    for index in sorted(range(len(values)), key=lambda place: values[place]):
        last = max(values[index], last + gap)
        placed[index] = last
    return [placed[index] for index in range(len(values))]


def labels_at_right(ax: Axes, x: float, labels: Sequence[tuple[float, str, str]]) -> None:
    """Labels (value, text, colour) to the right of the last mark, moved apart where they would overlap.

    >>> from matplotlib.figure import Figure
    >>> ax = Figure().subplots()
    >>> labels_at_right(ax, 1.0, [(0.50, "actual", LOOK.ink.light), (0.51, "plan", LOOK.plan.light)])
    >>> actual, plan = (label.xy[1] for label in ax.texts)
    >>> bool(plan - actual > 0.01)
    True
    """
    low, high = ax.get_ylim()
    root = ax.get_figure(root=True)
    height = ax.bbox.height * 72 / (root.dpi if root else 100)
    gap = (high - low) * LABEL_HEIGHT / height
    for place, (_, text, color) in zip(spread([y for y, _, _ in labels], gap=gap, lowest=low), labels, strict=True):
        beside(ax, x, place, text, color=color, gap=8)
