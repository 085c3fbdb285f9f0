"""Frames as plain rows."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd


def records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """The rows of a frame as dicts by column name, with Python's own numbers.

    >>> records(pd.DataFrame({"partner_id": ["P1"], "revenue": [2.0]}))
    [{'partner_id': 'P1', 'revenue': 2.0}]
    """
    # A third of the time of `to_dict("records")`, of which a page calls a hundred.
    names = [str(name) for name in frame.columns]
    columns = [_plain(column) for _, column in frame.items()]
    return [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)]


def _plain(column: pd.Series) -> list[Any]:
    values = column.tolist()
    if column.dtype == object:
        return [value.item() if isinstance(value, np.generic) else value for value in values]
    return [None if value is pd.NA else value for value in values] if column.dtype.kind in "biu" else values
