from __future__ import annotations

import json
import re
from dataclasses import replace
from html import unescape
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

from channelnb.book.book import open_book
from channelnb.book.sample import write_sample
from channelnb.chosen import Settings
from channelnb.errors import BadSource, ColumnsMissing
from channelnb.fiscal import FiscalCalendar
from channelnb.freezing import freeze
from channelnb.metrics.measure import measure
from channelnb.narrative import recruiting
from channelnb.narrative.facts import Fact, collect
from channelnb.narrative.recruiting import TraitWords
from channelnb.narrative.recruiting_facts import gather
from channelnb.recruiting.candidates import ranked
from channelnb.recruiting.clusters import Quality, clusters
from channelnb.recruiting.gaps import gaps
from channelnb.recruiting.origins import origins
from channelnb.recruiting.performance import (
    LEFT,
    NEVER_SOLD,
    NEW,
    UNKNOWN,
    groups,
    high_performers,
    near_rank,
    performance,
)
from channelnb.recruiting.study import CHANNEL, SIZE, Study, study
from channelnb.recruiting.traits import read_traits
from channelnb.recruiting.validation import told_apart
from channelnb.report import recruits
from channelnb.report.shown import Shown
from channelnb.snapshot import Snapshot

ROOT = Path(__file__).parents[1]
NOTEBOOK = ROOT / "notebooks" / "recruiting.ipynb"
CALENDAR = FiscalCalendar()
QUARTER = "2026Q3"
QUARTERS = CALENDAR.span("2024Q3", QUARTER)
DRIVING = ("trait_t0", "trait_t1", "trait_t2")

Frames = tuple[pd.DataFrame, pd.DataFrame]


def measured_of(partners: pd.DataFrame, yearly: pd.Series, growth: float | pd.Series = 0.1) -> pd.DataFrame:
    """Revenue and revenue per employee by quarter, the last four quarters adding up to `yearly`."""
    frames = []
    for place, quarter in enumerate(QUARTERS):
        value = yearly / 4 / (1 + growth) ** (place < len(QUARTERS) - 4)
        frames.append(pd.DataFrame({"quarter": quarter, "metric": "revenue", "value": value.to_numpy()}))
        frames[-1].insert(0, "partner_id", partners["partner_id"].to_numpy())
    per_head = pd.DataFrame(
        {"partner_id": partners["partner_id"], "quarter": QUARTER, "metric": "revenue_per_employee"}
    )
    frames.append(per_head.assign(value=(yearly / partners["employees"]).to_numpy()))
    return pd.concat(frames, ignore_index=True).assign(state="ok")


def made(seed: int = 0, *, n: int = 240, effect: float = 0.6, traits: int = 8) -> Frames:
    """Partners of which the first three traits drive revenue per head, and nothing else does."""
    rng = np.random.default_rng(seed)
    values = rng.normal(size=(n, traits))
    partners = pd.DataFrame(values, columns=[f"trait_t{place}" for place in range(traits)])
    partners.insert(0, "partner_id", [f"P{place:04}" for place in range(n)])
    partners["name"] = "Firm " + partners["partner_id"]
    partners["channel"] = rng.choice(["reseller", "integrator"], n)
    partners["region"] = rng.choice(["north", "south", "west"], n)
    partners["employees"] = np.round(np.exp(rng.normal(3.5, 0.8, n))) + 2
    per_head = np.exp(values[:, :3] @ np.full(3, effect) + rng.normal(0, 0.5, n)) * 10_000
    yearly = pd.Series(per_head) * partners["employees"]
    return partners, measured_of(partners, yearly, pd.Series(rng.normal(0.05, 0.1, n)))


def studied(frames: Frames, candidates: pd.DataFrame | None = None) -> Study:
    return study(*frames, candidates, quarter=QUARTER, calendar=CALENDAR)


def labelled(seed: int, *, n: int = 160, effect: float = 0.0) -> tuple[pd.DataFrame, pd.Series]:
    """Partners with six traits, and who is a high performer: by chance, or by the first trait too."""
    rng = np.random.default_rng(seed)
    partners = pd.DataFrame(rng.normal(size=(n, 6)), columns=[f"trait_t{place}" for place in range(6)])
    partners.insert(0, "partner_id", [f"P{place:04}" for place in range(n)])
    score = partners["trait_t0"] * effect + rng.normal(size=n)
    return partners, pd.Series((score >= score.quantile(0.75)).to_numpy(), index=partners["partner_id"])


# Performance


def one_channel(n: int = 40, **columns: object) -> pd.DataFrame:
    partners = pd.DataFrame({"partner_id": [f"P{place:03}" for place in range(n)], "channel": "reseller"})
    return partners.assign(name=partners["partner_id"], employees=10.0, **columns)


def performed(partners: pd.DataFrame, measured: pd.DataFrame) -> pd.DataFrame:
    return performance(partners, measured, quarter=QUARTER, calendar=CALENDAR).set_index("partner_id")


def test_performance_is_not_size() -> None:
    partners, measured = made(n=400, effect=0.0)
    found = performed(partners, measured)
    assert abs(found["score"].corr(found["employees"], method="spearman")) < 0.1
    assert found["score"].corr(found["revenue_per_employee"], method="spearman") > 0.7
    for extreme in (found.nlargest(100, "employees"), found.nsmallest(100, "employees")):
        assert 0.12 < extreme["high"].mean() < 0.38


def test_a_large_firm_poor_per_head_is_no_high_performer() -> None:
    partners = one_channel()
    partners.loc[0, "employees"] = 1_000.0
    yearly = pd.Series(np.linspace(100, 200, 40))
    yearly[0] = 5_000.0
    found = performed(partners, measured_of(partners, yearly))
    assert found["revenue"].idxmax() == "P000"
    assert not found.loc["P000", "high"]
    assert found.loc["P039", "high"]


def test_a_quarter_of_those_compared_are_high_performers() -> None:
    found = performed(*made(n=200))
    assert found["high"].sum() == 50
    assert found.loc[found["high"], "score"].min() >= found.loc[~found["high"], "score"].max()


@pytest.mark.parametrize(
    ("scores", "high"),
    [
        ([4, 3, 2, 1], [True, False, False, False]),
        ([4, 4, 2, 1], [True, True, False, False]),
        ([4, 4, 4, 1], [False, False, False, False]),
        ([1, 1, 1, 1], [False, False, False, False]),
        ([np.nan, np.nan], [False, False]),
    ],
    ids=["plain", "two at the cut", "too many at the cut", "all alike", "none known"],
)
def test_ties_at_the_cut(scores: list[float], high: list[bool]) -> None:
    assert high_performers(pd.Series(scores, dtype=float)).tolist() == high


def test_who_is_left_out_and_why() -> None:
    partners = one_channel(joined_on=None, left_on=None)
    partners.loc[0, "left_on"] = "2026-09-30"
    partners.loc[1, "joined_on"] = "2026-01-15"
    partners.loc[4, "joined_on"] = "2025-10-01"
    partners.loc[5, "left_on"] = "2026-10-01"
    measured = measured_of(partners, pd.Series(np.linspace(100, 200, 40)))
    early = measured["quarter"] < "2026Q1"
    measured.loc[measured["partner_id"].isin(["P001", "P004"]) & early & measured["metric"].eq("revenue"), "value"] = (
        0.0
    )
    measured.loc[measured["partner_id"].eq("P002"), "value"] = 0.0
    p003 = measured["partner_id"].eq("P003")
    measured.loc[p003 & measured["metric"].eq("revenue_per_employee"), "state"] = "no_data"
    measured.loc[p003 & measured["quarter"].between("2024Q4", "2025Q3"), "value"] = -1.0
    found = performed(partners, measured)
    assert found.loc[["P000", "P001", "P002"], "left_out"].tolist() == [LEFT, NEW, NEVER_SOLD]
    assert found.loc[["P004", "P005"], "left_out"].tolist() == ["", ""]
    assert found.loc["P003", "left_out"] == UNKNOWN
    assert found.loc["P000":"P003", "score"].isna().all()
    assert not found.loc["P000":"P003", "high"].any()


def test_growth_needs_two_whole_years_as_a_partner() -> None:
    partners = one_channel(joined_on="2020-01-01")
    partners.loc[0, "joined_on"] = "2024-10-02"
    partners.loc[1, "joined_on"] = "2024-10-01"
    measured = measured_of(partners, pd.Series(100.0, index=range(40)), 0.25)
    before = measured["quarter"].lt("2025Q1") & measured["partner_id"].isin(["P000", "P001"])
    measured.loc[before, "value"] = 0.0
    found = performed(partners, measured)
    assert np.isnan(found.loc["P000", "growth"])
    assert found.loc["P000", "newer"]
    assert found.loc["P001", "growth"] == pytest.approx(100 / 60 - 1)
    assert found.loc["P002", "growth"] == pytest.approx(0.25)


def test_newcomers_are_not_measured_against_firms_that_have_gone_quiet() -> None:
    partners = one_channel(80, joined_on="2015-01-01")
    partners.loc[40:, "joined_on"] = "2025-05-01"
    yearly = pd.Series(np.tile(np.linspace(100, 200, 40), 2))
    yearly[:30] = 0.0
    found = performed(partners, measured_of(partners, yearly))
    assert found.loc["P040":, "high"].sum() == pytest.approx(10, abs=2)


def test_groups_are_merged_where_they_are_small() -> None:
    channel = pd.Series(["a"] * 9 + ["b"] * 10 + ["c"] * 2)
    newer = pd.Series([True] * 4 + [False] * 5 + [True] * 5 + [False] * 5 + [True] * 2)
    found = groups(channel, newer)
    assert found.value_counts().to_dict() == {"a": 9, "b, newer": 5, "b": 5, "small channels": 2}


def test_ranks_are_among_the_nearest_in_size() -> None:
    size = pd.Series(np.arange(100.0))
    group = pd.Series("a", index=size.index)
    # Everyone has the value of its size: among all, the rank would be the size; among the nearest it is not.
    ranks = near_rank(size, size, group)
    assert ranks[20:80].between(0.45, 0.55).all()
    assert near_rank(size, pd.Series(5.0, index=size.index), group).iloc[80] == pytest.approx(0.805)


def test_performance_does_not_depend_on_the_order_of_rows() -> None:
    partners, measured = made(n=80)
    mixed = performed(partners.sample(frac=1, random_state=2), measured.sample(frac=1, random_state=3))
    pd.testing.assert_frame_equal(mixed, performed(partners, measured))


def test_performance_names_missing_columns() -> None:
    partners, measured = made(n=30)
    with pytest.raises(ColumnsMissing, match=r"partners lacks \['channel'\]; it has \['partner_id'"):
        performed(partners.drop(columns="channel"), measured)
    with pytest.raises(ColumnsMissing, match=r"measured lacks \['state'\]"):
        performed(partners, measured.drop(columns="state"))


# Traits


@pytest.mark.parametrize(
    ("name", "values", "kind", "first"),
    [
        ("trait_labs", [3, 5, None], "number", 3.0),
        ("trait_labs", ["3.5", "5", ""], "number", 3.5),
        ("trait_staff_share", [0.25, 0.5, 0.75], "share", 0.25),
        ("trait_staff_share", [25, 50, 75], "number", 25.0),
        ("trait_founded", [1974, 2001, None], "year", 1974.0),
        ("trait_founded", ["1974-03-01", "2001-01-01", None], "year", 1974.0),
        ("trait_owner_led", [True, False, None], "yes_no", 1.0),
        ("trait_owner_led", ["Yes", "no", ""], "yes_no", 1.0),
        ("trait_owner_led", [1, 0, 1], "yes_no", 1.0),
    ],
)
def test_kinds_of_traits(name: str, values: list[object], kind: str, first: float) -> None:
    (trait,) = read_traits(pd.DataFrame({"partner_id": ["P1", "P2", "P3"], name: values}))
    assert (trait.kind, trait.values.loc["P1", ""]) == (kind, first)
    assert trait.known.tolist() == [True, True, values[2] not in (None, "")]


def test_codes_are_categories_and_rare_values_have_no_column() -> None:
    codes = ["007"] * 6 + ["010"] * 5 + ["099", None]
    partners = pd.DataFrame({"partner_id": [f"P{place:02}" for place in range(13)], "trait_code": codes})
    (trait,) = read_traits(partners)
    assert trait.kind == "category"
    assert trait.values.sum().to_dict() == {"007": 6.0, "010": 5.0}
    assert trait.values.loc["P11"].tolist() == [0.0, 0.0]
    assert not trait.known["P12"]


def test_candidates_are_coded_as_partners_are() -> None:
    partners = pd.DataFrame({"partner_id": list("abcdef"), "trait_bank": ["x"] * 5 + ["y"], "trait_labs": range(6)})
    bank, labs = read_traits(partners)
    firms = pd.DataFrame(
        {"candidate_id": ["K1", "K2", "K3"], "trait_bank": ["x", "z", None], "trait_labs": ["4", "?", ""]}
    )
    assert bank.of(firms, "candidate_id")["x"].tolist()[:2] == [1.0, 0.0]
    assert np.isnan(bank.of(firms, "candidate_id").loc["K3", "x"])
    assert labs.of(firms, "candidate_id")[""].fillna(-1).tolist() == [4.0, -1.0, -1.0]
    assert labs.of(firms[["candidate_id"]], "candidate_id").isna().all(axis=None)


# Gaps


def test_the_driving_traits_are_found_and_false_ones_are_few() -> None:
    false = found_in_all = 0
    for seed in range(8):
        partners, measured = made(seed)
        performers = performed(partners, measured)
        found = gaps(read_traits(partners), performers["high"]).set_index("trait")
        distinct = set(found.index[found["state"] == "ok"])
        assert distinct >= set(DRIVING), seed
        assert (found.loc[list(DRIVING), "low"] > 0).all()
        false += len(distinct - set(DRIVING))
        found_in_all += len(distinct)
    assert false / found_in_all < 0.15


def test_none_is_found_where_none_drives() -> None:
    found = studied(made(effect=0.0))
    assert found.distinct.empty
    assert set(found.gaps["state"]) == {"not_distinct"}
    assert not found.stable_profile


def test_false_findings_are_as_rare_as_said() -> None:
    wrong = 0
    for seed in range(40):
        partners, high = labelled(seed)
        wrong += (gaps(read_traits(partners), high)["state"] == "ok").any()
    # One in ten is allowed; more than 10 of 40 would come about by chance once in six hundred times.
    assert wrong <= 10


def test_gap_is_the_difference_of_means_in_pooled_standard_deviations() -> None:
    partners, high = labelled(3, effect=0.8)
    row = gaps(read_traits(partners), high).iloc[0]
    values = partners.set_index("partner_id")["trait_t0"]
    one, other = values[high], values[~high]
    pooled = np.sqrt(((len(one) - 1) * one.var() + (len(other) - 1) * other.var()) / (len(values) - 2))
    assert row["gap"] == pytest.approx((one.mean() - other.mean()) / pooled, abs=1e-6)
    assert row["low"] < row["gap"] < row["high"]
    assert (row["high_mean"], row["others_mean"]) == (pytest.approx(one.mean()), pytest.approx(other.mean()))


def test_interval_covers_the_true_gap_about_as_often_as_it_says() -> None:
    covered = 0
    for seed in range(40):
        rng = np.random.default_rng(seed)
        high = pd.Series(np.arange(120) < 30, index=[f"P{place:03}" for place in range(120)])
        partners = pd.DataFrame({"partner_id": high.index, "trait_t": rng.normal(size=120) + 0.5 * high.to_numpy()})
        row = gaps(read_traits(partners), high).iloc[0]
        covered += row["low"] <= 0.5 <= row["high"]
    assert 34 <= covered <= 40


def test_a_category_is_judged_by_its_clearest_value() -> None:
    rng = np.random.default_rng(5)
    high = pd.Series(np.arange(200) < 50, index=[f"P{place:03}" for place in range(200)])
    bank = np.where(
        high & (rng.random(200) < 0.6), "north", rng.choice(["north", "south", "east"], 200, p=[0.2, 0.4, 0.4])
    )
    partners = pd.DataFrame(
        {"partner_id": high.index, "trait_bank": bank, "trait_pet": rng.choice(["cat", "dog"], 200)}
    )
    found = gaps(read_traits(partners), high).set_index("trait")
    assert found.loc["trait_bank", ["level", "state"]].tolist() == ["north", "ok"]
    assert found.loc["trait_bank", "high_mean"] == pytest.approx((bank[:50] == "north").mean())
    assert found.loc["trait_pet", "state"] == "not_distinct"


def test_what_cannot_be_judged_says_why() -> None:
    partners, high = labelled(2)
    rare = pd.Series(np.nan, index=partners.index)
    rare[high.to_numpy().argsort()[:100]] = np.arange(100.0)
    partners = partners.assign(
        trait_blank=None, trait_same="x", trait_one=1, trait_rare=rare, trait_name=[f"n{i}" for i in range(160)]
    )
    partners.loc[:119, "trait_t5"] = np.nan
    found = gaps(read_traits(partners), high, set_aside={"trait_t4": "for a reason"}).set_index("trait")
    said = found.loc[["trait_blank", "trait_same", "trait_one", "trait_rare", "trait_name", "trait_t4", "trait_t5"]]
    assert said["state"].tolist() == [
        "no_data",
        "no_data",
        "no_data",
        "too_few",
        "too_few",
        "not_measurable",
        "no_data",
    ]
    assert said["reason"].tolist() == [
        "known of 0 of 160 partners",
        "the same for every partner",
        "the same for every partner",
        "known of 0 high performers and 100 others",
        "no value is shared by five partners",
        "for a reason",
        "known of 40 of 160 partners",
    ]
    assert said[["gap", "p", "q"]].isna().all(axis=None)


def test_missing_values_are_left_out_not_filled_in() -> None:
    partners, high = labelled(4, effect=1.0)
    partners.loc[::3, "trait_t0"] = np.nan
    row = gaps(read_traits(partners), high).iloc[0]
    known = partners.set_index("partner_id")["trait_t0"].dropna()
    assert (row["known"], row["missing"], row["high_known"]) == (106, 54, int(high[known.index].sum()))
    assert row["high_mean"] == pytest.approx(known[high[known.index]].mean())


def test_a_trait_that_parts_them_wholly_has_a_finite_gap() -> None:
    partners, high = labelled(1)
    partners["trait_perfect"] = high.to_numpy()
    row = gaps(read_traits(partners), high).set_index("trait").loc["trait_perfect"]
    assert (row["gap"], row["state"], row["high_mean"], row["others_mean"]) == (10.0, "ok", 1.0, 0.0)


def test_few_high_performers_judge_nothing() -> None:
    found = studied(made(n=16))
    assert not found.enough
    assert set(found.gaps["state"]) == {"too_few"}
    assert not found.stable_profile


# Clusters


def kinds_of_two(n: int = 90, *, apart: float = 4.0) -> tuple[pd.DataFrame, pd.Series]:
    rng = np.random.default_rng(0)
    kind = np.arange(n) % 3 == 0
    partners = pd.DataFrame(rng.normal(size=(n, 4)) + apart * kind[:, None], columns=[f"trait_{i}" for i in "abcd"])
    partners.insert(0, "partner_id", [f"P{place:03}" for place in range(n)])
    return partners, pd.Series(np.arange(n) % 4 == 0, index=partners["partner_id"])


def test_kinds_that_are_there_are_found() -> None:
    partners, high = kinds_of_two()
    found = clusters(read_traits(partners), high)
    assert found.stable
    assert found.sizes["partners"].tolist() == [60, 30]
    assert found.partners.loc[::3, "cluster"].eq(2).all()
    assert found.sizes["high_performers"].sum() == high.sum()
    assert ((found.sizes["low"] < found.sizes["share"]) & (found.sizes["share"] < found.sizes["high"])).all()
    means = found.profile.set_index(["cluster", "trait"])["mean"]
    assert means[2, "trait_a"] == pytest.approx(partners.loc[::3, "trait_a"].mean())


@pytest.mark.parametrize("seed", range(4))
def test_no_kinds_are_found_where_there_are_none(seed: int) -> None:
    found = clusters(read_traits(labelled(seed)[0]), labelled(seed)[1])
    assert found.state == "not_distinct"
    assert (found.partners["cluster"] == 0).all()
    assert found.sizes.empty
    assert found.map is not None


def test_traits_that_have_nothing_to_do_with_each_other_make_no_kinds() -> None:
    rng = np.random.default_rng(3)
    partners = pd.DataFrame(rng.random((120, 3)) < 0.4, columns=["trait_a", "trait_b", "trait_c"])
    partners.insert(0, "partner_id", [f"P{place:03}" for place in range(120)])
    found = clusters(read_traits(partners), pd.Series(np.arange(120) < 30, index=partners["partner_id"]))
    assert found.quality is not None
    assert found.quality.stability > 0.9
    assert found.reason == "groups as clear as these are found when every trait is shuffled by itself"


@pytest.mark.parametrize(
    ("by_chance", "stability", "doubt"),
    [(0.1, 0.75, ""), (0.1, 0.74, "other samples"), (0.2, 1.0, "groups as clear as these")],
)
def test_kinds_must_be_clear_and_stable(by_chance: float, stability: float, doubt: str) -> None:
    found = Quality(2, silhouette=0.2, by_chance=by_chance, stability=stability).doubt
    assert found.startswith(doubt)
    assert bool(found) == bool(doubt)


def test_values_filled_for_the_clusters_are_counted() -> None:
    partners, high = kinds_of_two()
    partners.loc[:8, "trait_a"] = np.nan
    partners["trait_mostly_blank"] = np.where(np.arange(90) < 40, np.arange(90), np.nan)
    found = clusters(read_traits(partners), high)
    assert (found.filled, found.values) == (9, 360)


@pytest.mark.parametrize(
    ("columns", "rows", "state", "reason"),
    [
        (["partner_id"], 90, "no_data", "no trait is known"),
        (["partner_id", "trait_a"], 20, "too_few", "20 partners can be compared"),
    ],
)
def test_clusters_say_why_there_are_none(columns: list[str], rows: int, state: str, reason: str) -> None:
    partners, high = kinds_of_two(rows)
    found = clusters(read_traits(partners[columns]), high)
    assert found.state == state
    assert found.reason.startswith(reason)


# Whether it holds up, where they come from, candidates


def test_traits_tell_high_performers_only_where_they_drive() -> None:
    driven, high = labelled(1, effect=1.5)
    told = told_apart(read_traits(driven), high)
    assert told.better_than_chance
    assert told.share > 0.7
    assert told.pairs == 40 * 120
    assert sum(told_apart(read_traits(p), h).better_than_chance for p, h in map(labelled, range(8))) <= 1


def test_origins_add_up_and_name_the_unlike() -> None:
    performers = pd.DataFrame({"left_out": [""] * 80 + ["left"] * 5, "region": ["north"] * 40 + ["south"] * 45})
    performers["channel"] = np.where(np.arange(85) < 18, "agent", "reseller")
    performers["high"] = [True] * 18 + [False] * 22 + [True] * 2 + [False] * 43
    found = origins(performers).set_index(["dimension", "level"])
    assert found.loc[("region", "north"), ["partners", "high_performers", "share", "state"]].tolist() == [
        40,
        18,
        0.45,
        "ok",
    ]
    agents = found.loc[("channel", "agent")]
    assert agents[["partners", "high_performers", "state"]].tolist() == [18, 18, "not_distinct"]
    assert found.groupby("dimension")["high_performers"].sum().eq(20).all()


def test_candidates_are_ranked_on_distinct_traits_only() -> None:
    frames = made()
    names = [f"trait_t{place}" for place in range(8)]
    candidates = pd.DataFrame(
        [[2.0] * 3 + [-9.0] * 5, [-2.0] * 3 + [9.0] * 5, [2.0, None, 2.0] + [0.0] * 5, [2.0, -2.0, 2.0] + [0.0] * 5],
        columns=names,
    )
    candidates.insert(0, "candidate_id", ["K1", "K2", "K3", "K4"])
    candidates["name"] = ["Zeta", "Alpha", "Beta", "Gamma"]
    found = studied(frames, candidates).candidates
    assert found is not None
    assert found[["candidate_id", "shared", "of", "unknown", "rank"]].to_numpy().tolist() == [
        ["K1", 3, 3, 0, 1],
        ["K4", 2, 3, 0, 2],
        ["K3", 2, 3, 1, 2],
        ["K2", 0, 3, 0, 4],
    ]
    assert found.loc[2, "trait_t1"] == "unknown"


def test_candidates_are_not_ranked_where_nothing_is_distinct() -> None:
    candidates = pd.DataFrame({"candidate_id": ["K1"], "name": ["Ada"], "trait_t0": [5.0]})
    found = studied(made(effect=0.0), candidates)
    assert found.candidates is not None
    assert found.candidates.empty
    assert studied(made(n=40), None).candidates is None
    with pytest.raises(ColumnsMissing, match=r"candidates lacks \['name'\]"):
        ranked(candidates.drop(columns="name"), [], found.gaps)


# The study


def test_the_study_does_not_depend_on_the_order_of_rows() -> None:
    partners, measured = made(n=120)
    partners["trait_bank"] = np.resize(["x", "y", "z"], 120)
    one = studied((partners, measured))
    other = studied((partners.sample(frac=1, random_state=1), measured.sample(frac=1, random_state=2)))
    assert gather(one) == gather(other)
    pd.testing.assert_frame_equal(one.clusters.partners, other.clusters.partners)


def test_traits_that_the_comparison_takes_out_are_set_aside() -> None:
    partners, measured = made()
    partners["trait_staff"] = partners["employees"] * 2
    partners["trait_type"] = partners["channel"].str.upper()
    found = studied((partners, measured)).gaps.set_index("trait")
    assert found.loc[["trait_staff", "trait_type"], "reason"].tolist() == [SIZE, CHANNEL]
    assert set(found.loc[["trait_staff", "trait_type"], "state"]) == {"not_measurable"}


@pytest.mark.parametrize("traits", ["none", "categories"])
def test_a_source_may_hold_no_numeric_trait(traits: str) -> None:
    partners, measured = made(n=60)
    partners = partners[[name for name in partners if not name.startswith("trait_")]]
    if traits == "categories":
        partners = partners.assign(trait_bank=np.resize(["x", "y", "z"], 60), trait_name=partners["name"])
    found = studied((partners, measured))
    facts = gather(found)
    assert facts.of("stable_profile", QUARTER).value == 0.0
    assert len(found.gaps) == (0 if traits == "none" else 2)
    assert ("cannot be said" in said_finding(found)) == (traits == "none")


def test_partners_without_headcount_are_compared_by_growth() -> None:
    partners, measured = made()
    measured = measured[measured["metric"] == "revenue"]
    found = studied((partners.drop(columns="employees"), measured))
    assert len(found.compared) == 240
    assert found.compared["score"].corr(found.compared["growth"], method="spearman") > 0.95


def test_a_stable_profile_needs_a_distinct_trait_and_must_hold_up() -> None:
    found = studied(made())
    assert found.stable_profile
    assert not replace(found, gaps=found.gaps.assign(state="not_distinct")).stable_profile
    assert not replace(found, told=replace(found.told, low=0.5)).stable_profile


# Sentences


def words_of(found: Study) -> list[TraitWords]:
    return [
        TraitWords(row["trait"], row["label"], row["kind"], row["level"]) for row in found.distinct.to_dict("records")
    ]


def said_finding(found: Study) -> str:
    return recruiting.finding(gather(found), QUARTER, words_of(found)).text("EUR")


def test_the_finding_names_the_traits_or_says_that_none_does() -> None:
    driven = said_finding(studied(made()))
    assert driven.startswith("3 traits known before signing, of 8 judged, go with high performance: ")
    assert all(f"t{place} (higher)" in driven for place in range(3))
    nothing = said_finding(studied(made(effect=0.0)))
    assert nothing.startswith("None of the 8 traits that could be judged sets high performers apart")
    few = said_finding(studied(made(n=16)))
    assert few.startswith("What sets them apart cannot be said")


@pytest.mark.parametrize(
    ("kind", "gap", "words"),
    [
        ("number", -0.5, "lower"),
        ("year", 0.5, "later"),
        ("yes_no", 0.5, "more common"),
        ("category", -0.5, "less common"),
    ],
)
def test_directions_are_said_by_kind(kind: str, gap: float, words: str) -> None:
    fact = Fact("trait_gap", QUARTER, gap, "standard_deviations")
    assert TraitWords("trait_x", "X", kind).direction(fact) == words


def test_difference_states_both_means() -> None:
    found = studied(made())
    trait, row = words_of(found)[0], found.distinct.iloc[0]
    sentence = recruiting.difference(gather(found), QUARTER, trait)
    stated = {fact.role: fact.value for fact in sentence.facts if fact.metric == "trait_mean"}
    assert stated == {"high_performers": row["high_mean"], "others": row["others_mean"]}


# The page


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    """A made-up vendor whose first three traits drive, with names that are not to be trusted."""
    partners, measured = made(3, n=120, effect=0.9)
    partners.loc[:, "name"] = "<b>Firm</b> " + partners["partner_id"]
    partners["trait_<i>x</i>"] = np.resize(["<u>", "<s>"], 120)
    partners["trait_blank"] = None
    revenue = measured[measured["metric"] == "revenue"]
    days = pd.Series([CALENDAR.start(quarter) for quarter in revenue["quarter"]], index=revenue.index)
    sales = pd.DataFrame({"partner_id": revenue["partner_id"], "sold_on": days, "revenue": revenue["value"].round(2)})
    candidates = pd.DataFrame({"candidate_id": ["K1", "K2"], "name": ["<em>Ada", "Bo"], "trait_t0": [3.0, None]})
    tables = {"partners": partners, "sales": sales, "candidates": candidates}
    with open_book(tables, quarter=QUARTER) as book:
        return freeze(book, tmp_path_factory.mktemp("snapshot"), Settings())


@pytest.fixture(scope="module")
def cells(snapshot: Snapshot) -> dict[str, Shown]:
    return {name: getattr(recruits, name)(snapshot) for name in recruits.__all__}


def test_every_figure_on_the_page_is_a_fact_of_its_cell(cells: dict[str, Shown]) -> None:
    for name, shown in cells.items():
        ids = {fact.id for fact in shown.facts}
        assert {unescape(found) for found in re.findall(r'data-fact="([^"]*)"', shown.html)} <= ids, name
    assert len(collect(fact for shown in cells.values() for fact in shown.facts)) > 60


def test_the_page_states_a_stable_profile_and_one_gap_per_trait(cells: dict[str, Shown]) -> None:
    facts = {fact["id"]: fact for fact in collect(fact for shown in cells.values() for fact in shown.facts)}
    assert facts[f"stable_profile||{QUARTER}|actual"]["value"] == 1.0
    states = {fact["grain"]["trait"]: fact["state"] for fact in facts.values() if fact["metric"] == "trait_gap"}
    assert len(states) == 10
    assert {name for name, state in states.items() if state == "ok"} == set(DRIVING)
    assert states["trait_blank"] == "no_data"
    assert {state for name, state in states.items() if re.fullmatch(r"trait_t[3-7]", name)} == {"not_distinct"}


def test_nothing_from_the_data_reaches_the_page_as_html(cells: dict[str, Shown]) -> None:
    whole = "".join(shown.html for shown in cells.values())
    assert "&lt;b&gt;Firm" in whole
    assert not re.search(r"<b>Firm|<i>x|<u>|<s>|<em>Ada", whole)


def test_the_answer_has_five_sentences_and_claims_no_cause(cells: dict[str, Shown]) -> None:
    lines = cells["answer"].text.splitlines()
    assert len(lines) >= 5
    assert not re.search(
        r"\b(cause|causes|drive|drives|lead|leads to|because of|thanks to|effect)\b", cells["answer"].text
    )


def test_the_advice_follows_the_gaps(cells: dict[str, Shown]) -> None:
    advice = [line.split("\t")[:2] for line in cells["look_for"].text.splitlines()]
    assert sorted(trait for trait, words in advice if words == "Look for") == ["Higher t0", "Higher t1", "Higher t2"]
    assert ["Blank", "Cannot be judged"] in advice


def test_the_page_has_pictures_tables_and_what_is_left_out(cells: dict[str, Shown]) -> None:
    assert [name for name in cells if "<figure" in cells[name].html] == ["kinds", "trait_gaps"]
    tables = [name for name in cells if "<table" in cells[name].html]
    assert {"candidates", "how_sure", "left_out", "look_for", "origins", "performers", "trait_gaps"} <= set(tables)
    assert "known of 0 of 120 partners" in cells["left_out"].text
    assert "<em>Ada\t–\t1\t1\t" in cells["candidates"].text


def test_a_vendor_without_traits_or_sales_has_a_page_too(tmp_path: Path) -> None:
    partners = pd.DataFrame({"partner_id": ["P1"], "name": ["Ada"], "channel": ["agent"]})
    sales = pd.DataFrame({"partner_id": ["P1"], "sold_on": ["2026-08-01"], "revenue": ["10.50"]})
    with open_book({"partners": partners, "sales": sales}, quarter=QUARTER) as book:
        made_of = freeze(book, tmp_path, Settings())
    shown = {name: getattr(recruits, name)(made_of) for name in recruits.__all__}
    assert shown["summary"].text.startswith("What sets them apart cannot be said")
    assert len(shown["answer"].text.splitlines()) >= 5
    assert "joined less than four quarters ago" in shown["left_out"].text


def test_the_notebook_calls_every_cell_once_and_holds_no_logic() -> None:
    notebook = json.loads(NOTEBOOK.read_text(encoding="utf-8"))
    code = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    tagged = ["".join(cell["source"]) for cell in code if "parameters" in cell["metadata"].get("tags", [])]
    assert tagged == ['source = "data/sample"\nquarter = "2026Q3"\nedition = "internal"']
    calls = [
        found for cell in code for found in re.findall(r"^cn\.recruits\.(\w+)\(snapshot\)$", "".join(cell["source"]))
    ]
    assert sorted(calls) == sorted(recruits.__all__)
    assert len(code) == len(calls) + 2
    assert not any(cell["outputs"] for cell in code)
    headings = re.findall(r"^## (.*)$", "\n".join("".join(cell["source"]) for cell in notebook["cells"]), re.MULTILINE)
    assert len(headings) >= 4
    assert all(heading.endswith("?") for heading in headings)


# Known truth and real input


def studied_source(folder: Path, quarter: str) -> Study:
    with open_book(folder, quarter=quarter) as book:
        measured = measure(book, ["revenue", "revenue_per_employee"], by=["partner_id", "quarter"])
        candidates = book.table("candidates") if book.has("candidates") else None
        return study(book.table("partners"), measured, candidates, quarter=quarter, calendar=book.calendar)


def test_the_samples_driving_traits_are_found_and_no_other(tmp_path: Path) -> None:
    folder = write_sample(tmp_path, partners=240, seed=11)
    truth = yaml.safe_load((folder / "truth.yaml").read_text(encoding="utf-8"))["traits"]
    found = studied_source(folder, QUARTER)
    assert set(found.distinct["trait"]) == set(truth["drive"])
    assert np.sign(found.distinct.set_index("trait")["gap"]).to_dict() == {
        name: np.sign(effect) for name, effect in truth["drive"].items()
    }
    assert found.stable_profile
    assert found.candidates is not None
    best = found.candidates[found.candidates["rank"] == 1]["candidate_id"]
    assert best.isin(truth["specialist_candidates"]).mean() > 0.8


def test_adventureworks_resellers_have_no_profile() -> None:
    try:
        found = studied_source(ROOT / "data" / "adventureworks", "2013Q4")
    except BadSource as error:
        pytest.skip(f"needs the raw files: {error}")
    states = found.gaps.set_index("trait")["state"]
    assert len(found.performers) == 701
    assert (found.performers["left_out"] == NEVER_SOLD).sum() == 66
    # The Touring line's resellers all began in 2013Q1, so that only newcomers may be compared with them.
    assert states["trait_product_line"] == "not_distinct"
    assert set(states[["trait_employees", "trait_annual_sales", "trait_business_type"]]) == {"not_measurable"}
    assert not found.stable_profile
