"""`channelnb pack`: one partner's edition of its reports as the one zip that may be sent."""

from __future__ import annotations

import io
import re
import tempfile
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from html import unescape
from pathlib import Path
from typing import Any

from channelnb.errors import RunIncomplete, unknown
from channelnb.fiscal import day_text
from channelnb.fleet import journal
from channelnb.fleet.folder import locked
from channelnb.fleet.journal import Record
from channelnb.fleet.manifest import key_of, manifest_of
from channelnb.fleet.partner_plans import FORMS
from channelnb.fleet.plan import SNAPSHOT
from channelnb.fleet.sendable import sendable
from channelnb.fleet.slugs import slug
from channelnb.report.page import PARTNER, PageInfo
from channelnb.snapshot import Snapshot

FOLDER = "packed"
"""The folder, within that of a run, where packs go unless another is named."""

READ_FIRST = "READ_ME_FIRST.txt"

_TOLD = {
    ".pdf": "the page, printed",
    ".csv": "its tables: a row for each figure",
    ".xlsx": "its tables: a sheet for each",
}
_FORM = "the form for the next plan: fill in the yellow cells, and send it back"
_TITLE = re.compile(r"<title>([^<]*)</title>")


@dataclass(frozen=True)
class Packed:
    """The zip that was written, what is in it, and remarks on what is not."""

    path: Path
    names: tuple[str, ...]
    remarks: tuple[str, ...] = ()

    def lines(self) -> list[str]:
        """What was packed, in words.

        >>> Packed(Path("packed/Acme-P1-fbeae7c186-2026Q3.zip"), ("qbr.html", "qbr.csv")).lines()
        ['Packed: packed/Acme-P1-fbeae7c186-2026Q3.zip', 'It holds 2 files: qbr.html, qbr.csv']
        """
        return [f"Packed: {self.path}", f"It holds {len(self.names)} files: {', '.join(self.names)}", *self.remarks]


def pack(run: Path, partner_id: str, *, to: Path | None = None) -> Packed:
    """Write the zip of a partner's edition to a folder, by default ``packed`` in the run's; the same bytes each time.

    What goes in is what the run made, by its journal, for this partner in the partner's edition, with the plan's form
    if one was written. Raises RunIncomplete where the run hasn't all of it, UnknownName for a partner that it isn't
    about, and NotToSend, with everything that is wrong, where something there is not for the partner.
    """
    manifest = manifest_of(run)
    period = manifest["quarter"]
    with locked(run, busy=f"a run is at work in {run}; wait for it to end."):
        files, remarks = sendable(run, partner_id, _records(run, manifest, partner_id), period=period)
        vendor = manifest["parameters"]["brand"]["name"] or Snapshot.open(run / SNAPSHOT).about.vendor
    known = f"What was known on {day_text(manifest['as_of'])}. {PageInfo(edition=PARTNER).edition_text}."
    first = _read_first(files, head=[f"{vendor}, {period}: for {partner_id}", known])
    sent = {READ_FIRST: first.encode(), **dict(sorted(files.items()))}
    path = (to or run / FOLDER) / f"{_stem(vendor, run)}-{slug(partner_id)}-{period}.zip"
    _write(path, _zipped(sent, day=date.fromisoformat(manifest["started_on"])))
    return Packed(path, tuple(sent), tuple(remarks))


def _records(run: Path, manifest: Mapping[str, Any], partner_id: str) -> list[Record]:
    """The record of each report of the partner's edition; all are made, whole, and of the data that the run has."""
    jobs = [job for job in manifest["jobs"] if job["partner_id"] is not None]
    if partner_id not in (known := {job["partner_id"] for job in jobs}):
        raise unknown("partner in this run", partner_id, known, where="--partner")
    make = f"channelnb run PARAMETERS --edition {PARTNER} --partner {partner_id}"
    own = {key_of(job): job for job in jobs if (job["partner_id"], job["edition"]) == (partner_id, PARTNER)}
    if not own:
        raise RunIncomplete(
            f"{run} has no partner's edition: `editions` in its parameters is {manifest['parameters']['editions']}; "
            f"add {PARTNER!r} there, and make it with `{make}`."
        )
    records = journal.read(run)
    found = {key: _wrong(records.get(key), run, snapshot=manifest["snapshot"], job=job) for key, job in own.items()}
    if wrong := [f"  {key}: {said}" for key, said in found.items() if said]:
        raise RunIncomplete("\n".join([f"the partner's edition is not all there; make it with `{make}`:", *wrong]))
    return [records[key] for key in own]


def _wrong(record: Record | None, run: Path, *, snapshot: str, job: Mapping[str, Any]) -> str:
    """Why a report cannot be sent as it stands, "" where it can."""
    if record is None:
        return "not made yet."
    if record.status == "failed":
        return f"failed: {record.reason}"
    if record.snapshot != snapshot:
        return "made of other data than the run has now."
    if record.recipe != job.get("recipe"):
        return "made by other code or parameters than the run has now; run it again."
    return "" if record.stands(run) else "a file of it is missing, or was changed since."


def _stem(vendor: str, run: Path) -> str:
    """The vendor's name, or else the run's, as part of a file's: letters, digits and dashes."""
    name = vendor if any(letter.isalnum() for letter in vendor) else run.resolve().parent.name
    return slug(name).rpartition("-")[0]


def _read_first(files: Mapping[str, bytes], *, head: list[str]) -> str:
    """What is in the zip, a line for each file."""
    lines = [*head, "", "Open a page (.html) in a browser; it needs no network.", ""]
    for name, content in sorted(files.items()):
        title = _TITLE.search(content.decode()) if name.endswith(".html") else None
        said = unescape(title[1]) if title else _FORM if name == FORMS[PARTNER] else _TOLD[Path(name).suffix]
        lines.append(f"{name:24} {said}")
    return "\r\n".join([*lines, ""])


def _zipped(files: Mapping[str, bytes], *, day: date) -> bytes:
    """A zip that is the same bytes for the same files of a run of that day, whenever and wherever it is made."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        for name, content in files.items():
            entry = zipfile.ZipInfo(name, (day.year, day.month, day.day, 0, 0, 0))
            entry.create_system, entry.external_attr = 3, 0o644 << 16
            made.writestr(entry, content, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def _write(path: Path, content: bytes) -> None:
    """Write a file, be it on another disk than the run's, so that it is there whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=".") as beside:
        made = Path(beside, path.name)
        made.write_bytes(content)
        made.replace(path)
