"""Both sides of each benchmark find the same; how long they take is no test."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bench import check_and_fold, front_page, measure_all
from bench.compare import Answer, in_turns, run_here, told
from bench.sales_files import write_files, write_vendor
from browsing import needs_chromium
from channelnb.metrics.registry import METRICS

OF_NO_PARTNER = ["market_penetration"]
"""Metrics that have no figure by partner."""


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_both_sides_come_to_the_same(tmp_path: Path, kind: str) -> None:
    write_files(tmp_path, kind=kind, rows=5_000, partners=20)
    benchmark = check_and_fold.BENCHMARKS[f"check-and-fold-{kind}"]
    ours, peer = (run_here(benchmark, side, tmp_path) for side in ("ours", "peer"))
    assert ours.answer == peer.answer
    assert ours.answer["groups"] > "1"
    assert json.loads(told(ours))["wall"] == ours.wall


@pytest.mark.browser
@needs_chromium
def test_both_front_pages_find_the_same_partners(tmp_path: Path) -> None:
    front_page.prepare(tmp_path, partners=60)
    benchmark = front_page.BENCHMARKS["front-page"]
    ours, peer = (run_here(benchmark, side, tmp_path).answer for side in ("ours", "peer"))
    assert ours == peer == {"p0032": "1", "p1": "0", "gold iberia": "4", "all": "60"}


def test_each_side_has_a_process_of_its_own(tmp_path: Path) -> None:
    write_files(tmp_path, kind="parquet", rows=500, partners=5)
    ours, peers = in_turns("check-and-fold-parquet", tmp_path, rounds=1)
    assert ours[0].answer == peers[0].answer
    assert ours[0].wall > 0
    assert 0 < peers[0].memory < 1_000


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> tuple[Answer, Answer]:
    """What we and the SQL written by hand make of a small vendor, with every sale until the book's date."""
    folder = tmp_path_factory.mktemp("vendor")
    write_vendor(folder, rows=100_000, partners=30)
    benchmark = measure_all.BENCHMARKS["measure-all"]
    ours, peer = (run_here(benchmark, side, folder).answer for side in ("ours", "peer"))
    return ours, peer


@pytest.mark.parametrize("name", METRICS)
def test_a_metric_comes_to_what_sql_by_hand_makes_of_it(both: tuple[Answer, Answer], name: str) -> None:
    ours, peer = both
    assert ours.get(name) == peer.get(name)


def test_every_metric_has_figures_to_compare(both: tuple[Answer, Answer]) -> None:
    for answer in both:
        assert [name for name in METRICS if name not in answer] == OF_NO_PARTNER
