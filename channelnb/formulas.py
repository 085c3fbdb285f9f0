"""Text that a sheet would take for a formula, and how it stays text."""

from __future__ import annotations

import re

# A sheet passes over blanks, reads full-width signs as plain ones, and begins a cell at a tab or a new line.
_BEGINS = r"\s*[=+\-@\uff1d\uff0b\uff0d\uff20]"
_FORMULA = re.compile(rf"{_BEGINS}|[\t\r\n]")
# Where a comma is written within numbers, a CSV file is cut at semicolons, and a quote there opens a cell.
_CELL = re.compile(rf'^(?=[\t\r\n]|{_BEGINS})|(?<=;)(?=[\s"]*{_BEGINS})')
# The same behind marks that stand there already: a file that is read again must tell them from ours.
_MARK = re.compile(rf"""^(?='*(?:[\t\r\n]|{_BEGINS}))|(?<=;)(?=['\s"]*{_BEGINS})""")
_MARKED = re.compile(rf"""^'(?='*(?:[\t\r\n]|{_BEGINS}))|(?<=;)'(?=['\s"]*{_BEGINS})""")


def is_formula(text: str) -> bool:
    """Whether a sheet would take a text for a formula.

    >>> [is_formula(text) for text in ("=1+1", " @SUM(A1)", "-2", "Disks")]
    [True, True, True, False]
    """
    return _FORMULA.match(text) is not None


def harmless(text: str) -> str:
    """A text for a CSV file: an apostrophe stands before what a sheet would take for a formula.

    >>> harmless("@SUM(A1)"), harmless("Disks"), harmless("Disks;=1+1")
    ("'@SUM(A1)", 'Disks', "Disks;'=1+1")
    >>> print(harmless('Disks;"=1+1;'))
    Disks;'"=1+1;
    """
    return _CELL.sub("'", text)


def marked(text: str) -> str:
    """A text for a CSV file that is read again: as `harmless`, and `unmarked` gives back what it was.

    >>> [marked(text) for text in ("=1+1", "'=1+1", "Disks")]
    ["'=1+1", "''=1+1", 'Disks']
    """
    return _MARK.sub("'", text)


def unmarked(text: str) -> str:
    """What a text was before `marked`.

    >>> [unmarked(marked(text)) for text in ("=1+1", "'=1+1", "'Disks'")]
    ['=1+1', "'=1+1", "'Disks'"]
    """
    return _MARKED.sub("", text)
