"""Frames as plain rows."""

from __future__ import annotations

from typing import Any

import pandas as pd


def records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """The rows of a frame as dicts by column name.

    >>> records(pd.DataFrame({"partner_id": ["P1"], "revenue": [2.0]}))
    [{'partner_id': 'P1', 'revenue': 2.0}]
    """
    return [{str(name): value for name, value in row.items()} for row in frame.to_dict("records")]
