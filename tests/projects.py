"""A small project in a folder, with data, notebooks and parameters, for tests that run the real thing."""

from __future__ import annotations

from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

PARTNERS = ("P1", "P2", "P3", "P4", "P5")

PARAMETERS = "source = 'data'\npartner_id = 'P1'\nquarter = '2026Q3'\nedition = 'internal'\n"

# A kernel works in PROJECT/runs/NAME/QUARTER/.making/FOLDER.
REVIEW = """
import os
from pathlib import Path
from channelnb.narrative.facts import Fact
from channelnb.report.shown import Shown
from channelnb.slice import open_slice
own = open_slice(source, partner_id=partner_id, quarter=quarter, edition=edition)
mine = Path.cwd().parents[4] / "reviews" / partner_id
with mine.with_suffix(".log").open("a") as log: print("run", file=log)
if mine.with_suffix(".break").exists(): raise ValueError("no <figures> for " + partner_id)
if mine.with_suffix(".kill").exists(): os._exit(9)
"""
SHOWN = """
Shown(f"<p>{own.name} sold for {own.facts.of('revenue', quarter).value}</p>", facts=(own.facts.of("revenue", quarter),))
"""
CHANNEL = """
from channelnb.report.shown import Shown
from channelnb.slice import open_snapshot
Shown(f"<p>{len(open_snapshot(source, quarter=quarter).frame('partners'))} partners</p>")
"""


def write_notebook(path: Path, *cells: str, title: str = "Review", parameters: str | None = PARAMETERS) -> Path:
    """A notebook with a title, a parameters cell and code."""
    tagged = [] if parameters is None else [new_code_cell(parameters, metadata={"tags": ["parameters"]}, id="p")]
    code = [new_code_cell(cell.strip(), id=f"c{number}") for number, cell in enumerate(cells)]
    notebook = new_notebook(cells=[new_markdown_cell(f"# {title}", id="t"), *tagged, *code])
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3 (ipykernel)", "language": "python"}
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, path)
    return path


def write_project(folder: Path, *, partners: tuple[str, ...] = PARTNERS, slow: float = 0) -> Path:
    """A source of two tables, a notebook per partner and one on the channel, and their parameters file.

    In the folder ``reviews`` the partners' notebook adds a line to ``ID.log`` each time it runs; it fails for a partner
    for whom there is a file ``ID.break``, and loses its kernel where there is ``ID.kill``.
    """
    (folder / "reviews").mkdir(parents=True, exist_ok=True)
    data = folder / "data"
    data.mkdir(parents=True)
    rows = [f"{partner_id},Firm {partner_id},reseller" for partner_id in partners]
    (data / "partners.csv").write_text("\n".join(["partner_id,name,channel", *rows]) + "\n")
    sold = [
        f"{partner_id},2026-08-1{day},{100 * number + day}.50"
        for number, partner_id in enumerate(partners, 1)
        for day in (1, 2)
    ]
    (data / "sales.csv").write_text("\n".join(["partner_id,sold_on,revenue", *sold]) + "\n")
    wait = [f"import time; time.sleep({slow})"] if slow else []
    write_notebook(folder / "notebooks" / "review.ipynb", REVIEW, *wait, SHOWN)
    about_channel = PARAMETERS.replace("partner_id = 'P1'\n", "")
    write_notebook(folder / "notebooks" / "channel.ipynb", CHANNEL, title="The channel", parameters=about_channel)
    path = folder / "params" / "small.yaml"
    path.parent.mkdir()
    path.write_text("name: small\nsource: data\nquarter: 2026Q3\nnotebooks:\n  - review\n  - channel\n")
    return path
