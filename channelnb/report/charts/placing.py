"""Names beside many points: each where it covers no point and no other name, or not at all."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from matplotlib.axes import Axes
from matplotlib.text import Annotation
from matplotlib.transforms import Bbox

from channelnb.report.charts.look import LOOK, SMALL

Point = tuple[float, float]

# Where a name may stand, seen from its point: first beside it, then above and below, then askew.
_SIDES = ((1, 0), (-1, 0), (0, 1), (0, -1), (1, 1), (1, -1), (-1, 1), (-1, -1))
_ALIGNED = {1: "left", 0: "center", -1: "right"}
_UPRIGHT = {1: "bottom", 0: "center", -1: "top"}


@dataclass(frozen=True)
class Label:
    """A name, the point that it belongs to, and its colour."""

    text: str
    x: float
    y: float
    color: str
    bold: bool = False


def place_names(
    ax: Axes,
    labels: Iterable[Label],
    *,
    points: Sequence[Point],
    lines: Sequence[tuple[Point, Point]] = (),
    gap: float = 6,
) -> list[Label]:
    """Write each name beside its point where it fits; gives those that found no place.

    `points`, and `lines` across or upwards, are what no name may cover, in data, beside the texts that are there
    already; `gap` is in points of type. The limits of the axes must be set
    before. Names come in the order of their weight: the first choose first.

    >>> from matplotlib.figure import Figure
    >>> ax = Figure().subplots()
    >>> near = [Label("Ada", 0.5, 0.5, "#1c2430"), Label("Bea", 0.51, 0.5, "#1c2430")]
    >>> place_names(ax, near, points=[(0.5, 0.5), (0.51, 0.5)])
    []
    >>> [text.get_ha() for text in ax.texts]
    ['right', 'left']
    """
    figure = ax.get_figure(root=True)
    if figure is not None:
        # The layout decides where the axes lie, and so which names meet.
        figure.draw_without_rendering()
    size = gap * (figure.dpi if figure is not None else 100) / 72 / 2
    taken = [Bbox.from_bounds(x - size, y - size, 2 * size, 2 * size) for x, y in map(ax.transData.transform, points)]
    taken += [Bbox(ax.transData.transform(sorted(line))).padded(1) for line in lines]
    taken += [text.get_window_extent() for text in ax.texts]
    without = []
    for label in labels:
        for side in _SIDES:
            written = _write(ax, label, side, gap=gap)
            box = written.get_window_extent().padded(1)
            if _within(ax.bbox, box) and not any(box.overlaps(other) for other in taken):
                taken.append(box)
                break
            written.remove()
        else:
            without.append(label)
    return without


def _write(ax: Axes, label: Label, side: tuple[int, int], *, gap: float) -> Annotation:
    across, up = side
    how: dict[str, Any] = {"fontsize": SMALL, "color": label.color, "fontweight": "bold" if label.bold else "normal"}
    written = ax.annotate(
        label.text,
        (label.x, label.y),
        xytext=(across * gap, up * gap * 0.8),
        textcoords="offset points",
        ha=_ALIGNED[across],
        va=_UPRIGHT[up],
        # A line that it crosses gives way.
        bbox={"facecolor": LOOK.paper.light, "edgecolor": "none", "pad": 0.5},
        zorder=2.5,
        **how,
    )
    written.set_in_layout(False)
    return written


def _within(frame: Bbox, box: Bbox) -> bool:
    return bool(frame.x0 <= box.x0 and box.x1 <= frame.x1 and frame.y0 <= box.y0 and box.y1 <= frame.y1)
