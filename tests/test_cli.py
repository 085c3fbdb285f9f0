"""The command line: what it says, and with which status it ends."""

from __future__ import annotations

import subprocess
import sys

import pytest
from typer.testing import CliRunner

from channelnb.cli import app
from channelnb.metrics.registry import METRICS
from projects import write_project


@pytest.fixture
def cli(monkeypatch):
    # A wide terminal, so that what is said is not broken into lines.
    monkeypatch.setenv("COLUMNS", "200")
    return lambda *words: CliRunner().invoke(app, [str(word) for word in words])


def test_help_names_every_command(cli):
    said = cli("--help").output
    for command in app.registered_commands:
        assert command.callback.__name__ in said


@pytest.mark.parametrize("command", ["check", "run", "status", "plan", "pack", "pdf", "sample", "metrics"])
def test_every_option_is_explained(cli, command):
    done = cli(command, "--help")
    assert done.exit_code == 0
    rows = [line for line in done.output.splitlines() if line.startswith(("│ --", "│ *"))]
    assert rows
    assert all(len(line.split("  ")) >= 3 and line.rstrip("│ ")[-1] in ".])" for line in rows), rows


def test_a_run_ends_with_0_then_status_tells_it(cli, tmp_path, monkeypatch):
    path = write_project(tmp_path, partners=("P1", "P2"))
    monkeypatch.chdir(tmp_path)
    done = cli("run", path, "--jobs", 1)
    assert done.exit_code == 0, done.output
    assert "sales.csv" in done.output
    assert "3 of 3 reports" in done.output
    assert "Reports: 3 made." in done.output
    again = cli("run", path)
    assert (again.exit_code, "Reports: 0 made, 3 there before." in again.output) == (0, True)
    told = cli("status", "runs/small/2026Q3")
    assert told.exit_code == 0
    assert [line.split() for line in told.output.splitlines() if "review" in line] == [
        ["review", "internal", "2", "0", "0"]
    ]


def test_a_run_with_a_failure_ends_with_1_and_says_which(cli, tmp_path, monkeypatch):
    path = write_project(tmp_path, partners=("P1", "P2"))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "reviews" / "P2.break").touch()
    done = cli("run", path, "--jobs", 1, "--notebook", "review")
    assert done.exit_code == 1
    assert "failed review internal P2: Code cell" in done.output
    assert "Reports: 1 made, 1 failed." in done.output
    told = cli("status", "runs/small/2026Q3")
    assert told.exit_code == 1
    assert "ValueError: no <figures> for P2." in told.output


@pytest.mark.parametrize(
    "words, said",
    [
        (["run", "nowhere.yaml"], "nowhere.yaml"),
        (["run", "params/small.yaml", "--partner", "P9"], "--partner: there is no partner in this run 'P9'"),
        (["run", "params/small.yaml", "--edition", "both", "--notebook", "x"], "--notebook: there is no notebook"),
        (["status", "."], "holds no run: run.json is missing"),
        (["metrics", "winrate"], "there is no metric 'winrate'; did you mean 'win_rate'?"),
    ],
)
def test_bad_input_is_one_message_and_2(cli, tmp_path, monkeypatch, words, said):
    write_project(tmp_path)
    monkeypatch.chdir(tmp_path)
    done = cli(*words)
    assert done.exit_code == 2
    assert f"error: {said}" in done.stderr or (said in done.stderr and done.stderr.startswith("error: "))
    assert "Traceback" not in done.output


@pytest.mark.parametrize("words", [["run"], ["run", "x", "--jobs", "0"], ["run", "x", "--edition", "public"], ["fly"]])
def test_bad_usage_is_2(cli, words):
    assert cli(*words).exit_code == 2


def test_metrics_are_listed_with_what_they_mean(cli):
    said = cli("metrics").output
    assert all(name in said for name in METRICS)
    assert "share" in cli("metrics", "win_rate").output


def test_sample_writes_a_vendor(cli, tmp_path):
    done = cli("sample", tmp_path / "made", "--partners", 12)
    assert done.exit_code == 0
    assert (tmp_path / "made" / "source.yaml").exists()
    assert "12 partners" in done.output


def test_help_does_not_wait_for_the_libraries_of_reports():
    code = "import sys, channelnb.cli; print(*sys.modules)"
    loaded = set(
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    )
    assert not loaded & {"distributed", "papermill", "matplotlib", "duckdb", "sklearn"}
