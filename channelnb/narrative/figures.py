"""How a figure is written: short for people, exact for machines."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from html import escape

from channelnb.narrative.facts import Fact

STATE_WORDS = {
    "no_data": "no data",
    "not_measurable": "not measurable",
    "too_few": "too few to say",
    "suppressed": "withheld",
    "cannot_tell": "cannot tell",
    "not_distinct": "does not set them apart",
}
_MINUS = "\N{MINUS SIGN}"


@dataclass(frozen=True)
class Markup:
    """HTML that is safe to show as it stands: made here, never taken from data."""

    html: str
    text: str = ""


def short_number(value: float, *, digits: int = 3) -> str:
    """A number in at most `digits` significant digits, with k, m or bn.

    >>> short_number(1234567), short_number(999.6), short_number(0)
    ('1.23 m', '1 k', '0')
    """
    size = abs(value)
    for limit, divisor, word in ((999.5e6, 1e9, "bn"), (999.5e3, 1e6, "m"), (999.5, 1e3, "k")):
        if size >= limit:
            return f"{_plain(value / divisor, digits)} {word}"
    return _plain(value, digits)


def _rounded(value: float, decimals: int) -> str:
    # Half up on the shortest decimal that is the float, as people round: 0.6315 is 63.15 %, so 63.2 %.
    exact = Decimal(repr(float(value))).quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)
    text = f"{abs(exact):,}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return f"{_MINUS}{text}" if exact < 0 else text


def _plain(value: float, digits: int) -> str:
    whole = len(str(int(abs(value)))) if abs(value) >= 1 else 1
    return _rounded(value, max(0, digits - whole))


def percent(share: float, *, digits: int = 1) -> str:
    """A share as a percentage.

    >>> percent(0.6315), percent(-0.1)
    ('63.2 %', '−10 %')
    """
    return f"{_rounded(float(Decimal(repr(float(share))) * 100), digits)} %"


def amount(value: float, currency: str) -> str:
    """Money, short, with its currency in front unless that stands elsewhere ("").

    >>> amount(80450596.98, "USD")
    'USD 80.5 m'
    """
    return f"{currency} {short_number(value)}".strip()


def value_text(value: float, unit: str, currency: str) -> str:
    """A value as its unit is written.

    >>> value_text(3.4217, "index", "USD"), value_text(12, "count", "USD"), value_text(0.5, "share", "USD")
    ('3.4×', '12', '50 %')
    """
    if unit in ("money", "money_per_head"):
        return amount(value, currency)
    if unit == "share":
        return percent(value)
    if unit == "index":
        return f"{_plain(value, 2) if abs(value) < 10 else _plain(value, 3)}×"
    return short_number(value) if abs(value) >= 10_000 else _plain(value, 4 if value == int(value) else 3)


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


def figure(fact: Fact, currency: str) -> Markup:
    """A fact as HTML whose exact value and id stand beside the short text.

    >>> figure(Fact("revenue", "2026Q3", 1200.0, unit="money"), "USD").html
    '<data value="1200.0" data-fact="revenue||2026Q3|actual">USD 1.2 k</data>'
    """
    text = text_of(fact, currency)
    value = "" if fact.value is None else repr(fact.value)
    return Markup(f'<data value="{value}" data-fact="{escape(fact.id)}">{escape(text)}</data>', text)
