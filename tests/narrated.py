"""What tests of the narrative share: the cells of every report, and the HTML of a cell taken apart into its texts."""

from __future__ import annotations

import inspect
import pkgutil
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from importlib import import_module
from types import FunctionType

import channelnb.report
from channelnb.narrative.facts import Fact
from channelnb.narrative.figures import STATE_WORDS, text_of
from channelnb.numbers import value_text
from channelnb.report.shown import Shown

VOID = frozenset({"br", "img", "hr", "col", "wbr"})
BLOCKS = frozenset({"h2", "h3", "h4", "p", "li", "figcaption", "summary", "caption", "dt", "dd", "td", "th"})
NAMES = frozenset({"name", "defined"})


def cells_of(subject: str) -> list[Callable[..., Shown]]:
    """Each cell of a report on a subject, such as ``Slice``: a function of it alone that gives what is shown."""
    found: dict[str, Callable[..., Shown]] = {}
    for module in pkgutil.iter_modules(channelnb.report.__path__, "channelnb.report."):
        for name, made in vars(import_module(module.name)).items():
            if not isinstance(made, FunctionType) or name.startswith("_") or made.__module__ != module.name:
                continue
            signature = inspect.signature(made)
            needed = [one for one in signature.parameters.values() if one.default is inspect.Parameter.empty]
            if len(needed) == 1 and (needed[0].annotation, signature.return_annotation) == (subject, "Shown"):
                found[f"{module.name.rpartition('.')[2]}.{name}"] = made
    return [found[name] for name in sorted(found)]


@dataclass
class Figure:
    """A figure in the HTML: the id of its fact, its exact value as text, and what a reader sees."""

    fact: str
    value: str
    shown: str = ""


@dataclass
class Block:
    """One paragraph, item, caption or table cell: its tag and classes, and its text, names and figures in order."""

    tag: str
    kind: str
    within: tuple[str, ...]
    parts: list[str | Figure | tuple[str]] = field(default_factory=list)

    @property
    def narrative(self) -> bool:
        """Whether it is running text, as a cell of a table or a headline figure is not."""
        return self.tag in ("p", "li", "figcaption", "summary") or (self.tag == "dd" and "note" in self.kind)

    @property
    def figures(self) -> list[Figure]:
        return [part for part in self.parts if isinstance(part, Figure)]

    @property
    def words(self) -> str:
        """The text that is neither figure nor name."""
        return "".join(part if isinstance(part, str) else " " for part in self.parts)

    @property
    def text(self) -> str:
        return "".join(
            part if isinstance(part, str) else part.shown if isinstance(part, Figure) else part[0]
            for part in self.parts
        )


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.blocks: list[Block] = []
        self._open: list[tuple[str, str]] = []
        self._current: list[Block] = []
        self._figure: Figure | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in VOID:
            return
        given = {name: value or "" for name, value in attrs}
        self._open.append((tag, given.get("class", "")))
        if tag in BLOCKS:
            block = Block(
                tag, given.get("class", ""), tuple(f"{name} {kind}".strip() for name, kind in self._open[:-1])
            )
            self.blocks.append(block)
            self._current.append(block)
        # A number of a table that is of no metric has its exact value beside it, and no fact.
        if tag == "data" and "data-fact" in given:
            self._figure = Figure(given["data-fact"], given["value"])
            if self._current:
                self._current[-1].parts.append(self._figure)

    def handle_endtag(self, tag: str) -> None:
        if tag in VOID:
            return
        opened, _ = self._open.pop()
        assert opened == tag, (opened, tag)
        if tag in BLOCKS:
            self._current.pop()
        if tag == "data":
            self._figure = None

    def handle_data(self, data: str) -> None:
        if self._figure is not None:
            self._figure.shown += data
        elif self._current:
            name = any(NAMES & set(kind.split()) for _, kind in self._open)
            self._current[-1].parts.append((data,) if name else data)
        else:
            assert not data.strip(), f"text outside of any block: {data!r}"


def blocks_of(shown: Shown) -> list[Block]:
    """The texts of a cell, one by one, as they stand in its HTML."""
    reader = _Reader()
    reader.feed(shown.html)
    reader.close()
    return reader.blocks


WORDS = frozenset({"no", "none", "no row", "yes", "reached", "a stable profile", "no stable profile", "nothing", "nil"})
_NUMBER = re.compile(r"([+−-]?)(\d[\d,]*)(?:\.(\d+))?(?: (bn|m|k)\b)?")
_POWERS = {"bn": 9, "m": 6, "k": 3, "": 0, None: 0}


def restates(fact: Fact, text: str, currency: str) -> bool:
    """Whether what is shown of a fact is its value, rounded: one number, in words, or why there is none."""
    if fact.value is None:
        return text in {text_of(fact, currency), *STATE_WORDS.values()} or not any(map(str.isdigit, text))
    if text in {text_of(fact, currency), value_text(fact.value, fact.unit, currency)}:
        return True
    bare = text.replace(f" (of {fact.n:,})", "") if fact.n is not None else text
    numbers = list(_NUMBER.finditer(bare))
    if not numbers:
        return bare.lower() in WORDS or fact.value == int(fact.value) <= 20
    return len(numbers) == 1 and any(_rounds_to(numbers[0], value) for value in _readings(fact))


def _readings(fact: Fact) -> Iterator[float]:
    """A value as a column may scale it: a share in per cent, money in thousands or millions."""
    value = fact.value or 0.0
    scaled = value * 100 if fact.unit in ("share", "year_share") else value
    yield from (scaled, scaled / 1e3, scaled / 1e6)


def _rounds_to(number: re.Match[str], value: float) -> bool:
    sign, whole, decimals, power = number.groups()
    size = float(whole.replace(",", "") + "." + (decimals or "0")) * 10 ** _POWERS[power]
    digits = len(decimals or "")
    # A number in three digits, such as 12.3 k or 1,230, may be rounded within its whole part.
    step = 10.0 ** (_POWERS[power] - digits)
    near = step / 2 * (1 + 1e-9) + 1e-9
    wanted = -size if sign in ("−", "-") else size
    return abs(wanted - value) <= near or (not sign and abs(size - abs(value)) <= near)
