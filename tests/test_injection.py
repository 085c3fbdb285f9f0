"""Text from data is text: in every page, with the page's policy and without, in a browser; and in every file."""

from __future__ import annotations

import csv
import io
import json
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from html import unescape
from pathlib import Path
from shutil import copytree

import matplotlib as mpl
import nbformat
import openpyxl
import pandas as pd
import pytest
import yaml
from playwright.sync_api import Browser, Page
from rich.console import Console

from browsing import needs_browser, silent_page
from channelnb import formulas
from channelnb.fleet import plan_files
from channelnb.fleet.folder import held
from channelnb.fleet.run import Choice, run
from channelnb.narrative.facts import Fact
from channelnb.narrative.sentence import named, say
from channelnb.redaction import told
from channelnb.report import blocks
from channelnb.report.allowed import allowed
from channelnb.report.charts.look import RC
from channelnb.report.charts.picture import canvas, to_figure
from channelnb.report.drawn import harmless
from channelnb.report.page import Link, PageInfo
from channelnb.report.sections import output_html
from channelnb.report.shown import Shown, together
from channelnb.report.site import failure_page
from channelnb.report.tables import ColumnFormat, table
from channelnb.report.words import spoken
from channelnb.slice import open_slice, open_snapshot
from injections import CORPUS, PWNED, Texts, evil, plain, write_vendor
from projects import write_notebook

ROOT = Path(__file__).parents[1]


def in_browser(test: Callable[..., None]) -> Callable[..., None]:
    """Marks a test that needs the browser."""
    for needed in needs_browser:
        test = needed(test)
    return test


Text = Callable[[int], str]

TAGS = "() => Array.from(document.querySelectorAll('*'), part => part.tagName)"
ATTRIBUTES = """() => Array.from(document.querySelectorAll('*')).flatMap(part => Array.from(part.attributes, one =>
    [part.tagName, one.name, one.value]))"""
HEADINGS = "() => Array.from(document.querySelectorAll('h1, h2, h3'), part => part.tagName)"
WIDE = "() => document.documentElement.scrollWidth - window.innerWidth"
BROKEN = "() => Array.from(document.images).filter(one => !one.naturalWidth).length"


@dataclass(frozen=True)
class Made:
    """A run of the vendor with one kind of text, and its pages by what each is of."""

    run: Path
    texts: Texts
    firm: str

    @property
    def pages(self) -> dict[str, Path]:
        jobs = json.loads((self.run / "run.json").read_text(encoding="utf-8"))["jobs"]
        found = {
            f"{number} {job['notebook']} {job['edition']}": self.run / name
            for number, job in enumerate(jobs)
            for name in job["out"]
            if name.endswith(".html")
        }
        return {"index": self.run / "index.html", **found}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> dict[Text, Made]:
    """Two runs of the same vendor: with texts that mean harm, and with harmless ones in the same places."""
    return {text: make(tmp_path_factory.mktemp(text.__name__), text) for text in (evil, plain)}


def make(folder: Path, text: Text) -> Made:
    texts = write_vendor(folder / "source", text, about=("P0001",), partners=24)
    copytree(ROOT / "notebooks", folder / "notebooks", ignore=lambda *_: [".ipynb_checkpoints"])
    stops = f"raise ValueError({text(3)!r})"
    write_notebook(folder / "notebooks" / "stops.ipynb", stops, parameters="source = quarter = edition = ''")
    chosen = yaml.safe_load((ROOT / "params" / "sample.yaml").read_text(encoding="utf-8"))
    del chosen["next_targets"]["partners"], chosen["scorecards"]
    chosen |= {"source": str(folder / "source"), "min_peers": 2, "editions": ["internal", "partner"]}
    chosen |= {"partners": [texts["partner_id", "P0001"]], "notebooks": [*chosen["notebooks"], "stops"]}
    chosen |= {"goal_lines": [texts["line", "Firewall"]], "updates": [text(place) for place in range(5)]}
    chosen |= {"brand": {"name": text(36), "colour": "#0b5cad"}}
    (folder / "sample.yaml").write_text(yaml.safe_dump(chosen), encoding="utf-8")
    out = io.StringIO()
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        outcome = run(
            folder / "sample.yaml", Choice(runs=folder / "runs"), today=date(2026, 10, 5), console=Console(file=out)
        )
    assert [record.notebook for record in outcome.failed] == ["stops"], "\n".join(outcome.lines())
    return Made(folder / "runs" / "sample" / "2026Q3", texts, texts["partner_id", "P0001"])


@pytest.fixture(params=[False, True], ids=["policy", "no policy"])
def page(request: pytest.FixtureRequest, browser: Browser) -> Iterator[Page]:
    """A page, with its own policy or without, that fails the test for a dialogue, a request or a message."""
    with silent_page(browser, bypass_csp=request.param) as opened:
        yield opened


def open_page(page: Page, path: Path) -> None:
    page.goto(path.as_uri())
    assert page.url == path.as_uri()
    assert page.evaluate("window.pwned") is None


def attributes(page: Page) -> Iterator[tuple[str, str, str]]:
    """What the page's parts are told, without what our own script has added."""
    yield from ((tag, name, value) for tag, name, value in page.evaluate(ATTRIBUTES))


def assert_harmless(page: Page) -> None:
    for tag, name, value in attributes(page):
        assert not name.startswith("on"), (tag, name, value)
        assert name != "srcdoc", (tag, value)
        if name == "src":
            assert value.startswith(("data:image/svg+xml;base64,", "data:image/png;base64,")), value
        if name in ("href", "action", "formaction"):
            assert re.fullmatch(r"#[\w-]*|[\w./-]+", value), value


@in_browser
def test_pages_are_built_as_with_harmless_texts_and_nothing_runs(made: dict[Text, Made], page: Page) -> None:
    pages, twins = made[evil].pages, made[plain].pages
    assert len(pages) == len(twins) >= 11
    for (name, path), twin in zip(pages.items(), twins.values(), strict=True):
        open_page(page, twin)
        tags, headings = Counter(page.evaluate(TAGS)), page.evaluate(HEADINGS)
        open_page(page, path)
        assert_harmless(page)
        assert page.evaluate(BROKEN) == 0, name
        if "readiness" in name:
            # What is odd about names is found, and told.
            assert set(page.evaluate(TAGS)) == set(tags), name
            continue
        assert Counter(page.evaluate(TAGS)) == tags, name
        assert page.evaluate(HEADINGS) == headings, name


@in_browser
@pytest.mark.parametrize("width", [320, 1280])
def test_layout_holds_whatever_the_texts_are(made: dict[Text, Made], page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    for name, path in made[evil].pages.items():
        open_page(page, path)
        assert page.evaluate(WIDE) <= 0, name
        assert page.locator("h1").count() == 1
        head = page.locator("header.masthead").bounding_box()
        assert head, name
        assert head["y"] < 100, name
        assert head["height"] < 1600, name


def words(text: str) -> str:
    return re.sub(r"[\s\x00-\x1f\x7f-\x9f\ufffd]+", " ", text).strip()


def test_every_text_is_shown_as_it_is(made: dict[Text, Made]) -> None:
    html = "".join(path.read_text(encoding="utf-8") for path in made[evil].pages.values())
    shown = words(unescape(re.sub(r"<[^>]*>", "", re.sub(r"(?s)<(style|script)>.*?</\1>", "", html))))
    assert [text for text in CORPUS if words(text) not in shown] == []
    assert len(CORPUS) == len(set(CORPUS)) >= 80


@in_browser
def test_outputs_of_notebooks_are_harmless_where_html_is_trusted(
    made: dict[Text, Made], page: Page, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    outputs = [
        "".join(output.data["text/html"])
        for path in (made[evil].run / "notebooks").rglob("*.ipynb")
        for cell in nbformat.read(path, as_version=4).cells
        for output in cell.get("outputs", ())
        if "text/html" in output.get("data", {})
    ]
    assert len(outputs) > 30
    snapshot = open_snapshot(made[evil].run, quarter="2026Q3")
    own = open_slice(made[evil].run, partner_id=made[evil].firm, quarter="2026Q3")
    outputs += [thing._repr_html_() for thing in (snapshot, own)]
    path = tmp_path / "outputs.html"
    path.write_text("<!DOCTYPE html><meta charset=utf-8><title>x</title>" + "".join(outputs), encoding="utf-8")
    open_page(page, path)
    assert_harmless(page)
    found = set(page.evaluate(TAGS))
    assert not found & {"SCRIPT", "SVG", "svg", "IFRAME", "FORM", "INPUT", "BASE", "LINK", "OBJECT", "VIDEO", "MATH"}


def test_files_for_machines_are_valid_and_no_cell_is_a_formula(made: dict[Text, Made]) -> None:
    folder = made[evil].run
    facts = list(folder.rglob("*.facts.json"))
    assert facts
    for path in facts:
        assert json.loads(path.read_text(encoding="utf-8"))["facts"]
    assert all(json.loads(line) for line in (folder / "journal.jsonl").read_text(encoding="utf-8").splitlines())
    for path in folder.rglob("*.csv"):
        for row in csv.reader(io.StringIO(path.read_text(encoding="utf-8-sig"), newline="")):
            assert [cell for cell in row if not is_number(cell) and formulas.harmless(cell) != cell] == [], path
    for path in folder.rglob("*.xlsx"):
        cells = (cell for sheet in openpyxl.load_workbook(path) for row in sheet.iter_rows() for cell in row)
        said = [cell.value for cell in cells if cell.data_type == "f"]
        assert [value for value in said if "cmd" in str(value) or "HYPERLINK" in str(value)] == [], path


def is_number(cell: str) -> bool:
    return re.fullmatch(r"-?\d+(\.\d+)?(e[+-]?\d+)?", cell) is not None


TEXTS = (*CORPUS, "'=1+1", "''-2", "Disks;'=1+1;;=2", "'Disks'")


def test_a_plan_s_version_holds_no_formula_and_is_read_as_it_was(tmp_path: Path) -> None:
    months = {"month": "2026-10-01", "target_revenue": "5.00", "target_profit": "-3.00", "partner_profit": ""}
    # What ends a line within a cell is the reader's own affair.
    texts = [text for text in TEXTS if "\r" not in text]
    plan = pd.DataFrame([dict.fromkeys(plan_files.PLANS, text) | months for text in texts])
    amounts = {"baseline": "", "target": "-2"}
    promised = pd.DataFrame([dict.fromkeys(plan_files.COMMITMENTS, text) | amounts for text in texts])
    with held(tmp_path):
        plan_files.write_version(tmp_path, "2026Q3-1", (plan, promised), on=date(2026, 10, 5), run=tmp_path)
    for path in tmp_path.glob("*.csv"):
        cells = [cell for row in csv.reader(io.StringIO(path.read_bytes().decode(), newline="")) for cell in row]
        assert len(cells) > 800
        assert [cell for cell in cells if not is_number(cell) and formulas.harmless(cell) != cell] == []
    read = plan_files.read_version(tmp_path, "2026Q3-1")
    assert read[0]["target_profit"].eq("-3.00").all()
    for found, wanted in zip(read, (plan, promised), strict=True):
        assert plan_files.same(found, wanted)


@pytest.mark.parametrize("text", TEXTS)
def test_a_mark_can_be_taken_off_again(text: str) -> None:
    assert formulas.unmarked(formulas.marked(text)) == text
    assert formulas.harmless(formulas.marked(text)) == formulas.marked(text)


def test_names_of_files_are_safe(made: dict[Text, Made]) -> None:
    names = [part for path in made[evil].run.rglob("*") for part in path.relative_to(made[evil].run).parts]
    assert [name for name in names if not re.fullmatch(r"\.?[\w][\w.-]*", name, re.ASCII)] == []


def everywhere(text: str) -> str:
    """A text in each thing that a page is made of."""
    fact = Fact("revenue", "2026Q3", 5.0, "money", grain=(("line", text),))
    rows = {"what": [text], "revenue": [fact], "said": [blocks.mark(text, arrow="up")]}
    formats = {"what": ColumnFormat(text), "revenue": ColumnFormat(text, "money"), "said": ColumnFormat("", group=text)}
    shown = table(pd.DataFrame(rows), id="every", columns=formats, caption=text, currency=text)
    with mpl.rc_context(RC):
        figure = canvas()
        figure.add_subplot().set_title(text)
    parts = [
        shown,
        to_figure(figure, alt=f"It says {text}", caption=text, table=shown),
        blocks.cards([blocks.Card(text, fact, text, text)], currency=text),
        *(make(text) for make in (blocks.lead, blocks.callout, blocks.absence, blocks.paragraph)),
        blocks.folded(text, blocks.sentences([text, text])),
        spoken(say("It is ", named(text), " and ", fact, "."), text),
    ]
    about = PageInfo(text, subtitle=text, vendor=text, period=text, data_version=text, links=(Link(text, "a.html"),))
    printed = output_html({"output_type": "stream", "name": "stdout", "text": text}, internal=True)
    stopped = output_html({"output_type": "error", "ename": text, "evalue": text, "traceback": [text]}, internal=True)
    page = failure_page(about, notebook=text, why=text, what_to_do=[text])
    return page.replace("</main>", f"{allowed(together(parts).html)}{printed}{stopped}</main>")


@in_browser
def test_every_text_is_text_in_every_place(page: Page, tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    path.write_text(everywhere("plain words"), encoding="utf-8")
    open_page(page, path)
    tags = Counter(page.evaluate(TAGS))
    for text in CORPUS:
        path.write_text(everywhere(text), encoding="utf-8", newline="")
        open_page(page, path)
        assert Counter(page.evaluate(TAGS)) == tags, text
        assert page.evaluate(BROKEN) == 0, text
        assert_harmless(page)


@in_browser
def test_what_a_page_may_not_show_does_not_get_through(page: Page, tmp_path: Path) -> None:
    """The allow-list alone, fed with the texts as if they were HTML, as those of a notebook's author may be."""
    path = tmp_path / "page.html"
    for text in CORPUS:
        path.write_text(f"<!DOCTYPE html><meta charset=utf-8><title>x</title>{allowed(text)}", encoding="utf-8")
        open_page(page, path)
        for _, name, value in attributes(page):
            assert not name.startswith("on")
            assert name not in ("style", "srcdoc", "action")
            assert not re.match(r"\s*(javascript|vbscript|data:text)", value, re.IGNORECASE), text
        assert not set(page.evaluate(TAGS)) & {"SCRIPT", "svg", "IFRAME", "FORM", "BASE", "LINK", "STYLE", "math"}, text


DRAWN = '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink">{}</svg>'


@pytest.mark.parametrize(
    "inside",
    [
        f"<script>{PWNED}</script>",
        f'<g onload="{PWNED}"/>',
        f'<a href="javascript:{PWNED}"><path d="M0 0"/></a>',
        '<image href="https://evil.example/x.png"/>',
        '<use xlink:href="https://evil.example/x.svg#a"/>',
        "<style>@import 'https://evil.example/x.css';</style>",
        "<style>a{}<title/>@import 'x.css';</style>",
        "<style>a{fill: image-set('https://evil.example/x.png' 1x)}</style>",
        "<style>a{fill: image-set('x.png' 1x)}</style>",
        """<path style="fill: image-set('http://evil.example/x' 1x)" d="M0 0"/>""",
        """<path fill="src('http://evil.example/x')" d="M0 0"/>""",
        '<path style="fill: url(https://evil.example/x)" d="M0 0"/>',
        f'<foreignObject><p xmlns="http://www.w3.org/1999/xhtml" onclick="{PWNED}">x</p></foreignObject>',
        f'<set attributeName="href" to="javascript:{PWNED}"/>',
        "<g>never closed",
    ],
)
def test_a_picture_that_does_more_than_be_looked_at_is_not_shown(inside: str) -> None:
    assert harmless(DRAWN.format('<path d="M0 0" style="fill: url(#i1)"/>'))
    assert not harmless(DRAWN.format(inside))
    output = {"output_type": "display_data", "data": {"image/svg+xml": DRAWN.format(inside)}}
    assert output_html(output, internal=True) == ""


@pytest.mark.parametrize(
    "declared, shown",
    [
        ('<!DOCTYPE svg SYSTEM "http://evil.example/x.dtd">', False),
        ('<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://evil.example/x.dtd">', False),
        ('<!DOCTYPE svg [<!ATTLIST svg onload CDATA "alert(1)">]>', False),
        # As Matplotlib writes it.
        (
            '<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN"\n  "http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd">',
            True,
        ),
    ],
)
def test_a_picture_s_type_is_declared_nowhere_else(declared: str, shown: bool) -> None:
    assert harmless(declared + DRAWN.format('<path d="M0 0" aria-label="see https://a.example"/>')) is shown


def test_a_picture_may_hold_a_picture_whatever_its_letters() -> None:
    within = "data:image/png;base64,iVBORw0KGgo//Az/src/x+/srv/a/b="
    svg = DRAWN.format(f'<image href="{within}"/><path style="fill: url({within})" d="M0 0"/>')
    assert harmless(svg)
    assert told(svg) == svg


@pytest.mark.parametrize("kind", ["application/javascript", "text/vnd.mermaid", "text/html", "text/latex", "x/y"])
def test_kinds_of_output_that_are_not_known_are_shown_as_their_plain_text(kind: str) -> None:
    data = {kind: f"<b>{PWNED}</b>", "text/plain": "<plain>"}
    assert output_html({"output_type": "display_data", "data": data}, internal=True) == (
        '<pre class="plain">&lt;plain&gt;</pre>'
    )
    assert output_html({"output_type": "display_data", "data": {kind: PWNED}}, internal=True) == ""


def test_a_report_s_own_html_goes_through_the_allow_list() -> None:
    bundle = Shown(f"<p>So.</p><script>{PWNED}</script><img src=x onerror={PWNED}>")._repr_mimebundle_()
    html = output_html({"output_type": "display_data", "data": bundle}, internal=False)
    assert html == "<p>So.</p>"
