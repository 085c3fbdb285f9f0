"""Hashes of what goes into a report and of what comes out."""

from __future__ import annotations

import hashlib
import json
from functools import cache
from pathlib import Path
from typing import Any

import channelnb


def of_bytes(content: bytes) -> str:
    """The SHA-256 of some bytes, as hexadecimal digits.

    >>> of_bytes(b"")[:8]
    'e3b0c442'
    """
    return hashlib.sha256(content).hexdigest()


def of_file(path: Path) -> str:
    """The SHA-256 of a file's bytes.

    >>> from os import devnull
    >>> of_file(Path(devnull)) == of_bytes(b"")
    True
    """
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def of_value(value: Any) -> str:
    """The SHA-256 of plain data; the order of an object's keys makes no difference.

    >>> of_value({"a": 1, "b": 2}) == of_value({"b": 2, "a": 1})
    True
    """
    return of_bytes(json.dumps(value, sort_keys=True, ensure_ascii=False, allow_nan=False).encode())


@cache
def of_package() -> str:
    """The SHA-256 of channelnb's own sources and templates: a page made by other code is another page.

    >>> len(of_package())
    64
    """
    root = Path(next(iter(channelnb.__path__)))
    files = sorted(path for path in root.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    return of_value({path.relative_to(root).as_posix(): of_file(path) for path in files})
