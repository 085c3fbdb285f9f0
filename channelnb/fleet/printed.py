"""Which pages of a run were printed, and of which page each PDF is."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from channelnb.errors import RunIncomplete
from channelnb.fleet import digests
from channelnb.fleet.folder import write_whole

FILE = "pdf.json"
SCHEMA = 1


@dataclass(frozen=True)
class Printed:
    """A PDF that was made here: the hash of the page that it was made of, and its own."""

    page: str
    pdf: str

    def stands(self, path: Path, *, page: str) -> bool:
        """Whether the file is the one that was made, and the page, of which this is the hash, is as it was.

        >>> Printed("e3b0", "acme").stands(Path("no/such.pdf"), page="e3b0")
        False
        """
        return self.page == page and path.is_file() and digests.of_file(path) == self.pdf


def pdf_of(page: str) -> str:
    """The path of the PDF of a page, which lies beside it.

    >>> pdf_of("partner/P1-fbeae7c186/qbr.html")
    'partner/P1-fbeae7c186/qbr.pdf'
    """
    return Path(page).with_suffix(".pdf").as_posix()


def read_printed(run: Path) -> dict[str, Printed]:
    """Every PDF of a run by its path in the folder; raises RunIncomplete where what was noted cannot be read.

    >>> read_printed(Path("no/such/run"))
    {}
    """
    path = run / FILE
    if not path.is_file():
        return {}
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        return {name: Printed(**one) for name, one in content["printed"].items()}
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise RunIncomplete(f"{path} cannot be read: {error!r}; remove it, and print again.") from None


def write_printed(run: Path, printed: Mapping[str, Printed]) -> None:
    """Note which pages were printed; the run's folder must be held."""
    content = {"schema": SCHEMA, "printed": {name: asdict(one) for name, one in sorted(printed.items())}}
    write_whole(run / FILE, json.dumps(content, ensure_ascii=False, indent=1).encode() + b"\n", run=run)
