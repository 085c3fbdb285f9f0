"""A sentence: words and facts, so that each figure in a text can be traced."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from html import escape
from typing import Literal

from channelnb.errors import NotUsable
from channelnb.metrics.known import KNOWN
from channelnb.narrative.aspects import cases_of
from channelnb.narrative.facts import NOT_MEASURABLE, Fact
from channelnb.narrative.figures import Markup, figure
from channelnb.narrative.loose import loose_number
from channelnb.numbers import percent


@dataclass(frozen=True)
class Stated(Markup):
    """A figure written in a way of its own, with the fact that it states."""

    fact: Fact | None = None


def stated(fact: Fact, text: str) -> Stated:
    """A fact in the words given, its exact value beside them.

    >>> stated(Fact("owner_led", "2026Q3", 1.0, unit="count"), "yes").html
    '<data value="1.0" data-fact="owner_led||2026Q3|actual">yes</data>'
    """
    value = "" if fact.value is None else repr(fact.value)
    return Stated(f'<data value="{value}" data-fact="{escape(fact.id)}">{escape(text)}</data>', text, fact)


def named(name: object) -> Markup:
    """A name, or a text from the data, that may hold digits which are no figure.

    >>> named("Core 48").html
    '<span class="name">Core 48</span>'
    """
    return Markup(f'<span class="name">{escape(str(name))}</span>', str(name))


def defined(words: str) -> Markup:
    """Words of a definition, whose numbers are the same for every partner and no figure, such as "of 100 points".

    >>> defined("95 %").html
    '<span class="defined">95 %</span>'
    """
    return Markup(f'<span class="defined">{escape(words)}</span>', words)


def size_of(change: Fact) -> Stated:
    """A change without its sign, for use after a word that tells the direction.

    >>> size_of(Fact("growth_yoy", "2026Q3", -0.08, unit="share")).text
    '8 %'
    """
    return stated(change, percent(abs(change.value or 0.0)))


Piece = str | Fact | Markup
Tone = Literal["red", "good", "neutral"]


@dataclass(frozen=True)
class Sentence:
    """Words and facts in the order in which they are read.

    >>> say("Revenue was ", Fact("revenue", "2026Q3", 1200.0, unit="money"), ".").text("USD")
    'Revenue was USD 1.2 k.'
    """

    pieces: tuple[Piece, ...]
    lacking: str = ""
    """What a sentence that only says that something cannot be told is about; "" for any other."""
    wanting: str = ""
    """What it is for want of, such as "no plan"; "" where the vendor's data tell of no such thing at all."""
    importance: float = 0.0
    """Money at stake as a share of the period's plan, or of its revenue: what a summary chooses by."""
    tone: Tone = "neutral"
    others: tuple[Sentence, ...] = ()
    """The same said in other words, for a place where the sentence before is worded like this one."""

    def __post_init__(self) -> None:
        for piece in self.pieces:
            if isinstance(piece, str) and (number := loose_number(piece)):
                raise NotUsable(
                    f"a sentence holds the number {number!r} in its words {piece!r} that is no fact's: "
                    "state it as a Fact, put a name in named(), a year in when(), part of a definition in defined()."
                )

    @property
    def facts(self) -> tuple[Fact, ...]:
        """The facts that the sentence states.

        >>> revenue = Fact("revenue", "2026Q3", 1200.0, unit="money")
        >>> [fact.metric for fact in say("Revenue was ", revenue, ", as planned.").facts]
        ['revenue']
        """
        pieces = (piece.fact if isinstance(piece, Stated) else piece for piece in self.pieces)
        return tuple(piece for piece in pieces if isinstance(piece, Fact))

    def text(self, currency: str) -> str:
        """The sentence in plain text.

        >>> say("It grew by ", Fact("growth_yoy", "2026Q3", 0.081, unit="share"), " with Granite Kft.", ".").text("USD")
        'It grew by 8.1 % with Granite Kft.'
        """
        return self.markup(currency).text

    def markup(self, currency: str) -> Markup:
        """The sentence as HTML, each figure with its exact value and the id of its fact.

        >>> say("R&D: ", Fact("revenue", "2026Q3", 1234.5, unit="money")).markup("USD").html
        'R&amp;D: <data value="1234.5" data-fact="revenue||2026Q3|actual">USD 1.23 k</data>'
        """
        parts: list[Markup] = []
        for piece in self.pieces:
            # A name such as "Granite Kft." brings the full stop itself.
            ended = bool(parts) and parts[-1].text.endswith(".")
            parts.append(_markup(piece.removeprefix(".") if ended and isinstance(piece, str) else piece, currency))
        return Markup("".join(part.html for part in parts), "".join(part.text for part in parts))


def _markup(piece: Piece, currency: str) -> Markup:
    if isinstance(piece, Markup):
        return piece
    return figure(piece, currency) if isinstance(piece, Fact) else Markup(escape(piece), piece)


def ended(words: str) -> str:
    """Words with a full stop, unless they end in one.

    >>> ended("It buys through Granite Kft."), ended("It buys through Granite")
    ('It buys through Granite Kft.', 'It buys through Granite.')
    """
    return words if words.endswith(".") else f"{words}."


def say(*pieces: Piece) -> Sentence:
    """A sentence of these pieces.

    >>> say("Nothing is known.").facts
    ()
    """
    return Sentence(pieces)


def rated(sentence: Sentence, *, importance: float = 0.0, tone: Tone = "neutral") -> Sentence:
    """The sentence with what a summary chooses by: money at stake ÷ the period's plan (or revenue), and its tone.

    >>> rated(say("Two deals are overdue."), importance=0.4, tone="red").tone
    'red'
    """
    return replace(sentence, importance=importance, tone=tone)


def when(period: str) -> Piece:
    """A period as it stands in a sentence: a year looks like any number, so it is marked as a name.

    >>> when("2026Q3"), when("2026")
    ('2026Q3', Markup(html='<span class="name">2026</span>', text='2026'))
    """
    return words(period)


def words(text: str) -> Piece:
    """A label or another text from elsewhere: as it is, or marked as a name where it holds a number.

    >>> words("win rate"), words("share of the top 3").text
    ('win rate', 'share of the top 3')
    """
    return named(text) if loose_number(text) else text


def worded(first: Sentence, *others: Sentence) -> Sentence:
    """A sentence with other wordings of the same facts, one of which is taken beside a sentence worded like it.

    >>> len(worded(say("It is behind plan."), say("Behind plan it is.")).others)
    1
    """
    return replace(first, others=others)


def cannot(topic: str, question: str | tuple[Piece, ...], fact: Fact) -> Sentence:
    """The sentence that a question cannot be answered, and why; `topic` is what it is about, in short.

    >>> lost = Fact("win_rate", "2026Q3", None, unit="share", state="no_data")
    >>> cannot("the win rate", "The win rate in 2026Q3", lost).text("USD")
    'The win rate in 2026Q3 cannot be said: there is no decided deal for this partner.'
    """
    asked = question if isinstance(question, tuple) else (question,)
    said = (*asked, " cannot be said: ", *why(fact), ".")
    if fact.state == NOT_MEASURABLE:
        return Sentence(said, topic)
    if fact.state == "no_data" and fact.metric in KNOWN:
        return Sentence(said, topic, KNOWN[fact.metric].absent)
    return Sentence(said)


def gist(sentences: Iterable[Sentence]) -> list[Sentence]:
    """The sentences in their order, with all that only say that something cannot be told drawn together in one or two.

    >>> lost = Fact("win_rate", "2026Q3", None, unit="share", state="not_measurable")
    >>> [said.text("USD") for said in gist([cannot("the win rate", "It", lost), say("So.")])]
    ['So.', "The vendor's data do not tell of the win rate."]
    >>> none = [Fact(name, "2026Q3", None, unit="share", state="no_data") for name in ("win_rate", "attainment")]
    >>> [said.text("USD") for said in gist(cannot(fact.metric.replace("_", " "), "It", fact) for fact in none)]
    ['Nothing can be said of win rate and attainment: there is no decided deal and no plan for this partner.']
    """
    given = list(sentences)
    told = [sentence for sentence in given if not sentence.lacking]
    of_source = [sentence for sentence in given if sentence.lacking and not sentence.wanting]
    of_partner = list({said.lacking: said for said in given if said.wanting}.values())
    if len(of_partner) > 1:
        of_partner = [_nothing_of(of_partner)]
    if of_source:
        topics = in_list(map(words, dict.fromkeys(sentence.lacking for sentence in of_source)))
        of_source = [say("The vendor's data do not tell of ", *topics, ".")]
    return [*told, *of_partner, *of_source]


def _nothing_of(sentences: list[Sentence]) -> Sentence:
    topics = in_list(words(sentence.lacking) for sentence in sentences)
    wants = in_list(map(words, dict.fromkeys(sentence.wanting for sentence in sentences)))
    return say("Nothing can be said of ", *topics, ": there is ", *wants, " for this partner.")


def why(fact: Fact) -> tuple[Piece, ...]:
    """Why a fact has no figure, in the middle of a sentence; of too few cases, how many they are.

    >>> say(*why(Fact("win_rate", "2026Q3", 1.0, unit="share", n=2, state="too_few"))).text("USD")
    'there are too few cases (2)'
    """
    if fact.state == "too_few" and not fact.lacking and fact.n is not None:
        return "there are too few cases (", cases_of(fact), ")"
    return (words(_absent(fact)),)


def absent(fact: Fact) -> str:
    """Why a fact has no figure, as words that may stand within others; no number is among them.

    >>> absent(Fact("attainment", "2026Q3", None, unit="share", state="no_data"))
    'there is no plan for this partner'
    >>> absent(Fact("attainment", "2026Q3", None, unit="share", state="not_measurable", lacking="plans"))
    "the vendor's data hold no plans"
    """
    said = _absent(fact)
    return "there is no figure for this partner" if loose_number(said) else said


def _absent(fact: Fact) -> str:
    if fact.lacking:
        return f"the vendor's data hold no {fact.lacking}"
    if fact.state == "too_few":
        return "there are too few cases"
    if fact.state == "suppressed":
        return "too few firms are like this one"
    return f"there is {KNOWN[fact.metric].absent if fact.metric in KNOWN else 'no figure'} for this partner"


def listed(words: Iterable[str]) -> str:
    """Words as a list in a sentence.

    >>> listed(["a", "b", "c"])
    'a, b and c'
    """
    *first, last = list(words) or [""]
    return f"{', '.join(first)} and {last}" if first else last


def in_list(items: Iterable[Piece | tuple[Piece, ...]]) -> tuple[Piece, ...]:
    """Figures and names, one or several pieces each, as a list in a sentence.

    >>> deals = Fact("open_deals", "2026Q3", 2, "count")
    >>> say("In ", *in_list([named("Core 48"), "Cloud", ("Disks (", deals, ")")])).text("")
    'In Core 48, Cloud and Disks (2)'
    """
    each = [item if isinstance(item, tuple) else (item,) for item in items]
    pieces: list[Piece] = []
    for place, item in enumerate(each):
        joiner = "" if place == 0 else " and " if place == len(each) - 1 else ", "
        pieces += [*([joiner] if joiner else []), *item]
    return tuple(pieces)


def mid_sentence(label: str) -> str:
    """A label as it stands in the middle of a sentence.

    >>> mid_sentence("Win rate"), mid_sentence("CSAT")
    ('win rate', 'CSAT')
    """
    return label if label[1:2].isupper() else label[:1].lower() + label[1:]


def called(metric: str) -> Piece:
    """A metric's label as it stands in the middle of a sentence.

    >>> called("win_rate"), called("partners_for_80").text
    ('win rate', 'partners who make 80 %')
    """
    return words(mid_sentence(KNOWN[metric].label))


def counted(number: int, one: str, many: str = "") -> str:
    """A number with its noun.

    >>> counted(1, "deal"), counted(3, "deal")
    ('1 deal', '3 deals')
    """
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def number_of(fact: Fact, one: str, many: str = "") -> Stated:
    """A count with its noun, as `counted`, and the fact that it states.

    >>> number_of(Fact("open_deals", "2026Q3", 1.0, "count"), "deal").text
    '1 deal'
    """
    return stated(fact, counted(int(fact.value or 0), one, many))
