"""The tables of a page, read from its HTML: what they hold is what the page shows."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser

# What a picture is drawn of, which takes longer to read than the rest of the page.
_PICTURE = re.compile(r'(<img\b[^>]*?\ssrc=")[^"]*')
_HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
# A reader sees a gap, or a new line, where one of these begins or ends.
_APART = frozenset(
    {
        *("br", "dd", "details", "div", "dl", "dt", "figcaption", "h3", "h4", "h5", "h6"),
        *("li", "ol", "p", "section", "small", "summary", "ul"),
    }
)
_ARROWS = " \N{BLACK UP-POINTING TRIANGLE}\N{BLACK DOWN-POINTING TRIANGLE}\N{EN DASH}"


@dataclass(frozen=True)
class Figure:
    """A figure in a cell: its exact value, None where it is not known, how it is written, and the fact's id."""

    value: float | None
    text: str
    fact: str


@dataclass(frozen=True)
class Head:
    """What heads a column: its label, the unit that the page shows it in, and the group that it stands in."""

    label: str
    unit: str = ""
    group: str = ""


@dataclass(frozen=True)
class Cell:
    """A cell: its text as a reader sees it, and the figures in it."""

    text: str
    figures: tuple[Figure, ...] = ()

    @property
    def number(self) -> float | None:
        """The exact value, where one figure is all that the cell shows; an arrow may stand beside it.

        >>> figure = Figure(0.081, "8.1 %", "growth_yoy||2026Q3|actual")
        >>> [Cell(text, (figure,)).number for text in ("▲ 8.1 %", "ahead by 8.1 %")]
        [0.081, None]
        """
        one = self.figures[0] if len(self.figures) == 1 else None
        return one.value if one is not None and self.text.strip(_ARROWS) == one.text.strip(_ARROWS) else None


@dataclass(frozen=True)
class PageTable:
    """A table of a page: its title, what heads its columns, and its rows, each as wide as the table."""

    title: str
    heads: tuple[Head, ...]
    rows: tuple[tuple[Cell, ...], ...]


def tables_of(page: str) -> list[PageTable]:
    """Every table of a page, in their order; each has a title of its own.

    Needs the safe HTML of a page or of a part of one. A table within a cell is text of that cell.

    >>> html = "<h2>Lines?</h2><table><tr><th>Line</th><th>Sold</th></tr><tr><td>Disks</td><td>12</td></tr></table>"
    >>> [table] = tables_of(html)
    >>> table.title, [head.label for head in table.heads], [cell.text for cell in table.rows[0]]
    ('Lines?', ['Line', 'Sold'], ['Disks', '12'])
    """
    reader = _Reader()
    reader.feed(_PICTURE.sub(r"\1", page))
    reader.close()
    found: list[PageTable] = []
    titles: set[str] = set()
    for drawn in reader.tables:
        title = next(one for one in _titles(drawn.caption or drawn.heading or "Table") if one not in titles)
        titles.add(title)
        found.append(_table(drawn, title))
    return found


def _titles(title: str) -> Iterator[str]:
    yield title
    number = 2
    while True:
        yield f"{title} ({number})"
        number += 1


@dataclass
class _Drawn:
    """A cell as it is drawn: how far it reaches, whether it is a heading, and what is in it."""

    heading: bool
    columns: int
    rows: int
    text: list[str] = field(default_factory=list)
    unit: list[str] = field(default_factory=list)
    figures: list[Figure] = field(default_factory=list)

    def cell(self) -> Cell:
        return Cell(_plain(self.text), tuple(self.figures))


@dataclass
class _DrawnTable:
    """A table as it is drawn: the heading that it stands under, its caption, and its rows, the head's apart."""

    heading: str
    caption: str = ""
    head: list[list[_Drawn]] = field(default_factory=list)
    body: list[list[_Drawn]] = field(default_factory=list)


class _Reader(HTMLParser):
    """Collects the tables of what it is fed."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tables: list[_DrawnTable] = []
        self._heading: list[str] = []
        self._caption: list[str] = []
        self._depth = 0
        self._in_head = False
        self._cell: _Drawn | None = None
        self._figure: tuple[str, str, list[str]] | None = None
        # What text goes to, the innermost last.
        self._sinks: list[tuple[str, list[str]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if self._depth and (tag in _APART or tag in ("td", "th", "table")):
            self.handle_data(" ")
        if tag == "table":
            self._depth += 1
            if self._depth == 1:
                self.tables.append(_DrawnTable(_plain(self._heading)))
                self._in_head = False
        elif self._depth == 0 and tag in _HEADINGS:
            self._heading = []
            self._sinks.append((tag, self._heading))
        elif self._depth == 1:
            self._within(tag, {name: value or "" for name, value in attrs})

    def _within(self, tag: str, said: dict[str, str]) -> None:
        table = self.tables[-1]
        if tag == "caption":
            self._caption = []
            self._sinks.append((tag, self._caption))
        elif tag == "thead":
            self._in_head = True
        elif tag == "tr":
            (table.head if self._in_head else table.body).append([])
        elif tag in ("td", "th"):
            self._cell = _Drawn(tag == "th", _span(said.get("colspan")), _span(said.get("rowspan")))
            rows = table.head if self._in_head else table.body
            if not rows:
                rows.append([])
            rows[-1].append(self._cell)
            self._sinks.append((tag, self._cell.text))
        elif self._cell is not None and tag == "span" and said.get("class") == "unit":
            self._sinks.append((tag, self._cell.unit))
        elif self._cell is not None and tag == "span":
            self._sinks.append((tag, self._sinks[-1][1]))
        elif self._cell is not None and tag == "data":
            self._figure = (said.get("value", ""), said.get("data-fact", ""), [])

    def handle_endtag(self, tag: str) -> None:
        if tag in _APART or tag == "table":
            self.handle_data(" ")
        if tag == "table" and self._depth:
            self._depth -= 1
            if self._depth == 0:
                self._cell, self._figure, self._sinks = None, None, []
        elif tag == "thead" and self._depth == 1:
            self._in_head = False
        elif tag == "data" and self._figure is not None and self._cell is not None:
            value, fact, text = self._figure
            self._cell.figures.append(Figure(_number(value), _plain(text), fact))
            self._figure = None
        elif self._sinks and self._sinks[-1][0] == tag and self._depth < 2:
            self._sinks.pop()
            if tag == "caption":
                self.tables[-1].caption = _plain(self._caption)
            elif tag in ("td", "th"):
                self._cell = self._figure = None

    def handle_data(self, data: str) -> None:
        if self._sinks:
            self._sinks[-1][1].append(data)
        if self._figure is not None:
            self._figure[2].append(data)


def _table(drawn: _DrawnTable, title: str) -> PageTable:
    head, body = ([row for row in rows if row] for rows in (drawn.head, drawn.body))
    if not head and len(body) > 1 and all(cell.heading for cell in body[0]):
        head, body = body[:1], body[1:]
    # Rows are laid out together, as a cell of one may reach into the next.
    laid = _laid_out([*head, *body])
    heads, rows = laid[: len(head)], laid[len(head) :]
    width = max((len(row) for row in laid), default=0)
    columns = [[_at(row, place) for row in heads] for place in range(width)]
    return PageTable(
        title,
        tuple(_head(column) for column in columns),
        tuple(tuple((one.cell() if one else Cell("")) for one in _wide(row, width)) for row in rows),
    )


def _laid_out(rows: list[list[_Drawn]]) -> list[list[_Drawn | None]]:
    """The cells of each row by column; a cell that reaches over several columns or rows stands in each."""
    laid: list[list[_Drawn | None]] = [[] for _ in rows]
    for number, row in enumerate(rows):
        place = 0
        for cell in row:
            while _at(laid[number], place) is not None:
                place += 1
            for below in laid[number : number + cell.rows]:
                below.extend([None] * (place + cell.columns - len(below)))
                below[place : place + cell.columns] = [cell] * cell.columns
            place += cell.columns
    return laid


def _at(row: list[_Drawn | None], place: int) -> _Drawn | None:
    return row[place] if place < len(row) else None


def _wide(row: list[_Drawn | None], width: int) -> list[_Drawn | None]:
    return row + [None] * (width - len(row))


def _head(column: list[_Drawn | None]) -> Head:
    if not column or column[-1] is None:
        return Head("")
    last = column[-1]
    over = dict.fromkeys(_plain(one.text) for one in column[:-1] if one is not None and one is not last)
    return Head(_plain(last.text), _plain(last.unit), ", ".join(text for text in over if text))


def _plain(parts: list[str]) -> str:
    return " ".join("".join(parts).split())


def _span(text: str | None) -> int:
    # As browsers read it: what is no number is one, and no cell reaches without end.
    return min(int(text), 1000) if text and text.isascii() and text.isdecimal() and int(text) else 1


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None
