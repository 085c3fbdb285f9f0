"""The pages around the reports: the managers' front page, and the page of a report that could not be made."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup as SafeHtml

from channelnb.fiscal import length_of
from channelnb.narrative.facts import Fact
from channelnb.numbers import percent
from channelnb.report.blocks import mark
from channelnb.report.page import INTERNAL, Link, PageInfo, without_paths
from channelnb.report.shown import Shown
from channelnb.report.tables import Scale, cell, money_scales, scale_of

TEMPLATES = Path(__file__).parent / "template"

MADE, PARTLY, FAILED, MISSING = "made", "partly made", "failed", "not made"


@dataclass(frozen=True)
class Kpi:
    """A column of the front page: a metric, how its heading calls it, and its unit."""

    metric: str
    label: str
    unit: str

    def named(self, length: str) -> Kpi:
        """The column as its heading names it, where a period is a quarter or a month.

        >>> Kpi("revenue", "Revenue, next {length}", "money").named("month").label
        'Revenue, next month'
        """
        return replace(self, label=self.label.format(length=length))


KPIS = (
    Kpi("revenue", "Revenue", "money"),
    Kpi("growth_yoy", "Growth on the year", "share"),
    Kpi("attainment", "Attainment", "share"),
    Kpi("pipeline_index", "Pipeline index, next {length}", "index"),
    Kpi("win_rate", "Win rate", "share"),
)


@dataclass(frozen=True)
class ReportLink(Link):
    """A link to a report, and the edition that it is."""

    edition: str = INTERNAL


@dataclass(frozen=True)
class PartnerRow:
    """One partner on the front page.

    `kpis` holds its facts by metric (an absent one is shown as a dash), `before` its revenue of the
    period before, `failures` why reports of it could not be made, in plain words; `manager_page` is the
    place of its manager's page, "" where there is none.
    """

    partner_id: str
    name: str
    channel: str = ""
    region: str = ""
    tier: str = ""
    manager: str = ""
    manager_page: str = ""
    kpis: Mapping[str, Fact] = field(default_factory=dict)
    before: Fact | None = None
    reports: Sequence[ReportLink] = ()
    failures: Sequence[str] = ()
    failure_links: Sequence[Link] = ()

    @property
    def status(self) -> str:
        """Whether its reports are made, partly made, failed or not made yet.

        >>> PartnerRow("P1", "Contoso", failures=["The notebook stopped."]).status
        'failed'
        """
        if self.failures:
            return PARTLY if self.reports else FAILED
        return MADE if self.reports else MISSING


@dataclass(frozen=True)
class ManagerRow:
    """One channel manager on the front page: the place of the manager's page, and how the portfolio stands.

    `left` says that a partner that left has a plan in the attainment. `status` is that of the page's report; where it
    failed, `href` leads to the page that says why.
    """

    name: str
    href: str
    partners: int
    attainment: Fact | None = None
    index: Fact | None = None
    status: str = MADE
    left: bool = False


@dataclass(frozen=True)
class IndexPage:
    """The managers' front page: the run, every partner, and the reports on the channel as a whole.

    `reports` and `failed` count all reports of the run, those on the channel among them. `unmanaged` says why no
    manager has a page.
    """

    vendor: str
    period: str
    as_of: str
    data_version: str
    made_on: str
    currency: str
    partners: Sequence[PartnerRow]
    reports: int
    failed: int
    channel_reports: Sequence[Link] = ()
    channel_failures: Sequence[str] = ()
    colour: str = ""
    over: bool = True
    restated: Sequence[Shown] = ()
    managers: Sequence[ManagerRow] = ()
    unmanaged: str = ""

    @property
    def length(self) -> str:
        """How long the period is: quarter or month."""
        return length_of(self.period)

    @property
    def page(self) -> PageInfo:
        """What its head and foot say."""
        title = f"{self.vendor}: partners in {self.period}" if self.vendor else f"Partners in {self.period}"
        return PageInfo(
            title=title if self.over else f"{title} so far",
            vendor=self.vendor,
            period=self.period,
            as_of=self.as_of,
            data_version=self.data_version,
            made_on=self.made_on,
            colour=self.colour,
        )


def index_html(index: IndexPage) -> str:
    """The front page as HTML; it needs neither a server nor JavaScript, which only adds search, filters and sorting.

    >>> partners = [PartnerRow("P1", "Ada & Sons")]
    >>> html = index_html(IndexPage("Acme", "2026Q3", "2026-09-30", "v1", "2026-10-02", "USD", partners, 0, 0))
    >>> "Ada &amp; Sons" in html, "<title>Acme: partners in 2026Q3" in html
    (True, True)
    """
    currency = index.currency
    facts = {kpi.metric: [row.kpis.get(kpi.metric) for row in index.partners] for kpi in KPIS}
    money = money_scales({kpi.metric: facts[kpi.metric] for kpi in KPIS if kpi.unit == "money"}, currency=currency)
    scales = {kpi.metric: money.get(kpi.metric, scale_of(kpi.unit)) for kpi in KPIS}
    script = (TEMPLATES / "site" / "site.js").read_text(encoding="utf-8")
    return (
        _environment()
        .get_template("index.html.j2")
        .render(
            page=index.page,
            index=index,
            kpis=[(kpi.named(index.length), scales[kpi.metric].unit) for kpi in KPIS],
            rows=[_row(row, scales, index) for row in index.partners],
            choices={key: _choices(index.partners, key) for key in ("channel", "region", "tier", "manager", "status")},
            failures=[(row, without_paths(why)) for row in index.partners for why in row.failures],
            channel_failures=[without_paths(why) for why in index.channel_failures],
            managers=[(row, *_of_manager(row)) for row in index.managers],
            restated=[SafeHtml(said.html) for said in index.restated],
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
    return Environment(
        loader=FileSystemLoader(folders),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


@dataclass(frozen=True)
class _Row:
    """A partner's row as it is written: its cells, and the value by which each is sorted."""

    partner: PartnerRow
    cells: list[tuple[float | None, SafeHtml]]
    change: tuple[float | None, SafeHtml]


def _row(row: PartnerRow, scales: Mapping[str, Scale], index: IndexPage) -> _Row:
    cells = []
    for kpi in KPIS:
        fact = row.kpis.get(kpi.metric)
        shown = cell(fact, unit=kpi.unit, scale=scales[kpi.metric], currency=index.currency)
        cells.append((fact.value if fact else None, SafeHtml(shown.html)))
    # What was sold so far is not to be held against the whole of the period before.
    return _Row(row, cells, _change(row.kpis.get("revenue"), row.before if index.over else None))


def _of_manager(row: ManagerRow) -> tuple[SafeHtml, SafeHtml]:
    """A manager's attainment and pipeline index as they are written; a dash where there is none."""
    facts = ((row.attainment, "share"), (row.index, "index"))
    shown = (cell(fact, unit=unit, scale=scale_of(unit)).html for fact, unit in facts)
    attainment, index = (SafeHtml(html) for html in shown)
    return attainment, index


def _change(now: Fact | None, before: Fact | None) -> tuple[float | None, SafeHtml]:
    """Revenue against the period before: the share by which it changed, and how that is written."""
    if now is None or before is None or now.value is None or not before.value or before.value < 0:
        return None, SafeHtml("\N{EN DASH}")
    share = now.value / before.value - 1
    size = percent(abs(share), digits=0)
    direction = "level" if size == percent(0) else "up" if share > 0 else "down"
    tone = {"up": "good", "down": "bad", "level": "neutral"}[direction]
    word = "level" if direction == "level" else f"{size} {direction}"
    return share, SafeHtml(mark(word, arrow=direction, tone=tone).html)


def _choices(rows: Iterable[PartnerRow], key: str) -> list[str]:
    found: set[Any] = {getattr(row, key) for row in rows}
    return sorted(str(choice) for choice in found if choice)
