"""From a plot to a figure on a page: SVG in an image, what it shows in words, the data behind it."""

from __future__ import annotations

import io
import re
import warnings
from base64 import b64encode
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
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
_ZEROS = re.compile(r"(\.\d)0(?!\d)")
_COLOUR = re.compile(r"#[0-9a-f]{6}(?![0-9a-f])")
_XLINK = re.compile(r' xmlns:xlink="[^"]*"|\bxlink:(?=href)')
_EMPTY = re.compile(r'<g(?: clip-path="[^"]*")?(?:/>|></g>)|<path d="[^"]*" style="fill: none"/>|<defs/>|<defs></defs>')
_PATH = re.compile(r'(?<= d=")[^"]*')
_AROUND = re.compile(r" ?([A-Za-z]) ?")
_ID = re.compile(r' id="(\w*[0-9a-f]{10})"')
_ID_USED = re.compile(r'( id="|url\(#|href="#)(\w+)')
_STYLED = re.compile(r' style="([^"]*)"')
_VARIABLE = re.compile(r"var\(--(\w+)\)")
# XML has no place for control characters, and a browser shows no picture that is not XML.
_NOT_XML = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_STYLE = re.compile(r"<style[^>]*>.*?</style>", re.DOTALL)


def draw(
    plot: Callable[..., Any],
    frame: pd.DataFrame,
    *,
    alt: Text,
    table: Shown | None,
    caption: Text = "",
    **options: Any,
) -> Shown:
    """A plot of this package as a figure: `plot(frame, ax=…, **options)` on a canvas of the usual size.

    `alt` says what the picture shows to whoever cannot see it, in other words than `caption`; `table` holds its
    data, None where the next thing on the page is a table of them. The facts of all three are kept. Two options are
    the canvas's: `height` in inches, and `panels`, the number of small pictures, which go to the plot
    as `axes`, three in a row. All others go to the plot.
    """
    height, panels = float(options.pop("height", HEIGHT)), int(options.pop("panels", 0))
    with _looks():
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


@contextmanager
def _looks() -> Iterator[None]:
    with mpl.rc_context(RC), warnings.catch_warnings():
        # Letters are drawn by the reader's browser, which has fonts for those that matplotlib's own lacks.
        warnings.filterwarnings("ignore", "Glyph .* missing from font", UserWarning)
        yield


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
    with _looks():
        fig.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None, "Format": None, "Type": None})
    return _small(buffer.getvalue())


def _small(svg: str) -> str:
    # Only what stands inside a tag is touched: a label that looks like a colour or a number is the reader's.
    svg = _TAG.sub(lambda tag: _small_tag(tag[0]), _HEAD.sub("", _NOT_XML.sub("", svg)))
    svg = _BETWEEN.sub("><", svg)
    svg = _without_empty(svg)
    svg, rules = _classed(_with_short_ids(svg))
    used = dict.fromkeys(_VARIABLE.findall(svg + rules))
    return _STYLE.sub(lambda _: f"<style>{LOOK.style(used)}{rules}</style>", svg, count=1).strip()


def _small_tag(tag: str) -> str:
    tag = " ".join(tag.split())
    for what in (_FONT, _NO_TURN, _GROUP_ID, _XLINK):
        tag = what.sub("", tag)
    variables = LOOK.variables
    tag = _COLOUR.sub(lambda found: variables.get(found[0], found[0]), _ZEROS.sub(r"\1", _DECIMALS.sub(r"\1", tag)))
    return _PATH.sub(lambda path: _AROUND.sub(r"\1", path[0]).strip(), tag)


def _without_empty(svg: str) -> str:
    """Without shapes that cannot be seen, and groups that hold nothing, or only such."""
    fewer = _EMPTY.sub("", svg)
    return fewer if fewer == svg else _without_empty(fewer)


def _with_short_ids(svg: str) -> str:
    """The ids of marks and clips, which are hashes, as small numbers in the order in which they come."""
    ids = {name: f"i{number}" for number, name in enumerate(dict.fromkeys(_ID.findall(svg)))}
    return _TAG.sub(lambda tag: _ID_USED.sub(lambda use: use[1] + ids.get(use[2], use[2]), tag[0]), svg)


def _classed(svg: str) -> tuple[str, str]:
    """Each style that stands more than once as a class, and the rules of these classes."""
    styles = Counter(style for tag in _TAG.findall(svg) for style in _STYLED.findall(tag))
    classes = {style: f"s{number}" for number, style in enumerate(name for name, many in styles.items() if many > 1)}
    rules = "".join(f".{name}{{{style.replace('; ', ';').replace(': ', ':')}}}" for style, name in classes.items())

    def short(style: re.Match[str]) -> str:
        return f' class="{classes[style[1]]}"' if style[1] in classes else style[0]

    return _TAG.sub(lambda tag: _STYLED.sub(short, tag[0]), svg), rules


def to_figure(
    fig: Figure, *, alt: Text, caption: Text = "", table: Shown | None = None, facts: Iterable[Fact] = ()
) -> Shown:
    """A picture with its alternative text, a caption that states the finding, and its data folded behind it.

    Raises NotUsable when there is no alternative text.

    >>> to_figure(canvas(), alt="Revenue rose.", caption="It rose by 8 %.").text
    'Revenue rose.\\nIt rose by 8 %.'
    """
    spoken = said(alt).strip()
    if not spoken:
        raise NotUsable("the picture has no alternative text; say in a sentence what it shows.")
    width, height = fig.get_size_inches() * 96
    encoded = b64encode(svg_of(fig).encode()).decode("ascii")
    image = (
        f'<img alt="{escape(spoken)}" width="{width:.0f}" height="{height:.0f}" '
        f'src="data:image/svg+xml;base64,{encoded}">'
    )
    words = f"<figcaption>{safe(caption)}</figcaption>" if said(caption) else ""
    data = f"<details><summary>The figures behind it</summary>{table.html}</details>" if table else ""
    stated = (*facts, *(fact for part in (alt, caption, table) if isinstance(part, Shown) for fact in part.facts))
    text = "\n".join(part for part in (spoken, said(caption), table.text if table else "") if part)
    return Shown(
        f'<figure><div class="plot" role="group" tabindex="0" aria-label="Picture">{image}</div>{words}{data}</figure>',
        stated,
        text,
    )
