"""A quarter frozen: what it is of, and its tables as they are read, by report and by partner."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet as pq

from channelnb.errors import RunIncomplete, unknown
from channelnb.fiscal import FiscalCalendar
from channelnb.glance import Glance, Glanced
from channelnb.metrics.known import CATALOGUE, tell

ABOUT = "about.json"
"""The file of a snapshot that says what it is of, and its version."""

RESTATED = "restated"
"""The table of a snapshot that says how figures that were reported before have changed since."""


@dataclass(frozen=True)
class About:
    """What a snapshot is of; dates are ISO text.

    `undated` says what of a partner is as the source has it today, `absent` which tables the source does not give;
    from `pipeline_low` to `pipeline_high` a pipeline index counts as healthy. `before` is the period of the review
    before, "" where there is none, told as known on `before_as_of`; `apart` says for what it is not compared with.
    """

    vendor: str
    currency: str
    first_month: int
    period: str
    as_of: str
    undated: str
    pipeline_target: float
    min_peers: int
    absent: str = ""
    pipeline_low: float = 3.0
    pipeline_high: float = 5.0
    before: str = ""
    before_as_of: str = ""
    apart: str = ""

    @property
    def over(self) -> bool:
        """Was the period over on the day up to which things are known?

        >>> About("Acme", "USD", 1, "2026Q3", "2026-08-14", "", 4.0, 5).over
        False
        >>> About("Acme", "USD", 1, "2026Q3", "2026-09-30", "", 4.0, 5).over
        True
        """
        return FiscalCalendar(self.first_month).end(self.period) <= date.fromisoformat(self.as_of)

    @property
    def known(self) -> str:
        """Up to when things are known, and whether the period was over by then.

        >>> About("Acme", "USD", 1, "2026Q3", "2026-08-14", "", 4.0, 5).known
        '2026-08-14, while the period was running'
        """
        return self.as_of if self.over else f"{self.as_of}, while the period was running"


@dataclass(frozen=True, repr=False)
class Snapshot(Glanced):
    """A frozen quarter, or month, in a folder of Parquet files."""

    folder: Path
    about: About
    data_version: str
    _read: dict[str, pd.DataFrame] = field(default_factory=dict, compare=False)
    _rows: dict[str, dict[str, Any]] = field(default_factory=dict, compare=False)

    @classmethod
    def open(cls, folder: Path) -> Snapshot:
        """The snapshot in a folder, whose metrics are known from then on; raises RunIncomplete where there is none."""
        path = folder / ABOUT
        if not path.is_file():
            raise RunIncomplete(f"{folder} holds no snapshot: {ABOUT} is missing; run the quarter first.")
        content = json.loads(path.read_text(encoding="utf-8"))
        opened = cls(folder, About(**content["about"]), content["data_version"])
        # The first snapshots of all had none, and are still compared with.
        if CATALOGUE in opened.names:
            tell(opened.frame(CATALOGUE))
        return opened

    def frame(self, name: str) -> pd.DataFrame:
        """One of the snapshot's tables; raises UnknownName, with those there are.

        >>> from tempfile import TemporaryDirectory
        >>> about = About("Acme", "USD", 1, "2026Q3", "2026-09-30", "", 4.0, 5)
        >>> with TemporaryDirectory() as folder:
        ...     pd.DataFrame({"partner_id": ["P1"]}).to_parquet(Path(folder, "partners.parquet"))
        ...     Snapshot(Path(folder), about, "v1").frame("partners").to_dict("records")
        [{'partner_id': 'P1'}]
        """
        path = self.folder / f"{name}.parquet"
        if not path.is_file():
            raise unknown("snapshot table", name, (p.stem for p in self.folder.glob("*.parquet")))
        if name not in self._read:
            self._read[name] = pd.read_parquet(path)
        return self._read[name].copy(deep=False)

    def rows_of(self, name: str, partner_id: str) -> pd.DataFrame:
        """One partner's rows of a table; found by an index that is made once, since a run asks for each partner.

        >>> from tempfile import TemporaryDirectory
        >>> about = About("Acme", "USD", 1, "2026Q3", "2026-09-30", "", 4.0, 5)
        >>> with TemporaryDirectory() as folder:
        ...     pd.DataFrame({"partner_id": ["P1", "P2"], "rank": [7, 8]}).to_parquet(Path(folder, "peers.parquet"))
        ...     Snapshot(Path(folder), about, "v1").rows_of("peers", "P2")["rank"].tolist()
        [8]
        """
        frame = self.frame(name)
        if name not in self._rows:
            self._rows[name] = {str(key): places for key, places in frame.groupby("partner_id").indices.items()}
        return frame.take(self._rows[name].get(partner_id, []))

    @property
    def names(self) -> list[str]:
        """The names of the snapshot's tables."""
        return sorted(path.stem for path in self.folder.glob("*.parquet"))

    def glance(self) -> Glance:
        """What there is to see of it: of whom and when it is, its tables with their rows, and what is absent."""
        about = self.about
        rows = [pq.read_metadata(self.folder / f"{name}.parquet").num_rows for name in self.names]
        return Glance(
            f"Snapshot of {about.vendor}: {about.period}, in {about.currency}",
            facts={
                "Known on": about.known,
                "Data version": self.data_version,
                "Tables absent from the source": about.absent,
            },
            folded={f"{len(rows)} tables": pd.DataFrame({"table": self.names, "rows": rows})},
            calls={
                'snapshot.frame("partners")': "one table as a frame",
                "cn.readiness.summary(snapshot)": "what the data can and cannot tell",
                "cn.recruits.summary(snapshot)": "what sets high performers apart",
                'cn.cells("snapshot")': "every cell that a snapshot goes into",
            },
        )
