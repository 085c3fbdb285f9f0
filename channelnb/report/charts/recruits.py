"""Pictures of the recruiting report: which traits set high performers apart, and the clusters of partners."""

from __future__ import annotations

import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from channelnb.numbers import short_number
from channelnb.report.charts.look import CLUSTER_INKS, CLUSTER_MARKS, LOOK
from channelnb.report.charts.marks import beside, rows_of, short_label
from channelnb.report.charts.placing import Label, Point, place_names

# More points than these are drawn as pixels: as shapes they would make the page heavy.
MOST_SHAPES = 1000


def trait_gaps(frame: pd.DataFrame, *, ax: Axes) -> Axes:
    """How far high performers lie from the others on each trait, with the interval; the distinct ones on top.

    Needs one row per trait: trait, gap, low, high (in standard deviations), distinct (true where the
    trait sets high performers apart), and if known small (true where any gap is too small to choose by). A distinct
    trait is a filled dot, any other a hollow one.

    >>> from matplotlib.figure import Figure
    >>> rows = {"trait": ["Offices", "Lab"], "gap": [0.1, 0.8], "low": [-0.2, 0.3], "high": [0.4, 1.2]}
    >>> ax = trait_gaps(pd.DataFrame(rows).assign(distinct=[False, True]), ax=Figure().subplots())
    >>> [label.get_text() for label in ax.get_yticklabels()]
    ['Lab', 'Offices']
    """
    rows = rows_of(frame, "trait", "gap", "low", "high", "distinct", plot="trait_gaps")
    rows.sort(key=lambda row: (not row["distinct"], -abs(row["gap"])))
    edge = max(abs(float(row[end])) for row in rows for end in ("low", "high")) or 1.0
    ax.axvline(0, color=LOOK.edge.light, linewidth=1)
    for y, row in enumerate(rows):
        color = (LOOK.partner if row["distinct"] else LOOK.uncertain).light
        face = color if row["distinct"] else LOOK.paper.light
        ax.hlines(y, row["low"], row["high"], color=color, linewidth=2)
        ax.plot([row["gap"]], [y], marker="o", markersize=8, color=color, markerfacecolor=face, linestyle="none")
        words = LOOK.partner if row["distinct"] else LOOK.soft
        verdict = "sets them apart" if row["distinct"] else "no" if row.get("small") else "cannot tell"
        beside(ax, edge * 1.1, y, verdict, color=words.light)
    ax.set_yticks(range(len(rows)), [short_label(row["trait"]) for row in rows])
    ax.set_ylim(len(rows) - 0.5, -0.5)
    ax.set_xlim(-edge * 1.1, edge * 1.1)
    ax.xaxis.set_major_locator(MaxNLocator(nbins=5, integer=edge > 1))
    ax.xaxis.set_major_formatter(lambda value, _: short_number(value))
    ax.set_xlabel("high performers have less  ←  standard deviations  →  high performers have more")
    return ax


def cluster_map(frame: pd.DataFrame, *, ax: Axes, x_label: str = "", y_label: str = "") -> Axes:
    """Partners as points, by cluster; high performers are filled, the others hollow.

    Each cluster's name stands near its middle, unless there is only one. Needs one row per partner: x,
    y, cluster (its name), and if known high (true for a high performer).

    >>> from matplotlib.figure import Figure
    >>> frame = pd.DataFrame({"x": [0.0, 1.0, 5.0], "y": [0.0, 1.0, 5.0], "cluster": ["kind 1", "kind 1", "kind 2"]})
    >>> ax = cluster_map(frame.assign(high=[True, False, True]), ax=Figure().subplots())
    >>> [label.get_text() for label in ax.texts]
    ['kind 1', 'kind 2']
    """
    rows_of(frame, "x", "y", "cluster", plot="cluster_map")
    rows = frame.assign(high=frame["high"].astype(bool) if "high" in frame else True)
    labels: list[Label] = []
    names = sorted(rows["cluster"].unique(), key=str)
    for number, name in enumerate(names):
        color = CLUSTER_INKS[number % len(CLUSTER_INKS)].light
        members = rows[rows["cluster"] == name]
        style = {"s": 26, "marker": CLUSTER_MARKS[number % len(CLUSTER_MARKS)], "linewidth": 0.9, "edgecolor": color}
        for high, group in members.groupby("high"):
            face = color if high else "none"
            points = sns.scatterplot(data=group, x="x", y="y", ax=ax, facecolor=face, legend=False, **style)
            points.collections[-1].set_rasterized(len(rows) > MOST_SHAPES)
        at = float(members["x"].median()), float(members["y"].median())
        labels.append(Label(short_label(name), *at, color, bold=True))
    ax.set_xticks([])
    ax.set_yticks([])
    ax.set_xlabel(x_label)
    ax.set_ylabel(y_label)
    # One name alone would tell nothing.
    _named(ax, labels if len(labels) > 1 else [], list(zip(rows["x"], rows["y"], strict=True)))
    return ax


def _named(ax: Axes, labels: list[Label], points: list[Point]) -> None:
    """Each kind's name near its middle: where it hides no partner, else over some, but never over another name."""
    unplaced = place_names(ax, labels, points=points, gap=9)
    for gap in (9, 25, 45):
        unplaced = place_names(ax, unplaced, points=[], gap=gap)
