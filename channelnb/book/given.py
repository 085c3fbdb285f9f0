"""A table as its source gives it, before anything in it is checked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Protocol

from channelnb.book.contract import Table
from channelnb.errors import BadSource
from channelnb.redaction import SECRETS

ROW = '"#row"'
"""The column that numbers a source's rows: 1 is the first below the header."""

# DuckDB numbers the rows of a table and of a Parquet file under the last two names.
_ROW_NUMBERS = (ROW.strip('"'), "rowid", "file_row_number")
_MADE = ("#cast ", "#value ")
_SHOWN = 5


Ragged = tuple[tuple[int, str], ...]
"""Rows that don't fit the header, as (row, text)."""


class Stream(Protocol):
    """A file whose rows the view `given` reads each time anew, without numbers."""

    def ragged(self, rows: int) -> Ragged:
        """The rows that don't fit the header, once the view has been read through and had so many `rows`."""

    def load(self) -> Ragged:
        """Makes `given` a view of a table instead, its rows numbered; gives the rows that don't fit the header."""


@dataclass(frozen=True)
class Given:
    """What is known of the view `given` on a connection: a source's rows, in its order, numbered in ``"#row"``.

    `file` is how errors call the source, `types` maps its columns, in its order, to their DuckDB
    types. `ragged` holds the rows that don't fit the header: they are not in the view. Where the view has
    no numbers, `stream` is what it reads. `parquet` is a copy of the source whose columns these are.
    """

    file: str
    types: dict[str, str]
    ragged: Ragged = ()
    stream: Stream | None = None
    parquet: Path | None = None


def quoted(name: str) -> str:
    """A name as an SQL identifier.

    >>> print(quoted('a "b"'))
    "a ""b""\"
    """
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """A text as an SQL literal.

    >>> literal("it's")
    "'it''s'"
    """
    return "'" + text.replace("'", "''") + "'"


def redacted_sql(text: str) -> str:
    """SQL for a text with the secrets in it hidden, as `redacted` hides them.

    >>> redacted_sql("found").count("regexp_replace(")
    2
    """
    for pattern, shown in SECRETS.items():
        text = f"regexp_replace({text}, {literal(pattern)}, {literal(shown)}, 'g')"
    return text


def header_of(table: Table, names: list[str], *, file: str, below: Sequence[Sequence[str]] = ()) -> list[str]:
    """A source's header in the contract's spelling; other columns keep theirs.

    `below` are the cells of the next rows, in which the header is looked for where it is not this one.
    Raises BadSource where a column has no name, two have the same, or a required one is absent.

    >>> from channelnb.book.tables import CONTRACT
    >>> header_of(CONTRACT["tiers"], ["Tier ", "metric", "at_least", "Remark"], file="tiers.csv")
    ['tier', 'metric', 'at_least', 'Remark']
    """
    spelt = [_spelling(table, name) for name in names]
    missing = [name for name in table.required_names if name not in spelt]
    above = next((place for place, cells in enumerate(below, start=1) if _is_header(table, cells)), 0)
    if missing and above:
        lines = "the line" if above == 1 else f"the {above} lines"
        raise BadSource(f"{file}: take out {lines} above the header; the first cells are {names[:_SHOWN]}.")
    for place, name in enumerate(spelt, start=1):
        if not name:
            raise BadSource(f"{file}: column {place} of {len(names)} has no name; name it, or take it out.")
    twice = [name for name, times in Counter(name.casefold() for name in spelt).items() if times > 1]
    if twice:
        alike = [name for name in names if name.strip().casefold() == twice[0]]
        raise BadSource(f"{file}: columns {alike} have the same name (case does not count); rename or drop one.")
    if missing:
        raise BadSource(_lacks(table, spelt, missing, file=file))
    taken = [name for name in spelt if name.casefold() in (*table.added, *_ROW_NUMBERS) or name.startswith(_MADE)]
    if taken:
        raise BadSource(f"{file}: `{taken[0]}` is a column that channelnb makes itself; rename it.")
    return spelt


def _is_header(table: Table, cells: Sequence[str]) -> bool:
    return set(table.required_names) <= {_spelling(table, cell) for cell in cells}


def _spelling(table: Table, name: str) -> str:
    folded = name.strip().casefold()
    return folded if folded in table.by_name else name.strip()


def _lacks(table: Table, spelt: list[str], missing: list[str], *, file: str) -> str:
    extra = [name for name in spelt if name not in table.by_name]
    close = {name: get_close_matches(name, extra, n=1, cutoff=0.6) for name in missing}
    hints = "".join(f" Is {found[0]!r} meant to be {name!r}?" for name, found in close.items() if found)
    return f"{file}: the table `{table.name}` needs the columns {missing}; the header has {spelt}.{hints}"
