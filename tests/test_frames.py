"""Frames as plain rows."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest

from channelnb.frames import records

COLUMNS = {
    "text": pd.Series(["a", None], dtype="str"),
    "whole": pd.Series([1, 2]),
    "maybe whole": pd.Series([1, None], dtype="Int64"),
    "number": pd.Series([1.5, np.nan]),
    "flag": pd.Series([True, False]),
    "maybe flag": pd.Series([True, None], dtype="boolean"),
    "moment": pd.Series([pd.Timestamp("2026-09-30"), pd.NaT]),
    "month": pd.Series(pd.period_range("2026-01", periods=2, freq="M")),
    "kind": pd.Series(["x", "y"], dtype="category"),
    "object": pd.Series([np.float64(2.5), np.int64(3)], dtype=object),
    "day": pd.Series([date(2026, 9, 30), None], dtype=object),
    "money": pd.Series([Decimal("1.10"), None], dtype=object),
    "list": pd.Series([[1], ["b"]], dtype=object),
    7: pd.Series([1, 2]),
}


@pytest.mark.parametrize("name", COLUMNS)
def test_rows_are_as_pandas_makes_them(name: str) -> None:
    frame = pd.DataFrame({name: COLUMNS[name]})
    wanted = [next(iter(row.values())) for row in frame.to_dict("records")]
    found = [row[str(name)] for row in records(frame)]
    assert [(type(value), str(value)) for value in found] == [(type(value), str(value)) for value in wanted]


def test_rows_hold_the_columns_in_their_order() -> None:
    frame = pd.DataFrame(COLUMNS)
    assert [list(row) for row in records(frame)] == [[str(name) for name in COLUMNS]] * 2
    assert records(frame.head(0)) == []
