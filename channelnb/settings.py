"""YAML settings read as text, then checked by a pydantic model; errors name file and line."""

from __future__ import annotations

import re
import typing
from difflib import get_close_matches
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import AliasChoices, BaseModel, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from channelnb.errors import BadParameters

M = TypeVar("M", bound=BaseModel)
Keys = tuple[str | int, ...]
Lines = dict[Keys, int]


def load_settings(path: Path, model: type[M]) -> M:
    """The settings in a YAML file, as a checked model.

    Every scalar reaches the model as it is written (``NO``, ``007`` and ``1E5`` stay text); the
    model makes numbers and dates of what must be some. A value left empty is None. Raises
    BadParameters, one line for each fault, with the file, the line and the nearest valid name.

    >>> from pydantic import ConfigDict
    >>> from tempfile import TemporaryDirectory
    >>> class Shop(BaseModel):
    ...     model_config = ConfigDict(extra="forbid")
    ...     country: str
    >>> with TemporaryDirectory() as folder:
    ...     file = Path(folder, "shop.yaml")
    ...     _ = file.write_text("country: NO")
    ...     load_settings(file, Shop)
    Shop(country='NO')
    """
    values, lines = read_yaml(path)
    try:
        return model.model_validate(values)
    except ValidationError as error:
        faults = sorted((_line(lines, detail), _fault(detail, model)) for detail in error.errors())
        raise BadParameters("\n".join(f"{path}:{line}: {fault}" for line, fault in faults)) from None


def read_yaml(path: Path) -> tuple[dict[str, Any], Lines]:
    """The text of a YAML mapping, and the line on which each key or list item stands.

    Lines are found by the keys that lead to them: ``("brand", "colour")``, ``("partners", 0)``.
    Raises BadParameters where the file is missing, is not YAML, is not a mapping, or names a key twice.

    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     file = Path(folder, "run.yaml")
    ...     _ = file.write_text("name: q3\\npartners:\\n- 007\\n")
    ...     read_yaml(file)
    ({'name': 'q3', 'partners': ['007']}, {(): 1, ('name',): 1, ('partners',): 2, ('partners', 0): 3})
    """
    try:
        root = yaml.compose(path.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)
    except OSError as error:
        raise BadParameters(f"{path} cannot be read: {error.strerror or error}.") from None
    except UnicodeDecodeError as error:
        raise BadParameters(f"{path} is not UTF-8 text: byte {error.start} cannot be read; save it as UTF-8.") from None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise BadParameters(f"{path}:{mark.line + 1 if mark else 1}: not valid YAML: {error.problem}.") from None
    except yaml.YAMLError as error:
        raise BadParameters(f"{path}: not valid YAML: {error}.") from None
    if root is None:
        return {}, {(): 1}
    lines: Lines = {}
    try:
        values = _plain(path, root, (), lines)
    except RecursionError:
        raise BadParameters(f"{path}: an alias stands within what it names; write its value out.") from None
    if not isinstance(values, dict):
        raise BadParameters(f"{path}:1: this is {_kind(values)}; it must be a mapping of keys to values, `key: value`.")
    return values, lines


def _plain(path: Path, node: yaml.Node, at: Keys, lines: Lines) -> Any:
    lines.setdefault(at, node.start_mark.line + 1)
    if isinstance(node, yaml.MappingNode):
        return _mapping(path, node, at, lines)
    if isinstance(node, yaml.SequenceNode):
        return [_plain(path, item, (*at, place), lines) for place, item in enumerate(node.value)]
    assert isinstance(node, yaml.ScalarNode)
    left_empty = node.value == "" and node.style is None
    return None if left_empty else node.value


def _mapping(path: Path, node: yaml.MappingNode, at: Keys, lines: Lines) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for name, value in node.value:
        line = name.start_mark.line + 1
        if not isinstance(name, yaml.ScalarNode):
            raise BadParameters(f"{path}:{line}: a key must be a word; found {_kind(_plain(path, name, at, {}))}.")
        if name.value in values:
            first = lines[(*at, name.value)]
            raise BadParameters(f"{path}:{line}: the key {name.value!r} stands on line {first} already; keep one.")
        lines[(*at, name.value)] = line
        values[name.value] = _plain(path, value, (*at, name.value), lines)
    return values


def _kind(value: object) -> str:
    return "a list" if isinstance(value, list) else "a mapping" if isinstance(value, dict) else f"text, {value!r}"


def _line(lines: Lines, detail: ErrorDetails) -> int:
    # A union adds the branch it tried to the place: the line is that of the nearest place there is.
    keys = detail["loc"]
    return next(lines[keys[:end]] for end in range(len(keys), -1, -1) if keys[:end] in lines)


def _fault(detail: ErrorDetails, model: type[BaseModel]) -> str:
    keys, kind = detail["loc"], detail["type"]
    name = _dotted(keys)
    if kind == "extra_forbidden":
        known = _names(model, keys[:-1])
        return f"there is no key {name!r}{_nearest(str(keys[-1]), known)} Keys: {', '.join(known)}."
    if kind == "missing":
        return f"the key {name!r} is missing; it must be set."
    found = detail["input"]
    if kind in ("tuple_type", "list_type"):
        return f"{name} is {_shown(found)}: it must be a list, such as [{found if isinstance(found, str) else 'a, b'}]."
    if kind == "too_short" and found == []:
        return f"{name} is an empty list: name at least one, or leave the key out."
    said = detail["msg"].removeprefix("Value error, ").rstrip(".")
    choices = re.findall(r"'([^']*)'", str(detail.get("ctx", {}).get("expected", "")))
    hint = _nearest(str(found), choices) if choices else "."
    return f"{name} is {_shown(found)}: {said[:1].lower()}{said[1:]}{hint}"


def _shown(found: object) -> str:
    return "left empty" if found is None else repr(found) if isinstance(found, str) else _kind(found)


def _dotted(keys: Keys) -> str:
    return "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in keys).removeprefix(".")


def _nearest(name: str, known: typing.Iterable[str]) -> str:
    close = get_close_matches(name.casefold(), list(known), n=1, cutoff=0.5)
    return f"; did you mean {close[0]!r}?" if close else "."


def _names(model: type[BaseModel], keys: Keys) -> list[str]:
    """The keys that a model takes at a place within it."""
    within: type[BaseModel] | None = model
    for key in keys:
        if within is not None and isinstance(key, str) and key in within.model_fields:
            within = _model_in(within.model_fields[key].annotation)
    fields = within.model_fields if within else {}
    return sorted(key for name, field in fields.items() for key in _spellings(name, field))


def _spellings(name: str, field: FieldInfo) -> list[str]:
    """The keys under which a file may give a field."""
    if isinstance(field.validation_alias, AliasChoices):
        return [str(choice) for choice in field.validation_alias.choices]
    return [field.alias or name]


def _model_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for part in typing.get_args(annotation) if (found := _model_in(part))), None)
