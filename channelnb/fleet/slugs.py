"""Folder names made of ids: safe on every file system, and never the same for two ids."""

from __future__ import annotations

import hashlib
import re
import unicodedata

_LONGEST = 40
_DIGITS = 10


def slug(identity: str) -> str:
    """The folder name of an id: its letters, digits and dashes, and a short hash of the whole id.

    The hash tells apart ids that differ only in case or in what is left out, and keeps the name from being one that
    a system reserves.

    >>> slug("P0042")
    'P0042-46b6966bfc'
    >>> slug("../Müller & Co").startswith("Muller-Co-")
    True
    """
    plain = unicodedata.normalize("NFKD", identity).encode("ascii", "ignore").decode()
    stem = re.sub(r"[^A-Za-z0-9]+", "-", plain).strip("-")[:_LONGEST].strip("-")
    # "surrogatepass": an id read from a damaged file is still an id.
    digest = hashlib.sha256(identity.encode("utf-8", "surrogatepass")).hexdigest()[:_DIGITS]
    return f"{stem or 'id'}-{digest}"
