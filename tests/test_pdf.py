"""Pages printed by Chromium: of the page, nothing of the machine, made once."""

from __future__ import annotations

import io
import json
import re
import shutil
import zlib
from pathlib import Path

import pytest
from rich.console import Console
from typer.testing import CliRunner

from browsing import needs_browser
from channelnb.cli import app
from channelnb.errors import NotUsable, RunIncomplete, UnknownName
from channelnb.fleet import digests, journal, pdf
from channelnb.fleet.pack import pack
from channelnb.fleet.pdf import Outcome, Wanted, print_pages
from channelnb.fleet.printed import FILE, read_printed
from channelnb.fleet.slugs import slug

pytestmark = needs_browser

REVIEWS = Wanted(partners=("P0007",), notebooks=("qbr",))


def printed(run: Path, wanted: Wanted = REVIEWS) -> Outcome:
    return print_pages(run, wanted, console=Console(file=io.StringIO()))


@pytest.fixture(scope="module")
def finished(sample_run, tmp_path_factory) -> Path:
    """A copy of the shared run in which a partner's reviews of both editions, and the managers' pages, are printed."""
    run = Path(shutil.copytree(sample_run, tmp_path_factory.mktemp("printed") / "2026Q3"))
    assert printed(run) == Outcome(printed=2, kept=0, without=())
    assert printed(run, Wanted(notebooks=("portfolio",))).printed >= 2
    return run


@pytest.fixture
def made(finished, tmp_path) -> Path:
    return Path(shutil.copytree(finished, tmp_path / "2026Q3"))


def at(run: Path, edition: str = "partner") -> Path:
    return run / edition / slug("P0007") / "qbr.pdf"


def inside(path: Path) -> bytes:
    """A PDF with what is compressed in it written out."""
    content = path.read_bytes()
    streams = re.findall(rb"/FlateDecode[^>]*>>\s*stream\r?\n(.*?)\r?\nendstream", content, re.DOTALL)
    return content + b"".join(zlib.decompressobj().decompress(stream) for stream in streams)


def test_a_pdf_lies_beside_its_page_has_its_title_and_can_be_found_ones_way_in(finished):
    for edition in ("internal", "partner"):
        content = inside(at(finished, edition))
        assert content.startswith(b"%PDF-")
        title = re.search(r"<title>(.*?)</title>", at(finished, edition).with_suffix(".html").read_text())[1]
        told = re.search(rb"/Title <?\(?([^)>]*)", content)[1]
        assert bytes.fromhex(told.decode()).decode("utf-16") == title
        assert b"/MarkInfo" in content
        assert b"/StructTreeRoot" in content
        assert b"/Outlines" in content
        assert b"/Lang (en)" in content


def test_nothing_in_a_pdf_tells_of_the_machine_or_the_time_or_leads_to_a_file(finished):
    found = [*finished.rglob("*.pdf")]
    assert len(found) >= 4
    for path in found:
        content = inside(path)
        assert b"file:" not in content
        assert str(finished).encode() not in content
        assert b"/URI" not in content
        assert {name.strip() for name in re.findall(rb"/(?:Creator|Producer) \(([^)]*)\)", content)} == {b"channelnb"}
        assert not re.search(rb"Mozilla|Linux|Chrome|Skia", content)
        starts = int(re.findall(rb"startxref\s+(\d+)", content)[-1])
        assert content[starts : starts + 4] == b"xref"
        day = json.loads((finished / "run.json").read_text())["started_on"].replace("-", "").encode()
        assert set(re.findall(rb"\(D:([^)]*)\)", content)) == {day + b"000000+00'00'"}


def test_only_what_changed_is_printed_again(made):
    before = at(made).read_bytes()
    at(made, "internal").unlink()
    assert printed(made) == Outcome(printed=1, kept=1, without=())
    page = at(made).with_suffix(".html")
    whole = page.read_bytes()
    page.write_bytes(whole + b"\n")
    remade(made, page)
    assert printed(made) == Outcome(printed=1, kept=1, without=())
    at(made).write_bytes(b"%PDF of somebody")
    page.write_bytes(whole)
    remade(made, page)
    assert printed(made).printed == 1
    assert at(made).read_bytes() == before


def remade(run: Path, page: Path) -> None:
    """Write into the journal that the page was made anew."""
    records = [json.loads(line) for line in (run / journal.FILE).read_text().splitlines()]
    name = page.relative_to(run).as_posix()
    for record in records:
        if name in record["out"]:
            record["out"][name] = digests.of_file(page)
    (run / journal.FILE).write_text("".join(json.dumps(record) + "\n" for record in records))


def test_what_is_printed_is_noted_and_can_be_packed(made):
    assert f"partner/{slug('P0007')}/qbr.pdf" in read_printed(made)
    assert "qbr.pdf" in pack(made, "P0007").names


def test_a_report_without_its_page_is_told_and_ends_with_1(made, monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    at(made).with_suffix(".html").unlink()
    words = ["pdf", str(made), "--partner", "P0007", "--notebook", "qbr"]
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 1, done.output
    assert "PDFs: 0 made, 1 there before." in done.output
    assert "No page to print: qbr partner P0007; make it again with `channelnb run`." in done.output
    assert CliRunner().invoke(app, [*words, "--edition", "internal"]).exit_code == 0


@pytest.mark.parametrize(
    "wanted, error, said",
    [
        (Wanted(partners=("P007",)), UnknownName, r"--partner: there is no partner in this run 'P007'"),
        (Wanted(notebooks=("qrb",)), UnknownName, r"--notebook: there is no notebook in this run 'qrb'; did you mean"),
        (Wanted(partners=("P0007",), notebooks=("recruiting",)), NotUsable, "no report of this run is for all"),
    ],
)
def test_filters_that_name_nothing_are_errors(made, wanted, error, said):
    with pytest.raises(error, match=said):
        printed(made, wanted)


def test_a_folder_without_a_run_and_notes_that_cannot_be_read_are_errors(made, tmp_path):
    with pytest.raises(RunIncomplete, match="holds no run"):
        printed(tmp_path)
    (made / FILE).write_text("{")
    with pytest.raises(RunIncomplete, match=r"pdf\.json cannot be read"):
        printed(made)


def test_without_a_browser_the_error_says_what_to_install(made, monkeypatch):
    at(made).unlink()
    monkeypatch.setattr(pdf, "BROWSERS", ("no-such-browser",))
    with pytest.raises(
        NotUsable, match="none of no-such-browser is on the PATH: install one, such as with `apt install"
    ):
        printed(made)
