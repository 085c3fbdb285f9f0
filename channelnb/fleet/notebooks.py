"""The notebooks that a run can make reports with, and what each asks for."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from channelnb.errors import BadParameters, unknown
from channelnb.fleet import digests
from channelnb.params import ParametersFile

FOLDER = "notebooks"
_NEEDED = ("source", "quarter", "edition")
SUBJECTS = ("partner_id", "manager_id")
"""The parameters that name whom a report is about; a notebook takes one of them, or none."""

_HEADING = re.compile(r"^# +(.+?)\s*#*$", re.MULTILINE)


@dataclass(frozen=True)
class Notebook:
    """A notebook on disk: its name, its title, its bytes' hash, and the parameters that it takes.

    One that takes a `partner_id` is run for each partner, one that takes a `manager_id` for each channel manager, any
    other once for the run.
    """

    name: str
    title: str
    path: Path
    digest: str
    parameters: frozenset[str]

    @property
    def per_partner(self) -> bool:
        """Whether a report is made for each partner."""
        return "partner_id" in self.parameters

    @property
    def per_manager(self) -> bool:
        """Whether a report is made for each channel manager."""
        return "manager_id" in self.parameters

    @property
    def about(self) -> str:
        """The parameter that says of whom a report is: partner_id, manager_id, or "" for one on the whole channel.

        >>> Notebook("qbr", "Review", Path("qbr.ipynb"), "", frozenset({"source", "partner_id"})).about
        'partner_id'
        """
        return next((name for name in SUBJECTS if name in self.parameters), "")


def find_notebooks(file: ParametersFile, folder: Path) -> list[Notebook]:
    """The notebooks that a parameters file names, from a folder; raises UnknownName for one that is not there."""
    known = {path.stem: path for path in folder.glob("*.ipynb")}
    for place, name in enumerate(file.chosen.notebooks):
        if name not in known:
            raise unknown("notebook", name, known, where=file.at("notebooks", place))
    return [read_notebook(known[name]) for name in file.chosen.notebooks]


def find_folder(*starts: Path) -> Path:
    """The nearest `notebooks` folder at or above one of these places; raises BadParameters where there is none.

    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as place:
    ...     Path(place, "notebooks").mkdir()
    ...     Path(place, "notebooks", "qbr.ipynb").touch()
    ...     find_folder(Path(place, "params")).name
    'notebooks'
    """
    for start in starts:
        for place in (start.resolve(), *start.resolve().parents):
            if any((place / FOLDER).glob("*.ipynb")):
                return place / FOLDER
    places = " or ".join(str(start) for start in starts)
    raise BadParameters(f"there is no folder {FOLDER!r} with notebooks at or above {places}; run from the project.")


def read_notebook(path: Path) -> Notebook:
    """A notebook and its parameters.

    Raises BadParameters when it lacks the one cell tagged `parameters`, or a parameter that every report needs
    (papermill would run it all the same, with the values that stand in it), or takes both a partner and a manager.
    """
    content = path.read_bytes()
    try:
        notebook = nbformat.reads(content.decode(), as_version=4)
    except Exception as error:
        raise BadParameters(f"{path} is not a notebook that can be read: {error}.") from None
    tagged = [cell for cell in notebook.cells if "parameters" in cell.metadata.get("tags", ())]
    if len(tagged) != 1:
        raise BadParameters(f"{path} has {len(tagged)} cells tagged 'parameters'; it needs one.")
    names = _assigned(path, tagged[0])
    if missing := [name for name in _NEEDED if name not in names]:
        raise BadParameters(f"{path} takes the parameters {sorted(names)}; it lacks {missing}.")
    if len(of_whom := [name for name in SUBJECTS if name in names]) > 1:
        raise BadParameters(f"{path} takes {' and '.join(of_whom)}; a report is about one of them: keep one.")
    return Notebook(path.stem, _title(path, notebook), path.resolve(), digests.of_bytes(content), names)


def _title(path: Path, notebook: NotebookNode) -> str:
    """The first heading, or else the file's name in words."""
    said = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    heading = _HEADING.search(said)
    return heading[1].strip() if heading else path.stem.replace("_", " ").capitalize()


def _assigned(path: Path, cell: NotebookNode) -> frozenset[str]:
    try:
        lines = ast.parse(cell.source).body
    except SyntaxError as error:
        raise BadParameters(f"{path}: the cell tagged 'parameters' is not Python: {error}.") from None
    targets = [target for line in lines if isinstance(line, ast.Assign) for target in line.targets]
    targets += [line.target for line in lines if isinstance(line, ast.AnnAssign)]
    return frozenset(target.id for target in targets if isinstance(target, ast.Name))
