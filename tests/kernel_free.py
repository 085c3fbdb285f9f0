"""A notebook's pages made in the process of the test, so that what the notebook's cells call can be broken."""

from __future__ import annotations

import ast
import json
from pathlib import Path

import nbformat
from nbformat.v4 import new_output

from channelnb.report.exporter import page_html
from channelnb.report.page import PageInfo
from channelnb.report.sections import facts_of
from channelnb.report.shown import Shown


def made_here(notebook: Path, *, edition: str, **parameters: str) -> str:
    """The page of a notebook and its facts, as text; a cell that raises is passed over, as far as it got."""
    content = nbformat.read(notebook, as_version=4)
    names: dict[str, object] = {}
    for cell in content.cells:
        if cell.cell_type != "code":
            continue
        if "parameters" in cell.metadata.get("tags", ()):
            names |= {**parameters, "edition": edition}
            continue
        cell.outputs = []
        try:
            shown = _last_of(cell.source, names)
        except Exception:
            # A broken gate may break cells too: what is asked is what the others show.
            continue
        if isinstance(shown, Shown):
            cell.outputs = [new_output("display_data", data=shown._repr_mimebundle_())]
    return page_html(content, PageInfo(edition=edition)) + json.dumps(facts_of(content.cells))


def _last_of(source: str, names: dict[str, object]) -> object:
    """What the last expression of a cell gives."""
    *before, last = ast.parse(source).body or [ast.Pass()]
    exec(compile(ast.Module([*before], []), "cell", "exec"), names)
    if isinstance(last, ast.Expr):
        return eval(compile(ast.Expression(last.value), "cell", "eval"), names)
    exec(compile(ast.Module([last], []), "cell", "exec"), names)
    return None
