"""The parts of a page that are words and figures: summary cards, sentences, marks, callouts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from html import escape

from channelnb.errors import unknown
from channelnb.narrative.facts import Fact
from channelnb.narrative.figures import Markup, figure
from channelnb.report.shown import Shown

Text = str | Markup | Shown

ARROWS = {"up": "\N{BLACK UP-POINTING TRIANGLE}", "down": "\N{BLACK DOWN-POINTING TRIANGLE}", "level": "\N{EN DASH}"}
_FIXED = "\N{NO-BREAK SPACE}"
TONES = ("good", "bad", "neutral")


def safe(text: Text) -> str:
    """The HTML of something said: markup that was made here as it is, anything else escaped.

    >>> safe("<b>"), safe(Markup("<em>so</em>"))
    ('&lt;b&gt;', '<em>so</em>')
    """
    return text.html if isinstance(text, Markup | Shown) else escape(str(text))


def said(text: Text) -> str:
    """The same in plain text.

    >>> said(Markup("<em>so</em>", "so"))
    'so'
    """
    return text.text if isinstance(text, Markup | Shown) else str(text)


def _facts(texts: Iterable[Text]) -> tuple[Fact, ...]:
    return tuple(fact for text in texts if isinstance(text, Shown) for fact in text.facts)


def mark(word: Text, *, arrow: str, tone: str = "neutral") -> Markup:
    """A status mark: an arrow (up, down, level) and a word or figure; the tone (good, bad, neutral) only colours it.

    >>> mark("ahead", arrow="up", tone="good").text
    '▲ ahead'
    """
    if arrow not in ARROWS:
        raise unknown("arrow", arrow, ARROWS)
    if tone not in TONES:
        raise unknown("tone", tone, TONES)
    # A narrow cell may break between words, but neither after the arrow nor inside "10 %".
    sign = f'<span class="arrow" aria-hidden="true">{ARROWS[arrow]}</span>'
    html = f'<span class="mark {tone}">{sign}{_FIXED}{safe(word).replace(" %", f"{_FIXED}%")}</span>'
    return Markup(html, f"{ARROWS[arrow]} {said(word)}")


@dataclass(frozen=True)
class Card:
    """One headline figure: what it is, the fact, a comparison in words, and what stands there if there is no figure."""

    label: str
    fact: Fact
    note: Text = ""
    otherwise: str = ""

    def shown(self, currency: str) -> Markup:
        """The figure, or why there is none.

        >>> Card("Growth", Fact("growth_yoy", "2026Q3", 0.081, unit="share")).shown("USD").text
        '8.1 %'
        >>> Card("Growth", Fact("growth_yoy", "2026Q3", None, unit="share"), otherwise="first year").shown("USD").text
        'first year'
        """
        if self.fact.value is None and self.otherwise:
            html = f'<data value="" data-fact="{escape(self.fact.id)}">{escape(self.otherwise)}</data>'
            return Markup(html, self.otherwise)
        return figure(self.fact, currency)


def cards(items: Iterable[Card], *, currency: str) -> Shown:
    """The headline figures of a page, side by side; the facts of all are kept.

    >>> revenue = Fact("revenue", "2026Q3", 1200.0, unit="money")
    >>> cards([Card("Revenue", revenue, "level with 2025Q3")], currency="USD").text
    'Revenue: USD 1.2 k, level with 2025Q3'
    """
    items = list(items)
    html = "".join(_card_html(card, currency) for card in items)
    lines = [
        f"{card.label}: {card.shown(currency).text}" + (f", {said(card.note)}" if said(card.note) else "")
        for card in items
    ]
    facts = tuple(card.fact for card in items) + _facts(card.note for card in items)
    return Shown(f'<dl class="cards">{html}</dl>', facts, "\n".join(lines))


def _card_html(card: Card, currency: str) -> str:
    kind = "big" if card.fact.value is not None else "big words"
    note = f'<dd class="note">{safe(card.note)}</dd>' if said(card.note) else ""
    return (
        f'<div class="card"><dt>{escape(card.label)}</dt>'
        f'<dd class="{kind}">{card.shown(currency).html}</dd>{note}</div>'
    )


def lead(text: Text, *, facts: Iterable[Fact] = ()) -> Shown:
    """The sentence that a page opens with; `facts` are those that it states.

    >>> lead("Contoso is on plan.").html
    '<p class="lead">Contoso is on plan.</p>'
    """
    return Shown(f'<p class="lead">{safe(text)}</p>', (*facts, *_facts([text])), said(text))


def paragraph(text: Text, *, facts: Iterable[Fact] = ()) -> Shown:
    """A paragraph of running text; `facts` are those that it states.

    >>> paragraph("Five of <8> people sold.").html
    '<p>Five of &lt;8&gt; people sold.</p>'
    """
    return Shown(f"<p>{safe(text)}</p>", (*facts, *_facts([text])), said(text))


def sentences(items: Iterable[Text], *, facts: Iterable[Fact] = ()) -> Shown:
    """Sentences that stand each on its own, as a list; one alone is a paragraph; `facts` are those that they state.

    >>> sentences(["Revenue rose.", "Margin fell."]).text
    'Revenue rose.\\nMargin fell.'
    """
    items = list(items)
    if len(items) == 1:
        return paragraph(items[0], facts=facts)
    html = "".join(f"<li>{safe(item)}</li>" for item in items)
    listed = f'<ul class="sentences">{html}</ul>' if items else ""
    return Shown(listed, (*facts, *_facts(items)), "\n".join(map(said, items)))


def callout(text: Text, *, tone: str = "neutral", facts: Iterable[Fact] = ()) -> Shown:
    """A remark that a reader must not miss, such as "no plan for this partner".

    >>> callout("There is no plan for this partner.").html
    '<p class="callout neutral">There is no plan for this partner.</p>'
    """
    if tone not in TONES:
        raise unknown("tone", tone, TONES)
    return Shown(f'<p class="callout {tone}">{safe(text)}</p>', (*facts, *_facts([text])), said(text))


def absence(text: Text) -> Shown:
    """A remark that there is nothing to show here; among the evidence of a page its whole section is left out.

    >>> absence("There is no open deal.").html
    '<p class="callout neutral absent">There is no open deal.</p>'
    """
    return Shown(f'<p class="callout neutral absent">{safe(text)}</p>', _facts([text]), said(text))


def labelled(label: str, inside: Shown) -> Shown:
    """Something under a label of its own, where a heading would be too much.

    >>> labelled("To decide", Shown("<p>A day.</p>", text="A day.")).text
    'To decide: A day.'
    """
    return Shown(f'<p class="label">{escape(label)}</p>{inside.html}', inside.facts, f"{label}: {inside.text}")


def folded(summary: Text, inside: Shown, *, printed: bool = False) -> Shown:
    """Something that a reader opens if interested; `printed` says that it stands open on paper.

    >>> folded("All 90 figures", Shown("<p>90</p>", text="90")).html
    '<details><summary>All 90 figures</summary><p>90</p></details>'
    """
    opening = '<details class="printed">' if printed else "<details>"
    html = f"{opening}<summary>{safe(summary)}</summary>{inside.html}</details>"
    text = "\n".join(part for part in (said(summary), inside.text) if part)
    return Shown(html, (*_facts([summary]), *inside.facts), text)
