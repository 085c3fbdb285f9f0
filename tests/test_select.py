"""What a summary says first, how often, and in which words."""

from __future__ import annotations

import pytest

from channelnb.errors import NotUsable
from channelnb.narrative import strength
from channelnb.narrative.facts import Fact
from channelnb.narrative.select import alike, apart, ranked, select
from channelnb.narrative.sentence import cannot, defined, in_list, named, rated, say, when, worded

Q = "2026Q3"


def told(text: str, importance: float = 0.0, tone: str = "neutral"):
    return rated(say(text), importance=importance, tone=tone)


def texts(sentences) -> list[str]:
    return [sentence.text("EUR") for sentence in sentences]


def test_each_topic_has_one_voice_and_the_gravest_speaks() -> None:
    topics = {"plan": [told("Much.", 0.9), told("Bad.", 0.1, "red")], "deals": [told("Some.", 0.4), told("Few.", 0.2)]}
    assert texts(select(topics, most=5)) == ["Bad.", "Some."]


def test_what_is_red_comes_first_however_small() -> None:
    topics = {name: [told(f"{name}.", size)] for name, size in (("A", 0.9), ("B", 0.8), ("C", 0.7))}
    assert texts(select({**topics, "D": [told("D.", 0.01, "red")]}, most=3)) == ["D.", "A.", "B."]


def test_what_the_data_do_not_tell_of_takes_no_place() -> None:
    lost = Fact("win_rate", Q, None, "share", state="not_measurable")
    topics = {"deals": [cannot("the win rate", "It", lost)], "plan": [told("A.", 0.2)], "lines": [told("B.", 0.1)]}
    assert texts(select(topics, most=2)) == ["A.", "B.", "The vendor's data do not tell of the win rate."]


def test_equal_ones_stay_in_their_order() -> None:
    assert texts(ranked([told("A."), told("B."), told("C.", 0.1)])) == ["C.", "A.", "B."]


def line(name: str, *, other: bool = True):
    fact = Fact("revenue", Q, 5.0, "money", (("line", name),))
    first = say(named(name), " is behind its plan at ", fact, ".")
    return worded(first, say("At ", fact, ", behind stands ", named(name), ".")) if other else first


def test_a_neighbour_takes_other_words_and_says_the_same() -> None:
    one, two, three = apart([line("A"), line("B"), line("C")])
    assert texts([one, two, three]) == [
        "A is behind its plan at EUR 5.",
        "At EUR 5, behind stands B.",
        "C is behind its plan at EUR 5.",
    ]
    assert two.facts == line("B").facts
    assert not alike(one, two)
    assert not alike(two, three)


def test_the_rating_goes_with_the_words() -> None:
    _, other = apart([line("A"), rated(line("B"), importance=0.3, tone="red")])
    assert (other.importance, other.tone) == (0.3, "red")


def test_without_other_words_the_first_stay() -> None:
    assert texts(apart([line("A", other=False), line("B", other=False)]))[1] == "B is behind its plan at EUR 5."


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("The partner had no promise.", "The partner sold much.", True),
        ("In 2026Q3 it sold much.", "In 2026Q4 it sold much.", True),
        ("Revenue rose.", "Nobody left.", False),
        ("Of all the deals two were won.", "Two of the deals were all won.", True),
    ],
)
def test_alike_is_the_opening_or_most_of_the_words(one: str, other: str, same: bool) -> None:
    assert alike(say(one), say(other)) is same


@pytest.mark.parametrize("text", ["Of 20 deals", "It sold 12.5 m", "in 2026 it rose", "10 % more", "P0042"])
def test_a_loose_number_is_refused(text: str) -> None:
    with pytest.raises(NotUsable, match=r"a sentence holds the number .* state it as a Fact"):
        say("So: ", text)


@pytest.mark.parametrize(
    "piece",
    [
        "2026Q3",
        "in 2026-08",
        "as known on 2026-09-30",
        "on 30 September 2026",
        named("Core 48"),
        when("2026"),
        defined("95 %"),
    ],
)
def test_periods_dates_names_and_definitions_are_no_numbers(piece) -> None:
    assert say(piece, ".").text("EUR").endswith(".")


def test_a_name_with_a_full_stop_ends_a_sentence_once() -> None:
    assert say("It buys through ", named("Granite Kft."), ".").text("") == "It buys through Granite Kft."
    assert say(*in_list([named("A Ltd."), named("B Ltd.")]), ".").text("") == "A Ltd. and B Ltd."


@pytest.mark.parametrize(
    ("change", "words"),
    [(0.2, "up 20 %"), (0.201, "up sharply by 20.1 %"), (-0.049, "down slightly by 4.9 %"), (-0.05, "down 5 %")],
)
def test_strength_words_come_from_the_table(change: float, words: str) -> None:
    assert say(*strength.moved(Fact("growth_yoy", Q, change, "share"))).text("") == words


def test_the_steps_of_the_table_rise() -> None:
    sizes = [step.below for step in (*strength.STEPS, strength.LARGE)]
    assert sizes == sorted(sizes)
    assert [strength.level(size) for size in (0.0049, 0.005)] == [True, False]
