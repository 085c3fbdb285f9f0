"""Plans at several levels: a partner's own, its people's, its manager's; each amount counts once."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
import pytest

from channelnb.book.book import Book, open_book
from channelnb.metrics.measure import measure
from tables import rows, small_vendor

COLUMNS = "month partner_id manager_id salesperson_id line target_revenue"


def planned(*lines: str, **tables: pd.DataFrame) -> Book:
    vendor = small_vendor() | tables
    vendor["partners"] = vendor["partners"].assign(manager_id=["M1", "M2", None])
    return open_book(vendor | {"plans": rows(COLUMNS, *lines)}, quarter="2026Q3")


def plan(book: Book, *by: str) -> Mapping[object, float]:
    """What is planned of the period, by keys; groups without a plan are left out."""
    found = measure(book, ["attainment"], by=[*by], resample=False).dropna(subset="denominator")
    keys = found[by[0]] if len(by) == 1 else found[[*by]].apply(tuple, axis=1) if by else ["all"] * len(found)
    return dict(zip(keys, found["denominator"], strict=True))


OWN = ("2026-07-01 P1 - - Routers 100", "2026-07-01 P1 - - Disks 50")
PEOPLE = ("2026-07-01 P1 - S1 Routers 60", "2026-07-01 P1 - S2 Disks 40")


def test_a_partners_own_plan_counts_and_its_peoples_only_by_person() -> None:
    with planned(*OWN, *PEOPLE) as book:
        assert plan(book) == {"all": 150}
        assert plan(book, "partner_id") == {"P1": 150}
        assert plan(book, "line") == {"Routers": 100, "Disks": 50}
        assert plan(book, "salesperson_id") == {"S1": 60, "S2": 40, "(none)": 50}
        assert plan(book, "line", "salesperson_id") == {
            ("Routers", "S1"): 60,
            ("Routers", "(none)"): 40,
            ("Disks", "S2"): 40,
            ("Disks", "(none)"): 10,
        }


def test_without_a_plan_of_its_own_a_partners_plan_is_its_peoples_month_by_month() -> None:
    with planned(*OWN, *PEOPLE, "2026-08-01 P1 - S1 Routers 30", "2026-08-01 P2 - S3 Disks 7") as book:
        assert plan(book, "partner_id") == {"P1": 180, "P2": 7}
        assert plan(book, "salesperson_id") == {"S1": 90, "S2": 40, "S3": 7, "(none)": 50}


def test_people_who_are_to_sell_more_than_the_partner_leave_less_than_nothing_to_nobody() -> None:
    with planned("2026-07-01 P1 - - Routers 50", *PEOPLE) as book:
        assert plan(book, "partner_id") == {"P1": 50}
        assert sum(plan(book, "salesperson_id").values()) == 50
        attained = measure(book, ["attainment"], by=["salesperson_id"], resample=False).set_index("salesperson_id")
        assert attained.loc["(none)", "denominator"] == -50
        assert attained.loc["(none)", "state"] == "no_data"


def test_where_the_partners_own_plan_names_no_line_its_peoples_lines_stand() -> None:
    with planned("2026-07-01 P1 - - - 120", *PEOPLE) as book:
        assert plan(book, "partner_id") == {"P1": 120}
        assert plan(book, "line") == {"Routers": 60, "Disks": 40, "(none)": 20}


def test_a_managers_plan_counts_where_none_of_its_partners_or_people_has_one() -> None:
    managers = ("2026-07-01 - M1 - - 900", "2026-08-01 - M1 - - 800", "2026-07-01 - M3 - - 70")
    with planned(*OWN, *managers) as book:
        assert plan(book, "partner_id") == {"P1": 150, "(none)": 870}
        assert plan(book, "manager_id") == {"M1": 950, "M3": 70}
        assert plan(book) == {"all": 1020}


def test_a_plan_that_names_nobody_counts_where_no_plan_of_the_month_names_anybody() -> None:
    with planned(*OWN, "2026-07-01 - - - - 5000", "2026-08-01 - - - - 3000") as book:
        assert plan(book) == {"all": 3150}


@pytest.mark.parametrize("by", ["partner_id", "salesperson_id", "manager_id", "line", "partners.region"])
def test_parts_add_up_by_every_key(by: str) -> None:
    levels = (
        "2026-07-01 - M1 - - 900",
        "2026-09-01 - M2 - - 11",
        "2026-08-01 P2 - S3 Disks 7",
        "2026-08-01 P2 - - - 3",
    )
    with planned(*OWN, *PEOPLE, *levels) as book:
        assert sum(plan(book, by).values()) == pytest.approx(plan(book)["all"])


def test_profit_planned_is_taken_off_like_revenue() -> None:
    frame = rows(f"{COLUMNS} target_profit", *(f"{line} 10" for line in (*OWN, *PEOPLE)))
    with open_book(small_vendor() | {"plans": frame}, quarter="2026Q3") as book:
        found = book.query("SELECT sum(target_profit) AS profit, count(*) AS n FROM plans_in_force")
    assert float(found["profit"].iloc[0]) == 20


def test_check_says_what_counts() -> None:
    with planned(*OWN, *PEOPLE, "2026-07-01 - M1 - - 900") as book:
        found = book.check()
    told = found[found["rule"].eq("plans_at_several_levels")].set_index("column")
    assert dict(told["severity"]) == {"manager_id": "warning", "salesperson_id": "note"}
    assert "the partner's own plan counts" in told.loc["salesperson_id", "reason"]
