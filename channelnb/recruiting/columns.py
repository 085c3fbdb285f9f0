"""Columns of a frame: those that must be there, and those that may be."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from channelnb.errors import ColumnsMissing


def require(table: str, frame: pd.DataFrame, names: Iterable[str]) -> None:
    """Raise ColumnsMissing, naming what is there, where a frame lacks a column.

    >>> require("partners", pd.DataFrame({"name": []}), ["name"])
    """
    missing = [name for name in names if name not in frame.columns]
    if missing:
        raise ColumnsMissing(f"{table} lacks {missing}; it has {list(frame.columns)}. Add them to the frame.")


def optional(frame: pd.DataFrame, name: str) -> pd.Series:
    """A column of the frame, or one that is empty throughout.

    >>> optional(pd.DataFrame({"name": ["Ada"]}), "region").isna().all()
    np.True_
    """
    return frame[name] if name in frame.columns else pd.Series(None, index=frame.index, dtype=object)
