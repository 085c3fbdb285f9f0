"""What one report may see: one partner's rows and its peers' gated figures, in one file."""

from __future__ import annotations

import hashlib
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pandas as pd
import platformdirs

from channelnb.book.book import open_book
from channelnb.book.config import find_folder, read_source
from channelnb.book.firms import merged_firms
from channelnb.changes import CHANGES
from channelnb.chosen import Settings
from channelnb.errors import BadParameters, NotUsable, RunIncomplete, unknown
from channelnb.fiscal import FiscalCalendar, length_of
from channelnb.frames import records
from channelnb.freezing import freeze
from channelnb.gate import for_the_partner
from channelnb.glance import Glance, Glanced
from channelnb.metrics.fingerprint import fingerprint
from channelnb.metrics.known import CATALOGUE, KNOWN, Described, tell
from channelnb.narrative.facts import Facts
from channelnb.narrative.gather import gather
from channelnb.packed import read_packed, streams_of, version_of, write_packed
from channelnb.planning.frames import MAKERS
from channelnb.scoring import SCORE_METRICS, SCORES
from channelnb.snapshot import RESTATED, About, Snapshot
from channelnb.version import __version__

SUFFIX = ".slice"
INTERNAL, PARTNER = "internal", "partner"
EDITIONS = (INTERNAL, PARTNER)
_MAGIC = b"channelnb slice 4\n"

_OTHERS = ("members", "group", "resold")
"""Frames that hold figures of other firms, which are for the vendor alone."""

_OWN = (
    *("people", "contacts", "notes", "deals", "promises", "peers", RESTATED),
    *(SCORES, SCORE_METRICS, CHANGES),
    *("partner", "partner_year", "partner_line", "partner_person"),
    *("watch", "knowledge", "knowledge_areas", "share_gap"),
    *("related", *_OTHERS),
    *(name for maker in MAKERS for name in maker.names),
)
_SHOWN = {"Channel": "channel", "Region": "region", "Segment": "segment", "Tier": "tier"}
"""What is shown of a partner's own row at a glance, by its label."""


@dataclass(frozen=True, repr=False)
class Slice(Glanced):
    """One partner's part of a snapshot, as one report may see it."""

    about: About
    data_version: str
    edition: str
    partner_id: str
    frames: dict[str, pd.DataFrame]

    @cached_property
    def partner(self) -> dict[str, Any]:
        """The partner's own row.

        >>> about = About("Acme", "USD", 1, "2026Q3", "2026-09-30", "", 4.0, 5)
        >>> firms = pd.DataFrame({"partner_id": ["P1"], "name": ["Ada"], "employees": [float("nan")]})
        >>> Slice(about, "v1", INTERNAL, "P1", {"partners": firms}).partner
        {'partner_id': 'P1', 'name': 'Ada', 'employees': None}
        """
        row = records(self.frames["partners"])[0]
        return {name: (None if pd.isna(value) else value) for name, value in row.items()}

    @property
    def name(self) -> str:
        """The partner's name."""
        return str(self.partner["name"])

    def glance(self) -> Glance:
        """What there is to see of it: whose it is, of when and for whom, what it holds, and the cells to call."""
        about, known = self.about, self.partner if len(self.frames.get("partners", ())) else {}
        held = {name: len(rows) for name, rows in self.frames.items() if len(rows)}
        return Glance(
            f"Slice of {' '.join(filter(None, (self.partner_id, known.get('name'))))}: "
            f"{about.period}, {self.edition} edition",
            facts={
                "Vendor": f"{about.vendor}, in {about.currency}",
                "Known on": about.known,
                **{label: str(known.get(name) or "") for label, name in _SHOWN.items()},
                "Data version": self.data_version,
            },
            folded={f"{len(held)} tables with rows": pd.DataFrame({"table": held.keys(), "rows": held.values()})},
            calls={
                "cn.profile.summary(partner)": "who the partner is and how it does",
                "cn.qbr.summary(partner)": "the business review",
                "cn.plan.summary(partner)": "the business plan",
                'cn.cells("partner")': "every cell that a slice goes into",
            },
        )

    @property
    def calendar(self) -> FiscalCalendar:
        """The vendor's fiscal quarters.

        >>> about = About("Acme", "USD", 4, "2027Q1", "2026-06-30", "", 4.0, 5)
        >>> Slice(about, "v1", INTERNAL, "P1", {}).calendar.end("2027Q1")
        datetime.date(2026, 6, 30)
        """
        return FiscalCalendar(self.about.first_month)

    @property
    def length(self) -> str:
        """How long the period reviewed is: quarter or month.

        >>> about = About("Acme", "USD", 1, "2026-08", "2026-08-31", "", 4.0, 5)
        >>> Slice(about, "v1", INTERNAL, "P1", {}).length
        'month'
        """
        return length_of(self.about.period)

    @property
    def quarter(self) -> str:
        """The quarter reviewed, or the one that holds the month reviewed.

        >>> about = About("Acme", "USD", 4, "2026-08", "2026-08-31", "", 4.0, 5)
        >>> Slice(about, "v1", INTERNAL, "P1", {}).quarter
        '2027Q2'
        """
        return self.calendar.quarter_of(self.calendar.start(self.about.period))

    @property
    def over(self) -> bool:
        """Was the period reviewed over on the day up to which things are known?"""
        return self.about.over

    @property
    def year_before(self) -> str:
        """The period a year before the one reviewed.

        >>> about = About("Acme", "USD", 1, "2026-08", "2026-08-31", "", 4.0, 5)
        >>> Slice(about, "v1", INTERNAL, "P1", {}).year_before
        '2025-08'
        """
        return self.calendar.year_before(self.about.period)

    @cached_property
    def past_periods(self) -> list[str]:
        """Periods that sales data cover, up to and with the one reviewed, oldest first.

        >>> rows = {"metric": "revenue", "state": ["ok", "no_data", "ok"], "period": ["2026Q2", "2026Q1", "2026Q4"]}
        >>> about = About("Acme", "USD", 1, "2026Q3", "2026-09-30", "", 4.0, 5)
        >>> Slice(about, "v1", INTERNAL, "P1", {"partner": pd.DataFrame(rows)}).past_periods
        ['2026Q2', '2026Q3']
        """
        frame = self.frames["partner"]
        periods = frame.loc[frame["metric"].eq("revenue") & frame["state"].eq("ok"), "period"]
        return sorted({*periods[periods <= self.about.period], self.about.period})

    @cached_property
    def coming_periods(self) -> list[str]:
        """Periods not over at the slice's date for which anything is planned or due, the nearest first.

        >>> rows = {"metric": "pipeline_index", "period": ["2027Q1", "2026Q4"], "numerator": [None, 9.0]}
        >>> about = About("Acme", "USD", 1, "2026Q3", "2026-09-30", "", 4.0, 5)
        >>> partner = pd.DataFrame(rows).assign(denominator=None)
        >>> Slice(about, "v1", INTERNAL, "P1", {"partner": partner}).coming_periods
        ['2026Q4']
        """
        frame = self.frames["partner"]
        told = frame["metric"].eq("pipeline_index") & frame[["numerator", "denominator"]].notna().any(axis=1)
        return sorted(set(frame.loc[told, "period"]))

    @cached_property
    def peer_groups(self) -> dict[str, str]:
        """The group of firms that the partner is compared with, by metric.

        >>> peers = pd.DataFrame({"metric": ["win_rate"], "peer_group": ["reseller, larger"]})
        >>> about = About("Acme", "USD", 1, "2026Q3", "2026-09-30", "", 4.0, 5)
        >>> Slice(about, "v1", INTERNAL, "P1", {"peers": peers}).peer_groups
        {'win_rate': 'reseller, larger'}
        """
        frame = self.frames["peers"]
        return dict(zip(frame["metric"], frame["peer_group"], strict=True))

    @cached_property
    def notable(self) -> frozenset[str]:
        """The metrics in which the partner stands out from its peers by more than chance.

        >>> peers = pd.DataFrame({"metric": ["win_rate", "attainment"], "notable": [True, False]})
        >>> about = About("Acme", "USD", 1, "2026Q3", "2026-09-30", "", 4.0, 5)
        >>> sorted(Slice(about, "v1", INTERNAL, "P1", {"peers": peers}).notable)
        ['win_rate']
        """
        frame = self.frames["peers"]
        return frozenset(frame.loc[frame["notable"].astype(bool), "metric"])

    @cached_property
    def metrics(self) -> list[Described]:
        """The metrics that were measured of the partner, in the order of the catalogue.

        >>> about = About("Acme", "USD", 1, "2026Q3", "2026-09-30", "", 4.0, 5)
        >>> rows = pd.DataFrame({"metric": ["win_rate", "revenue", "win_rate"]})
        >>> [metric.label for metric in Slice(about, "v1", INTERNAL, "P1", {"partner": rows}).metrics]
        ['Win rate', 'Revenue']
        """
        measured = list(self.frames["partner"]["metric"].unique())
        told = self.frames.get(CATALOGUE)
        order = {} if told is None else {name: place for place, name in enumerate(told["metric"])}
        return [KNOWN[name] for name in sorted(measured, key=lambda name: order.get(name, len(order)))]

    @cached_property
    def facts(self) -> Facts:
        """Every figure that a report of this slice may state."""
        about, as_of = self.about, date.fromisoformat(self.about.as_of)
        target = about.pipeline_target
        absent = about.absent.split(", ")
        return gather(
            self.frames, as_of=as_of, period=about.period, target=target, calendar=self.calendar, absent=absent
        )


def gated(snapshot: Snapshot, partner_id: str, edition: str) -> Slice:
    """The slice of one partner.

    Raises UnknownName, with the nearest id, for one that the snapshot hasn't, NotUsable for one that merged.
    """
    return _gated(snapshot, partner_id, edition)[0]


def _gated(snapshot: Snapshot, partner_id: str, edition: str) -> tuple[Slice, dict[str, bytes]]:
    """The slice of one partner, and the bytes of each of its frames, which its version is a hash of."""
    if edition not in EDITIONS:
        raise unknown("edition", edition, EDITIONS)
    partners = snapshot.frame("partners")
    if partner_id not in set(partners["partner_id"]):
        raise unknown("partner", partner_id, partners["partner_id"])
    _check_whole(snapshot)
    frames = {name: snapshot.rows_of(name, partner_id) for name in ("partners", *_OWN)}
    if set(frames["partners"]["survivor_id"]) != {partner_id}:
        raise NotUsable(merged_firms(partners)[partner_id])
    if edition == PARTNER:
        frames = for_the_partner(frames)
    frames[CATALOGUE] = snapshot.frame(CATALOGUE)
    frames = {name: rows.reset_index(drop=True) for name, rows in frames.items()}
    streams = streams_of(frames)
    # A hash of what the report may see, so that what changes for one partner is no change for the others.
    version = version_of(streams, asdict(snapshot.about), edition)
    return Slice(snapshot.about, version, edition, partner_id, frames), streams


def _check_whole(snapshot: Snapshot) -> None:
    """Raise RunIncomplete for a snapshot that lacks a table, as one of an older version does."""
    if lacking := sorted({*_OWN, CATALOGUE}.difference(snapshot.names)):
        raise RunIncomplete(
            f"{snapshot.folder} was made by an older version of channelnb: it has no table {lacking[0]!r}; run the "
            "quarter again."
        )


def cut(snapshot: Snapshot, partner_id: str, edition: str, path: Path) -> Path:
    """Write one partner's slice to one file; the same snapshot gives the same bytes."""
    made, streams = _gated(snapshot, partner_id, edition)
    header = {
        "about": asdict(made.about),
        "data_version": made.data_version,
        "edition": edition,
        "partner_id": partner_id,
    }
    return write_packed(path, streams, magic=_MAGIC, header=header)


def read(path: Path) -> Slice:
    """The slice in a file; raises BadSource where the file is none."""
    header, frames = read_packed(path, magic=_MAGIC, kind="slice")
    tell(frames[CATALOGUE])
    about = About(**header["about"])
    return Slice(about, header["data_version"], header["edition"], header["partner_id"], frames)


def open_slice(
    source: str | Path, *, partner_id: object, quarter: str, edition: str = INTERNAL, as_of: date | str | None = None
) -> Slice:
    """One partner's slice, from a source folder, a run or a slice file; `quarter` may be a month such as ``2026-08``.

    From a source folder the snapshot is made as by `open_snapshot`. A `partner_id` that
    papermill made a number of is taken only if it can mean one id. Raises UnknownName for a partner
    that isn't there, BadParameters where a slice file is of another partner or quarter.
    """
    path = Path(source)
    if path.suffix == SUFFIX and path.is_file():
        made = read(path)
        asked = {"partner_id": as_id(partner_id, [made.partner_id]), "quarter": quarter, "edition": edition}
        found = {"partner_id": made.partner_id, "quarter": made.about.period, "edition": made.edition}
        if asked != found:
            raise BadParameters(f"{path} is a slice of {found}, not of {asked}; name the slice that you mean.")
        return made
    snapshot = open_snapshot(source, quarter=quarter, as_of=as_of)
    known = list(snapshot.frame("partners")["partner_id"])
    return gated(snapshot, as_id(partner_id, known), edition)


def as_id(given: object, known: list[str], *, key: str = "partner_id") -> str:
    """The id that a parameter means.

    >>> as_id(7, ["007", "8"])
    '007'
    """
    if isinstance(given, str):
        return given
    if isinstance(given, bool):
        words = ("yes", "true", "on", "y") if given else ("no", "false", "off", "n")
        meant = [name for name in known if name.casefold() in words]
    elif isinstance(given, int | float):
        meant = [name for name in known if _is_number(name) and float(name) == given]
    else:
        raise BadParameters(f"{key} is {given!r}, a {type(given).__name__}; give the id as text.")
    if len(meant) != 1:
        found = f"it could be {meant}" if meant else f"no {key.removesuffix('_id')} has that id"
        raise BadParameters(f"{key} came as the {type(given).__name__} {given!r}: {found}; give it as text (-r).")
    return meant[0]


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def open_snapshot(source: str | Path, *, quarter: str, as_of: date | str | None = None) -> Snapshot:
    """The snapshot of a quarter or month, from a run folder, a snapshot folder, or a source folder.

    From a source folder it is made once, then cached: as known on `as_of`, or at the period's end; give the day
    while the period is not over. Raises BadParameters where a run is of another period or day.
    """
    folder = find_folder(source)
    for place in (folder / "snapshot", folder):
        if (place / "about.json").is_file():
            snapshot = Snapshot.open(place)
            if snapshot.about.period != quarter:
                raise BadParameters(f"{folder} is of {snapshot.about.period}, not of {quarter}; name its period.")
            if as_of is not None and str(as_of) != snapshot.about.as_of:
                raise BadParameters(f"{folder} is as known on {snapshot.about.as_of}, not on {as_of}; leave as_of out.")
            return snapshot
    cached = Path(platformdirs.user_cache_dir("channelnb")) / _fingerprint(folder, f"{quarter} {as_of}")
    if not (cached / "about.json").is_file():
        cached.parent.mkdir(parents=True, exist_ok=True)
        # Made beside and renamed, so that two notebooks started at once never see half a snapshot.
        with TemporaryDirectory(dir=cached.parent) as beside, open_book(folder, quarter=quarter, as_of=as_of) as book:
            freeze(book, Path(beside, "snapshot"), Settings())
            with suppress(OSError):
                Path(beside, "snapshot").rename(cached)
    return Snapshot.open(cached)


def _fingerprint(folder: Path, asked: str) -> str:
    """A name that changes whenever a file of the source, or a metric, does."""
    digest = hashlib.sha256(f"{__version__} {asked} {fingerprint()}".encode())
    raw = read_source(folder).vendor.raw
    for place in dict.fromkeys((folder, raw)):
        for path in sorted(place.rglob("*")):
            status = path.stat()
            digest.update(f"{path} {status.st_size} {status.st_mtime_ns}\n".encode())
    return digest.hexdigest()[:24]
