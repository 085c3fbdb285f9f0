"""How the review opens: the state in a sentence, three headline figures, and what is most important to say."""

from __future__ import annotations

from channelnb.metrics.registry import METRICS, find
from channelnb.narrative import ahead, bridge, promises, review, standing, vendors_side
from channelnb.narrative.facts import GAP, TARGET
from channelnb.narrative.figures import written_alike
from channelnb.narrative.select import ranked, select
from channelnb.narrative.sentence import Piece, Sentence, named, rated, say, why
from channelnb.report import profile
from channelnb.report.blocks import cards, lead
from channelnb.report.meeting import decisions
from channelnb.report.shown import Shown, together
from channelnb.report.words import headline, metric_fact, narrative, spoken
from channelnb.slice import Slice

SUMMED_UP, MOST_FOUND = 3, 5
"""How many sentences the summary holds, and how many more are found below it."""

_STILL_OPEN = "what follows is what is still open between both sides."


def coming_of(partner: Slice) -> str:
    """The nearest period that lies ahead."""
    return partner.coming_periods[0] if partner.coming_periods else partner.calendar.shift(partner.about.period, 1)


def summary(partner: Slice) -> Shown:
    """The review's summary: how the period ended, three headline figures, three sentences, and what to decide."""
    facts, period, coming = partner.facts, partner.about.period, coming_of(partner)
    currency = partner.about.currency
    remarks = [*profile.left(partner, _STILL_OPEN), *profile.no_sale(partner), *profile.restated(partner)]
    parts = [lead(spoken(_state(partner), currency)), *remarks]
    plan = say(f"{facts.plan_name(facts.plan(period))} ", facts.plan(period))
    before = say("on the year ", metric_fact(facts, find("growth_yoy"), period))
    target = say(f"{coming}, target ", facts.of("pipeline_index", coming, role=TARGET, unit="index"))
    headlines = [
        headline(facts, find("attainment"), period, beside=plan, currency=currency),
        headline(facts, find("revenue"), period, beside=before, currency=currency),
        headline(facts, find("pipeline_index"), coming, beside=target, currency=currency),
    ]
    said = select(topics(partner), most=SUMMED_UP)
    return together([*parts, cards(headlines, currency=currency), narrative(said, currency), decisions(partner)])


def findings(partner: Slice) -> Shown:
    """What else stands out, the gravest first: what the summary had no room for, in at most `MOST_FOUND` sentences."""
    given = topics(partner)
    summed_up = select(given, most=SUMMED_UP)
    others = [said for sentences in given.values() for said in sentences if said not in summed_up and not said.lacking]
    return narrative(ranked(others)[:MOST_FOUND], partner.about.currency)


def topics(partner: Slice) -> dict[str, list[Sentence]]:
    """All that the review could say at its head, by topic; of what has a section of its own, its first sentence."""
    facts, period = partner.facts, partner.about.period
    year = partner.calendar.year_of(partner.calendar.start(period))
    return {
        "revenue": [standing.revenue(facts, period, partner.year_before, so_far=not partner.over)],
        "plan": [*_attained(partner), *bridge.gap(facts, period)[:1], standing.attainment(facts, year)],
        "promises": promises.missed_again(facts, partner.frames["promises"], period)[:1],
        "vendor": vendors_side.late(facts, period, "vendor")[:1],
        "chance": ahead.chance(facts, coming_of(partner))[:1],
        "pipeline": [_pipeline(partner), _shortfalls(partner)],
        "lines": [*review.lines(facts, period), standing.main_line(facts, period)],
        "deals": [review.concentration(facts, period), standing.winning(facts, period)],
        "history": _history(partner),
        "exchange rates": review.exchange_rates(facts, period),
    }


def _history(partner: Slice) -> list[Sentence]:
    """What was sold before, of a partner that sold nothing in the period."""
    nothing = partner.facts.of("revenue", partner.about.period, unit="money").value == 0
    return [standing.history(partner.facts, partner.past_periods[-12:])] if nothing else []


def _attained(partner: Slice) -> list[Sentence]:
    """Where attainment cannot be told: where it can, the first sentence of the page tells it."""
    said = standing.attainment(partner.facts, partner.about.period)
    return [said] if said.lacking else []


def _pipeline(partner: Slice) -> Sentence:
    """The pipeline against its target; red where it is below the band that the target stands in."""
    coming, about = coming_of(partner), partner.about
    index = partner.facts.of("pipeline_index", coming, unit="index").value
    said = review.ahead(partner.facts, coming)
    if index is None or not about.pipeline_target:
        return said
    missing = max(0.0, 1 - index / about.pipeline_target)
    return rated(said, importance=missing, tone="red" if index < about.pipeline_low else "neutral")


def _shortfalls(partner: Slice) -> Sentence:
    """Which coming periods are short of pipeline."""
    return review.shortfalls(partner.facts, partner.coming_periods, low=partner.about.pipeline_low)


def _state(partner: Slice) -> Sentence:
    period, coming = partner.about.period, coming_of(partner)
    share = metric_fact(partner.facts, METRICS["attainment"], period)
    index = partner.facts.of("pipeline_index", coming, unit="index")
    gap = partner.facts.of("revenue", coming, role=GAP, unit="money")
    revenue = partner.facts.of("revenue", period, unit="money")
    name = named(partner.name)
    ended: tuple[Piece, ...] = (name, f" ended {period}") if partner.over else (f"In {period} so far ", name, " stands")
    if share.known:
        opening: tuple[Piece, ...] = (*ended, " at ", share, " of plan" if partner.over else " of plan to date")
    elif revenue.known:
        opening = (*ended, f" {'with' if partner.over else 'at'} revenue of ", revenue, "; ", *why(share))
    else:
        opening = ("How ", name, f" did in {period} cannot be said: ", *why(revenue))
    if not index.known or gap.value is None:
        return say(*opening, ".")
    target = partner.facts.of("pipeline_index", coming, role=TARGET, unit="index")
    if written_alike(index, target):
        return say(*opening, f", and its pipeline for {coming} is at the target of ", target, ".")
    if gap.value > 0 and (index.value or 0.0) >= partner.about.pipeline_low:
        within = f", and its pipeline for {coming} is in the healthy range at "
        return say(*opening, within, index, ", under the target of ", target, ".")
    side = "under" if gap.value > 0 else "over"
    return say(*opening, f", and its pipeline for {coming} is {side} target at ", index, ".")
