"""Sentences of a business plan: what is proposed and in force, by line, with what profit, and what it rests on."""

from __future__ import annotations

from channelnb.metrics.known import KNOWN
from channelnb.narrative.facts import CHANGE, TARGET, Fact, Facts
from channelnb.narrative.plan_facts import COMPARED, DRAFTED, IN_FORCE, PROPOSED, Span
from channelnb.narrative.scores import score_of
from channelnb.narrative.sentence import (
    Piece,
    Sentence,
    called,
    in_list,
    named,
    number_of,
    rated,
    say,
    when,
    worded,
)
from channelnb.narrative.strength import level, moved
from channelnb.scoring import SCORE


def proposal(facts: Facts, name: str, span: Span) -> Sentence:
    """What the proposal comes to in its first twelve months, beside the last twelve.

    >>> from datetime import date
    >>> from channelnb.fiscal import FiscalCalendar
    >>> span = Span(date(2026, 9, 30), FiscalCalendar())
    >>> money = [Fact("revenue", span.year_one, 1100.0, "money", (), PROPOSED)]
    >>> money += [Fact("revenue", span.last_year, 1000.0, "money")]
    >>> growth = Fact("plan_growth", span.year_one, 0.1, "share", (), PROPOSED)
    >>> proposal(Facts([*money, growth]), "Ada", span).text("USD")
    'For the twelve months from 2026-10 the proposal for Ada is USD 1.1 k, up 10 % on USD 1 k in the twelve before.'
    """
    first = facts.of("revenue", span.year_one, role=PROPOSED, unit="money")
    last = facts.of("revenue", span.last_year, unit="money")
    growth = facts.of("plan_growth", span.year_one, role=PROPOSED)
    if not first.known:
        return say("There is no plan to propose for ", named(name), ": returns apart, it has sold nothing yet.")
    if not first.value:
        return say("Nothing is proposed for ", named(name), ": in the last twelve months no line of its sold anything.")
    months = f"For the twelve months from {span.first}"
    opening: tuple[Piece, ...] = (f"{months} the proposal for ", named(name), " is ", first)
    if not growth.known or growth.value is None:
        so_far = (", beside ", last, " since it began to sell within the year") if last.value else ()
        return say(*opening, *so_far, ".")
    if level(growth.value):
        return say(*opening, ", level with ", last, " in the twelve before.")
    return say(*opening, ", ", *moved(growth), " on ", last, " in the twelve before.")


def standing(facts: Facts, span: Span) -> Sentence:
    """What is in force for the plan's fiscal years, and from when on nothing is.

    >>> from datetime import date
    >>> from channelnb.fiscal import FiscalCalendar
    >>> told = Fact("revenue", "2027", 90.0, "money", (), IN_FORCE)
    >>> standing(Facts([told]), Span(date(2026, 9, 30), FiscalCalendar())).text("USD")
    'A plan is committed and in force for 2027 (USD 90); nothing is for 2026 or 2028.'
    """
    planned = {year: facts.of("revenue", year, role=IN_FORCE, unit="money") for year in span.years}
    known = [year for year, fact in planned.items() if fact.known]
    if not known:
        proposes = facts.of("revenue", span.year_one, role=PROPOSED, unit="money").value
        follows = ": what follows is a proposal" if proposes else ""
        return rated(say(f"No plan is committed for any month from {span.first} on{follows}."), tone="red")
    rest = [when(year) for year in span.years if year not in known]
    each = in_list([(when(year), " (", planned[year], f"{_part(year, span)})") for year in known])
    tail: tuple[Piece, ...] = ("; nothing is for ", *_either(rest), ".") if rest else (".",)
    return say("A plan is committed and in force for ", *each, *tail)


def _either(items: list[Piece]) -> tuple[Piece, ...]:
    pieces: list[Piece] = []
    for place, item in enumerate(items):
        pieces += [*([" or " if place == len(items) - 1 else ", "] if place else []), item]
    return tuple(pieces)


def _part(year: str, span: Span) -> str:
    """That a fiscal year has begun before the plan does, so that only its rest is meant."""
    return f", from {span.first}" if year == span.years[0] and not span.starts_a_year else ""


def against_force(facts: Facts, span: Span) -> Sentence | None:
    """How the proposal compares with the plan in force, over the next whole fiscal year that both have.

    >>> from datetime import date
    >>> from channelnb.fiscal import FiscalCalendar
    >>> told = Fact(COMPARED, "2027", -5.0, "money", (), PROPOSED)
    >>> against_force(Facts([told]), Span(date(2026, 9, 30), FiscalCalendar())).text("USD")
    'For 2027 the proposal holds USD 5 less than the plan in force.'
    """
    for year in span.whole_years:
        change = facts.of(COMPARED, year, role=PROPOSED, unit="money")
        if change.known and change.value is not None:
            if not change.value:
                return say("For ", when(year), " the proposal holds as much as the plan in force.")
            size, word = _size(change), "more" if change.value > 0 else "less"
            return rated(
                say("For ", when(year), " the proposal holds ", size, f" {word} than the plan in force."),
                tone="red" if change.value < 0 else "good",
            )
    return None


def to_decide(facts: Facts, span: Span) -> list[Sentence]:
    """What both sides have to decide: which plan counts where two differ, and whether one is to count where none does.

    >>> from datetime import date
    >>> from channelnb.fiscal import FiscalCalendar
    >>> span = Span(date(2026, 9, 30), FiscalCalendar())
    >>> told = [Fact("revenue", "2027", 90.0, "money", (), role) for role in (PROPOSED, IN_FORCE)]
    >>> told.append(Fact(COMPARED, "2027", -5.0, "money", (), PROPOSED))
    >>> [said.text("USD") for said in to_decide(Facts(told), span)]
    ['Whether the plan in force for 2027 stays, or the proposal takes its place.']
    """
    proposed = [year for year in span.years if facts.of("revenue", year, role=PROPOSED, unit="money").known]
    known = {year for year in proposed if facts.of("revenue", year, role=IN_FORCE, unit="money").known}
    differs = [year for year in proposed if facts.of(COMPARED, year, role=PROPOSED, unit="money").value]
    without = [year for year in proposed if year not in known]
    said = []
    if differs:
        years = in_list(when(year) for year in differs)
        said.append(say("Whether the plan in force for ", *years, " stays, or the proposal takes its place."))
    if without:
        said.append(say("On which figures a plan for ", *in_list(when(year) for year in without), " is committed."))
    return said


def _size(change: Fact) -> Piece:
    """An amount without its sign, after a word that tells the direction, still in the page's currency."""
    return Fact(
        change.metric, change.period, abs(change.value or 0.0), change.unit, change.grain, f"{change.role}_size"
    )


def draft(facts: Facts, span: Span) -> Sentence | None:
    """What the latest draft holds beside the plan in force, in a year that both have."""
    for year in span.years:
        drafted = facts.of("revenue", year, role=DRAFTED, unit="money")
        change = facts.of(COMPARED, year, role=DRAFTED, unit="money")
        if not drafted.known:
            continue
        opening: tuple[Piece, ...] = ("A draft that does not count yet has ", drafted, " for ", when(year))
        if not change.known or not change.value:
            return say(*opening, ".")
        return say(*opening, ", ", _size(change), f" {'more' if change.value > 0 else 'less'} than what is in force.")
    return None


def movers(facts: Facts, span: Span) -> list[Sentence]:
    """The line that is to add most in the first twelve months, and the one that is to lose most.

    >>> from datetime import date
    >>> from channelnb.fiscal import FiscalCalendar
    >>> span = Span(date(2026, 9, 30), FiscalCalendar())
    >>> grain = (("line", "Disks"),)
    >>> told = [Fact("revenue", span.year_one, 20.0, "money", grain, CHANGE)]
    >>> told += [Fact("revenue", span.year_one, 120.0, "money", grain, PROPOSED)]
    >>> [sentence.text("USD") for sentence in movers(Facts(told), span)]
    ['Disks is to add most: USD 20 more than in the last twelve months, to USD 120.']
    """
    changes = [
        fact
        for fact in facts.values()
        if (fact.metric, fact.period, fact.role) == ("revenue", span.year_one, CHANGE) and fact.known
    ]
    changes.sort(key=lambda fact: (fact.value or 0.0, fact.id))
    said = []
    for change, verb, word in ((changes[-1:], "add", "more"), (changes[:1], "lose", "less")):
        for fact in change:
            if (fact.value or 0.0) * (1 if word == "more" else -1) > 0:
                line = dict(fact.grain)["line"]
                to = facts.of("revenue", span.year_one, role=PROPOSED, unit="money", line=line)
                if not to.value:
                    continue
                tail = (f" {word} than in the last twelve months, to ", to, ".")
                first = say(named(line), f" is to {verb} most: ", _size(fact), *tail)
                other = say(f"To {verb} most, by ", _size(fact), " in a year, is ", named(line), ", with ", to, ".")
                said.append(worded(first, other))
    return said


def season(facts: Facts, span: Span) -> Sentence | None:
    """Which of the first four whole quarters holds most, and which least."""
    quarters = [facts.of("revenue", q, role=PROPOSED, unit="money") for q in span.whole_quarters[:4]]
    known = sorted((fact for fact in quarters if fact.known), key=lambda fact: (fact.value or 0.0, fact.period))
    if len(known) < 4 or not known[0].value or level((known[-1].value or 0.0) / known[0].value - 1):
        return None
    most, least = known[-1], known[0]
    return say(
        f"By season, {most.period} is the largest of its first four quarters at ", most,
        f", and {least.period} the smallest at ", least, ".",
    )  # fmt: skip


def profits(facts: Facts, span: Span) -> list[Sentence]:
    """What the first twelve months leave to each side, or why that cannot be said.

    >>> from datetime import date
    >>> from channelnb.fiscal import FiscalCalendar
    >>> span = Span(date(2026, 9, 30), FiscalCalendar())
    >>> amounts = {"revenue": 100.0, "vendor_keeps": 30.0, "rebate": 5.0, "incentives": 0.0, "mdf": 0.0}
    >>> told = [Fact(name, span.year_one, value, "money", (), PROPOSED) for name, value in amounts.items()]
    >>> told += [Fact("vendor_keeps_share", span.year_one, 0.3, "share", (), PROPOSED)]
    >>> profits(Facts(told), span)[0].text("USD").split(", of which")[0]
    'The vendor keeps USD 30 of the first twelve months, 30 % of revenue, before cost to serve'
    """
    if not facts.of("revenue", span.year_one, role=PROPOSED, unit="money").value:
        return []
    said = []
    vendor, share = _profit(facts, "vendor_keeps", span)
    if vendor.known:
        of = (" of the first twelve months, ", share, " of revenue", *_before(facts, span), ".")
        said.append(say("The vendor keeps ", vendor, *of))
    own, share = _profit(facts, "partner_keeps", span)
    if own.known:
        of = (", ", share, " of what it pays, before its own costs, which are not known.")
        said.append(
            say(
                "What the partner keeps of them" if said else "What the partner keeps of the first twelve months",
                " is ",
                own,
                *of,
            )
        )
    elif own.id in facts:
        why = "what it resells the goods for is not known of every line"
        said.append(say(f"What is left to the partner cannot be said: {why}."))
    return said


def _profit(facts: Facts, name: str, span: Span) -> tuple[Fact, Fact]:
    profit = facts.of(name, span.year_one, role=PROPOSED, unit="money")
    return profit, facts.of(f"{name}_share", span.year_one, role=PROPOSED, unit="share")


def _before(facts: Facts, span: Span) -> tuple[Piece, ...]:
    """What the vendor's profit leaves out, as the vendor's data do not tell of it."""
    words = {"rebate": "rebates", "incentives": "incentives", "mdf": "MDF", "cost_to_serve": "cost to serve"}
    lacking = [word for name, word in words.items() if not facts.of(name, span.year_one, role=PROPOSED).known]
    return (", before ", *in_list(lacking), ", of which the vendor's data do not tell") if lacking else ()


def standouts(facts: Facts, period: str, names: list[str], *, weak: bool) -> Sentence | None:
    """The metrics in which the partner is weak, or strong, each with its figure, target and score.

    >>> by = (("category", "effectiveness"),)
    >>> told = [Fact("win_rate", "2026Q3", 0.3, "share"), Fact("win_rate", "2026Q3", 0.5, "share", by, TARGET)]
    >>> told += [Fact("score", "2026Q3", 60.0, "score", (*by, ("scored", "win_rate")))]
    >>> standouts(Facts(told), "2026Q3", ["win_rate"], weak=True).text("USD")
    'Weak in 2026Q3: win rate, 30 % beside a target of 50 % (score 60).'
    """
    found = [item for name in names if (item := _standout(facts, period, name))]
    if not found:
        return None
    said = say(f"{'Weak' if weak else 'Strong'} in {period}: ", *in_list(found), ".")
    return rated(said, tone="red" if weak else "good")


def _standout(facts: Facts, period: str, name: str) -> tuple[Piece, ...]:
    scored = [
        fact
        for fact in facts.values()
        if fact.metric == SCORE and fact.period == period and dict(fact.grain).get("scored") == name
    ]
    if not scored:
        return ()
    category = dict(scored[0].grain)["category"]
    unit = KNOWN[name].unit
    value = facts.of(name, period, unit=unit)
    target = facts.of(name, period, role=TARGET, unit=unit, category=category)
    between = " beside a target of at most " if KNOWN[name].better == "lower" else " beside a target of "
    return called(name), ", ", value, between, target, " (score ", score_of(scored[0]), ")"


def goals(facts: Facts, period: str) -> Sentence:
    """How many goals are proposed, and what opened them."""
    every = facts.of("goals", period)
    if not every.known or not every.value:
        return say("No goal is proposed: the scorecard has no score to open one.")
    weak, strong = (facts.of("goals", period, opened_by=which) for which in ("weakness", "strength"))
    told = [(number_of(fact, one, many),) for fact, one, many in (
        (weak, "weakness", "weaknesses"), (strong, "strength", "strengths")) if fact.known]  # fmt: skip
    verb = "is" if every.value == 1 else "are"
    return say("From the scorecard ", number_of(every, "goal"), f" {verb} proposed, for ", *in_list(told), ".")
