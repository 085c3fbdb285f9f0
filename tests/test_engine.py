"""The papermill engine: what runs in a forked kernel, and what becomes of notebooks that go wrong."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time

import nbformat
import papermill
import pytest
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from papermill.exceptions import PapermillExecutionError

from channelnb.fleet import failures
from channelnb.fleet.forks import close_zygote, zygote
from projects import write_notebook


@pytest.fixture(scope="module", autouse=True)
def one_zygote():
    zygote()
    yield
    close_zygote()


@pytest.fixture
def execute(tmp_path):
    def run(*cells: str, **options):
        path = write_notebook(tmp_path / "in.ipynb", *cells)
        out = tmp_path / "out.ipynb"
        options = {"engine_name": "channelnb", "progress_bar": False, "parameters": {"partner_id": "007"}} | options
        return papermill.execute_notebook(str(path), str(out), folder=tmp_path, **options)

    return run


def texts(notebook) -> list[str]:
    outputs = [output for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs]
    return [output.get("text") or output["data"]["text/plain"] for output in outputs]


def statuses(tmp_path) -> list[str]:
    notebook = nbformat.read(tmp_path / "out.ipynb", as_version=4)
    return [cell.metadata["papermill"]["status"] for cell in notebook.cells if cell.cell_type == "code"]


def test_parameters_arrive_and_the_kernel_passes_for_python3(execute, tmp_path):
    notebook = execute("partner_id, quarter", "import os; os.getcwd()")
    assert texts(notebook) == ["('007', '2026Q3')", repr(str(tmp_path))]
    assert notebook.metadata["kernelspec"]["name"] == "python3"
    assert set(statuses(tmp_path)) == {"completed"}


def test_a_notebook_without_a_kernelspec_runs_too(execute, tmp_path):
    notebook = nbformat.read(write_notebook(tmp_path / "bare.ipynb", "1 + 1"), as_version=4)
    del notebook.metadata["kernelspec"]
    nbformat.write(notebook, tmp_path / "bare.ipynb")
    made = papermill.execute_notebook(
        str(tmp_path / "bare.ipynb"), None, engine_name="channelnb", kernel_name="python3", progress_bar=False
    )
    assert texts(made) == ["2"]


def test_each_kernel_is_another_process_with_the_same_luck(execute):
    code = "import os, random, numpy; (os.getpid(), random.random(), float(numpy.random.rand()), hash('a'))"
    first, second = (json.loads(texts(execute(code))[0].replace("(", "[").replace(")", "]")) for _ in range(2))
    assert first[0] != second[0]
    assert first[1:] == second[1:]
    # A zygote of another run hashes alike too, so that sets come in the same order.
    alike = subprocess.run([sys.executable, "-c", "print(hash('a'))"], env={"PYTHONHASHSEED": "0"}, capture_output=True)
    assert first[-1] == int(alike.stdout)


def test_a_kernel_leaves_nothing_to_the_next(execute):
    execute("import pandas; pandas.left_behind = 1")
    assert texts(execute("import pandas; hasattr(pandas, 'left_behind')")) == ["False"]


def test_figures_are_outputs(execute):
    notebook = execute("import matplotlib.pyplot as plt; plt.plot([1, 2])[0].axes.set_title('t');")
    assert "image/png" in notebook.cells[-1].outputs[-1]["data"]


def test_warnings_stay_out_of_a_report(execute):
    assert texts(execute("import warnings; warnings.warn('careful'); warnings.warn('old', DeprecationWarning); 1")) == [
        "1"
    ]


def test_history_is_off(execute):
    assert texts(execute("get_ipython().history_manager.enabled")) == ["False"]


def test_a_failed_cell_stops_the_notebook(execute, tmp_path):
    with pytest.raises(PapermillExecutionError, match="ZeroDivisionError"):
        execute("1 / 0", "2")
    assert statuses(tmp_path)[-2:] == ["failed", "pending"]


def test_a_dead_kernel_is_a_failure_and_the_notebook_is_kept(execute, tmp_path):
    with pytest.raises(DeadKernelError, match="Kernel died"):
        execute("print('so far', flush=True)", "import os; os._exit(0)", "2")
    assert statuses(tmp_path)[-3:] == ["completed", "failed", "pending"]
    assert texts(nbformat.read(tmp_path / "out.ipynb", as_version=4)) == ["so far\n"]


def test_the_time_limit_is_for_the_whole_notebook(execute, tmp_path):
    started = time.monotonic()
    with pytest.raises(CellTimeoutError, match="timed out"):
        execute(*["import time; time.sleep(1.2)"] * 9, time_limit=3)
    assert time.monotonic() - started < 6
    assert statuses(tmp_path)[-1] == "pending"


def test_the_output_is_written_once(execute, tmp_path):
    seen = "from pathlib import Path; Path('out.ipynb').exists()"
    assert texts(execute(seen, seen)) == ["False", "False"]
    assert (tmp_path / "out.ipynb").exists()


def test_a_plain_kernel_gives_the_same(execute):
    code = "import warnings, random; warnings.warn('careful'); partner_id"
    assert texts(execute(code, kernels="plain")) == texts(execute(code)) == ["'007'"]


@pytest.mark.parametrize(
    "cell, options, said",
    [
        ("int('x')", {}, r"Code cell 3 \(int\('x'\)\) stopped with ValueError: invalid literal"),
        ("import os; os._exit(1)", {}, r"Code cell 3 \(import os.*\) ended its own kernel"),
        (
            "import time; time.sleep(9)",
            {"time_limit": 1},
            r"Code cell 3 .* still running when the notebook's 1 seconds",
        ),
    ],
)
def test_reasons_are_plain_words(execute, tmp_path, cell, options, said):
    with pytest.raises((PapermillExecutionError, DeadKernelError, CellTimeoutError), match=r"\w") as caught:
        execute(cell, **options)
    stood = nbformat.read(tmp_path / "out.ipynb", as_version=4)
    reason = failures.reason(caught.value, stood, time_limit=1)
    assert re.search(said, reason), reason
    assert "Traceback" not in reason
