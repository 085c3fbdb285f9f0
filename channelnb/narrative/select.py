"""Which sentences a summary holds, in which order, and in which of their wordings."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from zlib import crc32

from channelnb.narrative.loose import without_dates
from channelnb.narrative.sentence import Sentence, gist

ALIKE = 0.75
"""Sentences that share this part of their words are worded alike."""

_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")


def select(topics: Mapping[str, Iterable[Sentence]], *, most: int) -> list[Sentence]:
    """The `most` important sentences, at most one on each topic, and one more on what the data do not tell of.

    Of each topic the red one speaks, else the most important. What is red comes first, then by importance; where that
    is the same, in the order given. The same sentences in the same order give the same choice.

    >>> from channelnb.narrative.sentence import rated, say
    >>> plan, line = (rated(say(name), importance=size) for name, size in (("Plan.", 0.2), ("Line.", 0.3)))
    >>> late = rated(say("Late."), importance=0.1, tone="red")
    >>> chosen = select({"plan": [plan, line], "deals": [late], "people": [say("People.")]}, most=2)
    >>> [sentence.text("") for sentence in chosen]
    ['Late.', 'Line.']
    """
    given = {topic: list(sentences) for topic, sentences in topics.items()}
    told = [[sentence for sentence in sentences if not sentence.lacking] for sentences in given.values()]
    speakers = [ranked(sentences)[0] for sentences in told if sentences]
    lacking = [sentence for sentences in given.values() for sentence in sentences if sentence.lacking]
    return gist([*ranked(speakers)[:most], *lacking])


def ranked(sentences: Iterable[Sentence]) -> list[Sentence]:
    """The sentences by what they say: red ones first, then by importance, then in the order given.

    >>> from channelnb.narrative.sentence import rated, say
    >>> said = [say("So."), rated(say("Much."), importance=0.5), rated(say("Bad."), tone="red")]
    >>> [sentence.text("") for sentence in ranked(said)]
    ['Bad.', 'Much.', 'So.']
    """
    return sorted(sentences, key=lambda sentence: (sentence.tone != "red", -sentence.importance))


def apart(sentences: Iterable[Sentence]) -> list[Sentence]:
    """The sentences in their order, each in its first wording unless it is like that of the one before it.

    Where it is, the others are tried from a place that the id of the sentence's first fact gives: the same facts are
    always said in the same words.

    >>> from channelnb.narrative.sentence import say, worded
    >>> one, two = (worded(say("Behind plan is ", name, "."), say(name, " is behind plan.")) for name in ("A", "B"))
    >>> [sentence.text("") for sentence in apart([one, two])]
    ['Behind plan is A.', 'B is behind plan.']
    """
    told: list[Sentence] = []
    for sentence in sentences:
        told.append(_unlike(sentence, told[-1]) if told else sentence)
    return told


def _unlike(sentence: Sentence, before: Sentence) -> Sentence:
    if not sentence.others or not alike(sentence, before):
        return sentence
    first = sentence.facts[0].id if sentence.facts else ""
    start = crc32(first.encode()) % len(sentence.others)
    turned = [*sentence.others[start:], *sentence.others[:start]]
    found = next((other for other in turned if not alike(other, before)), sentence)
    return replace(
        found,
        importance=sentence.importance,
        tone=sentence.tone,
        lacking=sentence.lacking,
        wanting=sentence.wanting,
        others=(),
    )


def alike(one: Sentence, other: Sentence) -> bool:
    """Whether two sentences are worded alike: they open with the same two words, or share most of their words.

    Figures, names and periods are no words: it is the template that is compared.

    >>> from channelnb.narrative.facts import Fact
    >>> from channelnb.narrative.sentence import say
    >>> sold = Fact("revenue", "2026Q3", 5.0, "money")
    >>> alike(say("Revenue was ", sold, " in all."), say("Revenue was level."))
    True
    >>> alike(say("Revenue was ", sold, "."), say("Nobody knows."))
    False
    """
    first, second = _template(one), _template(other)
    if not {*first, *second} - {"…"}:
        # Remarks of people, quoted as they were written.
        return False
    if first[:2] == second[:2]:
        return True
    common, every = set(first) & set(second), set(first) | set(second)
    return len(common) >= ALIKE * len(every)


def _template(sentence: Sentence) -> list[str]:
    """The words of a sentence, with one sign for each figure or name."""
    pieces = (without_dates(piece) if isinstance(piece, str) else " x_ " for piece in sentence.pieces)
    return ["…" if word == "x_" else word for word in re.findall(rf"x_|{_WORD.pattern}", "".join(pieces).lower())]
