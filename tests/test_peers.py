"""Whom a partner is compared with, and when nobody."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from channelnb.peers import compare, levels, quantile_of_others


@pytest.mark.parametrize("q", [0.25, 0.5, 0.75])
def test_quantiles_of_others_leave_the_firm_out(q):
    values = np.random.default_rng(3).normal(size=23).round(1)
    expected = [np.quantile(np.delete(values, i), q) for i in range(len(values))]
    assert quantile_of_others(values, q) == pytest.approx(expected)


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


def test_a_firm_that_towers_over_the_others_hides_their_money():
    values = [10.0] * 7 + [1000.0]
    measured, groups = firms(values)
    assert set(compare(measured, groups, min_others=5, money=False)["state"]) == {"ok"}
    hidden = compare(measured, groups, min_others=5, money=True).set_index("partner_id")
    # The giant itself may see the others, since none of those stands out among them.
    assert hidden.loc["P7", "state"] == "ok"
    assert set(hidden.drop("P7")["state"]) == {"suppressed"}
    assert hidden.drop("P7")["median"].isna().all()


def test_order_of_firms_is_irrelevant():
    measured, groups = firms([float(i % 7) for i in range(20)], ["reseller", "integrator"] * 10)
    one = compare(measured, groups, min_others=5, money=False).set_index("partner_id").sort_index()
    shuffled = measured.sample(frac=1, random_state=5)
    other = compare(shuffled, groups, min_others=5, money=False).set_index("partner_id").sort_index()
    pd.testing.assert_frame_equal(one, other)
