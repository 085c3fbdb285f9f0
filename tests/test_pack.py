"""The files beside each page, and the zip of a partner's edition: only what the run made for that partner."""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
import shutil
import zipfile
from collections.abc import Callable
from datetime import date
from pathlib import Path

import openpyxl
import pytest
from rich.console import Console
from typer.testing import CliRunner

from channelnb.cli import app
from channelnb.errors import NotToSend, RunIncomplete, UnknownName
from channelnb.fleet import journal
from channelnb.fleet.folder import held
from channelnb.fleet.pack import READ_FIRST, pack
from channelnb.fleet.partner_plans import Asked, plan
from channelnb.fleet.printed import Printed, read_printed, write_printed
from channelnb.fleet.run import Choice, Outcome, run
from channelnb.fleet.slugs import slug
from projects import REVIEW, SHOWN, write_notebook, write_project

TODAY = date(2026, 10, 5)
OWN, OTHER = slug("P1"), slug("P2")
LINES = """
import pandas as pd
from channelnb.report.tables import ColumnFormat, table
rows = pd.DataFrame({"line": ["=1+1"], "sold": [own.facts.of("revenue", quarter)]})
formats = {"line": ColumnFormat("Line"), "sold": ColumnFormat("Sold", "money")}
table(rows, id="lines", columns=formats, caption="Lines", currency="USD")
"""


def make(project: Path, **chosen) -> Outcome:
    """Run a project's parameters, from within its folder as a user would."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(project)
        choice = Choice(jobs=1, **chosen)
        return run(Path("params/small.yaml"), choice, today=TODAY, console=Console(file=io.StringIO()))


@pytest.fixture(scope="module")
def finished(tmp_path_factory) -> Path:
    """A project with a run of two partners in both editions: a review with a table, and a remark without one."""
    project = tmp_path_factory.mktemp("packed")
    path = write_project(project, partners=("P1", "P2"))
    write_notebook(project / "notebooks" / "review.ipynb", REVIEW, SHOWN, LINES)
    write_notebook(project / "notebooks" / "remark.ipynb", REVIEW, SHOWN, title="Remark")
    said = path.read_text(encoding="utf-8").replace("  - channel\n", "  - remark\n")
    path.write_text(said + "editions: [internal, partner]\n", encoding="utf-8")
    assert make(project).exit_status == 0
    return project


@pytest.fixture
def made(finished, tmp_path) -> Path:
    """A copy of the finished project."""
    return Path(shutil.copytree(finished, tmp_path / "project", ignore=shutil.ignore_patterns("*.log")))


def folder_of(project: Path) -> Path:
    return project / "runs" / "small" / "2026Q3"


def held_in(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as packed:
        assert packed.testzip() is None
        return {name: packed.read(name) for name in packed.namelist()}


def test_a_page_with_a_table_has_files_and_says_so_and_one_without_has_none(finished):
    for edition in ("internal", "partner"):
        beside = folder_of(finished) / edition / OWN
        names = {path.name for path in beside.iterdir()}
        assert {name for name in names if name.endswith((".csv", ".xlsx"))} == {"review.csv", "review.xlsx"}
        links = re.findall(r'<p class="files">.*?</p>', (beside / "review.html").read_text())
        assert links == ['<p class="files">Tables: <a href="review.csv">CSV</a> · <a href="review.xlsx">Excel</a></p>']
        assert 'class="files"' not in (beside / "remark.html").read_text()
        row = (beside / "review.csv").read_text().splitlines()[1]
        assert row == "Lines,1,'=1+1,2,Sold,,204,USD,204,USD,revenue||2026Q3|actual"
        told = [cell.value for row in openpyxl.load_workbook(beside / "review.xlsx")["Contents"] for cell in row]
        assert ("Partner's edition" in told) == (edition == "partner")


def test_they_are_outputs_of_the_job_remade_when_one_is_lost_and_removed_when_there_is_no_table(made):
    beside = folder_of(made) / "internal" / OWN
    before = {name: (beside / name).read_bytes() for name in ("review.csv", "review.xlsx")}
    (beside / "review.csv").unlink()
    (beside / "review.xlsx").write_bytes(b"changed")
    (beside / "review.pdf").write_bytes(b"of the page before")
    assert make(made).made == 1
    assert {name: (beside / name).read_bytes() for name in before} == before
    assert not (beside / "review.pdf").exists()
    write_notebook(made / "notebooks" / "review.ipynb", REVIEW, SHOWN)
    assert make(made).exit_status == 0
    assert not [*beside.glob("*.csv"), *beside.glob("*.xlsx")]


def test_the_zip_holds_the_partners_pages_and_tables_and_says_what_they_are(made):
    packed = pack(folder_of(made), "P1")
    assert packed.path == folder_of(made) / "packed" / f"data-{OWN}-2026Q3.zip"
    found = held_in(packed.path)
    assert tuple(found) == packed.names
    assert set(found) == {READ_FIRST, "remark.html", "review.html", "review.csv", "review.xlsx"}
    beside = folder_of(made) / "partner" / OWN
    assert all(found[name] == (beside / name).read_bytes() for name in found if name != READ_FIRST)
    first = found[READ_FIRST].decode()
    assert "review.html" in first
    assert "Firm P1: Review · 2026Q3" in first
    assert "Partner's edition" in first
    assert "What was known on 30 September 2026" in first
    everything = b"".join(found.values())
    assert not [other for other in (b"P2", str(made).encode(), b"internal", b"Internal") if other in everything]


def test_the_zip_is_the_same_bytes_wherever_it_is_made_and_of_the_day_of_the_run(made, tmp_path):
    first = pack(folder_of(made), "P1", to=tmp_path / "sent").path
    elsewhere = Path(shutil.copytree(made, tmp_path / "elsewhere"))
    os.utime(folder_of(elsewhere) / "partner" / OWN / "review.html", (0, 0))
    again = pack(folder_of(elsewhere), "P1").path
    assert first.name == again.name
    assert first.read_bytes() == again.read_bytes()
    with zipfile.ZipFile(first) as packed:
        assert {entry.date_time for entry in packed.infolist()} == {(2026, 10, 5, 0, 0, 0)}
    assert [path.name for path in first.parent.iterdir()] == [first.name]


def journal_lines(folder: Path, change: Callable[[dict], None]) -> None:
    path = folder / journal.FILE
    records = [json.loads(line) for line in path.read_text().splitlines()]
    for record in records:
        if record["job"] == "review partner P1":
            change(record)
    path.write_text("".join(json.dumps(record) + "\n" for record in records))


def rewritten(folder: Path, name: str, content: bytes) -> None:
    """A file changed, and the journal with it, as somebody would who means to deceive, or a bug of ours."""
    (folder / name).write_bytes(content)
    digest = hashlib.sha256(content).hexdigest()
    journal_lines(folder, lambda record: record["out"].update({name: digest}))


def page_of_internal(folder: Path) -> None:
    rewritten(folder, f"partner/{OWN}/review.html", (folder / "internal" / OWN / "review.html").read_bytes())


def facts_of_another(folder: Path) -> None:
    rewritten(
        folder, f"partner/{OWN}/review.facts.json", (folder / "partner" / OTHER / "review.facts.json").read_bytes()
    )


def facts_of_internal(folder: Path) -> None:
    rewritten(
        folder, f"partner/{OWN}/review.facts.json", (folder / "internal" / OWN / "review.facts.json").read_bytes()
    )


def link_to_internal(folder: Path) -> None:
    page = folder / "partner" / OWN / "review.html"
    linked = page.read_bytes().replace(b'href="remark.html"', b'href="../../internal/x.html"')
    rewritten(folder, f"partner/{OWN}/review.html", linked)


def output_elsewhere(folder: Path) -> None:
    page = folder / "internal" / OWN / "review.html"
    out = {f"internal/{OWN}/review.html": hashlib.sha256(page.read_bytes()).hexdigest()}
    journal_lines(folder, lambda record: record["out"].update(out))


def symbolic_link(folder: Path) -> None:
    page = folder / "partner" / OWN / "review.html"
    page.rename(folder / "moved.html")
    page.symlink_to(folder / "moved.html")


def linked_folder(folder: Path) -> None:
    (folder / "partner" / OWN).rename(folder / "moved")
    (folder / "partner" / OWN).symlink_to(folder / "moved", target_is_directory=True)


def of_other_data(folder: Path) -> None:
    journal_lines(folder, lambda record: record.update(snapshot="older"))


def of_other_code(folder: Path) -> None:
    journal_lines(folder, lambda record: record.update(recipe="older"))


def failed(folder: Path) -> None:
    journal_lines(folder, lambda record: record.update(status="failed", reason="no figures", out={}))


def printed_by_others(folder: Path) -> None:
    (folder / "partner" / OWN / "review.pdf").write_bytes(b"%PDF")


@pytest.mark.parametrize(
    "harm, error, said",
    [
        (
            lambda run: (run / "partner" / OWN / "notes.txt").touch(),
            NotToSend,
            r"notes\.txt: not made by this run for P1",
        ),
        (lambda run: (run / "partner" / OWN / ".hidden").touch(), NotToSend, r"\.hidden: not made by"),
        (printed_by_others, NotToSend, r"review\.pdf: not noted as printed .* print it with `channelnb pdf`"),
        (symbolic_link, NotToSend, r"review\.html: not made by"),
        (linked_folder, NotToSend, rf"partner/{OWN}: not made by"),
        (output_elsewhere, NotToSend, rf"internal/{OWN}/review\.html: not made by"),
        (page_of_internal, NotToSend, r"review\.html: does not say that it is the partner's edition"),
        (facts_of_another, NotToSend, r"review\.facts\.json: says that it is of \('partner', 'P2', '2026Q3'\)"),
        (facts_of_internal, NotToSend, r"review\.facts\.json: says that it is of \('internal', 'P1', '2026Q3'\)"),
        (link_to_internal, NotToSend, r"review\.html: leads to \.\./\.\./internal/x\.html, which is not in the zip"),
        (failed, RunIncomplete, r"review partner P1: failed: no figures"),
        (of_other_data, RunIncomplete, r"review partner P1: made of other data than the run has now"),
        (of_other_code, RunIncomplete, r"review partner P1: made by other code or parameters than the run has now"),
        (
            lambda run: (run / "partner" / OWN / "review.xlsx").write_bytes(b""),
            RunIncomplete,
            r"make it with `channelnb run PARAMETERS --edition partner --partner P1`:\n  review .* P1: a file of it",
        ),
        (
            lambda run: (run / "partner" / OWN / "remark.html").unlink(),
            RunIncomplete,
            "remark partner P1: a file of it",
        ),
        (lambda run: (run / journal.FILE).write_bytes(b""), RunIncomplete, "review partner P1: not made yet"),
        (lambda run: (run / "run.json").unlink(), RunIncomplete, "holds no run"),
    ],
)
def test_what_is_not_the_partners_is_refused_and_named(made, harm, error, said):
    harm(folder_of(made))
    with pytest.raises(error, match=said):
        pack(folder_of(made), "P1")
    assert not (folder_of(made) / "packed").exists()


def test_only_the_partners_of_the_run_can_be_packed_and_not_while_it_is_at_work(made):
    with pytest.raises(UnknownName, match=r"there is no partner in this run 'P11'; did you mean 'P1'\?"):
        pack(folder_of(made), "P11")
    with held(folder_of(made)), pytest.raises(RunIncomplete, match="a run is at work in"):
        pack(folder_of(made), "P1")


def test_a_run_without_the_edition_says_how_to_make_it(made):
    manifest = folder_of(made) / "run.json"
    content = json.loads(manifest.read_text())
    content["jobs"] = [job for job in content["jobs"] if job["edition"] == "internal"]
    content["parameters"]["editions"] = ["internal"]
    manifest.write_text(json.dumps(content))
    with pytest.raises(RunIncomplete, match=r"is \['internal'\]; add 'partner' there, and make it with `channelnb run"):
        pack(folder_of(made), "P1")


def test_links_to_the_web_are_told(made):
    page = folder_of(made) / "partner" / OWN / "review.html"
    linked = page.read_bytes().replace(b'href="remark.html"', b'href="https://portal.example/"')
    rewritten(folder_of(made), f"partner/{OWN}/review.html", linked)
    assert pack(folder_of(made), "P1").remarks == ("A page leads to the web: https://portal.example/",)


def printed(folder: Path, *, of: bytes) -> None:
    path = folder / "partner" / OWN / "review.pdf"
    path.write_bytes(b"%PDF")
    note = Printed(page=hashlib.sha256(of).hexdigest(), pdf=hashlib.sha256(b"%PDF").hexdigest())
    with held(folder):
        write_printed(folder, {**read_printed(folder), f"partner/{OWN}/review.pdf": note})


def test_a_pdf_goes_in_if_it_is_of_the_page_and_is_refused_if_of_an_earlier_one(made):
    folder = folder_of(made)
    printed(folder, of=(folder / "partner" / OWN / "review.html").read_bytes())
    packed = pack(folder, "P1")
    assert held_in(packed.path)["review.pdf"] == b"%PDF"
    assert "review.pdf" in held_in(packed.path)[READ_FIRST].decode()
    printed(folder, of=b"an earlier page")
    with pytest.raises(NotToSend, match=r"review\.pdf: not noted as printed of the page as it is now"):
        pack(folder, "P1")
    printed(folder, of=(folder / "partner" / OWN / "review.html").read_bytes())
    (folder / "partner" / OWN / "review.pdf").write_bytes(b"changed")
    with pytest.raises(NotToSend, match=r"review\.pdf: changed since it was made"):
        pack(folder, "P1")


def test_the_plans_form_goes_in_as_it_was_written_and_not_once_it_was_changed(made):
    folder = folder_of(made)
    plan("P1", Asked(run=folder, made_by="=Ana"), today=TODAY)
    plan("P1", Asked(run=folder, edition="internal"), today=TODAY)
    form = folder / "proposed" / "plans" / OWN / "plan_form.xlsx"
    found = held_in(pack(folder, "P1").path)
    assert found["plan_form.xlsx"] == form.read_bytes()
    assert "plan_form_internal.xlsx" not in found
    shutil.copy(form.with_name("plan_form_internal.xlsx"), form)
    with pytest.raises(NotToSend, match=r"plan_form\.xlsx: changed since it was written"):
        pack(folder, "P1")
    form.write_bytes(found["plan_form.xlsx"])
    note = form.with_suffix(".json")
    written = note.read_text()
    note.write_text(json.dumps(json.loads(written) | {"data": "older"}))
    packed = pack(folder, "P1")
    assert "plan_form.xlsx" not in packed.names
    assert "plan_form.xlsx was written of other data than the run has now" in packed.remarks[0]
    note.unlink()
    with pytest.raises(NotToSend, match=r"plan_form\.xlsx: changed since it was written"):
        pack(folder, "P1")
    note.write_text(written)
    book = openpyxl.load_workbook(form)
    book.create_sheet("Our margins")
    book.save(form)
    with pytest.raises(NotToSend, match="write a new one with `channelnb plan P1 --run"):
        pack(folder, "P1")


def test_what_the_desktop_or_an_earlier_choice_of_notebooks_left_stays_out_and_is_told(made):
    beside = folder_of(made) / "partner" / OWN
    for name in (".DS_Store", "Thumbs.db", ".~lock.review.xlsx#"):
        (beside / name).touch()
    (made / "params" / "small.yaml").write_text(
        "name: small\nsource: data\nquarter: 2026Q3\neditions: [internal, partner]\nnotebooks: [review]\n"
        "brand:\n  name: Fabrikam\n"
    )
    assert make(made).exit_status == 0
    assert (beside / "remark.html").exists()
    packed = pack(folder_of(made), "P1")
    assert packed.path.name == f"Fabrikam-{OWN}-2026Q3.zip"
    assert "Fabrikam, 2026Q3: for P1" in held_in(packed.path)[READ_FIRST].decode()
    assert packed.names == (READ_FIRST, "review.csv", "review.html", "review.xlsx")
    told = [said.removeprefix("Left out: ").partition(",")[0] for said in packed.remarks]
    assert told == [".DS_Store", ".~lock.review.xlsx#", "Thumbs.db", "remark.facts.json", "remark.html"]


def test_the_command_says_what_it_packed_and_ends_with_2_when_it_refuses(made, tmp_path, monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    command = ["pack", str(folder_of(made)), "--partner", "P1", "--to", str(tmp_path / "out")]
    done = CliRunner().invoke(app, command)
    assert done.exit_code == 0, done.output
    assert f"Packed: {tmp_path / 'out'}" in done.output
    assert "It holds 5 files: READ_ME_FIRST.txt, remark.html" in done.output
    (folder_of(made) / "partner" / OWN / "margins.xlsx").touch()
    done = CliRunner().invoke(app, command)
    assert done.exit_code == 2
    assert "error: nothing was packed" in done.stderr
    assert f"partner/{OWN}/margins.xlsx" in done.stderr


def test_the_edition_of_the_sample_can_be_sent(sample_run, tmp_path):
    folder = Path(shutil.copytree(sample_run, tmp_path / "run" / sample_run.name))
    found = held_in(pack(folder, "P0007").path)
    assert {"qbr.html", "qbr.csv", "qbr.xlsx", "business_plan.html", "partner_profile.html"} < set(found)
    everything = b"".join(found.values())
    assert not [
        other for other in (b"P0001", b"P0032", b"Internal edition", str(tmp_path).encode()) if other in everything
    ]
