"""A vendor's colour as text: as it is where it can be read, else darker on a light page or lighter on a dark one."""

from __future__ import annotations

from collections.abc import Iterable

READABLE = 4.5
"""The contrast that text needs against what it stands on (WCAG 2.2, 1.4.3)."""
LIGHT = ("#ffffff", "#f5f7f9")
"""What text stands on by day: the paper and the wash of the style sheet."""
DARK = ("#14181d", "#1c2229")
"""The same on a dark screen."""
_BLACK, _WHITE = (0, 0, 0), (255, 255, 255)


def contrast(one: str, other: str) -> float:
    """The contrast of two colours written as ``#rrggbb``, from 1 (the same) to 21 (black and white).

    >>> contrast("#000000", "#ffffff"), round(contrast("#ffd400", "#ffffff"), 2)
    (21.0, 1.43)
    """
    low, high = sorted((_luminance(_parts(one)), _luminance(_parts(other))))
    return (high + 0.05) / (low + 0.05)


def readable(colour: str, papers: Iterable[str], *, least: float = READABLE) -> str:
    """The colour nearest to a given one that has at least some contrast with each of some papers.

    It is mixed with black or white, whichever tells it from the papers, in steps of a hundredth.

    >>> readable("#0b5cad", LIGHT), readable("#ffd400", LIGHT), readable("#ffd400", DARK)
    ('#0b5cad', '#856e00', '#ffd400')
    """
    papers = tuple(papers)
    away = _BLACK if contrast(papers[0], "#ffffff") < contrast(papers[0], "#000000") else _WHITE
    mixed = (_mixed(_parts(colour), away, step / 100) for step in range(101))
    return next(shade for shade in mixed if all(contrast(shade, paper) >= least for paper in papers))


def _parts(colour: str) -> tuple[int, ...]:
    return tuple(bytes.fromhex(colour.removeprefix("#")))


def _mixed(colour: tuple[int, ...], other: tuple[int, ...], share: float) -> str:
    return "#" + bytes(round(a + (b - a) * share) for a, b in zip(colour, other, strict=True)).hex()


def _luminance(parts: tuple[int, ...]) -> float:
    red, green, blue = (_linear(part / 255) for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(part: float) -> float:
    return part / 12.92 if part <= 0.04045 else float(((part + 0.055) / 1.055) ** 2.4)
