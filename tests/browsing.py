"""The browser in which tests look at pages: Debian's Chromium, without a network."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Request

CHROMIUM = Path("/usr/bin/chromium")
SWITCHES = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"]

needs_chromium = pytest.mark.skipif(not CHROMIUM.exists(), reason="Debian's chromium is not installed")
needs_browser = [pytest.mark.browser, needs_chromium]


@contextmanager
def silent_page(browser: Browser, **window: Any) -> Iterator[Page]:
    """An empty page; afterwards the test fails for a request to a network, a message, a dialogue or another window."""
    heard: list[str] = []

    def asked(request: Request) -> None:
        if not request.url.startswith(("file:", "data:")):
            heard.append(request.url)

    with browser.new_context(**{"viewport": {"width": 1280, "height": 900}} | window) as context:
        page = context.new_page()
        page.on("request", asked)
        page.on("console", lambda message: heard.append(message.text))
        page.on("pageerror", lambda error: heard.append(str(error)))
        page.on("dialog", lambda dialog: (heard.append(dialog.message), dialog.dismiss()))
        page.on("popup", lambda other: heard.append(other.url))
        yield page
    assert heard == []
