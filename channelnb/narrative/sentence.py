"""A sentence: words and facts, so that each figure in a text can be traced."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from html import escape

from channelnb.metrics.known import KNOWN
from channelnb.narrative.facts import NOT_MEASURABLE, Fact
from channelnb.narrative.figures import Markup, figure
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


def size_of(change: Fact) -> Stated:
    """A change without its sign, for use after a word that tells the direction.

    >>> size_of(Fact("growth_yoy", "2026Q3", -0.08, unit="share")).text
    '8 %'
    """
    return stated(change, percent(abs(change.value or 0.0)))


Piece = str | Fact | Markup


@dataclass(frozen=True)
class Sentence:
    """Words and facts in the order in which they are read.

    >>> say("Revenue was ", Fact("revenue", "2026Q3", 1200.0, unit="money"), ".").text("USD")
    'Revenue was USD 1.2 k.'
    """

    pieces: tuple[Piece, ...]
    lacking: str = ""
    """What a sentence that says there are no such data at all is about; "" for any other."""

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
        parts = [_markup(piece, currency) for piece in self.pieces]
        html, text = "".join(part.html for part in parts), "".join(part.text for part in parts)
        # A name such as "Granite Kft." brings the full stop itself.
        twice = text.endswith("..") and html.endswith("..")
        return Markup(html[:-1], text[:-1]) if twice else Markup(html, text)


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


def cannot(topic: str, question: str, fact: Fact) -> Sentence:
    """The sentence that a question cannot be answered, and why; `topic` is what it is about, in short.

    >>> lost = Fact("win_rate", "2026Q3", None, unit="share", state="no_data")
    >>> cannot("the win rate", "The win rate in 2026Q3", lost).text("USD")
    'The win rate in 2026Q3 cannot be said: there is no decided deal for this partner.'
    """
    lacking = topic if fact.state == NOT_MEASURABLE else ""
    return Sentence((f"{question} cannot be said: {absent(fact)}.",), lacking)


def gist(sentences: Iterable[Sentence]) -> list[Sentence]:
    """The sentences in their order, with all that only say that data are lacking drawn together in one.

    >>> lost = Fact("win_rate", "2026Q3", None, unit="share", state="not_measurable")
    >>> [said.text("USD") for said in gist([cannot("the win rate", "It", lost), say("So.")])]
    ['So.', "The vendor's data do not tell of the win rate."]
    """
    given = list(sentences)
    topics = list(dict.fromkeys(sentence.lacking for sentence in given if sentence.lacking))
    told = [sentence for sentence in given if not sentence.lacking]
    return [*told, say(f"The vendor's data do not tell of {listed(topics)}.")] if topics else told


def absent(fact: Fact) -> str:
    """Why a fact has no figure, in the middle of a sentence.

    >>> absent(Fact("attainment", "2026Q3", None, unit="share", state="no_data"))
    'there is no plan for this partner'
    >>> absent(Fact("attainment", "2026Q3", None, unit="share", state="not_measurable", lacking="plans"))
    "the vendor's data hold no plans"
    """
    if fact.lacking:
        return f"the vendor's data hold no {fact.lacking}"
    if fact.state == "too_few":
        return f"there are too few cases ({fact.n})"
    if fact.state == "suppressed":
        return "too few firms are like this one"
    return f"there is {KNOWN[fact.metric].absent} for this partner"


def listed(words: Iterable[str]) -> str:
    """Words as a list in a sentence.

    >>> listed(["a", "b", "c"])
    'a, b and c'
    """
    *first, last = list(words) or [""]
    return f"{', '.join(first)} and {last}" if first else last


def mid_sentence(label: str) -> str:
    """A label as it stands in the middle of a sentence.

    >>> mid_sentence("Win rate"), mid_sentence("CSAT")
    ('win rate', 'CSAT')
    """
    return label if label[1:2].isupper() else label[:1].lower() + label[1:]


def counted(number: int, one: str, many: str = "") -> str:
    """A number with its noun.

    >>> counted(1, "deal"), counted(3, "deal")
    ('1 deal', '3 deals')
    """
    return f"{number:,} {one if number == 1 else many or one + 's'}"
