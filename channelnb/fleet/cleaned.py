"""What a run keeps of notebooks and of what went wrong in them: no path, password or colour of the machine."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import nbformat
from nbformat import NotebookNode
from papermill.translators import papermill_translators

from channelnb.glance import unstyled
from channelnb.redaction import told
from channelnb.report.shown import FACTS_MIME

_TEXTS = ("text/plain", "text/html", "image/svg+xml")
_KEPT = (*_TEXTS, "image/png", FACTS_MIME)
"""The kinds of output that are kept: what another kind says of the machine is not known."""


def cleaned(notebook: NotebookNode, parameters: Mapping[str, str]) -> bytes:
    """An executed notebook for an analyst: nothing of this machine, and a source that is found from where it lies.

    Nor the style sheet of each output, which JupyterLab leaves out of what it has not run itself.
    """
    # What a widget holds is text of any kind too.
    notebook.metadata.pop("widgets", None)
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
    if "data" in output:
        output["data"] = _kept(output["data"])
        notes = output.get("metadata", {})
        output["metadata"] = {"alt": told(str(notes["alt"]))} if "alt" in notes else {}
    if "text" in output:
        output["text"] = told("".join(output["text"]))
    if output["output_type"] == "error":
        output["evalue"] = told(output["evalue"])
        output["traceback"] = [told(line) for line in output["traceback"]]


def _kept(shown: Mapping[str, Any]) -> dict[str, Any]:
    kept = {kind: shown[kind] for kind in _KEPT if kind in shown}
    if FACTS_MIME in kept:
        return kept | {"text/html": unstyled("".join(kept["text/html"]))}
    return kept | {kind: told("".join(kept[kind])) for kind in _TEXTS if kind in kept}
