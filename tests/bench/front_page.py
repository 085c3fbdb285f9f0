"""The front page of 5,000 partners, opened in Chromium and searched, beside the same rows as pandas writes them.

The peer's page has the plainest script that searches: it hides each row whose text lacks the word.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from playwright.sync_api import Page, sync_playwright

from bench.compare import Answer, Benchmark
from browsing import CHROMIUM, SWITCHES
from channelnb.fleet.slugs import slug
from channelnb.narrative.changes import FLAGS, Flag
from channelnb.narrative.facts import Fact
from channelnb.report.index_page import KPIS, PERIODS, IndexPage, PartnerRow, ReportLink
from channelnb.report.page import PageInfo
from channelnb.report.site import index_html

PARTNERS = 5_000
REPORTS = {"partner_profile": "Profile", "qbr": "Business review", "business_plan": "Business plan"}
SEARCHES = ("p0032", "p1", "gold iberia", "")

_SCRIPT = """
const rows = [...document.querySelectorAll("tbody tr")];
document.getElementById("search").addEventListener("input", ({ target }) => {
  const words = target.value.toLowerCase().split(" ");
  for (const row of rows) row.hidden = !words.every((word) => row.textContent.toLowerCase().includes(word));
});
"""
# From the stroke of a key until the browser has drawn what it shows.
_SEARCH = """word => new Promise(done => {
  const search = document.getElementById("search");
  search.value = word;
  search.dispatchEvent(new Event("input", { bubbles: true }));
  requestAnimationFrame(() => setTimeout(done));
})"""
_DRAWN = "() => new Promise(done => requestAnimationFrame(() => setTimeout(done)))"


def row(number: int) -> PartnerRow:
    """One partner, with every figure, eight periods of revenue and both editions of three reports."""
    partner_id = f"P{number:04}"
    periods = [f"{2024 + at // 4}Q{at % 4 + 1}" for at in range(PERIODS)]
    revenue = [Fact("revenue", period, 1e4 + number * 31 % 977 * at, "money") for at, period in enumerate(periods)]
    return PartnerRow(
        partner_id,
        f"Partner {number} Systems",
        channel=("reseller", "integrator", "consultant")[number % 3],
        tier=("Gold", "Silver", "Registered")[number // 3 % 3],
        segment=("Retail", "Finance")[number % 2],
        region=("Iberia", "Nordics", "DACH", "Benelux")[number // 2 % 4],
        manager=f"Manager {number % 60}",
        manager_page=f"managers/{slug(f'M{number % 60}')}.html",
        kpis={kpi.metric: Fact(kpi.metric, "2025Q4", number * 37 % 991 / 7.3, kpi.unit) for kpi in KPIS},
        before=revenue[-2],
        past=revenue,
        flags=[Flag(key) for place, key in enumerate(FLAGS) if number % 4 == 0 and number // 4 % len(FLAGS) == place],
        reports=[
            ReportLink(title, f"{edition}/{slug(partner_id)}/{name}.html", edition=edition)
            for name, title in REPORTS.items()
            for edition in ("internal", "partner")
        ],
    )


def prepare(folder: Path, *, partners: int = PARTNERS) -> None:
    """Writes both pages."""
    rows = [row(number) for number in range(partners)]
    about = PageInfo("Acme: partners", vendor="Acme", period="2025Q4", as_of="2025-12-31", made_on="2026-01-05")
    page = IndexPage(about, "EUR", rows, reports=6 * partners, failed=0, compared="2025Q3")
    (folder / "ours.html").write_text(index_html(page), encoding="utf-8")
    frame = pd.DataFrame([_cells(one) for one in rows])
    table = frame.to_html(index=False, escape=False, border=0)
    html = f'<!DOCTYPE html><meta charset="utf-8"><input id="search">{table}<script>{_SCRIPT}</script>'
    (folder / "peer.html").write_text(html, encoding="utf-8")


def _cells(one: PartnerRow) -> dict[str, object]:
    links = "".join(f'<a href="{link.href}">{link.text}</a> ' for link in one.reports)
    figures = {kpi.label: one.kpis[kpi.metric].value for kpi in KPIS}
    about = {key: getattr(one, key) for key in ("channel", "tier", "segment", "region", "manager", "status")}
    past = ", ".join(str(fact.value) for fact in one.past)
    since = ", ".join(flag.words for flag in one.flags)
    return {
        "partner": one.name,
        "id": one.partner_id,
        **about,
        **figures,
        "past": past,
        "since": since,
        "reports": links,
    }


@dataclass(frozen=True)
class Opened:
    """A browser's empty page, and the folder of the pages that it is to open."""

    page: Page
    folder: Path

    def searched(self, name: str) -> Answer:
        """Opens a page and searches it; how many partners each search finds."""
        self.page.goto((self.folder / name).as_uri())
        self.page.evaluate(_DRAWN)
        found = {}
        for words in SEARCHES:
            self.page.evaluate(_SEARCH, words)
            found[words or "all"] = str(self.page.locator("tbody tr:not([hidden])").count())
        return found


@contextmanager
def opened(folder: Path) -> Iterator[Opened]:
    """The browser, started."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=SWITCHES)
        yield Opened(browser.new_page(viewport={"width": 1280, "height": 900}), folder)
        browser.close()


BENCHMARKS = {
    "front-page": Benchmark(
        "front page of 5,000 partners opened and searched",
        prepare,
        lambda browser: browser.searched("ours.html"),
        lambda browser: browser.searched("peer.html"),
        0.5,
        opened,
    )
}
