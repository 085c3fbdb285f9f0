"""What tells of a machine is shown to nobody: passwords and keys, paths, and what steers a terminal."""

from __future__ import annotations

import os
import re
import sys
import tempfile
from functools import cache
from pathlib import Path

# Python and DuckDB both know these. What a pattern's only group holds is kept, the rest is hidden.
_IN_ADDRESS = r"""([A-Za-z][A-Za-z0-9+.-]+:/+)[^\s'"]*@"""
_BY_NAME = (
    r"""(?i)([a-z0-9_-]*(?:password|passwd|pwd|secret|token|signature|credential|(?:access|account|api|secret)"""
    r"""[_-]?key(?:_?id)?|[?&]sig)\s*=\s*)(?:'[^']*'|"[^"]*"|[^\s'"&;,)]+)"""
)
SECRETS = {_IN_ADDRESS: r"\1***@", _BY_NAME: r"\1***"}
"""What shows a secret, as regular expressions, and what stands in its place."""

_PATH = re.compile(r"(?<![\w.<])(?<!:/)(?:[A-Za-z]:)?(?:[\\/][^\s\\/'\"<>:;,()]+)+[\\/]([^\s\\/'\"<>:;,()]+)")
# Colours, links and cursor moves of a terminal, and control characters other than tab and new line.
_CONTROL = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|[\x00-\x08\x0b-\x1f\x7f-\x9f]")
# The letters of a picture may look like a path.
_PICTURE = re.compile(r"(data:image/[a-z+]+;base64,[A-Za-z0-9+/=]*)")


def redacted(text: str) -> str:
    """A text with the secrets in it hidden.

    >>> redacted("postgres://ada:hunter2@db/sales and s3://bucket/x?s3_secret_access_key=hunter2&s3_region=eu")
    'postgres://***@db/sales and s3://bucket/x?s3_secret_access_key=***&s3_region=eu'
    >>> redacted("host=db user=ada password='hunter 2' dbname=sales")
    'host=db user=ada password=*** dbname=sales'
    """
    for pattern, shown in SECRETS.items():
        text = re.sub(pattern, shown, text)
    return text


def without_paths(text: str) -> str:
    """A message with each path of the machine cut to its last part.

    >>> without_paths("no file /srv/data/2026/sales.csv here")
    'no file …/sales.csv here'
    """
    return _PATH.sub(lambda found: f"…/{found[1]}", text)


def told(text: str) -> str:
    r"""A text as it may be kept and shown: no secret, no terminal's control sequence, of each path the last part.

    >>> told("no file '/srv/data/sales.csv', asked of\x1b[31m postgres://ada:hunter2@db\x1b[0m")
    "no file '…/sales.csv', asked of postgres://***@db"
    """
    # The odd ones are pictures that stand in the text.
    parts = _PICTURE.split(redacted(_CONTROL.sub("", text)))
    return "".join(part if place % 2 else _unplaced(part) for place, part in enumerate(parts))


def _unplaced(text: str) -> str:
    for place in _places():
        # These may have blanks in them, at which any other path is taken to end.
        text = text.replace(place + os.sep, "").replace(place, "…")
    return without_paths(text)


@cache
def _places() -> tuple[str, ...]:
    """Where this machine keeps things, the innermost first."""
    package = Path(__file__).parents[1]
    found = {Path.home(), Path.cwd(), package, Path(sys.prefix), Path(sys.base_prefix), Path(tempfile.gettempdir())}
    return tuple(sorted((str(place) for place in found if len(place.parts) > 1), key=len, reverse=True))
