"""The front page of a run, from its snapshot and its journal: every partner, its figures, its reports."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from channelnb.fiscal import FiscalCalendar
from channelnb.fleet.folder import write_whole
from channelnb.fleet.journal import Record
from channelnb.fleet.plan import PORTFOLIO, Job, Order
from channelnb.metrics.registry import METRICS
from channelnb.narrative.changes import Since
from channelnb.narrative.facts import Fact, Facts, from_row
from channelnb.narrative.restatement import restatements
from channelnb.narrative.sentence import Sentence
from channelnb.portfolios import WITHOUT, managers_of
from channelnb.report.changes import changes_by_partner, changes_in_all, changes_of_many
from channelnb.report.front_rows import ABOUT
from channelnb.report.index_page import KPIS, PERIODS, IndexPage, ManagerRow, PartnerRow, ReportLink
from channelnb.report.page import INTERNAL, Link
from channelnb.report.site import index_html
from channelnb.report.words import spoken
from channelnb.restatement import of_all
from channelnb.snapshot import RESTATED, Snapshot

FILE = "index.html"


def write_front_page(snapshot: Snapshot, order: Order, jobs: Sequence[Job], records: Mapping[str, Record]) -> None:
    """Write the run's front page, with each partner that the run is about and what became of its reports."""
    whole = [job for job in jobs if job.subject is None]
    of_managers = [job for job in jobs if job.manager_id is not None]
    made = [job for job in jobs if _status(job, records) == "made"]
    failed = [job for job in jobs if _status(job, records) == "failed"]
    since, currency = changes_by_partner(snapshot), snapshot.about.currency
    rows = _rows(snapshot, order, jobs, records, since)
    of_page = [since[row.partner_id] for row in rows if row.partner_id in since]
    page = IndexPage(
        page=order.page(order.front_title, data_version=order.data_version),
        currency=currency,
        partners=rows,
        reports=len(made),
        failed=len(failed),
        channel_reports=[Link(job.notebook.title, job.page().as_posix()) for job in whole if job in made],
        channel_failures=[f"{job.notebook.title}: {records[job.key].reason}" for job in whole if job in failed]
        + [f"{job.title}: {records[job.key].reason}" for job in of_managers if job in failed],
        managers=_manager_rows(snapshot, order, of_managers, records),
        unmanaged=_unmanaged(snapshot, order),
        restated=[spoken(said, currency) for said in restated_in_all(snapshot)],
        changed=[spoken(said, currency) for said in changes_of_many(snapshot.about, of_page)],
        in_all=[spoken(said, currency) for said in changes_in_all(snapshot)],
        vendors=_number_of(snapshot),
        compared=snapshot.about.before if since else "",
    )
    write_whole(order.run / FILE, index_html(page).encode(), run=order.run)


def restated_in_all(snapshot: Snapshot) -> list[Sentence]:
    """What was restated of the whole channel since it was first reported; nothing where nothing was."""
    total, about = snapshot.frame("total"), snapshot.about
    facts = Facts(from_row(row, unit="money") for row in _plain(total[total["metric"].eq("revenue")]))
    return restatements(of_all(snapshot.frame(RESTATED)), facts, period=about.period, currency=about.currency)


def _number_of(snapshot: Snapshot) -> int:
    """How many partners the vendor has; a firm that merged into another is none."""
    firms = snapshot.frame("partners")
    return int(firms["partner_id"].eq(firms["survivor_id"]).sum())


def _rows(
    snapshot: Snapshot,
    order: Order,
    jobs: Sequence[Job],
    records: Mapping[str, Record],
    since: Mapping[str, Since],
) -> list[PartnerRow]:
    by_partner: dict[str, list[Job]] = {}
    pages: dict[str | None, str] = {}
    for job in jobs:
        if job.partner_id is not None:
            by_partner.setdefault(job.partner_id, []).append(job)
        elif job.manager_id is not None and _status(job, records) == "made":
            pages[None if job.manager_id == WITHOUT else job.manager_id] = job.page().as_posix()
    firms = {str(row["partner_id"]): row for row in _plain(snapshot.frame("partners"))}
    managers = _managers(snapshot)
    now, past = _facts(snapshot, order.period), _past(snapshot, order)
    return [
        PartnerRow(
            partner_id=partner_id,
            name=own[0].name,
            **{key: str(firms[partner_id].get(key) or "") for key in ABOUT},
            manager=managers.get(firms[partner_id].get("manager_id")) or str(firms[partner_id].get("manager_id") or ""),
            manager_page=pages.get(firms[partner_id].get("manager_id"), ""),
            kpis=now.get(partner_id, {}),
            before=past[partner_id][-2] if order.over else None,
            past=past[partner_id],
            flags=since[partner_id].flags if partner_id in since else (),
            reports=[
                ReportLink(job.notebook.title, job.page().as_posix(), edition=job.edition)
                for job in own
                if _status(job, records) == "made"
            ],
            failures=[f"{_called(job)}: {records[job.key].reason}" for job in own if _failed(job, records)],
            failure_links=[
                ReportLink(job.notebook.title, job.failed().as_posix(), edition=job.edition)
                for job in own
                if _failed(job, records)
            ],
        )
        for partner_id, own in by_partner.items()
    ]


def _manager_rows(
    snapshot: Snapshot, order: Order, jobs: Sequence[Job], records: Mapping[str, Record]
) -> list[ManagerRow]:
    # A page for each manager; where several notebooks are about managers, it is the portfolio's.
    own = [job for job in jobs if job.notebook.name == PORTFOLIO] or list(jobs)
    ahead = FiscalCalendar(snapshot.about.first_month).shift(order.period, 1)
    told = {
        (str(row["manager_id"]), str(row["metric"]), str(row["period"])): from_row(
            row, unit=METRICS[row["metric"]].unit
        )
        for row in _plain(snapshot.frame("portfolio"))
        if row["period"] in (order.period, ahead)
    }
    firms = snapshot.frame("partners").reindex(columns=["partner_id", "survivor_id", "manager_id", "left_on"])
    there, every = managers_of(firms[firms["left_on"].isna()]), managers_of(firms)
    of_left = snapshot.frame("partner")
    of_left = of_left[of_left["metric"].eq("attainment") & of_left["period"].eq(order.period)]
    of_left = of_left[of_left["partner_id"].isin(firms.loc[firms["left_on"].notna(), "partner_id"])]
    planned_of_left = set(of_left.loc[of_left["denominator"].gt(0), "partner_id"])
    return [
        ManagerRow(
            name=job.name,
            href=(job.page() if _status(job, records) == "made" else job.failed()).as_posix(),
            status=_status(job, records),
            partners=len(there.get(str(job.manager_id), ())),
            attainment=told.get((str(job.manager_id), "attainment", order.period)),
            index=told.get((str(job.manager_id), "pipeline_index", ahead)),
            left=bool(planned_of_left & set(every.get(str(job.manager_id), ()))),
        )
        for job in own
    ]


def _unmanaged(snapshot: Snapshot, order: Order) -> str:
    """That no page of a manager could be made, where a notebook makes them and the source names no managers."""
    asked = any(notebook.per_manager for notebook in order.notebooks)
    if not asked or managers_of(snapshot.frame("partners")):
        return ""
    return "No manager has a page: the vendor's data do not say who manages which partner."


def _facts(snapshot: Snapshot, period: str) -> dict[str, dict[str, Fact]]:
    """Each partner's headline figures by metric."""
    ahead = FiscalCalendar(snapshot.about.first_month).shift(period, 1)
    wanted = {kpi.metric: ahead if METRICS[kpi.metric].forward else period for kpi in KPIS}
    frame = snapshot.frame("partner")
    found: dict[str, dict[str, Fact]] = {}
    for row in _plain(frame[frame["period"].eq(frame["metric"].map(wanted))]):
        metric = str(row["metric"])
        found.setdefault(str(row["partner_id"]), {})[metric] = from_row(row, unit=METRICS[metric].unit)
    return found


def _past(snapshot: Snapshot, order: Order) -> dict[str, list[Fact]]:
    """Each partner's revenue of the last periods that are over, period by period."""
    calendar = FiscalCalendar(snapshot.about.first_month)
    last = order.period if order.over else calendar.shift(order.period, -1)
    periods = calendar.span(calendar.shift(last, 1 - PERIODS), last)
    frame = snapshot.frame("partner")
    frame = frame[frame["metric"].eq("revenue") & frame["period"].isin(periods)]
    found = {(row["partner_id"], row["period"]): from_row(row, unit="money") for row in _plain(frame)}
    none = {period: Fact("revenue", period, None, "money", state="no_data") for period in periods}
    partners = snapshot.frame("partners")["partner_id"]
    return {str(one): [found.get((one, period), none[period]) for period in periods] for one in partners}


def _managers(snapshot: Snapshot) -> dict[Any, str]:
    frame = snapshot.frame("managers")
    return {row["manager_id"]: str(row["name"]) for row in _plain(frame)} if "manager_id" in frame else {}


def _plain(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """A frame's rows, None where there is no value."""
    return [
        {str(key): None if pd.isna(value) else value for key, value in row.items()} for row in frame.to_dict("records")
    ]


def _called(job: Job) -> str:
    """What a partner's report is called where it stands for itself."""
    return job.notebook.title if job.edition == INTERNAL else f"{job.notebook.title}, partner’s edition"


def _status(job: Job, records: Mapping[str, Record]) -> str:
    record = records.get(job.key)
    return record.status if record is not None else "missing"


def _failed(job: Job, records: Mapping[str, Record]) -> bool:
    return _status(job, records) == "failed"
