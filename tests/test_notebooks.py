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

from channelnb.report.exporter import page_html
from channelnb.report.page import PageInfo
from channelnb.report.shown import FACTS_MIME

NOTEBOOKS = sorted((Path(__file__).parent.parent / "notebooks").glob("*.ipynb"))
BY_NAME = {path.stem: path for path in NOTEBOOKS}
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
        assert not [node for node in ast.walk(ast.parse(cell.source)) if isinstance(node, LOGIC)]


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


@pytest.mark.parametrize("name", BY_NAME)
def test_run_all_works_as_in_jupyterlab(name, sample, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    (tmp_path / "notebooks").mkdir()
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "sample").symlink_to(sample)
    shutil.copy(BY_NAME[name], tmp_path / "notebooks")
    notebook = nbformat.read(tmp_path / "notebooks" / f"{name}.ipynb", as_version=4)
    NotebookClient(notebook, resources={"metadata": {"path": str(tmp_path / "notebooks")}}).execute()
    assert [output for cell in notebook.cells for output in cell.get("outputs", [])]
