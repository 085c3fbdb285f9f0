"""Sentences on where a partner stands: pure functions of its facts."""

from __future__ import annotations

from channelnb.metrics.registry import METRICS
from channelnb.narrative.facts import AHEAD_OF, PEER_MEDIAN, PLAN, PRIOR, Fact, Facts
from channelnb.narrative.sentence import Sentence, absent, counted, say, size_of

LEVEL = 0.005
"""A change of less than half a per cent is called level."""


def revenue(facts: Facts, quarter: str, year_before: str) -> Sentence:
    """Revenue of a quarter beside the same quarter a year earlier."""
    now = facts.of("revenue", quarter, unit="money")
    growth = facts.of("growth_yoy", quarter, unit="share")
    before = facts.of("revenue", quarter, role=PRIOR, unit="money")
    if not now.known:
        return say(f"Revenue in {quarter} cannot be said: {absent(now)}.")
    if not growth.known or growth.value is None:
        return say(f"Revenue in {quarter} was ", now, f"; {absent(growth)}, so there is nothing to compare it with.")
    if abs(growth.value) < LEVEL:
        return say(f"Revenue in {quarter} was ", now, ", level with ", before, f" in {year_before}.")
    word = "up" if growth.value > 0 else "down"
    return say(f"Revenue in {quarter} was ", now, f", {word} ", size_of(growth), " on ", before, f" in {year_before}.")


def attainment(facts: Facts, period: str, *, to_date: bool = False) -> Sentence:
    """Revenue of a period against its plan."""
    share = facts.of("attainment", period, unit="share")
    if not share.known or share.value is None:
        return say(f"How {period} compares with plan cannot be said: {absent(share)}.")
    plan = facts.of("revenue", period, role=PLAN, unit="money")
    name = "plan to date" if to_date else "plan"
    gap = share.value - 1
    side = "on plan" if abs(gap) < LEVEL else "ahead of plan" if gap > 0 else "behind plan"
    stated = say(f"Against the {name} of ", plan, f" for {period}, attainment was ", share, f": the partner is {side}.")
    return stated if plan.known else say(f"Attainment in {period} was ", share, f": the partner is {side}.")


def customers(facts: Facts, quarter: str) -> Sentence:
    """Customers won and kept."""
    new, kept = facts.of("new_customers", quarter), facts.of("customer_retention", quarter, unit="share")
    if not new.known:
        return say(f"Which customers are new or kept cannot be said: {absent(new)}.")
    noun = "customer" if new.value == 1 else "customers"
    if not kept.known:
        return say(
            "The partner won ", new, f" new {noun} in {quarter}; how many it kept cannot be said: {absent(kept)}."
        )
    return say(
        "The partner won ", new, f" new {noun} in {quarter} and kept ", kept,
        " of those it served in the twelve months before last.",
    )  # fmt: skip


def winning(facts: Facts, quarter: str) -> Sentence:
    """Deals decided, and won."""
    rate = facts.of("win_rate", quarter, unit="share")
    deal = facts.of("average_won_deal", quarter, unit="money")
    if rate.known and rate.n is not None:
        decided = counted(rate.n, "decided deal")
        tail = ("; a won deal was worth ", deal, " on average.") if deal.known else (".",)
        return say("Of ", decided, f" in {quarter}, ", rate, " were won", *tail)
    return say(f"The win rate in {quarter} cannot be said: {absent(rate)}.")


def people(facts: Facts, quarter: str) -> Sentence:
    """Certified people, and revenue per employee."""
    certified = facts.of("certified_people", quarter)
    head = facts.of("revenue_per_employee", quarter, unit="money_per_head")
    if certified.known and head.known:
        noun = "person is" if certified.value == 1 else "people are"
        return say(certified, f" {noun} certified; the last twelve months brought ", head, " per employee.")
    if head.known:
        return say("The last twelve months brought ", head, f" per employee; {absent(certified)}.")
    if certified.known:
        return say(certified, f" certified people at the end of {quarter}; {absent(head)}.")
    return say(f"How able the partner's people are cannot be said: {absent(certified)}.")


def leads(facts: Facts, quarter: str) -> Sentence:
    """What became of the leads that the vendor gave."""
    rate = facts.of("lead_acceptance", quarter, unit="share")
    if not rate.known or rate.n is None:
        return say(f"How the partner took up leads in {quarter} cannot be said: {absent(rate)}.")
    return say(f"Of {counted(rate.n, 'lead')} given to the partner in {quarter}, it accepted ", rate, ".")


def _better(fact: Fact) -> float:
    value = fact.value or 0.0
    return 1 - value if METRICS[fact.metric].better == "lower" else value


def against_peers(facts: Facts, quarter: str, group: str, others: int) -> list[Sentence]:
    """Where the partner stands highest and lowest among its peers: none to two sentences."""
    ranks = [f for f in facts.values() if f.role == AHEAD_OF and f.period == quarter and f.known]
    if not ranks:
        return [say("How the partner compares with peers cannot be said: no group of firms like it is large enough.")]
    ranks.sort(key=lambda fact: (_better(fact), fact.metric))
    worst, best = ranks[0], ranks[-1]
    result = [_rank(facts, best, f"Among {counted(others, 'other firm')} ({group}), it stands highest in")]
    if worst.metric != best.metric:
        result.append(_rank(facts, worst, "It stands lowest in"))
    return result


def _rank(facts: Facts, rank: Fact, opening: str) -> Sentence:
    own = facts.of(rank.metric, rank.period, unit=METRICS[rank.metric].unit)
    median = facts.of(rank.metric, rank.period, role=PEER_MEDIAN, unit=METRICS[rank.metric].unit)
    name = METRICS[rank.metric].label
    label = name[:1].lower() + name[1:]
    tail = (", where the median of its peers is ", median) if median.known else ()
    return say(f"{opening} {label}: ", own, *tail, "; it is ahead of ", rank, " of them.")
