"""Which notebooks a run takes, and which it refuses before it starts."""

from __future__ import annotations

import pytest

from channelnb.errors import BadParameters
from channelnb.fleet.notebooks import find_folder, read_notebook
from projects import PARAMETERS, write_notebook


def test_a_notebook_with_a_partner_is_run_for_each(tmp_path):
    found = read_notebook(write_notebook(tmp_path / "a.ipynb"))
    assert found.per_partner
    assert found.parameters == {"source", "partner_id", "quarter", "edition"}
    assert (found.name, found.title) == ("a", "Review")


def test_a_notebook_with_a_manager_is_run_for_each(tmp_path):
    found = read_notebook(
        write_notebook(tmp_path / "a.ipynb", parameters=PARAMETERS.replace("partner_id", "manager_id"))
    )
    assert (found.per_manager, found.per_partner, found.about) == (True, False, "manager_id")


def test_a_notebook_of_a_partner_and_a_manager_is_refused(tmp_path):
    both = PARAMETERS + "manager_id = 'M1'\n"
    with pytest.raises(BadParameters, match=r"a\.ipynb takes partner_id and manager_id; a report is about one of them"):
        read_notebook(write_notebook(tmp_path / "a.ipynb", parameters=both))


def test_a_notebook_without_a_partner_is_run_once(tmp_path):
    own = PARAMETERS.replace("partner_id = 'P1'\n", "limit: int = 3\n")
    found = read_notebook(write_notebook(tmp_path / "a.ipynb", parameters=own))
    assert not found.per_partner
    assert "limit" in found.parameters


def test_other_bytes_are_another_notebook(tmp_path):
    one = read_notebook(write_notebook(tmp_path / "a.ipynb", "1"))
    assert one.digest == read_notebook(write_notebook(tmp_path / "b.ipynb", "1")).digest
    assert one.digest != read_notebook(write_notebook(tmp_path / "a.ipynb", "2")).digest


@pytest.mark.parametrize(
    "parameters, said",
    [
        (None, r"a\.ipynb has 0 cells tagged 'parameters'; it needs one"),
        ("source = ''\nedition = ''", r"a\.ipynb takes the parameters \['edition', 'source'\]; it lacks \['quarter'\]"),
        ("source = ", r"a\.ipynb: the cell tagged 'parameters' is not Python"),
    ],
)
def test_a_notebook_that_papermill_would_run_with_its_own_values_is_refused(tmp_path, parameters, said):
    with pytest.raises(BadParameters, match=said):
        read_notebook(write_notebook(tmp_path / "a.ipynb", parameters=parameters))


def test_a_file_that_is_no_notebook_is_refused(tmp_path):
    (tmp_path / "a.ipynb").write_text("{}x")
    with pytest.raises(BadParameters, match=r"a\.ipynb is not a notebook that can be read"):
        read_notebook(tmp_path / "a.ipynb")


def test_the_nearest_folder_of_notebooks_is_taken(tmp_path):
    write_notebook(tmp_path / "notebooks" / "a.ipynb")
    (tmp_path / "deep" / "notebooks").mkdir(parents=True)
    assert find_folder(tmp_path / "deep" / "params") == tmp_path / "notebooks"


def test_a_place_without_notebooks_is_an_error(tmp_path):
    with pytest.raises(BadParameters, match="no folder 'notebooks' with notebooks at or above"):
        find_folder(tmp_path)
