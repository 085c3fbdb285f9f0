"""What a page says of itself: title, vendor, period, edition, and where it leads."""

from __future__ import annotations

import re
from dataclasses import dataclass

from channelnb.errors import NotUsable
from channelnb.fiscal import day_text
from channelnb.report.allowed import SAFE_IMAGE
from channelnb.report.style import style_sheet

INTERNAL, PARTNER = "internal", "partner"
_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")
_SCHEME = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]*:|//|/")


@dataclass(frozen=True)
class Link:
    """A link to another page of the same run, relative to the page that it stands on.

    >>> Link("Business review", "qbr.html").href
    'qbr.html'
    """

    text: str
    href: str

    def __post_init__(self) -> None:
        if _SCHEME.match(self.href):
            raise NotUsable(f"the link {self.text!r} leads to {self.href!r}; give a path relative to the page.")


@dataclass(frozen=True)
class PageInfo:
    """What the head and the foot of a report say; everything is text, and escaped when shown.

    `as_of` and `made_on` are ISO dates, or "" where there is none; `undated` names what no date in the data
    tells of; `colour` is the vendor's, as ``#rrggbb``; `links` lead to the other pages about the same partner,
    `home` to the front page, `files` to the page's tables, if it has any, as files.

    >>> PageInfo("Contoso: business review", vendor="Fabrikam", period="2026Q3", colour="navy")
    Traceback (most recent call last):
    channelnb.errors.NotUsable: the vendor's colour is 'navy'; write it as #rrggbb, such as '#0b5cad'.
    """

    title: str = ""
    subtitle: str = ""
    vendor: str = ""
    period: str = ""
    as_of: str = ""
    undated: str = ""
    data_version: str = ""
    edition: str = INTERNAL
    made_on: str = ""
    home: str = ""
    links: tuple[Link, ...] = ()
    files: tuple[Link, ...] = ()
    colour: str = ""
    logo: str = ""

    def __post_init__(self) -> None:
        if self.edition not in (INTERNAL, PARTNER):
            raise NotUsable(f"the edition is {self.edition!r}; it is 'internal' or 'partner'.")
        if self.colour and not _COLOUR.fullmatch(self.colour):
            raise NotUsable(f"the vendor's colour is {self.colour!r}; write it as #rrggbb, such as '#0b5cad'.")
        if self.logo and not SAFE_IMAGE.fullmatch(self.logo):
            raise NotUsable(f"the vendor's logo is {self.logo[:40]!r}; give what `logo_uri` makes of its file.")
        if self.home and _SCHEME.match(self.home):
            raise NotUsable(f"the front page is {self.home!r}; give a path relative to the page.")

    @property
    def edition_text(self) -> str:
        """Whom the page is for, in words.

        >>> PageInfo().edition_text, PageInfo(edition=PARTNER).edition_text
        ('Internal edition: not for the partner', "Partner's edition")
        """
        return "Internal edition: not for the partner" if self.edition == INTERNAL else "Partner's edition"

    @property
    def style(self) -> str:
        """The page's style sheet.

        >>> PageInfo(colour="#7a1f5c").style.startswith(":root{--brand:#7a1f5c;")
        True
        """
        return style_sheet(self.colour)

    @property
    def foot(self) -> tuple[str, ...]:
        """What the last line of the page says, thing by thing.

        >>> PageInfo(period="2026Q3", edition="partner").foot
        ('Period 2026Q3', "Partner's edition")
        """
        said = (
            # A logo need not hold a name that can be read.
            ("", self.vendor if self.logo else ""),
            ("Period ", self.period),
            ("What was known on ", day_text(self.as_of)),
            ("As in the vendor's data, whatever the day: ", self.undated),
            ("Data version ", self.data_version),
            ("", self.edition_text),
            ("Made on ", day_text(self.made_on)),
        )
        return tuple(before + what for before, what in said if what)
