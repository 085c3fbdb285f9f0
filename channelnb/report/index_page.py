"""What the managers' front page is of: the run, its partners, its managers, and what became of their reports."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from channelnb.fiscal import length_of
from channelnb.narrative.changes import Flag
from channelnb.narrative.facts import Fact
from channelnb.report.page import INTERNAL, Link, PageInfo
from channelnb.report.shown import Shown

MADE, PARTLY, FAILED, MISSING = "made", "partly made", "failed", "not made"

PERIODS = 8
"""How many periods of revenue a partner's spark line shows."""


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
    Kpi("pipeline_index", "Pipeline, next {length}", "index"),
    Kpi("win_rate", "Win rate", "share"),
)


@dataclass(frozen=True)
class ReportLink(Link):
    """A link to a report, and the edition that it is."""

    edition: str = INTERNAL


@dataclass(frozen=True)
class PartnerRow:
    """One partner on the front page.

    `kpis` holds its facts by metric (an absent one is shown as a dash), `before` its revenue of the period before,
    `past` its revenue period by period, `flags` what changed since the review before, `failures` why reports of it
    could not be made, in plain words; `manager_page` is the place of its manager's page, "" where there is none.
    """

    partner_id: str
    name: str
    channel: str = ""
    region: str = ""
    segment: str = ""
    tier: str = ""
    manager: str = ""
    manager_page: str = ""
    kpis: Mapping[str, Fact] = field(default_factory=dict)
    before: Fact | None = None
    past: Sequence[Fact] = ()
    flags: Sequence[Flag] = ()
    reports: Sequence[ReportLink] = ()
    failures: Sequence[str] = ()
    failure_links: Sequence[ReportLink] = ()

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
    """The managers' front page: what it says of itself, every partner, and the reports on the channel as a whole.

    `reports` and `failed` count all reports of the run, those on the channel among them. `changed` says what changed of
    its partners since the review of the period `compared`, "" where there was none; `in_all` and `restated` what did of
    all partners of the vendor, of which there are `vendors`, more than the page has where the run is of some alone;
    `unmanaged` says why no manager has a page.
    """

    page: PageInfo
    currency: str
    partners: Sequence[PartnerRow]
    reports: int
    failed: int
    channel_reports: Sequence[Link] = ()
    channel_failures: Sequence[str] = ()
    restated: Sequence[Shown] = ()
    changed: Sequence[Shown] = ()
    in_all: Sequence[Shown] = ()
    vendors: int = 0
    compared: str = ""
    managers: Sequence[ManagerRow] = ()
    unmanaged: str = ""

    @property
    def length(self) -> str:
        """How long the period is: quarter or month."""
        return length_of(self.page.period)
