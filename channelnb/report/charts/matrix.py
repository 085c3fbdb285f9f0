"""A matrix of partners: each as a dot on two scales, with the range that it may lie in on both."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from channelnb.numbers import whole_number
from channelnb.report.charts.look import LOOK, SMALL
from channelnb.report.charts.marks import rows_of
from channelnb.report.charts.placing import Label, Point, place_names

_NAMES = ("name", "x", "x_low", "x_high", "y", "y_low", "y_high", "decided")
_LONGEST, _MOST = 22, 100


def matrix_with_ranges(
    frame: pd.DataFrame, *, ax: Axes, borders: tuple[float, float], quadrants: Sequence[str], scales: tuple[str, str]
) -> Axes:
    """Partners on two scores, each with its two ranges as thin lines, and the borders that part them in four.

    Needs one row per partner, those to be named first on top: name, x, x_low, x_high, y, y_low, y_high, decided (false
    where a range crosses a border: its dot is hollow). `borders` are the two that part; `quadrants` words for upper
    left, upper right, lower left, lower right; `scales` what lies across and what upwards.

    >>> from matplotlib.figure import Figure
    >>> row = {"name": "Ada", "x": 80.0, "x_low": 75.0, "x_high": 85.0, "y": 60.0, "y_low": 50.0, "y_high": 70.0}
    >>> ax = matrix_with_ranges(pd.DataFrame([row]).assign(decided=True), ax=Figure().subplots(), borders=(70.0, 75.0),
    ...     quadrants=["help", "grow", "decide", "secure"], scales=("performance", "activity"))
    >>> [text.get_text() for text in ax.texts]
    ['help', 'grow', 'decide', 'secure', 'median 70', 'median 75', 'Ada']
    """
    rows = rows_of(frame, *_NAMES, plot="matrix_with_ranges")
    for row in rows:
        ax.hlines(row["y"], row["x_low"], row["x_high"], color=LOOK.uncertain.light, linewidth=1)
        ax.vlines(row["x"], row["y_low"], row["y_high"], color=LOOK.uncertain.light, linewidth=1)
        color = (LOOK.partner if row["decided"] else LOOK.uncertain).light
        face = color if row["decided"] else LOOK.paper.light
        ax.plot([row["x"]], [row["y"]], marker="o", markersize=7, color=color, markerfacecolor=face, zorder=3)
    ax.set_xlim(*_limits(frame, "x", borders[0], margin=0.06))
    ax.set_ylim(*_limits(frame, "y", borders[1], margin=0.12))
    _parted(ax, borders, quadrants)
    for axis, scale in ((ax.xaxis, scales[0]), (ax.yaxis, scales[1])):
        low, high = axis.get_view_interval()
        ticks = MaxNLocator(5, integer=True).tick_values(low, high)
        axis.set_ticks([tick for tick in ticks if low < tick <= min(high, _MOST)])
        axis.set_label_text(scale)
    labels = [
        Label(_short(row["name"]), row["x"], row["y"], (LOOK.ink if row["decided"] else LOOK.soft).light)
        for row in rows
    ]
    place_names(ax, labels, points=[(row["x"], row["y"]) for row in rows], lines=_lines(rows))
    return ax


def _lines(rows: list[dict[str, Any]]) -> list[tuple[Point, Point]]:
    across = [((row["x_low"], row["y"]), (row["x_high"], row["y"])) for row in rows]
    return [*across, *(((row["x"], row["y_low"]), (row["x"], row["y_high"])) for row in rows)]


def _limits(frame: pd.DataFrame, axis: str, border: float, *, margin: float) -> tuple[float, float]:
    """Room for all ranges and the border, and beyond them for the words in the corners."""
    low = min(border, float(frame[f"{axis}_low"].min()))
    high = max(border, float(frame[f"{axis}_high"].max()))
    room = max(margin * (high - low), 3.0)
    return low - room, high + room


def _parted(ax: Axes, borders: tuple[float, float], quadrants: Sequence[str]) -> None:
    across, up = borders
    ax.axvline(across, color=LOOK.edge.light, linewidth=0.9, linestyle=(0, (4, 3)), zorder=1)
    ax.axhline(up, color=LOOK.edge.light, linewidth=0.9, linestyle=(0, (4, 3)), zorder=1)
    corners = ((0.0, 1.0), (1.0, 1.0), (0.0, 0.0), (1.0, 0.0))
    for (x, y), word in zip(corners, quadrants, strict=True):
        ax.annotate(
            word,
            (x, y),
            xycoords="axes fraction",
            xytext=(0, -2 if y else 4),
            textcoords="offset points",
            ha="right" if x else "left",
            va="top" if y else "bottom",
            fontsize=SMALL,
            fontweight="bold",
            color=LOOK.soft.light,
        )
    about: dict[str, Any] = {
        "textcoords": "offset points",
        "fontsize": SMALL,
        "color": LOOK.soft.light,
        "annotation_clip": False,
    }
    top = (across, 1.0)
    ax.annotate(
        f"median {whole_number(across)}", top, xycoords=("data", "axes fraction"), xytext=(0, 2), ha="center", **about
    )
    side = (1.0, up)
    ax.annotate(
        f"median {whole_number(up)}", side, xycoords=("axes fraction", "data"), xytext=(3, 0), va="center", **about
    )


def _short(name: object) -> str:
    text = str(name)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1].rstrip()}…"
