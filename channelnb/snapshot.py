"""A quarter frozen: everything that its reports need, computed once and written as Parquet with a hash."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd

from channelnb.book.book import Book
from channelnb.errors import RunIncomplete, unknown
from channelnb.metrics.measure import measure
from channelnb.metrics.registry import find
from channelnb.peers import compare, levels
from channelnb.planning.commitments import scored

_ABOUT = "about.json"

BY_YEAR = ["revenue", "attainment", "growth_yoy"]
BY_LINE = ["revenue", "attainment", "growth_yoy", "open_pipeline", "pipeline_index", "certified_people"]
BY_PERSON = ["revenue", "win_rate", "open_pipeline", "certified_people"]


@dataclass(frozen=True)
class Settings:
    """What a run chooses that changes figures."""

    pipeline_target: float = 4.0
    min_peers: int = 5


@dataclass(frozen=True)
class About:
    """What a snapshot is of; dates are ISO text."""

    vendor: str
    currency: str
    first_month: int
    quarter: str
    as_of: str
    pipeline_target: float
    min_peers: int


def _partner(book: Book) -> pd.DataFrame:
    return measure(book, by=["partner_id", "quarter"])


def _peers(book: Book, settings: Settings, partner: pd.DataFrame) -> pd.DataFrame:
    """Each partner beside its peers, in every metric of the quarter."""
    quarter = _quarter(book)
    now = partner[(partner["quarter"] == quarter) & (partner["state"] == "ok")]
    year = book.calendar.span(book.calendar.shift(quarter, -3), quarter)
    sold = partner[partner["metric"].eq("revenue") & partner["quarter"].isin(year)]
    yearly = sold.groupby("partner_id")["value"].sum()
    groups = levels(book.table("partners"), yearly)
    frames = [
        compare(rows, groups, min_others=settings.min_peers, money=find(str(name)).unit.startswith("money")).assign(
            metric=name, quarter=quarter
        )
        for name, rows in now.groupby("metric")
    ]
    columns = ["partner_id", "peer_group", "others", "q25", "median", "q75", "ahead_of", "state", "metric", "quarter"]
    return (
        pd.concat([pd.DataFrame(columns=columns), *frames], ignore_index=True)
        if frames
        else pd.DataFrame(columns=columns)
    )


def _deals(book: Book) -> pd.DataFrame:
    """Opportunities open at the book's date, with the line and customer that they are about."""
    if not book.has("opportunities"):
        return pd.DataFrame(columns=["partner_id", "opportunity_id", "amount", "expected_close_on"])
    line = "p.line" if book.has("products") else "NULL"
    product = "LEFT JOIN products p USING (product_id)" if book.has("products") else ""
    customer = "c.name" if book.has("customers") else "NULL"
    buyer = "LEFT JOIN customers c ON o.customer_id = c.customer_id" if book.has("customers") else ""
    return book.query(
        "SELECT o.partner_id, o.opportunity_id, CAST(o.amount AS DOUBLE) AS amount, o.created_on, "
        f"o.expected_close_on, o.stage, o.salesperson_id, {line} AS line, {customer} AS customer "
        f"FROM opportunities o {product} {buyer} WHERE o.outcome = 'open' ORDER BY o.opportunity_id"
    )


def _table(name: str) -> Callable[[Book], pd.DataFrame]:
    def rows(book: Book) -> pd.DataFrame:
        return book.table(name) if book.has(name) else pd.DataFrame({"partner_id": pd.Series([], dtype="str")})

    return rows


_FRAMES: dict[str, Callable[[Book], pd.DataFrame]] = {
    "partners": _table("partners"),
    "people": _table("salespeople"),
    "managers": _table("managers"),
    "contacts": _table("contacts"),
    "notes": _table("notes"),
    "candidates": _table("candidates"),
    "deals": _deals,
    "promises": scored,
    "partner_year": lambda book: measure(book, BY_YEAR, by=["partner_id", "year"]),
    "partner_line": lambda book: measure(book, BY_LINE, by=["partner_id", "line", "quarter"]),
    "partner_person": lambda book: measure(book, BY_PERSON, by=["partner_id", "salesperson_id", "quarter"]),
    "channel": lambda book: measure(book, by=["channel", "quarter"]),
    "total": lambda book: measure(book, by=["quarter"]),
}


def _quarter(book: Book) -> str:
    return book.quarter or book.calendar.quarter_of(book.as_of)


@dataclass(frozen=True)
class Snapshot:
    """A frozen quarter in a folder of Parquet files."""

    folder: Path
    about: About
    data_version: str
    _read: dict[str, pd.DataFrame] = field(default_factory=dict, repr=False, compare=False)
    _rows: dict[str, dict[str, Any]] = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def open(cls, folder: Path) -> Snapshot:
        """The snapshot in a folder; raises RunIncomplete where there is none."""
        path = folder / _ABOUT
        if not path.is_file():
            raise RunIncomplete(f"{folder} holds no snapshot: {_ABOUT} is missing; run the quarter first.")
        content = json.loads(path.read_text(encoding="utf-8"))
        return cls(folder, About(**content["about"]), content["data_version"])

    def frame(self, name: str) -> pd.DataFrame:
        """One of the snapshot's tables; raises UnknownName, with those there are."""
        path = self.folder / f"{name}.parquet"
        if not path.is_file():
            raise unknown("snapshot table", name, (p.stem for p in self.folder.glob("*.parquet")))
        if name not in self._read:
            self._read[name] = pd.read_parquet(path)
        return self._read[name].copy(deep=False)

    def rows_of(self, name: str, partner_id: str) -> pd.DataFrame:
        """One partner's rows of a table; found by an index that is made once, since a run asks for each partner."""
        frame = self.frame(name)
        if name not in self._rows:
            self._rows[name] = {str(key): places for key, places in frame.groupby("partner_id").indices.items()}
        return frame.take(self._rows[name].get(partner_id, []))

    @property
    def names(self) -> list[str]:
        """The names of the snapshot's tables."""
        return sorted(path.stem for path in self.folder.glob("*.parquet"))


def freeze(book: Book, folder: Path, settings: Settings) -> Snapshot:
    """Compute what the reports of the book's quarter need and write it to `folder`.

    The same book and settings give the same bytes; `data_version` is their hash.
    """
    folder.mkdir(parents=True, exist_ok=True)
    frames = {name: make(book) for name, make in _FRAMES.items()}
    frames["partner"] = _partner(book)
    frames["peers"] = _peers(book, settings, frames["partner"])
    for name, frame in frames.items():
        _write(frame, folder / f"{name}.parquet")
    about = About(
        vendor=book.vendor.name,
        currency=book.vendor.currency,
        first_month=book.calendar.first_month,
        quarter=_quarter(book),
        as_of=book.as_of.isoformat(),
        **asdict(settings),
    )
    digest = hashlib.sha256(json.dumps(asdict(about), sort_keys=True).encode())
    for name in sorted(frames):
        digest.update(name.encode() + (folder / f"{name}.parquet").read_bytes())
    version = digest.hexdigest()[:16]
    content = {
        "about": asdict(about),
        "data_version": version,
        "rows": {
            name: {"in": load.rows_in, "used": load.rows_used, "rejected": load.rows_rejected}
            for name, load in sorted(book.loads.items())
        },
    }
    (folder / _ABOUT).write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return Snapshot(folder, about, version)


def _write(frame: pd.DataFrame, path: Path) -> None:
    # DuckDB's own writer keeps exact decimals and, unlike pandas, puts no frame metadata in the file.
    with duckdb.connect() as con:
        con.execute("SET threads = 1")
        con.register("rows", frame)
        con.execute("COPY (SELECT * FROM rows) TO ? (FORMAT parquet)", [str(path)])
