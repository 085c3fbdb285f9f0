"""What a notebook's cell shows: HTML for people, styled where it stands, and the facts that it states."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from channelnb.glance import styled
from channelnb.narrative.facts import Fact

FACTS_MIME = "application/vnd.channelnb.facts+json"


@dataclass(frozen=True)
class Shown:
    """Something shown in a report: safe HTML, the same in plain text, and its facts.

    >>> shown = Shown("<p>12</p>", text="12", facts=(Fact("new_customers", "2026Q3", 12, unit="count"),))
    >>> sorted(shown._repr_mimebundle_())
    ['application/vnd.channelnb.facts+json', 'text/html', 'text/plain']
    """

    html: str
    facts: tuple[Fact, ...] = ()
    text: str = ""

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        return {
            "text/html": styled(self.html),
            "text/plain": self.text or "(shown as HTML)",
            FACTS_MIME: [fact.as_dict() for fact in self.facts],
        }


def together(parts: Iterable[Shown]) -> Shown:
    """Several things shown one below the other.

    >>> together([Shown("<p>a</p>", text="a"), Shown("<p>b</p>", text="b")]).html
    '<p>a</p><p>b</p>'
    """
    parts = list(parts)
    return Shown(
        "".join(part.html for part in parts),
        tuple(fact for part in parts for fact in part.facts),
        "\n".join(part.text for part in parts if part.text),
    )
