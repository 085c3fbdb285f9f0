"""The notebooks: what they may hold, and that they run without our command."""

from __future__ import annotations

import ast
import re
import shutil
from pathlib import Path

import nbformat
import papermill
import pytest
from nbclient import NotebookClient
from papermill.exceptions import PapermillExecutionError

from channelnb.errors import BadParameters
from channelnb.fleet.notebooks import read_notebook
from channelnb.report.exporter import page_html
from channelnb.report.page import PageInfo
from channelnb.report.shown import FACTS_MIME

NOTEBOOKS = sorted((Path(__file__).parent.parent / "notebooks").glob("*.ipynb"))
TOUR = "00_start_here"
"""The notebook that makes no report: it shows a new analyst around."""
BY_NAME = {path.stem: path for path in NOTEBOOKS if path.stem != TOUR}
PER_PARTNER = ("partner_profile", "qbr", "business_plan")
PER_MANAGER = ("portfolio",)
LOGIC = (ast.FunctionDef, ast.ClassDef, ast.For, ast.While, ast.If, ast.Try, ast.Lambda, ast.comprehension)


@pytest.fixture(scope="module")
def executed(sample, tmp_path_factory):
    """Each notebook, run by papermill for a partner, or a manager, that is not the default one."""
    folder = tmp_path_factory.mktemp("executed")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(folder))
        done = {}
        for name, path in BY_NAME.items():
            parameters = {"source": str(sample), "quarter": "2026Q3"}
            if name in PER_PARTNER:
                parameters["partner_id"] = "P0012"
            if name in PER_MANAGER:
                parameters["manager_id"] = "M07"
            out = folder / f"{name}.ipynb"
            papermill.execute_notebook(path, out, parameters=parameters, progress_bar=False)
            done[name] = nbformat.read(out, as_version=4)
        return done


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_reads_calls_and_shows(path):
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    assert notebook.metadata.kernelspec.name == "python3"
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    tagged = [cell for cell in code if "parameters" in cell.metadata.get("tags", [])]
    assert len(tagged) == 1
    for statement in ast.parse(tagged[0].source).body:
        assert isinstance(statement, ast.Assign)
        ast.literal_eval(statement.value)
    for cell in code:
        assert not cell.outputs
        assert cell.execution_count is None
        assert len(cell.source.splitlines()) <= 15
        assert not [node for node in _shown(path.stem, cell.source) if isinstance(node, LOGIC)]


def _shown(name: str, source: str) -> list[ast.AST]:
    """The code of a cell; in the tour without what defines a metric, which is what it shows."""
    body = [line for line in ast.parse(source).body if not (name == TOUR and _defines_metric(line))]
    return [node for line in body for node in ast.walk(line)]


def _defines_metric(line: ast.stmt) -> bool:
    return isinstance(line, ast.FunctionDef) and [ast.unparse(one.func) for one in line.decorator_list] == ["cn.metric"]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_the_first_cell_says_what_to_change_and_the_second_is_it(path):
    first, second, *_ = nbformat.read(path, as_version=4).cells
    assert first.cell_type == "markdown"
    assert "*Run → Run All Cells*" in first.source
    assert "parameters" in second.metadata.tags
    given = [line.targets[0].id for line in ast.parse(second.source).body]
    assert re.findall(r"^- `(\w+)`: ", first.source, re.MULTILINE) == given
    # Of a report's page it is no part.
    assert ("remove_cell" in first.metadata.get("tags", [])) == (path.stem != TOUR)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_links_lead_to_notebooks_that_are_there(path):
    words = "\n".join(cell.source for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "markdown")
    linked = set(re.findall(r"\]\(([^)]+)\)", words))
    assert linked == ({f"{name}.ipynb" for name in BY_NAME} if path.stem == TOUR else {f"{TOUR}.ipynb"})


def test_the_tour_is_no_report():
    with pytest.raises(BadParameters, match=r"00_start_here\.ipynb takes the parameters .*; it lacks \['edition'\]"):
        read_notebook(NOTEBOOKS[0])


@pytest.mark.parametrize("name", BY_NAME)
def test_each_heading_is_a_question_with_an_answer(name, executed):
    cells = executed[name].cells
    questions = [i for i, cell in enumerate(cells) if cell.cell_type == "markdown" and cell.source.startswith("## ")]
    assert questions
    answers = []
    for place in questions:
        assert cells[place].source.endswith("?")
        answers.append(cells[place + 1].outputs[0]["data"]["text/html"])
    # A section that has nothing to show is left out of the page.
    assert sum(map(bool, answers)) >= 0.8 * len(answers)


@pytest.mark.parametrize("name", BY_NAME)
def test_a_page_has_pictures_and_words_and_is_light(name, executed):
    html = page_html(executed[name], PageInfo(title="x", vendor="y", period="2026Q3"))
    assert len(re.findall(r"<figure|<table", html)) >= 4
    assert len(re.findall(r'<ul class="sentences">.*?</ul>', html, re.DOTALL)) >= 1
    assert len(re.findall(r"<li>", "".join(re.findall(r'<ul class="sentences">.*?</ul>', html, re.DOTALL)))) >= 5
    without_pictures = re.sub(r'src="data:image/[^"]*"', "", html)
    assert len(without_pictures.encode()) < 230_000
    assert not re.findall(r'(?:src|href)="(?!data:|#)[^"]*:', html)
    # The one that shows what is behind a figure; the page's policy names its hash and allows no other.
    assert html.count("<script") == 1
    assert "script-src " in html


@pytest.mark.parametrize("name", BY_NAME)
def test_nothing_of_the_sample_is_not_measurable(name, executed):
    facts = [
        fact
        for cell in executed[name].cells
        for output in cell.get("outputs", [])
        for fact in output.get("data", {}).get(FACTS_MIME, [])
    ]
    assert facts
    assert not [fact["id"] for fact in facts if fact["state"] == "not_measurable"]


@pytest.mark.parametrize("name", PER_PARTNER)
def test_an_unknown_partner_is_an_error(name, sample, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    parameters = {"source": str(sample), "quarter": "2026Q3", "partner_id": "P9999"}
    with pytest.raises(PapermillExecutionError, match="there is no partner 'P9999'"):
        papermill.execute_notebook(BY_NAME[name], tmp_path / "out.ipynb", parameters=parameters, progress_bar=False)


@pytest.mark.parametrize("name", PER_MANAGER)
def test_an_unknown_manager_is_an_error(name, sample, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    parameters = {"source": str(sample), "quarter": "2026Q3", "manager_id": "M99"}
    with pytest.raises(PapermillExecutionError, match="there is no manager 'M99'"):
        papermill.execute_notebook(BY_NAME[name], tmp_path / "out.ipynb", parameters=parameters, progress_bar=False)


@pytest.fixture(scope="module")
def opened(sample, tmp_path_factory):
    """A project as an analyst has it, whose notebooks share a cache."""
    folder = tmp_path_factory.mktemp("opened")
    (folder / "data").mkdir()
    (folder / "data" / "sample").symlink_to(sample)
    (folder / "notebooks").mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(folder / "cache"))
        yield folder / "notebooks"


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_run_all_works_as_in_jupyterlab(path, opened):
    shutil.copy(path, opened)
    notebook = nbformat.read(opened / path.name, as_version=4)
    NotebookClient(notebook, resources={"metadata": {"path": str(opened)}}).execute()
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    assert [output for output in outputs if output.output_type == "execute_result"]
    assert not [output for output in outputs if output.output_type == "stream"]
