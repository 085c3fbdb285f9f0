"""SVG by allow-list: a picture that could do more than be looked at is not shown."""

from __future__ import annotations

import re
from xml.etree import ElementTree

_TAGS = frozenset(
    {"svg", "g", "defs", "style", "title", "desc", "metadata", "path", "rect", "circle", "ellipse", "line", "polyline"}
    | {"polygon", "text", "tspan", "use", "clippath", "image", "lineargradient", "radialgradient", "stop", "marker"}
)
_DRAWN = "http://www.w3.org/2000/svg"
_TARGET = re.compile(r"#.*|data:image/png;base64,[A-Za-z0-9+/=\s]*")
# What a style may not do: load, or run. A backslash could spell either of them.
_LOADS = re.compile(r"@import|url\(\s*['\"]?(?!#|data:image/png)|expression\s*\(|javascript:|\\", re.IGNORECASE)
_DECLARED = re.compile(r"<!ENTITY|<\?xml-stylesheet", re.IGNORECASE)


def harmless(svg: str) -> bool:
    """Whether an SVG draws and does nothing else: no script, no handler, nothing that is loaded or declared.

    >>> drawn = '<svg xmlns="http://www.w3.org/2000/svg"><path d="M0 0"/>{}</svg>'
    >>> [harmless(drawn.format(more)) for more in ("", "<script>alert(1)</script>", '<g onload="alert(1)"/>', "<p>")]
    [True, False, False, False]
    """
    if _DECLARED.search(svg):
        return False
    try:
        parts = list(ElementTree.fromstring(svg).iter())
    except (ElementTree.ParseError, ValueError):
        return False
    return all(_draws(part) for part in parts)


def _draws(part: ElementTree.Element) -> bool:
    space, name = _split(str(part.tag))
    if space != _DRAWN:
        # What says who drew it and when is shown by no browser.
        return space.startswith(("http://www.w3.org/1999/02/22-rdf", "http://creativecommons.org/", "http://purl.org/"))
    if name == "style" and _LOADS.search(part.text or ""):
        return False
    return name in _TAGS and all(_plain(_split(key)[1], value) for key, value in part.attrib.items())


def _plain(name: str, value: str) -> bool:
    if name in ("href", "src"):
        return _TARGET.fullmatch(value) is not None
    return not name.startswith("on") and not _LOADS.search(value)


def _split(name: str) -> tuple[str, str]:
    """The namespace and the name, in small letters, of a tag or an attribute.

    >>> _split("{http://www.w3.org/2000/svg}clipPath"), _split("onLoad")
    (('http://www.w3.org/2000/svg', 'clippath'), ('', 'onload'))
    """
    space, _, bare = name.rpartition("}")
    return space.removeprefix("{"), bare.lower()
