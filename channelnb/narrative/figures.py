"""How a figure is written: short for people, exact for machines."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

from channelnb.narrative.facts import Fact
from channelnb.numbers import value_text

STATE_WORDS = {
    "no_data": "no data",
    "not_measurable": "not measurable",
    "too_few": "too few to say",
    "suppressed": "withheld",
    "cannot_tell": "cannot tell",
    "not_distinct": "does not set them apart",
}


@dataclass(frozen=True)
class Markup:
    """HTML that is safe to show as it stands: made here, never taken from data."""

    html: str
    text: str = ""


def text_of(fact: Fact, currency: str) -> str:
    """A fact in words: its value, or why there is none.

    >>> text_of(Fact("attainment", "2026Q3", None, unit="share", state="no_data"), "USD")
    'no data'
    >>> text_of(Fact("win_rate", "2026Q3", 0.5, unit="share", n=2, state="too_few"), "USD")
    '50 % (of 2)'
    """
    if fact.value is None or fact.state not in ("ok", "too_few"):
        return STATE_WORDS.get(fact.state, fact.state.replace("_", " "))
    text = value_text(fact.value, fact.unit, currency)
    return f"{text} (of {fact.n:,})" if fact.state == "too_few" and fact.n is not None else text


def written_alike(one: Fact, other: Fact) -> bool:
    """Whether two figures read the same, so that neither is over or under the other for a reader.

    >>> index = [Fact("pipeline_index", "2026Q4", value, unit="index") for value in (3.98, 4.0, 3.9)]
    >>> written_alike(index[0], index[1]), written_alike(index[2], index[1])
    (True, False)
    """
    return one.known and other.known and text_of(one, "") == text_of(other, "")


def figure(fact: Fact, currency: str) -> Markup:
    """A fact as HTML whose exact value and id stand beside the short text.

    >>> figure(Fact("revenue", "2026Q3", 1200.0, unit="money"), "USD").html
    '<data value="1200.0" data-fact="revenue||2026Q3|actual">USD 1.2 k</data>'
    """
    text = text_of(fact, currency)
    value = "" if fact.value is None else repr(fact.value)
    return Markup(f'<data value="{value}" data-fact="{escape(fact.id)}">{escape(text)}</data>', text)
