"""A figure on a page says where it comes from: to a pointer, to the Tab key, and in a list where no script runs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from playwright.sync_api import Browser, Page, expect

from browsing import needs_browser, silent_page
from channelnb.metrics.known import KNOWN
from channelnb.metrics.wording import formula_in_short
from channelnb.narrative.aspects import cases_of
from channelnb.narrative.described import ROLES
from channelnb.narrative.facts import PLAN, Fact
from channelnb.narrative.sentence import number_of, say
from channelnb.report.exporter import page_html
from channelnb.report.page import PARTNER, PageInfo
from channelnb.report.shown import Shown
from channelnb.report.tables import ColumnFormat, table
from channelnb.report.words import narrative

Q = "2026Q3"
RATE = Fact("win_rate", Q, 0.4, "share", n=20, low=0.2188, high=0.6134)
REVENUE = Fact("revenue", Q, 1200.0, "money", (("line", "Core|48, new"),), n=3)
WANTED = Fact("revenue", Q, 1500.0, "money", role=PLAN)
MARGIN = Fact("gross_margin", Q, 0.3, "share", n=9)
NEW = Fact("new_customers", Q, 4.0, "count")

pytestmark = needs_browser


def page_of(*cells: Shown, edition: str = "internal") -> str:
    outputs = [new_output("display_data", data=shown._repr_mimebundle_()) for shown in cells]
    made = [new_code_cell("cell()", outputs=[output]) for output in outputs]
    return page_html(new_notebook(cells=[new_markdown_cell("# Review"), *made]), PageInfo("Review", edition=edition))


def cells() -> list[Shown]:
    decided = number_of(cases_of(RATE), "decided deal")
    rows = pd.DataFrame({"line": ["Core", "Edge"], "now": [REVENUE, WANTED], "rate": [RATE, NEW]})
    columns = {"line": ColumnFormat("Line"), "now": ColumnFormat("Now", "money"), "rate": ColumnFormat("Rate", "share")}
    said = narrative(
        [say("Of ", decided, ", ", RATE, " were won."), say("Sold: ", REVENUE, " of ", WANTED, ".")], "USD"
    )
    return [said, table(rows, id="lines", columns=columns, currency="USD")]


def entries(html: str, kind: str = "metric") -> dict[str, str]:
    return dict(re.findall(rf'<div data-{kind}="([^"]*)">(.*?)</div>', html, re.DOTALL))


def test_the_list_tells_of_each_figure_and_of_nothing_else() -> None:
    found = entries(page_of(*cells()))
    assert list(found) == ["cases", "new_customers", "revenue", "win_rate"]
    win_rate = KNOWN["win_rate"]
    assert win_rate.label in found["win_rate"]
    assert formula_in_short(win_rate.formula).split(" where ")[0] in found["win_rate"]
    assert "opportunities" in found["win_rate"]
    assert "plans" in entries(page_of(*cells()), "role")["plan"]


def test_everything_in_the_list_of_a_run_says_what_it_means_or_how_it_is_worked_out(sample_run: Path) -> None:
    pages = [*sample_run.glob("internal/*/*.html"), *sample_run.glob("managers/*.html")]
    assert len(pages) > 9
    for page in pages:
        told = entries(page.read_text(encoding="utf-8"))
        silent = [name for name, told_of in told.items() if not re.search(r"<dd>[^<]", told_of)]
        assert (silent, bool(told)) == ([], True), page


def test_cases_and_interval_stand_beside_the_figure() -> None:
    rate, plan = (
        re.search(rf'<data [^>]*data-fact="{re.escape(fact.id)}"[^>]*>', page_of(*cells()))[0]
        for fact in (RATE, WANTED)
    )
    assert 'data-n="20"' in rate
    assert 'data-range="21.9 to 61.3 %"' in rate
    assert "data-n" not in plan
    assert "data-range" not in plan


def test_a_page_without_figures_has_neither_list_nor_script() -> None:
    html = page_of(Shown("<p>Nothing.</p>"))
    assert "<script" not in html
    assert "script-src" not in html
    assert "origins" not in html.partition("</style>")[2]


def test_the_partners_edition_tells_nothing_of_what_the_vendor_keeps_to_itself() -> None:
    shown = narrative([say("Margin: ", MARGIN, " of ", REVENUE, ".")], "USD")
    assert "gross_margin" in entries(page_of(shown))
    html = page_of(shown, edition=PARTNER)
    assert list(entries(html)) == ["revenue"]
    assert "cost" not in re.sub(r"<style>.*?</style>|<script>.*?</script>", "", html, flags=re.DOTALL)


def test_what_comes_from_data_cannot_leave_its_place() -> None:
    evil = Fact('x"><script>alert(1)</script>', Q, 1.0, "count", (("line", "<img src=x>"),), n=1)
    html = page_of(narrative([say("So: ", evil, ".")], "USD"))
    assert html.count("<script>") == 1
    assert "<img" not in html
    assert "alert" not in html.partition("<script>")[2]


@pytest.fixture
def page(browser: Browser, tmp_path: Path) -> Iterator[Page]:
    """The page open in a browser, from file://; whatever its console says fails the test."""
    (tmp_path / "review.html").write_text(page_of(*cells()), encoding="utf-8")
    with silent_page(browser, viewport={"width": 900, "height": 700}) as opened:
        opened.goto((tmp_path / "review.html").as_uri())
        yield opened


NOTE = "#figure-note"
TOLD = (
    "Exactly: 0.4",
    "Formula: number of opportunities",
    "Rests on: 20 cases",
    "Interval (95 %): 21.9 to 61.3 %",
    f"Period: {Q}",
)


def test_a_pointer_shows_formula_n_interval_period_and_source(page: Page) -> None:
    expect(page.locator(NOTE)).to_be_hidden()
    page.locator("li data").nth(1).hover()
    for part in ("Win rate", *TOLD, "Source: opportunities"):
        expect(page.locator(NOTE)).to_contain_text(part)


def test_the_tab_key_shows_it_too_and_names_it_to_a_screen_reader(page: Page) -> None:
    page.locator("li data").nth(0).focus()
    page.keyboard.press("Tab")
    expect(page.locator("li data").nth(1)).to_be_focused()
    expect(page.locator("li data").nth(1)).to_have_attribute("aria-describedby", "figure-note")
    expect(page.locator(NOTE)).to_contain_text("Rests on: 20 cases")
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    page.keyboard.press("Tab")
    expect(page.locator(NOTE)).to_contain_text("line Core|48, new")


def test_escape_puts_it_away_and_leaves_the_focus(page: Page) -> None:
    page.locator("li data").nth(1).focus()
    page.keyboard.press("Escape")
    expect(page.locator(NOTE)).to_be_hidden()
    expect(page.locator("li data").nth(1)).to_be_focused()
    assert page.locator("[aria-describedby]").count() == 0


def test_it_stays_while_the_pointer_is_on_it_and_goes_with_it(page: Page) -> None:
    page.locator("li data").nth(1).hover()
    page.locator(NOTE).hover()
    page.wait_for_timeout(500)
    expect(page.locator(NOTE)).to_be_visible()
    page.mouse.move(890, 690)
    expect(page.locator(NOTE)).to_be_hidden()


def test_nothing_moves_when_it_comes(page: Page) -> None:
    everything = "[...document.querySelectorAll('main *')].map((one) => one.getBoundingClientRect().toJSON())"
    before = page.evaluate(everything), page.evaluate("document.documentElement.scrollHeight")
    for figure in page.locator("data").all():
        figure.hover()
        assert (page.evaluate(everything), page.evaluate("document.documentElement.scrollHeight")) == before
        box = page.locator(NOTE).bounding_box()
        assert box
        assert 0 <= box["x"] <= 900 - box["width"]


def test_a_table_is_one_stop_and_arrows_lead_on(page: Page) -> None:
    stops = page.locator("td data[tabindex='0']")
    assert stops.count() == 1
    stops.focus()
    expect(page.locator(NOTE)).to_contain_text("Revenue")
    page.keyboard.press("ArrowRight")
    expect(page.locator(NOTE)).to_contain_text("Win rate")
    page.keyboard.press("ArrowDown")
    expect(page.locator(NOTE)).to_contain_text("New customers")
    page.keyboard.press("ArrowLeft")
    expect(page.locator(NOTE)).to_contain_text(ROLES["plan"].means)
    expect(page.locator(NOTE)).to_contain_text("Source: plans")
    assert page.locator("td data[tabindex='0']").count() == 1


def test_paper_shows_no_note(page: Page) -> None:
    page.locator("li data").nth(1).hover()
    page.emulate_media(media="print")
    expect(page.locator(NOTE)).to_be_hidden()


def test_without_a_script_the_list_can_be_opened(browser: Browser, tmp_path: Path) -> None:
    (tmp_path / "review.html").write_text(page_of(*cells()), encoding="utf-8")
    context = browser.new_context(java_script_enabled=False)
    opened = context.new_page()
    opened.goto((tmp_path / "review.html").as_uri())
    opened.locator("#figure_origins > summary").click()
    expect(opened.locator('[data-metric="win_rate"]')).to_be_visible()
    expect(opened.locator('[data-metric="win_rate"]')).to_contain_text("number of opportunities")
    context.close()
