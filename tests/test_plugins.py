"""Metrics of a vendor's own, by `plugins:` in the parameters and by a notebook's cell: measured, stored and shown."""

from __future__ import annotations

import io
import json
import re
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path

import nbformat
import pandas as pd
import papermill
import pytest
from nbformat.v4 import new_code_cell
from rich.console import Console
from typer.testing import CliRunner

from channelnb.book.book import open_book
from channelnb.chosen import Settings
from channelnb.cli import app
from channelnb.errors import BadParameters, UnknownName
from channelnb.fleet.cluster import workers
from channelnb.fleet.manifest import read_manifest
from channelnb.fleet.run import Choice, Outcome, run
from channelnb.freezing import freeze
from channelnb.gate import for_the_partner
from channelnb.metrics.derived import DERIVED
from channelnb.metrics.known import tell
from channelnb.metrics.registry import METRICS
from channelnb.params import read_parameters
from channelnb.plugins import plugged_in
from channelnb.report.exporter import page_html
from channelnb.report.page import PageInfo
from channelnb.report.shown import FACTS_MIME
from channelnb.slice import gated
from projects import write_project
from tables import small_vendor

PROFILE = Path(__file__).parent.parent / "notebooks" / "partner_profile.ipynb"
REGISTERED = set(METRICS)

SALES_MADE = '''
import channelnb as cn

@cn.metric(category="activity", unit="count", better="higher")
def sales_made() -> cn.Amount:
    """Sales booked in the period, however small.

    >>> worked("sales_made", sales="revenue sold_on / 5 2026-08-01")
    1
    """
    return cn.Amount(cn.count("sales", at="sold_on"))
'''
LARGE = SALES_MADE.replace("sales_made", "large_sales").replace('at="sold_on"', 'at="sold_on", where="revenue > 200"')


@pytest.fixture(scope="module")
def start() -> Callable[..., Outcome]:
    """Runs a project's parameters on workers with real kernels."""
    with workers(jobs=2, scheduler=None, kind="forked") as client:

        def run_it(project: Path, **chosen) -> Outcome:
            choice = Choice(**{"scheduler": client.scheduler.address} | chosen)
            with pytest.MonkeyPatch.context() as patch:
                patch.chdir(project)
                return run(
                    Path("params/small.yaml"), choice, today=date(2026, 10, 5), console=Console(file=io.StringIO())
                )

        yield run_it


def project_with(folder: Path, *plugins: str, notebook: Path | None = None, **sources: str) -> Path:
    """A project whose parameters name some plugins; `sources` are their files' contents by stem."""
    params = write_project(folder, partners=("P1", "P2"))
    for stem, source in sources.items():
        (params.parent / f"{stem}.py").write_text(source)
    if notebook is not None:
        (folder / "notebooks" / notebook.name).write_bytes(notebook.read_bytes())
        params.write_text(params.read_text().replace("  - review\n  - channel\n", f"  - {notebook.stem}\n"))
    params.write_text(params.read_text() + "plugins:\n" + "".join(f"  - {plugin}\n" for plugin in plugins))
    return params


def facts_of(project: Path) -> dict[str, dict[str, dict]]:
    """Each partner's facts by id."""
    read = [json.loads(path.read_text()) for path in (project / "runs").rglob("*.facts.json")]
    return {one["partner_id"]: {fact["id"]: fact for fact in one["facts"]} for one in read}


def pages(project: Path) -> dict[str, str]:
    return {path.parent.name[:2]: path.read_text() for path in (project / "runs").rglob("partner_profile.html")}


def test_metrics_of_plugins_are_in_the_reports_of_a_run(tmp_path: Path, start: Callable[..., Outcome]) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "made.py").write_text(SALES_MADE)
    # One beside the parameters, one found from the working directory.
    project_with(tmp_path, "large.py", "mine/made.py", notebook=PROFILE, large=LARGE)
    assert start(tmp_path).exit_status == 0
    for partner_id, (made, large) in {"P1": (2, 0), "P2": (2, 2)}.items():
        facts = facts_of(tmp_path)[partner_id]
        shown = pages(tmp_path)[partner_id]
        for name, label, value in (("sales_made", "Sales made", made), ("large_sales", "Large sales", large)):
            fact = facts[f"{name}||2026Q3|actual"]
            assert (fact["value"], fact["unit"], fact["state"]) == (value, "count", "ok")
            row = re.search(rf"<tr[^>]*>(?:(?!</tr>).)*{label}.*?</tr>", shown, re.DOTALL)
            assert row is not None
            figure = rf'<data value="{float(value)}" data-fact="{name}\|\|2026Q3\|actual"[^>]*>{value}</data>'
            assert re.search(figure, row[0])
    # Nothing of them stays behind: a run that names no plugin measures none.
    assert set(METRICS) == REGISTERED
    assert not [name for name in sys.modules if name.startswith("channelnb_plugin_")]


def test_a_changed_plugin_remakes_the_reports(tmp_path: Path, start: Callable[..., Outcome]) -> None:
    params = project_with(tmp_path, "made.py", made=SALES_MADE)
    assert start(tmp_path, notebooks=("review",)).made == 2
    assert start(tmp_path, notebooks=("review",)).made == 0
    before = read_manifest(tmp_path / "runs" / "small" / "2026Q3")["snapshot"]
    # A meaning changes no figure, and yet what a page may say; nothing else is different.
    (params.parent / "made.py").write_text(SALES_MADE.replace("however small", "however large"))
    assert start(tmp_path, notebooks=("review",)).made == 2
    assert read_manifest(tmp_path / "runs" / "small" / "2026Q3")["snapshot"] != before
    (params.parent / "made.py").write_text(SALES_MADE.replace("however small", "however large") + "# by ops\n")
    assert start(tmp_path, notebooks=("review",)).made == 2


def test_a_partners_edition_is_made_where_no_plugin_is_loaded(tmp_path: Path, start: Callable[..., Outcome]) -> None:
    params = project_with(tmp_path, "made.py", notebook=PROFILE, made=SALES_MADE)
    params.write_text(params.read_text() + "editions: [partner]\n")
    assert start(tmp_path).exit_status == 0
    assert facts_of(tmp_path)["P1"]["sales_made||2026Q3|actual"]["value"] == 2


def test_a_partners_edition_bands_money_and_leaves_out_margins_of_told_metrics(tmp_path: Path) -> None:
    with open_book(small_vendor(), quarter="2026Q3") as book:
        frames = gated(freeze(book, tmp_path, Settings(min_peers=1)), "P1", "internal").frames
    known = frames["catalogue"].set_index("metric", drop=False)
    like = ("revenue", "win_rate", "sales_cycle", "gross_margin")
    named = dict(zip(("abroad_money", "abroad_share", "abroad_days", "abroad_margin"), like, strict=True))
    tell(pd.concat([known.loc[[name]].assign(metric=told) for told, name in named.items()]))
    for frame in ("partner", "peers"):
        rows = frames[frame].head(1).assign(**({"median": 123.456} if frame == "peers" else {}))
        frames[frame] = pd.concat([frames[frame], *(rows.assign(metric=told) for told in named)], ignore_index=True)
    shown = for_the_partner(frames)
    told = {frame: set(shown[frame]["metric"]) & {*named} for frame in ("partner", "peers")}
    assert told["partner"] == told["peers"] == {"abroad_money", "abroad_share", "abroad_days"}
    medians = shown["peers"].set_index("metric")["median"]
    assert medians["abroad_share"] == 123.46
    assert medians["abroad_days"] == 120
    assert pd.isna(medians["abroad_money"])
    frames["peers"] = frames["peers"].assign(metric="of_nobody")
    with pytest.raises(UnknownName, match="there is no metric 'of_nobody'"):
        for_the_partner(frames)


WRONG = {
    "missing": ("there is no plugin 'made.py' beside small.yaml", None),
    "raises": (
        "made.py stopped on line 3: ValueError: no <figures> today.",
        "x = 1\n\nraise ValueError('no <figures> today')\n",
    ),
    "raises within": (
        "made.py stopped on line 2: ZeroDivisionError: division by zero.",
        "def f():\n    return 1 / 0\nf()\n",
    ),
    "exits": ("made.py stopped on line 1: SystemExit: 3.", "raise SystemExit(3)\n"),
    "no Python": ("made.py is not Python on line 2: SyntaxError: ", "x = 1\ndef (:\n"),
    "no metric": ("made.py registers no metric; put @cn.metric(", "import channelnb as cn\n"),
    "taken": ("made.py replaces 'revenue' of the catalogue", SALES_MADE.replace("sales_made", "revenue")),
    "removes": (
        "made.py replaces 'win_rate' of",
        "from channelnb.metrics.registry import METRICS\ndel METRICS['win_rate']\n",
    ),
    "no docstring": (
        "made.py stopped on line 4: metric 'sales_made' has no docstring",
        re.sub('""".*"""', "pass", SALES_MADE, flags=re.DOTALL),
    ),
    "unit": ("metric 'sales_made': there is no unit 'euros'", SALES_MADE.replace('"count"', '"euros"')),
    "direction": ("metric 'sales_made': there is no direction 'high'", SALES_MADE.replace('"higher"', '"high"')),
    "no formula": ("metric 'sales_made' returns None; return a formula", SALES_MADE.replace("return cn", "cn")),
    "no table": (
        "a metric reads table 'orders', which is not in the contract",
        SALES_MADE.replace('count("sales"', 'count("orders"'),
    ),
    "no column": (
        'made.py cannot be measured: BinderException: Binder Error: Referenced column "colour" not found',
        SALES_MADE.replace('at="sold_on"', 'at="sold_on", where="colour"'),
    ),
}


@pytest.mark.parametrize("source, said", [(source, said) for said, source in WRONG.values()], ids=WRONG)
def test_a_plugin_that_cannot_be_used_stops_the_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str | None, said: str
) -> None:
    params = project_with(tmp_path, "made.py", **({} if source is None else {"made": source}))
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(app, ["run", str(params), "--jobs", "1"])
    assert done.exit_code == 2
    assert done.stderr.startswith(f"error: {params}:8: ")
    assert said in done.stderr
    assert "Traceback" not in done.output
    assert set(METRICS) == REGISTERED


def test_two_plugins_cannot_register_one_name_nor_one_file_stand_twice(tmp_path: Path) -> None:
    params = project_with(tmp_path, "made.py", "more.py", made=SALES_MADE, more=SALES_MADE)
    with pytest.raises(BadParameters, match=r"small.yaml:9: the plugin .*more.py replaces 'sales_made'"), _open(params):
        pass
    params.write_text(params.read_text().replace("more.py", "./made.py"))
    with pytest.raises(BadParameters, match=r"small.yaml:9: plugins names .*made.py twice"), _open(params):
        pass


def _open(params: Path):
    return plugged_in(read_parameters(params))


def test_two_plugins_may_have_one_stem_and_each_is_loaded_once(tmp_path: Path) -> None:
    told = "print('loaded', __name__)\n"
    params = project_with(tmp_path, "made.py", "more/made.py", made=told + SALES_MADE)
    (params.parent / "more").mkdir()
    (params.parent / "more" / "made.py").write_text(told + LARGE)
    with pytest.MonkeyPatch.context() as patch:
        heard = io.StringIO()
        patch.setattr(sys, "stdout", heard)
        with _open(params) as plugins:
            assert [plugin.metrics for plugin in plugins] == [("sales_made",), ("large_sales",)]
            assert METRICS["sales_made"].about == "Sales booked in the period, however small."
    names = heard.getvalue().split()[1::2]
    assert len(names) == len(set(names)) == 2
    assert all(name.startswith("channelnb_plugin_made_") for name in names)


def test_what_is_run_is_what_stands_in_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    # Of the same length within the same second: what Python compiled of the one would pass for the other.
    params = project_with(tmp_path, "made.py", made=SALES_MADE)
    for words in ("however small", "however large"):
        (params.parent / "made.py").write_text(SALES_MADE.replace("however small", words))
        with _open(params):
            assert words in METRICS["sales_made"].about


def test_a_derived_column_of_a_plugin_goes_with_it(tmp_path: Path) -> None:
    derives = "derive('sales', 'twice', 'f.revenue * 2', needs=['sales.revenue'])\n"
    source = f"from channelnb.metrics.derived import derive\n{derives}{SALES_MADE}"
    params = project_with(tmp_path, "made.py", made=source)
    with _open(params):
        assert "twice" in DERIVED["sales"]
    assert "twice" not in DERIVED.get("sales", {})


def test_check_tells_of_a_plugins_metrics(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    params = project_with(tmp_path, "made.py", made=SALES_MADE)
    monkeypatch.chdir(tmp_path)
    done = CliRunner(env={"COLUMNS": "200"}).invoke(app, ["check", str(params)])
    assert re.search(r"^sales_made +2 of 2", done.output, re.MULTILINE)
    assert f"of {len(METRICS) + 1} can be measured" in done.output


def test_a_metric_of_a_notebooks_cell_is_in_its_report(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    write_project(tmp_path, partners=("P1", "P2"))
    notebook = nbformat.read(PROFILE, as_version=4)
    opens = next(place for place, cell in enumerate(notebook.cells) if "cn.open_slice(" in cell.source)
    notebook.cells.insert(opens, new_code_cell(SALES_MADE.strip()))
    nbformat.write(notebook, tmp_path / "mine.ipynb")
    parameters = {"source": str(tmp_path / "data"), "quarter": "2026Q3", "partner_id": "P2"}
    papermill.execute_notebook(
        tmp_path / "mine.ipynb", tmp_path / "out.ipynb", parameters=parameters, progress_bar=False
    )
    done = nbformat.read(tmp_path / "out.ipynb", as_version=4)
    facts = {
        fact["id"]: fact
        for cell in done.cells
        for output in cell.get("outputs", ())
        for fact in output.get("data", {}).get(FACTS_MIME, ())
    }
    assert facts["sales_made||2026Q3|actual"]["value"] == 2
    html = page_html(done, PageInfo("Profile"))
    assert re.search(r'<data value="2.0" data-fact="sales_made\|\|2026Q3\|actual"[^>]*>2</data>', html)
    assert "Sales made" in html
