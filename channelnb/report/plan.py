"""The business plan, cell by cell: what is proposed and in force, by line and quarter, with profit for both sides."""

from __future__ import annotations

from datetime import date

import pandas as pd

from channelnb.frames import records
from channelnb.metrics.known import KNOWN
from channelnb.narrative import plan as said
from channelnb.narrative.facts import TARGET
from channelnb.narrative.plan_facts import IN_FORCE, PLANNED_PROFIT, PROPOSED, Span
from channelnb.narrative.sentence import Sentence, named, say
from channelnb.planning.business import strategies
from channelnb.planning.business.history import WHOLE
from channelnb.planning.business.plan import COST_RATES
from channelnb.planning.business.proposal import plan_of
from channelnb.planning.business.versions import in_force
from channelnb.report import plan_made, profile
from channelnb.report.blocks import Card, callout, cards, labelled, lead
from channelnb.report.changes import changes
from channelnb.report.charts import draw, history_and_plan
from channelnb.report.plan_versions import versions
from channelnb.report.shown import Shown, together
from channelnb.report.tables import ColumnFormat, table
from channelnb.report.words import narrative, shown_figure, spoken, text, told
from channelnb.slice import INTERNAL, Slice

__all__ = ["changes", "goals", "lines", "made", "profit", "standouts", "summary", "versions"]

made = plan_made.made

_CARDS = 3
"""Headline figures that stand in one row."""
_HAD_IT_STAYED = "the figures below are what its lines would bring had it stayed, and "
_SHOWN_MONTHS = 24
"""Months of history beside a plan in its picture."""


def span_of(partner: Slice) -> Span:
    """The stretches of time that the partner's plan is told of.

    >>> from channelnb.snapshot import About
    >>> about = About("Acme", "USD", 1, "2026Q3", "2026-09-30", "", 4.0, 5)
    >>> span_of(Slice(about, "v1", "internal", "P1", {})).whole
    '2026-10 to 2028-12'
    """
    return Span(date.fromisoformat(partner.about.as_of), partner.calendar)


def _told(*sentences: Sentence | None) -> list[Sentence]:
    return [sentence for sentence in sentences if sentence is not None]


def summary(partner: Slice) -> Shown:
    """The plan's summary: what is proposed, at most four headline figures, what is in force, what to decide.

    With a partner that left there is nothing to decide.
    """
    facts, span, currency = partner.facts, span_of(partner), partner.about.currency
    headlines = _headlines(partner, span)
    gone = profile.left(partner, f"{_HAD_IT_STAYED if headlines else ''}nothing is to be committed.")
    parts = [lead(spoken(said.proposal(facts, partner.name, span), currency)), *gone]
    if headlines:
        parts.append(cards(headlines, currency=currency))
    sentences = _told(said.standing(facts, span), said.against_force(facts, span), said.draft(facts, span))
    decided = narrative(said.to_decide(facts, span), currency)
    told = narrative([*sentences, *said.movers(facts, span)], currency)
    return together([*parts, told, *([labelled("To decide", decided)] if decided.html and not gone else [])])


def _headlines(partner: Slice, span: Span) -> list[Card]:
    """Revenue of the first twelve months, and what of it each side keeps; for the partner also the next fiscal year."""
    facts, currency = partner.facts, partner.about.currency
    names = {"revenue": "Proposed, first twelve months"}
    names |= {"vendor_keeps": "Of that the vendor keeps"} if partner.edition == INTERNAL else {}
    names |= {"partner_keeps": "The partner keeps"}
    found: list[Card] = []
    if not facts.of("revenue", span.year_one, role=PROPOSED, unit="money").value:
        return found
    for name, label in names.items():
        fact = facts.of(name, span.year_one, role=PROPOSED, unit="money")
        before = facts.of(name, span.last_year, unit="money")
        if fact.known:
            beside = spoken(say("the twelve before ", before), currency) if before.known else ""
            found.append(Card(label, fact, beside))
    year = span.whole_years[0]
    committed = facts.of("revenue", year, role=IN_FORCE, unit="money")
    if found and len(found) < _CARDS and committed.known:
        proposed = facts.of("revenue", year, role=PROPOSED, unit="money")
        found.append(Card(f"Proposed for {year}", proposed, spoken(say("in force ", committed), currency)))
    return found


def standouts(partner: Slice) -> Shown:
    """The strengths and weaknesses of the scorecard, from which the plan's goals follow."""
    facts, period, currency = partner.facts, partner.about.period, partner.about.currency
    found = strategies.standouts(partner.frames["score_metrics"], period=period)
    if found.empty:
        unknown = f" in {period}: its strengths are not known."
        return callout(told("No scorecard has a score for ", named(partner.name), unknown))
    by_kind = {which: [str(name) for name in rows["metric"]] for which, rows in found.groupby("which", sort=False)}
    return narrative(
        _told(
            said.standouts(facts, period, by_kind.get(strategies.WEAKNESS, []), weak=True),
            said.standouts(facts, period, by_kind.get(strategies.STRENGTH, []), weak=False),
        ),
        currency,
    )


def lines(partner: Slice) -> Shown:
    """The proposal by line and quarter: a picture of its months after those behind it, and the table."""
    facts, span, currency = partner.facts, span_of(partner), partner.about.currency
    chosen = partner.frames["plan_proposed"]
    if chosen.empty:
        nothing = ", so there is no line to plan: choose figures of its own."
        return callout(told("No sale is recorded for ", named(partner.name), nothing))
    if not facts.of("revenue", span.whole, role=PROPOSED, unit="money").value:
        return callout(
            "Nothing is proposed for any line: in twelve months it sold nothing. A plan needs inputs of its own."
        )
    names = [str(name) for name in chosen["line"]]
    names.sort(key=lambda line: -(facts.of("revenue", span.year_one, role=PROPOSED, line=line).value or 0.0))
    rows = pd.DataFrame(
        [{"line": line, **_quarters(partner, span, line=line)} for line in names]
        + [{"line": "All lines" if "All lines" not in names else "In all", **_quarters(partner, span)}]
    )
    heads = {quarter: f"{quarter}{'' if quarter in span.whole_quarters else ' (rest)'}" for quarter in span.quarters}
    formats = {
        "line": ColumnFormat("Line"),
        "whole": ColumnFormat("In all", "number"),
        **{quarter: ColumnFormat(head, "number") for quarter, head in heads.items()},
    }
    title = f"Proposed revenue by line and quarter, {span.whole} ({currency})"
    listing = table(rows, id="plan-by-quarter", columns=formats, caption=title)
    season, drawn = said.season(facts, span), _months(partner, span)
    picture = draw(
        history_and_plan,
        drawn,
        alt=spoken(said.proposal(facts, partner.name, span), currency),
        caption=spoken(season, currency) if season else "Filled bars are months sold, hollow ones months proposed.",
        table=_by_month(drawn, currency),
        currency=currency,
    )
    return together([picture, listing])


def _quarters(partner: Slice, span: Span, **grain: str) -> dict[str, Shown]:
    periods = {quarter: quarter for quarter in span.quarters} | {"whole": span.whole}
    of = partner.facts.of
    return {
        name: shown_figure(of("revenue", period, role=PROPOSED, unit="money", **grain), "")
        for name, period in periods.items()
    }


def _by_month(drawn: pd.DataFrame, currency: str) -> Shown:
    """The months of the picture as a table."""
    by_role = drawn.pivot(index="month", columns="role", values="value").reset_index()
    heads = {"actual": "Sold", "proposed": "Proposed", "in_force": "In force"}
    rows = by_role.assign(month=[f"{month:%Y-%m}" for month in by_role["month"]])
    formats = {"month": ColumnFormat("Month")} | {
        role: ColumnFormat(head, "money") for role, head in heads.items() if role in rows
    }
    return table(rows, id="plan-by-month", columns=formats, caption="Revenue by month", currency=currency)


def _months(partner: Slice, span: Span) -> pd.DataFrame:
    """The months of two years behind and of the plan, for the picture."""
    history = partner.frames["plan_history"]
    history = history[history["line"].ne(WHOLE) & (history["month"] > (span.over - _SHOWN_MONTHS).start_time)]
    plan = plan_of(partner.frames, as_of=span.as_of, calendar=span.calendar)
    counts = in_force(partner.frames["plan_versions"], calendar=span.calendar)
    counts = counts[counts["month"].isin(plan["month"])]
    drawn = [
        rows.groupby("month")["revenue"].sum().rename("value").reset_index().assign(role=role)
        for role, rows in (("actual", history), ("proposed", plan), ("in_force", counts))
        if len(rows)
    ]
    return pd.concat(drawn, ignore_index=True)


_SUMS = {
    "list_price": "At list price",
    "discount": "less discount",
    "revenue": "Revenue (what the partner pays)",
    "cost": "less cost of goods",
    "rebate": "less rebates",
    "incentives": "less incentives",
    "mdf": "less MDF",
    "cost_to_serve": "less cost to serve",
    "vendor_keeps": "The vendor keeps",
    "vendor_keeps_share": "of revenue",
    "resale_revenue": "What the partner resells it for",
    "partner_keeps": "The partner keeps, rebates, incentives and MDF added",
    "partner_keeps_share": "of what it pays",
}
_PLANNED_PROFIT = "Vendor’s profit planned in the plan in force (before or after cost to serve, it does not say)"
_OF_THE_VENDOR = (*COST_RATES, "vendor_keeps", "vendor_keeps_share")


def profit(partner: Slice) -> Shown:
    """What the last twelve months left to both sides, and what the plan's fiscal years are to leave."""
    facts, span, currency = partner.facts, span_of(partner), partner.about.currency
    if not facts.of("revenue", span.whole, role=PROPOSED, unit="money").value:
        return callout("Without a proposal there is no profit to foretell.")
    shown = [name for name in _SUMS if partner.edition == INTERNAL or name not in _OF_THE_VENDOR]
    periods = {span.last_year: ("actual", "Last twelve months")}
    periods |= {year: (PROPOSED, f"{year}{'' if year in span.whole_years else ' (rest)'}") for year in span.years}
    rows = []
    for name in shown:
        unit = "share" if name.endswith("_share") else "money"
        found = {period: facts.of(name, period, role=role, unit=unit) for period, (role, _) in periods.items()}
        if any(fact.known for fact in found.values()):
            told = {period: shown_figure(fact, "") if fact.known else "–" for period, fact in found.items()}
            rows.append({"what": _SUMS[name], **told})
    planned = {year: facts.of("vendor_keeps", year, role=PLANNED_PROFIT, unit="money") for year in span.years}
    if any(fact.known for fact in planned.values()):
        told = {year: shown_figure(fact, "") if fact.known else "–" for year, fact in planned.items()}
        rows.append({"what": _PLANNED_PROFIT, span.last_year: "–", **told})
    formats = {"what": ColumnFormat("Amount"), **{p: ColumnFormat(head, "number") for p, (_, head) in periods.items()}}
    title = f"Profit of both sides ({currency})"
    listing = table(pd.DataFrame(rows), id="plan-profit", columns=formats, caption=title)
    return together([narrative(said.profits(facts, span), currency), listing])


def goals(partner: Slice) -> Shown:
    """The goals that the scorecard's strengths and weaknesses open: whose, by when, measured how."""
    facts, period, currency = partner.facts, partner.about.period, partner.about.currency
    frames = partner.frames
    calendar = partner.calendar
    plan = plan_of(frames, as_of=date.fromisoformat(partner.about.as_of), calendar=calendar)
    growth = strategies.planned_growth(frames, plan, period=period, calendar=calendar)
    scored, contacts = frames["score_metrics"], frames["contacts"]
    found = strategies.goals(scored, contacts, period=period, calendar=calendar, currency=currency, growth=growth)
    sentence = said.goals(facts, period)
    if found.empty:
        return callout(spoken(sentence, currency))
    rows = []
    for row in records(found):
        metric = KNOWN[row["metric"]]
        target = facts.of(metric.name, row["due_period"], role=TARGET, unit=metric.unit, goal=row["commitment_id"])
        now = facts.of(metric.name, period, unit=metric.unit)
        rows.append(
            {
                **{name: row[name] for name in ("area", "text", "side", "if_missed")},
                "now": shown_figure(now, currency),
                "target": shown_figure(target, currency),
                "owner": text(row["owner"], "to be named"),
                "due_on": row["due_on"].date(),
            }
        )
    formats = {
        "text": ColumnFormat("Goal"),
        "area": ColumnFormat("Area"),
        "now": ColumnFormat(period, "number"),
        "target": ColumnFormat("Target", "number"),
        "side": ColumnFormat("Whose"),
        "owner": ColumnFormat("Owner"),
        "due_on": ColumnFormat("By", "date"),
    }
    shown = pd.DataFrame(rows)
    # What follows is mostly the same for all; then it need not stand in every row.
    follows = sorted(set(shown["if_missed"]))
    caption = (
        f"Goals proposed. For each the same follows if it is missed: {follows[0][:1].lower()}{follows[0][1:]}"
        if len(follows) == 1
        else ""
    )
    formats |= {} if caption else {"if_missed": ColumnFormat("If missed")}
    listing = table(shown, id="plan-goals", columns=formats, caption=caption or "Goals proposed")
    return together([narrative([sentence], currency), listing])
