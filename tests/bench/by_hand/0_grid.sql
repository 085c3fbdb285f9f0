-- What the other files share: partner × month, who sold what and since when, and medians of what may not be over.
-- The book is that of 2026Q3, so that what has happened has happened by 2026-09-30.

CREATE OR REPLACE TEMP MACRO by_hand_month(day) AS CAST(date_trunc('month', day) AS DATE);

CREATE OR REPLACE TEMP MACRO by_hand_quarter(day) AS CAST(date_trunc('quarter', day) AS DATE);

-- Months from the first that any table tells of to that of the book, and every firm, or nobody, in each.
CREATE OR REPLACE TEMP TABLE by_hand_months AS
WITH told AS (
    SELECT min(sold_on) AS day FROM sales
    UNION ALL SELECT least(min(created_on), min(registered_on)) FROM opportunities
    UNION ALL SELECT least(min(held_on), min(requested_on)) FROM activities
    UNION ALL SELECT CAST(min(created_at) AS DATE) FROM leads
    UNION ALL SELECT min(earned_on) FROM certifications
    UNION ALL SELECT min(requested_on) FROM mdf_claims
    UNION ALL SELECT min(month) FROM plans_in_force
    UNION ALL SELECT min(month) FROM costs
    UNION ALL SELECT min(sent_on) FROM surveys
    UNION ALL SELECT min(paid_on) FROM incentives
    UNION ALL SELECT min(due_on) FROM commitments
)
SELECT CAST(month AS DATE) AS month, last_day(month) AS closes
FROM (SELECT by_hand_month(min(day)) AS first FROM told),
    generate_series(CAST(first AS TIMESTAMP), TIMESTAMP '2026-09-30', INTERVAL 1 MONTH) AS months(month);

CREATE OR REPLACE TEMP TABLE by_hand_grid AS
SELECT partner_id, month, closes
FROM (
    SELECT partner_id FROM partners WHERE survivor_id = partner_id
    UNION ALL SELECT '(none)'
), by_hand_months;

-- Sales in one scan: the first day of each firm, of its lines and of its customers, and what each person sold when.
CREATE OR REPLACE TEMP TABLE by_hand_sold AS
SELECT partner_id, line, customer_id, salesperson_id, by_hand_month(sold_on) AS month,
    min(sold_on) AS first_day,
    CASE grouping(partner_id, line, customer_id) WHEN 3 THEN 'firm' WHEN 1 THEN 'line' WHEN 2 THEN 'customer'
        ELSE 'person' END AS of
FROM sales LEFT JOIN products USING (product_id)
GROUP BY GROUPING SETS (
    (partner_id), (partner_id, line), (partner_id, customer_id), (salesperson_id, line, by_hand_month(sold_on)));

-- The median by Kaplan and Meier of a table of cases: partner_id, month, time, and whether it is `over`.
-- Where the curve is flat at one half the median is the middle of the flat part.
CREATE OR REPLACE TEMP MACRO by_hand_median(told) AS TABLE
WITH times AS (
    SELECT partner_id, month, time, count(*) AS cases, count(*) FILTER (over) AS ended
    FROM query_table(told)
    GROUP BY ALL
), risk AS (
    SELECT *, sum(cases) OVER (PARTITION BY partner_id, month ORDER BY time
        ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING) AS at_risk
    FROM times
), curve AS (
    SELECT partner_id, month, time, product(1 - ended / at_risk) OVER until_now AS lasting,
        coalesce(lead(time) OVER until_now, time) AS following
    FROM risk
    WHERE ended > 0
    WINDOW until_now AS (PARTITION BY partner_id, month ORDER BY time)
)
SELECT partner_id, month,
    (min(time) + CASE WHEN max(lasting) > 0.5 - 1e-9 THEN arg_min(following, time) ELSE min(time) END) / 2 AS median
FROM curve
WHERE lasting <= 0.5 + 1e-9
GROUP BY ALL;

SELECT partner_id, month FROM by_hand_grid LIMIT 0
