"""What a run keeps of notebooks and of what went wrong in them: no path, password or colour of the machine."""

from __future__ import annotations

import os
import re
import sys
import tempfile
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode
from papermill.translators import papermill_translators

from channelnb.glance import style_sheet
from channelnb.redaction import redacted
from channelnb.report.page import without_paths
from channelnb.report.shown import FACTS_MIME

# Colours, links and cursor moves of a terminal, and control characters other than tab and new line.
_CONTROL = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def told(text: str) -> str:
    r"""A message as it may be kept: no secret, no terminal's control sequence, of each path the last part.

    >>> told("no file '/srv/data/sales.csv', asked of\x1b[31m postgres://ada:hunter2@db\x1b[0m")
    "no file '…/sales.csv', asked of postgres://***@db"
    """
    text = _CONTROL.sub("", text)
    for place in _places():
        # These may have blanks in them, at which any other path is taken to end.
        text = text.replace(place + os.sep, "").replace(place, "…")
    return without_paths(redacted(text))


@cache
def _places() -> tuple[str, ...]:
    """Where this machine keeps things, the innermost first."""
    package = Path(__file__).parents[2]
    found = {Path.home(), Path.cwd(), package, Path(sys.prefix), Path(sys.base_prefix), Path(tempfile.gettempdir())}
    return tuple(sorted((str(place) for place in found if len(place.parts) > 1), key=len, reverse=True))


def cleaned(notebook: NotebookNode, parameters: Mapping[str, str]) -> bytes:
    """An executed notebook for an analyst: nothing of this machine, and a source that is found from where it lies.

    Nor the style sheet of each output, which JupyterLab leaves out of what it has not run itself.
    """
    notes = notebook.metadata.get("papermill", {})
    notebook.metadata["papermill"] = {
        **{key: value for key, value in notes.items() if key not in ("input_path", "output_path")},
        "parameters": dict(parameters),
    }
    for cell in notebook.cells:
        for output in cell.get("outputs", ()):
            _clean(output)
        if "injected-parameters" in cell.metadata.get("tags", ()):
            python = papermill_translators.find_translator("python3", "python")
            cell["source"] = python.codify(dict(parameters), "Parameters")
    return str(nbformat.writes(notebook)).encode()


def _clean(output: dict[str, Any]) -> None:
    """Take from an output what tells of the machine; what channelnb shows tells of none."""
    shown = output.get("data", {})
    if FACTS_MIME in shown:
        shown["text/html"] = "".join(shown["text/html"]).removeprefix(style_sheet())
        return
    for kind in ("text/plain", "text/html"):
        if kind in shown:
            shown[kind] = told("".join(shown[kind]))
    if "text" in output:
        output["text"] = told("".join(output["text"]))
    if output["output_type"] == "error":
        output["evalue"] = told(output["evalue"])
        output["traceback"] = [told(line) for line in output["traceback"]]
