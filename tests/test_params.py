"""Parameters files: what they may say, and errors that name file and line."""

from __future__ import annotations

from datetime import date

import pytest
from pydantic import ValidationError

from channelnb.errors import BadParameters, UnknownName
from channelnb.fiscal import FiscalCalendar
from channelnb.params import RunParameters, check_partners, known_on, read_parameters

TODAY = date(2026, 10, 5)
LEAST = "name: review\nsource: data/sample\nquarter: 2026Q3\n"


@pytest.fixture
def write(tmp_path):
    def write_text(more: str, least: str = LEAST):
        path = tmp_path / "run.yaml"
        path.write_text(least + more)
        return path

    return write_text


def test_what_is_not_said_has_the_documented_default(write):
    chosen = read_parameters(write("")).chosen
    assert chosen.notebooks == ("partner_profile", "qbr", "business_plan", "portfolio", "readiness", "recruiting")
    assert (chosen.editions, chosen.partners, chosen.as_of) == (("internal",), None, None)
    assert (chosen.pipeline_target, chosen.min_peers, chosen.max_rejected) == (4.0, 5, 0)


def test_ids_stay_text_and_numbers_become_numbers(write):
    chosen = read_parameters(
        write("partners: [007, NO, 1E5]\npipeline_target: 3.5\nas_of: 2026-08-31\nbrand:\n  colour: '#0b5cad'\n")
    ).chosen
    assert chosen.partners == ("007", "NO", "1E5")
    assert chosen.pipeline_target == 3.5
    assert chosen.as_of == date(2026, 8, 31)
    assert chosen.brand.colour == "#0b5cad"


@pytest.mark.parametrize(
    "more, said",
    [
        ("notebook: [qbr]\n", r"run\.yaml:4: there is no key 'notebook'; did you mean 'notebooks'\?"),
        ("brand:\n  color: '#123456'\n", r"run\.yaml:5: there is no key 'brand\.color'; did you mean 'colour'\?"),
        ("brand:\n  colour: blue\n", r"run\.yaml:5: brand\.colour is 'blue'"),
        ("min_peers: none\n", r"run\.yaml:4: min_peers is 'none'"),
        ("max_rejected: -1\n", r"run\.yaml:4: max_rejected is '-1'"),
        ("editions: [internl]\n", r"run\.yaml:4: editions\[0\] is 'internl'.*did you mean 'internal'\?"),
        ("notebooks: []\n", r"run\.yaml:4: notebooks is"),
        ("partners: []\n", r"run\.yaml:4: partners is an empty list: name at least one, or leave the key out\."),
        ("partners: P1\n", r"run\.yaml:4: partners is 'P1': it must be a list, such as \[P1\]\."),
        ("partners: {P1: x}\n", r"run\.yaml:4: partners is a mapping: it must be a list, such as \[a, b\]\."),
        ("as_of: soon\n", r"run\.yaml:4: as_of is 'soon'"),
        ("partners:\n  - P1\n  - P2\n  - P1\n", r"run\.yaml:7: partners names 'P1' twice"),
    ],
)
def test_a_fault_names_file_line_and_value(write, more, said):
    with pytest.raises(BadParameters, match=said):
        read_parameters(write(more))


@pytest.mark.parametrize("quarter", ["2026", "2026Q5", "Q3 2026", "2026-Q3", "2026q3"])
def test_a_malformed_quarter_is_an_error(write, quarter):
    with pytest.raises(BadParameters, match=rf"run\.yaml:3: quarter is '{quarter}'.*such as '2026Q3'"):
        read_parameters(write("", LEAST.replace("2026Q3", quarter)))


@pytest.mark.parametrize("name", ["../up", "a/b", ".hidden", "", "a b"])
def test_a_name_that_is_no_folder_is_an_error(write, name):
    with pytest.raises(BadParameters, match=r"run\.yaml:1: name is"):
        read_parameters(write("", LEAST.replace("review", repr(name))))


def test_a_missing_key_is_an_error(write):
    with pytest.raises(BadParameters, match="the key 'source' is missing"):
        read_parameters(write("", "name: review\nquarter: 2026Q3\n"))


def test_parameters_cannot_be_changed(write):
    with pytest.raises(ValidationError, match="frozen"):
        RunParameters(name="a", source="b", quarter="2026Q3").quarter = "2026Q4"


@pytest.mark.parametrize("as_of, bad", [("2026-03-31", True), ("2026-04-01", False), ("2026-10-05", False)])
def test_as_of_may_not_precede_the_fiscal_quarter(write, as_of, bad):
    file = read_parameters(write(f"as_of: {as_of}\n", LEAST.replace("2026Q3", "2027Q1")))
    if not bad:
        known_on(file, FiscalCalendar(4), today=TODAY)
        return
    with pytest.raises(BadParameters, match=r"run\.yaml:4: as_of is 2026-03-31, before 2027Q1 begins on 2026-04-01"):
        known_on(file, FiscalCalendar(4), today=TODAY)


def test_an_unknown_partner_is_an_error_with_its_line_and_the_nearest(write):
    file = read_parameters(write("partners:\n  - P0001\n  - P0O42\n"))
    with pytest.raises(UnknownName, match=r"run\.yaml:6: there is no partner 'P0O42'; did you mean 'P0042'\?"):
        check_partners(file, ["P0001", "P0042"])


def test_partners_are_all_of_the_source_unless_named(write):
    assert check_partners(read_parameters(write("")), ["P2", "P1"]) == ("P1", "P2")
    assert check_partners(read_parameters(write("partners: [P2]\n")), ["P2", "P1"]) == ("P2",)


MONTH = "name: review\nsource: data/sample\nperiod: 2026-08\n"


def test_a_run_may_be_of_a_month(write):
    chosen = read_parameters(write("", least=MONTH)).chosen
    assert (chosen.period, chosen.notebooks) == (
        "2026-08",
        ("partner_profile", "qbr", "business_plan", "portfolio", "readiness"),
    )
    assert read_parameters(write("", least=MONTH.replace("2026-08", "2026Q3"))).chosen.period == "2026Q3"


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ("quarter: 2026Q3\n", r"run\.yaml:3: both `quarter` and `period` are given; keep one of them\."),
        (
            "notebooks:\n- qbr\n- recruiting\n",
            r"run\.yaml:6: recruiting is made for a quarter, and the period is 2026-08",
        ),
        ("as_of: 2026-07-31\n", r"run\.yaml:4: as_of is 2026-07-31, before 2026-08 begins on 2026-08-01; give a later"),
    ],
)
def test_what_a_month_cannot_have_is_refused(write, more, said):
    with pytest.raises(BadParameters, match=said):
        known_on(read_parameters(write(more, least=MONTH)), FiscalCalendar(), today=TODAY)


@pytest.mark.parametrize("written", ["2026-13", "2026-8", "August 2026"])
def test_what_is_no_month_is_refused(write, written):
    with pytest.raises(BadParameters, match=rf"run\.yaml:3: period is '{written}': write a fiscal quarter such as"):
        read_parameters(write("", least=MONTH.replace("2026-08", written)))


def test_a_missing_period_is_named(write):
    with pytest.raises(BadParameters, match=r"the key 'quarter' is missing"):
        read_parameters(write("", least="name: review\nsource: data/sample\n"))


@pytest.mark.parametrize(
    ("more", "today", "day"),
    [
        ("", TODAY, date(2026, 9, 30)),
        ("", date(2026, 8, 20), date(2026, 8, 20)),
        ("as_of: 2026-10-05\n", TODAY, date(2026, 10, 5)),
        ("as_of: 2026-09-15\n", TODAY, date(2026, 9, 15)),
    ],
)
def test_a_run_knows_what_was_known_at_its_periods_end_or_today(write, more, today, day):
    assert known_on(read_parameters(write(more)), FiscalCalendar(), today=today) == day


def test_a_period_that_has_not_begun_is_refused(write):
    with pytest.raises(BadParameters, match=r"run\.yaml:3: 2026Q3 begins on 2026-07-01, and today is 2026-06-30"):
        known_on(read_parameters(write("")), FiscalCalendar(), today=date(2026, 6, 30))


def test_a_day_to_come_is_refused(write):
    with pytest.raises(BadParameters, match=r"run\.yaml:4: as_of is 2026-10-06, and today is 2026-10-05: nobody knows"):
        known_on(read_parameters(write("as_of: 2026-10-06\n")), FiscalCalendar(), today=TODAY)
