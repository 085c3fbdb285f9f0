-- Development funds: what was set aside, claimed, decided and paid, by partner and month.

CREATE OR REPLACE TEMP TABLE by_hand_claimed AS
SELECT coalesce(partner_id, '(none)') AS partner_id, by_hand_month(requested_on) AS month, count(*) AS claims,
    CAST(sum(amount_approved) FILTER (decision = 'approved') AS DOUBLE) AS granted
FROM mdf_claims
WHERE requested_on IS NOT NULL
GROUP BY ALL;

CREATE OR REPLACE TEMP TABLE by_hand_decided AS
SELECT coalesce(partner_id, '(none)') AS partner_id, by_hand_month(decided_on) AS month,
    count(*) FILTER (decision = 'approved') / count(*) AS mdf_approval_rate,
    avg(CAST(amount_approved AS DOUBLE)) FILTER (decision = 'approved') AS mdf_amount_per_claim
FROM mdf_claims
WHERE decided_on IS NOT NULL AND decision IN ('approved', 'denied')
GROUP BY ALL;

CREATE OR REPLACE TEMP TABLE by_hand_decisions AS
SELECT coalesce(partner_id, '(none)') AS partner_id, month, coalesce(decided_on <= closes, false) AS over,
    CASE WHEN over THEN decided_on ELSE closes + 1 END - requested_on AS time
FROM mdf_claims JOIN by_hand_months ON month = by_hand_month(requested_on)
WHERE time >= 0;

CREATE OR REPLACE TEMP TABLE by_hand_waits_for_pay AS
SELECT coalesce(partner_id, '(none)') AS partner_id, month, coalesce(paid_on <= closes, false) AS over,
    CASE WHEN over THEN paid_on ELSE closes + 1 END - decided_on AS time
FROM mdf_claims JOIN by_hand_months ON month = by_hand_month(decided_on)
WHERE decision = 'approved' AND time >= 0;

-- A quarter's funds count in its first month, and expire on their last day.
CREATE OR REPLACE TEMP TABLE by_hand_budgets AS
SELECT coalesce(partner_id, '(none)') AS partner_id, sum(CAST(allocated AS DOUBLE)) AS allocated,
    make_date(CAST(quarter[:4] AS INTEGER), 3 * CAST(quarter[-1:] AS INTEGER) - 2, 1) AS month
FROM mdf_budgets
GROUP BY ALL;

CREATE OR REPLACE TEMP TABLE by_hand_expiring_funds AS
SELECT coalesce(partner_id, '(none)') AS partner_id, sum(CAST(allocated AS DOUBLE)) AS expiring,
    CAST(by_hand_month(expires_on) - INTERVAL 1 MONTH AS DATE) AS month
FROM mdf_budgets
WHERE expires_on IS NOT NULL
GROUP BY ALL;

-- Twelve months of both, from the first month with twelve behind it.
CREATE OR REPLACE TEMP TABLE by_hand_year_of_funds AS
SELECT partner_id, month, coalesce(sum(granted) OVER year, 0) AS granted, sum(allocated) OVER year AS allocated
FROM by_hand_grid
LEFT JOIN by_hand_claimed USING (partner_id, month)
LEFT JOIN by_hand_budgets USING (partner_id, month)
WINDOW year AS (PARTITION BY partner_id ORDER BY month ROWS 11 PRECEDING);

SELECT g.partner_id, g.month,
    CASE WHEN g.month >= greatest(claimed.first, budgeted.first) + INTERVAL 11 MONTH AND y.allocated > 0
        THEN y.granted / y.allocated END AS mdf_utilisation,
    coalesce(expiring, 0) AS mdf_expiring,
    CASE WHEN g.month BETWEEN claimed.first AND claimed.last THEN coalesce(claims, 0) END AS mdf_claims,
    mdf_approval_rate,
    mdf_amount_per_claim,
    decisions.median AS mdf_days_to_decide,
    payments.median AS mdf_days_to_pay
FROM by_hand_grid AS g
JOIN by_hand_year_of_funds AS y USING (partner_id, month)
LEFT JOIN by_hand_claimed USING (partner_id, month)
LEFT JOIN by_hand_decided USING (partner_id, month)
LEFT JOIN by_hand_expiring_funds USING (partner_id, month)
LEFT JOIN by_hand_median('by_hand_decisions') AS decisions USING (partner_id, month)
LEFT JOIN by_hand_median('by_hand_waits_for_pay') AS payments USING (partner_id, month)
CROSS JOIN (SELECT min(month) AS first, max(month) AS last FROM by_hand_claimed) AS claimed
CROSS JOIN (SELECT min(month) AS first FROM by_hand_budgets) AS budgeted
