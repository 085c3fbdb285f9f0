"""No path of the machine, no name of its user, and no password is in any file of a run, whether it fails or not."""

from __future__ import annotations

import getpass
import io
import json
import re
import socket
from base64 import b64decode
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from zipfile import ZipFile, is_zipfile

import nbformat
import pyarrow.parquet as pq
import pytest
import yaml
from nbformat.v4 import new_code_cell
from rich.console import Console

from channelnb.fleet.manifest import _from, read_manifest, source_of
from channelnb.fleet.run import Choice, Outcome, run
from channelnb.redaction import told
from channelnb.report.shown import FACTS_MIME
from projects import write_project

PASSWORD = "hunter2-Zq9"
SECRET = "postgresql://ada:***@db.example/sales?s3_secret_access_key=***"
# The password itself stands nowhere in the notebook.
FAILING = f"""
import os, sys, warnings
address = "{SECRET}".replace("***", "{PASSWORD[:4]}" + "{PASSWORD[4:]}")
print("read", os.getcwd(), "from", address)
warnings.warn(sys.prefix)
raise FileNotFoundError("no file " + os.path.join(os.getcwd(), "My Docs", "x.csv") + " of " + address)
"""
# It shows them in each kind of output that a notebook may have, and in what it prints.
SHOWING = f"""
from pathlib import Path
address = "{SECRET}".replace("***", "{PASSWORD[:4]}" + "{PASSWORD[4:]}")
said = f"{{Path.cwd()}}/seen.csv {{address}}"
svg = '<svg xmlns="http://www.w3.org/2000/svg"><title>' + said + ' </title><path d="M0 0h9v9z"/></svg>'
kinds = ("text/plain", "text/html", "text/markdown", "text/latex", "application/json", "application/x-own")
for kind in kinds:
    display({{kind: {{"said": said}} if kind == "application/json" else said}}, raw=True)
display({{"image/svg+xml": svg}}, raw=True, metadata={{"alt": said}})
print(said)
Path.cwd(), address
"""


def texts(path: Path) -> Iterator[str]:
    """All that a file says, that of a workbook or an archive with the files in it, of Parquet with what it keeps."""
    content = path.read_bytes()
    yield content.decode("utf-8", "replace")
    if is_zipfile(io.BytesIO(content)):
        with ZipFile(io.BytesIO(content)) as archive:
            yield from (archive.read(name).decode("utf-8", "replace") for name in archive.namelist())
    if path.suffix == ".parquet":
        yield str(pq.read_schema(path).metadata)
        yield str(pq.read_table(path).to_pydict())


def places(folder: Path) -> list[str]:
    """What tells of this machine, this user, and where its files lie."""
    here = {Path.home(), Path.cwd(), folder, Path(__file__).parents[1]}
    found = [str(place) for place in here if len(place.parts) > 1]
    return found + [name for name in (getpass.getuser(), socket.gethostname()) if len(name) > 4 and name != "localhost"]


def said_in(run: Path, what: list[str]) -> list[str]:
    """The files of a run that say any of these, and what."""
    assert all(len(one) > 3 for one in what)
    found = []
    for path in sorted(path for path in run.rglob("*") if path.is_file()):
        said = "\n".join([path.name, *texts(path)])
        found += [f"{path.relative_to(run)}: {one}" for one in what if re.search(rf"{re.escape(one)}(?![\w-])", said)]
    return found


def test_a_run_says_nothing_of_its_machine(sample_run: Path) -> None:
    assert said_in(sample_run, places(sample_run.parents[3])) == []
    assert said_in(sample_run, ["Halden Systems"])


def start(folder: Path, path: Path, **choice: object) -> Outcome:
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        about = Choice(runs=folder / "runs", jobs=1, **choice)
        return run(path, about, today=date(2026, 10, 5), console=Console(file=io.StringIO()))


@pytest.fixture(scope="module")
def failed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a small run whose source is named by its whole path, and whose reports fail with what is secret."""
    folder = tmp_path_factory.mktemp("secret")
    path = write_project(folder, partners=("P1", "P2"))
    notebook = nbformat.read(folder / "notebooks" / "review.ipynb", as_version=4)
    notebook.cells[-1].source = FAILING
    nbformat.write(notebook, folder / "notebooks" / "review.ipynb")
    (folder / "exports").mkdir()
    (folder / "data" / "sales.csv").rename(folder / "exports" / "sold.csv")
    (folder / "data" / "source.yaml").write_text(f"name: Acme\nraw: {folder / 'exports'}\n", encoding="utf-8")
    mapping = f"SELECT * FROM read_csv(getvariable('raw') || '/sold.csv') -- {SECRET.replace('***', PASSWORD)}"
    (folder / "data" / "sales.sql").write_text(mapping, encoding="utf-8")
    logo = folder / "pictures" / "logo.svg"
    logo.parent.mkdir()
    logo.write_text('<svg xmlns="http://www.w3.org/2000/svg"><path d="M0 0h9v9z"/></svg>', encoding="utf-8")
    chosen = yaml.safe_load(path.read_text(encoding="utf-8")) | {"source": str(folder / "data")}
    chosen |= {"brand": {"logo": str(logo)}}
    path.write_text(yaml.safe_dump(chosen), encoding="utf-8")
    outcome = start(folder, path)
    assert outcome.exit_status == 1
    assert PASSWORD not in "".join(outcome.lines())
    return folder / "runs" / "small" / "2026Q3"


def test_a_run_that_fails_says_nothing_of_its_machine(failed: Path) -> None:
    assert list(failed.glob("failed/*/*.ipynb"))
    assert said_in(failed, [PASSWORD, *places(failed.parents[2])]) == []


def test_a_failed_notebook_still_says_what_went_wrong_and_where(failed: Path) -> None:
    for path in failed.glob("failed/*/*.ipynb"):
        error = next(
            output
            for cell in nbformat.read(path, as_version=4).cells
            for output in cell.get("outputs", ())
            if output.output_type == "error"
        )
        assert error.ename == "FileNotFoundError"
        assert "x.csv of postgresql://***@db.example" in error.evalue
        assert "raise FileNotFoundError" in "\n".join(error.traceback)
        assert "\x1b" not in "\n".join(error.traceback)


@pytest.fixture(scope="module")
def showing(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a small run of both editions, in whose notebook a cell shows where it runs and an address."""
    folder = tmp_path_factory.mktemp("showing")
    path = write_project(folder, partners=("P1",))
    notebook = nbformat.read(folder / "notebooks" / "review.ipynb", as_version=4)
    notebook.cells.append(new_code_cell(SHOWING, id="showing"))
    nbformat.write(notebook, folder / "notebooks" / "review.ipynb")
    chosen = yaml.safe_load(path.read_text(encoding="utf-8")) | {"editions": ["internal", "partner"]}
    path.write_text(yaml.safe_dump(chosen), encoding="utf-8")
    outcome = start(folder, path)
    assert outcome.exit_status == 0, outcome.lines()
    return folder / "runs" / "small" / "2026Q3"


def decoded(html: str) -> str:
    """A page with its pictures written out."""
    return re.sub(r"(?<=base64,)[A-Za-z0-9+/=]+", lambda found: b64decode(found[0]).decode("utf-8", "replace"), html)


def test_what_a_cell_shows_or_prints_says_nothing_of_the_machine(showing: Path) -> None:
    assert said_in(showing, [PASSWORD, *places(showing.parents[2])]) == []
    pages = {edition: next(showing.glob(f"{edition}/*/review.html")) for edition in ("internal", "partner")}
    for edition, page in pages.items():
        html = decoded(page.read_text(encoding="utf-8"))
        assert PASSWORD not in html
        assert [place for place in places(showing.parents[2]) if place in html] == []
        assert html.count("/seen.csv postgresql://***@db.example") == (4 if edition == "internal" else 3)


def test_a_notebook_is_kept_with_the_kinds_of_output_that_can_be_cleaned(showing: Path) -> None:
    found = list(showing.glob("notebooks/**/review*.ipynb")) or list(showing.rglob("*.ipynb"))
    assert found
    for path in found:
        kinds = {
            kind
            for cell in nbformat.read(path, as_version=4).cells
            for output in cell.get("outputs", ())
            for kind in output.get("data", {})
        }
        assert kinds <= {"text/plain", "text/html", "image/svg+xml", FACTS_MIME}


def test_a_run_finds_its_source_again_from_its_own_folder(failed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    given = read_manifest(failed)["parameters"]["source"]
    assert not Path(given).is_absolute()
    monkeypatch.chdir("/")
    assert source_of(failed) == (failed.parents[2] / "data").resolve()


def test_of_a_logo_its_file_is_told_and_not_where_it_lies(failed: Path) -> None:
    assert read_manifest(failed)["parameters"]["brand"]["logo"] == "logo.svg"


def test_a_place_in_the_home_folder_is_told_as_it_was_written() -> None:
    assert _from(Path("/srv/runs/small/2026Q3"), "~/vendor") == "~/vendor"
    assert _from(Path("/srv/runs/small/2026Q3"), "/srv/vendor") == "../../../vendor"


def test_journal_and_manifest_are_json_to_the_last_line(failed: Path) -> None:
    lines = (failed / "journal.jsonl").read_text(encoding="utf-8").splitlines()
    assert {json.loads(line)["status"] for line in lines} == {"made", "failed"}


@pytest.mark.parametrize(
    "said, kept",
    [
        (f"{Path.home()}/My Docs/x.csv", "My Docs/x.csv"),
        ("\x1b[31mred\x1b[0m \x1b]8;;https://evil.example\x07link\x1b]8;;\x07", "red link"),
        ("a\x00b\x9bc\td\ne", "abc\td\ne"),
        ("password=hunter2 in /srv/x/y.sql", "password=*** in …/y.sql"),
        ("3/4 of n/a", "3/4 of n/a"),
        ("https://a.example/b/c and file:///srv/x/y.csv", "https://a.example/b/c and file://…/y.csv"),
    ],
)
def test_what_is_told_of_an_error(said: str, kept: str) -> None:
    assert told(said) == kept
