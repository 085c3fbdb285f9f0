"""Passwords and keys that stand in an address, or in the text of a connection, are shown to nobody."""

from __future__ import annotations

import re

# Python and DuckDB both know these. What a pattern's only group holds is kept, the rest is hidden.
_IN_ADDRESS = r"""([A-Za-z][A-Za-z0-9+.-]+:/+)[^\s'"]*@"""
_BY_NAME = (
    r"""(?i)([a-z0-9_-]*(?:password|passwd|pwd|secret|token|signature|credential|(?:access|account|api|secret)"""
    r"""[_-]?key(?:_?id)?|[?&]sig)\s*=\s*)(?:'[^']*'|"[^"]*"|[^\s'"&;,)]+)"""
)
SECRETS = {_IN_ADDRESS: r"\1***@", _BY_NAME: r"\1***"}
"""What shows a secret, as regular expressions, and what stands in its place."""


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
