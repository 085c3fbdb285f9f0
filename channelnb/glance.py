"""What a notebook's cell shows of an object: a few lines and tables, as HTML in JupyterLab and as text elsewhere."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from html import escape
from importlib.resources import files
from numbers import Real

import pandas as pd

from channelnb.frames import records

_LONG = 80
_CODE = re.compile("`([^`\n]+)`")


@cache
def style_sheet() -> str:
    """The element that styles the output it stands in and nothing else; what shows no styles is plain HTML.

    >>> style_sheet().startswith("<style>@scope{")
    True
    """
    lines = files("channelnb").joinpath("glance.css").read_text(encoding="utf-8").splitlines()
    return f"<style>{''.join(line.strip() for line in lines)}</style>"


# JupyterLab would set as a formula what stands between two dollars, in a name as elsewhere.
_HEAD, _FOOT = '<div class="mathjax_ignore">', "</div>"


def styled(html: str) -> str:
    """An output's HTML with its style sheet; nothing stays nothing.

    >>> styled("<p>12</p>").endswith("</style><p>12</p></div>"), styled("")
    (True, '')
    """
    return f"{_HEAD}{style_sheet()}{html}{_FOOT}" if html else ""


def unstyled(html: str) -> str:
    """The HTML that `styled` was given, or what was never styled as it is.

    >>> unstyled(styled("<p>12</p>")), unstyled("<div>12</div>")
    ('<p>12</p>', '<div>12</div>')
    """
    head = _HEAD + style_sheet()
    return html.removeprefix(head).removesuffix(_FOOT) if html.startswith(head) else html


class Listing(pd.DataFrame):
    """A frame that JupyterLab shows whole, its text from the left; what is made from it is a plain frame.

    >>> listed = Listing({"metric": ["win_rate"], "about": ["<b>"]})
    >>> "<td>&lt;b&gt;</td>" in listed._repr_html_(), type(listed.head()) is pd.DataFrame
    (True, True)
    """

    def _repr_html_(self) -> str:
        return styled(self.table_html())

    def table_html(self) -> str:
        """The table alone: a heading for each column, a line for each row."""
        kinds = {str(name): _kind(self[name]) for name in self.columns}
        head = "".join(f"<th{kind}>{escape(name)}</th>" for name, kind in kinds.items())
        rows = [
            "".join(f"<td{kinds[name]}>{_html(self.said(name, cell))}</td>" for name, cell in row.items())
            for row in records(self)
        ] or [f'<td colspan="{len(self.columns)}">(nothing)</td>']
        body = "".join(f"<tr>{row}</tr>" for row in rows)
        return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"

    def said(self, column: str, cell: object) -> str:
        """A cell as people read it: blank where nothing is known, a list with commas.

        >>> Listing().said("first_rows", [3, 7]), Listing().said("rows", 1234), Listing().said("money", None)
        ('3, 7', '1,234', '')
        """
        if isinstance(cell, list | tuple):
            return ", ".join(map(str, cell))
        if isinstance(cell, bool):
            return "yes" if cell else ""
        if cell is None or cell is pd.NA or cell != cell:
            return ""
        return f"{cell:,}" if isinstance(cell, Real) else str(cell)


def _kind(column: pd.Series) -> str:
    if pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column):
        return ' class="number"'
    # Else a browser gives a column of sentences no more room than one of words.
    return ' class="long"' if max(map(len, map(str, column)), default=0) > _LONG else ""


def _html(text: str) -> str:
    """Text as HTML: new lines as such, and what stands between backticks as code."""
    return _CODE.sub(r"<code>\1</code>", escape(text)).replace("\n", "<br>")


@dataclass(frozen=True)
class Glance:
    """What there is to see of an object at first sight.

    `facts` are what it is by name, of which blank ones are left out; `frame` is its main table, `folded` are tables by
    what a reader opens them for, `calls` what to type next and what that tells.
    """

    title: str
    about: str = ""
    facts: Mapping[str, str] = field(default_factory=dict)
    frame: pd.DataFrame | None = None
    folded: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    example: str = ""
    calls: Mapping[str, str] = field(default_factory=dict)

    @property
    def html(self) -> str:
        """It all as HTML, with its style sheet; all text is escaped.

        >>> unstyled(Glance("Slice of <Ada>").html)
        '<p><strong>Slice of &lt;Ada&gt;</strong></p>'
        """
        said = f"<p><strong>{escape(self.title)}</strong></p>"
        said += "".join(f"<p>{_html(paragraph)}</p>" for paragraph in self.about.split("\n\n") if paragraph)
        facts = "".join(f"<tr><th>{escape(name)}</th><td>{_html(told)}</td></tr>" for name, told in self._told)
        said += f"<table>{facts}</table>" if facts else ""
        said += Listing(self.frame).table_html() if self.frame is not None else ""
        said += f"<p>Worked example</p><pre>{escape(self.example)}</pre>" if self.example else ""
        for opened_for, frame in self.folded.items():
            if len(frame):
                table = Listing(frame).table_html()
                said += f"<details><summary>{escape(opened_for)}</summary>{table}</details>"
        calls = "".join(
            f"<tr><td><code>{escape(call)}</code></td><td>{escape(tells)}</td></tr>"
            for call, tells in self.calls.items()
        )
        return styled(said + (f"<p>To type next</p><table>{calls}</table>" if calls else ""))

    @property
    def text(self) -> str:
        """The same for a terminal, without what is folded and what to type next.

        >>> print(Glance("Slice of Ada", facts={"Known on": "2026-09-30", "Missing": ""}).text)
        Slice of Ada
          Known on: 2026-09-30
        """
        facts = [f"  {name}: {told}" for name, told in self._told]
        table = [] if self.frame is None else [self.frame.to_string(index=False)]
        return "\n".join([self.title, *facts, *table])

    @property
    def _told(self) -> list[tuple[str, str]]:
        return [(name, told) for name, told in self.facts.items() if told]


class Glanced:
    """An object that a notebook's cell and a terminal show at a glance."""

    def glance(self) -> Glance:
        """What there is to see of it at first sight."""
        raise NotImplementedError

    def __repr__(self) -> str:
        return self.glance().text

    def _repr_html_(self) -> str:
        return self.glance().html
