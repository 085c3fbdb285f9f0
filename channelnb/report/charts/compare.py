"""Pictures that compare: with the plan, with the peers, with the year before."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes

from channelnb.numbers import percent, short_number
from channelnb.report.charts.look import LOOK, SMALL
from channelnb.report.charts.marks import beside, pale, rows_of, short_label

# In half widths of the peers' middle half: a place beyond it says only "far".
_FURTHEST = 3.0
# Where a bar is longer than this, in plans, there is no room for a word at 80 % beside the one at the plan.
_CROWDED = 2.0


def attainment_bullets(frame: pd.DataFrame, *, ax: Axes) -> Axes:
    """Attainment as bullets: a bar for what was reached, a tick for the plan, a wash up to it, marked at 80 %.

    Needs one row per bar, from top to bottom: label, value (a share of the plan; missing where there
    is no plan).

    >>> from matplotlib.figure import Figure
    >>> frame = pd.DataFrame({"label": ["Cloud", "Networks"], "value": [1.08, None]})
    >>> [label.get_text() for label in attainment_bullets(frame, ax=Figure().subplots()).texts]
    ['108 % of plan, ahead', 'no plan']
    """
    rows = rows_of(frame, "label", "value", plot="attainment_bullets")
    for y, row in enumerate(rows):
        if pd.isna(row["value"]):
            beside(ax, 0, y, "no plan", color=LOOK.soft.light)
            continue
        value = float(row["value"])
        ax.barh([y], [1.0], height=0.62, **pale(LOOK.wash))
        ax.vlines(0.8, y - 0.31, y + 0.31, color=LOOK.edge.light, linewidth=0.7)
        ax.barh([y], [value], height=0.26, color=LOOK.partner.light, label=str(row["label"]))
        ax.vlines(1.0, y - 0.36, y + 0.36, color=LOOK.plan.light, linewidth=2.4)
        word = "of plan, ahead" if value > 1 else "of plan, behind" if value < 1 else "of plan"
        beside(ax, max(value, 1.0), y, f"{percent(value, digits=0)} {word}")
    top = max([1.0, *(float(row["value"]) for row in rows if pd.notna(row["value"]))])
    ax.set_yticks(range(len(rows)), [short_label(row["label"]) for row in rows])
    ax.set_ylim(len(rows) - 0.5, -0.5)
    ax.set_xlim(0, top * 1.4)
    marked = {0.0: "0", **({0.8: "80 %"} if top < _CROWDED else {}), 1.0: "plan"}
    ax.set_xticks(list(marked), list(marked.values()))
    ax.spines["bottom"].set_visible(False)
    return ax


def position_among_peers(frame: pd.DataFrame, *, ax: Axes) -> Axes:
    """Where a partner stands on each metric: its dot on the middle half of its peers; better is always right.

    Needs one row per metric, from top to bottom: metric (its name in words), value, low, median, high
    (the peers' quartiles; of few peers only the median may be told), better (higher or lower), text (the
    value as it is written). Places are in
    half widths of the peers' middle half; what lies further than three is drawn at the edge as an arrow.

    >>> from matplotlib.figure import Figure
    >>> peers = {"low": 1.0, "median": 2.0, "high": 3.0}
    >>> frame = pd.DataFrame([{"metric": "Margin", "value": 9.0, **peers, "better": "higher", "text": "9 %"}])
    >>> dot = position_among_peers(frame, ax=Figure().subplots()).lines[-1]
    >>> dot.get_marker(), float(dot.get_xdata()[0])
    ('>', 3.0)
    """
    names = ("metric", "value", "low", "median", "high", "better", "text")
    rows = rows_of(frame, *names, plot="position_among_peers")
    for y, row in enumerate(rows):
        low, high, place = _places(row)
        if not math.isnan(high - low):
            ax.barh([y], [high - low], left=low, height=0.42, **pale(LOOK.peers))
        ax.vlines(0, y - 0.21, y + 0.21, color=LOOK.soft.light, linewidth=1.6, zorder=3)
        beside(ax, _FURTHEST, y, str(row["text"]), gap=14)
        if place is not None:
            shown = max(-_FURTHEST, min(_FURTHEST, place))
            marker = "o" if shown == place else ">" if place > 0 else "<"
            ax.plot([shown], [y], marker=marker, markersize=9, color=LOOK.partner.light, linestyle="none")
    ax.set_yticks(range(len(rows)), [short_label(row["metric"]) for row in rows])
    ax.set_ylim(len(rows) - 0.5, -0.5)
    ax.set_xlim(-_FURTHEST - 0.2, _FURTHEST + 0.2)
    ax.set_xticks([-2.2, 0, 2.2], ["worse than peers", "peers' median", "better than peers"])
    ax.spines["bottom"].set_visible(False)
    return ax


def _places(row: dict[str, Any]) -> tuple[float, float, float | None]:
    """Where the peers' quartiles and the partner lie, in half widths of the quartiles' range, better to the right."""
    sign = -1.0 if row["better"] == "lower" else 1.0
    # Peers that are all alike, or whose quartiles are not told, have no range: then the median is the yardstick.
    half = 0.0 if pd.isna(row["high"] - row["low"]) else (row["high"] - row["low"]) / 2
    half = half or abs(row["median"]) or 1.0
    low, high = sorted(sign * (row[edge] - row["median"]) / half for edge in ("low", "high"))
    place = None if pd.isna(row["value"]) else sign * (row["value"] - row["median"]) / half
    return low, high, place


def revenue_by_line(frame: pd.DataFrame, *, ax: Axes, currency: str) -> Axes:
    """Revenue of each product line as a bar, largest first, with the year before and the plan where known.

    Needs one row per line: line, value, and if known prior and plan.

    >>> from matplotlib.figure import Figure
    >>> frame = pd.DataFrame({"line": ["Cloud", "Networks"], "value": [80.0, 120.0], "prior": [None, 100.0]})
    >>> ax = revenue_by_line(frame, ax=Figure().subplots(), currency="USD")
    >>> [label.get_text() for label in ax.texts], ax.get_title(loc="left")
    (['120, 20 % up', '80', 'a year before'], 'USD')
    """
    rows = rows_of(frame, "line", "value", plot="revenue_by_line")
    return _ranked([{**row, "label": row["line"]} for row in rows], ax=ax, currency=currency)


def revenue_by_salesperson(frame: pd.DataFrame, *, ax: Axes, currency: str) -> Axes:
    """Revenue of each sales person as a bar, largest first, with the year before and the plan where known.

    Needs one row per person: name, value, and if known prior and plan.

    >>> from matplotlib.figure import Figure
    >>> frame = pd.DataFrame({"name": ["Bea", "Ada"], "value": [80.0, 120.0], "plan": [100.0, 100.0]})
    >>> ax = revenue_by_salesperson(frame, ax=Figure().subplots(), currency="USD")
    >>> [label.get_text() for label in ax.get_yticklabels()], ax.texts[-1].get_text()
    (['Ada', 'Bea'], 'plan')
    """
    rows = rows_of(frame, "name", "value", plot="revenue_by_salesperson")
    return _ranked([{**row, "label": row["name"]} for row in rows], ax=ax, currency=currency)


def _ranked(rows: list[dict[str, Any]], *, ax: Axes, currency: str) -> Axes:
    rows = sorted(rows, key=lambda row: -float(row["value"]))
    places = list(range(len(rows)))
    values = [float(row["value"]) for row in rows]
    if any(_known(row, "prior") for row in rows):
        before = [float(row["prior"]) if _known(row, "prior") else 0.0 for row in rows]
        ax.barh(places, before, height=0.74, **pale(LOOK.prior))
    sns.barplot(
        x=values, y=places, orient="h", width=0.46, color=LOOK.partner.light, saturation=1, errorbar=None, ax=ax
    )
    for y, row in enumerate(rows):
        if _known(row, "plan"):
            ax.vlines(float(row["plan"]), y - 0.4, y + 0.4, color=LOOK.plan.light, linewidth=2)
        reach = max([0.0, *(float(row[role]) for role in ("value", "prior", "plan") if _known(row, role))])
        beside(ax, reach, y, _change(float(row["value"]), float(row["prior"]) if _known(row, "prior") else None))
    unnamed = _named_on_top(ax, rows)
    title = " · ".join(word for word in (currency, *unnamed) if word)
    ax.set_title(title, loc="left", fontsize=SMALL, color=LOOK.soft.light)
    ax.set_yticks(places, [short_label(row["label"]) for row in rows])
    ax.set_ylim(len(rows) - 0.5, -0.85)
    ax.margins(x=0.2)
    ax.set_xlim(left=min(0.0, *values))
    ax.set_xticks([])
    ax.set_ylabel("")
    ax.spines["bottom"].set_visible(False)
    return ax


def _named_on_top(ax: Axes, rows: list[dict[str, Any]]) -> list[str]:
    """Name the year before and the plan above the first bar; what that bar lacks, and others have, is given back."""
    words = {"prior": "a year before", "plan": "plan"}
    drawn = [role for role in words if any(_known(row, role) for row in rows)]
    places = sorted((float(rows[0][role]), role) for role in drawn if _known(rows[0], role))
    for number, (x, role) in enumerate(places):
        alone = len(places) == 1
        ax.annotate(
            words[role],
            (x, -0.42),
            # Two names stand apart whichever way their marks lie: one ends at its mark, the other begins there.
            xytext=(0 if alone else -2 + 4 * number, 1),
            textcoords="offset points",
            ha="center" if alone else ("right", "left")[number],
            va="bottom",
            fontsize=SMALL,
            color=(LOOK.soft if role == "prior" else LOOK.plan).light,
        )
    shapes = {"prior": "pale bar: a year before", "plan": "tick: plan"}
    return [shapes[role] for role in drawn if role not in {role for _, role in places}]


def _known(row: dict[str, Any], role: str) -> bool:
    return bool(pd.notna(row.get(role)))


def _change(value: float, prior: float | None) -> str:
    text = short_number(value)
    if prior is None:
        return text
    if prior <= 0:
        return f"{text}, new" if value > 0 else text
    size = percent(abs(value / prior - 1), digits=0)
    if size == percent(0):
        return f"{text}, level"
    return f"{text}, {size} {'up' if value > prior else 'down'}"
