"""Marketing and engagement on a page: what funds and campaigns brought, and what was done together."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from channelnb.metrics.known import KNOWN, needed_by
from channelnb.metrics.marketing import ATTRIBUTION, SPEND
from channelnb.narrative import marketing as said
from channelnb.narrative.facts import Fact
from channelnb.narrative.sentence import Sentence
from channelnb.planning.sides.funds import FUNDS, RULE
from channelnb.report.blocks import absence, folded, paragraph
from channelnb.report.shown import Shown, together
from channelnb.report.tables import ColumnFormat, table
from channelnb.report.words import metric_fact, narrative, shown_figure
from channelnb.slice import Slice

PERIODS = 5
"""How many periods the tables look back, the one reviewed included."""

_NONE = "\N{EN DASH}"
_RETURNS = ("return_on_marketing", "gross_marketing_return")
_MONEY = (
    *(*_RETURNS, "mdf_utilisation", "mdf_claims"),
    *(said.APPROVED, said.DENIED, "mdf_amount_per_claim", "mdf_expiring"),
)
_DEMAND = (said.MQL, said.SQL, "mql_to_sql", "cost_per_lead", "pipeline_created", "marketing_pipeline")
_TOGETHER = (
    *("digital_campaigns_planned", "digital_campaigns_running", "digital_campaigns_done"),
    *("training_sessions", "trained_people", "events_held", "webinars_held", "customers_at_events"),
    *("joint_calls", "social_posts", "content_published", "case_studies"),
)
_LABELS = {
    said.MQL: "Marketing-qualified leads",
    said.SQL: "… of them sales-qualified since",
    said.APPROVED: "… claims granted",
    said.DENIED: "… claims denied",
}
"""What is not a metric of the catalogue, but a count within one."""

_TELLS = {
    "mdf_budgets": "funds",
    "mdf_claims": "claims",
    "leads": "leads",
    "campaigns": "campaigns",
    "activities": "activities",
}


def marketing(partner: Slice) -> Shown:
    """What marketing brought, how its funds were used, and the way from leads to deals: five periods side by side."""
    facts, period, periods = partner.facts, partner.about.period, _periods(partner)
    sentences = [
        *said.returns(facts, period),
        *said.budget(facts, period),
        *said.claims(facts, period),
        *said.funnel(facts, periods),
    ]
    tables = [
        _table(partner, "marketing", _MONEY, "Funds and return"),
        _table(partner, "demand", _DEMAND, "From leads to pipeline"),
    ]
    shown = [one for one in tables if one.html]
    if not shown:
        return _missing(partner)
    return together([_narrative(sentences, partner), *shown, *_rules(partner)])


def _rules(partner: Slice) -> list[Shown]:
    """The rules behind the figures shown, folded on the screen."""
    facts, period = partner.facts, partner.about.period
    spent = any(metric_fact(facts, KNOWN[name], period).known for name in _RETURNS)
    rules = [ATTRIBUTION, SPEND] if spent else []
    rules += [RULE] if said.budget(facts, period) and len(partner.frames[FUNDS]) else []
    return [folded("How this is counted", paragraph(" ".join(rules)), printed=True)] if rules else []


def engagement(partner: Slice) -> Shown:
    """What both sides did together: campaigns, training, events, calls, posts and content over five periods.

    Nothing where no activity is on record.
    """
    shown = _table(partner, "together", _TOGETHER, "Done together")
    if not shown.html:
        return shown
    return together([_narrative(said.campaigns(partner.facts, partner.about.period), partner), shown])


def _narrative(sentences: list[Sentence], partner: Slice) -> Shown:
    return narrative(sentences, partner.about.currency) if sentences else Shown("")


def _periods(partner: Slice) -> list[str]:
    last = partner.about.period
    return partner.calendar.span(partner.calendar.shift(last, 1 - PERIODS), last)


def _missing(partner: Slice) -> Shown:
    """One sentence on what is missing and what it would unlock."""
    absent = [words for name, words in _TELLS.items() if name in partner.about.absent.split(", ")]
    if not absent:
        return absence(f"Nothing of marketing is on record in the periods to {partner.about.period}.")
    *first, last = absent
    named = f"{', '.join(first)} or {last}" if first else last
    return absence(f"The vendor's data hold no {named}: with them this part would tell what marketing brought.")


def _table(partner: Slice, id: str, names: tuple[str, ...], caption: str) -> Shown:
    """The figures of five periods, without rows that hold none, or nothing but zeros."""
    periods, currency = _periods(partner), partner.about.currency
    rows = []
    for name in names:
        found = _figures(partner, name, periods)
        if any(fact.value for fact in found.values()):
            label = _LABELS[name] if name in _LABELS else KNOWN[name].label
            cells = {q: shown_figure(fact, currency) if fact.value is not None else _NONE for q, fact in found.items()}
            rows.append({"measure": label, **cells})
    if not rows:
        return Shown("")
    formats = {"measure": ColumnFormat("Measure"), **{q: ColumnFormat(q, "number") for q in periods}}
    return table(pd.DataFrame(rows), id=id, columns=formats, caption=f"{caption} by {partner.length}")


def _figures(partner: Slice, name: str, periods: list[str]) -> Mapping[str, Fact]:
    if name in _LABELS:
        return {period: partner.facts.of(name, period) for period in periods}
    there = {metric.name for metric in partner.metrics}
    if name not in there or set(needed_by(KNOWN[name])) & set(partner.about.absent.split(", ")):
        return {}
    return {period: metric_fact(partner.facts, KNOWN[name], period) for period in periods}
