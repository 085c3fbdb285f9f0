"""Reports of one notebook for many partners: our run beside a loop of papermill and nbconvert over the same notebook.

Both sides begin with the vendor's source, so that each freezes the quarter once, and end with a page per partner.
"""

from __future__ import annotations

import io
import os
import re
from datetime import date
from pathlib import Path
from shutil import copytree
from tempfile import TemporaryDirectory

import pandas as pd
import papermill
from nbconvert import get_exporter
from rich.console import Console

from bench.compare import Answer, Benchmark
from channelnb.book.sample import write_sample
from channelnb.fleet.run import Choice, run

NOTEBOOK, QUARTER = "qbr", "2026Q3"
PARTNERS = 40

_REVENUE = re.compile(rf'<data value="([^"]*)" data-fact="revenue\|\|{QUARTER}\|actual"')


def prepare(folder: Path, *, partners: int = PARTNERS) -> None:
    """Writes a vendor, the notebook and the parameters of a run."""
    write_sample(folder / "data", partners=partners)
    copytree(Path(__file__).parents[2] / "notebooks", folder / "notebooks")
    said = {"name": "bench", "source": "data", "quarter": QUARTER, "notebooks": f"[{NOTEBOOK}]"}
    text = "".join(f"{key}: {value}\n" for key, value in said.items())
    (folder / "params.yaml").write_text(text, encoding="utf-8")


def ours(folder: Path) -> Answer:
    """Makes the run."""
    with TemporaryDirectory(dir=folder) as runs:
        out = io.StringIO()
        path = folder / "params.yaml"
        here = Path.cwd()
        os.chdir(folder)
        try:
            outcome = run(path, Choice(runs=Path(runs)), today=date(2026, 10, 5), console=Console(file=out))
        finally:
            os.chdir(here)
        if outcome.exit_status:
            raise SystemExit(out.getvalue())
        pages = (outcome.folder / "internal").glob(f"*/{NOTEBOOK}.html")
        return _told([page.read_text(encoding="utf-8") for page in pages])


def peer(folder: Path) -> Answer:
    """Runs papermill and nbconvert for one partner after the other; the snapshot is made for the first one."""
    exporter = get_exporter("channelnb_report")()
    pages, parameters = [], {"source": str(folder / "data"), "quarter": QUARTER}
    with TemporaryDirectory(dir=folder) as scratch:
        os.environ["XDG_CACHE_HOME"] = scratch
        made = Path(scratch, "made.ipynb")
        notebook = folder / "notebooks" / f"{NOTEBOOK}.ipynb"
        for partner_id in _partners(folder):
            asked = {**parameters, "partner_id": partner_id}
            papermill.execute_notebook(notebook, made, parameters=asked, progress_bar=False)
            pages.append(exporter.from_filename(str(made))[0])
    return _told(pages)


def _partners(folder: Path) -> list[str]:
    firms = pd.read_parquet(folder / "data" / "partners.parquet")
    return sorted(firms.loc[firms["merged_into"].isna(), "partner_id"])


def _told(pages: list[str]) -> Answer:
    revenue = sum(float(found[1] or 0) for page in pages if (found := _REVENUE.search(page)))
    return {"pages": str(len(pages)), "revenue": f"{revenue:.2f}"}


BENCHMARKS = {
    "reports": Benchmark(
        f"{PARTNERS} reviews, from the source to the pages, beside papermill in a loop", prepare, ours, peer, 0.1
    )
}
