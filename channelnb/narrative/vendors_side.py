"""Sentences on what each side of a partnership did for the other: the vendor's, and the partner's in the same way."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable

import pandas as pd

from channelnb.frames import records
from channelnb.metrics.known import KNOWN
from channelnb.narrative.facts import PEER_MEDIAN, TARGET, Fact, Facts
from channelnb.narrative.promises import promises
from channelnb.narrative.sentence import Piece, Sentence, listed, mid_sentence, named, number_of, rated, say
from channelnb.narrative.strength import verdict
from channelnb.planning.sides.waiting import PARTNER, VENDOR
from channelnb.scorecards import CATEGORIES
from channelnb.watch import USUAL

WAITS, OLDEST, USUALLY, LATE, LATE_MONEY, MONEY = (
    *("waiting", "waiting_oldest", "waiting_usual"),
    *("waiting_late", "waiting_late_money", "waiting_money"),
)
"""The metrics of the facts on what waits: how many, how long the oldest has and three in four do, and what is late."""

_OF_SIDE = {VENDOR: ("payment", "claim", "registration"), PARTNER: ("lead",)}


def waiting_facts(waiting: pd.DataFrame, *, period: str) -> Iterable[Fact]:
    """The facts on what each side keeps waiting; needs the partner's rows of the table ``waiting``."""
    for row in records(waiting):
        grain = (("what", str(row["what"])),)
        told = {
            WAITS: (row["count"], "count"),
            LATE: (row["late"], "count"),
            OLDEST: (row["oldest"], "days"),
            USUALLY: (row["usual"], "days"),
            MONEY: (row["amount"], "money"),
            LATE_MONEY: (row["late_amount"], "money"),
        }
        for name, (value, unit) in told.items():
            if pd.notna(value):
                yield Fact(name, period, float(value), unit, grain, n=int(row["count"]))


def base_of(facts: Facts, period: str) -> float:
    """What money at stake is set against: the period's plan, else its revenue; 0 where there is neither.

    >>> base_of(Facts([Fact("revenue", "2026Q3", 80.0, "money")]), "2026Q3")
    80.0
    """
    plan, revenue = facts.plan(period), facts.of("revenue", period, unit="money")
    return max(0.0, plan.value if plan.known and plan.value else revenue.value or 0.0)


def share_at_stake(facts: Facts, period: str, money: Fact) -> float:
    """Money at stake as a share of the period's plan, or revenue, by which a summary chooses.

    >>> facts = Facts([Fact("revenue", "2026Q3", 80.0, "money")])
    >>> share_at_stake(facts, "2026Q3", Fact("waiting_money", "2026Q3", 20.0, "money"))
    0.25
    """
    base = base_of(facts, period)
    return abs(money.value or 0.0) / base if base else 0.0


def late(facts: Facts, period: str, side: str) -> list[Sentence]:
    """What a side keeps waiting for longer than three in four take: one sentence for each kind, the worst first.

    >>> told = {"waiting_late": (1.0, "count"), "waiting_late_money": (900.0, "money")}
    >>> told |= {"waiting_oldest": (80.0, "days"), "waiting_usual": (57.0, "days")}
    >>> facts = [Fact(name, "2026Q3", v, unit, (("what", "payment"),)) for name, (v, unit) in told.items()]
    >>> late(Facts(facts), "2026Q3", "vendor")[0].text("USD")
    'Payment is late for 1 claim worth USD 900: the oldest has waited 80 days, and three in four take 57 days at most.'
    """
    said = []
    for what in _OF_SIDE[side]:
        count = facts.of(LATE, period, what=what)
        if count.known and count.value:
            money = facts.of(LATE_MONEY, period, unit="money", what=what)
            sentence = _LATE[what](facts, period, count, money)
            said.append(rated(sentence, importance=share_at_stake(facts, period, money), tone="red"))
    return sorted(said, key=lambda sentence: -sentence.importance)


def _worth(money: Fact, joiner: str = " worth ") -> tuple[str | Fact, ...]:
    return (joiner, money) if money.known else ()


def _days(facts: Facts, period: str, what: str) -> tuple[Fact, Fact]:
    """For how long the oldest has waited, and three in four do at most."""
    return facts.of(OLDEST, period, unit="days", what=what), facts.of(USUALLY, period, unit="days", what=what)


def _late_payment(facts: Facts, period: str, count: Fact, money: Fact) -> Sentence:
    oldest, usual = _days(facts, period, "payment")
    opening = ("Payment is late for ", number_of(count, "claim"), *_worth(money))
    return say(*opening, ": the oldest has waited ", oldest, ", and three in four take ", usual, " at most.")


def _late_claim(facts: Facts, period: str, count: Fact, money: Fact) -> Sentence:
    oldest, usual = _days(facts, period, "claim")
    opening = ("Undecided for longer than three in four (", usual, ") ", _be(count), " ", number_of(count, "claim"))
    return say(*opening, *_worth(money), ", the oldest for ", oldest, ".")


def _late_registration(facts: Facts, period: str, count: Fact, money: Fact) -> Sentence:
    oldest, usual = _days(facts, period, "registration")
    opening = (number_of(count, "registered deal"), *_worth(money))
    verb = "waits" if count.value == 1 else "wait"
    tail = (
        f" {verb} for the vendor's word, the oldest for ",
        oldest,
        "; three in four are answered within ",
        usual,
        ".",
    )
    return say(*opening, *tail)


def _late_lead(facts: Facts, period: str, count: Fact, money: Fact) -> Sentence:
    oldest, usual = _days(facts, period, "lead")
    opening = ("Without a first contact ", _be(count), " ", number_of(count, "lead"), *_worth(money))
    return say(*opening, ", the oldest for ", oldest, "; three in four get one within ", usual, ".")


def _be(count: Fact) -> str:
    return "is" if count.value == 1 else "are"


_LATE: dict[str, Callable[[Facts, str, Fact, Fact], Sentence]] = {
    "payment": _late_payment,
    "claim": _late_claim,
    "registration": _late_registration,
    "lead": _late_lead,
}


def reference(facts: Facts, metric: str, period: str) -> Fact:
    """What a figure is held against: the target of the partner's scorecard, else the median of its peers.

    >>> median = Fact("lead_handover_time", "2026Q3", 20.0, "hours", role=PEER_MEDIAN)
    >>> reference(Facts([median]), "lead_handover_time", "2026Q3").role
    'peer_median'
    """
    unit = KNOWN[metric].unit
    targets = (facts.of(metric, period, role=TARGET, unit=unit, category=category) for category in CATEGORIES)
    return next((fact for fact in targets if fact.known), facts.of(metric, period, role=PEER_MEDIAN, unit=unit))


def side_of(own: Fact, held_against: Fact) -> str:
    """On which side of a target or a median a figure is: better, worse or level; "" where that cannot be told.

    >>> days = Fact("mdf_days_to_pay", "2026Q3", 30.0, "days")
    >>> side_of(days, Fact("mdf_days_to_pay", "2026Q3", 20.0, "days", role=PEER_MEDIAN))
    'worse'
    """
    if not (own.known and held_against.known) or KNOWN[own.metric].better == "neither":
        return ""
    return verdict(own.metric, (own.value or 0.0) - (held_against.value or 0.0)) or "level"


def short_of(facts: Facts, period: str, metrics: Iterable[str], notable: Collection[str]) -> list[Sentence]:
    """What misses a target by most, and what is worse than with peers by more than chance: at most one of each.

    A target is one of the partner's scorecard, whichever side the metric is of.

    >>> told = [Fact("lead_response_time", "2026Q3", 60.0, "hours")]
    >>> target = Fact("lead_response_time", "2026Q3", 48.0, "hours", (("category", "activity"),), TARGET)
    >>> [said.text("USD") for said in short_of(Facts([*told, target]), "2026Q3", ["lead_response_time"], [])]
    ['Lead response time was 60 hours, and its target is 48 hours.']
    """
    found: dict[str, tuple[float, Fact, Fact]] = {}
    for metric in metrics:
        if metric not in KNOWN:
            continue
        own, wanted = facts.of(metric, period, unit=KNOWN[metric].unit), reference(facts, metric, period)
        told = wanted.role == TARGET or metric in notable
        if told and side_of(own, wanted) == "worse":
            gap = abs((own.value or 0.0) - (wanted.value or 0.0)) / (abs(wanted.value or 0.0) or 1.0)
            found[wanted.role] = max(found.get(wanted.role, (0.0, own, wanted)), (gap, own, wanted), key=lambda g: g[0])
    said = []
    if TARGET in found:
        _, own, wanted = found[TARGET]
        label = named(KNOWN[own.metric].label)
        said.append(rated(say(label, " was ", own, ", and its target is ", wanted, "."), tone="red"))
    if PEER_MEDIAN in found:
        _, own, wanted = found[PEER_MEDIAN]
        label = named(mid_sentence(KNOWN[own.metric].label))
        beside = say("Notably worse than with the partner's peers (median ", wanted, ") is ", label, " at ", own, ".")
        said.append(rated(beside, tone="red"))
    return said


def out_of_touch(facts: Facts, period: str) -> list[Sentence]:
    """That nobody spoke to the partner for a long time; nothing where somebody did, or nobody writes it down.

    >>> out_of_touch(Facts([Fact("days_since_contact", "2026Q3", 120.0, "days")]), "2026Q3")[0].text("USD")
    'Nobody of the vendor is known to have spoken to the partner for 120 days.'
    """
    days = facts.of("days_since_contact", period, unit="days")
    if not days.known or (days.value or 0.0) <= USUAL.days_without_contact:
        return []
    return [rated(say("Nobody of the vendor is known to have spoken to the partner for ", days, "."), tone="red")]


def gave(facts: Facts, period: str) -> list[Sentence]:
    """What the vendor gave in a period: leads and their value, training, contact and incentives.

    >>> told = [Fact("leads_given", "2026Q3", 1.0, "count"), Fact("training_sessions", "2026Q3", 2.0, "count")]
    >>> gave(Facts(told), "2026Q3")[0].text("USD")
    'In 2026Q3 the vendor gave 1 lead and 2 training sessions.'
    """
    leads, worth = facts.of("leads_given", period), facts.of("leads_given_value", period, unit="money")
    value: tuple[Piece, ...] = (" that may be worth ", worth) if worth.known and worth.value else ()
    training, contacts = facts.of("training_sessions", period), facts.of("contacts_held", period)
    told = [
        (leads, (number_of(leads, "lead"), *value)),
        (training, (number_of(training, "training session"),)),
        (contacts, (number_of(contacts, "contact"),)),
    ]
    for name, words in (("incentives_new_business", " for new business"), ("incentives_growth", " for growth")):
        paid = facts.of(name, period, unit="money")
        told.append((paid, (paid, words)))
    nothing = f"Nothing that the vendor gave in {period} is on record."
    return _enumerated(f"In {period} the vendor gave ", told, nothing=nothing)


def did(facts: Facts, period: str) -> list[Sentence]:
    """What the partner did in a period: leads taken up, deals registered, people trained, marketing.

    >>> rate, deals = ("lead_acceptance", 0.75, "share"), ("deal_registrations", 3.0, "count")
    >>> told = [Fact(name, "2026Q3", value, unit) for name, value, unit in (rate, deals)]
    >>> did(Facts(told), "2026Q3")[0].text("USD")
    'On its side the partner accepted 75 % of its leads and registered 3 deals in 2026Q3.'
    """
    rate, deals = facts.of("lead_acceptance", period, unit="share"), facts.of("deal_registrations", period)
    people, events = facts.of("trained_people", period), facts.of("events_held", period)
    told: list[tuple[Fact, tuple[Piece, ...]]] = [
        (rate, ("accepted ", rate, " of its leads")),
        (deals, ("registered ", number_of(deals, "deal"))),
        (people, ("sent ", number_of(people, "person", "people"), " to training")),
        (events, ("held ", number_of(events, "event"))),
    ]
    nothing = f"Nothing that the partner did for the vendor in {period} is on record."
    return _enumerated("On its side the partner ", told, f" in {period}", nothing=nothing)


def _enumerated(
    opening: str, told: list[tuple[Fact, tuple[Piece, ...]]], end: str = "", *, nothing: str
) -> list[Sentence]:
    """One sentence of what there was some of; `nothing` where there was none; no sentence where none is known."""
    parts = [pieces for fact, pieces in told if fact.known and fact.value]
    if not parts:
        return [say(nothing)] if any(fact.known for fact, _ in told) else []
    pieces: list[Piece] = [opening]
    for place, part in enumerate(parts):
        joiner = "" if place == 0 else " and " if place == len(parts) - 1 else ", "
        pieces += [joiner, *part]
    return [say(*pieces, f"{end}.")]


def side(
    facts: Facts, period: str, which: str, *, metrics: Iterable[str], notable: Collection[str] = ()
) -> list[Sentence]:
    """What one side did for the other, what it is late with first; nothing where the data tell nothing of it.

    >>> side(Facts([]), "2026Q3", "vendor", metrics=["leads_given"])
    []
    """
    every = facts.of("promises", period, side=which)
    promised = [promises(facts, period, which)] if every.known else []
    red = [*late(facts, period, which), *(out_of_touch(facts, period) if which == VENDOR else [])]
    done = gave(facts, period) if which == VENDOR else did(facts, period)
    return [*red, *short_of(facts, period, metrics, notable), *done, *promised]


def nothing_told(lacking: Iterable[str]) -> Sentence:
    """That the data tell nothing of what a side did, and what would.

    >>> nothing_told(["leads", "activities"]).text("USD")
    "What each side did for the other is not in the vendor's data: leads and activities would tell of it."
    """
    return say(f"What each side did for the other is not in the vendor's data: {listed(lacking)} would tell of it.")
