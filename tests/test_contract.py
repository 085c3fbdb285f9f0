"""The contract, told: every table and column, what it may hold and what it unlocks."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner

import channelnb as cn
from channelnb.book.describe import holds
from channelnb.book.tables import CONTRACT
from channelnb.cli import app
from channelnb.errors import UnknownName
from channelnb.metrics.registry import METRICS
from channelnb.metrics.unlocks import metrics_of


def test_every_table_is_listed_with_what_it_is_for() -> None:
    listed = cn.contract()
    assert listed["table"].tolist() == list(CONTRACT)
    assert listed.loc[listed["required"], "table"].tolist() == ["partners", "sales"]
    assert listed.set_index("table").loc["tiers", ["columns", "unlocks"]].tolist() == [3, "distance to the next tier"]
    assert (listed[["about", "unlocks"]] != "").all(axis=None)


@pytest.mark.parametrize("table", CONTRACT)
def test_every_column_of_a_table_is_explained(table: str) -> None:
    told = cn.contract(table)
    assert told["column"].tolist() == list(CONTRACT[table].names)
    assert told.loc[told["required"], "column"].tolist() == list(CONTRACT[table].required_names)
    assert (told[["holds", "about"]] != "").all(axis=None)


@pytest.mark.parametrize(
    "table, column, said",
    [
        ("sales", "partner_id", "an id of partners"),
        ("sales", "revenue", "an amount such as -1234.50, at most 6 decimals"),
        ("leads", "outcome", "one of open, won, lost, dropped"),
        ("deals_worked", "quarter", "a fiscal quarter such as 2026Q3"),
        ("partners", "partner_id", "an id such as P-0042, kept as written"),
    ],
)
def test_a_column_says_what_it_may_hold(table: str, column: str, said: str) -> None:
    assert holds(CONTRACT[table], CONTRACT[table].by_name[column]) == said


@pytest.mark.parametrize(
    "table, column, metric",
    [
        ("sales", "cost", "gross_margin"),
        ("plans", "target_revenue", "attainment"),
        ("partners", "employees", "revenue_per_employee"),
        ("certifications", "salesperson_id", "certified_people"),
    ],
)
def test_a_column_unlocks_the_metrics_whose_parts_read_it(table: str, column: str, metric: str) -> None:
    unlocks = cn.contract(table).set_index("column").loc[column, "unlocks"]
    assert metric in unlocks.split(", ")
    assert metric in metrics_of(table)


def test_every_metric_is_unlocked_by_some_column() -> None:
    told = {metric for name in CONTRACT for cell in cn.contract(name)["unlocks"] for metric in cell.split(", ")}
    assert set(METRICS) <= told


def test_an_unknown_table_is_named_with_the_nearest_one() -> None:
    with pytest.raises(UnknownName, match=r"there is no table 'sale'; did you mean 'sales'\?"):
        cn.contract("sale")


def test_the_command_tells_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "300")
    run = CliRunner().invoke
    every = run(app, ["contract"]).output
    assert all(name in every for name in CONTRACT)
    one = run(app, ["contract", "sales"]).output
    assert "sales: One row per sale, or line of one. It unlocks revenue" in one
    assert [line.split()[1] for line in one.splitlines() if line.startswith("sold_on ")] == ["yes"]
    assert "gross_margin" in next(line for line in one.splitlines() if line.startswith("cost "))
    wrong = run(app, ["contract", "sale"])
    assert (wrong.exit_code, "did you mean 'sales'?" in wrong.stderr) == (2, True)


@pytest.mark.parametrize("command", ["init", "contract"])
def test_every_option_is_explained(command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    said = CliRunner().invoke(app, [command, "--help"])
    assert said.exit_code == 0
    rows = [line for line in said.output.splitlines() if line.startswith("│ --")]
    assert rows
    assert all(len(line.split("  ")) >= 3 and line.rstrip("│ ")[-1] in ".])" for line in rows), rows
