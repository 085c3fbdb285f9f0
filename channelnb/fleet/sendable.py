"""What of a run may be sent to a partner: what the run made for it, and nothing else; anything else is refused."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

from channelnb.errors import NotToSend
from channelnb.fleet import digests, journal
from channelnb.fleet.journal import Record
from channelnb.fleet.partner_plans import FORMS, PROPOSED, data_now, noted
from channelnb.fleet.printed import pdf_of, read_printed
from channelnb.fleet.slugs import slug
from channelnb.report.page import INTERNAL, PARTNER

_FACTS = ".facts.json"
# What file managers and office programs leave in a folder that is looked at.
_LITTER = re.compile(r"\.DS_Store|Thumbs\.db|desktop\.ini|\.~lock\..*#|~\$.*")


def sendable(
    run: Path, partner_id: str, records: Sequence[Record], *, period: str
) -> tuple[dict[str, bytes], list[str]]:
    """The content of each file to send by its name, and remarks on what is left out and where pages lead.

    Needs the records of all reports of the partner's edition. Facts are for the vendor's machines, and stay. Raises
    NotToSend, with all that is wrong, where a file in the partner's folder is not what the run made for this partner,
    says that it is of another edition, partner or period, or leads to what is not sent.
    """
    folder = Path(PARTNER, slug(partner_id))
    made = {name: digest for record in records for name, digest in record.out.items()}
    known = made | _prints(run, made)
    remarks = _check_folder(run, folder, known, partner_id=partner_id)
    files = {name: (run / name).read_bytes() for name in sorted(known)}
    changed = [f"{name}: changed since it was made." for name in files if digests.of_bytes(files[name]) != known[name]]
    refuse(changed, "make it again with `channelnb run`, or print it again with `channelnb pdf`")
    files = {Path(name).name: content for name, content in files.items()}
    refuse(_other_words(files, of=(PARTNER, partner_id, period)), "run again")
    sent = {name: content for name, content in files.items() if not name.endswith(_FACTS)}
    form, told = _form(run, partner_id)
    sent |= form
    return sent, [*remarks, *told, *_outward(sent)]


def refuse(wrong: Iterable[str], remedy: str) -> None:
    """Raise NotToSend if anything is wrong, with what to do first.

    >>> refuse(["notes.txt: not made by this run."], "move it elsewhere")
    Traceback (most recent call last):
    ...
    channelnb.errors.NotToSend: nothing was packed; move it elsewhere, and pack again:
      notes.txt: not made by this run.
    """
    if lines := [f"  {line}" for line in wrong]:
        raise NotToSend("\n".join([f"nothing was packed; {remedy}, and pack again:", *lines]))


def _prints(run: Path, made: Mapping[str, str]) -> dict[str, str]:
    """The hash of each PDF that is there of a page as it is now."""
    printed, found = read_printed(run), {}
    for page, digest in made.items():
        name = pdf_of(page)
        if page.endswith(".html") and name in printed and printed[name].page == digest and (run / name).is_file():
            found[name] = printed[name].pdf
    return found


def _check_folder(run: Path, folder: Path, ours: Collection[str], *, partner_id: str) -> list[str]:
    """Refuse what lies in the folder and was not made there, and what was made elsewhere or is only a link.

    What is said of files that are only left out: those that the desktop leaves, and those of a notebook that the run
    has no more.
    """
    there = [path for path in (run / folder, *(run / folder).rglob("*")) if path.is_symlink() or not path.is_dir()]
    links = {path.relative_to(run).as_posix() for path in there if path.is_symlink()}
    others = {path.relative_to(run).as_posix() for path in there} - links - set(ours)
    litter = {name for name in others if _LITTER.fullmatch(Path(name).name)}
    before = others & _made_before(run, ours)
    prints = others & {pdf_of(name) for name in ours if name.endswith(".html")}
    astray = {name for name in ours if Path(name).parent != folder}
    wrong = dict.fromkeys((others - litter - before) | links | astray, f"not made by this run for {partner_id}.")
    wrong |= dict.fromkeys(prints, "not noted as printed of the page as it is now; print it with `channelnb pdf`.")
    refuse([f"{name}: {said}" for name, said in sorted(wrong.items())], "move what is not the run's elsewhere")
    said = dict.fromkeys(litter, "a file of the desktop")
    said |= dict.fromkeys(before, "of a notebook that is not asked for any more")
    return [f"Left out: {Path(name).name}, {why}." for name, why in sorted(said.items())]


def _made_before(run: Path, ours: Collection[str]) -> set[str]:
    """What is in the journal and no more of the run, such as after a notebook was taken out of the parameters."""
    made = {name for record in journal.read(run).values() for name in record.out} - set(ours)
    return made | {pdf_of(name) for name in made if name.endswith(".html")} - {pdf_of(name) for name in ours}


def _other_words(files: Mapping[str, bytes], *, of: tuple[str, str, str]) -> list[str]:
    """What files say of themselves that is not of this edition, partner and period."""
    wrong = []
    for name, content in files.items():
        if name.endswith(_FACTS):
            said = json.loads(content)
            found = tuple(said.get(key) for key in ("edition", "partner_id", "quarter"))
            wrong += [f"{name}: says that it is of {found}, not of {of}."] if found != of else []
        elif name.endswith(".html"):
            marks = [content.count(f'class="edition {edition}"'.encode()) for edition in (PARTNER, INTERNAL)]
            wrong += [f"{name}: does not say that it is the partner's edition."] if marks != [1, 0] else []
    return wrong


def _form(run: Path, partner_id: str) -> tuple[dict[str, bytes], list[str]]:
    """The plan's form in the partner's edition, if one was written, and what is to be said of one of other data.

    One that somebody has changed is refused.
    """
    path = run / PROPOSED / slug(partner_id) / FORMS[PARTNER]
    if not path.is_file():
        return {}, []
    content, note = path.read_bytes(), noted(path)
    anew = f"move it elsewhere, and write a new one with `channelnb plan {partner_id} --run {run}`"
    if note is None or path.is_symlink() or digests.of_bytes(content) != note.form:
        said = f"{path.relative_to(run).as_posix()}: changed since it was written, so it may hold what is the vendor's."
        refuse([said], anew)
    elif note.data != data_now(run, partner_id):
        return {}, [f"Left out: {path.name} was written of other data than the run has now; {anew}."]
    return {path.name: content}, []


def _outward(files: Mapping[str, bytes]) -> list[str]:
    """Refuse links to what is not sent; what is to be said of those to the web."""
    astray, web = [], []
    for name in [name for name in files if name.endswith(".html")]:
        reader = _Links()
        reader.feed(files[name].decode())
        for link in reader.found:
            place = unquote(link.partition("#")[0])
            if link.startswith("https://"):
                web.append(link)
            elif place and place not in files:
                astray.append(f"{name}: leads to {link}, which is not in the zip.")
    refuse(astray, "make all of the partner's edition with `channelnb run`")
    return [f"A page leads to the web: {link}" for link in dict.fromkeys(web)]


class _Links(HTMLParser):
    """Collects where the links of a page lead."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [value or "" for name, value in attrs if name == "href"]
