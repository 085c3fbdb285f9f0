"""The rows of the front page, as few elements as they can be read from: a page may hold 5,000 of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup as SafeHtml

from channelnb.narrative.facts import Fact
from channelnb.numbers import percent
from channelnb.report.index_page import KPIS, IndexPage, PartnerRow
from channelnb.report.page import INTERNAL
from channelnb.report.spark import spark_line
from channelnb.report.tables import Scale, cell, money_scales, scale_of

ABOUT = ("channel", "tier", "segment", "region")
"""What is said of a partner below its name, where it is known."""

_SMALLEST_CHANGE = 6
"""Decimals of the change that rows are sorted by."""


@dataclass(frozen=True)
class Filter:
    """Something that partners differ in: what each of them is, by its id, and what is to be chosen from.

    `none` says that there are partners of which nothing is known, or that are nothing of it.
    """

    label: str
    choices: Sequence[str]
    none: bool
    found: Mapping[str, Sequence[str]]

    def places(self, row: PartnerRow) -> str:
        """Which of the choices are a partner's, counted from 1; what is none of them comes after all.

        >>> tier = Filter("Tier", ["Gold", "Silver"], none=True, found={"P1": ["Silver"], "P2": []})
        >>> tier.places(PartnerRow("P1", "Ada")), tier.places(PartnerRow("P2", "Bea"))
        ('2', '3')
        """
        places = [self.choices.index(value) + 1 for value in self.found[row.partner_id]]
        return ",".join(map(str, places or [len(self.choices) + 1]))


def filters(index: IndexPage) -> list[Filter]:
    """What the partners of a page differ in; by what is the same for all, nothing can be chosen.

    >>> partners = [PartnerRow("P1", "Ada", tier="Gold", region="Iberia"), PartnerRow("P2", "Bea", region="Iberia")]
    >>> from channelnb.report.page import PageInfo
    >>> page = IndexPage(PageInfo("Partners", period="2026Q3"), "USD", partners, 0, 0)
    >>> [(found.label, found.choices, found.none) for found in filters(page)]
    [('Tier', ['Gold'], True)]
    """
    rows = index.partners
    told: dict[str, dict[str, list[str]]] = {
        key.capitalize(): {row.partner_id: [str(getattr(row, key))] if getattr(row, key) else [] for row in rows}
        for key in ("manager", *ABOUT, "status")
    }
    told[f"Since {index.compared}"] = {row.partner_id: [flag.kind.choice for flag in row.flags] for row in rows}
    made = []
    for label, found in told.items():
        choices = sorted({value for values in found.values() for value in values})
        none = not all(found.values())
        if len(choices) + none > 1:
            made.append(Filter(label, choices, none, found))
    return made


def scales(index: IndexPage) -> dict[str, Scale]:
    """The scale that the figures of a column share, by metric."""
    facts = {kpi.metric: [row.kpis.get(kpi.metric) for row in index.partners] for kpi in KPIS}
    money = {kpi.metric: facts[kpi.metric] for kpi in KPIS if kpi.unit == "money"}
    shared = money_scales(money, currency=index.currency)
    return {kpi.metric: shared.get(kpi.metric, scale_of(kpi.unit)) for kpi in KPIS}


@dataclass(frozen=True)
class Way:
    """Where a link of a row leads, what it says, and whether what it leads to is why there is no report."""

    href: str
    words: str
    failed: bool


@dataclass(frozen=True)
class Row:
    """A partner's row as it is written.

    `chosen` has the places of what it is in each filter, so that the script compares numbers and not texts.
    """

    partner: PartnerRow
    about: str
    chosen: str
    figures: Sequence[SafeHtml]
    spark: SafeHtml
    change: Change | None
    reports: Sequence[Sequence[Way]]


@dataclass(frozen=True)
class Change:
    """Revenue against the period before: the share by which it changed, up, down or level, and that in words."""

    share: float
    direction: str
    words: str


def written(row: PartnerRow, index: IndexPage, *, scales: Mapping[str, Scale], filters: Sequence[Filter]) -> Row:
    """A partner's row, with its figures on the scales that the columns share."""
    parts = (row.partner_id, *(getattr(row, key) for key in ABOUT))
    shown = (
        cell(row.kpis.get(kpi.metric), unit=kpi.unit, scale=scales[kpi.metric], currency=index.currency) for kpi in KPIS
    )
    return Row(
        partner=row,
        about=" · ".join(part for part in parts if part),
        chosen=" ".join(one.places(row) for one in filters),
        figures=[SafeHtml(markup.html) for markup in shown],
        spark=SafeHtml(spark_line(row.past, scale=scales["revenue"]).html),
        # What was sold so far is not to be held against the whole of the period before.
        change=change(row.kpis.get("revenue"), row.before),
        reports=_reports(row),
    )


def change(now: Fact | None, before: Fact | None) -> Change | None:
    """Revenue against the period before; None where the two cannot be compared.

    >>> now, before = (Fact("revenue", period, value, "money") for period, value in (("2026Q3", 9.0), ("2026Q2", 10.0)))
    >>> change(now, before).words, change(now, None)
    ('10\\xa0% down', None)
    """
    if now is None or before is None or now.value is None or not before.value or before.value < 0:
        return None
    share = now.value / before.value - 1
    size = percent(abs(share), digits=0)
    direction = "level" if size == percent(0) else "up" if share > 0 else "down"
    words = direction if direction == "level" else f"{size} {direction}".replace(" %", "\N{NO-BREAK SPACE}%")
    return Change(round(share, _SMALLEST_CHANGE), direction, words)


def _reports(row: PartnerRow) -> list[list[Way]]:
    """The links to each report: to the page of each edition, or to the one that says why there is none."""
    every = [*((link, False) for link in row.reports), *((link, True) for link in row.failure_links)]
    by_title: dict[str, list[Way]] = {link.text: [] for link, _ in every}
    for link, failed in sorted(every, key=lambda item: item[0].edition != INTERNAL):
        line = by_title[link.text]
        edition = "" if link.edition == INTERNAL else "partner’s"
        words = edition if line else ", ".join(part for part in (link.text, edition) if part)
        line.append(Way(link.href, f"{words} failed" if failed else words, failed))
    return list(by_title.values())
