"""A quarter frozen, and what one report may see of it."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from channelnb.book.book import open_book
from channelnb.chosen import Settings
from channelnb.errors import BadParameters, BadSource, RunIncomplete, UnknownName
from channelnb.freezing import freeze
from channelnb.metrics.known import vendors_own
from channelnb.metrics.parts import Amount, total
from channelnb.metrics.registry import METRICS
from channelnb.peers.compare import BAND_ENDS, FIGURES
from channelnb.peers.frame import for_the_partner
from channelnb.peers.standing import PLACE
from channelnb.planning.sides.line_mix import for_the_partner as line_mix_for_the_partner
from channelnb.report import qbr
from channelnb.report.peer_bands import money_in_bands
from channelnb.slice import as_id, cut, gated, open_slice, open_snapshot, read
from channelnb.snapshot import Snapshot
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


def sellers(folder: Path, many: int, **more: object) -> Snapshot:
    """Resellers P0, P1, … that sold 100, 110, … each, all in one group of peers."""
    ids = [f"P{i}" for i in range(many)]
    sold = [str(100 + 10 * i) for i in range(many)]
    sales = {"partner_id": ids, "sold_on": "2026-08-01", "revenue": sold, "customer_id": ids}
    tables = {
        "partners": pd.DataFrame({"partner_id": ids, "name": ids, "channel": "reseller", **more}),
        "products": rows("product_id line", "A Disks", "B Tapes"),
        "sales": pd.DataFrame({**sales, "product_id": ["A", *["A", "B"] * many][:many]}),
    }
    with open_book(tables, quarter=QUARTER) as book:
        return freeze(book, folder, Settings())


def test_the_partners_edition_tells_of_peers_money_in_bands(tmp_path):
    """P0's others sold 110 to 210 each, half of them up to 160: exact for the vendor, 100 to 200 for the partner."""
    frozen = sellers(tmp_path, 12)
    internal, own = (gated(frozen, "P0", edition) for edition in ("internal", "partner"))
    exact = ("peer_q25", "peer_median", "peer_q75", "peer_mean", "peer_top_quarter", "ahead_of")
    revenue = {role: internal.facts.of("revenue", QUARTER, role=role, unit="money").value for role in exact}
    assert (revenue["peer_median"], revenue["peer_mean"], revenue["peer_top_quarter"]) == (160, 160, 185)
    assert not any(own.facts.of("revenue", QUARTER, role=role, unit="money").known for role in exact)
    ends = ("peer_median_from", "peer_median_to", "peer_top_quarter_from", "peer_top_quarter_to")
    assert [own.facts.of("revenue", QUARTER, role=end, unit="money").value for end in ends] == [100, 200, 100, 200]
    assert not any(internal.facts.of("revenue", QUARTER, role=end, unit="money").known for end in ends)
    assert "Revenue\tUSD 100\tUSD 100 to 200\tUSD 100 to 200" in money_in_bands(own).text
    assert money_in_bands(internal).text == ""
    row = own.frames["peers"].set_index("metric").loc["revenue"]
    assert row[["median", "mean", "ahead_of", "p_value", "bottom_chance"]].isna().all()


def test_quarters_of_few_peers_are_not_told_to_the_partner(tmp_path):
    for many, told in ((8, 0), (12, 2)):
        frozen = sellers(tmp_path / str(many), many)
        row = gated(frozen, "P0", "partner").frames["peers"].set_index("metric").loc["revenue"]
        assert row[["band_low", "band_high"]].notna().all()
        assert row[["top_band_low", "top_band_high"]].notna().sum() == told


def test_a_median_of_peers_is_told_in_two_digits():
    row = {"period": QUARTER, "partner_id": "P0", "peer_group": "all", "state": "ok", "others": 20.0, "owners": 11.0}
    figures = dict.fromkeys([*FIGURES, *BAND_ENDS, *PLACE, "notable"], 4 / 11)
    of_each = [row | figures | {"metric": "win_rate"}, row | figures | {"metric": "sales_cycle", "median": 12345.0}]
    told = for_the_partner(pd.DataFrame(of_each), [])
    assert list(told["median"]) == [0.36, 12000.0]
    assert list(told["ahead_of"]) == [0.36, 0.36]
    assert told[["q25", "q75"]].notna().all(axis=None)
    few = for_the_partner(pd.DataFrame(of_each).assign(owners=9.0), [])
    assert few[["q25", "q75", "top_quarter", "top_band_low"]].isna().all(axis=None)
    assert for_the_partner(pd.DataFrame(of_each), ["sales_cycle"])["median"].isna().tolist() == [False, True]


def test_the_mix_of_peers_is_told_in_whole_per_cent(tmp_path):
    mix = line_mix_for_the_partner(
        pd.DataFrame({"revenue": [5.0, 0.0, 0.0], "peer_median": [3 / 11, 0.004, float("nan")]})
    )
    assert mix["peer_median"].tolist() == [0.27]
    frozen = sellers(tmp_path, 12)
    own = gated(frozen, "P0", "partner").frames["line_mix"]["peer_median"]
    assert own.notna().any()
    assert (own.dropna() == own.dropna().round(2)).all()


def test_firms_of_one_owner_are_not_each_others_peers(tmp_path):
    """Six firms, five of one owner: it would get the sixth's figure from an average."""
    frozen = sellers(tmp_path, 6, parent_id=[None, "P0", "P0", "P0", "P0", None])
    peers = frozen.frame("peers")
    assert set(peers["state"]) == {"suppressed"}
    assert frozen.frame("line_mix")["peer_median"].isna().all()
    alone = sellers(tmp_path / "alone", 7).frame("peers").query("metric == 'revenue'").set_index("partner_id")
    assert (alone["others"] == 6).all()
    two = sellers(tmp_path / "two", 7, parent_id=[None, "P0", *[None] * 5]).frame("peers")
    two = two.query("metric == 'revenue'").set_index("partner_id")
    assert two.loc["P0", ["others", "mean"]].tolist() == [5, 140.0]
    # To the others the two of one owner are one, which holds more than a quarter of what P6's peers sell.
    assert two.loc["P6", "state"] == "suppressed"


def test_who_did_not_say_yes_is_named_nowhere_for_the_partner(tmp_path):
    tables = small_vendor()
    tables["salespeople"] = tables["salespeople"].assign(consent=[None, True, True])
    unnamed = "Zoltan"
    tables["salespeople"] = tables["salespeople"].assign(name=[unnamed, "Bob", "Cy"])
    tables["contacts"] = rows("partner_id side role name", f"P1 partner Director {unnamed.upper()}", "P1 vendor M Vera")
    promised = rows(
        "commitment_id partner_id side text made_on due_on owner status",
        f"C1 P1 partner Call,{unnamed} 2026-07-01 2026-08-01 {unnamed} open",
    )
    tables["commitments"] = promised
    tables["notes"] = rows("partner_id quarter text edition author", f"P1 2026Q3 Ask({unnamed}) partner {unnamed}")
    tables["plans"] = tables["plans"].assign(made_by=unnamed)
    with open_book(tables, quarter=QUARTER) as book:
        frozen = freeze(book, tmp_path, Settings(min_peers=1))
    internal, own = (gated(frozen, "P1", edition).frames for edition in ("internal", "partner"))
    assert unnamed in set(internal["people"]["name"])
    assert unnamed in set(internal["promises"]["owner"])
    text = " ".join(frame.astype(str).to_csv() for frame in own.values())
    assert unnamed.lower() not in text.lower()
    assert list(own["contacts"]["name"]) == ["Director", "Vera"]
    assert list(own["promises"]["owner"]) == ["Director"]
    assert list(own["promises"]["text"]) == ["Call,\N{EN DASH}"]
    assert list(own["notes"]["text"]) == ["Ask(\N{EN DASH})"]
    assert own["notes"]["author"].isna().all()
    assert len(own["plan_versions"])
    assert set(internal["plan_versions"]["made_by"]) == {unnamed}


def test_a_metric_of_a_column_that_the_contract_does_not_know_is_the_vendors_own():
    cost = "revenue - CAST(standard_cost AS DOUBLE)"
    for formula, own in ((cost, True), ("revenue - COST", True), ("abs(revenue) * 2", False)):
        part = total("sales", formula, at="sold_on", where="is_revenue AND customer_id <> 'x cost'")
        metric = replace(METRICS["revenue"], formula=Amount(part))
        assert vendors_own(metric) is own, formula
    assert not vendors_own(METRICS["revenue"])


def test_another_partners_rows_are_no_change(snapshot, tmp_path):
    tables = small_vendor()
    tables["opportunities"].loc[tables["opportunities"]["opportunity_id"].eq("O9"), "amount"] = "81.00"
    with open_book({**tables, "notes": NOTES}, quarter=QUARTER) as book:
        changed = freeze(book, tmp_path, Settings(min_peers=5))
    with open_book({**small_vendor(), "notes": NOTES}, quarter=QUARTER) as book:
        before = freeze(book, tmp_path / "before", Settings(min_peers=5))
    assert gated(changed, "P1", "internal").data_version == gated(before, "P1", "internal").data_version
    assert gated(changed, "P2", "internal").data_version != gated(before, "P2", "internal").data_version


def test_a_snapshot_of_an_older_version_is_to_be_made_again(snapshot, tmp_path):
    older = Path(shutil.copytree(snapshot.folder, tmp_path / "snapshot"))
    (older / "changes.parquet").unlink()
    with pytest.raises(RunIncomplete, match=r"by an older version of channelnb: it has no table 'changes'; run the"):
        gated(Snapshot.open(older), "P1", "internal")


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
    unsaid = "The vendor's data do not tell of the chance of meeting plan, "
    (lacking,) = [line for line in summary.splitlines() if line.startswith(unsaid)]
    assert "pipeline, open deals and the win rate" in lacking
    told = " ".join(page(review).text for page in (qbr.summary, qbr.findings, qbr.promises, qbr.pipeline, qbr.coverage))
    assert "The vendor's data hold no commitments." in told
    assert "The vendor's data hold no opportunities." in told
    for false in ("no plan for this partner", "no open deal", "no promise", "No promise", "has a plan"):
        assert false not in told
