"""A table as its source gives it, before anything in it is checked."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from difflib import get_close_matches

from channelnb.book.contract import Table
from channelnb.errors import BadSource

ROW = '"#row"'
"""The column that numbers a source's rows: 1 is the first below the header."""


@dataclass(frozen=True)
class Given:
    """What is known of the view `given` on a connection: a source's rows, numbered in ``"#row"``.

    `file` is how errors call the source, `types` maps its columns, in its order, to their DuckDB
    types. `ragged` holds the rows that don't fit the header, as (row, text): they are not in the view.
    """

    file: str
    types: dict[str, str]
    ragged: tuple[tuple[int, str], ...] = ()


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


def header_of(table: Table, names: list[str], *, file: str) -> list[str]:
    """A source's header in the contract's spelling; other columns keep theirs.

    Raises BadSource where a column has no name, two have the same, or a required one is absent.

    >>> from channelnb.book.tables import CONTRACT
    >>> header_of(CONTRACT["tiers"], ["Tier ", "metric", "at_least", "Remark"], file="tiers.csv")
    ['tier', 'metric', 'at_least', 'Remark']
    """
    spelt = [_spelling(table, name) for name in names]
    for place, name in enumerate(spelt, start=1):
        if not name:
            raise BadSource(f"{file}: column {place} of {len(names)} has no name; name it, or take it out.")
    twice = [name for name, times in Counter(name.casefold() for name in spelt).items() if times > 1]
    if twice:
        alike = [name for name in names if name.strip().casefold() == twice[0]]
        raise BadSource(f"{file}: columns {alike} have the same name (case does not count); rename or drop one.")
    missing = [name for name in table.required_names if name not in spelt]
    if missing:
        raise BadSource(_lacks(table, spelt, missing, file=file))
    if table.has_money and "original_currency" in spelt:
        raise BadSource(f"{file}: `original_currency` is a column that channelnb makes itself; rename it.")
    return spelt


def _spelling(table: Table, name: str) -> str:
    folded = name.strip().casefold()
    return folded if folded in table.by_name else name.strip()


def _lacks(table: Table, spelt: list[str], missing: list[str], *, file: str) -> str:
    extra = [name for name in spelt if name not in table.by_name]
    close = {name: get_close_matches(name, extra, n=1, cutoff=0.6) for name in missing}
    hints = "".join(f" Is {found[0]!r} meant to be {name!r}?" for name, found in close.items() if found)
    return f"{file}: the table `{table.name}` needs the columns {missing}; the header has {spelt}.{hints}"
