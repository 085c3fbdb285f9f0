"""Both sides of each benchmark find the same; how long they take is no test."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bench import check_and_fold
from bench.compare import in_turns, run_here, told
from bench.sales_files import write_files


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_both_sides_come_to_the_same(tmp_path: Path, kind: str) -> None:
    write_files(tmp_path, kind=kind, rows=5_000, partners=20)
    benchmark = check_and_fold.BENCHMARKS[f"check-and-fold-{kind}"]
    ours, peer = (run_here(benchmark, side, tmp_path) for side in ("ours", "peer"))
    assert ours.answer == peer.answer
    assert ours.answer["groups"] > "1"
    assert json.loads(told(ours))["wall"] == ours.wall


def test_each_side_has_a_process_of_its_own(tmp_path: Path) -> None:
    write_files(tmp_path, kind="parquet", rows=500, partners=5)
    ours, peers = in_turns("check-and-fold-parquet", tmp_path, rounds=1)
    assert ours[0].answer == peers[0].answer
    assert ours[0].wall > 0
    assert 0 < peers[0].memory < 1_000
