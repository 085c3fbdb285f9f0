"""What holds of every sentence of every report: its numbers are facts, its words follow them, and it blames nobody.

Run over the cells themselves, without notebooks: over a small vendor in one quarter that is over and one that is
running. With CHANNELNB_ALL_QUARTERS=60 over so many partners, in both editions and in each quarter of the sample.
"""

from __future__ import annotations

import ast
import os
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from itertools import pairwise
from pathlib import Path
from shutil import copytree
from zlib import crc32

import pandas as pd
import pytest
from narrated import Block, Figure, blocks_of, cells_of, restates

import channelnb
from channelnb.book.book import open_book
from channelnb.book.sample import write_sample
from channelnb.chosen import Settings
from channelnb.fiscal import FiscalCalendar
from channelnb.freezing import freeze
from channelnb.metrics.known import CATALOGUE
from channelnb.narrative.described import origin_of, role_of
from channelnb.narrative.facts import Fact, Facts, collect
from channelnb.narrative.loose import loose_number
from channelnb.narrative.select import alike
from channelnb.narrative.sentence import Sentence, named, say
from channelnb.portfolios import Portfolio, portfolio_of
from channelnb.report import opening
from channelnb.report.charts import picture
from channelnb.report.shown import Shown
from channelnb.slice import Slice, gated
from channelnb.snapshot import Snapshot

ALL = int(os.environ.get("CHANNELNB_ALL_QUARTERS", "0"))
QUARTERS = [f"{year}Q{number}" for year in range(2023, 2027) for number in range(1, 5)][:15]
PERIODS = [(quarter, None) for quarter in QUARTERS] if ALL else [("2026Q3", None)]
RUNNING = ("2026Q3", date(2026, 8, 14))

CAUSAL = re.compile(
    r"\b(?:caused|causing|led to|drove|driv(?:es|en|ing)|because of|due to|thanks to|result(?:s|ed)? in|"
    r"brought about|owing to|on account of|attributable to|made it|explains why|therefore|hence|consequently)\b",
    re.IGNORECASE,
)
NONSENSE = re.compile(
    r"∞|\bnan\b|\binf(?:inity)?\b|−0(?![.\d])|\b0 of 0\b|100 % (?:from|on) (?:\w{3} )?0\b|\.\.|  |\bNone\b|\bNaT\b|"
    r"<NA>| [.,;:]"
)
_TEMPLATE = re.compile(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}|<[^>]*>", re.DOTALL)

Pages = list[tuple[str, str, dict[str, Shown]]]

CELLS = {"Slice": cells_of("Slice"), "Portfolio": cells_of("Portfolio")}


@pytest.fixture(scope="module", autouse=True)
def _undrawn() -> Iterator[None]:
    """Pictures hold none of the narrative, and to draw each takes longer than all else together."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(picture, "svg_of", lambda _: "<svg/>")
        yield


@pytest.fixture(scope="module")
def vendor(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_sample(tmp_path_factory.mktemp("vendor"), partners=ALL or 6)


@pytest.fixture(scope="module", params=[*PERIODS, RUNNING], ids=lambda period: f"{period[0]}{period[1] or ''}")
def snapshot(request: pytest.FixtureRequest, vendor: Path, tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    quarter, as_of = request.param
    before = None
    if quarter != QUARTERS[0]:
        with open_book(vendor, quarter=FiscalCalendar().shift(quarter, -1)) as book:
            before = freeze(book, tmp_path_factory.mktemp("before"), Settings())
    with open_book(vendor, quarter=quarter, as_of=as_of) as book:
        return freeze(book, tmp_path_factory.mktemp("snapshot"), Settings(), before=before)


def subjects(snapshot: Snapshot) -> Iterator[Slice | Portfolio]:
    """Each partner, the first of them in its own edition too, and each manager."""
    firms = snapshot.frame("partners")
    there = list(firms.loc[firms["survivor_id"].eq(firms["partner_id"]), "partner_id"])
    yield from (gated(snapshot, partner_id, "internal") for partner_id in there)
    yield from (gated(snapshot, partner_id, "partner") for partner_id in (there if ALL else there[:2]))
    yield from (portfolio_of(snapshot, manager) for manager in sorted(snapshot.frame("managers")["manager_id"]))


def partners_of(snapshot: Snapshot) -> list[Slice]:
    return [subject for subject in subjects(snapshot) if isinstance(subject, Slice)]


def shown_of(subject: Slice | Portfolio) -> dict[str, Shown]:
    """What each cell shows of a subject."""
    return {named_cell(cell): cell(subject) for cell in CELLS[type(subject).__name__]}


def named_cell(cell: Callable[..., Shown]) -> str:
    return f"{cell.__module__.rpartition('.')[2]}.{cell.__name__}"


def called(subject: Slice | Portfolio) -> str:
    return f"{subject.partner_id} {subject.edition}" if isinstance(subject, Slice) else subject.manager_id


@pytest.fixture(scope="module")
def pages(snapshot: Snapshot) -> Pages:
    """All that is shown of each subject, with its name and currency."""
    return [(called(subject), snapshot.about.currency, shown_of(subject)) for subject in subjects(snapshot)]


def each_block(pages: Pages) -> Iterator[tuple[str, Block]]:
    for who, _, cells in pages:
        for cell, shown in cells.items():
            for block in blocks_of(shown):
                yield f"{who} {cell}", block


def found(broken: list[str]) -> str:
    """The first of what is broken, and how many there are."""
    return f"{len(broken)} broken:\n" + "\n".join(dict.fromkeys(broken[:40]))


def test_each_number_of_a_text_is_a_figure(pages) -> None:
    broken = [
        f"{where}: {number!r} in {block.text!r}"
        for where, block in each_block(pages)
        if block.narrative and (number := loose_number(block.words))
    ]
    assert not broken, found(broken)


def test_each_figure_is_one_fact_and_rounds_to_it(pages) -> None:
    broken, seen = [], 0
    for who, currency, cells in pages:
        facts = {fact.id: fact for shown in cells.values() for fact in shown.facts}
        for cell, shown in cells.items():
            for figure in (figure for block in blocks_of(shown) for figure in block.figures):
                seen += 1
                broken += [f"{who} {cell}: {figure}: {why}" for why in wrong(figure, facts, currency)]
    assert not broken, found(broken)
    assert seen > 1000


def wrong(figure: Figure, facts: dict[str, Fact], currency: str) -> Iterator[str]:
    """What is wrong with a figure, if anything."""
    fact = facts.get(figure.fact)
    if fact is None:
        yield "no such fact"
    elif figure.value != ("" if fact.value is None else repr(fact.value)):
        yield f"the fact's value is {fact.value!r}"
    elif not restates(fact, figure.shown, currency):
        yield f"this is not {fact.value!r}, {fact.unit}, {fact.state}"


def test_a_fact_has_one_content_on_a_page(pages) -> None:
    broken = []
    for who, _, cells in pages:
        for module in {cell.partition(".")[0] for cell in cells}:
            try:
                collect(fact for cell, shown in cells.items() if cell.startswith(f"{module}.") for fact in shown.facts)
            except channelnb.ChannelnbError as error:
                broken.append(f"{who} {module}: {error}")
    assert not broken, found(broken)


def test_nothing_is_blamed_and_nothing_is_nonsense(pages) -> None:
    broken = [
        f"{where}: {match[0]!r} in {block.text!r}"
        for where, block in each_block(pages)
        for match in (CAUSAL.search(block.words), NONSENSE.search(block.text))
        if match and (block.narrative or match.re is NONSENSE)
    ]
    assert not broken, found(broken)


def test_of_what_is_not_sure_no_sentence_states_a_figure(pages) -> None:
    broken = []
    for who, _, cells in pages:
        facts = {fact.id: fact for shown in cells.values() for fact in shown.facts}
        unsure = {name for name, fact in facts.items() if fact.state in ("too_few", "suppressed")}
        broken += [
            f"{who} {cell}: {figure} in {block.text!r}"
            for cell, shown in cells.items()
            for block in blocks_of(shown)
            for figure in block.figures
            if block.tag in ("p", "li", "figcaption") and figure.fact in unsure
        ]
    assert not broken, found(broken)


def test_no_two_neighbours_are_worded_alike(pages) -> None:
    broken = []
    for who, _, cells in pages:
        for cell, shown in cells.items():
            listed = [block for block in blocks_of(shown) if block.tag == "li" and block.within[-1] == "ul sentences"]
            broken += [
                f"{who} {cell}: {one.text!r} and {other.text!r}"
                for one, other in pairwise(listed)
                if alike(as_sentence(one), as_sentence(other))
            ]
    assert not broken, found(broken)


def as_sentence(block: Block) -> Sentence:
    return say(*(part if isinstance(part, str) else named("x") for part in block.parts))


def test_what_is_red_is_said_first(snapshot) -> None:
    reds = 0
    for partner in partners_of(snapshot):
        told = [said for sentences in opening.topics(partner).values() for said in sentences]
        red = [said.text(partner.about.currency) for said in told if said.tone == "red"]
        listed = [block.text for block in blocks_of(opening.summary(partner)) if block.tag == "li"]
        assert not red or listed[0] in red, (partner.partner_id, listed, red)
        reds += bool(red)
    assert reds


def test_notable_is_said_only_of_what_is_more_than_chance(snapshot, pages) -> None:
    notable = {called(partner): partner.notable for partner in partners_of(snapshot)}
    for who, _, cells in pages:
        if not notable.get(who):
            assert "notabl" not in " ".join(shown.text for shown in cells.values()), who


def test_each_figure_can_say_where_it_is_from(pages) -> None:
    facts = {fact.id: fact for _, _, cells in pages for shown in cells.values() for fact in shown.facts}
    # What a promise is measured by may be a name of the vendor's own.
    ours = [fact for fact in facts.values() if "commitment_id" not in dict(fact.grain)]
    blank = {fact.metric for fact in ours if not origin_of(fact.metric).formula}
    assert not blank, sorted(blank)
    assert all(role_of(fact.role).means or fact.role == "actual" for fact in ours)


def test_rows_in_another_order_give_the_same_words(snapshot) -> None:
    for partner in partners_of(snapshot)[: None if ALL else 1]:
        other = shuffled(partner)
        for cell in CELLS["Slice"]:
            assert narrative_of(cell(other)) == narrative_of(cell(partner)), (partner.partner_id, named_cell(cell))


def narrative_of(shown: Shown) -> list[str]:
    return [block.text for block in blocks_of(shown) if block.narrative]


def shuffled(partner: Slice) -> Slice:
    """The slice with the rows of each frame in another order; the catalogue's order is a meaning of its own."""
    frames = {
        name: frame if name == CATALOGUE else frame.sample(frac=1, random_state=crc32(name.encode()))
        for name, frame in partner.frames.items()
    }
    return replace(partner, frames={name: frame.reset_index(drop=True) for name, frame in frames.items()})


def test_another_fact_gives_another_text(snapshot) -> None:
    unmoved, flipped = [], 0
    for partner in partners_of(snapshot)[:1]:
        for cell in CELLS["Slice"]:
            shown = cell(partner)
            for name in sorted(figures_of_text(shown) & partner.facts.keys()):
                flipped += 1
                if cell(with_another(partner, name)).html == shown.html:
                    unmoved.append(f"{partner.partner_id} {named_cell(cell)}: {name}")
    assert not unmoved, found(unmoved)
    assert flipped > 30


def figures_of_text(shown: Shown) -> set[str]:
    return {figure.fact for block in blocks_of(shown) if block.narrative for figure in block.figures if figure.value}


def with_another(subject: Slice, name: str) -> Slice:
    """The same slice, one of whose facts has another value."""
    other = replace(subject)
    value = subject.facts[name].value or 0.0
    facts = [replace(fact, value=value * 1.7 + 1) if fact.id == name else fact for fact in subject.facts.values()]
    told = Facts(facts, absent=subject.about.absent.split(", "), pro_rata=subject.facts.pro_rata)
    other.__dict__["facts"] = told
    return other


NAMED = ("name", "line", "channel", "region", "tier", "segment", "reason")


def test_names_that_hold_digits_are_no_figures(vendor: Path, tmp_path: Path) -> None:
    """Firms, lines, people and tiers of which every name ends in a number."""
    source = copytree(vendor, tmp_path / "source")
    for path in source.glob("*.parquet"):
        frame = pd.read_parquet(path, dtype_backend="pyarrow")
        for column in {*NAMED} & {*frame.columns}:
            frame[column] = frame[column].where(frame[column].isna(), frame[column].astype("string[pyarrow]") + " 24")
        frame.to_parquet(path, index=False)
    with open_book(source, quarter="2026Q3") as book:
        made = freeze(book, tmp_path / "snapshot", Settings())
    renamed = [(called(partner), "EUR", shown_of(partner)) for partner in partners_of(made)[: None if ALL else 2]]
    assert " 24" in renamed[0][2]["profile.summary"].text
    test_each_number_of_a_text_is_a_figure(renamed)


def test_no_text_of_the_package_blames() -> None:
    folder = Path(channelnb.__file__).parent
    broken = []
    for path in [*folder.glob("narrative/*.py"), *folder.glob("report/*.py")]:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        # Docstrings are for who reads the code.
        documents = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
        broken += [
            f"{path.name}:{node.lineno}: {match[0]!r} in {node.value!r}"
            for node in ast.walk(tree)
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in documents
            if (match := CAUSAL.search(node.value))
        ]
    for path in folder.glob("report/template/*/*.j2"):
        text = re.sub(
            r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}|<[^>]*>", " ", path.read_text(encoding="utf-8"), flags=re.DOTALL
        )
        broken += [f"{path.name}: {match[0]!r}" for match in CAUSAL.finditer(text)]
    assert not broken, found(broken)
