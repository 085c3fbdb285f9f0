"""Settings are text until the model says otherwise; a fault names its file and line."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import pytest
from pydantic import BaseModel, ConfigDict, field_validator

from channelnb.errors import BadParameters
from channelnb.settings import load_settings, read_yaml


class Brand(BaseModel):
    model_config = ConfigDict(extra="forbid")

    colour: str = "black"


class Shop(BaseModel):
    model_config = ConfigDict(extra="forbid")

    country: str
    size: int = 1
    ids: list[str] = []
    brand: Brand | None = None
    brands: dict[str, Brand] = {}
    edition: Literal["internal", "partner"] = "internal"

    @field_validator("size")
    @classmethod
    def not_thirteen(cls, size: int) -> int:
        if size == 13:
            raise ValueError("thirteen brings bad luck")
        return size


@pytest.fixture
def load(tmp_path: Path):
    def written(text: str) -> Shop:
        path = tmp_path / "shop.yaml"
        path.write_text(text, encoding="utf-8")
        return load_settings(path, Shop)

    return written


def test_scalars_stay_as_written(load) -> None:
    shop = load("country: NO\nids: [007, 1E5, 2026-09-30, null, yes, '']\nsize: 12\n")
    assert shop.country == "NO"
    assert shop.ids == ["007", "1E5", "2026-09-30", "null", "yes", ""]
    assert shop.size == 12


def test_a_key_left_empty_is_none_and_quotes_are_text(load) -> None:
    assert load("country: ''\nbrand:\n").model_dump(include={"country", "brand"}) == {"country": "", "brand": None}


def test_a_byte_order_mark_and_an_empty_mapping_are_read(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_bytes(b"\xef\xbb\xbfcountry: NO\n")
    assert load_settings(path, Shop).country == "NO"
    path.write_text("# nothing yet\n")
    assert load_settings(path, Brand) == Brand()


@pytest.mark.parametrize(
    "text, said",
    [
        ("country: NO\ncontry: SE\n", r"shop\.yaml:2: there is no key 'contry'; did you mean 'country'\?"),
        ("size: 3\n", r"shop\.yaml:1: the key 'country' is missing"),
        ("country: NO\nsize: many\n", r"shop\.yaml:2: size is 'many': .*integer"),
        ("country: NO\n\nsize:\n", r"shop\.yaml:3: size is left empty"),
        ("country: NO\nsize: 13\n", r"shop\.yaml:2: size is '13': thirteen brings bad luck\."),
        (
            "country: NO\nbrand:\n  color: red\n",
            r"shop\.yaml:3: there is no key 'brand\.color'; did you mean 'colour'\?",
        ),
        ("country: NO\nbrands:\n  a: {}\n  b:\n    color: x\n", r"shop\.yaml:5: .*'brands\.b\.color'; did you mean"),
        ("country: NO\nids:\n- a\n- [b]\n", r"shop\.yaml:4: ids\[1\] is a list"),
        ("country: NO\nids: a\n", r"shop\.yaml:2: ids is 'a': .*list"),
        ("country: NO\nedition: interal\n", r"shop\.yaml:2: edition is 'interal': .*; did you mean 'internal'\?"),
        ("country: NO\nsize: 1\ncountry: SE\n", r"shop\.yaml:3: the key 'country' stands on line 1 already"),
        ("country: NO\nbrand: {colour: a, colour: b}\n", r"shop\.yaml:2: the key 'colour' stands on line 2"),
        ("- country\n", r"shop\.yaml:1: this is a list; it must be a mapping"),
        ("country\n", r"shop\.yaml:1: this is text, 'country'; it must be a mapping"),
        ("country: NO\nids: [a\nsize: 1\n", r"shop\.yaml:3: not valid YAML"),
        ("[a]: NO\n", r"shop\.yaml:1: a key must be a word; found a list"),
        ("country: &c NO\nids: &i [*c, *i]\n", r"shop\.yaml: an alias stands within what it names"),
    ],
)
def test_a_fault_names_file_line_and_the_nearest_name(load, text: str, said: str) -> None:
    with pytest.raises(BadParameters, match=said):
        load(text)


def test_every_fault_is_told_at_once(load) -> None:
    with pytest.raises(BadParameters, match=r"(?s)yaml:1: .*'contry'.*\n.*yaml:2: size"):
        load("contry: NO\nsize: x\n")


def test_lines_lead_to_list_items(tmp_path: Path) -> None:
    path = tmp_path / "run.yaml"
    path.write_text("name: q3\npartners:\n  - P1\n\n  - P2\n")
    values, lines = read_yaml(path)
    assert values == {"name": "q3", "partners": ["P1", "P2"]}
    assert (lines["name",], lines["partners", 0], lines["partners", 1]) == (1, 3, 5)


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadParameters, match=r"absent\.yaml cannot be read: No such file"):
        load_settings(tmp_path / "absent.yaml", Shop)
    (tmp_path / "latin.yaml").write_bytes(b"country: \xe9\n")
    with pytest.raises(BadParameters, match=r"latin\.yaml is not UTF-8 text: byte 9"):
        load_settings(tmp_path / "latin.yaml", Shop)
