"""A new source and its parameters, to be filled in: the first of a new user's steps."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from shlex import quote

import yaml

from channelnb.book.config import SETTINGS
from channelnb.book.exports import list_exports
from channelnb.book.tables import CONTRACT
from channelnb.book.templates import mapping_template, settings_template
from channelnb.errors import BadSource
from channelnb.fiscal import FiscalCalendar

EXPORTS = "EXPORTS.md"

_PARAMETERS = """\
# What is chosen for a run: `channelnb run {path}` makes it.
{name}
{source}
period: {period}   # a fiscal quarter, or a month such as 2026-08
max_rejected: 0   # rows that may break the contract before the run refuses to start
# partners: [ID, ID]   # only these; without this line, all of them
# editions: [internal, partner]   # who reads the reports; without this line, internal only
"""


@dataclass(frozen=True)
class Started:
    """What was written: the source's files, the parameters of a run (`params_note` says why there are none)."""

    folder: Path
    files: tuple[Path, ...]
    exports: int
    params: Path
    params_note: str

    def lines(self) -> list[str]:
        """What was written, and what to do next.

        >>> started = Started(Path("acme"), (), 0, Path("params/acme.yaml"), "It has no parameters yet.")
        >>> started.lines()[-1]
        '  4. channelnb run params/acme.yaml --partner ID'
        """
        needed = " and ".join(f"{table.name}.sql" for table in CONTRACT.values() if table.required)
        listed = [f"     {EXPORTS} lists the {self.exports} exports, with a SELECT for each."] if self.exports else []
        return [
            f"Wrote {SETTINGS} and {len(CONTRACT)} .sql files to {self.folder}. {self.params_note}",
            "Next:",
            f"  1. {self.folder / SETTINGS}: set the vendor's name, first fiscal month, currency and exports' folder.",
            f"  2. {needed}: uncomment the SELECT and name your columns; each other table unlocks more.",
            *listed,
            "     `channelnb contract sales` explains a table; data/recipes has ready ones for some systems.",
            f"  3. channelnb check {quote(str(self.params if self.params.exists() else self.folder))}",
            f"  4. channelnb run {quote(str(self.params))} --partner ID",
        ]


def start(folder: Path, *, period: str, params: Path, raw: Path | None = None) -> Started:
    """Writes a new source: settings, and a mapping for each contract table, all of it comments.

    `raw` is the folder of the exports, which are then listed in `EXPORTS.md`. A parameters file for `period` is written
    where the folder `params` is there and has none of that name. Raises BadSource where a file is there already, and
    NotUsable for a period that is none; nothing is written then.

    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as at:
    ...     started = start(Path(at, "acme"), period="2026Q3", params=Path(at, "params"))
    ...     sorted(path.name for path in started.files)[-2:]
    ['tiers.sql', 'wallet.sql']
    """
    FiscalCalendar().period(period)
    name = folder.resolve().name
    relative = os.path.relpath(raw.resolve(), folder.resolve()) if raw else ""
    page, exports = list_exports(raw) if raw else ("", 0)
    texts = {SETTINGS: settings_template(name, raw=Path(relative).as_posix() if relative else "")}
    texts |= {f"{table.name}.sql": mapping_template(table) for table in CONTRACT.values()}
    texts |= {EXPORTS: page} if page else {}
    _write_new(folder, texts)
    path, note = _start_params(folder, period, params)
    return Started(folder, tuple(folder / file for file in texts), exports, path, note)


def _write_new(folder: Path, texts: dict[str, str]) -> None:
    there = [file for file in texts if (folder / file).exists()]
    if there:
        more = f" and {len(there) - 1} more" if len(there) > 1 else ""
        raise BadSource(f"{folder / there[0]}{more} would be overwritten; name a new folder, or move them away.")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for file, text in texts.items():
            (folder / file).write_text(text, encoding="utf-8")
    except OSError as error:
        raise BadSource(f"{folder} cannot be written: {error.strerror}; name another folder.") from None


def _start_params(folder: Path, period: str, params: Path) -> tuple[Path, str]:
    name = re.sub(r"[^A-Za-z0-9_-]+", "-", folder.resolve().name).strip("-_")[:100] or "source"
    path = params / f"{name}.yaml"
    if path.exists():
        return path, f"{path} is there already, and stays as it is."
    if not params.is_dir():
        return path, f"There is no folder {params} here, so no parameters were written: {path} is yours to write."
    lines = [
        yaml.safe_dump({key: value}, allow_unicode=True, width=1000).strip()
        for key, value in (("name", name), ("source", folder.as_posix()))
    ]
    path.write_text(_PARAMETERS.format(path=path, name=lines[0], source=lines[1], period=period), encoding="utf-8")
    return path, f"Wrote {path} for {period}."
