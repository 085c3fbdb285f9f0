"""Sentences on where a partner stands: pure functions of its facts."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from channelnb.fiscal import length_of
from channelnb.metrics.known import KNOWN
from channelnb.narrative import strength
from channelnb.narrative.aspects import cases_of
from channelnb.narrative.facts import ACTUAL, AHEAD_OF, PEER_MEDIAN, PRIOR, SUM, Fact, Facts
from channelnb.narrative.figures import written_alike
from channelnb.narrative.sentence import (
    Piece,
    Sentence,
    called,
    cannot,
    in_list,
    named,
    number_of,
    rated,
    say,
    when,
    why,
    worded,
)


def revenue(facts: Facts, period: str, year_before: str, *, so_far: bool = False) -> Sentence:
    """Revenue of a period beside the same one a year earlier; `so_far` where it is not over.

    >>> sold = [Fact("revenue", "2026Q3", v, "money", role=role) for v, role in ((92.0, "actual"), (100.0, PRIOR))]
    >>> growth = Fact("growth_yoy", "2026Q3", -0.08, "share")
    >>> revenue(Facts([*sold, growth]), "2026Q3", "2025Q3", so_far=True).text("USD")
    'Revenue in 2026Q3 so far was USD 92, down 8 % on USD 100 in the same part of 2025Q3.'
    """
    now = facts.of("revenue", period, unit="money")
    growth = facts.of("growth_yoy", period, unit="share")
    before = facts.of("revenue", period, role=PRIOR, unit="money")
    opening = f"Revenue in {period} so far" if so_far else f"Revenue in {period}"
    if so_far:
        year_before = f"the same part of {year_before}{' (pro rata)' if facts.pro_rata else ''}"
    if not now.known:
        return cannot("revenue", f"Revenue in {period}", now)
    if not growth.known or growth.value is None:
        return say(f"{opening} was ", now, "; ", *why(growth), ", so there is nothing to compare it with.")
    if strength.level(growth.value):
        return say(f"{opening} was ", now, ", level with ", before, f" in {year_before}.")
    by = strength.moved(growth)
    said = worded(
        say(f"{opening} was ", now, ", ", *by, " on ", before, f" in {year_before}."),
        say("Beside ", before, f" in {year_before}, {period} brought ", now, ": ", *by, "."),
    )
    # What was won or lost, as a share of the larger of the two.
    stake = growth.value / (1 + growth.value) if growth.value > 0 else -growth.value
    return rated(said, importance=stake, tone=strength.tone(growth.value))


def attainment(facts: Facts, period: str) -> Sentence:
    """Revenue of a period against its plan, or its plan to date where it is not over.

    >>> share = Fact("attainment", "2026Q3", 0.92, "share")
    >>> plan = Fact("revenue", "2026Q3", 100.0, "money", role="plan_to_date")
    >>> attainment(Facts([share, plan]), "2026Q3").text("USD")
    'Against the plan to date of USD 100 for 2026Q3, attainment was 92 %: the partner is behind plan.'
    """
    share = facts.of("attainment", period, unit="share")
    if not share.known or share.value is None:
        return cannot("attainment", ("How ", when(period), " compares with plan"), share)
    plan = facts.plan(period)
    gap, of = share.value - 1, facts.plan_name(plan)
    side = f"the partner is {strength.against(gap, 'plan')}"
    first = say(f"Against the {of} of ", plan, " for ", when(period), ", attainment was ", share, f": {side}.")
    other = say("In ", when(period), f", {side}, with attainment of ", share, f" against a {of} of ", plan, ".")
    alone = say("Attainment in ", when(period), " was ", share, f": {side}.")
    return rated(worded(first, other) if plan.known else alone, importance=abs(gap), tone=strength.tone(gap))


def customers(facts: Facts, period: str) -> Sentence:
    """Customers won and kept.

    >>> new, kept = Fact("new_customers", "2026Q3", 1.0, "count"), Fact("customer_retention", "2026Q3", 0.8, "share")
    >>> customers(Facts([new, kept]), "2026Q3").text("USD")
    'The partner won 1 new customer in 2026Q3 and kept 80 % of those it served in the twelve months before last.'
    """
    new, kept = facts.of("new_customers", period), facts.of("customer_retention", period, unit="share")
    if not new.known:
        return cannot("new and kept customers", "Which customers are new or kept", new)
    noun = "customer" if new.value == 1 else "customers"
    if not kept.known:
        return say(
            "The partner won ", new, f" new {noun} in {period}; how many it kept cannot be said: ", *why(kept), "."
        )
    return say(
        "The partner won ", new, f" new {noun} in {period} and kept ", kept,
        " of those it served in the twelve months before last.",
    )  # fmt: skip


def winning(facts: Facts, period: str) -> Sentence:
    """Deals decided, and won.

    >>> rate, deal = Fact("win_rate", "2026Q3", 0.4, "share", n=20), Fact("average_won_deal", "2026Q3", 1200.0, "money")
    >>> winning(Facts([rate, deal]), "2026Q3").text("USD")
    'Of 20 decided deals in 2026Q3, 40 % were won; a won deal was worth USD 1.2 k on average.'
    """
    rate = facts.of("win_rate", period, unit="share")
    deal = facts.of("average_won_deal", period, unit="money")
    if rate.known and rate.n is not None:
        decided = number_of(cases_of(rate), "decided deal")
        tail = ("; a won deal was worth ", deal, " on average.") if deal.known else (".",)
        return worded(
            say("Of ", decided, f" in {period}, ", rate, " were won", *tail),
            say(f"Deals decided in {period} were won in ", rate, " of ", cases_of(rate), " cases", *tail),
        )
    return cannot("the win rate", f"The win rate in {period}", rate)


def people(facts: Facts, period: str) -> Sentence:
    """Certified people, and revenue per employee.

    >>> head = Fact("revenue_per_employee", "2026Q3", 9000.0, "money_per_head")
    >>> people(Facts([head]), "2026Q3").text("USD")
    'The last twelve months brought USD 9 k per employee; there is no record of certificates for this partner.'
    """
    certified = facts.of("certified_people", period)
    head = facts.of("revenue_per_employee", period, unit="money_per_head")
    if certified.known and head.known:
        noun = "person is" if certified.value == 1 else "people are"
        return say(certified, f" {noun} certified; the last twelve months brought ", head, " per employee.")
    if head.known:
        return say("The last twelve months brought ", head, " per employee; ", *why(certified), ".")
    if certified.known:
        noun = "person" if certified.value == 1 else "people"
        return say(certified, f" certified {noun} at the end of {period}; ", *why(head), ".")
    return cannot("certified people", "How many people are certified", certified)


def leads(facts: Facts, period: str) -> Sentence:
    """What became of the leads that the vendor gave.

    >>> leads(Facts([Fact("lead_acceptance", "2026Q3", 0.75, "share", n=12)]), "2026Q3").text("USD")
    'Of 12 leads given to the partner in 2026Q3, it accepted 75 %.'
    >>> leads(Facts([]), "2026Q3").text("USD")
    'How the partner took up leads in 2026Q3 cannot be said: there is no lead for this partner.'
    """
    rate = facts.of("lead_acceptance", period, unit="share")
    if not rate.known or rate.n is None:
        return cannot("leads", f"How the partner took up leads in {period}", rate)
    given = number_of(cases_of(rate), "lead")
    return worded(
        say("Of ", given, f" given to the partner in {period}, it accepted ", rate, "."),
        say("It accepted ", rate, " of the ", given, f" that it was given in {period}."),
    )


def _beside_median(facts: Facts, rank: Fact) -> float | None:
    """How far the partner's figure is on the better side of its peers' median; None where that is not known."""
    unit = KNOWN[rank.metric].unit
    own = facts.of(rank.metric, rank.period, unit=unit).value
    median = facts.of(rank.metric, rank.period, role=PEER_MEDIAN, unit=unit).value
    if own is None or median is None:
        return None
    return median - own if KNOWN[rank.metric].better == "lower" else own - median


def against_peers(
    facts: Facts,
    period: str,
    groups: Mapping[str, str],
    *,
    notable: Collection[str] = (),
    scorecard: Collection[str] = (),
) -> list[Sentence]:
    """Where the partner stands highest and lowest among its peers: at most three sentences.

    `groups` names the group of firms that it is compared with in each metric, `notable` the metrics in which it
    stands out by more than chance, with all figures of the run in view: only of these is it said. Where it stands
    highest and lowest is told of the metrics of its `scorecard`, which say what matters; of all that are compared where
    fewer than two of them are.

    >>> ahead_of = {"win_rate": 0.8, "attainment": 0.2}
    >>> facts = Facts(Fact(name, "2026Q3", v, "share", role=AHEAD_OF, n=9) for name, v in ahead_of.items())
    >>> said = against_peers(facts, "2026Q3", dict.fromkeys(ahead_of, "resellers"), notable=["win_rate"])
    >>> [sentence.text("USD").partition(":")[0] for sentence in said]
    ['Against its peers it stands highest in win rate', 'It stands lowest in attainment']
    """
    ranks = [f for f in facts.values() if f.role == AHEAD_OF and f.period == period and f.known]
    ranks = [f for f in ranks if KNOWN[f.metric].better != "neither"]
    if not ranks:
        return [say("How the partner compares with peers cannot be said: no group of firms like it is large enough.")]
    ranks.sort(key=lambda fact: (fact.value or 0.0, fact.metric))
    scored = [rank for rank in ranks if rank.metric in scorecard]
    of_scorecard = _extremes(facts, scored, " of its scorecard") if len(scored) > 1 else []
    extremes = of_scorecard or _extremes(facts, ranks)
    told = [_rank(facts, rank, opening, groups, notable) for rank, opening in extremes]
    told = told or [say("It is level with the median of its peers in each measure compared.")]
    mentioned = {fact.metric for sentence in told for fact in sentence.facts}
    others = [rank.metric for rank in ranks if rank.metric in notable and rank.metric not in mentioned]
    return [*told, *([_also(facts, period, others)] if others else [])]


def _extremes(facts: Facts, ranks: list[Fact], of: str = "") -> list[tuple[Fact, tuple[Piece, ...]]]:
    """Of the ranks, from worst to best, the one or two to tell of, and the words that open the sentence."""
    worst, best = ranks[0], ranks[-1]
    if len(ranks) == 1:
        return [(best, ("It can be compared with its peers in one measure only,",))]
    compared = Fact("measures_compared", best.period, float(len(ranks)), "count")
    each = ("half of its peers in each of the ", compared, f" measures{of} compared")
    # Not by the share that it is ahead of: whoever is level with it counts as not passed.
    beside = [_beside_median(facts, rank) for rank in ranks]
    if all(gap is not None and gap < 0 for gap in beside):
        return [(worst, ("It is in the lower ", *each, ", lowest in"))]
    if all(gap is not None and gap > 0 for gap in beside):
        return [(best, ("It is in the upper ", *each, ", highest in"))]
    return _ends(facts, [rank for rank in ranks if not _level(facts, rank)], f", of the measures{of}," if of else "")


def _level(facts: Facts, rank: Fact) -> bool:
    """Whether the partner's figure reads like its peers' median: then it stands neither high nor low in it."""
    unit = KNOWN[rank.metric].unit
    own, median = (facts.of(rank.metric, rank.period, role=role, unit=unit) for role in (ACTUAL, PEER_MEDIAN))
    return written_alike(own, median)


def _ends(facts: Facts, ranks: list[Fact], within: str) -> list[tuple[Fact, tuple[Piece, ...]]]:
    """The best and the worst of the ranks; of one alone what it is; nothing where there is none."""
    highest, lowest = (f"Against its peers it stands highest{within} in",), ("It stands lowest in",)
    if not ranks:
        return []
    if len(ranks) > 1:
        return [(ranks[-1], highest), (ranks[0], lowest)]
    only, gap = ranks[0], _beside_median(facts, ranks[0])
    return [(only, highest if gap is None or gap > 0 else (f"Against its peers it stands lowest{within} in",))]


def _rank(
    facts: Facts, rank: Fact, opening: tuple[Piece, ...], groups: Mapping[str, str], notable: Collection[str]
) -> Sentence:
    own = facts.of(rank.metric, rank.period, unit=KNOWN[rank.metric].unit)
    median = facts.of(rank.metric, rank.period, role=PEER_MEDIAN, unit=KNOWN[rank.metric].unit)
    tail = (", where the median of its peers is ", median) if median.known else ()
    firms = (" of ", number_of(cases_of(rank), "other firm"), " (", named(groups[rank.metric]), ")")
    # The word is kept for what is more than chance.
    ending = ", a notable difference." if rank.metric in notable else "."
    return say(*opening, " ", called(rank.metric), ": ", own, *tail, "; it is ahead of ", rank, *firms, ending)


def _also(facts: Facts, period: str, metrics: Sequence[str]) -> Sentence:
    """The other metrics in which the partner stands out by more than chance."""
    said = [(called(name), " at ", facts.of(name, period, unit=KNOWN[name].unit)) for name in metrics]
    return say("Also notable beside its peers: ", *in_list(said), ".")


def history(facts: Facts, periods: list[str]) -> Sentence:
    """What was sold over all the periods, the best of them, and the last with a sale.

    >>> sold = {"2026Q1": 100.0, "2026Q2": 300.0, "2026Q3": 0.0}
    >>> facts = Facts(Fact("revenue", period, value, "money", n=int(value > 0)) for period, value in sold.items())
    >>> history(facts, list(sold)).text("USD")
    'Over the 3 quarters to 2026Q3 it sold USD 400 in all, most in 2026Q2 with USD 300; its last sale was in 2026Q2.'
    """
    known = [fact for period in periods if (fact := facts.of("revenue", period, unit="money")).known]
    sold = [fact for fact in known if fact.n]
    span = f"{periods[0]}–{periods[-1]}"
    length = number_of(Fact("periods_covered", span, float(len(periods)), "count"), length_of(periods[-1]))
    if not sold:
        return say("No sale is recorded in the ", length, f" to {periods[-1]}.")
    best = max(sold, key=lambda fact: fact.value or 0.0)
    # A role of its own: whoever adds up the periods' revenue must not find their sum among them.
    total = sum(fact.value or 0.0 for fact in known)
    every = Fact("revenue", span, total, "money", role=SUM)
    last = "" if sold[-1].period == periods[-1] else f"; its last sale was in {sold[-1].period}"
    return say(
        "Over the ",
        length,
        f" to {periods[-1]} it sold ",
        every,
        f" in all, most in {best.period} with ",
        best,
        f"{last}.",
    )


def main_line(facts: Facts, period: str) -> Sentence:
    """The product line that sold most in a period, and its share.

    >>> sold = {"Cloud": 75.0, "Networks": 25.0}
    >>> facts = [Fact("revenue", "2026Q3", value, "money", (("line", line),)) for line, value in sold.items()]
    >>> main_line(Facts([Fact("revenue", "2026Q3", 100.0, "money"), *facts]), "2026Q3").text("USD")
    'Cloud sold most of its 2 lines: USD 75, or 75 % of its revenue.'
    """
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
        said = f"What the partner sells by line cannot be compared in {period}."
        return Sentence((said,), "its lines", "no sale to compare")
    share = Fact("share_of_revenue", period, most.value / whole.value, "share", most.grain)
    many = number_of(Fact("lines_sold", period, float(len(lines)), "count"), "line")
    return say(
        named(dict(most.grain)["line"]), " sold most of its ", many, ": ", most, ", or ", share, " of its revenue.",
    )  # fmt: skip
