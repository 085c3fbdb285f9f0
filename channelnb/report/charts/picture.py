"""From a plot to a figure on a page: SVG in an image, what it shows in words, the data behind it."""

from __future__ import annotations

import io
import re
from base64 import b64encode
from collections.abc import Callable, Iterable
from html import escape
from typing import Any

import matplotlib as mpl
import pandas as pd
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

from channelnb.errors import NotUsable
from channelnb.narrative.facts import Fact
from channelnb.report.blocks import Text, safe, said
from channelnb.report.charts.look import LOOK, RC
from channelnb.report.shown import Shown

WIDTH, HEIGHT = 6.6, 3.0
_PANELS_IN_A_ROW = 3

_HEAD = re.compile(r"^.*?(?=<svg)", re.DOTALL)
_TAG = re.compile(r"<[^>]*>")
_BETWEEN = re.compile(r">\s+<")
_FONT = re.compile(r" ?font-family: [^;\"]+;?")
_NO_TURN = re.compile(r' transform="rotate\(-0(?:\.0*)? [^"]*\)"')
_GROUP_ID = re.compile(r' id="(?!\w*[0-9a-f]{10}")[^"]*"')
_DECIMALS = re.compile(r"(-?\d+\.\d\d)\d+")
_COLOUR = re.compile(r"#[0-9a-f]{6}(?![0-9a-f])")
_STYLE = re.compile(r"<style[^>]*>.*?</style>", re.DOTALL)


def draw(
    plot: Callable[..., Any],
    frame: pd.DataFrame,
    *,
    alt: str,
    caption: Text = "",
    table: Shown | None = None,
    **options: Any,
) -> Shown:
    """A plot of this package as a figure: `plot(frame, ax=…, **options)` on a canvas of the usual size.

    `alt` says what the picture shows; the facts are those of `table` and `caption`. Two options are
    the canvas's: `height` in inches, and `panels`, the number of small pictures, which go to the plot
    as `axes`, three in a row. All others go to the plot.
    """
    height, panels = float(options.pop("height", HEIGHT)), int(options.pop("panels", 0))
    with mpl.rc_context(RC):
        fig = canvas(height=height)
        if panels:
            rows = -(-panels // _PANELS_IN_A_ROW)
            axes = list(fig.subplots(rows, _PANELS_IN_A_ROW, squeeze=False).flat)
            for spare in axes[panels:]:
                spare.set_visible(False)
            plot(frame, axes=axes[:panels], **options)
        else:
            plot(frame, ax=fig.add_subplot(), **options)
        return to_figure(fig, alt=alt, caption=caption, table=table)


def canvas(*, width: float = WIDTH, height: float = HEIGHT) -> Figure:
    """An empty figure of this package's look that no global state knows of; sizes in inches.

    >>> canvas(height=2.0).get_size_inches().tolist()
    [6.6, 2.0]
    """
    with mpl.rc_context(RC):
        fig = Figure(figsize=(width, height), layout="constrained")
        FigureCanvasSVG(fig)
    return fig


def svg_of(fig: Figure) -> str:
    """The SVG of a figure: small, the same bytes every time, in colours that follow the reader's light or dark.

    >>> svg = svg_of(canvas(width=1.0, height=1.0))
    >>> "var(--paper)" in svg, svg == svg_of(canvas(width=1.0, height=1.0))
    (True, True)
    """
    buffer = io.StringIO()
    with mpl.rc_context(RC):
        fig.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None, "Format": None, "Type": None})
    return _small(buffer.getvalue())


def _small(svg: str) -> str:
    # Only what stands inside a tag is touched: a label that looks like a colour or a number is the reader's.
    svg = _TAG.sub(lambda tag: _small_tag(tag[0]), _HEAD.sub("", svg))
    return _STYLE.sub(f"<style>{LOOK.style}</style>", _BETWEEN.sub("><", svg), count=1).strip()


def _small_tag(tag: str) -> str:
    tag = " ".join(tag.split())
    for what in (_FONT, _NO_TURN, _GROUP_ID):
        tag = what.sub("", tag)
    variables = LOOK.variables
    return _COLOUR.sub(lambda found: variables.get(found[0], found[0]), _DECIMALS.sub(r"\1", tag))


def to_figure(
    fig: Figure, *, alt: str, caption: Text = "", table: Shown | None = None, facts: Iterable[Fact] = ()
) -> Shown:
    """A picture with its alternative text, a caption that states the finding, and its data folded behind it.

    Raises NotUsable when there is no alternative text.

    >>> to_figure(canvas(), alt="Revenue rose.", caption="It rose by 8 %.").text
    'Revenue rose.\\nIt rose by 8 %.'
    """
    if not alt.strip():
        raise NotUsable("the picture has no alternative text; say in a sentence what it shows.")
    width, height = fig.get_size_inches() * 96
    encoded = b64encode(svg_of(fig).encode()).decode("ascii")
    image = (
        f'<img alt="{escape(alt)}" width="{width:.0f}" height="{height:.0f}" src="data:image/svg+xml;base64,{encoded}">'
    )
    words = f"<figcaption>{safe(caption)}</figcaption>" if said(caption) else ""
    data = f"<details><summary>The figures behind it</summary>{table.html}</details>" if table else ""
    stated = (*facts, *(caption.facts if isinstance(caption, Shown) else ()), *(table.facts if table else ()))
    text = "\n".join(part for part in (alt, said(caption), table.text if table else "") if part)
    return Shown(f'<figure><div class="plot">{image}</div>{words}{data}</figure>', stated, text)
