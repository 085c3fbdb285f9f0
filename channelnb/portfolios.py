"""What a report on one channel manager may see: the figures of all partners that the manager looks after."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from channelnb.changes import CHANGES
from channelnb.errors import BadParameters, NotUsable, unknown
from channelnb.fiscal import FiscalCalendar, length_of
from channelnb.frames import records
from channelnb.glance import Glance, Glanced
from channelnb.narrative.facts import Facts
from channelnb.narrative.matrix import matrix_facts
from channelnb.narrative.portfolio import portfolio_facts
from channelnb.packed import read_packed, streams_of, version_of, write_packed
from channelnb.planning import matrix
from channelnb.planning.attention import READ, ahead_of, attention
from channelnb.scoring import SCORES
from channelnb.slice import as_id, open_snapshot
from channelnb.snapshot import About, Snapshot

SUFFIX = ".portfolio"
WITHOUT = "(none)"
"""What stands for the manager of the partners that have none."""

_MAGIC = b"channelnb portfolio 2\n"
BORDERS = "score_borders"
"""The frame of a portfolio that holds what parts the matrix of its partners."""

_OF_MANAGER = ("portfolio", "portfolio_year", "credited")
_OF_PARTNERS = ("partner", "partner_year", "promises", "watch", SCORES, CHANGES)
_METRICS = (*READ, "growth_yoy")
_AGAINST_PLAN = ("attainment", "pipeline_index")
_SHOWN = ("partner_id", "name", "channel", "tier")


@dataclass(frozen=True, repr=False)
class Portfolio(Glanced):
    """One manager's part of a snapshot: the partners that are the manager's on its day, and their figures.

    `reviews` has the place of each partner's review, relative to the manager's page, where the run makes one.
    """

    about: About
    data_version: str
    manager_id: str
    frames: dict[str, pd.DataFrame]
    reviews: Mapping[str, str]

    @cached_property
    def manager(self) -> dict[str, Any]:
        """The manager's own row; empty for partners without one, or where the source has no table of managers.

        >>> about = About("Acme", "USD", 1, "2026Q3", "2026-09-30", "", 4.0, 5)
        >>> managers = pd.DataFrame({"manager_id": ["M1"], "name": ["Ana"], "left_on": [None]})
        >>> Portfolio(about, "v1", "M1", {"managers": managers}, {}).manager
        {'manager_id': 'M1', 'name': 'Ana', 'left_on': None}
        """
        rows = records(self.frames["managers"])
        return {name: (None if pd.isna(value) else value) for name, value in rows[0].items()} if rows else {}

    @property
    def name(self) -> str:
        """The manager's name, or the id where no name is known; "" for partners without one.

        >>> about = About("Acme", "USD", 1, "2026Q3", "2026-09-30", "", 4.0, 5)
        >>> nobody = {"managers": pd.DataFrame()}
        >>> Portfolio(about, "v1", "M1", nobody, {}).name, Portfolio(about, "v1", WITHOUT, nobody, {}).name
        ('M1', '')
        """
        return "" if self.manager_id == WITHOUT else str(self.manager.get("name") or self.manager_id)

    def glance(self) -> Glance:
        """What there is to see of it: whose it is, of when, the partners in it, and the cells to call."""
        about, partners = self.about, self.frames.get("partners", pd.DataFrame())
        whose = "partners without a manager" if self.manager_id == WITHOUT else self.manager_id
        named = f" {self.name}" if self.name not in ("", self.manager_id) else ""
        shown = [name for name in _SHOWN if name in partners]
        return Glance(
            f"Portfolio of {whose}{named}: {about.period}",
            facts={
                "Vendor": f"{about.vendor}, in {about.currency}",
                "Known on": about.known,
                "Data version": self.data_version,
            },
            folded={f"{len(partners)} partners": partners[shown]},
            calls={
                "cn.portfolio.summary(portfolio)": "where the partners stand, and who needs attention",
                "portfolio.standing": "one row for each partner, as a frame",
                'cn.cells("portfolio")': "every cell that a portfolio goes into",
            },
        )

    @property
    def calendar(self) -> FiscalCalendar:
        """The vendor's fiscal quarters."""
        return FiscalCalendar(self.about.first_month)

    @property
    def length(self) -> str:
        """How long the period reviewed is: quarter or month."""
        return length_of(self.about.period)

    @property
    def year(self) -> str:
        """The fiscal year of the period reviewed.

        >>> about = About("Acme", "USD", 4, "2026-08", "2026-08-31", "", 4.0, 5)
        >>> Portfolio(about, "v1", "M1", {}, {}).year
        '2027'
        """
        return self.calendar.year_of(self.calendar.start(self.about.period))

    @property
    def ahead(self) -> str:
        """The period whose pipeline counts next: the one after the period reviewed, or that itself while it runs.

        >>> about = About("Acme", "USD", 1, "2026Q3", "2026-08-31", "", 4.0, 5)
        >>> Portfolio(about, "v1", "M1", {}, {}).ahead
        '2026Q3'
        """
        return ahead_of(self.about.period, over=self.about.over)

    @cached_property
    def standing(self) -> pd.DataFrame:
        """How each partner stands and whether it needs attention: the table of `attention`."""
        about = self.about
        return attention(
            self.frames, period=about.period, over=about.over, target=about.pipeline_target, calendar=self.calendar
        )

    @cached_property
    def placed(self) -> pd.DataFrame:
        """Where each partner that has not left lies by its scores: the table of `placed` of the matrix."""
        there = self.standing.loc[~self.standing["left"], "partner_id"]
        scores = self.frames[SCORES]
        return matrix.placed(scores[scores["partner_id"].isin(there)], self.frames[BORDERS])

    @cached_property
    def facts(self) -> Facts:
        """Every figure that a report on the manager may state; those of one partner have its id as their grain."""
        about, as_of = self.about, date.fromisoformat(self.about.as_of)
        told = portfolio_facts(
            self.frames,
            self.standing,
            period=about.period,
            as_of=as_of,
            target=about.pipeline_target,
            calendar=self.calendar,
        )
        there = self.standing.loc[~self.standing["left"], "partner_id"].astype(str)
        lying = matrix_facts(self.frames[SCORES], self.frames[BORDERS], self.placed, period=about.period, there=there)
        return Facts([*told, *lying], absent=about.absent.split(", "), pro_rata=(as_of + timedelta(1)).day != 1)


def managers_of(partners: pd.DataFrame) -> dict[str, list[str]]:
    """The partners of each manager, by the manager's id, at last those without one; merged firms are left out.

    Needs the table ``partners`` of a book or snapshot; nothing where the source does not say who manages whom.

    >>> partners = pd.DataFrame({"partner_id": ["P1", "P2"], "survivor_id": ["P1", "P2"], "manager_id": ["M1", None]})
    >>> managers_of(partners)
    {'M1': ['P1'], '(none)': ['P2']}
    """
    own = partners[partners["survivor_id"].eq(partners["partner_id"])]
    if "manager_id" not in own or own["manager_id"].isna().all():
        return {}
    by_manager = own["partner_id"].groupby(own["manager_id"].fillna(WITHOUT))
    found = {str(manager_id): sorted(ids) for manager_id, ids in by_manager}
    return {name: found[name] for name in sorted(found, key=lambda name: (name == WITHOUT, name))}


def portfolio_of(snapshot: Snapshot, manager_id: str, *, reviews: Mapping[str, str] | None = None) -> Portfolio:
    """One manager's portfolio.

    Raises UnknownName, with the nearest id, for a manager that the snapshot hasn't, NotUsable where the source does
    not say who manages which partner.
    """
    return _portfolio(snapshot, manager_id, reviews or {})[0]


def cut_portfolio(snapshot: Snapshot, manager_id: str, path: Path, *, reviews: Mapping[str, str]) -> Path:
    """Write one manager's portfolio to one file; the same snapshot and places of reviews give the same bytes."""
    made, streams = _portfolio(snapshot, manager_id, reviews)
    header = {
        "about": asdict(made.about),
        "data_version": made.data_version,
        "manager_id": manager_id,
        "reviews": dict(made.reviews),
    }
    return write_packed(path, streams, magic=_MAGIC, header=header)


def read_portfolio(path: Path) -> Portfolio:
    """The portfolio in a file; raises BadSource where the file is none."""
    header, frames = read_packed(path, magic=_MAGIC, kind="portfolio")
    about = About(**header["about"])
    return Portfolio(about, header["data_version"], header["manager_id"], frames, header["reviews"])


def open_portfolio(
    source: str | Path, *, manager_id: object, quarter: str, as_of: date | str | None = None
) -> Portfolio:
    """One manager's portfolio, from a source folder, a run or a portfolio's file; `quarter` may be a month.

    The partners without a manager are those of ``(none)``. From a source folder the snapshot is made as by
    `open_snapshot`. Raises UnknownName for a manager that isn't there, BadParameters where a file is of another
    manager or quarter.
    """
    path = Path(source)
    if path.suffix == SUFFIX and path.is_file():
        made = read_portfolio(path)
        asked = {"manager_id": as_id(manager_id, [made.manager_id], key="manager_id"), "quarter": quarter}
        found = {"manager_id": made.manager_id, "quarter": made.about.period}
        if asked != found:
            raise BadParameters(f"{path} is a portfolio of {found}, not of {asked}; name the one that you mean.")
        return made
    snapshot = open_snapshot(source, quarter=quarter, as_of=as_of)
    return portfolio_of(snapshot, as_id(manager_id, _known(snapshot), key="manager_id"))


def _known(snapshot: Snapshot) -> list[str]:
    managers = snapshot.frame("managers")
    return sorted({*managers_of(snapshot.frame("partners")), *map(str, managers.get("manager_id", ()))})


def _portfolio(snapshot: Snapshot, manager_id: str, reviews: Mapping[str, str]) -> tuple[Portfolio, dict[str, bytes]]:
    """One manager's portfolio, and the bytes of each of its frames, which its version is a hash of."""
    partners = snapshot.frame("partners")
    by_manager = managers_of(partners)
    if not by_manager:
        raise NotUsable(
            "the source does not say who manages which partner: partners has no manager_id; give that column, "
            "and each manager has a portfolio."
        )
    if manager_id not in (known := _known(snapshot)):
        raise unknown("manager", manager_id, known)
    own = by_manager.get(manager_id, [])
    frames = {"partners": partners[partners["partner_id"].isin(own)].sort_values("partner_id")}
    frames |= {name: _rows(snapshot, name, own) for name in _OF_PARTNERS}
    frames["partner"] = frames["partner"][frames["partner"]["metric"].isin(_METRICS)]
    period = snapshot.about.period
    told = frames[SCORES]["period"].eq(period) & frames[SCORES]["category"].isin([matrix.ACROSS, matrix.UPWARDS])
    frames[SCORES] = frames[SCORES][told]
    frames[BORDERS] = matrix.borders(snapshot.frame(SCORES), period=period)
    for name in ("managers", *_OF_MANAGER):
        frame = snapshot.frame(name)
        frames[name] = frame[frame["manager_id"].eq(manager_id)] if "manager_id" in frame else frame.head(0)
    if manager_id == WITHOUT:
        # What is planned of no partner at all has no manager either, and is none of these partners' plan.
        frames["portfolio"] = _planned_of(frames["portfolio"], frames["partner"])
        by_year = frames["partner_year"].rename(columns={"year": "period"})
        frames["portfolio_year"] = _planned_of(frames["portfolio_year"], by_year)
    frames = {name: rows.reset_index(drop=True) for name, rows in frames.items()}
    kept = {partner_id: reviews[partner_id] for partner_id in own if partner_id in reviews}
    streams = streams_of(frames)
    version = version_of(streams, asdict(snapshot.about), manager_id, kept)
    return Portfolio(snapshot.about, version, manager_id, frames, kept), streams


def _planned_of(whole: pd.DataFrame, parts: pd.DataFrame) -> pd.DataFrame:
    """The measures of several partners together with the plans of these alone, in what is set against a plan."""
    planned = parts[parts["metric"].isin(_AGAINST_PLAN)].groupby(["metric", "period"])["denominator"].sum(min_count=1)
    against = whole["metric"].isin(_AGAINST_PLAN) & whole["state"].ne("not_measurable")
    plan = whole.join(planned.rename("plan"), on=["metric", "period"])["plan"].astype(float)
    value = (whole["numerator"].astype(float) / plan).where(plan > 0)
    return whole.assign(
        denominator=whole["denominator"].where(~against, plan),
        value=whole["value"].where(~against, value),
        state=whole["state"].where(~against, value.notna().map({True: "ok", False: "no_data"})),
    )


def _rows(snapshot: Snapshot, name: str, partners: list[str]) -> pd.DataFrame:
    rows = [snapshot.rows_of(name, partner_id) for partner_id in partners]
    return pd.concat(rows) if rows else snapshot.frame(name).head(0)
