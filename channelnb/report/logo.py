"""A vendor's logo as a page can hold it: a small PNG or SVG that is what it says, and nothing else."""

from __future__ import annotations

import re
import struct
import zlib
from base64 import b64encode
from collections.abc import Iterator
from xml.dom import minidom
from xml.parsers.expat import ExpatError

from channelnb.errors import NotUsable
from channelnb.report.drawn import beyond_drawing

LARGEST = 100_000
"""How many bytes a logo may have: every page carries it."""

_PNG = b"\x89PNG\r\n\x1a\n"
# What a browser needs to draw it; other chunks hold times, authors and paths.
_DRAWN = frozenset((b"IHDR", b"PLTE", b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"iCCP", b"pHYs", b"IDAT", b"IEND"))
_SVG, _XLINK = "http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"
_NAMESPACES = (None, _SVG, _XLINK, "http://www.w3.org/XML/1998/namespace", "http://www.w3.org/2000/xmlns/")
_DEEPEST = 100


def logo_uri(content: bytes, name: str) -> str:
    """A logo as the address of a picture that stands in the page itself, without its metadata.

    Needs the bytes of a PNG or an SVG and what its file is called. Raises NotUsable for one that is too large, that is
    neither, that is broken, or that holds a script or leads out of itself.

    >>> logo_uri(b'<svg xmlns="http://www.w3.org/2000/svg"><!-- by Ann --><path d="M0 0h9v9z"/></svg>', "logo.svg")[:40]
    'data:image/svg+xml;base64,PHN2ZyB4bWxucz'
    >>> logo_uri(b"GIF89a", "logo.png")
    Traceback (most recent call last):
    channelnb.errors.NotUsable: the logo logo.png is neither a PNG nor an SVG; save it as one of them.
    """
    if len(content) > LARGEST:
        raise NotUsable(
            f"the logo {name} has {len(content):,} bytes, and every page carries it: at most {LARGEST:,} are taken. "
            "Save it smaller; some 400 pixels across are enough."
        )
    if content.startswith(_PNG):
        return _uri("png", _PNG + b"".join(_chunks(content, name)))
    if re.search(rb"<(?:\w+:)?svg[\s>]", content):
        return _uri("svg+xml", _svg(content, name))
    raise NotUsable(f"the logo {name} is neither a PNG nor an SVG; save it as one of them.")


def _uri(kind: str, content: bytes) -> str:
    return f"data:image/{kind};base64,{b64encode(content).decode('ascii')}"


def _chunks(content: bytes, name: str) -> Iterator[bytes]:
    """The chunks of a PNG that draw it, each as it stands; raises NotUsable where one is cut off or damaged."""
    place, kind = len(_PNG), b""
    while kind != b"IEND":
        length, kind = struct.unpack(">I4s", content[place : place + 8].ljust(8, b"\0"))
        chunk = content[place : place + length + 12]
        whole = len(chunk) == length + 12 and zlib.crc32(chunk[4:-4]) == int.from_bytes(chunk[-4:])
        if not whole or (place == len(_PNG)) != (kind == b"IHDR"):
            raise NotUsable(f"the logo {name} is a PNG that is damaged after {place:,} bytes; save it again.")
        if kind in _DRAWN:
            yield chunk
        place += len(chunk)


def _svg(content: bytes, name: str) -> bytes:
    """An SVG without metadata, comments and what belongs to a drawing program; raises NotUsable for what can act."""
    try:
        text = content.decode("utf-8-sig")
        if "<!ENTITY" in text:
            raise NotUsable(f"the logo {name} defines entities; save it as plain SVG.")
        root = minidom.parseString(text.encode()).documentElement
    except UnicodeDecodeError:
        raise NotUsable(f"the logo {name} is not UTF-8; save it as plain SVG in UTF-8.") from None
    except ExpatError as error:
        raise NotUsable(f"the logo {name} is not well-formed SVG ({error}); save it again.") from None
    if root is None or root.namespaceURI != _SVG or root.localName != "svg":
        raise NotUsable(f"the logo {name} does not say that it is SVG; its root must be <svg xmlns={_SVG!r}>.")
    _clean(root, name)
    svg = root.toxml()
    if beyond := beyond_drawing(svg):
        raise NotUsable(
            f"the logo {name} holds {beyond.strip()[:60]!r}, which is more than a drawing; save it as plain SVG, with "
            "all that it shows in the file itself."
        )
    return svg.encode()


def _clean(element: minidom.Element, name: str, *, depth: int = 1) -> None:
    if depth > _DEEPEST:
        raise NotUsable(f"the logo {name} is nested more than {_DEEPEST} deep; save it as plain SVG, with few groups.")
    for child in list(element.childNodes):
        if child.nodeType in (child.TEXT_NODE, child.CDATA_SECTION_NODE):
            continue
        if child.nodeType != child.ELEMENT_NODE or child.namespaceURI != _SVG or child.localName == "metadata":
            element.removeChild(child)
        else:
            _clean(child, name, depth=depth + 1)
    for attribute in list(element.attributes.values()):
        if attribute.namespaceURI not in _NAMESPACES:
            element.removeAttributeNode(attribute)
