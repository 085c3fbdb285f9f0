"""Sentences on where a partner stands: pure functions of its facts."""

from __future__ import annotations

from collections.abc import Mapping

from channelnb.fiscal import length_of
from channelnb.metrics.registry import METRICS
from channelnb.narrative.facts import AHEAD_OF, PEER_MEDIAN, PLAN_TO_DATE, PRIOR, SUM, Fact, Facts
from channelnb.narrative.sentence import Sentence, absent, cannot, counted, say, size_of

LEVEL = 0.005
"""A change of less than half a per cent is called level."""


def revenue(facts: Facts, period: str, year_before: str, *, so_far: bool = False) -> Sentence:
    """Revenue of a period beside the same one a year earlier; `so_far` where it is not over."""
    now = facts.of("revenue", period, unit="money")
    growth = facts.of("growth_yoy", period, unit="share")
    before = facts.of("revenue", period, role=PRIOR, unit="money")
    opening = f"Revenue in {period} so far" if so_far else f"Revenue in {period}"
    year_before = f"the same part of {year_before}" if so_far else year_before
    if not now.known:
        return cannot("revenue", f"Revenue in {period}", now)
    if not growth.known or growth.value is None:
        return say(f"{opening} was ", now, f"; {absent(growth)}, so there is nothing to compare it with.")
    if abs(growth.value) < LEVEL:
        return say(f"{opening} was ", now, ", level with ", before, f" in {year_before}.")
    word = "up" if growth.value > 0 else "down"
    return say(f"{opening} was ", now, f", {word} ", size_of(growth), " on ", before, f" in {year_before}.")


def attainment(facts: Facts, period: str) -> Sentence:
    """Revenue of a period against its plan, or its plan to date where it is not over."""
    share = facts.of("attainment", period, unit="share")
    if not share.known or share.value is None:
        return cannot("attainment", f"How {period} compares with plan", share)
    plan = facts.plan(period)
    name = "plan to date" if plan.role == PLAN_TO_DATE else "plan"
    gap = share.value - 1
    side = "on plan" if abs(gap) < LEVEL else "ahead of plan" if gap > 0 else "behind plan"
    stated = say(f"Against the {name} of ", plan, f" for {period}, attainment was ", share, f": the partner is {side}.")
    return stated if plan.known else say(f"Attainment in {period} was ", share, f": the partner is {side}.")


def customers(facts: Facts, period: str) -> Sentence:
    """Customers won and kept."""
    new, kept = facts.of("new_customers", period), facts.of("customer_retention", period, unit="share")
    if not new.known:
        return cannot("new and kept customers", "Which customers are new or kept", new)
    noun = "customer" if new.value == 1 else "customers"
    if not kept.known:
        return say(
            "The partner won ", new, f" new {noun} in {period}; how many it kept cannot be said: {absent(kept)}."
        )
    return say(
        "The partner won ", new, f" new {noun} in {period} and kept ", kept,
        " of those it served in the twelve months before last.",
    )  # fmt: skip


def winning(facts: Facts, period: str) -> Sentence:
    """Deals decided, and won."""
    rate = facts.of("win_rate", period, unit="share")
    deal = facts.of("average_won_deal", period, unit="money")
    if rate.known and rate.n is not None:
        decided = counted(rate.n, "decided deal")
        tail = ("; a won deal was worth ", deal, " on average.") if deal.known else (".",)
        return say("Of ", decided, f" in {period}, ", rate, " were won", *tail)
    return cannot("the win rate", f"The win rate in {period}", rate)


def people(facts: Facts, period: str) -> Sentence:
    """Certified people, and revenue per employee."""
    certified = facts.of("certified_people", period)
    head = facts.of("revenue_per_employee", period, unit="money_per_head")
    if certified.known and head.known:
        noun = "person is" if certified.value == 1 else "people are"
        return say(certified, f" {noun} certified; the last twelve months brought ", head, " per employee.")
    if head.known:
        return say("The last twelve months brought ", head, f" per employee; {absent(certified)}.")
    if certified.known:
        return say(certified, f" certified people at the end of {period}; {absent(head)}.")
    return cannot("certified people", "How many people are certified", certified)


def leads(facts: Facts, period: str) -> Sentence:
    """What became of the leads that the vendor gave."""
    rate = facts.of("lead_acceptance", period, unit="share")
    if not rate.known or rate.n is None:
        return cannot("leads", f"How the partner took up leads in {period}", rate)
    return say(f"Of {counted(rate.n, 'lead')} given to the partner in {period}, it accepted ", rate, ".")


def _better(fact: Fact) -> float:
    value = fact.value or 0.0
    return 1 - value if METRICS[fact.metric].better == "lower" else value


def against_peers(facts: Facts, period: str, groups: Mapping[str, str]) -> list[Sentence]:
    """Where the partner stands highest and lowest among its peers: one or two sentences.

    `groups` names the group of firms that it is compared with in each metric.
    """
    ranks = [f for f in facts.values() if f.role == AHEAD_OF and f.period == period and f.known]
    ranks = [f for f in ranks if METRICS[f.metric].better != "neither"]
    if not ranks:
        return [say("How the partner compares with peers cannot be said: no group of firms like it is large enough.")]
    ranks.sort(key=lambda fact: (_better(fact), fact.metric))
    worst, best = ranks[0], ranks[-1]
    if _better(best) <= 0.5:
        return [
            _rank(
                facts,
                worst,
                f"It is in the lower half of its peers in each of the {len(ranks)} measures compared, lowest in",
                groups,
            )
        ]
    if _better(worst) >= 0.5:
        return [
            _rank(
                facts,
                best,
                f"It is in the upper half of its peers in each of the {len(ranks)} measures compared, highest in",
                groups,
            )
        ]
    return [
        _rank(facts, best, "Against its peers it stands highest in", groups),
        _rank(facts, worst, "It stands lowest in", groups),
    ]


def _rank(facts: Facts, rank: Fact, opening: str, groups: Mapping[str, str]) -> Sentence:
    own = facts.of(rank.metric, rank.period, unit=METRICS[rank.metric].unit)
    median = facts.of(rank.metric, rank.period, role=PEER_MEDIAN, unit=METRICS[rank.metric].unit)
    name = METRICS[rank.metric].label
    label = name[:1].lower() + name[1:]
    tail = (", where the median of its peers is ", median) if median.known else ()
    firms = f" of {counted(rank.n or 0, 'other firm')} ({groups[rank.metric]})."
    return say(f"{opening} {label}: ", own, *tail, "; it is ahead of ", rank, firms)


def history(facts: Facts, periods: list[str]) -> Sentence:
    """What was sold over all the periods, the best of them, and the last with a sale."""
    known = [fact for period in periods if (fact := facts.of("revenue", period, unit="money")).known]
    sold = [fact for fact in known if fact.n]
    if not sold:
        return say(f"No sale is recorded in the {counted(len(periods), length_of(periods[-1]))} to {periods[-1]}.")
    best = max(sold, key=lambda fact: fact.value or 0.0)
    # A role of its own: whoever adds up the periods' revenue must not find their sum among them.
    total, span = sum(fact.value or 0.0 for fact in known), f"{periods[0]}–{periods[-1]}"
    every = Fact("revenue", span, total, "money", role=SUM)
    last = "" if sold[-1].period == periods[-1] else f"; its last sale was in {sold[-1].period}"
    opening = f"Over the {counted(len(periods), length_of(periods[-1]))} to {periods[-1]} it sold "
    return say(opening, every, f" in all, most in {best.period} with ", best, f"{last}.")


def main_line(facts: Facts, period: str) -> Sentence:
    """The product line that sold most in a period, and its share."""
    lines = [
        fact
        for fact in facts.values()
        if (fact.metric, fact.period, fact.role) == ("revenue", period, "actual")
        and dict(fact.grain).keys() == {"line"}
        and fact.known
    ]
    whole = facts.of("revenue", period, unit="money")
    most = max(lines, key=lambda fact: (fact.value or 0.0, fact.id), default=None)
    if most is None or not whole.value or not most.value or whole.value <= 0 or len(lines) < 2:
        return say(f"What the partner sells by line cannot be compared in {period}.")
    share = Fact("share_of_revenue", period, most.value / whole.value, "share", most.grain)
    return say(
        f"{dict(most.grain)['line']} sold most of its {len(lines)} lines: ", most, ", or ", share, " of its revenue."
    )
