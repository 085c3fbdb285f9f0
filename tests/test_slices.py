"""A quarter frozen, and what one report may see of it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pandas as pd
import pytest

from channelnb.book.book import open_book
from channelnb.chosen import Settings
from channelnb.errors import BadParameters, BadSource, RunIncomplete, UnknownName
from channelnb.report import qbr
from channelnb.report.peer_bands import money_in_bands
from channelnb.slice import as_id, cut, gated, open_slice, open_snapshot, read
from channelnb.snapshot import Snapshot, freeze
from tables import rows, small_vendor

QUARTER = "2026Q3"
NOTES = rows(
    "partner_id quarter text edition", "P1 2026Q3 secret internal", "P1 2026Q3 open partner", "P2 2026Q3 other -"
)


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory) -> Snapshot:
    with open_book({**small_vendor(), "notes": NOTES}, quarter=QUARTER) as book:
        return freeze(book, tmp_path_factory.mktemp("frozen"), Settings(min_peers=1))


@pytest.fixture
def source(tmp_path: Path) -> Path:
    folder = tmp_path / "vendor"
    folder.mkdir()
    for name, frame in small_vendor().items():
        frame.to_csv(folder / f"{name}.csv", index=False)
    return folder


def test_the_same_book_gives_the_same_bytes(snapshot, tmp_path):
    shuffled = {name: frame.sample(frac=1, random_state=2) for name, frame in small_vendor().items()}
    with open_book({**shuffled, "notes": NOTES}, quarter=QUARTER) as book:
        again = freeze(book, tmp_path, Settings(min_peers=1))
    assert again.names == snapshot.names
    for name in ("partner", "partner_line", "peers", "total", "deals"):
        one, other = ((s.folder / f"{name}.parquet").read_bytes() for s in (snapshot, again))
        assert one == other, name


def test_settings_are_part_of_the_version(tmp_path):
    with open_book(small_vendor(), quarter=QUARTER) as book:
        one = freeze(book, tmp_path / "one", Settings())
        other = freeze(book, tmp_path / "other", Settings(pipeline_target=3.0))
    assert one.data_version != other.data_version


def test_a_slice_holds_one_partner_only(snapshot):
    for partner_id in ("P1", "P2", "P3"):
        made = gated(snapshot, partner_id, "internal")
        for name, frame in made.frames.items():
            # What a metric is holds for every partner.
            assert name == "catalogue" or set(frame["partner_id"]) <= {partner_id}, name
        text = " ".join(frame.astype(str).to_csv() for frame in made.frames.values())
        others = {"P1": "Ada", "P2": "Bea", "P3": "Cyd"}
        assert others.pop(partner_id) in text
        assert not any(name in text for name in others.values())


def test_a_slice_comes_back_from_its_file(snapshot, tmp_path):
    made = gated(snapshot, "P1", "internal")
    back = read(cut(snapshot, "P1", "internal", tmp_path / "P1.slice"))
    assert back.about == made.about
    assert back.data_version == made.data_version
    for name, frame in made.frames.items():
        pd.testing.assert_frame_equal(back.frames[name], frame, check_dtype=False)
    assert dict(back.facts) == dict(made.facts)


def test_the_partners_edition_holds_nothing_internal(snapshot):
    made = gated(snapshot, "P1", "partner")
    assert list(made.frames["notes"]["text"]) == ["open"]
    assert "gross_margin" not in set(made.frames["partner"]["metric"])
    assert "gross_margin" not in set(made.frames["peers"]["metric"])
    internal = gated(snapshot, "P1", "internal")
    assert "gross_margin" in set(internal.frames["partner"]["metric"])
    assert list(internal.frames["notes"]["text"]) == ["secret", "open"]


def test_the_partners_edition_tells_of_peers_money_in_bands(tmp_path):
    """P0's others sold 110 to 170 each, half of them up to 140: exact for the vendor, 100 to 200 for the partner."""
    ids = [f"P{i}" for i in range(8)]
    sold = [str(100 + 10 * i) for i in range(8)]
    tables = {
        "partners": pd.DataFrame({"partner_id": ids, "name": ids, "channel": "reseller"}),
        "sales": pd.DataFrame({"partner_id": ids, "sold_on": "2026-08-01", "revenue": sold, "customer_id": ids}),
    }
    with open_book(tables, quarter=QUARTER) as book:
        frozen = freeze(book, tmp_path, Settings())
    internal, own = (gated(frozen, "P0", edition) for edition in ("internal", "partner"))
    exact = ("peer_q25", "peer_median", "peer_q75", "peer_mean", "peer_top_quarter", "ahead_of")
    revenue = {role: internal.facts.of("revenue", QUARTER, role=role, unit="money").value for role in exact}
    assert (revenue["peer_median"], revenue["peer_mean"], revenue["peer_top_quarter"]) == (140, 140, 155)
    assert not any(own.facts.of("revenue", QUARTER, role=role, unit="money").known for role in exact)
    ends = ("peer_median_from", "peer_median_to", "peer_top_quarter_from", "peer_top_quarter_to")
    assert [own.facts.of("revenue", QUARTER, role=end, unit="money").value for end in ends] == [100, 200, 100, 200]
    assert not any(internal.facts.of("revenue", QUARTER, role=end, unit="money").known for end in ends)
    assert "Revenue\tUSD 100\tUSD 100 to 200\tUSD 100 to 200" in money_in_bands(own).text
    assert money_in_bands(internal).text == ""
    row = own.frames["peers"].set_index("metric").loc["revenue"]
    assert row[["median", "mean", "ahead_of", "p_value", "bottom_chance"]].isna().all()


def test_another_partners_rows_are_no_change(snapshot, tmp_path):
    tables = small_vendor()
    tables["opportunities"].loc[tables["opportunities"]["opportunity_id"].eq("O9"), "amount"] = "81.00"
    with open_book({**tables, "notes": NOTES}, quarter=QUARTER) as book:
        changed = freeze(book, tmp_path, Settings(min_peers=5))
    with open_book({**small_vendor(), "notes": NOTES}, quarter=QUARTER) as book:
        before = freeze(book, tmp_path / "before", Settings(min_peers=5))
    assert gated(changed, "P1", "internal").data_version == gated(before, "P1", "internal").data_version
    assert gated(changed, "P2", "internal").data_version != gated(before, "P2", "internal").data_version


def test_an_unknown_partner_is_an_error_with_the_nearest(snapshot):
    with pytest.raises(UnknownName, match="there is no partner 'p1'; did you mean 'P1'"):
        gated(snapshot, "p1", "internal")
    with pytest.raises(UnknownName, match="there is no edition 'public'"):
        gated(snapshot, "P1", "public")


def test_a_source_folder_is_frozen_once(source, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    first = open_snapshot(source, quarter=QUARTER)
    made_at = (first.folder / "partner.parquet").stat().st_mtime_ns
    assert open_snapshot(source, quarter=QUARTER).folder == first.folder
    assert (first.folder / "partner.parquet").stat().st_mtime_ns == made_at
    sales = source / "sales.csv"
    sales.write_text(sales.read_text().replace("200.00", "300.00"))
    assert open_slice(source, partner_id="P1", quarter=QUARTER).facts.of("revenue", QUARTER, unit="money").value == 340


def test_a_relative_source_is_looked_for_in_the_folders_above(source, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    (tmp_path / "work" / "notebooks").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "work" / "notebooks")
    assert open_slice("vendor", partner_id="P2", quarter=QUARTER).name == "Bea"


def test_a_slice_file_of_another_partner_is_refused(snapshot, tmp_path):
    path = cut(snapshot, "P1", "internal", tmp_path / "P1.slice")
    assert open_slice(path, partner_id="P1", quarter=QUARTER).name == "Ada"
    with pytest.raises(BadParameters, match="name the slice that you mean"):
        open_slice(path, partner_id="P2", quarter=QUARTER)
    with pytest.raises(BadParameters, match="name the slice that you mean"):
        open_slice(path, partner_id="P1", quarter="2026Q2")


def test_a_snapshot_of_another_quarter_is_refused(snapshot):
    with pytest.raises(BadParameters, match="is of 2026Q3, not of 2026Q2"):
        open_snapshot(snapshot.folder, quarter="2026Q2")


def test_a_folder_without_a_snapshot_is_named(tmp_path):
    with pytest.raises(RunIncomplete, match=r"about\.json is missing"):
        Snapshot.open(tmp_path)


def test_a_file_that_is_no_slice_is_refused(tmp_path):
    path = tmp_path / "x.slice"
    path.write_bytes(b"nothing")
    with pytest.raises(BadSource, match="is not a slice of this version"):
        read(path)


def test_a_half_made_snapshot_in_the_cache_is_not_taken(source, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    whole = open_snapshot(source, quarter=QUARTER)
    shutil.rmtree(whole.folder)
    (whole.folder).mkdir()
    with pytest.raises(RunIncomplete, match=r"about\.json is missing"):
        Snapshot.open(whole.folder)
    assert open_snapshot(source, quarter=QUARTER).about == whole.about


@pytest.mark.parametrize(
    ("given", "known", "meant"),
    [
        ("007", ["007"], "007"),
        (7, ["007", "8"], "007"),
        (100000.0, ["1E5", "P1"], "1E5"),
        (False, ["NO", "P1"], "NO"),
        (True, ["yes", "P1"], "yes"),
    ],
)
def test_an_id_that_became_a_number_is_taken_when_only_one_can_be_meant(given, known, meant):
    assert as_id(given, known) == meant


@pytest.mark.parametrize(
    ("given", "known", "message"),
    [
        (7, ["007", "7"], "it could be .*; give it as text"),
        (7, ["8"], "no partner has that id; give it as text"),
        (False, ["P1"], "no partner has that id"),
        (None, ["P1"], "partner_id is None, a NoneType; give the id as text"),
    ],
)
def test_an_id_that_could_be_several_is_refused(given, known, message):
    with pytest.raises(BadParameters, match=message):
        as_id(given, known)


def test_a_snapshot_may_be_of_a_day_within_its_quarter(source, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    early = open_snapshot(source, quarter=QUARTER, as_of="2026-08-20")
    assert (early.about.as_of, early.about.over) == ("2026-08-20", False)
    assert open_snapshot(source, quarter=QUARTER).about.as_of == "2026-09-30"
    assert not open_slice(source, partner_id="P1", quarter=QUARTER, as_of="2026-08-20").over
    with pytest.raises(BadParameters, match="is as known on 2026-08-20, not on 2026-08-21; leave as_of out"):
        open_snapshot(early.folder, quarter=QUARTER, as_of="2026-08-21")


def test_what_the_vendor_has_no_table_of_is_not_told_as_none(tmp_path):
    given = small_vendor()
    tables = {name: given[name] for name in ("partners", "products", "sales", "plans")}
    with open_book(tables, quarter="2026Q3") as book:
        review = gated(freeze(book, tmp_path, Settings()), "P1", "internal")
    assert {"opportunities", "commitments", "leads"} <= {*review.about.absent.split(", ")}
    summary = qbr.summary(review).text
    assert "no opportunities in the vendor's data" in summary
    lacking = summary.splitlines()[-1]
    assert lacking.startswith("The vendor's data do not tell of the chance of meeting plan, ")
    assert "pipeline, open deals and the win rate" in lacking
    told = " ".join(page(review).text for page in (qbr.summary, qbr.findings, qbr.promises, qbr.pipeline, qbr.coverage))
    assert "The vendor's data hold no commitments." in told
    assert "The vendor's data hold no opportunities." in told
    for false in ("no plan for this partner", "no open deal", "no promise", "No promise", "has a plan"):
        assert false not in told
