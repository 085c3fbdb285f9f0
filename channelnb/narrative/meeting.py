"""Words of a review's agenda: for each item what it is, why it is there, and what to decide."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from channelnb.fiscal import day_text
from channelnb.frames import records
from channelnb.narrative.capability import ENDING, MISSING
from channelnb.narrative.facts import GAP, TARGET, Fact, Facts
from channelnb.narrative.leaving import SIGNS
from channelnb.narrative.marketing import LEFT
from channelnb.narrative.promises import MISSES
from channelnb.narrative.sentence import Piece, Sentence, ended, in_list, named, number_of, say
from channelnb.narrative.vendors_side import LATE, LATE_MONEY, MONEY, OLDEST, WAITS
from channelnb.planning.meeting.agenda import OTHER
from channelnb.planning.meeting.meetings import NEXT, THIS
from channelnb.planning.meeting.target_kinds import TARGET_KINDS

NEXT_TARGET, IN_PLACE, FUNDS_OPEN = "next_target", "in_place", "funds_open"
"""The metric of the facts on next period's targets, and the roles of what is in place for one already, and of the
development funds that are open for it."""


@dataclass(frozen=True)
class Item:
    """One item of an agenda, in words; `decide` goes on from "Decide whether"."""

    title: str
    why: Sentence
    decide: Sentence


@dataclass(frozen=True)
class _Told:
    """What an item is worded from: its row of the agenda, the facts, the period told of, the promise it is about."""

    row: Mapping[str, Any]
    facts: Facts
    period: str
    promise: Mapping[str, Any]

    def of(self, metric: str, unit: str = "count", *, period: str = "", role: str = "actual", **grain: str) -> Fact:
        return self.facts.of(metric, period or self.period, unit=unit, role=role, **grain)

    @property
    def about(self) -> str:
        return str(self.row["about"])

    @property
    def ahead(self) -> str:
        return str(self.row["period"])


def target_facts(targets: pd.DataFrame, *, period: str) -> Iterable[Fact]:
    """The facts on next period's targets; needs the partner's rows of the table ``next_targets``."""
    for row in records(targets):
        grain, unit = (("target", str(row["target"])),), str(row["unit"])
        yield Fact(NEXT_TARGET, str(row["period"]), row["value"], unit, grain, TARGET)
        if pd.notna(row["reached"]):
            yield Fact(NEXT_TARGET, period, row["reached"], unit, grain)
        if pd.notna(row["in_place"]):
            yield Fact(NEXT_TARGET, str(row["period"]), row["in_place"], unit, grain, IN_PLACE)
        if pd.notna(row["funds_open"]):
            yield Fact(NEXT_TARGET, str(row["period"]), row["funds_open"], unit, grain, FUNDS_OPEN)


def item(row: Mapping[str, Any], facts: Facts, period: str, promises: Mapping[str, Mapping[str, Any]]) -> Item:
    """One row of the agenda in words.

    Needs a row of the table ``agenda``, the facts of the review of `period`, and the promises by their id.

    >>> days = Facts([Fact("days_since_contact", "2026Q3", 120.0, "days")])
    >>> row = {"topic": "no_contact", "about": "", "period": "2026Q3"}
    >>> found = item(row, days, "2026Q3", {})
    >>> found.why.text("USD"), found.decide.text("USD")
    ('The last contact on record was 120 days before.', 'both sides speak at fixed days from now on, and who calls.')
    """
    about = str(row["about"])
    title, make = _WORDS[str(row["topic"])]
    why, decide = make(_Told(row, facts, period, promises.get(about, {})))
    return Item(title, say(*why), say(*decide))


def to_decide(found: Item) -> Sentence:
    """What an item asks both sides to decide, as a sentence that stands by itself.

    >>> to_decide(Item("Reviews", say("It is late."), say("a day is fixed."))).text("USD")
    'Reviews: whether a day is fixed.'
    """
    return say(f"{found.title}: whether ", *found.decide.pieces)


_Words = tuple[tuple[Piece, ...], tuple[Piece, ...]]


def _behind_plan(told: _Told) -> _Words:
    revenue, plan = told.of("revenue", "money"), told.facts.plan(told.period)
    share = told.of("attainment", "share")
    why = ("Revenue was ", revenue, f" against a {told.facts.plan_name(plan)} of ", plan, ": ", share, " of it.")
    return why, ("what is missing is made up in the quarters that follow, or the plan is changed.",)


def _under_pipeline(told: _Told) -> _Words:
    index = told.of("pipeline_index", "index", period=told.ahead)
    target = told.of("pipeline_index", "index", period=told.ahead, role=TARGET)
    gap = told.of("revenue", "money", period=told.ahead, role=GAP)
    why = (f"The pipeline for {told.ahead} stands at ", index, ", the target at ", target, ": ", gap, " is missing.")
    return why, (f"deals are brought forward into {told.ahead}, or new ones are opened, and which.",)


def _without_plan(told: _Told) -> _Words:
    return (f"No plan for {told.ahead} is on record.",), (
        f"a plan for {told.ahead} is agreed now, and on what figures.",
    )


def _overdue_deals(told: _Told) -> _Words:
    late, whole = told.of("pipeline_overdue", "money"), told.of("open_pipeline", "money")
    why = ("Of the open pipeline of ", whole, ", ", late, " is past its date.")
    return why, ("each of these deals gets a new date, or is closed as lost.",)


def _money(fact: Fact) -> tuple[Piece, ...]:
    return (" worth ", fact) if fact.known and fact.value else ()


def _queue(told: _Told, what: str, noun: str) -> tuple[Piece, ...]:
    count = told.of(LATE, what=what)
    return (number_of(count, noun), *_money(told.of(LATE_MONEY, "money", what=what)))


def _stale_leads(told: _Told) -> _Words:
    oldest = told.of(OLDEST, "days", what="lead")
    why = (*_queue(told, "lead", "lead"), " without a first contact, the oldest for ", oldest, ".")
    return why, ("the partner works them within a week, or hands them back.",)


def _late_registrations(told: _Told) -> _Words:
    oldest = told.of(OLDEST, "days", what="registration")
    why = (*_queue(told, "registration", "registered deal"), " without the vendor's word, the oldest for ", oldest, ".")
    return why, ("each registration is granted, and by which day the vendor says so.",)


def _late_payments(told: _Told) -> _Words:
    oldest = told.of(OLDEST, "days", what="payment")
    why = (*_queue(told, "payment", "granted claim"), " not paid, the oldest for ", oldest, ".")
    return why, ("the vendor pays at once, or names the day.",)


def _pending_claims(told: _Told) -> _Words:
    count, money = told.of(WAITS, what="claim"), told.of(MONEY, "money", what="claim")
    oldest = told.of(OLDEST, "days", what="claim")
    why = (number_of(count, "claim"), *_money(money), " not decided, the oldest for ", oldest, ".")
    return why, ("each claim is granted, and by which day the vendor says so.",)


def _missed_again(told: _Told) -> _Words:
    which = "The vendor" if told.promise.get("side") == "vendor" else "The partner"
    times = number_of(told.of(MISSES, commitment_id=told.about), "quarter")
    why = (f"{which} missed it for ", times, " in a row: ", named(ended(str(told.promise.get("text", "")))))
    return why, _after_a_miss(told)


def _missed(told: _Told) -> _Words:
    side = str(told.promise.get("side"))
    which = "The vendor" if side == "vendor" else "The partner"
    many = told.of("promises", result="missed", side=side)
    text = named(ended(str(told.promise.get("text", ""))))
    if many.known and (many.value or 0) > 1:
        why: tuple[Piece, ...] = (
            f"{which} missed ", number_of(many, "promise"), f" due in {told.period}, among them: ", text,
        )  # fmt: skip
        return why, _after_a_miss(told)
    return (f"{which} missed what it had promised for {told.period}: ", text), _after_a_miss(told)


def _after_a_miss(told: _Told) -> tuple[Piece, ...]:
    follows = told.promise.get("if_missed")
    if follows is None or pd.isna(follows):
        return ("the promise stands with a new date, or is given up.",)
    return ("what was agreed for a miss follows (", named(follows), "), or the promise is given up.")


def _funds_expiring(told: _Told) -> _Words:
    left = told.of(LEFT, "money", expires_on=told.about)
    why = ("Of development funds ", left, f" can be claimed until {day_text(told.about)}.")
    return why, ("they are claimed for something done together, and what, or left to end.",)


def _certificates_expiring(told: _Told) -> _Words:
    count = told.of(ENDING, period=told.ahead)
    lines = (" (", named(told.about), ")") if told.about else ()
    verb = "end" if (count.value or 0) != 1 else "ends"
    opening = "The last certificates in a line" if verb == "end" else "The last certificate in a line"
    why = (f"{opening} of ", number_of(count, "person", "people"), f" {verb} in {told.ahead}", *lines, ".")
    return why, ("these people renew, on which day, or others certify in their place.",)


def _tier_at_risk(told: _Told) -> _Words:
    missing = told.of(MISSING, period=told.ahead, **{"for": told.about})
    why = (
        number_of(missing, "certified person", "certified people"),
        " will be missing for ",
        named(told.about),
        f" at the end of {told.ahead}.",
    )
    return why, ("the partner certifies in time to keep its tier, and who.",)


def _line_uncertified(told: _Told) -> _Words:
    opening = f"At the end of {told.ahead} nobody will be certified in "
    why = (opening, named(told.about), ", which the partner sells, unless somebody certifies.")
    return why, ("somebody certifies, or the vendor's engineers stand in, and for how long.",)


def _new_products(told: _Told) -> _Words:
    why = ("Launched within twelve months, in lines that the partner sells, and not sold yet: ", named(told.about), ".")
    return why, ("the partner takes them on, and what it needs for that.",)


def _product_promises(told: _Told) -> _Words:
    why = ("Still open is what was promised: ", named(ended(str(told.promise.get("text", "")))))
    return why, ("it will be done by its day, and what stands in its way.",)


def _no_contact(told: _Told) -> _Words:
    days = told.of("days_since_contact", "days")
    why = ("The last contact on record was ", days, " before.")
    return why, ("both sides speak at fixed days from now on, and who calls.",)


def _no_review(told: _Told) -> _Words:
    return (f"No review was held in {told.period}.",), ("reviews take place every quarter, and who calls them.",)


def _may_leave(told: _Told) -> _Words:
    count = told.of(SIGNS)
    why = (number_of(count, "sign"), " that it may leave ", "is" if count.value == 1 else "are", " on.")
    return why, ("an executive of the vendor calls, and when.",)


def _at_a_loss(told: _Told) -> _Words:
    left, cost = told.of("contribution", "money"), told.of("cost_to_serve", "money")
    after = (" after a cost to serve of ", cost) if cost.known else ()
    return ("The vendor was left with ", left, *after, "."), ("the partner is served at lower cost, and how.",)


_WORDS: Mapping[str, tuple[str, Callable[[_Told], _Words]]] = {
    "behind_plan": ("Revenue behind plan", _behind_plan),
    "under_pipeline": ("Pipeline under its target", _under_pipeline),
    "without_plan": ("No plan ahead", _without_plan),
    "overdue_deals": ("Deals past their date", _overdue_deals),
    "stale_leads": ("Leads without contact", _stale_leads),
    "late_registrations": ("Registrations not answered", _late_registrations),
    "missed_again": ("A promise missed again", _missed_again),
    "missed": ("A promise missed", _missed),
    "pending_claims": ("Claims not decided", _pending_claims),
    "funds_expiring": ("Funds about to end", _funds_expiring),
    "late_payments": ("Payments late", _late_payments),
    "certificates_expiring": ("Certificates about to end", _certificates_expiring),
    "tier_at_risk": ("Tier at risk", _tier_at_risk),
    "line_uncertified": ("Lines without a certificate", _line_uncertified),
    "new_products": ("New products", _new_products),
    "product_promises": ("Promised on products", _product_promises),
    "no_contact": ("Out of touch", _no_contact),
    "no_review": ("Reviews", _no_review),
    "may_leave": ("Signs of leaving", _may_leave),
    "at_a_loss": ("Served at a loss", _at_a_loss),
}


def more(left: int, period: str) -> list[Sentence]:
    """How many items of an agenda are not among the decisions named; nothing where all are.

    >>> [said.text("USD") for said in more(5, "2026Q3")]
    ['And 5 more on the agenda.']
    """
    return [say("And ", Fact("agenda_more", period, float(left), "count"), " more on the agenda.")] if left else []


def length(minutes: int, period: str, left_out: Sequence[str]) -> list[Sentence]:
    """How long an agenda takes, and what is left out of it.

    >>> [said.text("USD") for said in length(65, "2026Q3", ["New products"])]
    ['In all it takes 65 minutes.', 'Left out, as it weighs less: New products.']
    """
    told = say("In all it takes ", number_of(Fact("agenda_minutes", period, float(minutes), "count"), "minute"), ".")
    rest = say("Left out, as it weighs less: ", named("; ".join(left_out)), ".")
    return [told, rest] if left_out else [told]


def on_nobody(rows: Iterable[Mapping[str, Any]]) -> list[Sentence]:
    """For what a side has nobody on record, of both sides in one sentence; nothing where each has somebody.

    Needs the rows of the attendees that name nobody.

    >>> rows = [{"side": "vendor", "areas": "finance"}, {"side": "partner", "areas": "marketing, other"}]
    >>> on_nobody(rows)[0].text("USD")
    'Nobody is on record with the vendor for finance and with the partner for the whole.'
    """
    sides: list[Piece | tuple[Piece, ...]] = [
        (f"with the {row['side']} for ", named(areas_text(str(row["areas"])))) for row in rows
    ]
    return [say("Nobody is on record ", *in_list(sides), ".")] if sides else []


def areas_text(areas: str) -> str:
    """The areas that somebody is there for; whoever is there for what has no area is there for the whole.

    >>> areas_text("sales, training"), areas_text("other, sales")
    ('sales, training', 'the whole')
    """
    return "the whole" if OTHER in areas.split(", ") else areas


def dates(meetings: pd.DataFrame) -> list[Sentence]:
    """When this review and the next one are: planned, or proposed for a week.

    >>> rows = [("this", "2026-10-19", "2026-10-19", True), ("next", "2027-01-04", "2027-01-08", False)]
    >>> said = dates(pd.DataFrame(rows, columns=["which", "on", "until", "planned"]))
    >>> print("\\n".join(sentence.text("USD") for sentence in said))
    This review is planned for 19 October 2026.
    For the next one no day is planned; proposed is 4 January 2027 to 8 January 2027.
    """
    told = {str(row["which"]): row for row in records(meetings)}
    return [_date(told[which], *_WHICH[which]) for which in (THIS, NEXT) if which in told]


_WHICH = {THIS: ("This review is planned for", "this one"), NEXT: ("The next review is planned for", "the next one")}


def _date(row: Mapping[str, Any], planned: str, which: str) -> Sentence:
    first, last = (day_text(pd.Timestamp(row[name]).date().isoformat()) for name in ("on", "until"))
    if row["planned"]:
        return say(f"{planned} {first}.")
    return say(f"For {which} no day is planned; proposed is {first} to {last}.")


def funds_open(facts: Facts, after: str, target: str) -> Sentence | None:
    """What development funds are open for a target of the period `after`, in a cell; None where it takes none.

    >>> grain = (("target", "mdf_secured"),)
    >>> told = Fact(NEXT_TARGET, "2026Q4", 750.0, "money", grain, FUNDS_OPEN)
    >>> funds_open(Facts([told]), "2026Q4", "mdf_secured").text("USD")
    'Funds open: USD 750'
    """
    fact = facts.of(NEXT_TARGET, after, role=FUNDS_OPEN, unit="money", target=target)
    return say("Funds open: ", fact if fact.value else "none") if fact.known else None


def target_label(name: str) -> str:
    """What a kind of target is called.

    >>> target_label("case_studies")
    'Case studies'
    """
    return TARGET_KINDS[name].label
