"""Firms that belong together: merged ones, groups, and sales on two tiers; every figure worked by hand."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

from channelnb.book.book import Book, open_book
from channelnb.book.tables import CONTRACT
from channelnb.chosen import Settings
from channelnb.cli import app
from channelnb.errors import BadSource, NotUsable
from channelnb.freezing import freeze
from channelnb.metrics.derived import DERIVED
from channelnb.metrics.measure import measure
from channelnb.metrics.once import adds_up
from channelnb.metrics.parts import total
from channelnb.metrics.registry import METRICS
from channelnb.planning.promises.commitments import scored
from channelnb.report import profile
from channelnb.slice import gated
from channelnb.snapshot import Snapshot
from projects import write_project
from tables import rows

Q = "2026Q3"
Tables = dict[str, pd.DataFrame]


def figures(book: Book, metric: str, *by: str) -> dict[str, float]:
    """A metric's values by one key, those that are not known left out."""
    frame = measure(book, [metric], by=by)
    keys = frame[by[0]] if by else pd.Series("all", index=frame.index)
    return {key: value for key, value in zip(keys, frame["value"], strict=True) if pd.notna(value)}


# --- Mergers -----------------------------------------------------------------------------------------------------

MERGED: Tables = {
    "partners": rows(
        "partner_id name channel employees joined_on left_on merged_into",
        "A Ada reseller 10 2020-01-01 2026-03-31 B",
        "B Bea reseller 20 2020-01-01 2026-06-30 C",
        "C Cyd integrator 40 2020-01-01 - -",
        "D Dee integrator 5 2020-01-01 - -",
    ),
    "sales": rows(
        "sale_id sold_on partner_id customer_id revenue",
        "1 2025-08-01 A X1 100",
        "2 2026-02-01 A X1 10",
        "3 2026-05-01 B X2 20",
        "4 2026-08-01 C X3 40",
        "5 2026-08-02 B X2 7",
        "6 2026-08-03 D X4 5",
    ),
}


def partner_ids(book: Book, table: str = "sales") -> dict[str, str]:
    key = CONTRACT[table].key
    return dict(book.con.execute(f"SELECT {key}, partner_id FROM {table}").fetchall())


def column(book: Book, table: str, name: str) -> list[str]:
    return [value for (value,) in book.con.execute(f"SELECT {name} FROM {table}").fetchall()]


@pytest.mark.parametrize(
    ("day", "of_a", "of_b"),
    [
        ("2026-03-30", "A", "B"),
        ("2026-03-31", "B", "B"),
        ("2026-06-29", "B", "B"),
        ("2026-06-30", "C", "C"),
        ("2026-09-30", "C", "C"),
    ],
)
def test_rows_go_to_the_survivor_from_the_day_on_which_the_merger_is_known(day, of_a, of_b):
    with open_book(MERGED, as_of=day) as book:
        found = partner_ids(book)
        firms = book.table("partners").set_index("partner_id")
    assert found["2"] == of_a
    assert found.get("3", of_b) == of_b
    assert dict(firms["survivor_id"]) == {"A": of_a, "B": of_b, "C": "C", "D": "D"}
    assert set(firms.index) == {"A", "B", "C", "D"}, "a merged firm stays a row, so that references to it resolve"


def test_the_firm_that_a_row_was_of_stays_a_key():
    with open_book(MERGED, quarter=Q) as book:
        assert figures(book, "revenue", "partner_id") == {"C": 47, "D": 5}
        assert figures(book, "revenue", "original_partner_id") == {"A": 0, "B": 7, "C": 40, "D": 5}
        assert figures(book, "revenue", "channel") == {"integrator": 52, "reseller": 0}
        by_year = measure(book, ["revenue"], by=["partner_id", "year"]).set_index(["partner_id", "year"])["value"]
    assert dict(by_year["C"]) == {"2025": 100, "2026": 77}


def test_all_tables_that_tell_of_partners_move_but_those_that_say_what_a_firm_is():
    about_partners = {name for name, table in CONTRACT.items() if "partner_id" in table.by_name}
    assert about_partners - {name for name, table in CONTRACT.items() if table.moves} == {
        "partners",
        "partner_history",
    }
    words = {"text": "x", "date": "2026-01-01", "timestamp": "2026-01-01T00:00:00Z", "month": "2026-01-01"}
    words |= {"id": "i", "quarter": "2026Q1", "year": "2026"}
    tables = dict(MERGED)
    for name in sorted(about_partners - {"partners"}):
        row = {c.name: (c.choices or (words.get(c.kind, "1"),))[0] for c in CONTRACT[name].columns if c.required}
        tables[name] = pd.DataFrame([row | {"partner_id": "A"}])
    with open_book(tables, as_of="2026-09-30") as book:
        shown = {name: column(book, name, "partner_id") for name in about_partners - {"partners"}}
        kept = {name: column(book, name, "original_partner_id") for name in shown if CONTRACT[name].moves}
    assert {name for name, ids in shown.items() if ids == ["A"]} == {"partner_history"}
    assert {name for name, ids in shown.items() if ids == ["C"]} == set(kept)
    assert all(ids == ["A"] for ids in kept.values())


def test_without_a_day_a_merger_holds_at_once_and_its_people_count_with_the_survivor():
    tables = MERGED | {"partners": MERGED["partners"].assign(left_on=None)}
    with open_book(tables, as_of="2026-01-31") as book:
        assert partner_ids(book) == {"1": "C"}
    with open_book(tables, quarter=Q) as book:
        assert measure(book, ["revenue_per_employee"])["denominator"].item() == 45


def test_a_merger_is_not_known_before_the_survivor_is():
    firms = MERGED["partners"].assign(joined_on=["2020-01-01", "2020-01-01", "2026-08-15", "2020-01-01"])
    with open_book(MERGED | {"partners": firms}, as_of="2026-08-14") as book:
        assert partner_ids(book)["3"] == "B"
        assert book.table("partners").set_index("partner_id")["merged_into"].dropna().to_dict() == {"A": "B"}
    with open_book(MERGED | {"partners": firms}, as_of="2026-08-15") as book:
        assert partner_ids(book)["3"] == "C"


def test_mergers_in_a_circle_name_the_ids():
    firms = MERGED["partners"].assign(left_on=None, merged_into=["B", "C", "A", None])
    with pytest.raises(BadSource, match="merged_into runs in a circle, 'A' → 'B' → 'C' → 'A'; leave merged_into blank"):
        open_book(MERGED | {"partners": firms}, quarter=Q)


def test_a_merger_into_a_firm_that_is_not_there_is_named():
    firms = MERGED["partners"].assign(merged_into=["B", "Z", None, None])
    with pytest.raises(BadSource, match="`partners`: 'B' has merged_into 'Z', which is no partner_id; add that firm"):
        open_book(MERGED | {"partners": firms}, quarter=Q)


@pytest.mark.parametrize(
    ("table", "name"), [("partners", "group_id"), ("sales", "is_revenue"), ("sales", "original_partner_id")]
)
def test_a_column_called_as_one_that_is_worked_out_is_refused(table, name):
    tables = MERGED | {table: MERGED[table].assign(**{name: "x"})}
    with pytest.raises(
        BadSource, match=f"frame '{table}': `{name}` is a column that channelnb makes itself; rename it"
    ):
        open_book(tables, quarter=Q)


def test_the_people_of_a_firm_that_merged_are_its_survivors_until_it_left():
    """As its sales are, so that revenue per employee is of the same firms above and below."""
    with open_book(MERGED, quarter=Q) as book:
        by_quarter = measure(book, ["revenue_per_employee"], by=["quarter"]).set_index("quarter")["denominator"]
        own = measure(book, ["revenue_per_employee"], by=["partner_id", "quarter"])
    assert dict(by_quarter)["2025Q4"] == 75
    assert dict(by_quarter)["2026Q1"] == 65
    assert dict(by_quarter)["2026Q3"] == 45
    assert set(own["partner_id"]) == {"C", "D"}
    of_one = own[own["partner_id"].eq("C")].set_index("quarter")["denominator"]
    assert of_one[["2025Q4", "2026Q1", "2026Q2", "2026Q3"]].tolist() == [70, 60, 40, 40]


def test_versions_of_a_plan_are_chosen_firm_by_firm_and_then_added():
    plans = rows(
        "month partner_id target_revenue version made_on",
        "2026-07-01 A 100 v1 2025-12-01",
        "2026-07-01 A 150 v2 2026-01-15",
        "2026-07-01 B 30 v1 2025-12-01",
        "2026-07-01 C 20 v1 2025-11-01",
        "2026-07-01 C 900 v2 2026-07-15",
    )
    with open_book(MERGED | {"plans": plans}, quarter=Q) as book:
        row = measure(book, ["attainment"], by=["partner_id"]).set_index("partner_id").loc["C"]
    assert (row["numerator"], row["denominator"]) == (47, 150 + 30 + 20)


def test_a_promise_is_judged_by_the_firm_that_made_it():
    promises = rows(
        "commitment_id partner_id side kind text made_on due_on metric target",
        "before A partner goal sell 2025-12-01 2026-03-31 revenue 11",
        "after B partner goal sell 2026-01-01 2026-09-30 revenue 5",
        "own C partner goal sell 2026-01-01 2026-09-30 revenue 41",
    )
    with open_book(MERGED | {"commitments": promises}, quarter=Q) as book:
        found = scored(book).set_index("commitment_id")
    assert set(found["partner_id"]) == {"C"}
    assert found["reached"].dropna().to_dict() == {"before": 10, "own": 40}
    assert dict(found["result"]) == {"before": "missed", "after": "not_measurable", "own": "missed"}


# --- Groups ------------------------------------------------------------------------------------------------------

GROUPS: Tables = {
    "partners": rows(
        "partner_id name channel parent_id left_on merged_into",
        "TOP Acme reseller - - -",
        "MID Acme_North reseller TOP - -",
        "LOW Acme_Oslo integrator MID - -",
        "OLD Acme_Bergen integrator ONE 2026-07-31 LOW",
        "ONE Bolt reseller ONE - -",
        "KIN Cog reseller FUND - -",
        "SIS Dot reseller FUND - -",
    ),
    "sales": rows(
        "sold_on partner_id revenue",
        "2026-07-01 TOP 1",
        "2026-07-01 MID 2",
        "2026-07-01 LOW 4",
        "2026-07-01 OLD 8",
        "2026-07-01 ONE 16",
        "2026-04-01 KIN 32",
        "2026-07-01 SIS 64",
    ),
    "plans": rows("month partner_id target_revenue", "2026-07-01 MID 4", "2026-07-01 LOW 6"),
}


def test_a_group_is_named_by_the_top_of_the_chain():
    with open_book(GROUPS, quarter=Q) as book:
        found = dict(book.con.execute("SELECT partner_id, group_id FROM partners").fetchall())
        assert found == {
            **dict.fromkeys(("TOP", "MID", "LOW", "OLD"), "TOP"),
            "ONE": "ONE",
            **dict.fromkeys(("KIN", "SIS"), "FUND"),
        }
        by_group = measure(book, ["revenue", "attainment"], by=["group_id", "quarter"]).set_index(
            ["metric", "group_id", "quarter"]
        )
    assert by_group.loc[("revenue", "TOP", Q), "value"] == 15
    assert by_group.loc[("revenue", "FUND", "2026Q2"), "value"] == 32
    assert by_group.loc[("attainment", "TOP", Q), ["numerator", "denominator"]].tolist() == [15, 10]


def test_before_the_merger_a_firm_is_of_its_own_group():
    with open_book(GROUPS, as_of="2026-07-30") as book:
        found = dict(book.con.execute("SELECT partner_id, group_id FROM partners").fetchall())
    assert found["OLD"] == "ONE"


def test_owners_in_a_circle_name_the_ids():
    firms = GROUPS["partners"].assign(parent_id=["LOW", "TOP", "MID", None, None, None, None])
    with pytest.raises(BadSource, match="parent_id runs in a circle, 'TOP' → 'LOW' → 'MID' → 'TOP'"):
        open_book(GROUPS | {"partners": firms}, quarter=Q)


# --- Two tiers ---------------------------------------------------------------------------------------------------

TIERS: Tables = {
    "partners": rows(
        "partner_id name channel region manager_id distributor_id",
        "D Dist distributor north M1 -",
        "R1 Rob reseller north M1 D",
        "R2 Ria reseller south M1 D",
        "R3 Rex distributor south M2 D",
        "X Xan reseller north M2 -",
        "E Emu distributor west M2 -",
    ),
    "sales": rows(
        "sold_on partner_id line basis customer_id salesperson_id revenue",
        "2026-07-01 D L1 sell_in - - 100",
        "2026-08-01 D L2 - - - 50",
        "2026-07-05 R1 L1 sell_through C1 S1 60",
        "2026-07-05 R1 L1 sell_in - - 55",
        "2026-08-05 R1 L1 - C1 S1 1",
        "2026-08-05 R2 L2 sell_through C2 S2 30",
        "2026-08-05 R3 L2 sell_in - - 7",
        "2026-08-05 X L1 - C3 - 40",
        "2026-08-05 E L1 sell_through C3 - 9",
        "2025-08-05 R1 L1 sell_through C1 S1 20",
        "2025-08-05 D L1 sell_in - - 80",
        # So that the year before is told in full.
        "2025-07-01 D L1 sell_in - - 0",
    ),
    "products": rows("product_id line", "1 L1"),
    "plans": rows("month partner_id target_revenue", "2026-07-01 D 120", "2026-07-01 R1 50", "2026-07-01 X 30"),
}


@pytest.fixture(scope="module")
def gross():
    with open_book(TIERS, quarter=Q) as book:
        yield book


@pytest.fixture(scope="module")
def net(tmp_path_factory):
    folder = tmp_path_factory.mktemp("net")
    for name, frame in TIERS.items():
        frame.to_csv(folder / f"{name}.csv", index=False)
    (folder / "source.yaml").write_text("name: Vendor\ndistributor_sell_in: net\n")
    with open_book(folder, quarter=Q) as book:
        yield book


def test_each_partners_revenue_is_on_one_basis(gross):
    # R1 buys from D and reports sell-through; R3 buys from D and reports none; E has nothing but sell-through.
    counted = gross.query("SELECT partner_id, basis FROM sales WHERE NOT is_revenue")
    assert counted.values.tolist() == [["R1", "sell_in"]]


EACH = {"D": 150, "R1": 61, "R2": 30, "R3": 7, "X": 40, "E": 9}


@pytest.mark.parametrize(
    ("by", "value"),
    [
        ((), {"all": 150 + 7 + 40 + 9}),
        (("partner_id",), EACH),
        (("original_partner_id",), EACH),
        (("channel",), {"distributor": 150 + 7 + 9, "reseller": 61 + 30 + 40}),
        # R1 is in the distributor's region, R2 is not.
        (("region",), {"north": 150 + 40, "south": 30 + 7, "west": 9}),
        (("partners.manager_id",), {"M1": 150, "M2": 7 + 40 + 9}),
        (("line",), {"L1": 100 + 40 + 9, "L2": 50 + 7}),
        (("month",), {"2025-08": 80, "2026-07": 100, "2026-08": 50 + 7 + 40 + 9}),
        (("salesperson_id",), {"(none)": 150 + 7 + 40 + 9, "S1": 61, "S2": 30}),
        (("distributor_id",), {"(none)": 150 + 40 + 9, "D": 61 + 30 + 7}),
        (("group_id",), EACH),
    ],
)
def test_gross_sell_in_counts_what_was_passed_on_once(gross, by, value):
    found = figures(gross, "revenue", *by)
    assert {key: amount for key, amount in found.items() if amount} == value


@pytest.mark.parametrize(
    ("by", "value"),
    [
        ((), {"all": sum(EACH.values())}),
        (("partner_id",), EACH),
        (("region",), {"north": 150 + 61 + 40, "south": 37, "west": 9}),
    ],
)
def test_net_sell_in_holds_nothing_twice(net, by, value):
    assert figures(net, "revenue", *by) == value


def test_several_keys_hold_both_firms_only_where_all_agree(gross):
    frame = measure(gross, ["revenue"], by=["region", "channel"])
    found = {(row.region, row.channel): row.value for row in frame.itertuples() if row.value}
    assert found[("north", "reseller")] == 61 + 40
    assert found[("north", "distributor")] == 150


def test_plan_and_growth_follow_revenue(gross):
    attainment, growth = (measure(gross, [name]).iloc[0] for name in ("attainment", "growth_yoy"))
    assert (attainment["numerator"], attainment["denominator"]) == (206, 120 + 30)
    assert (growth["numerator"], growth["denominator"]) == (206 - 80, 80)
    own = measure(gross, ["attainment"], by=["partner_id"]).set_index("partner_id").loc["R1"]
    assert (own["numerator"], own["denominator"]) == (61, 50)


def test_a_plan_for_the_resellers_alone_is_kept():
    plans = TIERS["plans"].query("partner_id != 'D'")
    with open_book(TIERS | {"plans": plans}, quarter=Q) as book:
        assert measure(book, ["attainment"])["denominator"].item() == 80


def test_customers_of_the_second_tier_are_no_double_count(gross):
    assert figures(gross, "new_customers") == {"all": 2}, "C2 and C3; C1 bought a year before"


@pytest.mark.parametrize("basis", ["sell_in", "sell_through"])
def test_sell_in_and_sell_through_are_never_mixed_and_add_up(gross, net, basis):
    by_partner = {
        "sell_in": {"D": 150, "R1": 56, "R2": 0, "R3": 7, "X": 40, "E": 0},
        "sell_through": {"D": 0, "R1": 60, "R2": 30, "R3": 0, "X": 0, "E": 9},
    }[basis]
    for book in (gross, net):
        assert figures(book, basis, "partner_id") == by_partner
        assert figures(book, basis) == {"all": sum(by_partner.values())}


def test_what_counts_twice_does_not_add_up(gross, net):
    sums = {name: METRICS[name].parts[0] for name in ("revenue", "sell_in", "new_customers")}
    assert {name: adds_up(gross, part) for name, part in sums.items()} == {
        "revenue": False,
        "sell_in": True,
        "new_customers": False,
    }
    assert adds_up(net, sums["revenue"])


def test_a_reseller_and_its_distributor_that_became_one_firm_count_once():
    firms = TIERS["partners"].assign(left_on="2026-01-31", merged_into=["R1", None, None, None, None, None])
    firms["left_on"] = firms["left_on"].where(firms["merged_into"].notna())
    with open_book(TIERS | {"partners": firms}, quarter=Q) as book:
        assert figures(book, "revenue", "partner_id")["R1"] == 150
        assert figures(book, "revenue") == {"all": 206}


def test_every_part_over_sales_says_which_basis_it_reads():
    """In its condition, or by a derived column in it."""
    parts = {(name, part) for name, metric in METRICS.items() for part in metric.parts if part.table == "sales"}
    derived = DERIVED["sales"]
    said = {
        name: f"{part.where} {' '.join(derived[word].sql for word in part.words if word in derived)}"
        for name, part in parts
    }
    assert said
    assert [name for name, text in said.items() if not re.search(r"\b(is_revenue|basis)\b", text)] == []


def test_a_sum_of_ones_own_over_all_rows_leaves_nothing_out(gross):
    part = total("sales", "revenue", at="sold_on")
    assert not part.tells_revenue


def test_a_setting_that_is_neither_is_named(tmp_path):
    (tmp_path / "source.yaml").write_text("name: Vendor\ndistributor_sell_in: nett\n")
    with pytest.raises(ValueError, match=r"source.yaml:2: distributor_sell_in is 'nett'.*did you mean 'net'"):
        open_book(tmp_path, quarter=Q)


# --- What reports hold and show ----------------------------------------------------------------------------------


def snapshot_of(tables: Tables, folder: Path) -> Snapshot:
    with open_book(tables, quarter=Q) as book:
        return freeze(book, folder, Settings(min_peers=1))


@pytest.fixture(scope="module")
def groups(tmp_path_factory) -> Snapshot:
    return snapshot_of(GROUPS, tmp_path_factory.mktemp("groups"))


def test_a_firm_that_merged_has_no_figures_and_no_slice(groups):
    for name in ("partner", "partner_year", "partner_line", "peers"):
        assert "OLD" not in set(groups.frame(name)["partner_id"]), name
    said = "'OLD' .Acme_Bergen. merged on 2026-07-31 and is part of 'LOW' .Acme_Oslo. now, whose report holds its hist"
    with pytest.raises(NotUsable, match=said):
        gated(groups, "OLD", "internal")


def test_a_slice_holds_the_figures_of_its_own_group_alone(groups):
    own = gated(groups, "LOW", "internal")
    assert set(own.frames["members"]["firm_id"]) == {"TOP", "MID", "LOW"}
    assert set(own.frames["group"]["group_id"]) == {"TOP"}
    assert all(set(own.frames[name]["period"]) == {Q} for name in ("members", "group"))
    assert own.facts.of("revenue", Q, unit="money", partner_id="MID").value == 2
    assert own.facts.of("revenue", Q, unit="money", group_id="TOP").value == 15
    alone = gated(groups, "ONE", "internal")
    assert all(alone.frames[name].empty for name in ("related", "members", "group", "resold"))


def test_the_partners_edition_holds_no_figure_of_another_firm(groups, tmp_path):
    made = gated(groups, "LOW", "partner")
    assert made.frames["related"][["relation", "name"]].values.tolist() == [["merged", "Acme_Bergen"]]
    assert all(made.frames[name].empty for name in ("members", "group", "resold"))
    assert not [name for name in made.facts if "partner_id=" in name or "group_id=" in name]
    assert profile.firms(made).html == ""
    dist = gated(snapshot_of(TIERS, tmp_path), "D", "partner")
    assert all(dist.frames[name].empty for name in ("related", "resold"))
    assert not [name for name in dist.facts if "distributor_id=" in name]


def test_the_profile_tells_of_its_group(groups):
    own = gated(groups, "LOW", "internal")
    said = profile.summary(own).text
    assert "It includes Acme_Bergen (merged on 31 July 2026)." in said
    assert "Acme_Oslo is one of 3 firms of the group of Acme; together they sold USD 15 in 2026Q3." in said
    shown = profile.firms(own).text.splitlines()
    assert shown[1:] == [
        "Acme_Oslo (this partner)\t12.00\tno data\t200.0",
        "Acme_North\t2.00\tno data\t50.0",
        "Acme\t1.00\tno data\tno data",
        "The group\t15.00\tno data\t150.0",
    ]
    assert "Acme heads a group of 3 firms" in profile.summary(gated(groups, "TOP", "internal")).text
    assert "Cog is one of 2 firms of the group of FUND" in profile.summary(gated(groups, "KIN", "internal")).text


def test_a_distributors_profile_has_both_tiers_and_a_resellers_says_through_whom_it_buys(tmp_path):
    snapshot = snapshot_of(TIERS, tmp_path)
    shown = profile.firms(gated(snapshot, "D", "internal")).text
    assert shown.splitlines() == [
        "3 resellers buy through Dist.",
        "Tier\t2026Q3 (USD)\t2025Q3 (USD)",
        "Bought (sell-in)\t150\t80",
        "Sold on by its resellers (sell-through)\t90\t20",
    ]
    assert "It buys through Dist." in profile.summary(gated(snapshot, "R1", "internal")).text
    assert "Dist" not in profile.summary(gated(snapshot, "R1", "partner")).text
    assert profile.firms(gated(snapshot, "X", "internal")).html == ""


def test_a_group_whose_firms_sell_to_each_other_says_why_it_is_not_their_sum(tmp_path):
    firms = TIERS["partners"].assign(parent_id=[None, "D", None, None, None, None])
    shown = profile.firms(gated(snapshot_of(TIERS | {"partners": firms}, tmp_path), "D", "internal")).text
    assert "The group\t150" in shown
    assert "What one firm of the group bought from another counts once in the group's revenue." in shown


@pytest.mark.parametrize(
    ("more", "words", "where"),
    [("partners: [P2, P1]\n", [], r"small\.yaml:\d+"), ("", ["--partner", "P1"], "--partner")],
)
def test_a_run_asked_for_a_firm_that_merged_says_into_whom(tmp_path, monkeypatch, more, words, where):
    monkeypatch.setenv("COLUMNS", "400")
    path = write_project(tmp_path, partners=("P1", "P2"))
    (tmp_path / "data" / "partners.csv").write_text(
        "partner_id,name,channel,left_on,merged_into\nP1,Ada,reseller,2026-06-30,P2\nP2,Bea,reseller,,\n"
    )
    path.write_text(path.read_text() + more)
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(app, ["run", str(path), *words])
    assert done.exit_code == 2, done.output
    assert re.search(f"{where}: 'P1' .Ada. merged on 2026-06-30 and is part of 'P2' .Bea. now", done.output)
