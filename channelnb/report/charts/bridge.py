"""The picture of a bridge: a waterfall from where it starts, step by step, to where it ends."""

from __future__ import annotations

from typing import Any

import pandas as pd
from matplotlib.axes import Axes

from channelnb.numbers import short_number
from channelnb.report.charts.look import LOOK, SMALL
from channelnb.report.charts.marks import beside, pale, rows_of, short_label

_HEIGHT = 0.62


def waterfall(frame: pd.DataFrame, *, ax: Axes, currency: str) -> Axes:
    """Bars from top to bottom: where a bridge starts, each step from where the one before ended, and where it ends.

    Needs one row per bar, in order: label, value, role (``plan`` or ``prior`` for the start, ``step``, ``actual`` for
    the end). Steps up and down differ in colour, sign, and the arrow of their label.

    >>> from matplotlib.figure import Figure
    >>> rows = [("Plan", 100.0, "plan"), ("Slipped out", -30.0, "step"), ("2026Q3", 70.0, "actual")]
    >>> ax = waterfall(pd.DataFrame(rows, columns=["label", "value", "role"]), ax=Figure().subplots(), currency="USD")
    >>> [label.get_text() for label in ax.texts]
    ['100', '▼ 30', '70']
    """
    rows = rows_of(frame, "label", "value", "role", plot="waterfall")
    reached, edges = 0.0, [0.0]
    for y, row in enumerate(rows):
        value, is_step = float(row["value"]), row["role"] == "step"
        begins = reached if is_step else 0.0
        ends = begins + value
        _bar(ax, y, begins, ends, role=str(row["role"]))
        if y + 1 < len(rows):
            ax.vlines(ends, y, y + 1, color=LOOK.edge.light, linewidth=0.8, zorder=1)
        arrow = f"{'▲' if value > 0 else '▼'} " if is_step and value else ""
        size = short_number(abs(value) if is_step else value)
        beside(ax, max(begins, ends), y, f"{arrow}{size}", color=_ink(str(row["role"]), value))
        reached = ends
        edges += [begins, ends]
    ax.set_yticks(range(len(rows)), [short_label(row["label"]) for row in rows])
    ax.set_ylim(len(rows) - 0.5, -0.5)
    low, high = min(edges), max(edges)
    ax.set_xlim(low, high + 0.16 * ((high - low) or 1.0))
    ax.axvline(0, color=LOOK.edge.light, linewidth=0.8)
    ax.set_xticks([])
    ax.spines["bottom"].set_visible(False)
    ax.set_title(currency, loc="left", fontsize=SMALL, color=LOOK.soft.light)
    return ax


def _bar(ax: Axes, y: int, begins: float, ends: float, *, role: str) -> None:
    if role == "plan":
        style: dict[str, Any] = {"facecolor": LOOK.paper.light, "edgecolor": LOOK.plan.light, "linewidth": 1.4}
    elif role == "step":
        style = {"color": (LOOK.over if ends > begins else LOOK.under).light}
    else:
        style = pale(LOOK.prior) if role == "prior" else {"color": LOOK.partner.light}
    ax.barh([y], [ends - begins], left=begins, height=_HEIGHT, zorder=2, **style)


def _ink(role: str, value: float) -> str:
    if role != "step" or not value:
        return LOOK.ink.light
    return (LOOK.over if value > 0 else LOOK.under).light
