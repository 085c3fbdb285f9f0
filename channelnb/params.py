"""What is chosen for a run: `params/*.yaml`, checked before any kernel starts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

from channelnb.errors import BadParameters, NotUsable, unknown
from channelnb.fiscal import FiscalCalendar
from channelnb.settings import Lines, load_settings, read_yaml

Edition = Literal["internal", "partner"]
Text = Annotated[str, StringConstraints(min_length=1, max_length=200)]


def _quarter(value: object) -> object:
    if isinstance(value, str):
        try:
            FiscalCalendar().period(value)
        except NotUsable:
            raise ValueError("a quarter is the fiscal year and the quarter, such as '2026Q3'") from None
    return value


class Brand(BaseModel):
    """How a vendor shows itself on a page: a name other than the source's, a colour as ``#rrggbb``."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Text | None = None
    colour: Annotated[str, StringConstraints(pattern=r"^#[0-9a-fA-F]{6}$")] | None = None


class RunParameters(BaseModel):
    """What is chosen for a run.

    `as_of` is the quarter's end unless set, `partners` are all of the source's unless named. `pipeline_target` is the
    pipeline due in a quarter over its plan, `min_peers` the fewest other firms a peer figure may come from, and
    `max_rejected` how many rows may break the contract before the run refuses to start.

    >>> RunParameters(name="review", source="data/sample", quarter="2026Q3").notebooks
    ('partner_profile', 'qbr', 'recruiting')
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,99}$")]
    source: Text
    quarter: Annotated[str, BeforeValidator(_quarter)]
    as_of: date | None = None
    partners: tuple[Text, ...] | None = None
    notebooks: Annotated[tuple[Text, ...], Field(min_length=1)] = ("partner_profile", "qbr", "recruiting")
    editions: Annotated[tuple[Edition, ...], Field(min_length=1)] = ("internal",)
    pipeline_target: Annotated[float, Field(gt=0, le=100)] = 4.0
    min_peers: Annotated[int, Field(ge=1)] = 5
    max_rejected: Annotated[int, Field(ge=0)] = 0
    brand: Brand = Brand()


@dataclass(frozen=True)
class ParametersFile:
    """A parameters file: what it says, and where each thing stands in it, for errors found later."""

    path: Path
    chosen: RunParameters
    lines: Lines

    def at(self, *keys: str | int) -> str:
        """The file and the line on which a key, or an item of its list, stands."""
        return (
            f"{self.path}:{next((self.lines[keys[:n]] for n in range(len(keys), 0, -1) if keys[:n] in self.lines), 1)}"
        )


def read_parameters(path: str | Path) -> ParametersFile:
    """The checked parameters in a YAML file.

    Raises BadParameters, one line for each fault with file and line, for what can be told from the file alone;
    `check_dates` and `check_partners` tell the rest once the source is known.
    """
    path = Path(path)
    chosen = load_settings(path, RunParameters)
    found = ParametersFile(path, chosen, read_yaml(path)[1])
    for key in ("partners", "notebooks", "editions"):
        _check_once(found, key, getattr(chosen, key) or ())
    return found


def check_dates(file: ParametersFile, calendar: FiscalCalendar) -> None:
    """Raise BadParameters when `as_of` lies before the quarter begins in the vendor's own fiscal year."""
    chosen = file.chosen
    start = calendar.start(chosen.quarter)
    if chosen.as_of is not None and chosen.as_of < start:
        raise BadParameters(
            f"{file.at('as_of')}: as_of is {chosen.as_of}, before {chosen.quarter} begins on {start}; "
            "give a later date, or an earlier quarter."
        )


def check_partners(file: ParametersFile, known: Iterable[str]) -> tuple[str, ...]:
    """The partners to report on, in the order of their ids; raises UnknownName for one that the source has not."""
    known = set(known)
    wanted = file.chosen.partners
    for place, partner_id in enumerate(wanted or ()):
        if partner_id not in known:
            raise unknown("partner", partner_id, known, where=file.at("partners", place))
    return tuple(sorted(known if wanted is None else wanted))


def _check_once(file: ParametersFile, key: str, values: tuple[str, ...]) -> None:
    for place, value in enumerate(values):
        if value in values[:place]:
            raise BadParameters(f"{file.at(key, place)}: {key} names {value!r} twice; keep one.")
