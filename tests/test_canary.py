"""No mark of one partner, and none of the vendor's own, is in anything that is made for another partner."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from shutil import copytree

import pandas as pd
import pytest
import yaml
from rich.console import Console

from canaries import SECRET, Marks, mark, marks_of, texts_of, write_canaries
from channelnb import gate
from channelnb.fleet import run as runs
from channelnb.fleet.kernels import Kernels
from channelnb.fleet.pack import pack
from channelnb.fleet.run import Choice, run
from channelnb.slice import Slice, gated
from channelnb.snapshot import Snapshot
from kernel_free import made_here

ROOT = Path(__file__).parents[1]
REPORTS = ("partner_profile", "qbr", "business_plan")
FIRMS = 24
MADE = ("P0001", "P0003", "P0007", "P0013", "P0017", "P0024")
"""One alone, one that buys through a distributor and that distributor, a group, and one that took over another."""
AGAIN = ("P0003", "P0013")


@dataclass(frozen=True)
class Vendor:
    """A run of the marked vendor, its snapshot, and its marks; `merged` has the marks that are a partner's own."""

    folder: Path
    snapshot: Snapshot
    marks: Marks
    merged: dict[str, set[str]]

    @property
    def run(self) -> Path:
        return self.folder / "runs" / "canary" / "2026Q3"

    def leaks(self, text: str, partner_id: str) -> set[str]:
        return self.marks.leaks(text, of=self.merged[partner_id])

    def made_for(self, partner_id: str) -> list[Path]:
        return sorted((self.run / "partner").glob(f"{partner_id}-*/*"))


@pytest.fixture(scope="module")
def vendor(tmp_path_factory: pytest.TempPathFactory) -> Vendor:
    """The marked vendor, with the partner's editions of some firms, made side by side in forked kernels."""
    folder = tmp_path_factory.mktemp("canary")
    source = write_canaries(folder / "source", partners=FIRMS)
    copytree(ROOT / "notebooks", folder / "notebooks", ignore=lambda *_: [".ipynb_checkpoints"])
    chosen = yaml.safe_load((ROOT / "params" / "sample.yaml").read_text(encoding="utf-8"))
    del chosen["next_targets"]["partners"]
    chosen |= {"name": "canary", "source": str(source), "scorecards": str(ROOT / "params" / "scorecards.yaml")}
    chosen |= {"editions": ["partner"], "notebooks": list(REPORTS), "partners": [mark(one) for one in MADE]}
    (folder / "canary.yaml").write_text(yaml.safe_dump(chosen), encoding="utf-8")
    start(folder, kernels="forked", jobs=2)
    snapshot = Snapshot.open(folder / "runs" / "canary" / "2026Q3" / "snapshot")
    firms = snapshot.frame("partners")
    there = list(firms.loc[firms["partner_id"].eq(firms["survivor_id"]), "partner_id"])
    own = {one: gated(snapshot, one, "internal").frames for one in there}
    merged = {one: set(firms.loc[firms["survivor_id"].eq(one), "partner_id"]) for one in there}
    return Vendor(folder, snapshot, marks_of(own, source), merged)


def start(folder: Path, *, kernels: Kernels, jobs: int, partners: tuple[str, ...] = ()) -> None:
    """The run of all, or again of a review of some."""
    out = io.StringIO()
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        choice = Choice(runs=folder / "runs", kernels=kernels, jobs=jobs)
        if partners:
            choice = replace(choice, partners=partners, notebooks=("qbr",), force=True)
        outcome = run(folder / "canary.yaml", choice, today=date(2026, 10, 5), console=Console(file=out))
    assert outcome.exit_status == 0, out.getvalue() + "\n".join(outcome.lines())


def text_of(frame: pd.DataFrame) -> str:
    return "\n".join(str(value) for name in frame for value in frame[name].dropna().unique())


def test_the_marks_tell_partners_apart(vendor: Vendor) -> None:
    assert set(vendor.marks.figures.values()) >= {mark(one) for one in MADE}
    assert len(vendor.marks.figures) > 10_000
    assert len(vendor.marks.secrets) > 1_000
    number, owner = next(item for item in vendor.marks.figures.items() if len(item[0].partition(".")[2]) == 6)
    other = next(one for one in vendor.merged if one != owner)
    assert vendor.leaks(f"<data value='-{number}'>", other) == {f"{number} of {owner}"}
    assert vendor.leaks(f"<data value='-{number}'>", owner) == set()
    assert vendor.leaks(f"of {owner.upper()} {SECRET}", other) == {owner.upper(), SECRET}


TOLD = {
    *("agenda", "attained", "bridges", "catalogue", "chance_calibration", "changes", "contacts", "deals", "earned"),
    *("funds", "knowledge", "knowledge_areas", "line_mix", "meetings", "next_targets", "notes", "partner"),
    *("partner_line", "partner_person", "partner_year", "partners", "peers", "people", "plan_basis", "plan_chance"),
    *("plan_history", "plan_proposed", "plan_versions", "promises", "pull_forward", "pull_forward_index", "related"),
    *("restated", "roadmap", "score_metrics", "scores", "share_gap", "slipped", "updates", "waiting"),
}
"""The frames of which a partner may read anything: whoever lets another one through must say so here."""

INTERNAL_TABLES = ("plan_cost_rates", "plan_costs", "plan_profits", "plan_drafts", "proposals", "watch")


def told_to_partners(vendor: Vendor) -> set[str]:
    slices = (gated(vendor.snapshot, one, "partner").frames for one in vendor.merged)
    return {name for frames in slices for name, rows in frames.items() if len(rows)}


def test_a_partner_reads_the_frames_that_it_may_and_no_other(vendor: Vendor) -> None:
    told = told_to_partners(vendor)
    assert told - TOLD == set()
    assert told >= {"partner", "peers", "line_mix", "promises", "plan_versions", "people"}


@pytest.mark.parametrize("name", INTERNAL_TABLES)
def test_an_internal_table_that_is_let_through_is_found(
    vendor: Vendor, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gate, "_WHOLE", (*gate._WHOLE, name))
    assert told_to_partners(vendor) - TOLD == {name}


def test_no_slice_for_a_partner_holds_a_mark_of_another(vendor: Vendor) -> None:
    for one in vendor.merged:
        for name, frame in gated(vendor.snapshot, one, "partner").frames.items():
            assert vendor.leaks(text_of(frame), one) == set(), (one, name)


def test_nothing_that_is_made_for_a_partner_holds_a_mark_of_another(vendor: Vendor) -> None:
    for one in map(mark, MADE):
        files = vendor.made_for(one)
        assert len([path for path in files if path.suffix == ".html"]) == len(REPORTS)
        for path in files:
            said = "\n".join(texts_of(path))
            assert vendor.leaks(said, one) == set(), path
        assert one in "".join(path.read_text(encoding="utf-8") for path in files if path.suffix in (".html", ".json"))


def test_what_is_packed_for_a_partner_holds_no_mark_of_another(vendor: Vendor, tmp_path: Path) -> None:
    for one in map(mark, MADE[:2]):
        packed = pack(vendor.run, one, to=tmp_path)
        said = "\n".join([packed.path.name, *texts_of(packed.path)])
        assert one in said
        assert vendor.leaks(said, one) == set()


def test_neither_the_order_of_jobs_nor_how_kernels_start_is_seen_in_what_is_made(
    vendor: Vendor, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = [path for one in map(mark, AGAIN) for path in vendor.made_for(one) if path.name.startswith("qbr")]
    before = {path: path.read_bytes() for path in made}
    to_do = runs.still_to_do
    monkeypatch.setattr(runs, "still_to_do", lambda *jobs, **about: to_do(*jobs, **about)[::-1])
    for path in before:
        path.unlink()
    start(vendor.folder, kernels="plain", jobs=1, partners=tuple(mark(one) for one in AGAIN))
    assert len(before) >= 2 * len(AGAIN)
    assert [path.name for path, content in before.items() if path.read_bytes() != content] == []


def unguarded(frames: dict[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    return dict(frames)


def rows_of_all(snapshot: Snapshot, name: str, partner_id: str) -> pd.DataFrame:
    """One's own rows, but of what is listed on a page, where nobody would see that there is too much."""
    rows = snapshot.frame(name)
    return rows if name in ("contacts", "notes", "people") else rows[rows["partner_id"].eq(partner_id)]


def one_slice_for_all() -> Callable[..., Slice]:
    kept: list[Slice] = []

    def first(snapshot: Snapshot, partner_id: str, edition: str) -> Slice:
        kept.append(gated(snapshot, partner_id, edition))
        return kept[0]

    return first


def peers_as_they_are(peers: pd.DataFrame, money: object) -> pd.DataFrame:
    return peers


BROKEN = {
    "no gate": ("channelnb.slice.for_the_partner", lambda: unguarded, ("qbr",), {"of the vendor", SECRET}),
    "rows of all": ("channelnb.snapshot.Snapshot.rows_of", lambda: rows_of_all, ("qbr",), {"Cnry"}),
    "state that is kept": ("channelnb.slice.gated", one_slice_for_all, ("partner_profile",), {"Cnry"}),
    "figures of peers": (
        "channelnb.gate.without_a_peers_figures",
        lambda: peers_as_they_are,
        ("partner_profile",),
        {" of Cnry"},
    ),
}


def pages_here(vendor: Vendor, reports: tuple[str, ...]) -> list[set[str]]:
    """What leaks in the pages of two partners, made in this process one after the other."""
    return [
        vendor.leaks(
            made_here(
                ROOT / "notebooks" / f"{name}.ipynb",
                edition="partner",
                source=str(vendor.run),
                partner_id=one,
                quarter="2026Q3",
            ),
            one,
        )
        for one in map(mark, ("P0003", "P0024"))
        for name in reports
    ]


def test_pages_made_here_hold_no_mark_of_another(vendor: Vendor) -> None:
    assert pages_here(vendor, ("partner_profile", "qbr")) == [set()] * 4


@pytest.mark.parametrize("gate", BROKEN)
def test_a_broken_gate_is_found(vendor: Vendor, gate: str, monkeypatch: pytest.MonkeyPatch) -> None:
    what, broken, reports, signs = BROKEN[gate]
    monkeypatch.setattr(what, broken())
    found = set().union(*pages_here(vendor, reports))
    for sign in signs:
        assert any(sign in leak for leak in found), (sign, sorted(found)[:20])
