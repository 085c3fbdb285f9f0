"""The text of a mapping, and whether anything is written in it yet."""

from __future__ import annotations

import re
from pathlib import Path

from channelnb.errors import BadSource

_COMMENT = re.compile(r"--[^\n]*|/\*.*?\*/", re.DOTALL)


def mapping_text(path: Path) -> str:
    """The text of a `.sql` file; raises BadSource where it is not UTF-8.

    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder, "sales.sql")
    ...     _ = path.write_text("SELECT 1", encoding="utf-8-sig")
    ...     mapping_text(path)
    'SELECT 1'
    """
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadSource(
            f"{path.name} is not UTF-8 text: byte {error.start} cannot be read; save it as UTF-8."
        ) from None


def only_comments(sql: str) -> bool:
    """Whether a text holds comments and nothing else, as `channelnb init` writes it.

    >>> only_comments("-- SELECT 1"), only_comments("SELECT 1 -- one"), only_comments("")
    (True, False, False)
    """
    return bool(sql.strip()) and not _COMMENT.sub("", sql).strip()
