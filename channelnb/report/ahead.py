"""What lies ahead, cell by cell: coverage, the chance of meeting plan, deals to bring forward, exposure, slippage."""

from __future__ import annotations

from typing import Any

import pandas as pd

from channelnb.frames import records
from channelnb.narrative import ahead, pictures, review
from channelnb.narrative import pull_forward as pulled
from channelnb.narrative.ahead_facts import AFTER, EVERY
from channelnb.narrative.aspects import high_of, low_of
from channelnb.narrative.facts import PIPELINE, PLAN, TARGET, Fact, Facts
from channelnb.narrative.sentence import Piece, Sentence, absent, defined
from channelnb.report.blocks import Text, absence, folded
from channelnb.report.charts import coverage_by_period, draw, range_against_plan
from channelnb.report.shown import Shown, together
from channelnb.report.tables import ColumnFormat, table
from channelnb.report.words import narrative, shown_figure, spoken, text
from channelnb.slice import Slice

_UNLOCKED = "Plans and deals would tell the pipeline against plan, the chance of meeting it, and what slips."


def coverage(partner: Slice) -> Shown:
    """The pipeline index of the running period and the next ones against its target, and what this partner needed."""
    facts, about, coming = partner.facts, partner.about, partner.coming_periods[:5]
    drawn = pd.DataFrame({"period": coming, "value": [facts.of("pipeline_index", q).value for q in coming]})
    if not len(drawn) or drawn["value"].isna().all():
        first = coming[0] if coming else partner.calendar.shift(about.period, 1)
        index = facts.of("pipeline_index", first, unit="index")
        if index.lacking:
            return absence(f"What lies ahead cannot be said: {absent(index)}. {_UNLOCKED}")
        return absence(
            f"The pipeline index cannot be drawn: no coming {partner.length} has both a plan and a pipeline."
        )
    said = [
        review.shortfalls(facts, coming, low=about.pipeline_low),
        review.ahead(facts, coming[0]),
        ahead.needed(facts, about.period, coming=coming[0]),
    ]
    picture = draw(
        coverage_by_period,
        drawn.astype({"value": float}),
        alt=spoken(_index_of_each(facts, coming), about.currency),
        caption=spoken(said[0], about.currency),
        table=_covered(partner, coming),
        target=about.pipeline_target,
        band=(about.pipeline_low, about.pipeline_high),
    )
    return together([picture, narrative(said[1:], about.currency)])


def _index_of_each(facts: Facts, periods: list[str]) -> Sentence:
    target = facts.of("pipeline_index", periods[0], role=TARGET, unit="index")
    index = {period: facts.of("pipeline_index", period, unit="index") for period in periods}
    items: list[tuple[Piece, ...]] = [
        (f"{period} ", fact) if fact.known else (f"{period} without a plan",) for period, fact in index.items()
    ]
    beside: tuple[Piece, ...] = (", beside a target of ", target) if target.known else ()
    return pictures.each(("The pipeline index by period", *beside, ": "), items)


def _covered(partner: Slice, periods: list[str]) -> Shown:
    """The figures of the picture of coverage: pipeline, plan and their ratio in each period."""
    facts = partner.facts
    rows = pd.DataFrame(
        {
            "period": periods,
            "pipeline": [facts.of("revenue", period, role=PIPELINE, unit="money") for period in periods],
            "plan": [facts.of("revenue", period, role=PLAN, unit="money") for period in periods],
            "index": [facts.of("pipeline_index", period, unit="index") for period in periods],
        }
    )
    formats = {
        "period": ColumnFormat(partner.length.capitalize()),
        "pipeline": ColumnFormat("Pipeline due", "money"),
        "plan": ColumnFormat("Plan", "money"),
        "index": ColumnFormat("Index", "index"),
    }
    return table(rows, id="coverage", columns=formats, caption="Pipeline and plan", currency=partner.about.currency)


def _foretold(partner: Slice, known: list[dict[str, Any]]) -> Shown:
    """The figures of the picture of the chance: the range foretold, the plan, and the chance of meeting it."""
    facts, periods = partner.facts, [str(row["period"]) for row in known]
    middle = [facts.of("foretold_revenue", period, unit="money") for period in periods]
    rows = pd.DataFrame(
        {
            "period": periods,
            "low": [low_of(fact) for fact in middle],
            "mid": middle,
            "high": [high_of(fact) for fact in middle],
            "plan": [facts.plan(period) for period in periods],
            "chance": [facts.of("plan_chance", period, unit="share") for period in periods],
        }
    )
    formats = {
        "period": ColumnFormat(partner.length.capitalize()),
        "low": ColumnFormat("One run in ten below", "money"),
        "mid": ColumnFormat("Middle", "money"),
        "high": ColumnFormat("One in ten above", "money"),
        "plan": ColumnFormat("Plan", "money"),
        "chance": ColumnFormat("Chance", "share"),
    }
    title = "Revenue foretold beside the plan"
    return table(rows, id="foretold", columns=formats, caption=title, currency=partner.about.currency)


def chance(partner: Slice) -> Shown:
    """The chance of meeting plan in the running period and the next, and how good such forecasts were.

    Nothing where the source gives no plans or no deals, since `coverage` says so.
    """
    facts, currency = partner.facts, partner.about.currency
    foretold = records(partner.frames["plan_chance"].sort_values("period"))
    known = [row for row in foretold if row["state"] == "ok"]
    if not known:
        periods = [str(row["period"]) for row in foretold]
        return absence(spoken(ahead.chance(facts, periods[-1])[0], currency)) if periods else Shown("")
    said = ahead.chance(facts, str(foretold[0]["period"]))
    for row in foretold[1:]:
        said += ahead.chance_further(facts, str(row["period"]))
    drawn = pd.DataFrame([{**row, "chance": row["met"] / row["runs"]} for row in known])
    picture = draw(
        range_against_plan,
        drawn,
        alt=spoken(pictures.foretold(facts, [str(row["period"]) for row in known]), currency),
        caption=spoken(said[0], currency),
        table=_foretold(partner, known),
        height=0.7 + 0.9 * len(known),
        currency=currency,
    )
    return together([picture, narrative(said[1:], currency), _track_record(partner, str(known[0]["period"]))])


def _next(partner: Slice) -> str:
    return partner.coming_periods[0] if partner.coming_periods else partner.calendar.shift(partner.about.period, 1)


def _track_record(partner: Slice, period: str) -> Shown:
    """How good such forecasts were: the sentences, and the table of what was foretold beside what came."""
    facts, currency = partner.facts, partner.about.currency
    pooled = partner.frames["chance_calibration"]
    rows = [row for row in records(pooled) if row["period"] == period and row["bin"] != EVERY]
    said = narrative(ahead.track_record(facts, period), currency)
    question = "How good were such forecasts?"
    if not rows:
        return folded(question, said)

    def of(row: dict[str, object], name: str, unit: str) -> Fact:
        return facts.of(name, period, unit=unit, chance=str(row["bin"]))

    shown = pd.DataFrame(
        {
            "range": [defined(f"{row['at_least'] * 100:.0f} to {row['at_most'] * 100:.0f} %") for row in rows],
            "forecasts": [of(row, "past_forecasts", "count") for row in rows],
            "mean": [of(row, "past_chance", "share") for row in rows],
            "reached": [of(row, "past_reached", "count") for row in rows],
            "share": [of(row, "past_share_reached", "share") for row in rows],
            "low": [low_of(of(row, "past_share_reached", "share")) for row in rows],
            "high": [high_of(of(row, "past_share_reached", "share")) for row in rows],
        }
    )
    formats = {
        "range": ColumnFormat("Chance foretold"),
        "forecasts": ColumnFormat("Forecasts", "count"),
        "mean": ColumnFormat("Mean chance", "share"),
        "reached": ColumnFormat("Met plan", "count"),
        "share": ColumnFormat("Share that did", "share"),
        "low": ColumnFormat("from", "share", group="95 % interval"),
        "high": ColumnFormat("to", "share", group="95 % interval"),
    }
    title = "Past forecasts of all partners, each by what was known when the period began"
    if not partner.over:
        title = "Past forecasts of all partners, each by what was known as far into the period"
    return folded(question, together([said, table(shown, id="track-record", columns=formats, caption=title)]))


def pull_forward(partner: Slice) -> Shown:
    """The deals that would fill the nearest period under its pipeline target, and what that leaves behind."""
    facts, about = partner.facts, partner.about
    if not any(facts.of("pipeline_index", q).known for q in partner.coming_periods[:2]):
        return Shown("")
    said = narrative(pulled.pull_forward(facts, partner.coming_periods), about.currency)
    short, moved = pulled.short_period(facts), records(partner.frames["pull_forward"])
    if not moved or not pulled.worthwhile(facts, short):
        return said
    return together([said, _moved_deals(partner, short), _before_and_after(partner, short)])


def _moved_deals(partner: Slice, short: str) -> Shown:
    facts, moved = partner.facts, records(partner.frames["pull_forward"])
    open_deals = {str(row["opportunity_id"]): row for row in records(partner.frames["deals"])}
    found = [open_deals[str(row["opportunity_id"])] for row in moved]
    grains = [{"from": str(row["from_period"]), "opportunity_id": str(row["opportunity_id"])} for row in moved]
    rows = pd.DataFrame(
        {
            "deal": [grain["opportunity_id"] for grain in grains],
            "customer": [text(row["customer"], "no customer named") for row in found],
            "stage": [text(row["stage"], "–") for row in found],
            "due": [pd.Timestamp(row["expected_close_on"]).date() for row in found],
            "amount": [facts.of("pulled_deal", short, unit="money", **grain) for grain in grains],
        }
    )
    formats = {
        "deal": ColumnFormat("Deal"),
        "customer": ColumnFormat("Customer"),
        "stage": ColumnFormat("Stage"),
        "due": ColumnFormat("Due", "date"),
        "amount": ColumnFormat("Amount", "money"),
    }
    title = f"Deals that could be brought forward to {short}"
    return table(rows, id="pull-forward", columns=formats, caption=title, currency=partner.about.currency)


def _before_and_after(partner: Slice, short: str) -> Shown:
    facts = partner.facts
    periods = [short, *pulled.givers(facts)]
    rows = pd.DataFrame(
        {
            "period": periods,
            "plan": [facts.of("revenue", q, role=PLAN, unit="money") for q in periods],
            "before": [facts.of("pipeline_index", q, unit="index") for q in periods],
            "after": [facts.of("pipeline_index", q, role=AFTER, unit="index") for q in periods],
        }
    )
    formats = {
        "period": ColumnFormat("Period"),
        "plan": ColumnFormat("Plan", "money"),
        "before": ColumnFormat("Index now", "index"),
        "after": ColumnFormat("Index after", "index"),
    }
    title = "The pipeline index before and after"
    return table(rows, id="pull-forward-index", columns=formats, caption=title, currency=partner.about.currency)


def exposure(partner: Slice) -> Shown:
    """How much of what is due next hangs on the three largest deals, and the chance of meeting plan without the first.

    Nothing where the source gives no deals, since `coverage` says so.
    """
    facts, currency = partner.facts, partner.about.currency
    if partner.frames["deals"].empty:
        lacking = facts.of("top_three_share", partner.about.period).lacking
        return Shown("") if lacking else absence("There is no open deal to depend on.")
    periods = [q for q in partner.coming_periods[:2] if facts.of("due_deals", q).known] or [_next(partner)]
    return narrative([sentence for q in periods[:1] for sentence in ahead.exposure(facts, q)], currency)


def slippage(partner: Slice) -> Shown:
    """How often, how much and how far this partner's deals slipped in the last quarters; nothing where none was due."""
    facts, currency, period = partner.facts, partner.about.currency, partner.about.period
    said, quarters = ahead.slippage(facts, period), [str(row["period"]) for row in records(partner.frames["slipped"])]
    if not said:
        return Shown("")
    units = {"due_deals": "count", "slipped_deals": "count", "due": "money", "slipped": "money"}
    columns: dict[str, list[Text | Fact]] = {"quarter": [*quarters]}
    for name, unit in units.items():
        columns[name] = [facts.of(f"slip_{name}", q, unit=unit) for q in quarters]
    columns["share"] = [facts.of("slippage", q, unit="share") for q in quarters]
    late = [facts.of("slip_days", q, unit="days") for q in quarters]
    columns["days"] = [shown_figure(fact, "") if fact.known else "–" for fact in late]
    formats = {
        "quarter": ColumnFormat("Quarter"),
        "due_deals": ColumnFormat("Deals due", "count"),
        "slipped_deals": ColumnFormat("Slipped", "count"),
        "due": ColumnFormat("Worth", "money"),
        "slipped": ColumnFormat("Slipped worth", "money"),
        "share": ColumnFormat("Share", "share"),
        "days": ColumnFormat("Late by, median", "number"),
    }
    title = "Deals due in each quarter as it began, and those not closed when it ended"
    listing = table(pd.DataFrame(columns), id="slippage", columns=formats, caption=title, currency=currency)
    return together([narrative(said, currency), listing])
