"""The versions of a plan on its page: those there are, and how the one in force compares with what is proposed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

import pandas as pd

from channelnb.frames import records
from channelnb.narrative.facts import Fact
from channelnb.narrative.plan_facts import BESIDE, COMPARED, DRAFTED, IN_FORCE, PROPOSED, Span
from channelnb.narrative.sentence import named
from channelnb.planning.business.versions import every_version, known
from channelnb.report.blocks import callout, folded
from channelnb.report.shown import Shown, together
from channelnb.report.tables import ColumnFormat, table
from channelnb.report.words import shown_figure, text, told
from channelnb.slice import Slice

VERSION = "version"
"""The role of a fact that a version of a plan holds."""


def versions(partner: Slice) -> Shown:
    """Which versions of the plan there are, and the one in force beside the proposal, and beside the latest draft."""
    rows, span = every_version(partner.frames), Span(date.fromisoformat(partner.about.as_of), partner.calendar)
    if rows.empty:
        lacking = "plans" in partner.about.absent.split(", ")
        return callout(
            "The vendor's data hold no plans: versions can be compared once one is committed, or drafted."
            if lacking
            else told("No version of a plan is known for ", named(partner.name), ".")
        )
    every = known(rows)
    ahead = pd.to_datetime(every["last"]) > span.over.start_time
    currency = partner.about.currency
    parts = [_listed(every[ahead], "plan-versions", "Versions for the months ahead", currency)] if ahead.any() else []
    parts += _compared(partner, span)
    if (~ahead).any():
        before = _listed(every[~ahead], "plan-versions-before", "Versions of months that are over", currency)
        parts.append(folded("Versions of months that are over", before))
    return together(parts)


def _listed(every: pd.DataFrame, id: str, caption: str, currency: str) -> Shown:
    shown = []
    for row in records(every):
        months = f"{pd.Period(row['first'], freq='M')} to {pd.Period(row['last'], freq='M')}"
        made = None if pd.isna(row["made_on"]) else pd.Timestamp(row["made_on"]).date()
        grain = (("made_on", str(made)), ("status", str(row["status"])), ("version", str(row["version"])))
        shown.append(
            {
                "version": row["version"] or "no name",
                "status": row["status"],
                "made_on": made,
                "made_by": text(row["made_by"] or None, "–"),
                "months": months,
                "revenue": Fact("revenue", months, round(float(row["revenue"]), 2), "money", grain, VERSION),
                "in_force": "yes" if row["in_force"] else "no",
            }
        )
    formats = {
        "version": ColumnFormat("Version"),
        "status": ColumnFormat("Status"),
        "made_on": ColumnFormat("Made on", "date"),
        "made_by": ColumnFormat("Made by"),
        "months": ColumnFormat("Months"),
        "revenue": ColumnFormat("Revenue", "money"),
        "in_force": ColumnFormat("In force"),
    }
    return table(pd.DataFrame(shown), id=id, columns=formats, caption=caption, currency=currency)


_COLUMNS = {
    "in_force": ("revenue", IN_FORCE, "In force"),
    "proposed": ("revenue", BESIDE[PROPOSED], "Proposed"),
    "more": (COMPARED, PROPOSED, "Proposed less in force"),
    "draft": ("revenue", BESIDE[DRAFTED], "Latest draft"),
    "draft_more": (COMPARED, DRAFTED, "Draft less in force"),
}


def _compared(partner: Slice, span: Span) -> list[Shown]:
    """In force, proposed and drafted side by side: by line and fiscal year, and by month."""
    facts, currency = partner.facts, partner.about.currency
    lines = sorted({dict(fact.grain)["line"] for fact in facts.values() if fact.metric == COMPARED and fact.grain})
    months = [str(month) for month in pd.period_range(span.first, periods=12 * len(span.years), freq="M")]
    known_months, years = (
        [period for period in periods if facts.of("revenue", period, role=IN_FORCE).known]
        for periods in (months, span.years)
    )
    if not years:
        return []
    title = "The plan in force beside the proposal, in months of both"
    heads, rows = {"line": ColumnFormat("Line")}, {}
    for year in years:
        rows[year] = [{"line": line, **_figures(partner, year, line=line)} for line in lines]
        rows[year].append({"line": "In all", **_figures(partner, year)})
    whole = [year for year in years if year in span.whole_years]
    by_year = {
        year: _table(rows[year], heads, f"plan-compared-{year}", f"{title}, {_year(year, span)}", currency)
        for year in years
    }
    monthly = [{"month": month, **_figures(partner, month)} for month in known_months]
    by_month = _table(monthly, {"month": ColumnFormat("Month")}, "plan-compared-months", f"{title}, by month", currency)
    rest = [by_year[year] for year in years if year not in whole]
    return [
        *(by_year[year] for year in whole),
        folded("The same by month, and for the rest of the year", together([*rest, by_month]))
        if rest
        else folded("The same by month", by_month),
    ]


def _year(year: str, span: Span) -> str:
    return year if year in span.whole_years else f"{year} (rest)"


def _figures(partner: Slice, period: str, **grain: str) -> dict[str, Shown | str]:
    found = {
        column: partner.facts.of(metric, period, role=role, unit="money", **grain)
        for column, (metric, role, _) in _COLUMNS.items()
    }
    return {column: shown_figure(fact, "") if fact.known else "–" for column, fact in found.items()}


def _table(
    rows: Sequence[Mapping[str, object]], heads: dict[str, ColumnFormat], id: str, caption: str, currency: str
) -> Shown:
    told = {name for row in rows for name, cell in row.items() if cell != "–"}
    formats = heads | {name: ColumnFormat(label, "number") for name, (_, _, label) in _COLUMNS.items() if name in told}
    return table(pd.DataFrame([*rows]), id=id, columns=formats, caption=f"{caption} ({currency})")
