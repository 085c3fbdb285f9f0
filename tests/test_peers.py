"""Whom a partner is compared with, what it is told of them, and when nothing."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from channelnb.metrics.registry import METRICS
from channelnb.peers import compare, headcount_levels, levels, quantile_of_others
from channelnb.peers.bands import band
from channelnb.peers.compare import BAND_ENDS, FIGURES
from channelnb.peers.frame import COLUMNS, among_peers, for_the_partner
from channelnb.peers.others import others_of
from channelnb.peers.standing import PLACE


@pytest.mark.parametrize("q", [0.25, 0.5, 0.75])
def test_quantiles_of_others_leave_the_firm_out(q):
    values = np.random.default_rng(3).normal(size=23).round(1)
    expected = [np.quantile(np.delete(values, i), q) for i in range(len(values))]
    assert quantile_of_others(values, q) == pytest.approx(expected)


firms_of_groups = st.lists(st.tuples(st.integers(0, 3), st.integers(-9, 9), st.booleans()), min_size=1, max_size=30)


@given(firms_of_groups)
@settings(deadline=None, max_examples=200)
def test_figures_of_others_are_those_of_the_members_without_the_firm(rows):
    code, values, member = (np.array(column) for column in zip(*rows, strict=True))
    values = values.astype(float)
    found = others_of(values, code, member)
    for i in range(len(values)):
        peers = np.array([v for j, v in enumerate(values) if j != i and member[j] and code[j] == code[i]])
        assert found.count[i] == len(peers)
        if not len(peers):
            assert np.isnan([found.mean()[i], found.quantile(0.5)[i], found.spread()[i]]).all()
            continue
        assert found.mean()[i] == pytest.approx(peers.mean())
        assert found.quantile(0.75)[i] == pytest.approx(np.quantile(peers, 0.75))
        assert found.below()[i] == pytest.approx((peers < values[i]).mean() if member[i] else np.nan, nan_ok=True)
        assert found.above()[i] == pytest.approx((peers > values[i]).mean() if member[i] else np.nan, nan_ok=True)
        if len(peers) > 1:
            assert found.spread()[i] == pytest.approx(peers.std(ddof=1), abs=1e-6)
        if np.abs(peers).sum() > 0:
            assert found.largest_share()[i] == pytest.approx(np.abs(peers).max() / np.abs(peers).sum())


def firms(values: list[float], channels: list[str] | None = None) -> tuple[pd.DataFrame, pd.DataFrame]:
    ids = [f"P{i}" for i in range(len(values))]
    partners = pd.DataFrame({"partner_id": ids, "channel": channels or ["reseller"] * len(ids)})
    groups = levels(partners, pd.Series(1.0, index=ids))
    return pd.DataFrame({"partner_id": ids, "value": values}), groups


def test_a_group_needs_enough_others():
    measured, groups = firms([float(i) for i in range(5)])
    assert set(compare(measured, groups, min_others=5, money=False)["state"]) == {"suppressed"}
    measured, groups = firms([float(i) for i in range(6)])
    assert set(compare(measured, groups, min_others=5, money=False)["state"]) == {"ok"}


def test_the_group_is_widened_until_it_is_large_enough():
    measured, groups = firms([float(i) for i in range(9)], ["reseller"] * 3 + ["integrator"] * 6)
    result = compare(measured, groups, min_others=5, money=False).set_index("partner_id")
    assert result.loc["P0", "peer_group"] == "all partners"
    assert result.loc["P0", "others"] == 8
    assert result.loc["P8", "peer_group"] == "integrator"
    assert result.loc["P8", "ahead_of"] == 1.0


def test_firms_of_one_owner_are_widened_together() -> None:
    """Else what the one reads of the narrow group and the other of the wide one tells of the firm between them."""
    values = [0.0, 0.0, 1.0, 2.0, 3.0, 4.0, 0.0, 23.0]
    measured, groups = firms(values, ["reseller"] * 6 + ["integrator"] * 2)
    owners = pd.Series({name: "P0" if name == "P6" else name for name in measured["partner_id"]})
    apart, owned = (
        compare(measured, groups, min_others=4, money=False, owners=of).set_index("partner_id") for of in (None, owners)
    )
    assert apart.loc[["P0", "P6"], "peer_group"].tolist() == ["reseller", "all partners"]
    assert set(owned.loc[["P0", "P6"], "peer_group"]) == {"all partners"}
    assert owned.loc["P1", "peer_group"] == "reseller"
    assert owned.loc["P1", ["others", "owners"]].tolist() == [5, 5]
    assert owned.loc["P7", ["others", "owners"]].tolist() == [7, 6]


@pytest.mark.parametrize(("better", "top"), [("higher", 5.0), ("lower", 2.0)])
def test_average_and_top_quarter_of_the_others_worked_by_hand(better, top):
    """P0's others have 1, 2, 3, 5 and 9: their average is 4, their quartiles 2 and 5."""
    measured, groups = firms([100.0, 1.0, 2.0, 3.0, 5.0, 9.0])
    first = compare(measured, groups, min_others=5, money=False, better=better).iloc[0]
    assert (first["mean"], first["top_quarter"], first["median"]) == (4.0, top, 3.0)
    assert first[BAND_ENDS].isna().all()


@pytest.mark.parametrize(
    ("better", "ahead"), [("higher", [0.0, 0.2, 0.2, 0.6, 0.8, 1.0]), ("lower", [1.0, 0.6, 0.6, 0.4, 0.2, 0.0])]
)
def test_a_firm_is_ahead_of_the_others_that_do_worse(better, ahead):
    """Whoever is level with it does not do worse, whichever way is better."""
    measured, groups = firms([1.0, 2.0, 2.0, 3.0, 5.0, 9.0])
    found = compare(measured, groups, min_others=5, money=False, better=better)
    assert found["ahead_of"].tolist() == pytest.approx(ahead)


def test_a_firm_that_towers_over_the_others_hides_their_money():
    values = [10.0] * 7 + [1000.0]
    measured, groups = firms(values)
    assert set(compare(measured, groups, min_others=5, money=False)["state"]) == {"ok"}
    hidden = compare(measured, groups, min_others=5, money=True).set_index("partner_id")
    # The giant itself may see the others, since none of those stands out among them.
    assert hidden.loc["P7", "state"] == "ok"
    assert set(hidden.drop("P7")["state"]) == {"suppressed"}
    assert hidden.drop("P7")[[*FIGURES, *BAND_ENDS]].isna().all(axis=None)


def test_a_firm_with_too_few_cases_is_told_of_peers_and_is_nobodys():
    measured, groups = firms([0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 1.0])
    measured["state"] = ["ok"] * 6 + ["too_few"]
    result = compare(measured, groups, min_others=5, money=False).set_index("partner_id")
    assert (result.loc["P6", "state"], result.loc["P6", "others"]) == ("too_few", 6)
    assert (result.loc["P6", "mean"], result.loc["P0", "mean"]) == (pytest.approx(0.45), pytest.approx(0.5))
    assert np.isnan(result.loc["P6", "ahead_of"])


def test_order_of_firms_is_irrelevant():
    measured, groups = firms([float(i % 7) for i in range(20)], ["reseller", "integrator"] * 10)
    one = compare(measured, groups, min_others=5, money=False).set_index("partner_id").sort_index()
    shuffled = measured.sample(frac=1, random_state=5)
    other = compare(shuffled, groups, min_others=5, money=False).set_index("partner_id").sort_index()
    pd.testing.assert_frame_equal(one, other)


@pytest.mark.parametrize(
    ("amount", "ends"),
    [
        (0.0, (0, 1)),
        (0.99, (0, 1)),
        (1.0, (1, 2)),
        (2.0, (2, 5)),
        (999.9999999999999, (500, 1_000)),
        (1_000.0, (1_000, 2_000)),
        (7e8, (5e8, 1e9)),
        (-3.0, (-5, -2)),
        (-0.5, (-1, 0)),
        (float("nan"), (float("nan"), float("nan"))),
    ],
)
def test_money_is_told_in_bands(amount, ends):
    low, high = band(np.array([amount]))
    assert (low[0], high[0]) == pytest.approx(ends, nan_ok=True)


@given(st.floats(1, 1e15))
def test_a_band_holds_its_amount_and_is_coarse(amount):
    low, high = (end[0] for end in band(np.array([amount])))
    assert low <= amount < high
    assert 2 <= high / low <= 2.5


def test_what_is_per_head_is_compared_within_a_size_and_never_across():
    ids = [f"P{i:02}" for i in range(14)]
    channels, employees = ["reseller"] * 7 + ["integrator"] * 7, [12, 20, 30, 9, 8, 7, 300] * 2
    partners = pd.DataFrame({"partner_id": ids, "channel": channels, "employees": employees})
    measured = pd.DataFrame({"partner_id": ids, "value": [float(i + 1) for i in range(14)]})
    result = compare(measured, headcount_levels(partners), min_others=5, money=False).set_index("partner_id")
    assert result.loc["P00", ["peer_group", "others"]].tolist() == ["10–49 employees", 5]
    # Two firms of 300 people, and all others are smaller: nobody to compare with.
    assert result.loc[["P06", "P13"], "state"].tolist() == ["suppressed"] * 2
    narrow = compare(measured, headcount_levels(partners), min_others=2, money=False).set_index("partner_id")
    assert narrow.loc["P00", "peer_group"] == "reseller, 10–49 employees"
    unknown = headcount_levels(partners.assign(employees=pd.array([None] * 14, dtype="Int64")))
    assert set(compare(measured, unknown, min_others=1, money=False)["state"]) == {"suppressed"}


def period(**metrics: list[tuple[float, float]]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Measured rows of one period, of above and below the line for each firm, and the table of firms."""
    frames = []
    for metric, parts in metrics.items():
        above, below = (np.array(column, dtype=float) for column in zip(*parts, strict=True))
        ids = [f"P{i:03}" for i in range(len(parts))]
        value = above / below
        rows = {"partner_id": ids, "metric": metric, "period": "2026Q3", "numerator": above, "denominator": below}
        limits = {"value": value, "n": below, "low": value * 0.9, "high": value * 1.1}
        state = np.where((below < 5) & METRICS[metric].is_rate, "too_few", "ok")
        frames.append(pd.DataFrame({**rows, **limits, "state": state}))
    measured = pd.concat(frames, ignore_index=True)
    ids = sorted(set(measured["partner_id"]))
    channels = ["reseller" if i % 3 else "integrator" for i in range(len(ids))]
    return measured, pd.DataFrame({"partner_id": ids, "channel": channels, "employees": 20})


@pytest.fixture(scope="module")
def vendor():
    random = np.random.default_rng(8)
    trials = np.ceil(random.lognormal(3, 1, 90))
    wins = random.binomial(trials.astype(int), random.beta(20, 40, 90))
    wins[0], trials[0] = 190, 200
    wins[1], trials[1] = 1, 1
    deals = random.lognormal(8, 0.3, 90)
    deals[2] = 20_000
    return period(win_rate=list(zip(wins, trials, strict=True)), average_won_deal=[(deal, 1.0) for deal in deals])


def test_a_small_partner_is_shrunk_to_its_peers_and_a_large_one_stands(vendor):
    measured, partners = vendor
    found = among_peers(measured, partners, pd.Series(dtype=float), min_others=5)
    assert list(found.columns) == COLUMNS
    rates = found[found["metric"] == "win_rate"].set_index("partner_id")
    large, small = rates.loc["P000"], rates.loc["P001"]
    assert (small["state"], small["notable"]) == ("too_few", False)
    assert np.isnan(small["p_value"])
    assert small["shrunk"] == pytest.approx(small["mean"], abs=0.1)
    assert large["shrunk"] == pytest.approx(0.95, abs=0.08)
    assert large["shrunk_low"] < 0.95 - 0.02 < large["shrunk_high"]
    assert small["rank_high"] - small["rank_low"] > 0.8 * small["ranked"]
    assert (large["rank"], large["rank_high"], large["bottom_chance"], large["notable"]) == (1, 1, 0, True)
    groups = rates.groupby("peer_group")["ranked"]
    assert (groups.first() == groups.size()).all()
    chances = rates.groupby("peer_group")["bottom_chance"].sum()
    assert chances.to_numpy() == pytest.approx(np.floor(groups.size() * 0.2), abs=1e-9)


def test_a_figure_with_an_interval_is_tested_and_one_without_is_never_notable(vendor):
    measured, partners = vendor
    found = among_peers(measured, partners, pd.Series(dtype=float), min_others=5)
    deals = found[found["metric"] == "average_won_deal"].set_index("partner_id")
    assert deals.index[deals["notable"]].tolist() == ["P002"]
    assert deals[[name for name in PLACE if name != "p_value"]].isna().all(axis=None)
    assert (deals["band_low"] <= deals["median"]).all()
    assert (deals["median"] < deals["band_high"]).all()
    bare = among_peers(measured.assign(low=np.nan, high=np.nan), partners, pd.Series(dtype=float), min_others=5)
    assert not bare.loc[bare["metric"] == "average_won_deal", "notable"].any()


def test_the_frame_compares_what_is_per_head_by_headcount_and_the_rest_by_revenue():
    measured, partners = period(win_rate=[(20, 60)] * 40, revenue_per_employee=[(1000.0 + i, 10.0) for i in range(40)])
    yearly = pd.Series(np.arange(40.0), index=partners["partner_id"])
    found = among_peers(measured, partners, yearly, min_others=2).groupby("metric")["peer_group"].agg(set)
    assert found["revenue_per_employee"] == {"reseller, 10–49 employees", "integrator, 10–49 employees"}
    assert "reseller, larger" in found["win_rate"]


def test_false_discoveries_are_controlled_over_the_whole_run(monkeypatch):
    """One figure is notable among thirty of one metric, and not among fifteen hundred of fifty metrics."""
    alike = [(20 + (i * 7) % 5, 60) for i in range(29)]
    rows = {"win_rate": [(40, 60), *alike]}
    more = {f"rate_{i}": [(22, 60), *alike] for i in range(49)}
    for name in more:
        monkeypatch.setitem(METRICS, name, replace(METRICS["win_rate"], name=name))
    alone, among = (among_peers(*period(**each), pd.Series(dtype=float), min_others=5) for each in (rows, rows | more))
    assert alone["p_value"].iloc[0] == among.set_index("metric").loc["win_rate", "p_value"].iloc[0] < 0.0017
    assert alone.index[alone["notable"]].tolist() == [0]
    assert not among["notable"].any()


def test_rows_in_another_order_give_the_same_frame(vendor):
    measured, partners = vendor
    yearly = pd.Series(np.arange(90.0), index=partners["partner_id"])
    one = among_peers(measured, partners, yearly, min_others=5)
    again = measured.sample(frac=1, random_state=1)
    other = among_peers(
        again, partners.sample(frac=1, random_state=2), yearly.sample(frac=1, random_state=3), min_others=5
    )
    pd.testing.assert_frame_equal(one, other, check_exact=True)


def test_each_partner_sees_one_group_in_each_metric(vendor):
    """Else the difference of two averages would be the figure of the firms between them."""
    measured, partners = vendor
    yearly = pd.Series(np.arange(90.0), index=partners["partner_id"])
    found = among_peers(measured, partners, yearly, min_others=5)
    assert not found.duplicated(["partner_id", "metric"]).any()
    groups = levels(partners, yearly)
    assert (groups.groupby("narrow")[["channel", "all"]].nunique() == 1).all(axis=None)


def test_a_partner_reads_bands_of_money_and_figures_of_the_rest(vendor):
    measured, partners = vendor
    found = among_peers(measured, partners, pd.Series(dtype=float), min_others=5)
    told = for_the_partner(found, ["average_won_deal"]).set_index("metric")
    money, rate = told.loc["average_won_deal"], told.loc["win_rate"]
    assert money[[*FIGURES, *PLACE]].isna().all(axis=None)
    assert money[BAND_ENDS].notna().all(axis=None)
    assert not money["notable"].any()
    assert rate[["mean", "top_quarter", "shrunk"]].notna().all(axis=None)
    assert told[["bottom_chance", "p_value"]].isna().all(axis=None)


def test_what_can_pass_one_hundred_per_cent_is_not_shrunk():
    measured, partners = period(win_rate=[(6 + i % 3, 6) for i in range(20)])
    found = among_peers(measured, partners, pd.Series(dtype=float), min_others=5)
    assert found[["shrunk", "rank"]].isna().all(axis=None)


def test_nothing_measured_is_an_empty_frame_with_all_columns():
    measured, partners = period(win_rate=[(3, 6)])
    found = among_peers(measured.head(0), partners, pd.Series(dtype=float), min_others=5)
    assert (len(found), list(found.columns)) == (0, COLUMNS)
