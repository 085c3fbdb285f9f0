"""How strong the words are: one table of thresholds for all sentences, and the direction words of each metric."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf

from channelnb.metrics.known import KNOWN
from channelnb.narrative.facts import Fact
from channelnb.narrative.sentence import Piece, Tone, size_of


@dataclass(frozen=True)
class Step:
    """Below which size, as a share, a change and a distance are called what."""

    below: float
    change: str
    distance: str


STEPS = (Step(0.005, "level", "level"), Step(0.05, "slightly", "slightly"), Step(0.2, "", ""))
"""The sizes, from the smallest; "" is a change or a distance that needs no word beside its figure."""
LARGE = Step(inf, "sharply", "far")
RED = 0.1
"""What falls short by more than a tenth of what was wanted is red."""


def step(size: float) -> Step:
    """The step on which a change or a distance stands.

    >>> [step(size).change for size in (0.004, -0.03, 0.1, -0.4)]
    ['level', 'slightly', '', 'sharply']
    """
    # A change of 20 % that a float makes 20.000000000000004 % is no more than that.
    exact = round(abs(size), 9)
    return next((each for each in STEPS if exact < each.below or (each.below == 0.2 and exact == 0.2)), LARGE)


def level(size: float) -> bool:
    """Whether a change is so small that it is none.

    >>> level(0.004), level(-0.005)
    (True, False)
    """
    return step(size) is STEPS[0]


def moved(change: Fact) -> tuple[Piece, ...]:
    """A change that is not level, in words: its direction, its strength and its size.

    >>> from channelnb.narrative.sentence import say
    >>> [say(*moved(Fact("growth_yoy", "2026Q3", by, "share"))).text("") for by in (0.02, -0.08, -0.4)]
    ['up slightly by 2 %', 'down 8 %', 'down sharply by 40 %']
    """
    value = change.value or 0.0
    strength, way = step(value).change, "up" if value > 0 else "down"
    return (f"{way} {strength} by " if strength else f"{way} ", size_of(change))


def against(distance: float, what: str) -> str:
    """On which side of a plan or a target something is, and how far.

    >>> [against(gap, "plan") for gap in (-0.3, -0.1, 0.001, 0.02)]
    ['far behind plan', 'behind plan', 'on plan', 'slightly ahead of plan']
    """
    if level(distance):
        return f"on {what}"
    return f"{step(distance).distance} {'ahead of' if distance > 0 else 'behind'} {what}".lstrip()


def verdict(metric: str, change: float) -> str:
    """Whether a change of a metric is for the better or the worse; "" where it is neither.

    >>> verdict("win_rate", 0.1), verdict("lead_response_time", 2.0), verdict("mdf_claims", 2.0)
    ('better', 'worse', '')
    """
    wanted = KNOWN[metric].better
    if not change or wanted == "neither":
        return ""
    return "better" if (change > 0) == (wanted == "higher") else "worse"


def tone(distance: float) -> Tone:
    """Whether a distance from what was wanted is red, good, or neither.

    >>> [tone(gap) for gap in (-0.2, -0.05, 0.0, 0.1)]
    ['red', 'neutral', 'good', 'good']
    """
    if distance < -RED:
        return "red"
    return "good" if distance >= 0 else "neutral"
