"""The front page as its readers use it: in Debian's Chromium, from file://."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from browsing import needs_browser, silent_page
from channelnb.narrative.changes import Flag
from channelnb.narrative.facts import Fact
from channelnb.report.index_page import IndexPage, PartnerRow, ReportLink
from channelnb.report.page import PageInfo
from channelnb.report.site import index_html

pytestmark = needs_browser

EVIL = '"><img src=x onerror=alert(1)><script>alert(2)</script>'
WITHOUT = 5
"""The partner of whom there is no figure and no report."""


def partner(number: int) -> PartnerRow:
    none = number == WITHOUT
    revenue = Fact("revenue", "2026Q3", 1000.0 * ((number * 7) % 40 + 1), unit="money")
    return PartnerRow(
        f"P{number:04}",
        f"Partner {number} {EVIL if number == 3 else ''}",
        channel=("reseller", "integrator")[number % 2],
        region="Iberia",
        tier="" if number % 4 else "Gold",
        manager=("Ana Sousa", "Jürgen Petit", "")[number % 3],
        kpis={} if none else {"revenue": revenue},
        before=replace(revenue, value=number * 1000.0),
        past=[] if none else [replace(revenue, period="2026Q2"), revenue],
        flags=[Flag("under_plan"), Flag("tier", "tier Gold, was Silver")] if number == 7 else [],
        reports=[] if none else [ReportLink("Profile", f"internal/p{number}/partner_profile.html")],
        failures=["The notebook stopped."] if none else [],
    )


INDEX = IndexPage(
    PageInfo(
        "Fabrikam: partners in 2026Q3",
        vendor="Fabrikam",
        period="2026Q3",
        as_of="2026-09-30",
        data_version="3f9a12c07b",
        made_on="2026-10-05",
    ),
    currency="EUR",
    partners=[partner(number) for number in range(45)],
    reports=44,
    failed=1,
    compared="2026Q2",
)

Open = Callable[..., Page]


@pytest.fixture
def opened(browser: Browser, tmp_path: Path) -> Iterator[Open]:
    """Opens a front page; fails the test for a message on the console or a dialogue."""
    with ExitStack() as stack:

        def open_page(index: IndexPage = INDEX, *, width: int = 1280, javascript: bool = True) -> Page:
            (tmp_path / "index.html").write_text(index_html(index), encoding="utf-8")
            window = {"viewport": {"width": width, "height": 900}, "java_script_enabled": javascript}
            page = stack.enter_context(silent_page(browser, **window))
            page.set_default_timeout(10_000)
            page.goto((tmp_path / "index.html").as_uri())
            return page

        yield open_page


def numbers(page: Page) -> list[int]:
    """The numbers of the partners that are shown, in the order in which they stand."""
    # Not their inner text, which a group that is out of view does not have.
    texts = page.locator("#table tbody tr:not([hidden]) th").all_text_contents()
    return [int(text.split()[1]) for text in texts]


def choose(page: Page, label: str, choice: str) -> None:
    page.get_by_role("combobox", name=label, exact=True).select_option(choice)


def said(page: Page) -> str:
    return page.locator("#shown").inner_text()


@pytest.mark.parametrize(
    "words, found",
    [
        ("p000 sousa", [0, 3, 6, 9]),
        ("jurgen p0004", [4]),
        ("JÜRGEN p0004", [4]),
        ("gold 12", [12]),
        ("onerror", [3]),
        ("  ", list(range(45))),
        ("profile", []),
    ],
)
def test_search_finds_every_word_in_what_a_partner_is_called(opened: Open, words: str, found: list[int]) -> None:
    page = opened()
    assert said(page) == "45 partners"
    page.get_by_label("Search").fill(words)
    assert numbers(page) == found
    assert said(page) == {0: "None of 45 partners", 45: "45 partners"}.get(len(found), f"{len(found)} of 45 partners")


def test_filters_narrow_together_and_are_taken_back_at_once(opened: Open) -> None:
    page = opened()
    choose(page, "Channel", "integrator")
    assert numbers(page) == list(range(1, 45, 2))
    choose(page, "Status", "failed")
    assert numbers(page) == [WITHOUT]
    page.get_by_label("Search").fill("partner 4")
    assert numbers(page) == []
    page.get_by_role("button", name="Show all").click()
    # A form is empty only after what listens to its reset has been told.
    expect(page.locator("#shown")).to_have_text("45 partners")
    assert numbers(page) == list(range(45))


@pytest.mark.parametrize(
    "label, choice, found",
    [
        ("Tier", "Gold", list(range(0, 45, 4))),
        ("Tier", "none", [number for number in range(45) if number % 4]),
        ("Manager", "none", list(range(2, 45, 3))),
        ("Since 2026Q2", "now under plan", [7]),
        ("Since 2026Q2", "another tier", [7]),
        ("Since 2026Q2", "none", [number for number in range(45) if number != 7]),
    ],
)
def test_a_filter_shows_what_it_says(opened: Open, label: str, choice: str, found: list[int]) -> None:
    page = opened()
    choose(page, label, choice)
    assert numbers(page) == found


def test_what_is_the_same_for_all_is_no_filter(opened: Open) -> None:
    page = opened()
    assert page.get_by_role("combobox", name="Tier").count() == 1
    assert page.get_by_role("combobox", name="Region").count() == 0
    assert page.get_by_role("combobox", name="Segment").count() == 0


def test_sorting_keeps_what_has_no_figure_at_the_end(opened: Open) -> None:
    page = opened()
    head = page.locator("th[data-key=revenue]")
    some = [number for number in range(45) if number != WITHOUT]
    by_revenue = sorted(some, key=lambda number: (number * 7) % 40)
    head.get_by_role("button").focus()
    page.keyboard.press("Enter")
    assert head.get_attribute("aria-sort") == "descending"
    assert numbers(page) == [*sorted(some, key=lambda number: -((number * 7) % 40)), WITHOUT]
    assert said(page) == "45 partners, by Revenue, highest first"
    page.keyboard.press("Space")
    assert head.get_attribute("aria-sort") == "ascending"
    assert numbers(page) == [*by_revenue, WITHOUT]
    page.get_by_role("button", name="Partner").click()
    assert numbers(page) == list(range(45))
    assert page.locator("th[aria-sort]").count() == 1


def test_sorted_rows_are_still_found_and_every_one_is_there(opened: Open) -> None:
    page = opened()
    page.get_by_role("button", name="Since last quarter").click()
    page.get_by_label("Search").fill("p001")
    assert sorted(numbers(page)) == list(range(10, 20))
    # Groups of which nothing is left take no place.
    assert page.locator("tbody:not([hidden])").evaluate_all("groups => groups.every(group => group.offsetHeight > 0)")
    page.get_by_label("Search").fill("")
    assert sorted(numbers(page)) == list(range(45))


@pytest.mark.parametrize("width", [320, 768, 1280])
def test_no_text_of_a_row_leaves_its_cell(opened: Open, width: int) -> None:
    page = opened(width=width)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    spills = "cells => cells.filter(cell => cell.scrollWidth > cell.clientWidth + 1).map(cell => cell.textContent)"
    assert page.locator("#table tbody:first-of-type :is(th, td)").evaluate_all(spills) == []


def test_the_line_is_as_high_as_its_figures(opened: Open) -> None:
    page = opened()
    page.get_by_label("Search").fill("p0001")
    line = page.locator("#table tr:not([hidden]) path").bounding_box()
    box = page.locator("#table tr:not([hidden]) svg").bounding_box()
    assert line is not None
    assert box is not None
    assert line["y"] == pytest.approx(box["y"], abs=2), "both of its periods are the best"
    assert line["width"] == pytest.approx(box["width"], abs=2)


def test_an_arrow_is_drawn_beside_the_word(opened: Open) -> None:
    page = opened()
    arrow = "cell => getComputedStyle(cell, '::before').content"
    for word, sign in (("up", "▲"), ("down", "▼")):
        assert sign in page.locator(f"#table data.{word}").first.evaluate(arrow)
        assert word in page.locator(f"#table data.{word}").first.inner_text()


@pytest.mark.parametrize("width", [320, 1280])
def test_all_partners_can_be_read_without_javascript(opened: Open, width: int) -> None:
    page = opened(javascript=False, width=width)
    assert numbers(page) == list(range(45))
    assert page.get_by_role("search").count() == 0
    assert page.locator("#table tbody a").first.get_attribute("href") == "internal/p0/partner_profile.html"
    last = page.locator("#table tbody tr").last
    last.scroll_into_view_if_needed()
    expect(last).to_contain_text("Partner 44", use_inner_text=True)


def test_on_paper_the_table_has_every_partner_and_no_link(opened: Open) -> None:
    page = opened()
    page.emulate_media(media="print")
    assert page.locator("#table tbody tr").last.inner_text().startswith("Partner 44")
    assert page.get_by_text("Profile").first.is_hidden()
    assert page.get_by_role("search").count() == 0
