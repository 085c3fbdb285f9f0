"""A table shows what was known on a day, and nothing that came later."""

from __future__ import annotations

import datetime as dt

import pandas as pd
import pytest

from channelnb.book.book import Book, open_book
from channelnb.book.rewind import plans_in_force
from channelnb.errors import BadSource, NotUsable

PARTNERS = pd.DataFrame({"partner_id": ["P1"], "name": ["Acme"], "channel": ["reseller"]})
SALES = pd.DataFrame({"partner_id": ["P1"], "sold_on": ["2026-06-15"], "revenue": ["1"]})


def frame(columns: str, *lines: str) -> pd.DataFrame:
    cells = [[None if word == "-" else word for word in line.split()] for line in lines]
    return pd.DataFrame(cells, columns=columns.split(), dtype="object")


def book_of(as_of: str | None, *, quarter: str | None = None, **tables: pd.DataFrame) -> Book:
    return open_book({"partners": PARTNERS, "sales": SALES, **tables}, as_of=as_of, quarter=quarter)


def seen(book: Book, sql: str) -> list[tuple[object, ...]]:
    return [tuple(None if v is None else str(v) for v in row) for row in book.con.execute(sql).fetchall()]


def test_sales_count_once_they_are_recorded() -> None:
    sales = frame(
        "sale_id partner_id sold_on recorded_on revenue",
        "1 P1 2026-09-30 - 1",
        "2 P1 2026-10-01 - 1",
        "3 P1 2026-09-30 2026-10-05 1",
        "4 P1 2026-09-01 2026-09-30 1",
        "5 P1 2026-10-02 2026-09-01 1",
    )
    assert seen(book_of("2026-09-30", sales=sales), "SELECT sale_id FROM sales") == [("1",), ("4",)]
    assert len(book_of("2026-10-05", sales=sales).table("sales")) == 5


DEALS = frame(
    "opportunity_id partner_id amount outcome created_on closed_on stage probability decided_on registration_decision",
    "won P1 10 won 2026-08-01 2026-09-30 closing 1 2026-08-05 approved",
    "later P1 10 won 2026-08-01 2026-10-01 closing 1 2026-10-02 denied",
    "new P1 10 open 2026-10-01 - first 0.1 - -",
    "undated P1 10 open - - first 0.1 - -",
)


def test_a_deal_decided_later_is_open_and_a_later_one_is_not_there() -> None:
    columns = "opportunity_id, outcome, closed_on, stage, probability, registration_decision, decided_on"
    assert seen(book_of("2026-09-30", opportunities=DEALS), f"SELECT {columns} FROM opportunities") == [
        ("won", "won", "2026-09-30", "closing", "1.0", "approved", "2026-08-05"),
        ("later", "open", None, None, None, "pending", None),
        ("undated", "open", None, "first", "0.1", None, None),
    ]


def test_what_the_source_lacks_is_null_and_of_its_type() -> None:
    book = book_of("2026-09-30", opportunities=DEALS)
    types = dict(book.con.execute("SELECT column_name, column_type FROM (DESCRIBE opportunities)").fetchall())
    assert (types["registered_on"], types["score"], types["customer_id"]) == ("DATE", "DOUBLE", "VARCHAR")
    assert book.table("opportunities")["customer_id"].isna().all()


def test_times_are_compared_by_their_day() -> None:
    leads = frame(
        "lead_id created_at accepted_at closed_on outcome drop_reason",
        "L1 2026-09-30T23:30:00Z 2026-10-01T00:30:00Z 2026-10-09 dropped price",
        "L2 2026-10-01T01:00:00+02:00 - - open -",
        "L3 2026-10-01T00:00:00Z - - open -",
    )
    told = "SELECT lead_id, accepted_at IS NULL, outcome, drop_reason FROM leads"
    assert seen(book_of("2026-09-30", leads=leads), told) == [
        ("L1", "True", "open", None),
        ("L2", "True", "open", None),
    ]


def test_claims_answers_promises_and_activities_are_taken_back() -> None:
    book = book_of(
        "2026-09-30",
        mdf_claims=frame(
            "claim_id partner_id requested_on amount_requested decision decided_on amount_approved paid_on amount_paid",
            "C1 P1 2026-09-01 10 approved 2026-09-20 9 2026-10-20 9",
            "C2 P1 2026-09-01 10 denied 2026-10-20 - - -",
        ),
        commitments=frame(
            "commitment_id partner_id side text due_on made_on status closed_on",
            "1 P1 vendor x 2026-09-30 2026-07-01 done 2026-10-01",
            "2 P1 vendor x 2026-12-31 2026-10-01 open -",
        ),
        activities=frame(
            "activity_id partner_id kind held_on status requested_on customer_attendees",
            "1 P1 event 2026-10-10 done 2026-09-01 50",
            "2 P1 event 2026-10-10 done - 50",
            "3 P1 event 2026-12-10 planned - -",
        ),
        surveys=frame("partner_id sent_on answered_on csat", "P1 2026-09-01 2026-10-01 5"),
    )
    assert seen(book, "SELECT decision, amount_approved, paid_on, amount_paid FROM mdf_claims") == [
        ("approved", "9.000000", None, None),
        ("pending", None, None, None),
    ]
    assert seen(book, "SELECT commitment_id, status, closed_on FROM commitments") == [("1", "open", None)]
    assert seen(book, "SELECT activity_id, status, held_on, customer_attendees FROM activities") == [
        ("1", "planned", "2026-10-10", None),
        ("3", "planned", "2026-12-10", None),
    ]
    assert seen(book, "SELECT csat, answered_on FROM surveys") == [(None, None)]


def test_rows_told_by_quarter_are_known_once_it_has_begun_and_budgets_before() -> None:
    book = book_of(
        "2026-09-30",
        deals_worked=frame("partner_id quarter deals", "P1 2026Q3 1", "P1 2026Q4 2"),
        notes=frame("partner_id quarter text", "P1 2026Q2 a", "P1 2027Q1 b"),
        mdf_budgets=frame("partner_id quarter allocated", "P1 2026Q3 1", "P1 2026Q4 1"),
    )
    assert seen(book, "SELECT quarter FROM deals_worked") == [("2026Q3",)]
    assert seen(book, "SELECT quarter FROM notes") == [("2026Q2",)]
    assert len(book.table("mdf_budgets")) == 2


def test_the_day_is_given_or_the_quarters_end_or_the_last_months_end() -> None:
    assert book_of("2026-05-05", quarter="2026Q2").as_of == dt.date(2026, 5, 5)
    assert book_of(None, quarter="2026Q2").as_of == dt.date(2026, 6, 30)
    assert book_of(None).as_of == dt.date(2026, 6, 30)
    # A deal closed, and a late report, are the last things known; what is only planned is not.
    deals = frame("opportunity_id partner_id amount outcome created_on closed_on", "1 P1 1 won 2026-06-01 2026-08-02")
    assert book_of(None, opportunities=deals).as_of == dt.date(2026, 8, 31)
    late = frame("partner_id sold_on recorded_on revenue", "P1 2026-06-15 2026-07-02 1")
    assert book_of(None, sales=late).as_of == dt.date(2026, 7, 31)
    running = frame("programme partner_id from_on to_on", "x P1 2026-06-01 2027-05-31")
    assert book_of(None, enrolments=running).as_of == dt.date(2026, 6, 30)
    planned = frame(
        "activity_id partner_id kind held_on status requested_on", "1 P1 event 2027-01-10 planned 2026-06-20"
    )
    assert book_of(None, activities=planned).as_of == dt.date(2026, 6, 30)
    assert book_of(None, plans=frame("month target_revenue partner_id", "2027-01-01 1 P1")).as_of == dt.date(
        2026, 6, 30
    )


def test_a_day_or_quarter_that_cannot_be_is_named() -> None:
    with pytest.raises(NotUsable, match=r"as_of is '30\.9\.2026'; write a date such as"):
        book_of("30.9.2026")
    with pytest.raises(NotUsable, match="'Q3 2026' is not a period"):
        book_of(None, quarter="Q3 2026")
    with pytest.raises(BadSource, match=r"no row of the source carries a date.*; give the period: --quarter 2026Q3"):
        book_of(None, sales=SALES.head(0))
    said = r"1 row of the source was rejected, the first: sales row 1, sold_on: .* '1\.8\.2026'.*Mend .* --quarter"
    with pytest.raises(BadSource, match=said):
        book_of(None, sales=SALES.assign(sold_on="1.8.2026"))


def test_the_plan_in_force_is_the_last_committed_by_the_quarters_first_day() -> None:
    plans = frame(
        "partner_id month target_revenue version made_on status",
        "P1 2026-07-01 1 a 2026-01-10 committed",
        "P1 2026-07-01 2 b 2026-07-01 committed",
        "P1 2026-07-01 3 c 2026-07-02 committed",
        "P1 2026-08-01 4 a 2026-01-10 -",
        "P1 2026-08-01 5 d 2026-06-10 draft",
        "P1 2026-09-01 6 e 2026-08-10 committed",
        "P1 2026-09-01 7 f 2026-09-10 committed",
        "P1 2026-10-01 8 g 2026-10-01 committed",
        "P2 2026-10-01 9 - - -",
        "P2 2026-10-01 10 - - -",
    )
    told = "SELECT target_revenue::INT FROM plans_in_force ORDER BY 1"
    assert seen(book_of("2026-12-31", plans=plans), told) == [("2",), ("4",), ("6",), ("8",), ("9",), ("10",)]
    # In a fiscal year that starts in February, July is the last month of a quarter that began in May.
    from_february = f"SELECT target_revenue::INT FROM ({plans_in_force(2)}) ORDER BY 1"
    assert seen(book_of("2026-12-31", plans=plans), from_february)[:2] == [("1",), ("4",)]


def test_plans_made_later_than_the_day_are_not_in_force() -> None:
    plans = frame(
        "partner_id month target_revenue made_on",
        "P1 2026-10-01 1 2026-08-01",
        "P1 2026-10-01 2 2026-09-15",
    )
    assert seen(book_of("2026-08-31", plans=plans), "SELECT target_revenue::INT FROM plans_in_force") == [("1",)]
    assert seen(book_of("2026-09-30", plans=plans), "SELECT target_revenue::INT FROM plans_in_force") == [("2",)]


def test_a_partner_is_as_its_history_says_it_was() -> None:
    told = {
        "partners": pd.DataFrame(
            {
                "partner_id": ["P1", "P2", "P3"],
                "name": list("abc"),
                "channel": "reseller",
                "tier": ["gold", "gold", "gold"],
            }
        ),
        "partner_history": frame(
            "partner_id valid_from tier employees",
            "P1 2026-01-01 silver 7",
            "P1 2026-08-01 gold 9",
            "P2 2026-08-01 gold -",
            "P3 2026-01-01 silver -",
        ),
    }
    tiers = "SELECT partner_id, tier FROM partners"
    # P2: nothing tells what it was before; P3: no later change is told, so its own row stands.
    assert seen(book_of("2026-07-31", **told), tiers) == [("P1", "silver"), ("P2", "gold"), ("P3", "gold")]
    assert seen(book_of("2026-08-01", **told), tiers) == [("P1", "gold"), ("P2", "gold"), ("P3", "gold")]


def test_what_no_date_tells_of_is_named() -> None:
    partners = PARTNERS.assign(tier="gold", region="north", country="DK")
    history = frame("partner_id valid_from tier", "P1 2026-01-01 gold")
    assert book_of("2026-06-30", partners=partners).undated == ["channel", "tier", "region"]
    assert book_of("2026-06-30", partners=partners, partner_history=history).undated == ["channel", "region"]


def test_a_version_of_a_plan_is_the_whole_plan_of_its_month() -> None:
    plans = frame(
        "partner_id month line target_revenue version made_on",
        "P1 2026-07-01 - 100 v1 2026-05-01",
        "P1 2026-07-01 X 60 v2 2026-06-01",
        "P1 2026-07-01 Y 50 v2 2026-06-01",
        "P1 2026-08-01 X 60 v1 2026-05-01",
        "P1 2026-08-01 Y 50 v1 2026-05-01",
        "P1 2026-08-01 X 70 v2 2026-06-01",
        "P1 2026-09-01 - 90 v1 2026-05-01",
    )
    sums = "SELECT month, sum(target_revenue) FROM plans_in_force GROUP BY ALL ORDER BY ALL"
    assert [float(str(amount)) for _, amount in seen(book_of("2026-09-30", plans=plans), sums)] == [110, 70, 90]
