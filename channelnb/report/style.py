"""The one style sheet of all pages, as a page holds it: compact, with the vendor's colour."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from channelnb.report.colour import DARK, LIGHT, readable

TEMPLATES = Path(__file__).parent / "template"
COLOUR = "#0b5cad"
"""The colour of pages for a vendor that names none."""


@cache
def style_sheet(colour: str) -> str:
    """The style sheet of pages in a vendor's colour; "" is none.

    >>> style_sheet("#ffd400")[:59]
    ':root{--brand:#ffd400;--on-light:#856e00;--on-dark:#ffd400}'
    """
    chosen = colour or COLOUR
    # On a dark screen the least that the norm asks for is dull.
    light, dark = readable(chosen, LIGHT), readable(chosen, DARK, least=6)
    brand = f":root{{--brand:{chosen};--on-light:{light};--on-dark:{dark}}}"
    return brand + _read("channelnb_report/page.css")


@cache
def site_sheet() -> str:
    """What the front page and failure pages add to it.

    >>> site_sheet()[:7]
    '.index{'
    """
    return _read("site/site.css")


def _read(name: str) -> str:
    return compact((TEMPLATES / name).read_text(encoding="utf-8"))


def compact(css: str) -> str:
    """A style sheet without comments and spare blanks, which every page would carry.

    >>> compact("/* why */ a :is(b, i) { color: red; margin: 0 auto; }")
    'a :is(b,i){color:red;margin:0 auto}'
    """
    css = re.sub(r"/\*.*?\*/", "", css, flags=re.DOTALL)
    css = re.sub(r"\s+", " ", css).strip()
    css = re.sub(r"\s*([{};,>])\s*", r"\1", css)
    # Before a colon a blank has a meaning in a selector; after one it never has.
    return re.sub(r":\s+", ":", css).replace(";}", "}")
