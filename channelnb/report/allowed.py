"""HTML by allow-list: what is not known to be harmless does not reach a page."""

from __future__ import annotations

import re
from base64 import b64decode
from html import escape
from html.parser import HTMLParser

from channelnb.report import drawn


def _names(words: str) -> frozenset[str]:
    return frozenset(words.split())


_VOID = _names("br hr img col wbr")
_TAGS = _VOID | _names(
    "a abbr blockquote caption code colgroup data dd del details div dl dt em figcaption figure h1 h2 h3 h4 h5 h6 "
    "ins li ol p pre s section small span strong sub summary sup table tbody td tfoot th thead time tr ul"
)
# Their content is not text for a reader, so it goes with them.
_WITH_CONTENT = _names(
    "applet audio canvas frameset head iframe math noembed noframes noscript object script select style svg "
    "template textarea title video xmp"
)
_ATTRIBUTES = _names(
    "alt aria-describedby aria-hidden aria-label aria-labelledby class colspan data-fact datetime dir headers height "
    "id lang open role rowspan scope start tabindex title value width"
)
SAFE_IMAGE = re.compile(r"data:image/(?:svg\+xml|png);base64,[A-Za-z0-9+/=]*")
"""A picture that stands in the page itself."""
_PNG = b"\x89PNG\r\n"
_BLANKS = re.compile(r"[\x00-\x20]+")
_SAFE_LINK = re.compile(r"#|https://|(?![a-z0-9+.-]*:|//|/|\\)", re.IGNORECASE)


class _Cleaner(HTMLParser):
    """Writes the allowed part of what it is fed; every tag that it opens, it closes."""

    def __init__(self, *, top_heading: int) -> None:
        super().__init__(convert_charrefs=False)
        self.out: list[str] = []
        self._open: list[str] = []
        self._dropped: list[str] = []
        self._top_heading = top_heading

    def _named(self, tag: str) -> str:
        if re.fullmatch(r"h[1-6]", tag):
            return f"h{max(int(tag[1]), self._top_heading)}"
        return tag

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if self._dropped or tag in _WITH_CONTENT:
            if tag in _WITH_CONTENT:
                self._dropped.append(tag)
            return
        if tag not in _TAGS:
            return
        if tag == "img" and not _is_picture(dict(attrs).get("src") or ""):
            return
        kept = "".join(f' {name}="{escape(value or "")}"' for name, value in attrs if _harmless(tag, name, value or ""))
        name = self._named(tag)
        self.out.append(f"<{name}{kept}>")
        if tag not in _VOID:
            self._open.append(name)

    def handle_endtag(self, tag: str) -> None:
        if self._dropped:
            if tag in self._dropped:
                del self._dropped[self._dropped.index(tag) :]
            return
        name = self._named(tag)
        if name in self._open:
            while (last := self._open.pop()) != name:
                self.out.append(f"</{last}>")
            self.out.append(f"</{name}>")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        # A browser ignores the slash of <p/>; so must we, or the two disagree on what is open.
        if tag not in _WITH_CONTENT:
            self.handle_starttag(tag, attrs)

    def handle_data(self, data: str) -> None:
        if not self._dropped:
            self.out.append(escape(data, quote=False))

    def handle_entityref(self, name: str) -> None:
        if not self._dropped:
            self.out.append(f"&{name};")

    def handle_charref(self, name: str) -> None:
        if not self._dropped:
            self.out.append(f"&#{name};")

    def finished(self) -> str:
        """What was allowed, with everything closed."""
        self.close()
        self.out.extend(f"</{tag}>" for tag in reversed(self._open))
        self._open = []
        return "".join(self.out)


def _is_picture(source: str) -> bool:
    """Whether an image's source is a picture that stands in the page, and does nothing but be looked at."""
    if not SAFE_IMAGE.fullmatch(source):
        return False
    kind, _, encoded = source.partition(",")
    try:
        content = b64decode(encoded, validate=True)
        return drawn.harmless(content.decode()) if "svg" in kind else content.startswith(_PNG)
    except ValueError:
        return False


def _harmless(tag: str, name: str, value: str) -> bool:
    if name == "src":
        # An image without a picture for its source is left out as a whole.
        return tag == "img"
    if name == "href":
        # Browsers drop control characters from an address, so "java\nscript:" is one too.
        return tag == "a" and _SAFE_LINK.match(_BLANKS.sub("", value)) is not None
    return name in _ATTRIBUTES


def allowed(html: str, *, top_heading: int = 1) -> str:
    """The part of some HTML that a page may show, with every tag closed.

    Scripts, styles, frames and inline SVG go with their content; other unknown tags go and leave
    their text; attributes, links and pictures are kept only where they can do no harm. Headings
    above `top_heading` are lowered to it.

    >>> allowed('<p onclick="x()">Hi<script>alert(1)</script> <b>there</b>')
    '<p>Hi there</p>'
    >>> allowed("<h1>Title</h1>", top_heading=3)
    '<h3>Title</h3>'
    """
    cleaner = _Cleaner(top_heading=top_heading)
    cleaner.feed(html)
    return cleaner.finished()
