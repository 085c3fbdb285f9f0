"""A vendor's name, colour and logo: on every page, readable whatever the colour, and harmless whatever the file."""

from __future__ import annotations

import io
import re
import struct
import zlib
from base64 import b64decode
from dataclasses import replace
from pathlib import Path

import pytest
from nbformat.v4 import new_markdown_cell, new_notebook
from PIL import Image, PngImagePlugin

from channelnb.errors import BadParameters, NotUsable
from channelnb.fleet.plan import Job, Notebook, Order
from channelnb.params import logo_of, read_parameters
from channelnb.report.colour import DARK, LIGHT, READABLE, contrast, readable
from channelnb.report.exporter import page_html
from channelnb.report.index_page import IndexPage
from channelnb.report.logo import LARGEST, logo_uri
from channelnb.report.page import PageInfo
from channelnb.report.site import failure_page, index_html
from channelnb.report.style import COLOUR, compact, style_sheet

AWKWARD = ("#ffee00", "#ffffff", "#000000", "#808080", "#7f7f00", "#00ff7f", "#ff00ff", "#0000ff", "#f5f7f9", COLOUR)
SVG = '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="0 0 9 9">{}</svg>'
DRAWING = '<path d="M0 0h9v9z" fill="url(#g)"/>'


def png(**text: str) -> bytes:
    about = PngImagePlugin.PngInfo()
    for key, value in text.items():
        about.add_text(key, value)
    to = io.BytesIO()
    Image.new("RGBA", (8, 4), (120, 30, 90, 255)).save(to, "PNG", pnginfo=about)
    return to.getvalue()


def content(uri: str) -> bytes:
    return b64decode(uri.partition(",")[2])


@pytest.mark.parametrize("colour", AWKWARD)
@pytest.mark.parametrize("papers", [LIGHT, DARK], ids=["light", "dark"])
def test_any_colour_can_be_read_as_text(colour: str, papers: tuple[str, ...]) -> None:
    shade = readable(colour, papers)
    assert min(contrast(shade, paper) for paper in papers) >= READABLE
    assert re.fullmatch(r"#[0-9a-f]{6}", shade)
    if min(contrast(colour, paper) for paper in papers) >= READABLE:
        assert shade == colour


def test_papers_are_those_of_the_style_sheet() -> None:
    light, dark = re.findall(r"--paper:(#\w+);--wash:(#\w+)", style_sheet(""))[:2]
    assert (light, dark) == (LIGHT, DARK)


def test_a_style_sheet_loses_blanks_and_comments_and_keeps_what_it_says() -> None:
    css = '/* a */ .a  .b , c > d { content: "From " ; margin : 0 -1px }\n@media print { a:is( b ) { --x: #fff; } }'
    assert compact(css) == '.a .b,c>d{content:"From ";margin :0 -1px}@media print{a:is( b ){--x:#fff}}'


def test_logo_stands_in_every_page_with_the_vendors_name() -> None:
    uri = logo_uri(SVG.format(DRAWING).encode(), "logo.svg")
    info = PageInfo("Review", vendor="Fabrikam & Sons", logo=uri, colour="#7a1f5c")
    index = IndexPage(info, "USD", [], 0, 0)
    pages = (
        page_html(new_notebook(cells=[new_markdown_cell("Text.")]), info),
        failure_page(info, notebook="qbr", why="It stopped."),
        index_html(index),
    )
    for html in pages:
        assert html.count(f'<img class="logo" src="{uri}" alt="Fabrikam &amp; Sons">') == 1
        assert "<span>Fabrikam &amp; Sons</span>" in html.partition("<footer>")[2]


def test_another_logo_makes_other_reports() -> None:
    notebook = Notebook("recruiting", "Recruiting", Path("recruiting.ipynb"), "", frozenset())
    order = Order(Path("r"), "v1", "2026Q3", "2026-09-30", "Acme", "2026-10-02", (), "p1")
    logos = ("", logo_uri(png(), "a.png"), logo_uri(SVG.format("").encode(), "a.svg"))
    assert len({replace(order, logo=logo).recipe(Job(notebook, "internal")) for logo in logos}) == 3


def test_metadata_stays_behind() -> None:
    drawn = logo_uri(png(Author="ann", Source="/home/ann/logo.xcf"), "logo.png")
    assert drawn.startswith("data:image/png;base64,")
    assert drawn == logo_uri(png(), "logo.png")
    assert Image.open(io.BytesIO(content(drawn))).getpixel((0, 0)) == (120, 30, 90, 255)
    about = (
        '<!-- by Ann --><metadata><a xmlns="urn:x">Ann</a></metadata>'
        '<g xmlns:inkscape="http://www.inkscape.org/namespaces/inkscape" inkscape:export-filename="/home/ann/logo.png"'
        ' id="g"><inkscape:page/></g>'
    )
    given = '<?xml version="1.0"?><!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "svg11.dtd">' + SVG.format(
        about + DRAWING
    )
    kept = content(logo_uri(given.encode(), "logo.svg")).decode()
    assert DRAWING in kept
    assert not re.search("ann|dtd|inkscape:(?!=)[a-z]", kept, re.IGNORECASE)


def damaged(place: int) -> bytes:
    whole = bytearray(png())
    whole[place] ^= 1
    return bytes(whole)


@pytest.mark.parametrize(
    "given, message",
    [
        (b"GIF89a", "neither a PNG nor an SVG"),
        (b"", "neither a PNG nor an SVG"),
        (b"<html><body>svg</body></html>", "neither a PNG nor an SVG"),
        (png() + bytes(LARGEST), f"at most {LARGEST:,} are taken"),
        (png()[:-4], "a PNG that is damaged after"),
        (png()[:8], "a PNG that is damaged after 8 bytes"),
        (damaged(20), "a PNG that is damaged after 8 bytes"),
        (png()[:8] + struct.pack(">I4s", 0, b"IEND") + zlib.crc32(b"IEND").to_bytes(4), "damaged after 8 bytes"),
        (b"<svg><path></svg>", "is not well-formed SVG"),
        (b"<svg></svg>", "does not say that it is SVG"),
        (SVG.format("").encode("utf-16"), "neither a PNG nor an SVG"),
        (SVG.format("\u00e9").encode("latin-1"), "is not UTF-8"),
        (b'<!DOCTYPE svg [<!ENTITY a "b">]>' + SVG.format("&a;").encode(), "defines entities"),
    ],
)
def test_what_is_no_small_picture_is_refused(given: bytes, message: str) -> None:
    with pytest.raises(NotUsable, match=message):
        logo_uri(given, "logo.svg")


@pytest.mark.parametrize(
    "inside, message",
    [
        ("<script>alert(1)</script>", "holds '<script>'"),
        ("<g><SCRIPT/></g>", "holds '<SCRIPT>'"),
        ('<s:script xmlns:s="http://www.w3.org/2000/svg"/>', "holds '<script>'"),
        ("<foreignObject/>", "holds '<foreignObject>'"),
        ('<path onload="alert(1)"/>', 'onload="alert(1)"'),
        ('<a xlink:href="javascript:alert(1)"/>', "holds '<a>'"),
        ('<image href="https://evil.example/x.png"/>', 'href="https://evil.example/x.png"'),
        ('<image href="//evil.example/x.png"/>', 'href="//evil.example/x.png"'),
        ('<use xlink:href="other.svg#a"/>', 'href="other.svg#a"'),
        ('<image href="data:image/svg+xml;base64,AA=="/>', 'href="data:image/svg'),
        ("<style>@import 'x.css';</style>", "@import"),
        ("<style><![CDATA[a{fill:url(https://evil.example)}]]></style>", "<style>a{fill:url"),
        ('<path style="fill:url( &quot;//evil.example&quot; )"/>', "more than a drawing"),
        ('<path style="fill:u\\72l(//evil.example)"/>', "more than a drawing"),
        ('<path fill="url(  https://evil.example)"/>', "more than a drawing"),
        ('<path fill="\\75rl(http://evil.example)"/>', "more than a drawing"),
        ("<path style=\"fill:image-set('http://evil.example/x.png' 1x)\"/>", "more than a drawing"),
        ("<style>a{}<g/>@import 'x.css';</style>", "more than a drawing"),
        ('<a><animate attributeName="href" to="javascript:alert(1)"/></a>', "holds '<a>'"),
        ('<animate attributeName="href" to="javascript:alert(1)"/>', "holds '<animate>'"),
        pytest.param("<g>" * 12_000 + "</g>" * 12_000, "is nested more than 100 deep", id="deep"),
    ],
)
def test_a_drawing_that_acts_or_leads_out_is_refused(inside: str, message: str) -> None:
    with pytest.raises(NotUsable, match=re.escape(message)):
        logo_uri(SVG.format(inside).encode(), "logo.svg")


@pytest.mark.parametrize(
    "inside",
    [
        '<linearGradient id="g"/><path fill="url(#g)"/>',
        "<path style=\"fill:url('#g')\"/>",
        '<defs><g id="a"/></defs><use xlink:href="#a"/>',
        '<image href="data:image/png;base64,AA=="/>',
        '<image href="data:image/jpeg;base64,AA=="/>',
        '<filter id="f"><feGaussianBlur stdDeviation="2"/></filter><mask id="m"/><symbol id="s"/><pattern id="p"/>',
        "<style>path{fill:#000}</style><title>On and off</title>",
    ],
)
def test_a_drawing_may_refer_to_itself(inside: str) -> None:
    kept = content(logo_uri(SVG.format(inside).encode(), "logo.svg")).decode()
    assert kept == SVG.format(inside)


def parameters(folder: Path, logo: str) -> Path:
    path = folder / "params" / "q3.yaml"
    path.parent.mkdir(exist_ok=True)
    path.write_text(f"name: q3\nsource: data\nquarter: 2026Q3\nbrand:\n  name: Fabrikam\n  logo: {logo}\n")
    return path


def test_the_file_is_looked_for_beside_the_parameters(tmp_path: Path) -> None:
    path = parameters(tmp_path, "../logo.png")
    (tmp_path / "logo.png").write_bytes(png())
    assert logo_of(read_parameters(path)) == logo_uri(png(), "logo.png")


@pytest.mark.parametrize(
    "logo, message",
    [
        ("none.png", "the logo none.png cannot be read: No such file or directory. Its place is told from the folder"),
        ("..", "the logo .. cannot be read: Is a directory"),
        ("q3.yaml", "the logo q3.yaml is neither a PNG nor an SVG"),
    ],
)
def test_a_logo_that_cannot_be_shown_is_told_before_a_run(tmp_path: Path, logo: str, message: str) -> None:
    path = parameters(tmp_path, logo)
    with pytest.raises(BadParameters, match=re.escape(f"{path}:6: {message}")):
        read_parameters(path)


def test_a_page_takes_no_other_picture_for_a_logo() -> None:
    with pytest.raises(NotUsable, match=r"the vendor's logo is 'https://evil\.example/x\.png'; give what `logo_uri`"):
        PageInfo(logo="https://evil.example/x.png")
