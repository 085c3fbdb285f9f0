"""The pages around the reports: the managers' front page, and the page of a report that could not be made."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable
from functools import cache
from hashlib import sha256

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup as SafeHtml

from channelnb.redaction import without_paths
from channelnb.report.front_rows import filters, scales, written
from channelnb.report.index_page import KPIS, IndexPage, ManagerRow, PartnerRow
from channelnb.report.page import PageInfo
from channelnb.report.style import TEMPLATES, site_sheet
from channelnb.report.tables import cell, scale_of

GROUP = 20
"""How many partners a browser lays out, or leaves out while none of them is in view, at a time."""


def index_html(index: IndexPage) -> str:
    """The front page as HTML; it needs neither a server nor JavaScript, which only adds search, filters and sorting.

    >>> partners = [PartnerRow("P1", "Ada & Sons")]
    >>> html = index_html(IndexPage(PageInfo("Acme: partners", period="2026Q3"), "USD", partners, 0, 0))
    >>> "Ada &amp; Sons" in html, "<title>Acme: partners · 2026Q3" in html
    (True, True)
    """
    shared, chosen = scales(index), filters(index)
    past = max((row.past for row in index.partners), key=len, default=())
    # No library: the smallest of them is several times this script, and none leaves rows out of view in the page.
    script = (TEMPLATES / "site" / "site.js").read_text(encoding="utf-8")
    return (
        _environment()
        .get_template("index.html.j2")
        .render(
            page=index.page,
            index=index,
            kpis=[(kpi.named(index.length), shared[kpi.metric].unit) for kpi in KPIS],
            past=f"{past[0].period} to {past[-1].period}" if past else "",
            groups=[
                [written(row, index, scales=shared, filters=chosen) for row in index.partners[first : first + GROUP]]
                for first in range(0, len(index.partners), GROUP)
            ],
            filters=chosen,
            failures=_failures(index.partners),
            channel_failures=[without_paths(why) for why in index.channel_failures],
            managers=[(row, *_of_manager(row)) for row in index.managers],
            restated=[SafeHtml(said.html) for said in index.restated],
            changed=[SafeHtml(said.html) for said in index.changed],
            in_all=[SafeHtml(said.html) for said in index.in_all],
            script=SafeHtml(script),
            script_hash=b64encode(sha256(script.encode()).digest()).decode("ascii"),
        )
    )


def failure_page(page: PageInfo, *, notebook: str, why: str, what_to_do: Iterable[str] = ()) -> str:
    """The page that stands where a report could not be made: which, why in plain words, and what to do.

    Paths of the machine in `why` are cut to their last part.

    >>> page = failure_page(PageInfo(title="Ada: Review"), notebook="qbr", why="No such file: /srv/data/sales.csv")
    >>> "No such file: …/sales.csv" in page
    True
    """
    return (
        _environment()
        .get_template("failure.html.j2")
        .render(
            page=page,
            notebook=notebook,
            why=without_paths(why),
            what_to_do=[without_paths(step) for step in what_to_do],
        )
    )


@cache
def _environment() -> Environment:
    folders = [TEMPLATES / "site", TEMPLATES / "channelnb_report"]
    made = Environment(
        loader=FileSystemLoader(folders),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["css_text"] = css_text
    made.globals["site_css"] = SafeHtml(site_sheet())
    return made


def css_text(text: str) -> SafeHtml:
    """A text as a string in a style sheet, in which it can end neither the string nor the sheet.

    >>> print(css_text("EUR</"))
    "EUR\\3c \\2f "
    """
    return SafeHtml('"' + "".join(c if c.isascii() and c.isalnum() else f"\\{ord(c):x} " for c in text) + '"')


def _failures(rows: Iterable[PartnerRow]) -> list[tuple[str, list[str]]]:
    """Why reports could not be made, and of whom, what befell most partners first."""
    found: dict[str, list[str]] = {}
    for row in rows:
        for why in row.failures:
            found.setdefault(without_paths(why), []).append(f"{row.name} ({row.partner_id})")
    return sorted(found.items(), key=lambda failure: -len(failure[1]))


def _of_manager(row: ManagerRow) -> tuple[SafeHtml, SafeHtml]:
    """A manager's attainment and pipeline index as they are written; a dash where there is none."""
    facts = ((row.attainment, "share"), (row.index, "index"))
    shown = (cell(fact, unit=unit, scale=scale_of(unit)).html for fact, unit in facts)
    attainment, index = (SafeHtml(html) for html in shown)
    return attainment, index
