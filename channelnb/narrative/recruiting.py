"""Sentences on what sets high performers apart: pure functions of the study's facts.

They say what goes with high performance, never what brings it about: nothing here is an experiment.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from channelnb.narrative.aspects import high_of, low_of
from channelnb.narrative.facts import Fact, Facts
from channelnb.narrative.recruiting_facts import HIGH, OTHERS, SPREADS
from channelnb.narrative.sentence import Piece, Sentence, Stated, defined, in_list, named, number_of, say, stated, words
from channelnb.numbers import value_text
from channelnb.recruiting.traits import CATEGORY, NUMBER, SHARE, YEAR, YES_NO

SMALL_GAP = 0.5
"""A gap below half a standard deviation is of little use for choosing a firm (Cohen's medium effect)."""
SURE = 0.05
"""Chance below which a difference is called more than chance explains."""
NAMED = 3
"""How many traits a sentence names before it counts the rest."""

_MORE = {NUMBER: ("higher", "lower"), SHARE: ("higher", "lower"), YEAR: ("later", "earlier")}
_COMMON = ("more common", "less common")


@dataclass(frozen=True)
class TraitWords:
    """A trait as sentences need it: its column, its name in words, its kind, and the value of a category meant."""

    name: str
    label: str
    kind: str
    level: str = ""

    @property
    def words(self) -> str:
        """The trait in the middle of a sentence, with the value meant.

        >>> TraitWords("trait_bank", "Bank", "category", "Guardian").words
        'bank: Guardian'
        """
        label = self.label[:1].lower() + self.label[1:]
        return f"{label}: {self.level}" if self.level else label

    @property
    def named(self) -> Piece:
        """The same as a piece of a sentence: it is a column's name, and may hold a number."""
        return words(self.words)

    def direction(self, gap: Fact) -> str:
        """How high performers differ, in a word or two: ``higher``, ``more common``, …

        >>> offices, lab = TraitWords("trait_offices", "Offices", NUMBER), TraitWords("trait_lab", "Lab", YES_NO)
        >>> gap = Fact("trait_gap", "2026Q3", 0.8, SPREADS)
        >>> offices.direction(gap), lab.direction(gap)
        ('higher', 'more common')
        """
        more, less = _MORE.get(self.kind, _COMMON)
        return more if (gap.value or 0.0) > 0 else less


def gap_of(facts: Facts, quarter: str, trait: TraitWords) -> Fact:
    """The gap of a trait."""
    return facts.of("trait_gap", quarter, unit=SPREADS, trait=trait.name)


def written(fact: Fact, currency: str = "") -> Stated:
    """A fact's value even where its state is that it proves nothing; years are without a comma.

    >>> written(Fact("trait_mean", "2026Q3", 1987.4, unit="year")).text
    '1987'
    """
    if fact.value is None:
        return stated(fact, "not known")
    if fact.unit == "year":
        return stated(fact, f"{fact.value:.0f}")
    if fact.unit == SPREADS:
        return stated(fact, f"{fact.value:.2f}".replace("-", "\N{MINUS SIGN}"))
    return stated(fact, value_text(fact.value, fact.unit, currency))


def interval(fact: Fact, currency: str = "") -> tuple[Piece, ...]:
    """The 95 % interval of a fact, in its unit, its ends each a figure; nothing where it has none.

    >>> say(*interval(Fact("told_apart", "2026Q3", 0.7, unit="share", low=0.6, high=0.8))).text("")
    '60 % to 80 %'
    """
    if fact.low is None or fact.high is None:
        return ()
    return written(low_of(fact), currency), " to ", written(high_of(fact), currency)


def basis(facts: Facts, quarter: str) -> Sentence:
    """Who is compared with whom.

    >>> told = {"partners_compared": 60.0, "high_performers": 15.0, "partners_left_out": 4.0}
    >>> basis(Facts(Fact(name, "2026Q3", value, "count") for name, value in told.items()), "2026Q3").text("USD")
    'Of 60 partners that can be compared, the 15 with the best score are called high performers; 4 are left out.'
    """
    compared, high = facts.of("partners_compared", quarter), facts.of("high_performers", quarter)
    left_out = facts.of("partners_left_out", quarter)
    if not compared.value:
        return say("No partner can be compared yet: each needs four quarters as a partner, and sales or a headcount.")
    few = "" if high.value and high.value >= 5 else ", too few to say what they have in common"
    return say(
        "Of ", compared, " partners that can be compared, the ", high,
        f" with the best score are called high performers{few}; ", left_out, " are left out.",
    )  # fmt: skip


def finding(facts: Facts, quarter: str, distinct: Sequence[TraitWords]) -> Sentence:
    """Which traits set the high performers apart, or that none does.

    >>> told = {"traits_known": 8.0, "traits_judged": 6.0, "traits_distinct": 0.0}
    >>> finding(Facts(Fact(name, "2026Q3", value, "count") for name, value in told.items()), "2026Q3", []).text("USD")
    'None of the 6 traits that could be judged sets high performers apart: they support no list of what to look for.'
    """
    known, judged = facts.of("traits_known", quarter), facts.of("traits_judged", quarter)
    found = facts.of("traits_distinct", quarter)
    if not known.value:
        return say("What sets them apart cannot be said: the source holds no trait that was known before signing.")
    if not found.known or not judged.value:
        return say(
            "What sets them apart cannot be said: none of the ", known,
            " traits known before signing is known of enough high performers and others.",
        )  # fmt: skip
    if not distinct:
        return say(
            "None of the ", judged,
            " traits that could be judged sets high performers apart: they support no list of what to look for.",
        )  # fmt: skip
    names = _by_direction(facts, quarter, distinct)
    verb = "goes" if len(distinct) == 1 else "go"
    return say(
        number_of(found, "trait"), " known before signing, of ", judged, f" judged, {verb} with high performance: ",
        *names, ".",
    )  # fmt: skip


def difference(facts: Facts, quarter: str, trait: TraitWords) -> Sentence:
    """How high performers differ from the others in one trait.

    >>> labs, grain = TraitWords("trait_lab_share", "Lab share", SHARE), (("trait", "trait_lab_share"),)
    >>> means = [Fact("trait_mean", "2026Q3", v, "share", grain, role) for role, v in ((HIGH, 0.5), (OTHERS, 0.3))]
    >>> gap = Fact("trait_gap", "2026Q3", 0.8, SPREADS, grain, low=0.3, high=1.2)
    >>> difference(Facts([gap, *means]), "2026Q3", labs).text("USD").partition(" (")[0]
    'Among high performers the mean lab share is higher: 50 % against 30 %'
    """
    gap = gap_of(facts, quarter, trait)
    high, others = (facts.of("trait_mean", quarter, role=role, trait=trait.name) for role in (HIGH, OTHERS))
    size = (" (gap ", written(gap), " standard deviations, ", *interval(gap), ").")
    if trait.kind in (YES_NO, CATEGORY):
        return say(
            "“", words(f"{trait.words[:1].upper()}{trait.words[1:]}"), f"” is {trait.direction(gap)} among high "
            "performers: ", written(high), " against ", written(others), " of the others", *size,
        )  # fmt: skip
    return say(
        "Among high performers the mean ", trait.named, f" is {trait.direction(gap)}: ", written(high), " against ",
        written(others), *size,
    )  # fmt: skip


def no_use(facts: Facts, quarter: str, indistinct: Sequence[TraitWords]) -> Sentence:
    """Which traits need not be looked at, and which the data leave open.

    >>> offices = TraitWords("trait_offices", "Offices", NUMBER)
    >>> gap = Fact("trait_gap", "2026Q3", 0.1, SPREADS, (("trait", "trait_offices"),), low=-0.2, high=0.4)
    >>> no_use(Facts([gap]), "2026Q3", [offices]).text("USD")
    'Any gap is smaller than half a standard deviation in offices: no reason to choose by it.'
    >>> no_use(Facts([]), "2026Q3", [offices]).text("USD")
    'Whether there is a gap cannot be told in offices.'
    """
    small = [trait for trait in indistinct if is_small(gap_of(facts, quarter, trait))]
    unsure = [trait for trait in indistinct if trait not in small]
    if not indistinct:
        return say("No trait that could be judged turned out to be without use.")
    said: list[Piece] = []
    if small:
        said += ["Any gap is smaller than half a standard deviation in ", *_named(quarter, small, "small")]
        said.append(": no reason to choose by it")
    if unsure:
        said.append(f"{'; whether' if small else 'Whether'} there is a gap cannot be told in ")
        said += _named(quarter, unsure, "unsure")
    return say(*said, ".")


def is_small(gap: Fact) -> bool:
    """True when the whole interval of a gap lies within half a standard deviation.

    >>> is_small(Fact("trait_gap", "2026Q3", 0.1, unit="standard_deviations", low=-0.2, high=0.4))
    True
    """
    return gap.low is not None and gap.high is not None and gap.low > -SMALL_GAP and gap.high < SMALL_GAP


def _named(quarter: str, traits: Sequence[TraitWords], which: str) -> tuple[Piece, ...]:
    shown: list[Piece] = [trait.named for trait in traits[: NAMED + 1]]
    return in_list([*shown, *_rest(quarter, len(traits) - len(shown), which)])


def _by_direction(facts: Facts, quarter: str, distinct: Sequence[TraitWords]) -> tuple[Piece, ...]:
    """The traits that set high performers apart, each with what it is among them."""
    told: list[Piece | tuple[Piece, ...]] = [
        (trait.named, f" ({trait.direction(gap_of(facts, quarter, trait))})") for trait in distinct[:NAMED]
    ]
    return in_list([*told, *_rest(quarter, len(distinct) - len(told), "distinct")])


def _rest(quarter: str, rest: int, which: str) -> list[tuple[Piece, ...]]:
    """The traits beyond those named, counted; `which` tells one such count from another."""
    more = Fact("traits_not_named", quarter, float(rest), "count", (("which", which),))
    return [(more, " more")] if rest else []


def profile(facts: Facts, quarter: str, distinct: Sequence[TraitWords]) -> Sentence:
    """Whether there is a profile of high performers that can be relied on.

    >>> profile(Facts([Fact("stable_profile", "2026Q3", 0.0, "count")]), "2026Q3", []).text("USD")
    'There is no stable profile of a high performer: no trait sets them apart.'
    """
    found = facts.of("stable_profile", quarter)
    if found.value:
        words = ": the traits that set them apart also tell them among partners held back."
        return say("There is ", stated(found, "a stable profile"), f" of a high performer{words}")
    why = (
        "on partners held back, what sets them apart does not surely tell them, so it may be chance"
        if distinct
        else "no trait sets them apart"
    )
    return say("There is ", stated(found, "no stable profile"), f" of a high performer: {why}.")


def decisions(facts: Facts, quarter: str, distinct: Sequence[TraitWords]) -> list[Sentence]:
    """What there is to decide on whom to recruit.

    >>> decisions(Facts([]), "2026Q3", [])[0].text("USD")
    'Whether more traits are recorded of partners and candidates: those there are support no choice.'
    """
    if not distinct:
        return [say("Whether more traits are recorded of partners and candidates: those there are support no choice.")]
    traits = _by_direction(facts, quarter, distinct)
    if not facts.of("stable_profile", quarter).value:
        return [say("Whether recruits are asked about ", *traits, ", as a hint: no choice can rest on that yet.")]
    said = [say("Whether the next recruits are chosen by ", *traits, ".")]
    if shared := _shared(facts):
        most = number_of(_most_alike(shared, quarter), "candidate")
        said.append(say("Who approaches the ", most, " most like the high performers, and by when."))
    return said


def holds_up(facts: Facts, quarter: str) -> Sentence:
    """Whether the traits tell high performers among partners held back.

    >>> told = Fact("told_apart", "2026Q3", 0.6, "share", low=0.45, high=0.75)
    >>> holds_up(Facts([told]), "2026Q3").text("USD").partition("another partner ")[2]
    'in 60 % of all pairs (45 % to 75 %; a coin would reach 50 %), which may be chance.'
    """
    told = facts.of("told_apart", quarter, unit="share")
    if not told.known or told.low is None:
        return say("Whether the traits tell a high performer beforehand cannot be tested with so few of them.")
    verdict = (
        "which is better than chance"
        if told.low > 0.5
        else "which may be chance"
        if told.high is None or told.high >= 0.5
        else "which is worse than chance"
    )
    return say(
        "On partners held back from the model, the traits together ranked a high performer above another partner in ",
        told, " of all pairs (", *interval(told), "; a coin would reach ", defined("50 %"), f"), {verdict}.",
    )  # fmt: skip


def power(facts: Facts, quarter: str) -> Sentence:
    """How small a gap could have been seen.

    >>> smallest = Fact("smallest_gap_seen", "2026Q3", 0.72, SPREADS)
    >>> power(Facts([smallest]), "2026Q3").text("USD").partition(";")[0]
    'With this many partners, a gap of 0.72 standard deviations in a single trait would be seen four times in five'
    """
    smallest = facts.of("smallest_gap_seen", quarter)
    if not smallest.known:
        return say("How small a gap would be seen cannot be said with so few high performers.")
    return say(
        "With this many partners, a gap of ", written(smallest),
        " standard deviations in a single trait would be seen four times in five; a smaller one would be missed "
        "more often.",
    )  # fmt: skip


def kinds(facts: Facts, quarter: str, *, reason: str) -> Sentence:
    """Which kinds of partners there are, or why none can be told.

    >>> none = Fact("stable_kinds", "2026Q3", 0.0, "count")
    >>> kinds(Facts([none]), "2026Q3", reason="other samples fall into other groups").text("USD")
    'Partners do not fall into stable kinds by their traits: other samples fall into other groups.'
    """
    found = facts.of("stable_kinds", quarter)
    if not found.known:
        return say("Whether partners fall into kinds cannot be said: ", words(reason), ".")
    if not found.value:
        return say("Partners do not fall into stable kinds by their traits: ", words(reason), ".")
    shares = [facts.of("high_performer_share", quarter, kind=str(k)) for k in range(1, int(found.value) + 1)]
    best = max(shares, key=lambda fact: fact.value or 0.0)
    worst = min(shares, key=lambda fact: fact.value or 0.0)
    chance = facts.of("kinds_differ", quarter)
    apart = chance.value is not None and chance.value < SURE
    tail = ", more unlike than chance explains." if apart else ", not more unlike than chance explains."
    return say(
        "By their traits partners fall into ", found, " stable kinds; high performers are ", best,
        " of kind ", named(dict(best.grain)["kind"]), " and ", worst, " of kind ", named(dict(worst.grain)["kind"]),
        tail,
    )  # fmt: skip


def where_from(facts: Facts, quarter: str, unlike: Sequence[tuple[str, str]]) -> Sentence:
    """Whether a region has a share of high performers unlike that of the others.

    >>> share = Fact("high_performer_share", "2026Q3", 0.5, "share", (("region", "North"),))
    >>> where_from(Facts([share]), "2026Q3", [("region", "North")]).text("USD")
    'High performers are 50 % of the partners compared in North, unlike elsewhere.'
    """
    if not unlike:
        return say("No region's share of high performers differs from that of the others by more than chance explains.")
    pieces: list[Piece] = ["High performers are "]
    for place, (dimension, level) in enumerate(unlike):
        share = facts.of("high_performer_share", quarter, **{dimension: level})
        joiner = "" if place == 0 else " and " if place == len(unlike) - 1 else ", "
        pieces += [joiner, share, " of the partners compared in ", named(level)]
    return say(*pieces, ", unlike elsewhere.")


def candidates(facts: Facts, quarter: str, *, listed_at_all: bool, distinct: int) -> Sentence:
    """How many candidates resemble the high performers, and how much that says.

    >>> shared = {"K1": 2.0, "K2": 1.0}
    >>> facts = [Fact("traits_shared", "2026Q3", v, "count", (("candidate_id", k),)) for k, v in shared.items()]
    >>> stable = Fact("stable_profile", "2026Q3", 1.0, "count")
    >>> candidates(Facts([*facts, stable]), "2026Q3", listed_at_all=True, distinct=3).text("USD")
    'Of 2 candidates, 1 shares 2 of the 3 traits with the high performers, the most that any shares.'
    """
    if not listed_at_all:
        return say("The source lists no candidates, so none can be ranked.")
    if not distinct:
        return say(
            "The candidates are not ranked: with no trait that sets high performers apart, no order is supported."
        )
    shared = _shared(facts)
    most = max(shared, key=lambda fact: fact.value or 0.0)
    top = _most_alike(shared, quarter)
    every = Fact("candidates", quarter, float(len(shared)), "count")
    of = Fact("traits_compared", quarter, float(distinct), "count")
    stable = facts.of("stable_profile", quarter).value
    tail = "." if stable else "; as the profile is not stable, their order is no more than a hint."
    return say(
        "Of ", number_of(every, "candidate"), ", ", top, f" share{'s' if top.value == 1 else ''} ", most,
        " of the ", number_of(of, "trait"), f" with the high performers, the most that any shares{tail}",
    )  # fmt: skip


def _shared(facts: Facts) -> list[Fact]:
    """How many traits each candidate shares with the high performers."""
    return [fact for fact in facts.values() if fact.metric == "traits_shared"]


def _most_alike(shared: Sequence[Fact], quarter: str) -> Fact:
    """How many candidates share as many traits as any does."""
    most = max(fact.value or 0.0 for fact in shared)
    return Fact("candidates_most_alike", quarter, float(sum(fact.value == most for fact in shared)), "count")


def caution() -> Sentence:
    """What such a comparison cannot show."""
    return say(
        "All of this is a comparison of firms as they are, not an experiment: a trait that goes with high performance "
        "is something to ask a recruit about, not a promise."
    )
