"""A small made-up vendor whose every figure can be worked out by hand."""

from __future__ import annotations

import pandas as pd


def rows(columns: str, *lines: str) -> pd.DataFrame:
    """A frame of text from lines of words; ``-`` is a blank."""
    names = columns.split()
    cells = [[None if word == "-" else word for word in line.split()] for line in lines]
    return pd.DataFrame(cells, columns=names)


def small_vendor() -> dict[str, pd.DataFrame]:
    """Two partners, two lines, 2024 to 2026; the quarter reviewed is 2026Q3."""
    return {
        "partners": rows(
            "partner_id name channel region employees joined_on",
            "P1 Ada reseller north 10 2020-01-01",
            "P2 Bea reseller south 4 2021-05-01",
            "P3 Cyd integrator north 7 2026-01-15",
        ),
        "products": rows("product_id line category", "R1 Routers Networks", "R2 Routers Networks", "D1 Disks Storage"),
        "customers": rows(
            "customer_id name segment region",
            "C1 Cee public north",
            "C2 Dee retail south",
            "C3 Eff retail south",
        ),
        "salespeople": rows("salesperson_id partner_id name", "S1 P1 Ann", "S2 P1 Bob", "S3 P2 Cat"),
        "sales": rows(
            "sale_id sold_on partner_id product_id customer_id salesperson_id revenue cost basis",
            "1 2024-08-10 P1 R1 C1 S1 50.00 30.00 -",
            "2 2025-07-01 P1 R1 C1 S1 100.00 60.00 -",
            "3 2025-09-30 P1 D1 C2 S2 100.00 90.00 -",
            "4 2026-07-01 P1 R1 C1 S1 200.00 120.00 sell_in",
            "5 2026-08-15 P1 R2 C3 S2 100.00 50.00 -",
            "6 2026-09-30 P1 D1 C1 S1 -60.00 -40.00 sell_in",
            "7 2025-08-01 P2 D1 C2 S3 40.00 - sell_through",
            "8 2026-09-01 P2 D1 C2 S3 30.00 20.00 sell_through",
            "9 2026-10-01 P2 D1 C2 S3 999.00 1.00 sell_through",
        ),
        "plans": rows(
            "month partner_id line target_revenue version made_on status",
            "2026-07-01 P1 Routers 100.00 v1 2025-12-01 committed",
            "2026-07-01 P1 Routers 150.00 v2 2026-06-01 committed",
            "2026-07-01 P1 Routers 900.00 v3 2026-07-15 committed",
            "2026-08-01 P1 Routers 50.00 v1 2025-12-01 -",
            "2026-09-01 P1 Disks 50.00 v1 2025-12-01 committed",
            "2026-09-01 P1 Disks 800.00 v2 2026-01-01 draft",
            "2026-10-01 P1 Disks 100.00 v1 2025-12-01 committed",
            "2026-12-01 P1 Disks 100.00 v1 2025-12-01 committed",
        ),
        "opportunities": rows(
            "opportunity_id partner_id product_id amount outcome created_on expected_close_on closed_on",
            "O1 P1 R1 100.00 won 2026-05-01 2026-07-01 2026-07-01",
            "O2 P1 R1 300.00 won 2026-05-01 2026-08-01 2026-08-15",
            "O3 P1 D1 500.00 lost 2026-05-01 2026-08-01 2026-09-01",
            "O4 P1 D1 70.00 no_decision 2026-05-01 2026-08-01 2026-09-02",
            "O5 P1 D1 400.00 open 2026-06-01 2026-10-31 -",
            "O6 P1 R1 250.00 open 2026-06-01 2026-12-31 -",
            "O7 P1 R1 90.00 open 2026-06-01 2026-09-01 -",
            "O8 P1 R1 60.00 won 2026-06-01 2026-11-01 2026-10-20",
            "O9 P2 R1 80.00 open - 2027-01-05 -",
        ),
        "certifications": rows(
            "certification_id partner_id salesperson_id line earned_on expires_on",
            "1 P1 S1 Routers 2025-01-01 2027-01-01",
            "2 P1 S1 Disks 2025-01-01 -",
            "3 P1 S2 Disks 2025-01-01 2026-09-30",
            "4 P2 S3 Disks 2026-09-30 2027-01-01",
        ),
        "leads": rows(
            "lead_id created_at partner_id assigned_at accepted_at",
            "L1 2026-07-01T08:00:00Z P1 2026-07-01T09:00:00Z 2026-07-02T09:00:00Z",
            "L2 2026-07-01T08:00:00Z P1 2026-07-05T09:00:00Z -",
            "L3 2026-09-29T08:00:00Z P1 2026-09-30T09:00:00Z 2026-10-02T09:00:00Z",
            "L4 2026-07-01T08:00:00Z P1 2026-08-05T09:00:00Z 2026-08-05T10:00:00Z",
        ),
    }
