"""What a person accepts of a run becomes rows of its source: once, whole, and only what can be used."""

from __future__ import annotations

import json
import os
from datetime import date
from pathlib import Path

import pandas as pd
import pytest
from openpyxl import load_workbook
from typer.testing import CliRunner

from channelnb.book.book import open_book
from channelnb.chosen import Settings
from channelnb.cli import app
from channelnb.errors import BadForm, BadSource, ChannelnbError, NotUsable, RunIncomplete
from channelnb.fleet.accept import accept
from channelnb.fleet.actions import HEADS, HOW, SHEET
from channelnb.fleet.agreed import read_rows
from channelnb.fleet.folder import held, locked
from channelnb.fleet.proposed import commitments_csv, write_proposed
from channelnb.fleet.slugs import slug
from channelnb.fleet.targets import target_of
from channelnb.freezing import freeze
from channelnb.planning.promises.proposals import COLUMNS, PROPOSALS
from channelnb.snapshot import Snapshot
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
        ({"owner": "@SUM(A1)"}, r"Actions!G2 begins with '@', which a sheet takes for a formula"),
        ({"if_missed": "-2+3"}, r"Actions!L2 begins with '-', which a sheet takes for a formula"),
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

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(NotUsable, match="No space left on device; nothing was added"):
        accept(finished, today=TODAY)
    assert (source / "agreed" / "commitments.csv").read_bytes() == before
    assert [path.name for path in (source / "agreed").iterdir() if path.name != ".lock"] == ["commitments.csv"]


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


@pytest.mark.parametrize(
    ("metric", "target", "typed", "as_share", "means"),
    [
        ("win_rate", 0.47, "52 %", False, 0.52),
        ("win_rate", 0.47, 0.52, False, 0.52),
        ("return_on_marketing", 4.8, 4.8, False, 4.8),
        ("return_on_marketing", 4.8, "500%", False, 5.0),
        ("attainment", 1.0, 1.1, True, 1.1),
        ("growth_yoy", -0.05, -0.05, True, -0.05),
        ("growth_yoy", 0.02, "-1%", False, -0.01),
        ("mdf_utilisation", 1.05, 1.1, True, 1.1),
        ("deal_registrations", 12.0, "13", False, 13.0),
        ("lead_response_time", 20.0, 18.5, False, 18.5),
        # What was proposed is taken as it is, whatever would be said of it if it were typed.
        ("deal_registrations", 12.5, 12.5, False, 12.5),
    ],
)
def test_a_target_is_read_in_its_own_unit(
    metric: str, target: float, typed: object, as_share: bool, means: float
) -> None:
    proposal = {"metric": metric, "target": target, "baseline": None}
    assert target_of(typed, proposal, as_share=as_share) == pytest.approx(means)


@pytest.mark.parametrize(
    ("metric", "target", "typed", "as_share", "said"),
    [
        ("deal_registrations", 12.0, "5%", False, "holds 5%, and it is no share"),
        ("deal_registrations", 12.0, 0.05, True, "holds 5%, and it is no share"),
        ("revenue", 9000.0, 9.5, True, "holds 950%, and it is no share"),
        ("deal_registrations", 12.0, 12.5, False, "holds 12.5, and it is counted: type a whole number"),
        ("deal_registrations", 12.0, -1, False, "holds -1: a target cannot be below zero"),
        ("win_rate", 0.47, 1.2, True, "holds 1.2, which is 120%: write a share as 47%"),
        ("win_rate", 0.47, "-5%", False, "which is -5%: write a share as 47%"),
        ("return_on_marketing", 4.8, 5, False, "holds 5, which is 500%: write it with its sign"),
    ],
)
def test_a_target_in_another_unit_is_refused(
    metric: str, target: float, typed: object, as_share: bool, said: str
) -> None:
    with pytest.raises(ValueError, match=said):
        target_of(typed, {"metric": metric, "target": target, "baseline": 0.4}, as_share=as_share)


def test_per_cent_in_a_cell_of_a_count_is_refused(finished: Path) -> None:
    snapshot = finished / "snapshot" / f"{PROPOSALS}.parquet"
    pd.read_parquet(snapshot).assign(metric="deal_registrations", target=12.0).to_parquet(snapshot)
    path = fill(finished, {("P1", "accept"): "yes"})
    book = load_workbook(path)
    cell = book[SHEET].cell(2, COLUMN["target"])
    # A sheet keeps 5% as this number in this format.
    cell.value, cell.number_format = 0.05, "0%"
    book.save(path)
    with pytest.raises(BadForm, match="Actions!K2 holds 5%, and it is no share"):
        accept(finished, today=TODAY)


@pytest.mark.parametrize(("encoding", "delimiter"), [("utf-8-sig", ";"), ("cp1252", ";"), ("utf-16", "\t")])
def test_files_that_a_spreadsheet_saved_again_keep_every_row(
    finished: Path, source: Path, encoding: str, delimiter: str
) -> None:
    fill(finished, {("P1", "accept"): "yes", ("P1", "owner"): "Zoë; Bob, or Cat"})
    accept(finished, today=TODAY)
    path, before = source / "agreed" / "commitments.csv", agreed(source)
    before.to_csv(path, index=False, sep=delimiter, encoding=encoding, lineterminator="\r\n")
    assert accept(finished, today=TODAY).there["commitments"] == 1
    fill(finished, {("P2", "accept"): "yes", ("P2", "text"): "Pay", ("P2", "owner"): "Cat"})
    accept(finished, today=TODAY)
    assert agreed(source).iloc[:1].to_dict("records") == before.to_dict("records")
    assert agreed(source)["owner"].tolist() == ["Zoë; Bob, or Cat", "Cat"]


COMMITTED = b"commitment_id,partner_id,side,text,due_on,made_on\n"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", r"agreed/commitments.csv is empty: it needs a header"),
        (b"a,b\n1,2\n", r"agreed/commitments.csv: the table `commitments` needs the columns"),
        (
            COMMITTED + b"c1,P1,vendor\n",
            r"commitments.csv: row 1 below the header, 'c1,P1,vendor', does not have its 6",
        ),
        (COMMITTED + b"c1,P1,vendor," + b"x" * 3_000_000 + b",2026-12-31,2026-10-05\n", r"agreed/commitments.csv"),
        (
            COMMITTED + b"c1,P1,vendor,Call,2026-12-31,2026-10-05\nc2,P1,vendor,Call,01/10/2026,05/10/2026\n",
            r"commitments.csv: row 2 below the header has '01/10/2026' in the column `due_on` \(1 more are alike\)",
        ),
        (COMMITTED + b"c1,P1,vendor,Call,2026-02-30,2026-10-05\n", "'2026-02-30' in the column `due_on`, which is no"),
    ],
    ids=["empty", "header", "ragged", "long", "dates", "no_day"],
)
def test_a_file_that_cannot_be_told_is_refused_and_stays_as_it_was(
    finished: Path, source: Path, content: bytes, said: str
) -> None:
    fill(finished, {("P1", "accept"): "yes"})
    (source / "agreed").mkdir()
    path = source / "agreed" / "commitments.csv"
    path.write_bytes(content)
    with pytest.raises(BadSource, match=said):
        accept(finished, today=TODAY)
    assert path.read_bytes() == content


def test_a_file_that_has_gone_is_told(tmp_path: Path) -> None:
    with pytest.raises(BadSource, match=r"plans.csv cannot be read: No such file"):
        read_rows(tmp_path / "plans.csv", "plans")


def test_what_was_replaced_before_a_write_failed_is_told(finished: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_plan(finished, "2026Q3-1", "committed", "20.00")
    replace = Path.replace

    def only_plans(path: Path, to: Path) -> Path:
        if to.name == "commitments.csv":
            raise OSError(5, "Input/output error")
        return replace(path, to)

    monkeypatch.setattr(Path, "replace", only_plans)
    with pytest.raises(NotUsable, match=r"plans.csv was added to, commitments.csv was not: see to it and accept again"):
        accept(finished, today=TODAY)
    monkeypatch.undo()
    found = accept(finished, today=TODAY)
    assert (found.added, found.there["plans"]) == ({"plans": 0, "commitments": 1}, 1)


def test_two_runs_are_not_accepted_into_one_source_at_once(finished: Path, source: Path) -> None:
    fill(finished, {("P1", "accept"): "yes"})
    with (
        locked(source / "agreed", busy=""),
        pytest.raises(RunIncomplete, match=r"another run is being accepted into .*agreed"),
    ):
        accept(finished, today=TODAY)
    assert not (source / "agreed" / "commitments.csv").exists()


def test_a_workbook_that_was_named_and_is_not_there_is_a_fault(finished: Path) -> None:
    found = CliRunner().invoke(app, ["accept", str(finished), "--actions", "nope.xlsx"])
    assert (found.exit_code, "nope.xlsx: there is no such file" in found.output) == (2, True)


def test_no_text_of_the_table_of_proposals_is_a_formula() -> None:
    rows = pd.DataFrame([RATE | {"baseline": -0.4}, CALL])[list(COLUMNS)].astype(COLUMNS)
    rate, call = commitments_csv(rows, made_on="2026-10-01").splitlines()[1:]
    assert ",-0.4," in rate
    assert "\"'=HYPERLINK(" in call
    assert ",'-2+3," in call


@pytest.mark.parametrize("line", ["Tapes", "Disks"])
def test_a_version_that_is_there_with_other_rows_is_refused(finished: Path, source: Path, line: str) -> None:
    write_plan(finished, "2026Q3-1", "committed", "20.00")
    accept(finished, today=TODAY)
    before = (source / "agreed" / "plans.csv").read_bytes()
    path = finished / "proposed" / "plans" / slug("P1") / "2026Q3-1.csv"
    path.write_text(path.read_text() + f"P1,2026Q3-1,2026-09-30,Ann,committed,2026-10-01,{line},5.00,custom\n")
    with pytest.raises(BadForm, match=r"version 2026Q3-1 of the plan of P1, .* \(1 there, 2 that were committed\)"):
        accept(finished, today=TODAY)
    assert (source / "agreed" / "plans.csv").read_bytes() == before


def test_a_version_whose_amounts_are_written_otherwise_is_the_same(finished: Path, source: Path) -> None:
    write_plan(finished, "2026Q3-1", "committed", "20.00")
    accept(finished, today=TODAY)
    path = source / "agreed" / "plans.csv"
    path.write_text(path.read_text().replace("20.00", "20"))
    assert accept(finished, today=TODAY).there["plans"] == 1


def test_a_goal_of_a_plan_that_is_a_formula_is_refused(finished: Path, source: Path) -> None:
    write_plan(finished, "2026Q3-1", "committed", "20.00")
    path = finished / "proposed" / "plans" / slug("P1") / "2026Q3-1.commitments.csv"
    path.write_text(path.read_text().replace("Call weekly", "=1+1"))
    with pytest.raises(BadForm, match=r"row 1 below the header has '=1\+1' in the column `text`"):
        accept(finished, today=TODAY)
    assert not (source / "agreed").exists()
