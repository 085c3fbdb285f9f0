"""The real JupyterLab in a real browser: the tour runs, what it shows is well dressed, and nobody else is asked."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import nbformat
import pandas as pd
import pytest
from playwright.sync_api import Browser, Page

from browsing import needs_browser
from channelnb.book.sample import write_sample

pytestmark = needs_browser

ROOT = Path(__file__).parents[1]
TOUR = "00_start_here"
TOKEN = "only-for-this-test"
PRICED = " ($x^2$ to $y$)"
"""What ends the name of every partner: JupyterLab would set it as formulas."""
CELLS = ".jp-CodeCell .jp-InputPrompt"
# Nothing is fetched, and every cell stands in the page, in view or not.
SETTINGS = {
    "apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
    "notebook-extension/tracker": {"windowingMode": "none"},
}


@dataclass(frozen=True)
class Lab:
    """A running JupyterLab: where it listens, the folder that it shows, and the folder of its settings."""

    url: str
    project: Path
    settings: Path

    def write(self, setting: str, value: object) -> None:
        """Change a setting, for pages opened from then on."""
        path = self.settings / "@jupyterlab" / f"{setting}.jupyterlab-settings"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(value))

    def open(self, page: Page, notebook: str) -> None:
        """Open a notebook, until its kernel waits."""
        page.goto(f"{self.url}lab/workspaces/{notebook}/tree/notebooks/{notebook}.ipynb?token={TOKEN}&reset")
        page.wait_for_selector(".jp-Notebook .jp-Cell", timeout=60_000)
        page.wait_for_selector("text=/\\| Idle/", timeout=60_000)


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """JupyterLab over a copy of the notebooks and a small sample, with folders of its own."""
    base = tmp_path_factory.mktemp("lab")
    project = base / "project"
    shutil.copytree(ROOT / "notebooks", project / "notebooks", ignore=lambda *_: [".ipynb_checkpoints"])
    sample = write_sample(project / "data" / "sample", partners=12)
    firms = pd.read_parquet(sample / "partners.parquet")
    firms.assign(name=firms["name"] + PRICED).to_parquet(sample / "partners.parquet")
    folders = {f"JUPYTER_{name}_DIR": str(base / name) for name in ("CONFIG", "DATA", "RUNTIME")}
    folders |= {f"JUPYTERLAB_{name}_DIR": str(base / name) for name in ("SETTINGS", "WORKSPACES")}
    folders |= {"IPYTHONDIR": str(base / "ipython"), "XDG_CACHE_HOME": str(base / "cache")}
    options = ["--no-browser", "--ip=127.0.0.1", "--port=0", "--allow-root", f"--IdentityProvider.token={TOKEN}"]
    command = [sys.executable, "-m", "jupyterlab", *options, "--LabApp.extension_manager=readonly"]
    with (base / "log").open("w") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, env={**os.environ, **folders}, cwd=project)
    try:
        made = Lab(_url(base / "RUNTIME" / f"jpserver-{process.pid}.json"), project, base / "SETTINGS")
        for setting, value in SETTINGS.items():
            made.write(setting, value)
        yield made
    finally:
        process.terminate()
        process.wait(timeout=30)


def _url(told: Path) -> str:
    ends = time.monotonic() + 60
    while time.monotonic() < ends:
        if told.exists() and (text := told.read_text()):
            return str(json.loads(text)["url"])
        time.sleep(0.1)
    raise TimeoutError(f"JupyterLab did not say where it listens: no {told.name}")


@pytest.fixture(scope="module")
def asked() -> list[str]:
    """Every address that a page asked for."""
    return []


@pytest.fixture(scope="module")
def toured(lab: Lab, browser: Browser, asked: list[str]) -> Iterator[Page]:
    """The tour, after Run All, saved."""
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.on("request", lambda request: asked.append(request.url))
    lab.open(page, TOUR)
    page.click('#jp-MainMenu >> text="Run"')
    page.click('li[data-command="runmenu:run-all"]')
    last = page.locator(CELLS).last
    ends = time.monotonic() + 240
    while not re.search(r"\d", last.inner_text()) and time.monotonic() < ends:
        page.wait_for_timeout(250)
    page.keyboard.press("Control+s")
    page.wait_for_selector(".jp-mod-dirty", state="detached", timeout=20_000)
    yield page
    page.close()


def test_every_cell_of_the_tour_ran_and_none_complains(toured: Page) -> None:
    prompts = toured.locator(CELLS).all_inner_texts()
    assert [int(re.sub(r"\D", "", prompt) or 0) for prompt in prompts] == list(range(1, len(prompts) + 1))
    assert toured.locator('[data-mime-type*="stderr"], [data-mime-type*="error"]').all_inner_texts() == []


def test_what_is_measured_by_a_metric_of_ones_own_is_there_at_once(toured: Page) -> None:
    own = toured.locator(".jp-CodeCell", has_text="def returned_share").locator(".jp-OutputArea-output")
    assert "returned_share" in own.inner_text()


def test_the_catalogue_is_searched_as_one_types(toured: Page) -> None:
    catalogue = toured.locator(".channelnb-catalogue")
    assert catalogue.locator("tbody tr:visible").count() > 1
    catalogue.locator("input").press_sequentially("required")
    assert catalogue.locator("tbody tr:visible").count() == 1
    catalogue.locator("input").fill("")


def test_tables_are_dressed_and_pictures_drawn(toured: Page) -> None:
    table = toured.locator(".jp-OutputArea-output table.figures").first
    heading, figure = table.locator("tbody th").first, table.locator("tbody td").first
    assert heading.evaluate("cell => getComputedStyle(cell).textAlign") == "left"
    assert figure.evaluate("cell => getComputedStyle(cell).textAlign") == "right"
    assert figure.evaluate("cell => getComputedStyle(cell).borderBottomWidth") == "1px"
    good = toured.locator(".jp-OutputArea-output .mark.bad, .jp-OutputArea-output .mark.good").first
    ink = figure.evaluate("cell => getComputedStyle(cell).color")
    assert good.evaluate("mark => getComputedStyle(mark).color") != ink
    assert toured.locator(".jp-OutputArea-output img").first.evaluate("image => image.naturalWidth") > 300
    # A frame of pandas beside it looks as JupyterLab lets it.
    frame = toured.locator(".jp-OutputArea-output table.dataframe tbody td").first
    assert frame.evaluate("cell => getComputedStyle(cell).textAlign") == "right"


def test_a_name_with_dollars_is_no_formula(toured: Page) -> None:
    shown = toured.locator(".jp-OutputArea-output .mathjax_ignore", has_text=PRICED)
    assert shown.count() > 0
    assert shown.locator("mjx-container").count() == 0


def test_nobody_but_the_lab_itself_is_asked_for_anything(toured: Page, asked: list[str], lab: Lab) -> None:
    assert len(asked) > 10
    elsewhere = [url for url in asked if not url.startswith((lab.url, "data:", "blob:"))]
    assert elsewhere == []


def test_in_the_dark_theme_text_and_pictures_are_light(toured: Page, lab: Lab, browser: Browser) -> None:
    lab.write("apputils-extension/themes", {"theme": "JupyterLab Dark"})
    page = browser.new_page(viewport={"width": 1280, "height": 900}, color_scheme="light")
    lab.open(page, TOUR)
    table = page.locator(".jp-OutputArea-output table.figures tbody td").first
    red = int(table.evaluate("cell => getComputedStyle(cell).color.match(/[0-9.]+/g)[0]"))
    assert red > 200
    image = page.locator(".jp-OutputArea-output img").first
    assert image.evaluate("image => getComputedStyle(image).colorScheme") == "dark"
    page.close()
    lab.write("apputils-extension/themes", {"theme": "JupyterLab Light"})


def test_a_notebook_that_the_lab_did_not_run_is_readable_without_its_styles(
    toured: Page, lab: Lab, browser: Browser
) -> None:
    executed = nbformat.read(lab.project / "notebooks" / f"{TOUR}.ipynb", as_version=4)
    # Another text has no signature: the outputs are not trusted, and what they hold is cleaned.
    executed.cells[0].source += "\n\nSent by a colleague."
    nbformat.write(executed, lab.project / "notebooks" / "sent.ipynb")
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    lab.open(page, "sent")
    outputs = page.locator(".jp-OutputArea-output")
    assert outputs.locator("style").count() == 0
    assert outputs.locator("table.figures tbody td").count() > 10
    assert outputs.locator("img").first.evaluate("image => image.naturalWidth") > 300
    assert "@scope" not in page.inner_text("body")
    # A box to search in would do nothing: no script runs here.
    assert outputs.locator("input").count() == 0
    page.close()
