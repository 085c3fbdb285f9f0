"""Statistics that figures go through: worked by hand, beside SciPy's, and by what must never change them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import CensoredData, ecdf

from channelnb.errors import NotUsable
from channelnb.stats import wilson
from channelnb.stats.durations import censored_medians, survival_curves
from channelnb.stats.resample import bootstrap

NAN = float("nan")


def one_group(durations: list[tuple[float, bool]]):
    time, happened = (np.array(column) for column in zip(*durations, strict=True))
    return censored_medians(np.zeros(len(time), int), time.astype(float), happened.astype(bool), groups=1)


def test_wilson_at_its_edges():
    low, high = wilson(np.array([0.0, 10.0, 0.0]), np.array([10.0, 10.0, 0.0]))
    assert low == pytest.approx([0.0, 0.7225, NAN], abs=1e-4, nan_ok=True)
    assert high == pytest.approx([0.2775, 1.0, NAN], abs=1e-4, nan_ok=True)


@pytest.mark.parametrize(
    ("durations", "median"),
    [
        ([(4, True), (2, True), (9, True)], 4),
        # Without censoring, and of an even number: the middle of the two in the middle.
        ([(4, True), (2, True), (10, True), (8, True)], 6),
        # S: 5/6 at 1, 5/6 · 3/4 = 0.625 at 3, 0.3125 at 6. Without those still waiting it would be 3.
        ([(1, True), (2, False), (3, True), (4, False), (6, True), (7, False)], 6),
        # Two of five happened: S never comes to one half.
        ([(1, True), (2, True), (5, False), (6, False), (7, False)], NAN),
        # Exactly one half, and nothing happens after: the flat part has no end to take the middle with.
        ([(1, True), (2, True), (6, False), (7, False)], 2),
        # What is censored on the day of an event was at risk on it: S = 3/4 · 2/3 = 1/2 at 2, then 0 at 6.
        ([(1, True), (2, True), (2, False), (6, True)], 4),
        ([(3, True)], 3),
        ([(3, False)], NAN),
    ],
)
def test_a_median_worked_by_hand(durations, median):
    assert one_group(durations).median[0] == pytest.approx(median, nan_ok=True)


def test_the_interval_of_a_median_worked_by_hand():
    """The 10 times 1 … 10. At t = 2, S = 0.8 and Greenwood's sum is 1/90 + 1/72 = 0.025, so its root 0.158.

    The lower limit there is 0.8^exp(1.96 · 0.158 / 0.223) = 0.8^4.01 = 0.409, at t = 1 0.9^exp(1.96 · 0.105 / 0.105)
    = 0.9^7.10 = 0.473: the first below one half is at 1. The upper limit at t = 7, where S = 0.3 and the sum is 0.2333,
    is 0.3^exp(−1.96 · 0.483 / 1.204) = 0.3^0.455 = 0.578; at t = 8, S = 0.2, 0.4: 0.2^exp(−1.96 · 0.632 / 1.609)
    = 0.2^0.463 = 0.475: so it ends at 8.
    """
    found = one_group([(t, True) for t in range(1, 11)])
    assert (found.median[0], found.low[0], found.high[0], found.n[0]) == (5.5, 1.0, 8.0, 10)


def test_a_limit_that_is_not_reached_is_none():
    found = one_group([(t, True) for t in (1, 2, 3, 4)])
    assert found.median[0] == 2.5
    assert np.isnan(found.high[0])


durations_of_groups = st.lists(
    st.tuples(st.integers(0, 5), st.integers(0, 12), st.booleans()), min_size=1, max_size=60
).map(lambda rows: tuple(np.array(column) for column in zip(*rows, strict=True)))


@given(durations_of_groups)
@settings(deadline=None, max_examples=200)
def test_the_curve_is_scipys(rows):
    group, time, happened = rows
    curves = survival_curves(group, time.astype(float), happened)
    for code in np.unique(group):
        of = group == code
        if not happened[of].any():
            assert code not in curves.group
            continue
        theirs = ecdf(CensoredData(time[of & happened], right=time[of & ~happened])).sf
        ours = dict(zip(curves.time[curves.group == code], curves.survival[curves.group == code], strict=True))
        there = np.isin(theirs.quantiles, list(ours))
        assert list(ours.values()) == pytest.approx(theirs.probabilities[there])


@given(durations_of_groups, st.randoms(use_true_random=False))
@settings(deadline=None, max_examples=100)
def test_a_groups_median_is_its_own(rows, random):
    """To the last bit: neither the order of rows nor other groups may move it."""
    group, time, happened = rows[0], rows[1].astype(float), rows[2]
    order = list(range(len(group)))
    random.shuffle(order)
    whole = censored_medians(group[order], time[order], happened[order], groups=6)
    for code in range(6):
        of = group == code
        alone = censored_medians(np.zeros(of.sum(), int), time[of], happened[of], groups=1)
        assert [column[code] for column in whole] == pytest.approx(
            [column[0] for column in alone], rel=0, abs=0, nan_ok=True
        )


def test_the_interval_of_a_median_holds_the_truth_as_often_as_it_says():
    random = np.random.default_rng(11)
    samples, cases = 2000, 40
    waited, lasts = random.exponential(1, (samples, cases)), random.uniform(0.5, 4, (samples, cases))
    found = censored_medians(
        np.repeat(np.arange(samples), cases),
        np.minimum(waited, lasts).ravel(),
        (waited <= lasts).ravel(),
        groups=samples,
    )
    held = (found.low <= np.log(2)) & ~(found.high < np.log(2))
    assert 0.93 <= held.mean() <= 0.975
    # Medians of those that happened, the usual mistake, are far off.
    assert np.nanmedian(found.median) == pytest.approx(np.log(2), abs=0.03)
    naive = np.nanmedian(np.where(waited <= lasts, waited, np.nan), axis=1)
    assert np.median(naive) < 0.62


def test_a_duration_that_is_no_number_is_refused():
    with pytest.raises(NotUsable, match="1 of 2 durations are NaN"):
        censored_medians(np.zeros(2, int), np.array([1.0, NAN]), np.array([True, True]), groups=1)


def ratio(sums):
    return sums[0] / sums[1]


@pytest.fixture(scope="module")
def deals():
    random = np.random.default_rng(5)
    group = random.integers(40, size=3000)
    group[:900] = 7
    return group, random.lognormal(1, 1, (3000, 2)).round(2)


def test_an_interval_does_not_depend_on_rows_or_on_other_groups(deals):
    group, cases = deals
    whole = bootstrap(group, cases, ratio, groups=41)
    order = np.random.default_rng(1).permutation(len(group))
    shuffled = bootstrap(group[order], cases[order], ratio, groups=41)
    assert np.array_equal(whole, shuffled, equal_nan=True)
    for code in (0, 7):
        alone = bootstrap(np.zeros((group == code).sum(), int), cases[group == code], ratio, groups=1)
        assert (alone.low[0], alone.high[0]) == (whole.low[code], whole.high[code])
    assert np.isnan(whole.low[40])
    assert not np.array_equal(whole.low, bootstrap(group, cases, ratio, groups=41, seed=1).low, equal_nan=True)


def test_fewer_than_two_cases_have_no_interval():
    low, high = bootstrap(np.array([0, 1, 1]), np.array([[1.0], [2.0], [4.0]]), lambda sums: sums[0], groups=3)
    assert np.isnan(low[[0, 2]]).all()
    assert np.isnan(high[[0, 2]]).all()
    assert (low[1], high[1]) == (4.0, 8.0)


def test_resamples_without_a_figure_are_left_out():
    """Of two cases, one with nothing below the line: a quarter of the resamples have nothing to divide by."""
    low, high = bootstrap(np.zeros(2, int), np.array([[1.0, 0.0], [1.0, 1.0]]), ratio, groups=1)
    assert (low[0], high[0]) == (1.0, 2.0)
    none = bootstrap(np.zeros(3, int), np.array([[1.0, 0.0]] * 3), ratio, groups=1)
    assert np.isnan(none.low[0])


@pytest.mark.parametrize("n", [30, 399, 401, 4_001])
def test_an_interval_is_as_wide_as_theory_says(n):
    """Of a mean: 1.96 times its standard error to either side; bundles of large groups change nothing."""
    cases = np.stack([np.random.default_rng(n).gamma(4, 1, n), np.ones(n)], axis=1)
    low, high = bootstrap(np.zeros(n, int), cases, ratio, groups=1, draws=4000)
    wide = 2 * 1.96 * cases[:, 0].std() / np.sqrt(n)
    assert high[0] - low[0] == pytest.approx(wide, rel=0.12)
    assert low[0] < cases[:, 0].mean() < high[0]


def test_a_total_keeps_its_number_of_cases_in_each_resample():
    low, high = bootstrap(np.zeros(801, int), np.ones((801, 1)), lambda sums: sums[0], groups=1)
    assert (low[0], high[0]) == pytest.approx((801, 801), abs=5)


def test_a_case_that_is_no_number_is_refused():
    with pytest.raises(NotUsable, match="1 of 2 cases are NaN"):
        bootstrap(np.zeros(2, int), np.array([[1.0, 2.0], [NAN, 1.0]]), ratio, groups=1)
