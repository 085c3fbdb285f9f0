"""Errors of channelnb: each says what is wrong, what was found, and what to do."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from typing import TYPE_CHECKING

from channelnb.redaction import redacted

if TYPE_CHECKING:
    import pandas as pd


class ChannelnbError(Exception):
    """Base of every error that channelnb raises on purpose; its message shows no password and no key."""

    def __init__(self, *args: object) -> None:
        super().__init__(*(redacted(arg) if isinstance(arg, str) else arg for arg in args))

    def __str__(self) -> str:
        # KeyError would show the message quoted and escaped.
        return str(self.args[0]) if self.args else self.__class__.__name__


class BadParameters(ChannelnbError, ValueError):
    """A parameters file, or a parameter, cannot be used as it stands."""


class BadSource(ChannelnbError, ValueError):
    """A source folder, or a table in it, cannot be read as the contract asks."""


class RatesMissing(BadSource):
    """Amounts in other currencies have no exchange rate.

    `missing` holds what is missing, a `MissingRate` each; `rejects` what of the source broke the contract, as
    `Book.rejects` has it: a rate may be missing because its row was rejected.
    """

    @property
    def missing(self) -> tuple[MissingRate, ...]:
        """What is missing, by table, currency and month."""
        return tuple(self.args[1])

    @property
    def rejects(self) -> pd.DataFrame:
        """The faults of all tables: one row for each, with table, row, column, rule and found."""
        rejects: pd.DataFrame = self.args[2]
        return rejects


@dataclass(frozen=True)
class MissingRate:
    """An exchange rate that rows of a table need; `month` is None where they carry no date, `kind` plan or actual."""

    table: str
    currency: str
    month: date | None
    kind: str
    rows: int


class TooManyRejects(BadSource):
    """More rows break the contract than the run allows."""


class TableMissing(ChannelnbError, KeyError):
    """A table that the request needs is not in the source."""


class ColumnsMissing(ChannelnbError, KeyError):
    """A table lacks columns that the request needs."""


class UnknownName(ChannelnbError, KeyError):
    """A name (partner, metric, key, table, …) is not among those that exist."""


class AmbiguousKey(ChannelnbError, ValueError):
    """A key could mean columns of several tables."""


class NotUsable(ChannelnbError, ValueError):
    """A value is outside what a function can work with."""


class BadForm(ChannelnbError, ValueError):
    """A form that was filled in, or what was written in its cells, cannot be used as it stands."""


class RunIncomplete(ChannelnbError, RuntimeError):
    """A run folder is not what the request needs it to be."""


class NotToSend(ChannelnbError, RuntimeError):
    """What is to be sent to a partner holds something that is not for it, or not what the run made."""


class KernelsUnavailable(ChannelnbError, RuntimeError):
    """Kernels cannot be forked here, or the process that forks them has gone."""


def unknown(kind: str, name: str, known: Iterable[str], *, where: str = "") -> UnknownName:
    """The error for a name that is not among `known`, with the nearest valid one.

    >>> print(unknown("metric", "winrate", ["win_rate", "revenue"]))
    there is no metric 'winrate'; did you mean 'win_rate'? There are 2: 'revenue', 'win_rate'.
    """
    names = sorted(set(known))
    folded = {other.casefold(): other for other in names}
    close = get_close_matches(name.casefold(), folded, n=1, cutoff=0.5)
    hint = f"; did you mean {folded[close[0]]!r}?" if close else "."
    shown = ", ".join(repr(other) for other in names[:12])
    more = f", … {len(names) - 12} more" if len(names) > 12 else ""
    found = f" There are {len(names)}: {shown}{more}." if names else " There are none."
    prefix = f"{where}: " if where else ""
    return UnknownName(f"{prefix}there is no {kind} {name!r}{hint}{found}")
