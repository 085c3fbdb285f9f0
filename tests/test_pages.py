"""The pages as a reader's browser shows them: Debian's Chromium, from file://, without a network."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from playwright.sync_api import Page, expect

from browsing import needs_browser
from channelnb.narrative.facts import Fact
from channelnb.report.exporter import page_html
from channelnb.report.index_page import IndexPage, PartnerRow, ReportLink
from channelnb.report.page import Link, PageInfo
from channelnb.report.site import failure_page, index_html

pytestmark = needs_browser

EVIL = '"><img src=x onerror=alert(1)><script>alert(2)</script>'
SETUP = f"""
import pandas as pd
from channelnb.narrative.facts import Fact
from channelnb.report import blocks, charts
from channelnb.report.tables import ColumnFormat, table
revenue = Fact("revenue", "2026Q3", 1738456.2, unit="money")
none = Fact("growth_yoy", "2026Q3", None, unit="share", state="no_data")
quarters = [f"{{year}}Q{{number}}" for year in (2025, 2026) for number in (1, 2, 3, 4)]
evil = {EVIL!r}
lines = pd.DataFrame({{"line": ["Networks", evil], "value": [5e5, 3e5], "prior": [4e5, 3.5e5]}})
wide = pd.DataFrame([[evil] + [revenue] * len(quarters)], columns=["what", *quarters])
"""
CELLS = (
    ("code", SETUP),
    ("code", 'blocks.lead(f"Contoso {evil} is 14 % ahead of the year before.")'),
    (
        "code",
        'without = blocks.Card("Growth", none, otherwise="no revenue a year earlier for this partner")\n'
        'blocks.cards([*[blocks.Card("Revenue", revenue, evil)] * 2, without], currency="EUR")',
    ),
    ("markdown", "## Which lines bring the revenue?\n\nEach beside the year before."),
    (
        "code",
        'charts.draw(charts.revenue_by_line, lines, alt="Networks leads.", caption=evil, currency="EUR", table=table('
        'lines, id="lines", columns={"line": ColumnFormat("Line"), "value": ColumnFormat("Revenue", "money")}))',
    ),
    ("markdown", "## What was planned, and what was reached?"),
    (
        "code",
        'table(wide, id="wide", caption="Plan and actual", currency="EUR",'
        ' columns={"what": ColumnFormat("")} | {q: ColumnFormat(q, "money") for q in quarters})',
    ),
    ("markdown", "## What " + "x" * 120 + " is there to talk about?"),
    ("code", 'print(evil * 5)\nblocks.callout("There is no plan for this partner.")'),
)


@pytest.fixture(scope="module")
def executed() -> NotebookNode:
    cells = [(new_code_cell if kind == "code" else new_markdown_cell)(source) for kind, source in CELLS]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    notebook = new_notebook(cells=cells, metadata={"kernelspec": kernel})
    return NotebookClient(notebook, timeout=120).execute()


def partner(number: int) -> PartnerRow:
    revenue = Fact("revenue", "2026Q3", 1000.0 * ((number * 7) % 40 + 1), unit="money")
    return PartnerRow(
        f"P{number:04}",
        f"Partner {number} {EVIL if number == 3 else ''}",
        channel=("reseller", "integrator")[number % 2],
        manager=("Ana Sousa", "Li Wei", "")[number % 3],
        kpis={} if number == 5 else {"revenue": revenue},
        before=revenue,
        reports=[] if number == 5 else [ReportLink("Profile", f"internal/p{number}/partner_profile.html")],
        failures=["The notebook stopped."] if number == 5 else [],
    )


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, executed: NotebookNode) -> Path:
    """A folder with one page of each kind."""
    folder = tmp_path_factory.mktemp("site")
    about = {"vendor": "Fabrikam", "period": "2026Q3", "as_of": "2026-09-30", "made_on": "2026-10-05"}
    info = PageInfo("Contoso: business review", links=(Link("Profile", "profile.html"),), home="index.html", **about)
    index = IndexPage(
        replace(info, title="Fabrikam: partners in 2026Q3", data_version="3f9a12c07b"),
        currency="EUR",
        partners=[partner(number) for number in range(40)],
        reports=39,
        failed=1,
    )
    pages = {
        "report": page_html(executed, info),
        "index": index_html(index),
        "failure": failure_page(info, notebook="qbr", why=f"It stopped: {EVIL}"),
    }
    for name, html in pages.items():
        (folder / f"{name}.html").write_text(html, encoding="utf-8")
    return folder


KINDS = pytest.mark.parametrize("kind", ["report", "index", "failure"])


@KINDS
@pytest.mark.parametrize("width", [320, 768, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_page_opens_in_silence_and_fits_the_window(page: Page, site: Path, kind: str, width: int, scheme: str) -> None:
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    page.set_viewport_size({"width": width, "height": 800})
    page.goto((site / f"{kind}.html").as_uri())
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.locator("h1").count() == 1
    dark = page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(20, 24, 29)"
    assert dark is (scheme == "dark")


@KINDS
def test_nothing_from_data_runs_even_without_the_policy(page: Page, site: Path, kind: str, tmp_path: Path) -> None:
    html = (site / f"{kind}.html").read_text(encoding="utf-8")
    bare = re.sub(r"<meta[^>]*Content-Security-Policy[^>]*>", "", html)
    assert bare != html
    (tmp_path / "bare.html").write_text(bare, encoding="utf-8")
    page.goto((tmp_path / "bare.html").as_uri())
    assert page.locator("img:not([src^='data:'])").count() == 0


def test_contents_lead_to_their_sections(page: Page, site: Path) -> None:
    page.goto((site / "report.html").as_uri())
    links = page.locator("nav.contents a")
    assert links.count() == 3
    for place in range(3):
        links.nth(place).click()
        target = page.locator(f"h2[id='{page.url.split('#')[1]}']")
        assert target.inner_text() == links.nth(place).inner_text()
        assert target.evaluate("heading => heading.getBoundingClientRect().top") < 900


def test_summary_comes_before_the_contents_when_the_window_is_narrow(page: Page, site: Path) -> None:
    page.set_viewport_size({"width": 320, "height": 800})
    page.goto((site / "report.html").as_uri())
    tops = [page.locator(part).bounding_box() for part in (".summary", "nav.contents", ".evidence")]
    assert [box["y"] for box in tops if box] == sorted(box["y"] for box in tops if box)


def test_picture_is_drawn_and_follows_the_dark(page: Page, site: Path) -> None:
    shots = {}
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
        page.goto((site / "report.html").as_uri())
        image = page.locator("figure img")
        assert image.evaluate("image => image.complete && image.naturalWidth") > 300
        shots[scheme] = image.screenshot()
    assert shots["light"] != shots["dark"]


def test_wide_table_scrolls_in_its_own_box_by_keyboard(page: Page, site: Path) -> None:
    page.set_viewport_size({"width": 320, "height": 800})
    page.goto((site / "report.html").as_uri())
    box = page.locator("#wide")
    assert box.evaluate("box => box.scrollWidth > box.clientWidth")
    box.focus()
    page.keyboard.press("ArrowRight")
    expect(box).not_to_have_js_property("scrollLeft", 0)


@pytest.mark.parametrize("width", [320, 900, 1280])
def test_words_in_place_of_a_figure_stay_within_their_card(page: Page, site: Path, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    page.goto((site / "report.html").as_uri())
    spills = "cards => cards.filter(card => card.scrollWidth > card.clientWidth).length"
    assert page.locator(".card").count() == 3
    assert page.locator(".card").evaluate_all(spills) == 0


def test_code_and_data_are_folded(page: Page, site: Path) -> None:
    page.goto((site / "report.html").as_uri())
    assert page.locator("details[open]").count() == 0
    page.get_by_text("The figures behind it").click()
    assert page.locator("#lines").is_visible()
    assert page.locator("details.code pre").first.is_hidden()


def test_print_shows_the_evidence_and_hides_what_only_a_screen_needs(page: Page, site: Path) -> None:
    page.goto((site / "report.html").as_uri())
    page.emulate_media(media="print", color_scheme="dark")
    assert page.locator("nav.contents").is_hidden()
    assert page.locator("details").first.is_hidden()
    assert page.locator("figure img").is_visible()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert page.pdf().startswith(b"%PDF")


def test_executed_notebook_is_valid(executed: NotebookNode) -> None:
    nbformat.validate(executed)
