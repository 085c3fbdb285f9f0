"""Everybody can read every kind of page: with a keyboard, a screen reader, a small window, large text, or on paper."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from html import unescape
from importlib.resources import files
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal

import nbformat
import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from browsing import needs_browser
from channelnb.report.colour import contrast
from channelnb.report.exporter import page_html
from channelnb.report.logo import logo_uri
from channelnb.report.page import PageInfo
from channelnb.report.site import failure_page

pytestmark = needs_browser

OF_PARTNERS = [f"{edition}/{name}" for edition in ("internal", "partner") for name in
               ("qbr", "partner_profile", "business_plan")]  # fmt: skip
KINDS = [*OF_PARTNERS, "portfolio", "readiness", "recruiting", "index", "failure"]
REPORTS = [*OF_PARTNERS, "portfolio", "readiness", "recruiting"]
each_kind = pytest.mark.parametrize("kind", KINDS)
each_report = pytest.mark.parametrize("kind", REPORTS)

LOGO = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 90 20"><path d="M0 0h90v20z" fill="#fe0"/></svg>'
OPEN = "document.querySelectorAll('details').forEach(one => { one.open = true })"
# What WCAG 1.4.12 asks a page to bear.
SPACED = "* { line-height: 1.5 !important; letter-spacing: .12em !important; word-spacing: .16em !important } \
p { margin-bottom: 2em !important }"
A4_WIDTH, A4_HEIGHT = 687, 1027
"""What the margins of the style sheet leave of a sheet, in CSS pixels."""

Pages = dict[str, Path]


@pytest.fixture(scope="module")
def pages(sample_run: Path, tmp_path_factory: pytest.TempPathFactory) -> Pages:
    """One page of each kind: those of a run, one of a report that failed, and one in a colour that is hard to read."""
    found = {kind: next(sample_run.glob(f"{kind.replace('/', '/P0001-*/')}.html")) for kind in OF_PARTNERS}
    found["portfolio"] = min(sample_run.glob("managers/*.html"))
    found |= {name: sample_run / f"{name}.html" for name in ("readiness", "recruiting", "index")}
    folder = tmp_path_factory.mktemp("pages")
    info = PageInfo("Ada & Sons: business review", vendor="Halden", period="2026Q3", as_of="2026-09-30")
    why = "Code cell 4 (qbr.summary(partner)) stopped with ValueError: no such thing."
    yellow = PageInfo("Yellow", vendor="Halden", colour="#ffee00", logo=logo_uri(LOGO, "logo.svg"))
    executed = nbformat.read(next(sample_run.glob("notebooks/P0001-*/qbr.ipynb")), as_version=4)
    made = {"failure": failure_page(info, notebook="qbr", why=why), "branded": page_html(executed, yellow)}
    for name, html in made.items():
        found[name] = folder / f"{name}.html"
        found[name].write_text(html, encoding="utf-8")
    return found


@pytest.fixture
def context(pages: Pages, browser: Browser) -> Iterator[BrowserContext]:
    """A window of a common size."""
    made = browser.new_context(viewport={"width": 1280, "height": 900})
    yield made
    made.close()


@pytest.fixture
def page(context: BrowserContext) -> Page:
    return context.new_page()


def opened(page: Page, path: Path, *, width: int = 1280, height: int = 900, unfold: bool = True) -> Page:
    page.set_viewport_size({"width": width, "height": height})
    page.goto(path.as_uri())
    if unfold:
        page.evaluate(OPEN)
    return page


@cache
def body(path: Path) -> str:
    """The HTML of a page's body without its pictures and scripts."""
    html = path.read_text(encoding="utf-8").partition("<body")[2]
    return re.sub(r"<script>.*?</script>|(?<=;base64,)[A-Za-z0-9+/=]+", "", html, flags=re.DOTALL)


def text(html: str) -> str:
    return unescape(re.sub(r"<[^>]*>", "", html)).strip()


# What a page is made of


@each_kind
def test_headings_are_one_title_and_questions_below_it_none_skipped(pages: Pages, kind: str) -> None:
    headings = [(int(level), text(html)) for level, html in re.findall(r"<h(\d)[^>]*>(.*?)</h", body(pages[kind]))]
    assert [level for level, _ in headings].count(1) == 1
    assert headings[0][0] == 1
    assert [said for level, said in headings if level == 2 and not said.endswith("?")] in ([], ["On this page"])
    assert [(above, below) for (above, _), (below, _) in pairwise(headings) if below > above + 1] == []


@each_kind
def test_no_id_stands_twice_and_what_is_referred_to_is_there(pages: Pages, kind: str) -> None:
    html = body(pages[kind])
    ids = Counter(re.findall(r' id="([^"]*)"', html))
    assert [name for name, times in ids.items() if times > 1] == []
    named = re.findall(r' aria-(?:labelledby|describedby|controls)="([^"]*)"| href="#([^"]*)"| for="([^"]*)"', html)
    assert {name for names in named for name in names if name} <= {*ids, "figure-note"}


@each_report
def test_page_says_of_what_when_and_for_whom_it_is(pages: Pages, kind: str) -> None:
    html = body(pages[kind])
    foot = [text(part) for part in re.findall(r"<span>.*?</span>", html.partition("<footer>")[2])]
    said = {part.partition(" ")[0]: part for part in foot}
    assert said["Period"] == "Period 2026Q3"
    assert said["What"] == "What was known on 30 September 2026"
    assert re.fullmatch(r"Data version [0-9a-f]{12}", said["Data"])
    assert said["Made"] == "Made on 5 October 2026"
    assert ("Partner's edition" if kind.startswith("partner/") else "Internal edition: not for the partner") in foot


@each_report
def test_summary_comes_first_and_code_is_folded_for_the_vendor_alone(pages: Pages, kind: str) -> None:
    html = body(pages[kind])
    parts = [html.index(mark) for mark in ('<section class="summary"', '<p class="lead"', '<nav class="contents"')]
    assert parts == sorted(parts)
    assert html.index('<div class="evidence"') > parts[-1]
    code = re.findall(r"<pre><code>", html)
    assert len(code) == html.count('<details class="code"><summary>How this was computed</summary>\n<pre><code>')
    assert bool(code) is not kind.startswith("partner/")


KILOBYTE = 1024
WITHOUT_PICTURES = {
    "qbr": 200, "partner_profile": 235, "business_plan": 90, "portfolio": 85, "readiness": 90, "recruiting": 82,
    "index": 60, "failure": 18,
}  # fmt: skip
"""The most that a page may weigh without its pictures, in kB. Style and script are 14 of it. Above 60 lie exact
values and ids (85 bytes for each of up to 1,100 figures) and what the list at the end says of each metric."""


@each_kind
def test_weight(pages: Pages, kind: str) -> None:
    html = pages[kind].read_text(encoding="utf-8")
    bare = re.sub(r"data:image/[a-z+]+;base64,[A-Za-z0-9+/=]*", "", html)
    assert len(html.encode()) <= 400 * KILOBYTE
    assert len(bare.encode()) <= WITHOUT_PICTURES[kind.rpartition("/")[2]] * KILOBYTE


# In a browser


@each_kind
def test_nothing_is_asked_of_a_network_and_nothing_is_logged(page: Page, pages: Pages, kind: str) -> None:
    heard: list[str] = []
    page.on("request", lambda request: heard.append(request.url))
    page.on("console", lambda message: heard.append(message.text))
    page.on("pageerror", lambda error: heard.append(str(error)))
    opened(page, pages[kind])
    page.mouse.wheel(0, 50_000)
    page.wait_for_timeout(50)
    assert [what for what in heard if not what.startswith(("file://", "data:image/"))] == []
    assert [what for what in heard if what.startswith("file://")] == [pages[kind].as_uri()]


@cache
def axe() -> str:
    return files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")


def violations(page: Page, **options: object) -> list[str]:
    """What axe-core finds, a line for each element."""
    page.evaluate(axe())
    found: dict[str, Any] = page.evaluate(
        "options => axe.run(document, { resultTypes: ['violations'], ...options })", options
    )
    return [f"{rule['id']}: {node['target']} {node['failureSummary']}"
            for rule in found["violations"] for node in rule["nodes"]]  # fmt: skip


# The rows of a table are made alike, and axe looks at each for a long time: the first ones stand for the rest.
ALIKE = "document.querySelectorAll('tbody > :nth-child(n + 6), #figure_origins div:nth-child(n + 6)')"
COLOURS = ["color-contrast", "link-in-text-block"]


@each_kind
def test_axe_finds_no_violation(pages: Pages, browser: Browser, kind: str) -> None:
    # The page's own policy lets no other script in, axe's neither.
    context = browser.new_context(bypass_csp=True, color_scheme="light")
    page = opened(context.new_page(), pages[kind])
    page.evaluate(f"{ALIKE}.forEach(one => one.remove())")
    found = violations(page)
    # Nothing but colours is another in the dark, and nothing but colours is the same in a narrow window.
    page.emulate_media(color_scheme="dark")
    found += violations(page, runOnly={"type": "rule", "values": COLOURS})
    page.set_viewport_size({"width": 320, "height": 900})
    found += violations(page, rules={name: {"enabled": False} for name in COLOURS})
    context.close()
    assert found == []


def test_a_page_in_yellow_with_a_logo_can_be_read(pages: Pages, browser: Browser) -> None:
    context = browser.new_context(bypass_csp=True)
    page = opened(context.new_page(), pages["branded"], unfold=False)
    page.evaluate(f"{ALIKE}.forEach(one => one.remove())")
    found, plates = [], []
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
        found += violations(page, runOnly={"type": "rule", "values": [*COLOURS, "image-alt"]})
        logo = page.locator(".masthead").get_by_alt_text("Halden")
        box = logo.bounding_box()
        assert box
        assert 70 < box["width"] < 240
        plates.append(logo.evaluate("logo => getComputedStyle(logo).backgroundColor"))
    context.close()
    assert found == []
    assert plates == ["rgba(0, 0, 0, 0)", "rgb(255, 255, 255)"]


# Each stop of the Tab key: where it stands in the page, whether it can be seen, and its ring.
STOPS = """() => {
  const all = Array.from(document.querySelectorAll("*"));
  window.stops = [];
  document.addEventListener("focusin", ({ target }) => {
    const look = getComputedStyle(target), box = target.getBoundingClientRect();
    window.stops.push({
      at: all.indexOf(target), name: target.outerHTML.slice(0, 90), seen: box.width * box.height > 0,
      ring: look.outlineStyle === "none" ? 0 : parseFloat(look.outlineWidth), colour: look.outlineColor,
    });
  });
}"""
TABBABLE = """() => Array.from(document.querySelectorAll("a[href], button, input, select, summary, [tabindex='0']"))
  .filter(one => one.checkVisibility({ visibilityProperty: true })).length"""


def hexadecimal(colour: str) -> str:
    return "#" + bytes(int(part) for part in re.findall(r"\d+", colour)[:3]).hex()


@each_kind
def test_tab_leads_through_the_whole_page_in_the_order_that_it_is_read(page: Page, pages: Pages, kind: str) -> None:
    scheme: Literal["dark", "light"] = "dark" if kind.startswith("partner/") else "light"
    page.emulate_media(color_scheme=scheme)
    opened(page, pages[kind])
    page.evaluate(STOPS)
    page.wait_for_timeout(50)
    wanted = page.evaluate(TABBABLE)
    for _ in range(wanted + 1):
        page.keyboard.press("Tab")
    stops = page.evaluate("window.stops")
    assert stops[0]["name"].startswith('<a class="skip"')
    round_trip = [stop["at"] for stop in stops[:wanted]]
    assert len(set(round_trip)) == wanted, "a stop is left out, or holds the focus"
    assert round_trip == sorted(round_trip)
    paper = hexadecimal(page.evaluate("getComputedStyle(document.body).backgroundColor"))
    unseen = [stop["name"] for stop in stops[:wanted]
              if not stop["seen"] or stop["ring"] < 2 or contrast(hexadecimal(stop["colour"]), paper) < 3]  # fmt: skip
    assert unseen == []


@each_kind
def test_skip_link_leads_past_the_masthead(page: Page, pages: Pages, kind: str) -> None:
    opened(page, pages[kind], unfold=False)
    page.keyboard.press("Tab")
    assert page.locator(".skip").bounding_box()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    # A page on which nothing follows gives the focus back to the window.
    within = "document.querySelector('header').contains(document.activeElement)"
    assert page.evaluate("location.hash")
    assert not page.evaluate(within)


@each_kind
def test_enter_and_space_fold_and_unfold(page: Page, pages: Pages, kind: str) -> None:
    opened(page, pages[kind])
    for summary in page.locator("summary").all():
        states = []
        summary.focus()
        for key in ("Enter", "Space"):
            page.keyboard.press(key)
            states.append(summary.evaluate("summary => summary.parentElement.open"))
        assert states == [False, True]


WIDER = """() => Array.from(document.querySelectorAll("body *"))
  .filter(one => one.getBoundingClientRect().right > innerWidth + 1 && !one.closest(".table, .plot, .skip"))
  .map(one => one.outerHTML.slice(0, 120))"""
CUT = """() => Array.from(document.querySelectorAll("body *"))
  .filter(one => ["hidden", "clip"].includes(getComputedStyle(one).overflowX) && one.scrollWidth > one.clientWidth + 1)
  .map(one => one.outerHTML.slice(0, 120))"""


@each_kind
@pytest.mark.parametrize("width, height", [(320, 225), (640, 450)], ids=["400 %", "200 %"])
def test_large_and_spaced_text_flows_in_one_direction(
    page: Page, pages: Pages, kind: str, width: int, height: int
) -> None:
    opened(page, pages[kind], width=width, height=height)
    for style in ("", SPACED):
        # As a reader's own style sheet, which no policy of a page stops.
        page.evaluate(
            "css => { const s = new CSSStyleSheet(); s.replaceSync(css); document.adoptedStyleSheets = [s] }", style
        )
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert page.evaluate(WIDER) == []
        assert page.evaluate(CUT) == []


@each_kind
def test_nothing_moves_and_forced_colours_leave_edges_and_rings(pages: Pages, browser: Browser, kind: str) -> None:
    context = browser.new_context(forced_colors="active", reduced_motion="reduce")
    page = opened(context.new_page(), pages[kind])
    edges = "parts => parts.filter(part => getComputedStyle(part).borderLeftStyle === 'none').length"
    assert page.locator(".card, .callout").evaluate_all(edges) == 0
    moving = "parts => parts.filter(part => getComputedStyle(part).transitionDuration !== '0s').length"
    assert page.locator("*").evaluate_all(moving) == 0
    assert page.evaluate("document.getAnimations().length") == 0
    page.keyboard.press("Tab")
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    context.close()


# On paper

WHOLE = """height => Array.from(document.querySelectorAll("figure, tr, .card, .callout"))
  .filter(one => one.checkVisibility())
  .filter(one => getComputedStyle(one).breakInside !== "avoid" || one.getBoundingClientRect().height > height)
  .map(one => one.outerHTML.slice(0, 120))"""


@each_kind
def test_paper_cuts_no_picture_and_no_row(page: Page, pages: Pages, kind: str) -> None:
    page.emulate_media(media="print", color_scheme="dark")
    across = {"width": A4_HEIGHT, "height": A4_WIDTH} if kind == "index" else {"width": A4_WIDTH, "height": A4_HEIGHT}
    opened(page, pages[kind], **across, unfold=False)
    assert page.evaluate(WHOLE, across["height"]) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= across["width"]
    tables = "tables => tables.filter(table => table.scrollWidth > table.parentElement.clientWidth + 1).length"
    assert page.locator(".table > table").evaluate_all(tables) == 0
    heads = "heads => heads.filter(head => getComputedStyle(head).display !== 'table-header-group').length"
    assert page.locator("thead:visible").evaluate_all(heads) == 0
    lined = "links => links.filter(link => getComputedStyle(link).textDecorationLine !== 'none').length"
    assert page.locator("a:visible").evaluate_all(lined) == 0
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"


def pages_of(pdf: bytes) -> int:
    return len(re.findall(rb"/Type\s*/Page\b", pdf))


@pytest.mark.parametrize("edition", ["internal", "partner"])
def test_first_part_of_the_review_is_two_printed_pages(
    sample_run: Path, pages: Pages, page: Page, edition: str
) -> None:
    reviews = sorted(sample_run.glob(f"{edition}/*/qbr.html"))
    assert len(reviews) == 3
    for review in reviews:
        opened(page, review, unfold=False)
        whole = pages_of(page.pdf(prefer_css_page_size=True))
        page.evaluate("document.querySelectorAll('.part, .part ~ *, footer').forEach(one => one.remove())")
        front = pages_of(page.pdf(prefer_css_page_size=True))
        assert (front, whole > front) == (2, True), review
