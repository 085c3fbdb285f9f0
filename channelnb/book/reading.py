"""Which file of a source gives which table, and how it is read."""

from __future__ import annotations

import shutil
from collections.abc import Collection, Mapping
from difflib import get_close_matches
from functools import partial
from pathlib import Path

import duckdb
import pandas as pd

from channelnb.book.config import Source
from channelnb.book.contract import Table
from channelnb.book.csv_text import read_csv
from channelnb.book.given import Given
from channelnb.book.landing import Read
from channelnb.book.mapping import read_mapping
from channelnb.book.sql_text import mapping_text, only_comments
from channelnb.book.tables import CONTRACT
from channelnb.book.typed import read_frame, read_parquet, read_sheet
from channelnb.errors import BadSource

ENDINGS = (".parquet", ".csv", ".xlsx", ".sql")
_PROSE = ("notes.txt", "*.md")
"""What is written about a source, and is no table, whatever its name."""


def files_of(folder: Path) -> dict[str, Path]:
    """The file of each contract table in a source folder, in the contract's order.

    Files of other names and endings are let be, and so are mappings that hold only comments. Raises BadSource
    for a name that is no table, for two files of one table, for a table only in a file that is not read, and
    where a required table has none.

    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     for name in ("sales.sql", "partners.csv", "readme.txt"):
    ...         Path(folder, name).touch()
    ...     list(files_of(Path(folder)))
    ['partners', 'sales']
    """
    found: dict[str, Path] = {}
    unwritten: list[str] = []
    for path in sorted(folder.iterdir()):
        if path.suffix.lower() not in ENDINGS or path.name.startswith((".", "~$")):
            continue
        _check_table(path.stem, f"{path.name} in {folder}")
        _check_file(path)
        if path.suffix.lower() == ".sql" and only_comments(mapping_text(path)):
            unwritten.append(path.stem)
            continue
        if path.stem in found:
            raise BadSource(f"{folder} gives `{path.stem}` twice: {found[path.stem].name} and {path.name}; keep one.")
        found[path.stem] = path
    _check_unread(folder, found)
    _check_required(set(found), f"the source {folder}", unwritten=unwritten)
    return {name: found[name] for name in CONTRACT if name in found}


def readers_of_folder(source: Source, *, scratch: Path) -> dict[str, Read]:
    """How each table of a source folder is read."""
    return {
        name: partial(_read_file, path=path, table=CONTRACT[name], source=source, scratch=scratch)
        for name, path in files_of(source.folder).items()
    }


def readers_of_frames(frames: Mapping[str, pd.DataFrame]) -> dict[str, Read]:
    """How each table of a mapping from table names to pandas frames is read.

    >>> frame = pd.DataFrame({"partner_id": ["P1"]})
    >>> list(readers_of_frames({"sales": frame, "partners": frame}))
    ['partners', 'sales']
    """
    for name, frame in frames.items():
        _check_table(name, f"the frame {name!r}")
        if not isinstance(frame, pd.DataFrame):
            raise BadSource(f"the frame {name!r} is a {type(frame).__name__}; give a pandas DataFrame.")
    _check_required(set(frames), "the mapping of frames")
    return {
        name: partial(read_frame, frame=frames[name], table=table) for name, table in CONTRACT.items() if name in frames
    }


def _read_file(con: duckdb.DuckDBPyConnection, *, path: Path, table: Table, source: Source, scratch: Path) -> Given:
    try:
        if set("*?[") & set(str(path)):
            # DuckDB would take these for wildcards.
            path = Path(shutil.copy(path, scratch))
        match path.suffix.lower():
            case ".csv":
                return read_csv(con, path, table, scratch=scratch)
            case ".parquet":
                return read_parquet(con, path, table, scratch=scratch)
            case ".xlsx":
                return read_sheet(con, path, table)
            case _:
                return read_mapping(con, path, table, source=source, scratch=scratch)
    except OSError as error:
        why = error.strerror or error
        raise BadSource(
            f"{path.name} cannot be read: {why}; is it still at {path.parent}, and yours to read?"
        ) from None


def _check_file(path: Path) -> None:
    if path.is_dir():
        raise BadSource(
            f"{path} is a folder; give the table as one file, or read the folder's files in a mapping, {path.stem}.sql."
        )
    if not path.is_file():
        found = f"a link to {path.readlink()}, which is not there" if path.is_symlink() else "no file that can be read"
        raise BadSource(f"{path} is {found}; mend it, or take it out.")


def _check_unread(folder: Path, found: Collection[str]) -> None:
    """A table given in a file that is not read would be missing without a word."""
    unread = [
        path.name
        for path in sorted(folder.iterdir())
        if path.is_file() and path.suffix.lower() not in ENDINGS and not any(map(path.match, _PROSE))
        # A mapping, or a copy that is read, may stand beside the file that it was made of.
        if (name := path.name.partition(".")[0].casefold()) in CONTRACT and name not in found
    ]
    if unread:
        raise BadSource(
            f"{folder} holds {', '.join(unread)}, named as tables but in a format that is not read; the endings that "
            f"are: {', '.join(ENDINGS)}. Save it as one of them, read it in a mapping, or rename it if it is no table."
        )


def _check_table(name: str, what: str) -> None:
    if name not in CONTRACT:
        close = get_close_matches(name.casefold(), list(CONTRACT), n=1, cutoff=0.5)
        hint = f"; did you mean `{close[0]}`?" if close else "."
        raise BadSource(f"{what} is no table of the contract{hint} Tables: {', '.join(sorted(CONTRACT))}.")


def _check_required(found: set[str], what: str, *, unwritten: Collection[str] = ()) -> None:
    missing = [table.name for table in CONTRACT.values() if table.required and table.name not in found]
    if missing:
        has = f"it has {sorted(found)}" if found else "it has none"
        begun = [f" {name}.sql holds only comments: uncomment its SELECT." for name in missing if name in unwritten]
        raise BadSource(f"{what} needs the tables {missing}; {has}.{''.join(begun)}")
