"""What a person accepts of a run becomes rows of its source: once, whole, and only what can be used."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pandas as pd
import pytest
from openpyxl import load_workbook
from typer.testing import CliRunner

from channelnb.book.book import open_book
from channelnb.chosen import Settings
from channelnb.cli import app
from channelnb.errors import BadForm, ChannelnbError, NotUsable, RunIncomplete
from channelnb.fleet import accept as accepting
from channelnb.fleet.accept import accept
from channelnb.fleet.actions import HEADS, HOW, SHEET
from channelnb.fleet.folder import held
from channelnb.fleet.proposed import write_proposed
from channelnb.fleet.slugs import slug
from channelnb.planning.promises.proposals import COLUMNS, PROPOSALS
from channelnb.snapshot import Snapshot, freeze
from tables import small_vendor

TODAY = date(2026, 10, 5)
COLUMN = {name: place for place, name in enumerate(HEADS, start=1)}
RATE = {
    "proposal_id": "cn-20261231-aaaaaaaaaaaa",
    "partner_id": "P1",
    "aim": "plan",
    "side": "partner",
    "kind": "goal",
    "area": "sales",
    "metric": "win_rate",
    "text": "Win 47 % of the deals decided in 2026Q4",
    "owner": "Ann",
    "if_missed": "We talk",
    "line": None,
    "baseline": 0.4,
    "target": 0.47,
    "gain": 900.0,
    "cost": 120.0,
    "due_period": "2026Q4",
    "place": 1,
    "rests_on": "win_rate||2026Q3|actual",
    "for_what": "",
    "due_on": pd.Timestamp("2026-12-31"),
}
CALL = RATE | {
    "proposal_id": "cn-20261231-bbbbbbbbbbbb",
    "partner_id": "P2",
    "side": "vendor",
    "kind": "action",
    "place": 1,
    "text": '=HYPERLINK("http://evil","Pay")',
    "metric": None,
    "baseline": None,
    "target": None,
    "aim": "vendor",
    "rests_on": "waiting_late|what=claim|2026Q3|actual",
    "owner": "-2+3",
    "gain": None,
    "cost": None,
}


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory: pytest.TempPathFactory) -> Path:
    with open_book(small_vendor(), quarter="2026Q3") as book:
        return freeze(book, tmp_path_factory.mktemp("frozen"), Settings()).folder


@pytest.fixture
def source(tmp_path: Path) -> Path:
    folder = tmp_path / "acme"
    folder.mkdir()
    for name, frame in small_vendor().items():
        frame.to_csv(folder / f"{name}.csv", index=False)
    return folder


@pytest.fixture
def finished(tmp_path: Path, source: Path, snapshot: Path) -> Path:
    """The folder of a finished run that proposes two actions."""
    folder = tmp_path / "runs" / "acme" / "2026Q3"
    (folder / "snapshot").mkdir(parents=True)
    for path in snapshot.iterdir():
        (folder / "snapshot" / path.name).write_bytes(path.read_bytes())
    rows = pd.DataFrame([RATE, CALL])[list(COLUMNS)].astype(COLUMNS)
    rows.to_parquet(folder / "snapshot" / f"{PROPOSALS}.parquet")
    (folder / "run.json").write_text(json.dumps({"state": "finished", "parameters": {"source": str(source)}}))
    propose(folder)
    return folder


def propose(run: Path) -> list[str]:
    with held(run):
        return write_proposed(Snapshot.open(run / "snapshot"), run, partners=["P1", "P2"], made_on="2026-10-01")


def fill(run: Path, cells: dict[tuple[str, str], object]) -> Path:
    """Write into the workbook as a person would: by partner and column."""
    path = run / "proposed" / "actions.xlsx"
    book = load_workbook(path)
    sheet = book[SHEET]
    for (partner_id, name), value in cells.items():
        row = next(at for at in range(2, 9) if sheet.cell(at, COLUMN["partner_id"]).value == partner_id)
        sheet.cell(row, COLUMN[name]).value = value
    book.save(path)
    return path


def agreed(source: Path) -> pd.DataFrame:
    return pd.read_csv(source / "agreed" / "commitments.csv", dtype=str, keep_default_na=False)


def test_the_workbook_is_one_a_manager_can_use(finished: Path) -> None:
    book = load_workbook(finished / "proposed" / "actions.xlsx")
    assert book.sheetnames == [HOW, SHEET]
    assert book[HOW].max_row == 6
    sheet = book[SHEET]
    assert [cell.value for cell in sheet[1]] == [label for label, _ in HEADS.values()]
    assert sheet.freeze_panes == "E2"
    assert sheet.auto_filter.ref == f"A1:Q{sheet.max_row}"
    rules = {str(rule.sqref): rule.formula1 for rule in sheet.data_validations.dataValidation if rule.type == "list"}
    assert rules == {"D2:D3": '"yes,no"'}
    assert [sheet.cell(2, COLUMN[name]).value for name in ("partner", "target", "owner")] == ["Ada", 0.47, "Ann"]
    assert sheet.cell(2, COLUMN["target"]).number_format == "0.0%"


def test_no_text_of_the_workbook_is_a_formula(finished: Path) -> None:
    sheet = load_workbook(finished / "proposed" / "actions.xlsx")[SHEET]
    assert not [cell.coordinate for row in sheet for cell in row if cell.data_type == "f"]
    cell = sheet.cell(3, COLUMN["text"])
    assert (cell.value, cell.quotePrefix) == (CALL["text"], True)


def test_the_workbook_is_the_same_bytes_each_time(finished: Path) -> None:
    path = finished / "proposed" / "actions.xlsx"
    before = path.read_bytes()
    path.unlink()
    propose(finished)
    assert path.read_bytes() == before


def test_what_a_person_edited_is_never_overwritten(finished: Path) -> None:
    edited = fill(finished, {("P1", "accept"): "yes"}).read_bytes()
    path = finished / "proposed" / "actions.xlsx"
    assert not any("changed by hand" in line for line in propose(finished))
    assert path.read_bytes() == edited
    snapshot = finished / "snapshot" / f"{PROPOSALS}.parquet"
    pd.read_parquet(snapshot).assign(owner="Bob").to_parquet(snapshot)
    (said,) = [line for line in propose(finished) if "changed by hand" in line]
    beside = next(path.parent.glob("actions-*.xlsx"))
    assert path.read_bytes() == edited
    assert beside.name in said
    assert load_workbook(beside)[SHEET].cell(2, COLUMN["owner"]).value == "Bob"


def test_yes_makes_a_promise_of_the_next_quarter(finished: Path, source: Path) -> None:
    fill(finished, {("P1", "accept"): "YES", ("P1", "owner"): " Bob ", ("P2", "accept"): "no"})
    lines = accept(finished, today=TODAY).lines()
    assert lines == [f"{source / 'agreed' / 'commitments.csv'}: 1 promise added."]
    (row,) = agreed(source).to_dict("records")
    assert row == {
        "commitment_id": RATE["proposal_id"],
        "partner_id": "P1",
        "side": "partner",
        "text": RATE["text"],
        "due_on": "2026-12-31",
        "made_on": "2026-10-05",
        "kind": "goal",
        "area": "sales",
        "line": "",
        "metric": "win_rate",
        "baseline": "0.4",
        "target": "0.47",
        "owner": "Bob",
        "if_missed": "We talk",
        "status": "open",
    }
    with open_book(source, quarter="2026Q4") as book:
        assert book.table("commitments")["target"].tolist() == [0.47]


def test_twice_adds_nothing_and_a_second_yes_adds_one(finished: Path, source: Path) -> None:
    fill(finished, {("P1", "accept"): "yes"})
    accept(finished, today=TODAY)
    before = (source / "agreed" / "commitments.csv").read_bytes()
    assert accept(finished, today=date(2026, 10, 9)).lines() == [
        f"{source / 'agreed' / 'commitments.csv'}: 0 promises added, 1 was there already."
    ]
    assert (source / "agreed" / "commitments.csv").read_bytes() == before
    fill(finished, {("P2", "accept"): "yes", ("P2", "text"): "Pay", ("P2", "owner"): "Cat"})
    assert accept(finished, today=date(2026, 10, 9)).added["commitments"] == 1
    assert agreed(source)["made_on"].tolist() == ["2026-10-05", "2026-10-09"]


def test_a_promise_agreed_before_in_other_words_stays_and_is_told(finished: Path, source: Path) -> None:
    fill(finished, {("P1", "accept"): "yes"})
    accept(finished, today=TODAY)
    fill(finished, {("P1", "target"): 0.5})
    said = accept(finished, today=TODAY).lines()
    assert "was agreed before, in other words, and stays as it was" in said[1]
    assert agreed(source)["target"].tolist() == ["0.47"]


def test_another_target_or_quarter_is_named_in_the_promise(finished: Path, source: Path) -> None:
    fill(finished, {("P1", "accept"): "yes", ("P1", "target"): "52 %", ("P1", "due_on"): "2027-03-31"})
    accept(finished, today=TODAY)
    row = agreed(source).iloc[0]
    assert (row["text"], row["target"]) == ("Win 52 % of the deals decided in 2027Q1", "0.52")


def test_words_of_a_persons_own_stand(finished: Path, source: Path) -> None:
    fill(finished, {("P1", "accept"): "yes", ("P1", "text"): "Win half of the deals", ("P1", "target"): 0.5})
    accept(finished, today=TODAY)
    assert agreed(source)["text"].tolist() == ["Win half of the deals"]


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        ({"accept": "maybe"}, "Actions!D2 holds 'maybe': write yes or no"),
        ({"target": "a lot"}, r"Actions!K2 holds 'a lot', which is no number: type one, such as 47%"),
        ({"target": None}, r"Actions!K2 holds nothing, which is no number"),
        ({"target": 47}, r"Actions!K2 holds 47, which is 4700%: write a share as 47%"),
        ({"target": "=1/2"}, r"Actions!K2 holds the formula =1/2: type its result"),
        ({"due_on": "soon"}, r"Actions!H2 holds 'soon', which is no date"),
        ({"due_on": date(2026, 9, 1)}, r"Actions!H2 holds 2026-09-01, which is over: today is 2026-10-05"),
        ({"proposal_id": "Z9"}, r"Actions!Q2 holds 'Z9', which this run does not propose"),
        ({"proposal_id": CALL["proposal_id"]}, r"Actions!C2 holds 'P1', and cn-20261231-bbb.* was proposed to P2"),
        ({"text": None}, r"Actions!F2 is empty: say what is to be done"),
        ({"owner": "x" * 501}, r"Actions!G2 holds 501 characters"),
    ],
)
def test_a_cell_that_cannot_be_used_is_named_and_nothing_is_added(
    finished: Path, source: Path, cells: dict[str, object], said: str
) -> None:
    fill(finished, {("P1", "accept"): "yes", **{("P1", name): value for name, value in cells.items()}})
    with pytest.raises(BadForm, match=said):
        accept(finished, today=TODAY)
    assert not (source / "agreed").exists()


def test_all_faults_are_told_at_once(finished: Path) -> None:
    fill(finished, {("P1", "accept"): "yes", ("P1", "target"): "much", ("P2", "accept"): "perhaps"})
    with pytest.raises(BadForm, match=r"2 cells need another look.\n  Actions!K2 .*\n  Actions!D3 "):
        accept(finished, today=TODAY)


def test_a_workbook_that_is_none_is_told(finished: Path) -> None:
    (finished / "proposed" / "actions.xlsx").write_text("no workbook")
    with pytest.raises(BadForm, match="cannot be read as a workbook"):
        accept(finished, today=TODAY)


@pytest.mark.parametrize(
    ("manifest", "said"),
    [(None, "holds no run: run.json is missing"), ({"state": "running"}, "is not finished; start it again")],
)
def test_a_run_that_is_none_or_not_finished_is_refused(finished: Path, manifest: dict | None, said: str) -> None:
    if manifest is None:
        (finished / "run.json").unlink()
    else:
        (finished / "run.json").write_text(json.dumps(manifest))
    with pytest.raises(RunIncomplete, match=said):
        accept(finished, today=TODAY)


def test_a_source_that_has_gone_or_cannot_be_written_is_refused(finished: Path, source: Path) -> None:
    fill(finished, {("P1", "accept"): "yes"})
    # A file in the folder's place cannot be written into, whoever runs the test.
    (source / "agreed").write_text("")
    with pytest.raises(NotUsable, match=r"agreed cannot be written: .*; nothing was added"):
        accept(finished, today=TODAY)
    source.rename(source.with_name("moved"))
    with pytest.raises(ChannelnbError, match="there is no source folder"):
        accept(finished, today=TODAY)


def test_a_write_that_fails_leaves_what_was_there(
    finished: Path, source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(finished, {("P1", "accept"): "yes"})
    accept(finished, today=TODAY)
    before = (source / "agreed" / "commitments.csv").read_bytes()
    fill(finished, {("P2", "accept"): "yes", ("P2", "text"): "Pay", ("P2", "owner"): "Cat"})

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(accepting.os, "fsync", full)
    with pytest.raises(NotUsable, match="No space left on device; nothing was added"):
        accept(finished, today=TODAY)
    assert (source / "agreed" / "commitments.csv").read_bytes() == before
    assert [path.name for path in (source / "agreed").iterdir()] == ["commitments.csv"]


def write_plan(run: Path, version: str, status: str, revenue: str) -> None:
    folder = run / "proposed" / "plans" / slug("P1")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{version}.csv").write_text(
        "partner_id,version,made_on,made_by,status,month,line,target_revenue,way\n"
        f"P1,{version},2026-09-30,Ann,{status},2026-10-01,Disks,{revenue},custom\n"
    )
    (folder / f"{version}.commitments.csv").write_text(
        "commitment_id,partner_id,side,kind,area,text,due_on,made_on,status\n"
        f"plan-{version},P1,vendor,action,sales,Call weekly,2026-12-31,2026-09-30,open\n"
    )
    (folder / "plan_for_crm.csv").write_text("Account,Month\nAda,2026-10\n")


def test_the_newest_committed_plan_is_added_with_its_goals(finished: Path, source: Path) -> None:
    write_plan(finished, "2026Q3-2", "committed", "20.00")
    write_plan(finished, "2026Q3-10", "committed", "77.70")
    write_plan(finished, "2026Q3-11", "draft", "99.00")
    found = accept(finished, today=TODAY)
    assert found.added == {"plans": 1, "commitments": 1}
    assert accept(finished, today=TODAY).added == {"plans": 0, "commitments": 0}
    assert agreed(source)["commitment_id"].tolist() == ["plan-2026Q3-10"]
    with open_book(source, quarter="2026Q3") as book:
        plans = book.query("SELECT version, target_revenue FROM plans_in_force WHERE month = DATE '2026-10-01'")
        assert plans.to_dict("records") == [{"version": "2026Q3-10", "target_revenue": 77.7}]
        assert book.loads["plans"].extra == ("way",)


def test_a_draft_alone_is_told_and_not_added(finished: Path, source: Path) -> None:
    write_plan(finished, "2026Q3-1", "draft", "99.00")
    lines = accept(finished, today=TODAY).lines()
    assert "no version of the plan is committed, so none was added" in lines[1]
    assert not (source / "agreed").exists()


def test_the_command_says_what_was_added_and_a_fault_is_no_traceback(finished: Path) -> None:
    runner = CliRunner()
    # The day of the command is that of the machine.
    fill(finished, {("P1", "accept"): "yes", ("P1", "due_on"): date(2099, 12, 31)})
    copy = (finished / "proposed" / "actions.xlsx").rename(finished / "back.xlsx")
    assert "no action was accepted" in runner.invoke(app, ["accept", str(finished)]).output.replace("\n", " ")
    found = runner.invoke(app, ["accept", str(finished), "--actions", str(copy)])
    assert (found.exit_code, "1 promise added" in found.output.replace("\n", " ")) == (0, True)
    copy.rename(finished / "proposed" / "actions.xlsx")
    fill(finished, {("P1", "accept"): "perhaps"})
    bad = runner.invoke(app, ["accept", str(finished)])
    assert bad.exit_code == 2
    assert "Actions!D2 holds 'perhaps'" in bad.output
    assert "Traceback" not in bad.output
