"""Shrinkage, ranks and discoveries, against made-up channels of known truth; `pytest -rP` prints the figures."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import betabinom, false_discovery_control, norm, t

from channelnb.stats.discoveries import notable, rate_p_values, spread_p_values, typical_prior
from channelnb.stats.ranks import ranks
from channelnb.stats.shrinkage import Posterior, Prior, fit_prior

NAN = float("nan")


def channel(seed: int, *, firms: int = 300, strength: float = 12.0, slope: float = 0.0):
    """Successes, trials and true rates of firms, most of which decide a handful of deals and a few hundreds."""
    random = np.random.default_rng(seed)
    trials = np.ceil(random.lognormal(np.log(8), 1.3, firms))
    mean = 1 / (1 + np.exp(0.6 - slope * np.log(trials / 8)))
    truth = random.beta(strength * mean, strength * (1 - mean))
    return random.binomial(trials.astype(int), truth).astype(float), trials, truth


def p_values_of(successes, trials):
    typical = typical_prior(successes, trials, fit_prior(successes, trials))
    return rate_p_values(successes, trials, typical.beta(trials))


def test_a_posterior_worked_by_hand():
    """Ten cases of which half: with 0 of 2 it is 5 of 12, with 90 of 100 it is 95 of 110; volume moves the start."""
    known = Prior(level=0.0, slope=0.0, strength=10.0, middle=0.0).posterior(
        np.array([0.0, 90.0]), np.array([2.0, 100])
    )
    assert known.mean == pytest.approx([5 / 12, 95 / 110])
    assert [known.a[0], known.b[0]] == [5.0, 7.0]
    steep = Prior(level=0.0, slope=np.log(3), strength=8.0, middle=np.log(10)).beta(np.array([10.0, 10 * np.e]))
    assert steep.a == pytest.approx([4.0, 6.0])
    low, high = known.interval()
    assert (low[0] < 5 / 12 < high[0], low[1] < 0.9 < high[1]) == (True, True)


def test_the_prior_is_the_best_one_by_brute_force():
    successes, trials, _ = channel(1, firms=40)
    found = fit_prior(successes, trials)
    levels, strengths = np.linspace(-1.5, 0.5, 81), np.exp(np.linspace(0.5, 5, 91))

    def penalised(level: float, strength: float) -> float:
        mean = 1 / (1 + np.exp(-level))
        fit = betabinom.logpmf(successes, trials, strength * mean, strength * (1 - mean)).sum()
        return fit + norm.logpdf(level, 0, 3) + norm.logpdf(np.log(strength), np.log(20), 1.5)

    best = max((penalised(level, strength), level, strength) for level in levels for strength in strengths)
    assert (found.level, found.slope) == (pytest.approx(best[1], abs=0.03), 0.0)
    assert np.log(found.strength) == pytest.approx(np.log(best[2]), abs=0.06)


@pytest.mark.parametrize("seed", range(3))
def test_the_prior_finds_the_truth_and_volume_only_where_it_matters(seed):
    flat = fit_prior(*channel(seed, firms=600)[:2])
    assert (flat.slope, flat.level) == (0.0, pytest.approx(-0.6, abs=0.15))
    assert 8 < flat.strength < 18
    steep = fit_prior(*channel(seed, firms=600, slope=0.4)[:2])
    assert steep.slope == pytest.approx(0.4, abs=0.12)


@pytest.mark.parametrize(
    ("successes", "trials"),
    [([0] * 6, [3] * 6), ([5] * 6, [5] * 6), ([1, 0], [1, 1]), ([0], [1]), ([9, 90], [10, 1000])],
)
def test_a_tiny_group_does_not_explode(successes, trials):
    prior = fit_prior(np.array(successes, float), np.array(trials, float))
    assert abs(prior.level) < 6
    assert 1 < prior.strength < 400
    known = prior.posterior(np.array(successes, float), np.array(trials, float)).mean
    assert ((known > 0) & (known < 1)).all()


def test_intervals_of_shrunk_rates_hold_the_truth():
    held = []
    for seed in range(10):
        successes, trials, truth = channel(seed, slope=0.3)
        low, high = fit_prior(successes, trials).posterior(successes, trials).interval()
        held.append((low <= truth) & (truth <= high))
    assert 0.93 < np.mean(held) < 0.97


def test_shrinkage_comes_nearer_to_the_truth_than_the_raw_rate():
    successes, trials, truth = channel(4)
    shrunk = fit_prior(successes, trials).posterior(successes, trials).mean
    raw, ours = (float(np.sqrt(np.mean((rate - truth) ** 2))) for rate in (successes / trials, shrunk))
    print(f"root mean squared error: raw {raw:.3f}, shrunk {ours:.3f}")
    assert ours < 0.75 * raw
    few = trials <= 3
    assert abs(shrunk[few] - shrunk.mean()).max() < abs(successes[few] / trials[few] - shrunk.mean()).max() / 2


def test_ranks_of_what_is_certain_are_certain():
    known = Posterior(np.array([900.0, 100.0, 500.0, 5.0]), np.array([100.0, 900.0, 500.0, 5.0]))
    up, down = (ranks(known, seed=3, higher_is_better=higher) for higher in (True, False))
    assert up.rank[:2].tolist() == [1.0, 4.0]
    assert up.bottom_chance.tolist() == [0.0, 1.0, 0.0, 0.0]
    assert down.rank[:2].tolist() == [4.0, 1.0]
    assert (up.low[3], up.high[3]) == (2.0, 3.0)
    assert np.array_equal(up, ranks(known, seed=3))


def test_chances_of_the_bottom_add_up_to_its_size():
    """Five firms of which nothing sets one apart: one place at the bottom, a fifth of a chance each."""
    alike = Posterior(np.full(5, 4.0), np.full(5, 6.0))
    found = ranks(alike, seed=1, draws=4000)
    assert found.bottom_chance.sum() == pytest.approx(1)
    assert found.bottom_chance == pytest.approx([0.2] * 5, abs=0.03)
    assert (found.rank == 3).all()
    assert (found.low == 1).all()
    assert (found.high == 5).all()


def test_pruning_by_the_chance_of_the_bottom_removes_fewer_good_partners():
    """Sixty of three hundred go, by the worst raw rate or by the highest chance to be in the bottom fifth.

    Good is whoever truly is in the better half. A second rule removes only those of whom it is more likely than not.
    """
    removed = {"raw rank": [], "chance of the bottom": [], "chance above one half": []}
    sizes, truly = [], {name: [] for name in removed}
    for seed in range(12):
        successes, trials, truth = channel(seed)
        chance = ranks(fit_prior(successes, trials).posterior(successes, trials), seed=seed).bottom_chance
        good, worst = truth > np.median(truth), truth <= np.quantile(truth, 0.2)
        gone = {
            "raw rank": np.argsort(successes / trials, kind="stable")[:60],
            "chance of the bottom": np.argsort(-chance, kind="stable")[:60],
            "chance above one half": np.flatnonzero(chance > 0.5),
        }
        sizes.append(len(gone["chance above one half"]))
        for name, firms in gone.items():
            removed[name].append(good[firms].sum())
            truly[name].append(worst[firms].mean())
    for name, count in removed.items():
        firms = np.mean(sizes) if name == "chance above one half" else 60
        print(
            f"by {name}: of {firms:.0f} removed, {np.mean(count):.1f} are good, {np.mean(truly[name]):.0%} truly worst"
        )
    raw, chance, likely = (np.array(count) for count in removed.values())
    assert np.mean(chance) < 0.75 * np.mean(raw)
    assert (chance <= raw).mean() >= 0.9
    assert np.mean(likely) / np.mean(sizes) < 0.08
    assert np.mean(truly["chance of the bottom"]) > np.mean(truly["raw rank"])


def test_p_values_of_rates_are_scipys():
    successes, trials, _ = channel(2)
    before = fit_prior(successes, trials).beta(trials)
    down = betabinom.cdf(successes, trials, before.a, before.b)
    up = betabinom.sf(successes - 1, trials, before.a, before.b)
    assert rate_p_values(successes, trials, before) == pytest.approx(np.clip(2 * np.minimum(down, up), 0, 1), abs=1e-9)


def test_p_values_of_figures_are_students():
    """Peers at 10, 12 and 14: mean 12, deviation 2. At 20, √(4 · 4/3 + 1) = 2.517 is one step: 3.178 of them off."""
    found = spread_p_values(
        np.array([20.0, 20.0, 20.0]),
        np.array([1.0, NAN, 1.0]),
        centre=np.array([12.0, 12.0, 12.0]),
        spread=np.array([2.0, 2.0, NAN]),
        others=np.array([3.0, 3.0, 1.0]),
    )
    assert found == pytest.approx([2 * t.sf(8 / np.sqrt(19 / 3), 2), NAN, NAN], nan_ok=True)


@pytest.mark.parametrize("seed", range(5))
def test_notable_is_scipys_control_of_false_discoveries(seed):
    random = np.random.default_rng(seed)
    p_values = np.concatenate([random.uniform(size=200), random.uniform(size=20) * 1e-3])
    with_gaps = np.insert(p_values, [0, 50, 220], NAN)
    found = notable(with_gaps)
    assert not found[np.isnan(with_gaps)].any()
    assert np.array_equal(found[~np.isnan(with_gaps)], false_discovery_control(p_values) <= 0.05)
    assert found.sum() > 3
    assert not notable(np.array([NAN, NAN])).any()
    assert not notable(np.array([])).any()


def large_volumes(seed: int):
    random = np.random.default_rng(seed)
    trials = random.integers(300, 500, 300).astype(float)
    return random.binomial(trials.astype(int), random.beta(4, 8, 300)).astype(float), trials


@pytest.mark.parametrize("draw", [lambda seed: channel(seed)[:2], large_volumes], ids=["unequal", "large"])
def test_where_no_partner_differs_hardly_anybody_is_notable(draw):
    """Of sixty runs in which every firm is like its peers, some three may call anybody notable."""
    runs = [notable(p_values_of(*draw(seed))).any() for seed in range(60)]
    print(f"runs with a false discovery where none differs: {np.mean(runs):.0%} of {len(runs)}")
    assert np.mean(runs) <= 0.1


def test_planted_partners_are_found_and_few_others():
    """Ten of three hundred win far less or more than any of their peers would, on sixty deals each."""
    false, found = [], []
    for seed in range(30):
        successes, trials, _ = channel(seed, strength=60.0)
        trials[:10] = 60
        successes[:5], successes[5:10] = 4, 52
        named = notable(p_values_of(successes, trials))
        false.append(named[10:].sum() / max(named.sum(), 1))
        found.append(named[:10].mean())
    print(f"planted ones found: {np.mean(found):.0%}; false among those named: {np.mean(false):.1%}")
    assert np.mean(false) <= 0.05
    assert np.mean(found) > 0.8
