"""What was reported holds: a run must not score a period otherwise than a report of it did."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

from channelnb.book.book import Book
from channelnb.errors import BadParameters, unknown
from channelnb.fiscal import FiscalCalendar
from channelnb.fleet.folder import reports
from channelnb.frames import records
from channelnb.metrics.known import vendors_own
from channelnb.metrics.registry import METRICS
from channelnb.params import Edition
from channelnb.scorecards import CATEGORIES, Scorecard, Scorecards
from channelnb.scoring import SCORECARDS
from channelnb.slice import PARTNER


def check_scorecards(cards: Scorecards, book: Book, folder: Path, *, editions: Collection[Edition]) -> None:
    """Check a run's scorecards against its partners, its editions, and what runs of its name reported before.

    `folder` is the run's own; those of its other periods lie beside it. Raises UnknownName for a channel that no
    partner is, or was, in, and BadParameters where a partner's edition would give away what the vendor keeps to
    itself, or a period that was reported would be scored by other terms than it was.
    """
    if not cards.versions:
        return
    before = list(_reported(folder.parent)) if folder.parent.is_dir() else []
    tables = [book.table(name) for name in ("partners", "partner_history") if book.has(name)]
    known = [channel for frame in [*tables, *(used for _, used in before)] for channel in _channels(frame)]
    check_channels(cards, known)
    if PARTNER in editions:
        own = [name for name, metric in METRICS.items() if vendors_own(metric)]
        check_vendors_own(cards, own, on=book.calendar.start(folder.name))
    check_unchanged(cards, before, calendar=book.calendar)


def _reported(runs: Path) -> Iterator[tuple[str, pd.DataFrame]]:
    """The scorecards in force in each report of a period that was over, with the folder of its run."""
    for run in sorted(path for path in runs.iterdir() if path.is_dir()):
        for report in reports(run):
            # Reports by earlier versions of channelnb tell of no scores.
            if SCORECARDS in report.names:
                yield str(run), report.frame(SCORECARDS)


def _channels(frame: pd.DataFrame) -> list[str]:
    return [str(name) for name in frame["channel"].dropna().unique()] if "channel" in frame else []


def check_channels(cards: Scorecards, known: Iterable[str]) -> None:
    """Raise UnknownName, with the nearest one, where scorecards are of a channel that no partner is in.

    >>> check_channels(Scorecards((Scorecard("resellr", date(2026, 1, 1), (), at="cards.yaml:9"),)), ["reseller"])
    Traceback (most recent call last):
    ...
    channelnb.errors.UnknownName: cards.yaml:9: there is no channel 'resellr'; did you mean 'reseller'? ...
    """
    known = set(known)
    for version in cards.versions:
        if version.channel and version.channel not in known:
            raise unknown("channel", version.channel, known, where=version.at)


def check_vendors_own(cards: Scorecards, names: Iterable[str], *, on: date) -> None:
    """Raise BadParameters where a scorecard in force on a day counts a figure that the vendor keeps to itself.

    Whoever knows a score, its weights and all figures but one can work that one out.

    >>> from channelnb.scorecards import ScoredMetric
    >>> margin = ScoredMetric("effectiveness", "gross_margin", 1, 0.4)
    >>> cards = Scorecards((Scorecard("", date(2026, 1, 1), (margin,), at="cards.yaml:2"),))
    >>> check_vendors_own(cards, ["gross_margin"], on=date(2026, 7, 1))
    Traceback (most recent call last):
    ...
    channelnb.errors.BadParameters: cards.yaml:2: the scorecard counts gross_margin, which the vendor keeps to itself...
    """
    names = set(names)
    for channel in ("", *cards.channels):
        version = cards.in_force(channel, on)
        for scored in version.metrics if version else ():
            if version and scored.metric in names:
                raise BadParameters(
                    f"{version.at}: the scorecard counts {scored.metric}, which the vendor keeps to itself, and a "
                    "partner could work it out of its score; leave the partner's edition out, or add a version of the "
                    "scorecard without it."
                )


def check_unchanged(
    cards: Scorecards, reported: Iterable[tuple[str, pd.DataFrame]], *, calendar: FiscalCalendar
) -> None:
    """Raise BadParameters where a period that was reported would be scored by other terms than it was.

    `reported` has the name of each report and the frame ``scorecards`` of its snapshot: one row for each channel and
    period, with the content of the scorecard in force.

    >>> from channelnb.scorecards import ScoredMetric
    >>> then = Scorecard("", date(2026, 1, 1), (ScoredMetric("activity", "win_rate", 1.0, 0.4),))
    >>> now = Scorecard("", date(2026, 1, 1), (ScoredMetric("activity", "win_rate", 1.0, 0.5),), at="cards.yaml:2")
    >>> used = {"channel": "reseller", "period": "2026Q2", "since": "2026-01-01", "content": then.content}
    >>> check_unchanged(Scorecards((now,)), [("runs/acme/2026Q2", pd.DataFrame([used]))], calendar=FiscalCalendar())
    Traceback (most recent call last):
    ...
    channelnb.errors.BadParameters: cards.yaml:2: the channel 'reseller' was scored in 2026Q2 by ...
    """
    for report, used in reported:
        for row in records(used):
            version = cards.in_force(row["channel"], calendar.start(row["period"]))
            if version is None or version.content != row["content"]:
                raise BadParameters(_rewritten(row, version, report, calendar))


def _rewritten(row: Mapping[str, Any], version: Scorecard | None, report: str, calendar: FiscalCalendar) -> str:
    where = f"{version.at}: " if version else ""
    changes = "; ".join(_changes(json.loads(row["content"]), json.loads(version.content) if version else {}))
    later = calendar.start(calendar.shift(row["period"], 1))
    return (
        f"{where}the channel {row['channel']!r} was scored in {row['period']} by the scorecard from {row['since']}, "
        f"as {report} holds it, and would now be scored otherwise: {changes}. A score that was reported stays: put "
        f"that version back as it was, and add a version with a later `from`, such as {later}. (If that report was "
        "never given to anyone, you can remove its folder instead.)"
    )


def _changes(then: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[str]:
    if not now:
        yield "no version is in force then any more"
        return
    if then["weights"] != now["weights"]:
        yield f"the categories' weights were {then['weights']}, are {now['weights']}"
    for category in CATEGORIES:
        before, after = then.get(category, {}), now.get(category, {})
        for name in sorted({*before, *after}):
            if name not in after:
                yield f"{category}.{name} was taken out"
            elif name not in before:
                yield f"{category}.{name} was put in"
            else:
                yield from (
                    f"{key} of {category}.{name} was {before[name][key]:g}, is {after[name][key]:g}"
                    for key in ("weight", "target")
                    if before[name][key] != after[name][key]
                )
