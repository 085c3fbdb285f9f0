"""channelnb: one trustworthy report per partner per quarter, from the vendor's own exports."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from channelnb.version import __version__

if TYPE_CHECKING:
    from channelnb.book.book import Book, open_book
    from channelnb.errors import ChannelnbError
    from channelnb.freezing import restated_since
    from channelnb.metrics.catalogue import catalogue
    from channelnb.metrics.derived import derive
    from channelnb.metrics.measure import measure
    from channelnb.metrics.parts import (
        Amount,
        Composed,
        Median,
        Ratio,
        Spread,
        Window,
        cases,
        count,
        days_since,
        distinct,
        durations,
        each,
        once,
        stock,
        total,
    )
    from channelnb.metrics.registry import find, metric
    from channelnb.metrics.share_gap import share_gap
    from channelnb.metrics.unlocks import contract
    from channelnb.metrics.worked import worked
    from channelnb.portfolios import Portfolio, open_portfolio
    from channelnb.report import plan, portfolio, profile, qbr, readiness, recruits
    from channelnb.report.cells import cells
    from channelnb.slice import Slice, open_slice, open_snapshot
    from channelnb.snapshot import Snapshot

# Loaded when first asked for: a command that draws nothing need not wait for the drawing libraries.
_HOMES = {
    "channelnb.book.book": ("Book", "open_book"),
    "channelnb.errors": ("ChannelnbError",),
    "channelnb.metrics.catalogue": ("catalogue",),
    "channelnb.metrics.measure": ("measure",),
    "channelnb.metrics.derived": ("derive",),
    "channelnb.metrics.parts": (
        *("total", "count", "distinct", "once", "each", "stock", "days_since", "cases", "durations"),
        *("Amount", "Ratio", "Median", "Spread", "Composed", "Window"),
    ),
    "channelnb.metrics.share_gap": ("share_gap",),
    "channelnb.metrics.worked": ("worked",),
    "channelnb.metrics.registry": ("find", "metric"),
    "channelnb.metrics.unlocks": ("contract",),
    "channelnb.portfolios": ("Portfolio", "open_portfolio"),
    "channelnb.report": ("plan", "portfolio", "profile", "qbr", "readiness", "recruits"),
    "channelnb.report.cells": ("cells",),
    "channelnb.slice": ("Slice", "open_slice", "open_snapshot"),
    "channelnb.snapshot": ("Snapshot",),
    "channelnb.freezing": ("restated_since",),
}
_HOME = {name: module for module, names in _HOMES.items() for name in names}

__all__ = [  # noqa: RUF022  # in the order of the stages
    "__version__",
    "open_book",
    "Book",
    "measure",
    "catalogue",
    "find",
    "contract",
    "metric",
    "worked",
    "derive",
    "total",
    "count",
    "distinct",
    "once",
    "each",
    "stock",
    "days_since",
    "cases",
    "durations",
    "Amount",
    "Ratio",
    "Median",
    "Spread",
    "Composed",
    "Window",
    "share_gap",
    "open_snapshot",
    "Snapshot",
    "restated_since",
    "open_slice",
    "Slice",
    "open_portfolio",
    "Portfolio",
    "profile",
    "qbr",
    "plan",
    "portfolio",
    "recruits",
    "readiness",
    "cells",
    "ChannelnbError",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'channelnb' has no attribute {name!r}")
    if _HOME[name] == "channelnb.report":
        return import_module(f"channelnb.report.{name}")
    return getattr(import_module(_HOME[name]), name)


def __dir__() -> list[str]:
    return __all__
