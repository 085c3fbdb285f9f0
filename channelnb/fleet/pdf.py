"""`channelnb pdf`: the pages of a run printed by Chromium, each beside its page."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.progress import track

from channelnb.errors import NotUsable, unknown
from channelnb.fleet import digests, journal
from channelnb.fleet.folder import held, write_whole
from channelnb.fleet.journal import Record
from channelnb.fleet.manifest import key_of, manifest_of
from channelnb.fleet.printed import Printed, pdf_of, read_printed, write_printed

if TYPE_CHECKING:
    from playwright.sync_api import Page

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")

_NOTED_EVERY = 50
_SWITCHES = ("--disable-gpu", "--disable-background-networking")
_TIMES = re.compile(rb"(/(?:CreationDate|ModDate) \(D:)\d{14}[+-]\d\d'\d\d'")
_PROGRAMS = re.compile(rb"(/(?:Creator|Producer) \()((?:[^\\()]|\\.)*)(?=\))", re.DOTALL)
_PARTS = re.compile(rb"\(node(\d{8})\)")
# Beside a page lie others, where a PDF that is sent or filed away has none; and their addresses name this machine.
_UNLINK = "links => links.forEach(link => link.removeAttribute('href'))"
_FOOT = (
    '<div style="font: 7pt sans-serif; color: #414b57; width: 100%; margin: 0 14mm; display: flex; gap: 8mm">'
    '<span style="flex: 1">{title}</span><span>{edition}</span>'
    '<span>Page <span class="pageNumber"></span> of <span class="totalPages"></span></span></div>'
)


@dataclass(frozen=True)
class Wanted:
    """Which pages to print; an empty filter means all."""

    partners: tuple[str, ...] = ()
    notebooks: tuple[str, ...] = ()
    editions: tuple[str, ...] = ()

    def takes(self, job: dict[str, Any]) -> bool:
        """Whether the filters let a job of the manifest through.

        >>> Wanted(partners=("P1",)).takes({"partner_id": "P2", "notebook": "qbr", "edition": "internal"})
        False
        """
        asked = {"partner_id": self.partners, "notebook": self.notebooks, "edition": self.editions}
        return all(not names or job[what] in names for what, names in asked.items())


@dataclass(frozen=True)
class Outcome:
    """What became of it: how many pages were printed now and before, and the reports that have no page to print."""

    printed: int
    kept: int
    without: tuple[str, ...]

    @property
    def exit_status(self) -> int:
        """0 when every page asked for is printed, 1 when a report has none.

        >>> Outcome(printed=0, kept=3, without=("qbr internal P1",)).exit_status
        1
        """
        return 1 if self.without else 0

    def lines(self) -> list[str]:
        """The outcome in words.

        >>> Outcome(printed=2, kept=0, without=()).lines()
        ['PDFs: 2 made, 0 there before.']
        """
        said = [f"PDFs: {self.printed:,} made, {self.kept:,} there before."]
        return said + [f"No page to print: {name}; make it again with `channelnb run`." for name in self.without]


def print_pages(run: Path, wanted: Wanted, *, console: Console) -> Outcome:
    """Print the pages of a run that were not printed yet, or changed since, each beside itself.

    Raises RunIncomplete where there is no run, UnknownName for a filter that names nothing in it, and NotUsable where
    there is no browser to print with.
    """
    manifest = manifest_of(run)
    jobs = _chosen(manifest["jobs"], wanted)
    with held(run):
        records = journal.read(run)
        keys = [key_of(job) for job in jobs]
        standing = [records[key] for key in keys if key in records and records[key].stands(run)]
        there = read_printed(run)
        todo = [page for page in map(_page, standing) if not _is_printed(run, *page, there)]
        if todo:
            with _browser() as tab:
                _print(tab, run, todo, there, made_on=manifest["started_on"], console=console)
    left = tuple(key for key in keys if key not in {record.job for record in standing})
    return Outcome(printed=len(todo), kept=len(standing) - len(todo), without=left)


def _chosen(jobs: list[dict[str, Any]], wanted: Wanted) -> list[dict[str, Any]]:
    asked = {"partner": ("partner_id", wanted.partners), "notebook": ("notebook", wanted.notebooks)}
    for kind, (what, names) in {**asked, "edition": ("edition", wanted.editions)}.items():
        known = {str(job[what]) for job in jobs if job[what] is not None}
        for name in names:
            if name not in known:
                raise unknown(f"{kind} in this run", name, known, where=f"--{kind}")
    if not (chosen := [job for job in jobs if wanted.takes(job)]):
        raise NotUsable("no report of this run is for all that is asked for at once; leave an option out.")
    return chosen


def _page(record: Record) -> tuple[str, str]:
    """The path of a report's page within the run, and the page's hash."""
    return next((name, digest) for name, digest in record.out.items() if name.endswith(".html"))


def _is_printed(run: Path, page: str, digest: str, there: dict[str, Printed]) -> bool:
    name = pdf_of(page)
    return name in there and there[name].stands(run / name, page=digest)


@contextmanager
def _browser() -> Iterator[Page]:
    """A tab of a browser of its own: no script, no network, nothing kept."""
    try:
        from playwright.sync_api import Error, sync_playwright
    except ImportError:
        raise NotUsable("PDFs need Playwright, which is not installed: pip install 'channelnb[pdf]'.") from None
    path = next((found for name in BROWSERS if (found := shutil.which(name))), None)
    with sync_playwright() as playwright:
        if path is None and not Path(playwright.chromium.executable_path).is_file():
            raise NotUsable(
                f"PDFs need Chromium, and none of {', '.join(BROWSERS)} is on the PATH: install one, such as with "
                "`apt install chromium` or `playwright install chromium`."
            )
        try:
            browser = playwright.chromium.launch(executable_path=path, args=list(_SWITCHES))
            yield browser.new_context(java_script_enabled=False, offline=True, color_scheme="light").new_page()
            browser.close()
        except Error as error:
            raise NotUsable(f"Chromium ({path or 'of Playwright'}) could not print: {error.message}") from None


def _print(
    tab: Page, run: Path, pages: Iterable[tuple[str, str]], there: dict[str, Printed], *, made_on: str, console: Console
) -> None:
    try:
        for number, (page, digest) in enumerate(track(list(pages), "Printing", console=console, transient=True), 1):
            name = pdf_of(page)
            content = _settled(_pdf(tab, run / page), made_on)
            write_whole(run / name, content, run=run)
            there[name] = Printed(page=digest, pdf=digests.of_bytes(content))
            if number % _NOTED_EVERY == 0:
                write_printed(run, there)
    finally:
        # Stopped in the middle, what is printed is not printed again.
        write_printed(run, there)


def _pdf(tab: Page, page: Path) -> bytes:
    tab.goto(page.absolute().as_uri())
    tab.eval_on_selector_all('a[href]:not([href^="#"], [href^="https:"])', _UNLINK)
    edition = tab.text_content(".edition") if tab.query_selector(".edition") else ""
    return tab.pdf(
        prefer_css_page_size=True,
        print_background=True,
        tagged=True,
        outline=True,
        display_header_footer=True,
        header_template="<span></span>",
        footer_template=_FOOT.format(title=escape(tab.title()), edition=escape(edition or "")),
    )


def _settled(pdf: bytes, day: str) -> bytes:
    """A PDF that is the same bytes whenever it is printed: its day is that on which the run began.

    Chromium numbers the parts of a page on from those of the pages before; here each page begins anew. It also names
    itself and the system, of which a PDF that is sent away says nothing; all stays as long, and so where it was.
    """
    places = {number: place for place, number in enumerate(sorted(set(_PARTS.findall(pdf))), start=1)}
    numbered = _PARTS.sub(lambda found: b"(node%08d)" % places[found[1]], pdf)
    unnamed = _PROGRAMS.sub(lambda found: found[1] + b"channelnb".ljust(len(found[2]))[: len(found[2])], numbered)
    return _TIMES.sub(rb"\g<1>" + day.replace("-", "").encode() + rb"000000+00'00'", unnamed)
