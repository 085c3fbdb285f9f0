"""What is chosen for a run: `params/*.yaml`, checked before any kernel starts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, AliasChoices, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

from channelnb.errors import BadParameters, NotUsable, unknown
from channelnb.fiscal import FiscalCalendar, is_month
from channelnb.planning.meeting.target_kinds import DEFAULT, check_target
from channelnb.report.logo import logo_uri
from channelnb.settings import Lines, load_settings, read_yaml

Edition = Literal["internal", "partner"]
Text = Annotated[str, StringConstraints(min_length=1, max_length=200)]


def _period(value: object) -> object:
    if isinstance(value, str):
        try:
            FiscalCalendar().period(value)
        except NotUsable:
            raise ValueError("write a fiscal quarter such as '2026Q3', or a month such as '2026-08'") from None
    return value


def _band(value: tuple[float, float]) -> tuple[float, float]:
    low, high = value
    if not 0 <= low < high <= 100:
        raise ValueError("write the least and the most of the range, between 0 and 100, such as [3.0, 5.0]")
    return value


class Brand(BaseModel):
    """How a vendor shows itself on a page: a name other than the source's, a colour as ``#rrggbb``, a logo's file.

    The logo is a PNG or an SVG that looks well on white; its place is told from the parameters file's.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Text | None = None
    colour: Annotated[str, StringConstraints(pattern=r"^#[0-9a-fA-F]{6}$")] | None = None
    logo: Text | None = None


class NextTargets(BaseModel):
    """Targets of the next period: for every partner by `default`, for one by its id under `partners`.

    >>> NextTargets(default={"case_studies": 1}, partners={"P1": {"registered": 100_000}}).given
    (('', 'case_studies', 1.0), ('P1', 'registered', 100000.0))
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    default: dict[Text, float] = Field(default_factory=dict)
    partners: dict[Text, dict[Text, float]] = Field(default_factory=dict)

    @property
    def given(self) -> tuple[tuple[str, str, float], ...]:
        """Each target as the partner's id, "" for all, its kind and its value."""
        of_each = {DEFAULT: self.default, **self.partners}
        return tuple((owner, kind, value) for owner, kinds in of_each.items() for kind, value in kinds.items())


BY_QUARTER = ("recruiting",)
"""Notebooks that are made for a quarter only."""


def _made_for(given: dict[str, Any]) -> tuple[str, ...]:
    """The notebooks of a run whose parameters name none."""
    every = ("partner_profile", "qbr", "business_plan", "portfolio", "readiness")
    return every if is_month(str(given.get("period"))) else (*every, *BY_QUARTER)


class RunParameters(BaseModel):
    """What is chosen for a run.

    `period` is a fiscal quarter, which a file may also call `quarter`, or a month. `as_of` is the period's end
    unless set, or the day of the run while that lies ahead; `partners` are all of the source's unless named.
    `pipeline_target` is the pipeline due in a period over its plan, `pipeline_band` the range in which that is healthy,
    `min_peers` the fewest other firms a peer figure may come from,
    `max_rejected` how many rows may break the contract before the run refuses to start, `plugins`
    are Python files that register metrics, and `scorecards` is the file that says by what partners are scored.
    `goal_lines` are lines in which half of what a partner sells should be the vendor's. `action_costs` is what it
    costs, in the vendor's currency, to raise a metric by one: by one person, lead or deal, by one unit of money; of a
    share, by one of its cases, such as a deal won of those decided. Without it no proposal has a cost.

    >>> RunParameters(name="review", source="data/sample", quarter="2026Q3").notebooks
    ('partner_profile', 'qbr', 'business_plan', 'portfolio', 'readiness', 'recruiting')
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,99}$")]
    source: Text
    period: Annotated[str, BeforeValidator(_period), Field(validation_alias=AliasChoices("quarter", "period"))]
    as_of: date | None = None
    partners: Annotated[tuple[Text, ...], Field(min_length=1)] | None = None
    notebooks: Annotated[tuple[Text, ...], Field(min_length=1, default_factory=_made_for)]
    editions: Annotated[tuple[Edition, ...], Field(min_length=1)] = ("internal",)
    pipeline_target: Annotated[float, Field(gt=0, le=100)] = 4.0
    pipeline_band: Annotated[tuple[float, float], AfterValidator(_band)] = (3.0, 5.0)
    min_peers: Annotated[int, Field(ge=1)] = 5
    goal_lines: tuple[Text, ...] = ()
    action_costs: dict[Text, Annotated[float, Field(gt=0, allow_inf_nan=False)]] = {}
    max_rejected: Annotated[int, Field(ge=0)] = 0
    plugins: Annotated[tuple[Text, ...], Field(min_length=1)] = ()
    scorecards: Text | None = None
    brand: Brand = Brand()
    next_targets: NextTargets = NextTargets()
    updates: tuple[Annotated[str, StringConstraints(min_length=1, max_length=500)], ...] = ()


@dataclass(frozen=True)
class ParametersFile:
    """A parameters file: what it says, and where each thing stands in it, for errors found later."""

    path: Path
    chosen: RunParameters
    lines: Lines

    @property
    def at_period(self) -> str:
        """The file and the line on which the period stands, whichever way it is spelt.

        >>> chosen = RunParameters(name="review", source="data/sample", quarter="2026Q3")
        >>> ParametersFile(Path("review.yaml"), chosen, {("name",): 1, ("quarter",): 3}).at_period
        'review.yaml:3'
        """
        return self.at("quarter" if ("quarter",) in self.lines else "period")

    def at(self, *keys: str | int) -> str:
        """The file and the line on which a key, or an item of its list, stands.

        >>> chosen = RunParameters(name="review", source="data/sample", quarter="2026Q3", partners=["P1", "P2"])
        >>> file = ParametersFile(Path("review.yaml"), chosen, {("partners",): 4, ("partners", 1): 6})
        >>> file.at("partners", 1), file.at("partners", 0), file.at("as_of")
        ('review.yaml:6', 'review.yaml:4', 'review.yaml:1')
        """
        return (
            f"{self.path}:{next((self.lines[keys[:n]] for n in range(len(keys), 0, -1) if keys[:n] in self.lines), 1)}"
        )


def read_parameters(path: str | Path) -> ParametersFile:
    """The checked parameters in a YAML file.

    Raises BadParameters, one line for each fault with file and line, for what can be told from the file and its logo;
    `known_on` and `check_partners` tell the rest once the source is known.

    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder, "review.yaml")
    ...     _ = path.write_text("name: review\\nsource: data/sample\\nperiod: 2026-08\\n")
    ...     read_parameters(path).chosen.notebooks
    ('partner_profile', 'qbr', 'business_plan', 'portfolio', 'readiness')
    """
    path = Path(path)
    values, lines = read_yaml(path)
    if {"quarter", "period"} <= values.keys():
        raise BadParameters(f"{path}:{lines[('period',)]}: both `quarter` and `period` are given; keep one of them.")
    chosen = load_settings(path, RunParameters)
    found = ParametersFile(path, chosen, lines)
    _check_quarterly(found)
    _check_targets(found)
    logo_of(found)
    for key in ("partners", "notebooks", "editions", "plugins"):
        _check_once(found, key, getattr(chosen, key) or ())
    return found


def known_on(file: ParametersFile, calendar: FiscalCalendar, *, today: date) -> date:
    """The day up to which a run knows: `as_of`, else its period's end, or `today` where that lies ahead.

    Raises BadParameters where the period, in the vendor's own fiscal year, has not begun on that day.

    >>> chosen = RunParameters(name="review", source="data/sample", quarter="2026Q3")
    >>> file, calendar = ParametersFile(Path("review.yaml"), chosen, {}), FiscalCalendar()
    >>> known_on(file, calendar, today=date(2026, 8, 14)), known_on(file, calendar, today=date(2027, 1, 4))
    (datetime.date(2026, 8, 14), datetime.date(2026, 9, 30))
    """
    chosen = file.chosen
    start = calendar.start(chosen.period)
    if chosen.as_of is not None and chosen.as_of < start:
        raise BadParameters(
            f"{file.at('as_of')}: as_of is {chosen.as_of}, before {chosen.period} begins on {start}; "
            "give a later date, or an earlier period."
        )
    if chosen.as_of is not None and chosen.as_of > today:
        raise BadParameters(
            f"{file.at('as_of')}: as_of is {chosen.as_of}, and today is {today}: nobody knows yet what will be known "
            "then; leave as_of out."
        )
    try:
        return chosen.as_of or known_by(chosen.period, calendar, today=today)
    except NotUsable as error:
        raise BadParameters(f"{file.at_period}: {error}") from None


def known_by(period: str, calendar: FiscalCalendar, *, today: date) -> date:
    """The last day of a period, or today where that lies ahead; raises NotUsable for a period that has not begun.

    >>> known_by("2026Q4", FiscalCalendar(), today=date(2026, 11, 22))
    datetime.date(2026, 11, 22)
    """
    if today < calendar.start(period):
        raise NotUsable(f"{period} begins on {calendar.start(period)}, and today is {today}; give an earlier period.")
    return min(calendar.end(period), today)


def check_partners(file: ParametersFile, known: Iterable[str]) -> tuple[str, ...]:
    """The partners to report on, in the order of their ids; raises UnknownName for one that the source has not.

    >>> chosen = RunParameters(name="review", source="data/sample", quarter="2026Q3")
    >>> check_partners(ParametersFile(Path("review.yaml"), chosen, {}), ["P2", "P1"])
    ('P1', 'P2')
    """
    known = set(known)
    wanted = file.chosen.partners
    for place, partner_id in enumerate(wanted or ()):
        if partner_id not in known:
            raise unknown("partner", partner_id, known, where=file.at("partners", place))
    return tuple(sorted(known if wanted is None else wanted))


def check_goal_lines(file: ParametersFile, known: Iterable[str]) -> None:
    """Raise UnknownName for a line with a goal that the source has not.

    >>> chosen = RunParameters(name="review", source="data/sample", quarter="2026Q3", goal_lines=["Rooters"])
    >>> check_goal_lines(ParametersFile(Path("review.yaml"), chosen, {("goal_lines", 0): 7}), ["Routers"])
    Traceback (most recent call last):
    ...
    channelnb.errors.UnknownName: review.yaml:7: there is no line 'Rooters'; did you mean 'Routers'? There are 1: ...
    """
    known = sorted(known)
    for place, line in enumerate(file.chosen.goal_lines):
        if line not in known:
            raise unknown("line", line, known, where=file.at("goal_lines", place))


def check_action_costs(file: ParametersFile, known: Mapping[str, bool]) -> None:
    """Raise UnknownName for a cost of a metric that is none, BadParameters for one of which neither way is better.

    `known` says of each metric whether anything is gained by raising or lowering it.

    >>> chosen = RunParameters(name="review", source="data/sample", quarter="2026Q3", action_costs={"leads": 180})
    >>> file = ParametersFile(Path("review.yaml"), chosen, {("action_costs", "leads"): 9})
    >>> check_action_costs(file, {"leads_given": True})
    Traceback (most recent call last):
    ...
    channelnb.errors.UnknownName: review.yaml:9: there is no metric 'leads'; did you mean 'leads_given'? ...
    """
    for name in file.chosen.action_costs:
        where = file.at("action_costs", name)
        if name not in known:
            raise unknown("metric", name, known, where=where)
        if not known[name]:
            raise BadParameters(
                f"{where}: action_costs has {name!r}, of which neither more nor less is better: nothing is gained by "
                "raising it. Take it out; `channelnb metrics` says which way is better."
            )


def check_target_partners(file: ParametersFile, known: Iterable[str]) -> None:
    """Raise UnknownName for a partner with targets of its own that the source has not.

    >>> own = {"partners": {"P1": {"case_studies": 1}}}
    >>> chosen = RunParameters(name="review", source="data/sample", quarter="2026Q3", next_targets=own)
    >>> check_target_partners(ParametersFile(Path("review.yaml"), chosen, {("next_targets",): 5}), ["P2"])
    Traceback (most recent call last):
    ...
    channelnb.errors.UnknownName: review.yaml:5: there is no partner 'P1'; did you mean 'P2'? There are 1: 'P2'.
    """
    known = set(known)
    for partner_id in file.chosen.next_targets.partners:
        if partner_id not in known:
            raise unknown("partner", partner_id, known, where=file.at("next_targets", "partners", partner_id))


def scorecards_path(file: ParametersFile) -> Path | None:
    """The file of scorecards that a run names: beside its parameters, in the working directory, or in a parent of it.

    None where it names none. Raises BadParameters for one that is in none of these places.

    >>> chosen = RunParameters(name="review", source="data/sample", quarter="2026Q3", scorecards="cards.yaml")
    >>> scorecards_path(ParametersFile(Path("review.yaml"), chosen, {("scorecards",): 4}))
    Traceback (most recent call last):
    ...
    channelnb.errors.BadParameters: review.yaml:4: there is no file 'cards.yaml' beside review.yaml, nor in the ...
    """
    if file.chosen.scorecards is None:
        return None
    wanted, here = Path(file.chosen.scorecards).expanduser(), Path.cwd()
    # As written where it can be, so that messages name it as its author does.
    places = (file.path.parent / wanted, wanted, *(parent / wanted for parent in here.parents))
    found = next((path for path in places if path.is_file()), None)
    if found is None:
        raise BadParameters(
            f"{file.at('scorecards')}: there is no file {str(wanted)!r} beside {file.path.name}, nor in the working "
            "directory or a parent of it; name the file of scorecards."
        )
    return found


def logo_of(file: ParametersFile) -> str:
    """The logo that a run names, as the address of a picture that stands in the page itself; "" where it names none.

    Raises BadParameters for a file that is not there, that is neither a small PNG nor a small SVG, or that holds more
    than a drawing.

    >>> chosen = RunParameters(name="review", source="data/sample", quarter="2026Q3", brand={"logo": "logo.gif"})
    >>> logo_of(ParametersFile(Path("review.yaml"), chosen, {("brand", "logo"): 6}))
    Traceback (most recent call last):
    ...
    channelnb.errors.BadParameters: review.yaml:6: the logo logo.gif cannot be read: No such file or directory. ...
    """
    if file.chosen.brand.logo is None:
        return ""
    where, name = file.at("brand", "logo"), file.chosen.brand.logo
    try:
        return logo_uri((file.path.parent / Path(name).expanduser()).read_bytes(), name)
    except OSError as error:
        raise BadParameters(
            f"{where}: the logo {name} cannot be read: {error.strerror or error}. Its place is told from the folder of "
            f"{file.path.name}."
        ) from None
    except NotUsable as error:
        raise BadParameters(f"{where}: {error}") from None


def _check_quarterly(file: ParametersFile) -> None:
    for place, name in enumerate(file.chosen.notebooks):
        if name in BY_QUARTER and is_month(file.chosen.period):
            where = file.at("notebooks", place)
            raise BadParameters(
                f"{where}: {name} is made for a quarter, and the period is {file.chosen.period}; take it out."
            )


def _check_targets(file: ParametersFile) -> None:
    targets = file.chosen.next_targets
    for kind, value in targets.default.items():
        check_target(kind, value, where=file.at("next_targets", "default", kind))
    for partner_id, kinds in targets.partners.items():
        for kind, value in kinds.items():
            check_target(kind, value, where=file.at("next_targets", "partners", partner_id, kind))


def _check_once(file: ParametersFile, key: str, values: tuple[str, ...]) -> None:
    for place, value in enumerate(values):
        if value in values[:place]:
            raise BadParameters(f"{file.at(key, place)}: {key} names {value!r} twice; keep one.")
