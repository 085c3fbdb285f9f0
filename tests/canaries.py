"""A vendor each of whose partners carries marks that no other has, and what finds the marks of one with another."""

from __future__ import annotations

import io
import json
import math
import re
from base64 import b64decode
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from html import unescape
from pathlib import Path
from zipfile import ZipFile, is_zipfile

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from channelnb.book.contract import MONEY
from channelnb.book.sample import write_sample
from channelnb.book.tables import CONTRACT

SECRET = "Vndr"
"""What marks a text that is for the vendor alone."""

_BASE, _TAIL, _COST_TAIL = Decimal("0.9"), Decimal("0.000101"), Decimal("0.500003")
"""Each amount of the n-th partner ends in the first and n of the second, so that no two partners have an exact figure
in common, nor a sum of two of one with another; what is the vendor's cost has the third beside it, so that it is no
figure of a partner either."""

_FIRM = ("partner_id", "parent_id", "distributor_id", "merged_into")
_KEYS = frozenset({"salesperson_id", "customer_id", "opportunity_id", "lead_id", "activity_id", "sale_id", "claim_id"})
_KEYS |= {"certification_id", "commitment_id"}
_TEXTS = {
    "partners": ("name",),
    "contacts": ("name",),
    "salespeople": ("name", "territory"),
    "customers": ("name",),
    "notes": ("text", "author"),
    "commitments": ("text", "owner", "if_missed"),
    "mdf_claims": ("reason",),
    "leads": ("drop_reason",),
}
_COSTS = {("sales", "cost"), ("leads", "cost"), ("activities", "cost"), ("enrolments", "cost"), ("costs", "amount")}
_MARK = re.compile(r"cnry(\d{4})", re.IGNORECASE)
_NUMBER = re.compile(r"(?<![\w.])-?\d+\.\d+(?:e[+-]?\d+)?")
_PICTURE = re.compile(r"data:image/svg\+xml;base64,([A-Za-z0-9+/=]+)")
_DIGITS = 7
_CASES = 3000
"""A figure of fewer digits, or a share of fewer cases, may be anybody's."""


def mark(partner_id: str) -> str:
    """The mark of a partner of the sample, which is its id here.

    >>> mark("P0007")
    'Cnry0007'
    """
    return f"Cnry{partner_id[1:]}"


def write_canaries(folder: Path, *, partners: int = 60) -> Path:
    """Write the sample's vendor with each partner's mark in its names, ids, remarks and amounts; the folder."""
    write_sample(folder, partners=partners)
    tables = {name: pq.read_table(folder / f"{name}.parquet") for name in CONTRACT}
    owners = _Owners(tables)
    for name, table in tables.items():
        rows = table.to_pylist()
        of_row = [owners.of(name, row) for row in rows]
        if name == "customers":
            rows, of_row = owners.customers(rows)
        for row, owner in zip(rows, of_row, strict=True):
            _mark_row(name, row, owner)
        pq.write_table(pa.Table.from_pylist(rows, schema=_schema(name, table)), folder / f"{name}.parquet")
    return folder


def _schema(name: str, table: pa.Table) -> pa.Schema:
    money = {column.name for column in CONTRACT[name].columns if column.kind == MONEY}
    wide = [pa.field(one.name, pa.decimal128(38, 6)) if one.name in money else one for one in table.schema]
    return pa.schema(wide)


class _Owners:
    """Whose each row is: by its partner, or by the deal, the activity or the person that it is of."""

    def __init__(self, tables: Mapping[str, pa.Table]) -> None:
        self._by: dict[tuple[str, str], str] = {}
        self._buyers: dict[str, set[str]] = defaultdict(set)
        for name, table in tables.items():
            key = CONTRACT[name].key
            for row in table.to_pylist():
                if (owner := row.get("partner_id")) is None:
                    continue
                if key and row.get(key):
                    self._by.setdefault((key, row[key]), owner)
                if row.get("customer_id"):
                    self._buyers[row["customer_id"]].add(owner)
        for row in tables["attendance"].to_pylist():
            if row["customer_id"]:
                self._buyers[row["customer_id"]].add(self._by["activity_id", row["activity_id"]])

    def of(self, name: str, row: Mapping[str, object]) -> str:
        keys = ("opportunity_id", "activity_id", "salesperson_id") if name != "customers" else ()
        found = (self._by.get((key, str(row.get(key)))) for key in keys)
        return str(row.get("partner_id") or next((owner for owner in found if owner), ""))

    def customers(self, rows: Iterable[dict[str, object]]) -> tuple[list[dict[str, object]], list[str]]:
        """A customer for each partner that it buys from: with each it has another id and name."""
        each = [(row, owner) for row in rows for owner in sorted(self._buyers[str(row["customer_id"])])]
        return [{**row, "partner_id": owner} for row, owner in each], [owner for _, owner in each]


def _mark_row(name: str, row: dict[str, object], owner: str) -> None:
    if not owner:
        return
    for column, value in row.items():
        if value is None:
            continue
        if isinstance(value, Decimal) and CONTRACT[name].by_name[column].kind == MONEY:
            row[column] = value + _BASE + int(owner[1:]) * _TAIL + ((name, column) in _COSTS) * _COST_TAIL
        elif column in _FIRM:
            row[column] = mark(str(value))
        elif column in _KEYS or column in _TEXTS.get(name, ()):
            row[column] = f"{mark(owner)} {value}"
    if name == "notes" and row["edition"] != "partner":
        row["text"] = f"{SECRET} {row['text']}"


@dataclass
class Marks:
    """What tells whose a thing is: exact figures by the one partner that has them, and the vendor's own figures."""

    figures: dict[str, str] = field(default_factory=dict)
    secrets: set[str] = field(default_factory=set)

    def leaks(self, text: str, *, of: Collection[str]) -> set[str]:
        """What some text for a partner holds that is another's, or the vendor's: each as it was found.

        `of` are the partner's marks: its own, and those of firms that merged into it.
        """
        own = {one.lower() for one in of}
        found = {mark[0] for mark in _MARK.finditer(text) if mark[0].lower() not in own}
        exact = {told for number in set(_NUMBER.findall(text)) if (told := figure(float(number)))}
        others = {
            number: self.figures[number]
            for number in exact
            if number in self.figures and self.figures[number] not in of
        }
        found |= {f"{number} of {owner}" for number, owner in others.items() if not _of_few(number)}
        found |= {f"{number} of the vendor" for number in exact & self.secrets}
        return found | ({SECRET} if SECRET in text else set())


def figure(value: float) -> str:
    """A figure as it is looked for: without its sign, "" where it has too few digits to be one's own.

    >>> figure(-1234.560101), figure(0.25), figure(2026.0)
    ('1234.560101', '', '')
    """
    digits = repr(abs(value)).split("e")[0].replace(".", "").strip("0")
    return repr(abs(value)) if len(digits) >= _DIGITS else ""


def _of_few(number: str) -> bool:
    """Whether a figure is what few cases come to, such as 25 of 33, which may be anybody's."""
    value = float(number)
    return math.isclose(value, Fraction(value).limit_denominator(_CASES), rel_tol=1e-12)


_OWN = (
    *("partner", "partner_line", "partner_year", "partner_person", "deals", "plan_history", "earned", "funds"),
    *("plan_chance", "pull_forward", "slipped", "share_gap", "score_metrics", "scores", "bridges", "attained"),
    *("proposal_figures", "knowledge", "knowledge_areas", "line_mix", "plan_versions", "waiting"),
)
"""The frames of a slice that tell of the partner alone: a figure in another may be a peer's, and mark nobody."""

_OF_PEERS = ("peer_median", "others", "usual")


def marks_of(frames: Mapping[str, Mapping[str, pd.DataFrame]], folder: Path) -> Marks:
    """The marks of partners, from what the frames of each one's slice tell of it alone, and of the source's costs."""
    owners: dict[str, set[str]] = defaultdict(set)
    for owner, told in frames.items():
        own = (told[name].drop(columns=list(_OF_PEERS), errors="ignore") for name in _OWN if name in told)
        for number in figures_of(own):
            owners[number].add(owner)
    secrets = _secrets(folder)
    alone = {number: next(iter(which)) for number, which in owners.items() if len(which) == 1}
    return Marks({number: owner for number, owner in alone.items() if number not in secrets}, secrets)


def figures_of(frames: Iterable[pd.DataFrame]) -> set[str]:
    """Every exact figure in some frames."""
    numbers = (column for frame in frames for _, column in frame.select_dtypes("number").items())
    return {told for column in numbers for value in column.dropna().unique() if (told := figure(float(value)))}


def _secrets(folder: Path) -> set[str]:
    """What the vendor's costs and margins come to: each amount, and its sums by partner and quarter."""
    found: set[str] = set()
    for name, column in _COSTS:
        rows = pd.DataFrame(pq.read_table(folder / f"{name}.parquet").to_pylist())
        rows = rows[rows[column].notna() & rows["partner_id"].notna()]
        day = pd.to_datetime(rows[CONTRACT[name].dated or "created_at"], utc=True).dt.tz_localize(None)
        rows = rows.assign(quarter=day.dt.to_period("Q").astype(str))
        sums = [rows.groupby(keys)[column].sum() for keys in (["partner_id"], ["partner_id", "quarter"])]
        if name == "sales":
            earned = rows.assign(earned=rows["revenue"] - rows[column])
            sums += [earned["earned"], earned.groupby(["partner_id", "quarter"])["earned"].sum()]
        found |= {figure(float(value)) for one in (rows[column], *sums) for value in one}
    return found - {""}


def texts_of(path: Path) -> Iterator[str]:
    """All that a file says: its name, its text with what is encoded in it, and what is in it where it is an archive."""
    yield path.name
    yield from _texts(path.read_bytes())


def _texts(content: bytes) -> Iterator[str]:
    if is_zipfile(io.BytesIO(content)):
        with ZipFile(io.BytesIO(content)) as archive:
            for name in archive.namelist():
                yield name
                yield from _texts(archive.read(name))
        return
    text = content.decode("utf-8", "replace")
    yield text
    yield unescape(text)
    for found in _PICTURE.findall(text):
        yield unescape(b64decode(found).decode())
    if text.startswith("{"):
        # Text in JSON may be written in escapes.
        yield json.dumps(json.loads(text), ensure_ascii=False)
