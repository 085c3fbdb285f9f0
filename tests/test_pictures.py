"""Every picture of a run: what it says to whoever cannot see it, and what the others see, measured in Chromium."""

from __future__ import annotations

import re
from base64 import b64decode
from dataclasses import dataclass
from functools import cache
from html import unescape
from html.parser import HTMLParser
from itertools import combinations
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from numpy.typing import NDArray
from playwright.sync_api import Browser

from browsing import needs_browser
from channelnb.report.charts.look import LOOK

ROLES = ("partner", "prior", "plan", "peers", "forecast", "uncertain", "over", "under")
SEEN = ("edge", "partner", "plan", "forecast", "uncertain", "over", "under", *(f"kind{n}" for n in range(4)))
READ = ("ink", "soft", "partner", "plan", "forecast", "over", "under")
"""Roles that pictures draw; those that must be seen on the paper; those that words are written in."""
APART = 16
"""How far two roles must lie apart in CIELAB; 2.3 is what an eye can just tell apart side by side."""

# Machado, Oliveira and Fernandes (2009), "A Physiologically-based Model for Simulation of Color Vision Deficiency",
# severity 1.0, on linear RGB.
VISIONS = {
    "trichromat": np.eye(3),
    "protanopia": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
    "deuteranopia": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    ),
    "tritanopia": np.array(
        [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]]
    ),
}
_XYZ = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
)
_WHITE = np.array([0.95047, 1.0, 1.08883])

Floats = NDArray[np.float64]


def linear(colour: str) -> Floats:
    parts = np.array([int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)])
    return np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)


def lab(colour: str, vision: str) -> Floats:
    seen = np.clip(VISIONS[vision] @ linear(colour), 0, 1)
    xyz = _XYZ @ seen / _WHITE
    x, y, z = np.where(xyz > (6 / 29) ** 3, np.cbrt(xyz), xyz / (3 * (6 / 29) ** 2) + 4 / 29)
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


def contrast(first: str, second: str) -> float:
    light, dark = sorted((float(linear(colour) @ _XYZ[1]) + 0.05 for colour in (first, second)), reverse=True)
    return light / dark


def ink(role: str, shade: str) -> str:
    return str(getattr(LOOK.inks[role], shade))


@pytest.mark.parametrize("shade", ["light", "dark"])
@pytest.mark.parametrize("vision", VISIONS)
def test_no_two_roles_look_alike_to_colour_blind_readers(vision: str, shade: str) -> None:
    distances = {
        pair: float(np.linalg.norm(lab(ink(pair[0], shade), vision) - lab(ink(pair[1], shade), vision)))
        for pair in combinations(ROLES, 2)
    }
    assert {pair: round(far, 1) for pair, far in distances.items() if far < APART} == {}


@pytest.mark.parametrize("shade", ["light", "dark"])
@pytest.mark.parametrize("roles, least", [(READ, 4.5), (SEEN, 3.0)], ids=["words", "shapes"])
def test_words_and_shapes_stand_out_from_the_paper(roles: tuple[str, ...], least: float, shade: str) -> None:
    found = {role: contrast(ink(role, shade), ink("paper", shade)) for role in roles}
    assert {role: round(ratio, 2) for role, ratio in found.items() if ratio < least} == {}


def test_words_can_be_read_on_a_wash_too() -> None:
    for shade in ("light", "dark"):
        assert min(contrast(ink(role, shade), ink("wash", shade)) for role in ("ink", "plan")) >= 4.5


@dataclass(frozen=True)
class Picture:
    """A picture of a page: what it says, the SVG, and whether a table of its data is in the figure or next to it."""

    page: str
    alt: str
    caption: str
    svg: str
    has_table: bool

    def __str__(self) -> str:
        return f"{self.page}: {self.alt[:40]}"


class _Figures(HTMLParser):
    """The figures of a page: the text of each, its picture, and the tag that comes next."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[dict[str, Any]] = []
        self._in = self._caption = False
        self._after = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if self._after:
            self._after = False
            self.found[-1]["table"] |= tag == "table" or (given.get("class") or "").startswith("table")
        if tag == "figure":
            self._in = True
            self.found.append({"alt": "", "src": "", "caption": "", "table": False})
        elif self._in and tag == "img":
            self.found[-1] |= {"alt": given.get("alt") or "", "src": given.get("src") or ""}
        elif self._in and tag == "table":
            self.found[-1]["table"] = True
        self._caption |= self._in and tag == "figcaption"

    def handle_endtag(self, tag: str) -> None:
        if tag == "figure":
            self._in, self._after = False, True
        if tag == "figcaption":
            self._caption = False

    def handle_data(self, data: str) -> None:
        if self._caption:
            self.found[-1]["caption"] += data


@cache
def pictures(run: Path) -> list[Picture]:
    """Every picture of every page of a run."""
    found = []
    for page in sorted(run.rglob("*.html")):
        reader = _Figures()
        reader.feed(page.read_text(encoding="utf-8"))
        for one in reader.found:
            svg = b64decode(one["src"].partition("base64,")[2]).decode()
            name = str(page.relative_to(run))
            found.append(Picture(name, one["alt"], unescape(one["caption"]), svg, one["table"]))
    return found


KINDS = ("partner_profile", "qbr", "business_plan", "recruiting")


def test_every_kind_of_page_has_pictures(sample_run: Path) -> None:
    pages = {picture.page for picture in pictures(sample_run)}
    for kind in KINDS:
        assert any(kind in page for page in pages), kind
    assert any(page.startswith("managers") for page in pages)


def test_every_picture_says_what_it_shows_in_words_of_its_own(sample_run: Path) -> None:
    for picture in pictures(sample_run):
        assert re.fullmatch(r"[A-Z0-9].{30,}\.", picture.alt), picture
        # Ids of partners, people, deals and facts mean nothing to whoever listens.
        assert not re.search(r"\b[A-Z]{1,3}\d{3,}\b|\||_|None|nan", picture.alt), picture
        assert picture.caption, picture
        assert picture.alt not in picture.caption, picture
        assert picture.caption.strip() not in picture.alt, picture


def test_every_picture_has_its_data_as_a_table(sample_run: Path) -> None:
    assert [str(picture) for picture in pictures(sample_run) if not picture.has_table] == []


def test_every_picture_is_sound_and_harmless(sample_run: Path) -> None:
    for picture in pictures(sample_run):
        root = ElementTree.fromstring(picture.svg)
        tags = {element.tag.rpartition("}")[2] for element in root.iter()}
        assert tags <= {"svg", "g", "defs", "style", "path", "text", "use", "clipPath", "pattern", "rect", "image"}, (
            picture
        )
        colours = set(re.findall(r"#[0-9a-f]{6}", picture.svg.partition("*{")[2]))
        assert colours <= {"#ffffff", "#000000"}, (picture, colours)
        assert len(picture.svg) < 30_000, picture


def test_pages_stay_light_with_all_their_pictures(sample_run: Path) -> None:
    for page in sorted(sample_run.rglob("*.html")):
        drawn = sum(
            len(picture.svg) for picture in pictures(sample_run) if picture.page == str(page.relative_to(sample_run))
        )
        assert drawn < 48_000, page
        assert page.stat().st_size < 400_000, page


MEASURE = """svgs => svgs.map(source => {
  document.body.innerHTML = source;
  const svg = document.querySelector('svg');
  const frame = svg.getBoundingClientRect();
  const texts = [...svg.querySelectorAll('text')].filter(text => text.textContent.trim());
  const painted = name => getComputedStyle(svg).getPropertyValue('--' + name);
  return {
    frame: [frame.left, frame.top, frame.right, frame.bottom],
    texts: texts.map(text => {
      const box = text.getBoundingClientRect(), style = getComputedStyle(text);
      return {text: text.textContent, box: [box.left, box.top, box.right, box.bottom],
              colour: style.fill, size: parseFloat(style.fontSize)};
    }),
  };
})"""


def measured(browser: Browser, svgs: list[str], scheme: str = "light") -> list[dict[str, Any]]:
    """Where the texts of each picture stand, and in which colour, as Chromium draws them."""
    page = browser.new_page(color_scheme=scheme, viewport={"width": 1200, "height": 1600})  # type: ignore[arg-type]  # a literal
    try:
        page.set_content("<body style='margin:0'></body>")
        found: list[dict[str, Any]] = page.evaluate(MEASURE, svgs)
        return found
    finally:
        page.close()


def meeting(texts: list[dict[str, Any]], *, ease: float = 1.0) -> list[tuple[str, str]]:
    """Texts whose boxes meet by more than `ease` pixels each way; a box is higher than what is written in it."""
    pairs = []
    for one, other in combinations(texts, 2):
        (left, top, right, bottom), (left_, top_, right_, bottom_) = one["box"], other["box"]
        across, down = min(right, right_) - max(left, left_), min(bottom, bottom_) - max(top, top_)
        # Lines of one label lie as close as lines of type do.
        if across > ease and down > 0.3 * min(bottom - top, bottom_ - top_):
            pairs.append((one["text"], other["text"]))
    return pairs


def hexed(colour: str) -> str:
    red, green, blue = (int(part) for part in re.findall(r"\d+", colour)[:3])
    return f"#{red:02x}{green:02x}{blue:02x}"


@pytest.mark.browser
@needs_browser[1]
def test_no_word_of_any_picture_is_cut_off_hidden_or_too_faint(sample_run: Path, browser: Browser) -> None:
    every = pictures(sample_run)
    for scheme in ("light", "dark"):
        for picture, seen in zip(every, measured(browser, [one.svg for one in every], scheme), strict=True):
            left, top, right, bottom = seen["frame"]
            outside = [
                text["text"]
                for text in seen["texts"]
                if text["box"][0] < left - 1
                or text["box"][1] < top - 1
                or text["box"][2] > right + 1
                or text["box"][3] > bottom + 1
            ]
            assert outside == [], picture
            assert meeting(seen["texts"]) == [], picture
            paper = ink("paper", scheme)
            faint = [one["text"] for one in seen["texts"] if contrast(hexed(one["colour"]), paper) < 4.5]
            assert faint == [], (picture, scheme)
            assert min(one["size"] for one in seen["texts"]) >= 8, picture
