"""SVG by allow-list: a picture that could do more than be looked at is not shown."""

from __future__ import annotations

import re
from xml.etree import ElementTree

_TAGS = frozenset(
    {"svg", "g", "defs", "style", "title", "desc", "metadata", "path", "rect", "circle", "ellipse", "line", "polyline"}
    | {"polygon", "text", "tspan", "use", "clippath", "image", "lineargradient", "radialgradient", "stop", "marker"}
    | {"mask", "symbol", "pattern", "filter", "feblend", "fecolormatrix", "fecomposite", "fedropshadow", "feflood"}
    | {"fegaussianblur", "femerge", "femergenode", "feoffset"}
)
_DRAWN = "http://www.w3.org/2000/svg"
_PICTURE = re.compile(r"data:image/(?:png|jpeg);base64,[A-Za-z0-9+/=\s]*")
_TARGET = re.compile(rf"#.*|{_PICTURE.pattern}")
# What a style may not do: load, or run. A backslash could spell either of them.
_LOADS = re.compile(
    r"@import|url\(\s*+['\"]?+(?!#)|\b(?:image-set|src|expression)\s*\(|https?:|//|javascript:|\\", re.IGNORECASE
)
# Of what a document declares, the type that drawing programs write is the only one that loads nothing and adds nothing.
_PLAIN_TYPE = r'\s+svg\s+PUBLIC\s+"-//W3C//DTD SVG [\w. ]+//EN"\s+"http://www\.w3\.org/[\w./]+"\s*>'
_DECLARED = re.compile(rf"<!ENTITY|<\?xml-stylesheet|<!DOCTYPE(?!{_PLAIN_TYPE})", re.IGNORECASE)


def harmless(svg: str) -> bool:
    """Whether an SVG draws and does nothing else: no script, no handler, nothing that is loaded or declared.

    >>> drawn = '<svg xmlns="http://www.w3.org/2000/svg"><path d="M0 0"/>{}</svg>'
    >>> [harmless(drawn.format(more)) for more in ("", "<script>alert(1)</script>", '<g onload="alert(1)"/>', "<p>")]
    [True, False, False, False]
    """
    return not beyond_drawing(svg)


def beyond_drawing(svg: str) -> str:
    """What an SVG first has that is more than drawing, in its own words; "" for one that only draws.

    >>> beyond_drawing('<svg xmlns="http://www.w3.org/2000/svg"><g onload="alert(1)"/></svg>')
    'onload="alert(1)"'
    """
    if declared := _DECLARED.search(svg):
        return declared[0]
    try:
        parts = list(ElementTree.fromstring(svg).iter())
    except (ElementTree.ParseError, ValueError) as error:
        return str(error)
    return next((found for part in parts if (found := _beyond(part))), "")


def _beyond(part: ElementTree.Element) -> str:
    space, name = _split(str(part.tag))
    tag = f"<{str(part.tag).rpartition('}')[2]}>"
    if space != _DRAWN:
        # What says who drew it and when is shown by no browser.
        about = ("http://www.w3.org/1999/02/22-rdf", "http://creativecommons.org/", "http://purl.org/")
        return "" if space.startswith(about) else tag
    if name not in _TAGS:
        return tag
    # A style's text may go on behind what stands in it.
    if name == "style" and (len(part) or _loads(part.text or "")):
        return tag + (part.text or "")
    acts = ((key, value) for key, value in part.attrib.items() if not _plain(_split(key)[1], value))
    return next((f'{key.rpartition("}")[2]}="{value}"' for key, value in acts), "")


def _plain(name: str, value: str) -> bool:
    if name in ("href", "src"):
        return _TARGET.fullmatch(value) is not None
    # What is read aloud may name an address.
    return not name.startswith("on") and (name.startswith("aria-") or not _loads(value))


def _loads(value: str) -> bool:
    return _LOADS.search(_PICTURE.sub("#", value)) is not None


def _split(name: str) -> tuple[str, str]:
    """The namespace and the name, in small letters, of a tag or an attribute.

    >>> _split("{http://www.w3.org/2000/svg}clipPath"), _split("onLoad")
    (('http://www.w3.org/2000/svg', 'clippath'), ('', 'onload'))
    """
    space, _, bare = name.rpartition("}")
    return space.removeprefix("{"), bare.lower()
