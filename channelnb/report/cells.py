"""The cells that notebooks call, found where they are defined: no list of them is kept."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from types import ModuleType
from typing import get_type_hints

from channelnb.errors import unknown
from channelnb.glance import Listing
from channelnb.portfolios import Portfolio
from channelnb.report import plan, portfolio, profile, qbr, readiness, recruits
from channelnb.report.shown import Shown
from channelnb.slice import Slice
from channelnb.snapshot import Snapshot

_GOES_IN: dict[object, str] = {Slice: "partner", Portfolio: "portfolio", Snapshot: "snapshot"}
_REPORTS = (profile, qbr, plan, portfolio, readiness, recruits)


def cells(of: str = "") -> Listing:
    """Every cell of a report: one row for each, with what to type, and what it shows.

    `of` keeps those that take a ``partner`` (from `open_slice`), a ``portfolio`` or a ``snapshot``; raises UnknownName
    for anything else.

    >>> cells("portfolio")["call"].head(2).tolist()
    ['cn.portfolio.attained(portfolio)', 'cn.portfolio.attention(portfolio)']
    """
    if of and of not in _GOES_IN.values():
        raise unknown("kind of cell", of, _GOES_IN.values())
    rows = [(call, shows) for report in _REPORTS for call, shows, taken in _cells(report) if of in ("", taken)]
    return Listing(rows, columns=["call", "shows"])


def _cells(report: ModuleType) -> Iterator[tuple[str, str, str]]:
    """What to type, what that shows, and what it takes, for each function of a module that a notebook calls."""
    name = report.__name__.rpartition(".")[2]
    for cell, function in sorted(inspect.getmembers(report, inspect.isfunction)):
        hints = get_type_hints(function)
        given = [one.name for one in inspect.signature(function).parameters.values() if one.default is one.empty]
        of = _GOES_IN.get(hints[given[0]]) if hints.get("return") is Shown and len(given) == 1 else None
        if of and not cell.startswith("_"):
            shows = (inspect.getdoc(function) or "").partition("\n")[0]
            yield f"cn.{name}.{cell}({of})", shows, of
