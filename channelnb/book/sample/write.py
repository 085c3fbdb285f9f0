"""Writing the sample: typed Parquet, exact money, the same bytes for the same seed."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import yaml

from channelnb.book import contract
from channelnb.book.sample.truth import truth_of
from channelnb.book.sample.vendor import CURRENCY, NAME
from channelnb.book.sample.world import make_world
from channelnb.book.tables import CONTRACT
from channelnb.errors import NotUsable

_VENDOR: dict[str, object] = {"name": NAME, "first_month": 1, "currency": CURRENCY, "distributor_sell_in": "net"}

FEWEST = 5
"""With fewer partners there is nobody left to play the special parts."""

_TYPES: dict[str, pa.DataType] = {
    contract.DATE: pa.date32(),
    contract.MONTH: pa.date32(),
    contract.TIMESTAMP: pa.timestamp("us", tz="UTC"),
    contract.MONEY: pa.decimal128(18, 2),
    contract.RATE: pa.decimal128(18, 6),
    contract.NUMBER: pa.float64(),
    contract.INTEGER: pa.int64(),
    contract.FLAG: pa.bool_(),
}


def write_sample(folder: Path, *, partners: int = 60, seed: int = 7) -> Path:
    """Write a make-believe vendor: one Parquet file per contract table, `source.yaml` and `truth.yaml`.

    The same seed gives the same bytes. `truth.yaml` says what is true in it. Returns the folder.
    Raises NotUsable for fewer than five partners.

    >>> import tempfile
    >>> folder = write_sample(Path(tempfile.mkdtemp()), partners=5)
    >>> len(list(folder.glob("*.parquet"))), sorted(path.name for path in folder.glob("*.yaml"))
    (32, ['source.yaml', 'truth.yaml'])
    """
    if partners < FEWEST:
        raise NotUsable(f"a sample of {partners} partners is too small; ask for {FEWEST} or more.")
    world = make_world(partners=partners, seed=seed)
    folder.mkdir(parents=True, exist_ok=True)
    for name in CONTRACT:
        pq.write_table(typed(name, world.tables[name]), folder / f"{name}.parquet", compression="zstd")
    _write_yaml(folder / "source.yaml", _VENDOR)
    _write_yaml(folder / "truth.yaml", truth_of(world, seed=seed))
    return folder


def typed(name: str, frame: pd.DataFrame) -> pa.Table:
    """A generated table with the contract's columns in its order and type, and the traits after them.

    Needs money in whole cents and rates in millionths; a column that is not generated is blank.

    >>> typed("tiers", pd.DataFrame({"tier": ["Gold"], "metric": ["revenue"], "at_least": [1.0]})).schema.names
    ['tier', 'metric', 'at_least']
    """
    table = CONTRACT[name]
    extra = [column for column in frame.columns if column not in table.by_name]
    columns = {column.name: _column(frame, column.name, column.kind) for column in table.columns}
    return pa.table(columns | {column: pa.array(frame[column].to_numpy()) for column in extra})


def _column(frame: pd.DataFrame, name: str, kind: str) -> pa.Array:
    target = _TYPES.get(kind, pa.string())
    if name not in frame:
        return pa.nulls(len(frame), target)
    values = frame[name]
    if pa.types.is_decimal(target):
        return _decimal(pa.array(values, pa.int64(), from_pandas=True), target)
    if pa.types.is_date(target):
        return pa.array(values.to_numpy().astype("datetime64[D]"), target)
    if pa.types.is_timestamp(target):
        return pa.array(values.to_numpy().astype("datetime64[us]"), pa.timestamp("us")).cast(target)
    return pa.array(values, target, from_pandas=True)


def _decimal(units: pa.Array, target: pa.Decimal128Type) -> pa.Array:
    """Whole units of the last decimal as exact decimals: the same digits, read with a point in them.

    >>> _decimal(pa.array([123456, None]), pa.decimal128(18, 2)).to_pylist()
    [Decimal('1234.56'), None]
    """
    whole = units.cast(pa.decimal128(19, 0))
    return pa.Array.from_buffers(target, len(whole), whole.buffers())


def _write_yaml(path: Path, content: dict[str, object]) -> None:
    path.write_text(yaml.safe_dump(content, sort_keys=False, allow_unicode=True, width=120), encoding="utf-8")


__all__ = ["write_sample"]
