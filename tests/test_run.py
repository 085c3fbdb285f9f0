"""A run, with real workers and real kernels: what it leaves behind, and what starting it again does."""

from __future__ import annotations

import io
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from datetime import date
from html import unescape
from pathlib import Path

import nbformat
import psutil
import pytest
from rich.console import Console

from channelnb.errors import BadParameters, ChannelnbError, RunIncomplete, TooManyRejects, UnknownName
from channelnb.fleet import journal
from channelnb.fleet.cluster import workers
from channelnb.fleet.folder import held
from channelnb.fleet.manifest import standing
from channelnb.fleet.run import Choice, Outcome, run
from channelnb.fleet.slugs import slug
from projects import PARTNERS, write_notebook, write_project

TODAY = date(2026, 10, 5)


@pytest.fixture(scope="module")
def start():
    """Runs a project's parameters, from within its folder as a user would, on workers that all tests share."""
    with workers(jobs=2, scheduler=None, kind="forked") as client:

        def run_it(project: Path, *, today: date = TODAY, **chosen) -> Outcome:
            choice = Choice(**{"scheduler": client.scheduler.address} | chosen)
            with pytest.MonkeyPatch.context() as patch:
                patch.chdir(project)
                return run(Path("params/small.yaml"), choice, today=today, console=Console(file=io.StringIO()))

        yield run_it


def folder_of(project: Path) -> Path:
    return project / "runs" / "small" / "2026Q3"


def executions(project: Path) -> dict[str, int]:
    """How often the notebook ran, by partner."""
    return {path.stem: path.read_text().count("run") for path in (project / "reviews").glob("*.log")}


def results(project: Path) -> dict[str, bytes]:
    """What must be the same whenever it is made of the same: pages, facts, snapshot, front page."""
    folder = folder_of(project)
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if (path.is_file() and path.suffix in {".html", ".parquet"}) or path.name.endswith(".facts.json")
    }


def lines(project: Path) -> list[dict]:
    return [json.loads(line) for line in (folder_of(project) / journal.FILE).read_text().splitlines()]


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory, start):
    """A run of every partner, none of which fails."""
    project = tmp_path_factory.mktemp("undisturbed")
    write_project(project)
    assert start(project).exit_status == 0
    return project


@pytest.fixture
def made(undisturbed, tmp_path):
    """A copy of the finished run, to start again."""
    project = tmp_path / "copy"
    shutil.copytree(undisturbed, project, ignore=shutil.ignore_patterns("*.log"))
    return project


@pytest.fixture
def fresh(undisturbed, tmp_path):
    """The same project, not run yet."""
    project = tmp_path / "fresh"
    shutil.copytree(undisturbed, project, ignore=shutil.ignore_patterns("runs", "*.log"))
    return project


def test_every_partner_has_page_facts_and_notebook(undisturbed):
    folder = folder_of(undisturbed)
    for partner_id in PARTNERS:
        name = slug(partner_id)
        page = (folder / "internal" / name / "review.html").read_text()
        assert f"Firm {partner_id} sold for" in page
        assert "5 October 2026" in page
        assert (folder / "notebooks" / name / "review.ipynb").exists()
    assert "5 partners" in (folder / "channel.html").read_text()
    assert not (folder / "failed").exists()
    assert not (folder / ".making").exists()


def test_facts_are_typed_and_say_of_whom_they_are(undisturbed):
    content = json.loads((folder_of(undisturbed) / "internal" / slug("P2") / "review.facts.json").read_text())
    facts = content.pop("facts")
    assert content == {
        "schema": 1,
        "notebook": "review",
        "partner_id": "P2",
        "quarter": "2026Q3",
        "as_of": "2026-09-30",
        "edition": "internal",
    }
    assert [(fact["id"], fact["value"], fact["unit"]) for fact in facts] == [("revenue||2026Q3|actual", 404.0, "money")]


def test_the_front_page_has_every_partner_and_its_revenue(undisturbed):
    page = (folder_of(undisturbed) / "index.html").read_text()
    for partner_id in PARTNERS:
        assert f"Firm {partner_id}" in page
        assert f'href="internal/{slug(partner_id)}/review.html"' in page
    assert 'value="404.0"' in page
    assert "6 reports made, none failed" in re.sub(r"\s+", " ", page)


def test_no_path_of_the_machine_is_left(undisturbed):
    folder = folder_of(undisturbed)
    written = [path for path in folder.rglob("*") if path.suffix in {".html", ".json", ".jsonl"}]
    assert written
    assert not [path for path in written if str(undisturbed) in path.read_text() or ".making" in path.read_text()]
    notebook = nbformat.read(folder / "notebooks" / slug("P1") / "review.ipynb", as_version=4)
    assert str(folder) not in json.dumps(notebook.metadata)
    injected = [cell for cell in notebook.cells if "injected-parameters" in cell.metadata.get("tags", [])]
    assert 'source = "snapshot"' in injected[0].source


def test_the_journal_and_the_manifest_have_every_job_once(undisturbed):
    records = lines(undisturbed)
    assert sorted(record["job"] for record in records) == sorted(
        ["channel internal", *(f"review internal {p}" for p in PARTNERS)]
    )
    assert {record["status"] for record in records} == {"made"}
    manifest = json.loads((folder_of(undisturbed) / "run.json").read_text())
    assert manifest["state"] == "finished"
    assert manifest["started_on"] == "2026-10-05"
    assert {(job["notebook"], job["partner_id"]) for job in manifest["jobs"]} == {
        ("channel", None),
        *(("review", partner_id) for partner_id in PARTNERS),
    }
    assert all(job["status"] == "made" and job["seconds"] > 0 and job["out"] for job in manifest["jobs"])
    assert manifest["snapshot"] == records[0]["snapshot"]


def test_a_run_elsewhere_gives_the_same_bytes(fresh, undisturbed, start):
    start(fresh)
    assert results(fresh) == results(undisturbed)


def test_what_is_missing_or_damaged_is_made_again_and_nothing_else(made, undisturbed, start):
    folder = folder_of(made)
    (folder / "internal" / slug("P1") / "review.html").unlink()
    (folder / "internal" / slug("P4") / "review.facts.json").write_text("{}")
    outcome = start(made, today=date(2027, 1, 1))
    assert (outcome.made, outcome.kept, outcome.failed) == (2, 4, ())
    assert executions(made) == {"P1": 1, "P4": 1}
    assert results(made) == results(undisturbed)


def test_a_finished_run_starts_no_worker(made, undisturbed, monkeypatch, start):
    monkeypatch.setattr("channelnb.fleet.run.workers", None)
    outcome = start(made)
    assert (outcome.made, outcome.kept) == (0, 6)


def test_changed_data_makes_the_reports_that_they_touch_again(made, undisturbed, start):
    with (made / "data" / "sales.csv").open("a") as sales:
        sales.write("P5,2026-08-20,1000.00\n")
    outcome = start(made)
    assert outcome.failed == ()
    assert set(executions(made)) == {"P5"}
    assert "sold for 2004.0" in (folder_of(made) / "internal" / slug("P5") / "review.html").read_text()
    assert (outcome.made, outcome.kept) == (2, 4)


def test_a_changed_notebook_is_run_again(made, start):
    path = made / "notebooks" / "channel.ipynb"
    write_notebook(
        path,
        "from channelnb.report.shown import Shown\nShown('<p>anew</p>')",
        title="The channel",
        parameters="source = ''\nquarter = ''\nedition = ''",
    )
    outcome = start(made)
    assert (outcome.made, outcome.kept) == (1, 5)
    assert "<p>anew</p>" in (folder_of(made) / "channel.html").read_text()


def test_force_makes_all_again_on_the_day(made, start):
    page = folder_of(made) / "internal" / slug("P1") / "review.html"
    (made / "reader.html").hardlink_to(page)
    outcome = start(made, force=True, today=date(2026, 12, 24))
    assert outcome.made == 6
    assert "24 December 2026" in page.read_text()
    # Whoever had the old page open still has it whole: the new one was not written over it.
    assert "5 October 2026" in (made / "reader.html").read_text()


def test_filters_make_only_what_is_asked_for(fresh, start):
    outcome = start(fresh, partners=("P2", "P3"), notebooks=("review",))
    assert outcome.made == 2
    folder = folder_of(fresh)
    assert sorted(path.name for path in (folder / "internal").iterdir()) == sorted([slug("P2"), slug("P3")])
    assert standing(folder).counts[("review", "internal")] == {"made": 2, "missing": 3}
    assert "Firm P5" in (folder / "index.html").read_text()


def test_a_partners_edition_lies_apart_and_leads_nowhere_else(fresh, start):
    path = fresh / "params" / "small.yaml"
    path.write_text(path.read_text() + "editions: [internal, partner]\npartners: [P1]\n")
    assert start(fresh).made == 3
    page = (folder_of(fresh) / "partner" / slug("P1") / "review.html").read_text()
    assert "index.html" not in page
    assert (
        json.loads((folder_of(fresh) / "partner" / slug("P1") / "review.facts.json").read_text())["edition"]
        == "partner"
    )


@pytest.fixture(scope="module")
def failing(tmp_path_factory, start):
    """A run in which one notebook raises an error and another loses its kernel."""
    project = tmp_path_factory.mktemp("failing")
    write_project(project)
    (project / "reviews" / "P2.break").touch()
    (project / "reviews" / "P4.kill").touch()
    return project, start(project)


def test_failures_leave_the_other_reports_whole(failing):
    project, outcome = failing
    assert outcome.exit_status == 1
    assert {record.partner_id for record in outcome.failed} == {"P2", "P4"}
    assert outcome.made == 4
    assert {path.name for path in (folder_of(project) / "internal").iterdir()} == {slug(p) for p in ("P1", "P3", "P5")}


@pytest.mark.parametrize(
    "partner_id, said", [("P2", "ValueError: no &lt;figures&gt; for P2"), ("P4", "ended its own kernel")]
)
def test_a_failed_partner_has_a_page_that_says_why(failing, partner_id, said):
    folder = folder_of(failing[0])
    page = (folder / "failed" / slug(partner_id) / "review.html").read_text()
    assert said in page
    assert f"Firm {partner_id}" in page
    assert "Traceback" not in page
    stood = nbformat.read(folder / "failed" / slug(partner_id) / "review.ipynb", as_version=4)
    assert "failed" in [cell.metadata.get("papermill", {}).get("status") for cell in stood.cells]
    assert f'href="failed/{slug(partner_id)}/review.html"' in (folder / "index.html").read_text()


def test_status_tells_failures_and_their_reasons(failing):
    found = standing(folder_of(failing[0]))
    assert found.counts[("review", "internal")] == {"made": 3, "failed": 2}
    assert [reason.partition(":")[0] for reason in found.reasons] == ["review internal P2", "review internal P4"]


def test_once_mended_only_the_failed_are_made(failing, tmp_path, start):
    project = tmp_path / "mended"
    shutil.copytree(failing[0], project, ignore=shutil.ignore_patterns("*.log", "*.break", "*.kill"))
    outcome = start(project)
    assert (outcome.made, outcome.kept, outcome.exit_status) == (2, 4, 0)
    assert executions(project) == {"P2": 1, "P4": 1}
    assert not (folder_of(project) / "failed").exists()
    assert "failed/" not in (folder_of(project) / "index.html").read_text()


def test_a_report_that_fails_later_takes_its_old_page_away(made, start):
    (made / "reviews" / "P3.break").touch()
    outcome = start(made, force=True, partners=("P3",))
    assert [record.partner_id for record in outcome.failed] == ["P3"]
    folder = folder_of(made)
    assert not (folder / "internal" / slug("P3") / "review.html").exists()
    assert (folder / "failed" / slug("P3") / "review.html").exists()


def test_two_facts_of_one_id_that_differ_are_a_failure(tmp_path, start):
    path = write_project(tmp_path)
    twice = "from channelnb.report.shown import Shown\nfrom channelnb.narrative.facts import Fact\n"
    twice += "Shown('', facts=(Fact('revenue', '2026Q3', 1, unit='money'), Fact('revenue', '2026Q3', 2, unit='money')))"
    write_notebook(tmp_path / "notebooks" / "review.ipynb", twice)
    path.write_text(path.read_text() + "partners: [P1]\n")
    outcome = start(tmp_path, notebooks=("review",))
    assert "two facts are called 'revenue||2026Q3|actual'" in outcome.failed[0].reason


def test_killed_in_the_middle_and_started_again(tmp_path, start):
    """SIGKILL leaves no process and no half page; the second start makes only what is missing, to the same bytes."""
    project, other = tmp_path / "killed", tmp_path / "other"
    partners = tuple(f"P{number}" for number in range(1, 9))
    write_project(project, partners=partners, slow=0.3)
    write_project(other, partners=partners, slow=0.3)
    process = subprocess.Popen(
        [sys.executable, "-c", "from channelnb.cli import app; app(['run', 'params/small.yaml', '--jobs', '2'])"],
        cwd=project,
        stdout=subprocess.DEVNULL,
    )
    record = folder_of(project) / journal.FILE
    deadline = time.monotonic() + 120
    while not (record.exists() and record.read_bytes().count(b"\n") >= 4) and time.monotonic() < deadline:
        time.sleep(0.02)
    family = psutil.Process(process.pid).children(recursive=True)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    _, alive = psutil.wait_procs(family, timeout=5)
    assert not alive

    finished = [line["job"] for line in lines(project)]
    assert 4 <= len(finished) < 9
    for page in folder_of(project).glob("internal/*/*.html"):
        assert page.read_text().rstrip().endswith("</html>")
    first = executions(project)

    again = start(project, today=date(2030, 1, 1))
    assert again.exit_status == 0
    assert again.kept == len(finished)
    assert Counter(line["job"] for line in lines(project)).most_common(1)[0][1] == 1
    second = {partner_id for partner_id, times in executions(project).items() if times > first.get(partner_id, 0)}
    assert not {f"review internal {partner_id}" for partner_id in second} & set(finished)
    assert not (folder_of(project) / ".making").exists()

    begun = date.fromisoformat(json.loads((folder_of(project) / "run.json").read_text())["started_on"])
    start(other, today=begun)
    assert results(project) == results(other)


@pytest.mark.parametrize(
    "change, error, said",
    [
        ({"quarter: 2026Q3": "quarter: 2026Q7"}, BadParameters, r"small\.yaml:3: quarter is '2026Q7'"),
        (
            {"  - review": "  - reviw"},
            UnknownName,
            r"small\.yaml:5: there is no notebook 'reviw'; did you mean 'review'\?",
        ),
        ({"source: data": "source: date"}, ChannelnbError, "there is no source folder 'date'"),
        ({"name: small": "name: small\npartners: [P1, P9]"}, UnknownName, r"small\.yaml:2: there is no partner 'P9'"),
        ({"name: small": "name: small\nas_of: 2026-06-30"}, BadParameters, r"small\.yaml:2: as_of is 2026-06-30"),
    ],
)
def test_bad_input_is_found_before_anything_is_made(tmp_path, change, error, said, start):
    path = write_project(tmp_path)
    text = path.read_text()
    for old, new in change.items():
        text = text.replace(old, new)
    path.write_text(text)
    with pytest.raises(error, match=said):
        start(tmp_path)
    assert not (tmp_path / "runs").exists()


def test_rejected_rows_stop_a_run_unless_allowed(tmp_path, start):
    path = write_project(tmp_path)
    with (tmp_path / "data" / "sales.csv").open("a") as sales:
        sales.write('P5,2026-09-01,"1,000.00"\n')
    with pytest.raises(TooManyRejects, match=r"sales\.csv row 11, revenue: .* found '1,000\.00'"):
        start(tmp_path)
    # The rejects are there to be looked at, and nothing else is.
    kept = [found.relative_to(folder_of(tmp_path)).as_posix() for found in folder_of(tmp_path).rglob("*.*")]
    assert kept == ["rejects/sales.parquet"]
    path.write_text(path.read_text() + "max_rejected: 1\npartners: [P5]\nmin_peers: 1\n")
    assert start(tmp_path).exit_status == 0
    assert (folder_of(tmp_path) / "rejects" / "sales.parquet").is_file()


@pytest.mark.parametrize(
    "chosen, said",
    [
        ({"partners": ("P7",)}, r"--partner: there is no partner in this run 'P7'"),
        ({"notebooks": ("qbr",)}, r"--notebook: there is no notebook in this run 'qbr'"),
        ({"editions": ("partner",)}, r"--edition: there is no edition in this run 'partner'"),
        (
            {"partners": ("P1",), "notebooks": ("channel",)},
            r"no report of this run is for --partner P1 and --notebook chan",
        ),
    ],
)
def test_a_filter_that_fits_nothing_is_an_error(undisturbed, chosen, said, start):
    with pytest.raises(ChannelnbError, match=said):
        start(undisturbed, **chosen)


def test_what_a_killed_run_left_half_made_does_not_reach_the_snapshot(made, start):
    left = folder_of(made) / ".making" / "snapshot"
    left.mkdir(parents=True)
    (left / "stale.parquet").write_bytes(b"half")
    with (made / "data" / "sales.csv").open("a") as sales:
        sales.write("P5,2026-09-01,1000.00\n")
    assert start(made).exit_status == 0
    assert not (folder_of(made) / "snapshot" / "stale.parquet").exists()


def test_interrupted_it_stops_at_once_and_says_so(tmp_path):
    # Long enough that the end of the notebook is not taken for the run's, on a busy machine too.
    write_project(tmp_path, slow=120)
    process = subprocess.Popen(
        [sys.executable, "-c", "from channelnb.cli import app; app(['run', 'params/small.yaml', '--jobs', '1'])"],
        cwd=tmp_path,
        start_new_session=True,
        # A shell's background jobs are started deaf to Ctrl-C, and so is what they start; a terminal's are not.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    deadline = time.monotonic() + 120
    while not executions(tmp_path) and time.monotonic() < deadline:
        time.sleep(0.05)
    family = psutil.Process(process.pid).children(recursive=True)
    # As a terminal does it: to every process of the group.
    os.killpg(process.pid, signal.SIGINT)
    try:
        said, _ = process.communicate(timeout=60)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
    assert process.returncode == 130
    assert said.rstrip().endswith("Stopped. What is made stays; the same command goes on from here.")
    assert "Traceback" not in said
    assert not psutil.wait_procs(family, timeout=5)[1]


def test_two_runs_cannot_share_a_folder(undisturbed, start):
    with held(folder_of(undisturbed)), pytest.raises(RunIncomplete, match="another run is at work"):
        start(undisturbed)


def test_a_scheduler_that_is_not_there_is_an_error(tmp_path, monkeypatch, start):
    monkeypatch.setattr("channelnb.fleet.cluster.PATIENCE", 1)
    write_project(tmp_path)
    with pytest.raises(RunIncomplete, match=r"no Dask scheduler answers at 'tcp://127\.0\.0\.1:1'"):
        start(tmp_path, scheduler="tcp://127.0.0.1:1")


def test_a_run_of_a_month_lies_beside_those_of_quarters(fresh, start):
    path = fresh / "params" / "small.yaml"
    path.write_text(path.read_text().replace("quarter: 2026Q3", "period: 2026-08"))
    outcome = start(fresh)
    assert (outcome.exit_status, outcome.folder.as_posix()) == (0, "runs/small/2026-08")
    page = (fresh / outcome.folder / "internal" / slug("P1") / "review.html").read_text()
    assert "Period 2026-08" in page
    assert "What was known on 31 August 2026" in page
    # The projects' source dates nothing of a partner.
    assert "As in the vendor's data, whatever the day: channel" in unescape(page)
    assert "Since last month" in (fresh / outcome.folder / "index.html").read_text()
    facts = json.loads((fresh / outcome.folder / "internal" / slug("P1") / "review.facts.json").read_text())
    assert facts["quarter"] == "2026-08"
    assert facts["facts"][0]["period"] == "2026-08"


def test_a_quarter_that_is_not_over_says_so_in_its_titles(fresh, start):
    path = fresh / "params" / "small.yaml"
    path.write_text(path.read_text() + "as_of: 2026-08-31\n")
    outcome = start(fresh)
    page = (fresh / outcome.folder / "internal" / slug("P1") / "review.html").read_text()
    assert "<h1>Firm P1: Review, 2026Q3 so far</h1>" in page
    assert "partners in 2026Q3 so far</h1>" in (fresh / outcome.folder / "index.html").read_text()


def test_a_run_within_its_quarter_knows_what_is_known_that_day_and_a_later_one_what_came_since(fresh, start):
    def page() -> str:
        return (folder_of(fresh) / "internal" / slug("P1") / "review.html").read_text()

    start(fresh, today=date(2026, 8, 20))
    assert "2026Q3 so far" in page()
    assert "What was known on 20 August 2026" in page()
    start(fresh, today=TODAY)
    assert "so far" not in page()
    assert "What was known on 30 September 2026" in page()
    assert "Made on 5 October 2026" in page()
    with pytest.raises(BadParameters, match=r"small\.yaml:3: 2026Q3 begins on 2026-07-01, and today is 2026-06-30"):
        start(fresh, today=date(2026, 6, 30))
