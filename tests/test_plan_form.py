"""The plan's form: what is sent out, what LibreOffice makes of it, and what is read back."""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

import pandas as pd
import pytest
from openpyxl import load_workbook
from openpyxl.cell.cell import MergedCell
from typer.testing import CliRunner

from channelnb.book.book import open_book
from channelnb.book.tables import CONTRACT
from channelnb.chosen import Settings
from channelnb.cli import app
from channelnb.errors import BadForm, BadParameters, NotUsable, RunIncomplete, UnknownName
from channelnb.fleet.partner_plans import FORMS, PROPOSED, Asked, Outcome, newest_run, plan
from channelnb.fleet.plan_files import COMMITMENTS, FOR_CRM, PLANS, commitment_rows, read_version
from channelnb.fleet.slugs import slug
from channelnb.form.cells import Cells
from channelnb.form.content import form_of, proposed_goals
from channelnb.form.form import Filled, Form, FormLine, Goal, Measure
from channelnb.form.layout import FILLED_BY, MONTHS, PLAN, RATES, STATUS, Layout
from channelnb.form.rates import IDENTITY
from channelnb.form.read import read_form
from channelnb.form.sealed import amounts
from channelnb.form.sheet import form_bytes
from channelnb.freezing import freeze
from channelnb.planning.business.plan import Choice, custom, make_plan, percentage, sample
from channelnb.planning.business.proposal import plan_of
from channelnb.scorecards import read_scorecards
from channelnb.slice import INTERNAL, PARTNER, gated
from channelnb.snapshot import Snapshot

ROOT = Path(__file__).parent.parent
SOFFICE = shutil.which("soffice")
TODAY = date(2026, 10, 5)
TARGET_OF_FIRM = "G20"
"""The target of the first goal on the sample partner's form."""
FIRM = "P0003"

needs_office = pytest.mark.skipif(SOFFICE is None, reason="LibreOffice is not installed")


@pytest.fixture(scope="module")
def snapshot(sample, tmp_path_factory) -> Snapshot:
    folder = tmp_path_factory.mktemp("frozen") / "snapshot"
    cards = read_scorecards(ROOT / "params" / "scorecards.yaml")
    with open_book(sample, quarter="2026Q3") as book:
        return freeze(book, folder, Settings(scorecards=cards))


@pytest.fixture
def run(snapshot, tmp_path) -> Path:
    """A run's folder, with nothing proposed in it yet."""
    folder = tmp_path / "runs" / "sample" / "2026Q3"
    folder.mkdir(parents=True)
    (folder / "snapshot").symlink_to(snapshot.folder)
    return folder


@pytest.fixture(scope="module")
def office(tmp_path_factory):
    """Open a file in LibreOffice, and save it in another format: what a person would see."""
    home = tmp_path_factory.mktemp("office")

    def converted(path: Path, kind: str) -> Path:
        into = path.parent / "from_office"
        command = [str(SOFFICE), "--headless", "--convert-to", kind, "--outdir", str(into), str(path)]
        subprocess.run([*command, f"-env:UserInstallation=file://{home}"], check=True, capture_output=True, timeout=120)
        return into / f"{path.stem}.{kind}"

    return converted


def sent(run: Path, *, edition: str = PARTNER, months: int | None = None) -> Path:
    plan(FIRM, Asked(run=run, edition=edition, months=months), today=TODAY)
    return run / PROPOSED / slug(FIRM) / FORMS[edition]


def fill(path: Path, cells: dict[str, object], *, sheet: str = PLAN, by: str = "Ann") -> None:
    book = load_workbook(path)
    book[PLAN][FILLED_BY].value = book[PLAN][FILLED_BY].value or by
    for at, value in cells.items():
        book[sheet][at].value = value
    book.save(path)


def read_back(run: Path, *, edition: str = PARTNER, today: date = TODAY) -> Outcome:
    return plan(FIRM, Asked(run=run, edition=edition), today=today)


# The round trip


@needs_office
@pytest.mark.parametrize("edition, months", [(PARTNER, 24), (INTERNAL, 30)])
def test_the_sheets_own_formulas_come_to_what_python_plans(snapshot, run, office, edition, months):
    path = sent(run, edition=edition, months=months)
    part = gated(snapshot, FIRM, INTERNAL)
    form = form_of(gated(snapshot, FIRM, edition), run="sample/2026Q3", months=months)
    page, lines = Layout.of(form), [line.line for line in form.lines]
    rows = list(page.rows)
    typed = [
        ("percentage on last year", 12.5, -3.7, None),
        ("percentage on last year", -20, None, None),
        ("custom figures", 41_234.56, 50_000.05, None),
        ("sample forecast", 9_876.54, None, lines[0]),
        ("sample forecast", 20_000, None, lines[1]),
        ("custom figures", 777.77, None, None),
    ]
    names = ("way", "first", "second", "like")
    cells = {page.at(name, row): value for row, said in zip(rows, typed, strict=False)
             for name, value in zip(names, said, strict=True)}  # fmt: skip
    fill(path, cells)
    choices = [
        percentage(lines[0], 0.125, later=-0.037),
        percentage(lines[1], -0.2),
        custom(lines[2], 41_234.56, later=50_000.05),
        sample(lines[3], at_maturity=9_876.54, like=lines[0]),
        sample(lines[4], at_maturity=20_000.0, like=lines[1]),
        custom(lines[5], 777.77),
        *(line.choice for line in form.lines[6:]),
    ]
    made = make_plan(part.frames["plan_basis"], choices, first="2026-10", months=months,
                     costs=part.frames["plan_cost_rates"])  # fmt: skip
    saved = office(path, "xlsx")
    shown, expected = load_workbook(saved, data_only=True)[PLAN], dict(amounts(form, made))
    assert len(expected) >= (len(lines) + 1) * 8
    near = {at: pytest.approx(value, abs=0.0051) for at, value in expected.items()}
    assert {at: shown[at].value for at in expected} == near
    # What LibreOffice saved is read like what we wrote, by what was typed and not by what it shows.
    shutil.copy(saved, path)
    read_back(run, edition=edition)
    kept = pd.read_csv(path.parent / "2026Q3-1.csv")
    for column, amount in (("target_revenue", "revenue"), ("target_profit", "vendor_profit")):
        assert kept[column].sum() == pytest.approx(made[amount].sum(), abs=0.001)
    assert kept["month"].nunique() == months


@needs_office
def test_the_page_prints_on_one_sheet_of_paper(office, tmp_path):
    for name, form in (("small", small_form()), ("large", small_form(lines=14, months=36, edition=INTERNAL))):
        (tmp_path / f"{name}.xlsx").write_bytes(form_bytes(form))
        printed = office(tmp_path / f"{name}.xlsx", "pdf").read_bytes()
        assert len(re.findall(rb"/Type\s*/Page\b", printed)) == 1


def test_only_the_page_is_seen_and_it_tells_where_the_other_sheets_are(blank):
    book = load_workbook(blank)
    assert {sheet.title: sheet.sheet_state for sheet in book} == {PLAN: "visible", RATES: "hidden", MONTHS: "hidden"}
    assert "choose Unhide" in book[PLAN][f"A{Layout.of(small_form()).foot}"].value


@needs_office
def test_what_has_a_formulas_name_is_shown_as_text(office, tmp_path):
    name = '=HYPERLINK("http://example.com","click")'
    form = small_form(partner=name, line="=1+1", text="+cmd|' /C calc'!A0")
    (tmp_path / "form.xlsx").write_bytes(form_bytes(form, made_by="=2+2"))
    page = load_workbook(office(tmp_path / "form.xlsx", "xlsx"))[PLAN]
    layout = Layout.of(form)
    assert page[layout.at("line", layout.rows[0])].value == "=1+1"
    assert name in page["A1"].value
    for row in page.iter_rows():
        assert not [cell.coordinate for cell in row if cell.data_type == "f" and "HYPERLINK" in str(cell.value)]
    for at in (FILLED_BY, layout.at("line", layout.rows[0]), layout.goal_at("text", layout.goals[0])):
        assert page[at].data_type == "s", at


def small_form(
    *,
    partner: str = "Ada",
    line: str = "",
    text: str = "Train two people",
    lines: int = 3,
    months: int = 24,
    edition: str = PARTNER,
) -> Form:
    names = [line or "Line 0", *(f"Line {number}" for number in range(1, lines))]
    ramps = dict.fromkeys(names[:-1], (0.3, 0.8, 1.0))
    rates = {"rebate": 0.02, "incentives": 0.01, "mdf": 0.01, "resale_revenue": 1.2, "cost": 0.6, "cost_to_serve": 0.1}
    return Form(
        run="acme/2026Q3",
        partner_id="P1",
        partner=partner,
        vendor="Acme",
        currency="USD",
        as_of="2026-09-30",
        edition=edition,
        first="2026-10",
        months=months,
        in_force="There is no plan yet.",
        lines=(
            *(FormLine(name, 1000.0, (1 / 12,) * 12, ramps, rates, percentage(name, 0.05)) for name in names[:-1]),
            FormLine(names[-1], 0.0, (1 / 12,) * 12, ramps, rates, custom(names[-1], 0.0)),
        ),
        measures=(Measure("win_rate", "Win rate", "%", "36 %"),),
        goals=(Goal("training", text, "win_rate", 45.0, "partner", "Ann", date(2027, 9, 30), "talk"),),
        owners=("Ann",),
    )


# What the form holds


def everything(path: Path) -> list[object]:
    """Every value in a workbook's cells."""
    return [cell.value for sheet in load_workbook(path) for row in sheet.iter_rows() for cell in row]


def test_the_partners_form_holds_none_of_the_vendors_margins(snapshot, run):
    part = gated(snapshot, FIRM, INTERNAL)
    rates = part.frames["plan_cost_rates"]
    secret = [float(rate) for name in ("cost_rate", "cost_to_serve_rate") for rate in rates[name].dropna()]
    assert secret
    held = {edition: everything(sent(run, edition=edition)) for edition in FORMS}
    numbers = {edition: {value for value in held[edition] if isinstance(value, float)} for edition in FORMS}
    assert any(rate in numbers[INTERNAL] for rate in secret)
    assert not any(rate in numbers[PARTNER] for rate in secret)
    words = {edition: " ".join(value for value in held[edition] if isinstance(value, str)) for edition in FORMS}
    for said in ("cost to serve", "Vendor's profit", "INTERNAL"):
        assert said in words[INTERNAL]
        assert said not in words[PARTNER]


def test_only_cells_to_fill_in_are_open_and_they_are_coloured(blank):
    book = load_workbook(blank)
    assert all(sheet.protection.sheet and not sheet.protection.password for sheet in book)
    page = book[PLAN]
    cells = [cell for row in page.iter_rows() for cell in row if not isinstance(cell, MergedCell)]
    unlocked = {cell.coordinate for cell in cells if not cell.protection.locked}
    assert unlocked == {cell.coordinate for cell in cells if cell.fill.start_color.rgb == "00FFF4CC"}
    assert {FILLED_BY, STATUS, WAY, FIRST, SECOND, LIKE, TEXT, METRIC, TARGET, SIDE, OWNER, DUE} <= unlocked
    for sheet in (RATES, MONTHS):
        assert all(cell.protection.locked for row in book[sheet].iter_rows() for cell in row)


def test_no_message_of_a_cell_is_longer_than_excel_allows(blank):
    for rule in load_workbook(blank)[PLAN].data_validations.dataValidation:
        assert len(rule.prompt) <= 255
        assert len(rule.error) <= 225
        assert max(len(rule.promptTitle), len(rule.errorTitle)) <= 32
        assert len(rule.formula1) <= 255


def test_every_line_sold_is_on_the_form_with_a_proposal(snapshot, run):
    part = gated(snapshot, FIRM, PARTNER)
    form = form_of(part, run="sample/2026Q3", months=24)
    sold = part.frames["plan_proposed"]
    assert set(sold["line"]) <= {line.line for line in form.lines}
    assert [line.choice.way for line in form.lines if line.line in set(sold["line"])]
    assert form.goals
    assert form.weaknesses


# Reading it back

WAY, FIRST, SECOND, LIKE = "D8", "F8", "G8", "H8"
TEXT, METRIC, TARGET, SIDE, OWNER, DUE = "B17", "E17", "G17", "H17", "I17", "K17"


@pytest.fixture
def blank(tmp_path) -> Path:
    """A small form as it is sent out."""
    path = tmp_path / "plan_form.xlsx"
    path.write_bytes(form_bytes(small_form(), made_by="Ann"))
    return path


def read_small(path: Path) -> Filled:
    return read_form(Cells.open(path), small_form())


def test_the_cells_that_tests_fill_are_those():
    page = Layout.of(small_form())
    assert [page.at(name, 8) for name in ("way", "first", "second", "like")] == [WAY, FIRST, SECOND, LIKE]
    names = ("text", "metric", "target", "side", "owner", "due_on")
    assert [page.goal_at(name, page.goals[0]) for name in names] == [TEXT, METRIC, TARGET, SIDE, OWNER, DUE]


def test_a_form_sent_back_as_it_was_says_what_was_proposed(blank):
    form, filled = small_form(), read_small(blank)
    assert filled.choices == tuple(line.choice for line in form.lines)
    assert filled.goals == tuple(replace(goal, target=0.45) for goal in form.goals)
    assert (filled.made_by, filled.status) == ("Ann", "draft")


@pytest.mark.parametrize(
    "cells, said",
    [
        ({FIRST: "10,5"}, "F8 holds the text '10,5': type the number alone, such as 10 for 10 %"),
        ({FIRST: "ten"}, "F8 holds the text 'ten'"),
        ({FIRST: 0.1}, "F8 holds 0.1, which is less than one per cent: type 10 for 10 %"),
        ({FIRST: 1000}, "F8 holds a growth of 1000 %: it is more than -100 and at most 300"),
        ({FIRST: -100}, "F8 holds a growth of -100 %"),
        ({FIRST: "=5*2"}, "F8 holds the formula =5*2: type its result"),
        ({FIRST: "#REF!"}, "F8 holds the error #REF!"),
        ({FIRST: None}, "F8 is blank: fill in what Line 0 is planned by"),
        ({FIRST: datetime(2027, 10, 5)}, "F8 holds 2027-10-05, which is no number"),
        ({FIRST: True}, "F8 holds True, which is no number"),
        ({WAY: None}, "D8 is blank: choose how to plan Line 0"),
        ({WAY: "by feel"}, "D8 holds 'by feel': choose one of percentage on last year"),
        ({WAY: "custom figures", FIRST: -5}, "F8 holds -5.00: revenue is 0 or more"),
        ({WAY: "custom figures", FIRST: "10%"}, "F8 holds the text '10%'"),
        ({WAY: "sample forecast", FIRST: 5000, LIKE: "Nothing"}, "H8 holds 'Nothing': choose one of Line 0"),
        ({WAY: "sample forecast", FIRST: 5000, LIKE: "Line 2"}, "H8 says 'Line 2', and too few firms tell"),
        ({"D10": "percentage on last year", "F10": 5}, "and Line 2 has no year to grow from: plan it another way"),
        ({STATUS: "perhaps"}, "holds 'perhaps': choose one of draft, committed"),
        ({STATUS: None}, "is blank: choose one of draft, committed"),
        ({FILLED_BY: " "}, "is blank: say who filled in the form"),
        ({TEXT: None}, "B17 is blank: fill it in, or clear the whole row"),
        ({TEXT: "@SUM(A1)"}, "B17 begins with '@', which a sheet takes for a formula"),
        ({TEXT: "x" * 300}, "B17 holds 300 characters: say it in 250 or fewer"),
        ({METRIC: "Luck"}, "E17 holds 'Luck': choose one of"),
        ({METRIC: None}, "E17 is blank, and there is a target"),
        ({TARGET: None}, "G17 is blank: give the target, or clear the measure"),
        ({TARGET: "lots"}, "G17 holds the text 'lots'"),
        ({TARGET: 0.35}, "G17 holds 0.35, which is less than one per cent: type 35 for 35 %"),
        ({SIDE: "us"}, "H17 holds 'us': choose one of partner, vendor"),
        ({OWNER: None}, "I17 is blank: fill it in"),
        (
            {"A18": "sales", "B18": "Train two people", "H18": "vendor", "I18": "Bo", "K18": date(2027, 3, 31)},
            "B18 says what a goal above does: clear one of the rows",
        ),
        ({DUE: "soon"}, "K17 holds soon, which is no date"),
        ({DUE: date(2026, 1, 1)}, "K17 holds 2026-01-01, which is outside of the plan"),
    ],
)
def test_a_cell_that_cannot_be_used_is_named_with_what_to_do(blank, cells, said):
    fill(blank, cells)
    with pytest.raises(BadForm, match=re.escape(said)) as refused:
        read_small(blank)
    assert str(refused.value).startswith(f"{blank}: 1 cell needs another look.\n  Plan!")


def test_all_faults_are_told_at_once(blank):
    fill(blank, {FIRST: "ten", TEXT: None, STATUS: "maybe"})
    with pytest.raises(BadForm, match=r"3 cells need another look\.\n.*\n.*\n.*") as refused:
        read_small(blank)
    assert all(f"Plan!{at} " in str(refused.value) for at in (FIRST, TEXT, STATUS))


@pytest.mark.parametrize("typed, growth", [("10%", 0.1), ("10 %", 0.1), ("-7.5", -0.075), (0, 0.0), (300, 3.0)])
def test_a_growth_may_be_typed_as_people_do(blank, typed, growth):
    fill(blank, {FIRST: typed, SECOND: None})
    assert read_small(blank).choices[0] == Choice("Line 0", "percentage", growth, None)


def test_a_cell_that_a_sheet_shows_as_a_percentage_is_one(blank):
    book = load_workbook(blank)
    for at, value in ((FIRST, 0.1), (TARGET, 0.35)):
        book[PLAN][at].value, book[PLAN][at].number_format = value, "0.00%"
    book.save(blank)
    filled = read_small(blank)
    assert filled.choices[0].first == 0.1
    assert filled.goals[0].target == 0.35


@pytest.mark.parametrize(
    "sheet, at, value, said",
    [
        (PLAN, "A8", "Line zero", "Plan!A8 holds 'Line zero', where 'Line 0' was sent out"),
        (PLAN, "C8", 1, "Plan!C8 holds 1, where 1000.0 was sent out"),
        (RATES, "J8", 9, "Rates!J8 holds 9, where 1.2 was sent out"),
        (MONTHS, "D2", 0.5, "Months!D2 holds 0.5, where"),
        (RATES, IDENTITY["partner_id"], "P0007", "is of the partner P0007, not of P1"),
        (RATES, IDENTITY["run"], "acme/2026Q2", "is of the run acme/2026Q2, not of 2026Q3 f7a7f606efd2"),
        (RATES, IDENTITY["figures"], "0123456789ab", "was written from other figures than the run"),
        (RATES, IDENTITY["months"], None, "does not say what it is of: ['months'] on the sheet Rates is blank"),
    ],
)
def test_a_locked_cell_that_was_changed_is_refused(blank, sheet, at, value, said):
    fill(blank, {at: value}, sheet=sheet)
    with pytest.raises(BadForm, match=re.escape(said)):
        read_small(blank)


def test_a_form_of_figures_that_the_run_no_longer_has_is_refused(blank):
    with pytest.raises(BadForm, match="was written from other figures than the run"):
        read_form(Cells.open(blank), replace(small_form(), as_of="2026-10-31"))


@pytest.mark.parametrize("content", [b"", b"not a workbook", b"PK\x03\x04broken"])
def test_a_file_that_is_no_workbook_is_refused(tmp_path, content):
    path = tmp_path / "plan_form.xlsx"
    path.write_bytes(content)
    with pytest.raises(BadForm, match=r"cannot be read as a workbook.*save it again as \.xlsx"):
        Cells.open(path)


def test_another_workbook_is_no_form(blank, tmp_path):
    book = load_workbook(blank)
    del book[RATES]
    book.save(blank)
    with pytest.raises(BadForm, match=r"is no plan's form: it lacks the sheets \['Rates'\]"):
        Cells.open(blank)
    with pytest.raises(BadForm, match="there is no such file"):
        Cells.open(tmp_path / "none.xlsx")


# Versions


def test_versions_are_kept_and_an_unchanged_form_adds_none(run):
    path = sent(run)
    fill(path, {FIRST: 5})
    assert "Version 2026Q3-1, draft, by Ann." in read_back(run).lines
    first = (path.parent / "2026Q3-1.csv").read_bytes()
    assert "Unchanged" in read_back(run, today=date(2026, 11, 1)).lines[0]
    fill(path, {STATUS: "committed"})
    again = read_back(run, today=date(2026, 11, 2))
    assert "Version 2026Q3-2, committed, by Ann." in again.lines
    assert f"channelnb accept {run}" in again.lines[-1]
    assert (path.parent / "2026Q3-1.csv").read_bytes() == first
    second = pd.read_csv(path.parent / "2026Q3-2.csv")
    assert set(second["status"]) == {"committed"}
    assert set(second["made_on"]) == {"2026-11-02"}
    assert set(pd.read_csv(path.parent / FOR_CRM)["version"]) == {"2026Q3-2"}


def test_files_hold_the_contracts_columns_and_can_be_agreed(sample, run, tmp_path):
    path = sent(run)
    fill(path, {STATUS: "committed", "A24": "training", "B24": "Train two people", "H24": "vendor", "I24": "Bo",
                "K24": date(2027, 3, 31)})  # fmt: skip
    read_back(run)
    plans = pd.read_csv(path.parent / "2026Q3-1.csv", dtype="str", keep_default_na=False)
    promised = pd.read_csv(path.parent / "2026Q3-1.commitments.csv", dtype="str", keep_default_na=False)
    columns = {table: {column.name for column in CONTRACT[table].columns} for table in ("plans", "commitments")}
    assert set(plans.columns) - columns["plans"] == {"partner_profit", "way"}
    assert set(promised.columns) <= columns["commitments"]
    assert set(promised["kind"]) == {"goal", "action"}
    source = tmp_path / "source"
    source.mkdir()
    for name in ("source.yaml", "partners.parquet", "sales.parquet", "products.parquet", "fx_rates.parquet"):
        shutil.copy(sample / name, source)
    shutil.copy(path.parent / "2026Q3-1.csv", source / "plans.csv")
    shutil.copy(path.parent / "2026Q3-1.commitments.csv", source / "commitments.csv")
    with open_book(source, quarter="2026Q4") as book:
        assert len(book.table("plans")) == len(plans)
        assert len(book.table("commitments")) == len(promised)


def test_a_goal_whose_target_was_changed_is_worded_by_what_was_agreed(snapshot, run):
    path = sent(run)
    before = form_of(gated(snapshot, FIRM, PARTNER), run="sample/2026Q3", months=24).goals[0]
    fill(path, {TARGET_OF_FIRM: 4})
    read_back(run)
    promised = pd.read_csv(path.parent / "2026Q3-1.commitments.csv", dtype="str")
    assert promised["metric"][0] == before.metric == "growth_yoy"
    assert promised["target"][0] == "0.04"
    assert "4 %" in promised["text"][0]
    assert before.text not in set(promised["text"])
    assert set(promised["commitment_id"]) == set(strategies_of(snapshot)["commitment_id"].head(len(promised)))


def test_a_target_that_a_later_version_changes_is_the_same_promise(snapshot):
    part = gated(snapshot, FIRM, INTERNAL)
    goal = Goal("sales", "Win more of what we register", "win_rate", 0.40, "partner", "Ann", date(2027, 9, 30))
    first, later = (commitment_rows(part, [one]) for one in (goal, replace(goal, target=0.45)))
    assert first["commitment_id"].tolist() == later["commitment_id"].tolist()
    assert (first["target"][0], later["target"][0]) == ("0.4", "0.45")
    other = commitment_rows(part, [replace(goal, text="Win more deals")])
    assert other["commitment_id"].tolist() != first["commitment_id"].tolist()
    with pytest.raises(BadForm, match=r"has \['Win more of what we register'\] twice for one quarter"):
        commitment_rows(part, [goal, replace(goal, target=0.45)])


def test_while_a_period_runs_form_and_page_begin_with_the_same_month(snapshot):
    part = gated(snapshot, FIRM, INTERNAL)
    running = replace(part, about=replace(part.about, as_of="2026-08-14"))
    form = form_of(running, run="sample/2026Q3", months=24)
    proposed = plan_of(running.frames, as_of=date(2026, 8, 14), calendar=running.calendar)
    assert form.first == f"{proposed['month'].min():%Y-%m}" == "2026-09"


@pytest.mark.parametrize("end", [".csv", ".commitments.csv"])
@pytest.mark.parametrize(
    "saved, why",
    [
        (lambda text: text.replace("Ann", "Änne").encode("cp1252"), "can't decode byte"),
        (lambda text: b"", "No columns to parse"),
        (lambda text: text.replace(",", ";").encode(), "lacks the columns"),
    ],
)
def test_a_version_that_was_saved_in_another_way_is_named(tmp_path, end, saved, why):
    for kind, columns in ((".csv", PLANS), (".commitments.csv", COMMITMENTS)):
        pd.DataFrame([dict.fromkeys(columns, "Ann")]).assign(month="2026-10-01", target_revenue="5.00").to_csv(
            tmp_path / f"2026Q3-1{kind}", index=False
        )
    read_version(tmp_path, "2026Q3-1")
    path = tmp_path / f"2026Q3-1{end}"
    path.write_bytes(saved(path.read_text()))
    said = rf"2026Q3-1{re.escape(end)} is not as channelnb wrote it \(.*{why}.*\): restore it, or move 2026Q3-1\.csv"
    with pytest.raises(BadForm, match=said):
        read_version(tmp_path, "2026Q3-1")


def test_a_version_without_its_commitments_is_named(tmp_path):
    plan_kept = pd.DataFrame([dict.fromkeys(PLANS, "")]).assign(month="2026-10-01", target_revenue="5.00")
    plan_kept.to_csv(tmp_path / "2026Q3-1.csv", index=False)
    with pytest.raises(BadForm, match=r"2026Q3-1\.commitments\.csv is not as channelnb wrote it \(.*No such file"):
        read_version(tmp_path, "2026Q3-1")


@pytest.mark.parametrize("column, value", [("month", "01.10.2026"), ("target_revenue", "1.234,50")])
def test_a_version_with_dates_or_amounts_of_another_country_is_named(run, column, value):
    path = sent(run)
    fill(path, {})
    read_back(run)
    kept = path.parent / "2026Q3-1.csv"
    rows = pd.read_csv(kept, dtype="str", keep_default_na=False)
    rows.assign(**{column: value}).to_csv(kept, index=False)
    with pytest.raises(BadForm, match=r"2026Q3-1\.csv is not as channelnb wrote it \(months are not all such as"):
        read_back(run)


def strategies_of(snapshot: Snapshot) -> pd.DataFrame:
    return proposed_goals(gated(snapshot, FIRM, INTERNAL))


def test_a_formula_that_was_typed_over_is_refused(run):
    path = sent(run)
    fill(path, {"I8": 1_000_000})
    said = r"Plan!I8 shows 1,000,000\.00, and the plan comes to [\d,.]+ by what was filled in"
    with pytest.raises(BadForm, match=said):
        read_back(run)
    assert not [*path.parent.glob("*.csv")]


def test_a_line_not_sold_and_not_planned_is_no_part_of_the_plan(snapshot, run):
    fill(sent(run), {})
    read_back(run)
    lines = set(pd.read_csv(run / PROPOSED / slug(FIRM) / "2026Q3-1.csv")["line"])
    assert lines == set(gated(snapshot, FIRM, INTERNAL).frames["plan_proposed"]["line"])


# The command


@pytest.fixture
def cli(monkeypatch):
    monkeypatch.setenv("COLUMNS", "100")
    return lambda *words: CliRunner().invoke(app, [str(word) for word in words])


def test_the_command_writes_then_reads_then_refuses(cli, run, monkeypatch):
    monkeypatch.chdir(run.parents[2])
    done = cli("plan", FIRM, "--made-by", "Ann")
    assert (done.exit_code, "It may be sent to the partner." in done.output) == (0, True), done.output
    done = cli("plan", FIRM)
    assert done.exit_code == 0, done.output
    assert "Revenue, EUR" in done.output
    assert "All lines" in done.output
    path = run / PROPOSED / slug(FIRM) / FORMS[PARTNER]
    fill(path, {FIRST: "ten", STATUS: "maybe"})
    done = cli("plan", FIRM)
    assert done.exit_code == 2
    assert "2 cells need another look" in done.stderr
    assert "Plan!F8 holds the text 'ten'" in done.stderr
    assert "Traceback" not in done.output


def test_the_newest_run_is_meant_and_several_names_are_asked_about(run, snapshot):
    runs = run.parents[1]
    assert newest_run(runs) == run
    other = runs / "other" / "2026Q3"
    other.mkdir(parents=True)
    (other / "snapshot").symlink_to(snapshot.folder)
    with pytest.raises(BadParameters, match=r"holds runs of several names: .*other/2026Q3.*sample/2026Q3.* --run"):
        newest_run(runs)
    with pytest.raises(RunIncomplete, match="holds no run"):
        newest_run(runs / "other" / "nothing")


def test_an_unknown_partner_one_that_left_and_other_months_are_refused(run):
    with pytest.raises(UnknownName, match="there is no partner 'P9999'"):
        plan("P9999", Asked(run=run), today=TODAY)
    with pytest.raises(NotUsable, match=r"P0004 \(.*\) left on 2025-03-31: there is nothing to plan"):
        plan("P0004", Asked(run=run), today=TODAY)
    fill(sent(run, months=30), {})
    with pytest.raises(BadParameters, match=r"--months is 36, and .* is of 30 months"):
        plan(FIRM, Asked(run=run, months=36), today=TODAY)
