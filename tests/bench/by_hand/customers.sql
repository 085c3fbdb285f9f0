-- Customers who are new, stay and spend, and on how few customers and people a firm's sales rest.

-- What each customer bought of each firm, month by month, with the months in which it bought before and after.
CREATE OR REPLACE TEMP TABLE by_hand_bought AS
SELECT s.partner_id, s.customer_id, s.month, sum(s.sales) AS sales, sum(s.revenue) AS revenue,
    coalesce(sum(s.recurring), 0) AS recurring, sum(s.recurring_sales) AS recurring_sales,
    any_value(c.critical) AS critical,
    CASE WHEN any_value(c.total_spend) > 0 THEN any_value(c.total_spend) END AS spend,
    lag(s.month) OVER (PARTITION BY s.partner_id, s.customer_id ORDER BY s.month) AS bought_before
FROM by_hand_cells AS s LEFT JOIN customers AS c ON c.customer_id = s.customer_id
WHERE NOT s.by_line AND s.customer_id IS NOT NULL AND s.sales > 0
GROUP BY s.partner_id, s.customer_id, s.month;

-- Customers of the month who had not bought for twenty-four months.
CREATE OR REPLACE TEMP TABLE by_hand_new AS
SELECT partner_id, month, count(*) AS customers, sum(revenue) AS revenue, count(*) FILTER (critical) AS critical
FROM by_hand_bought
WHERE bought_before IS NULL OR bought_before < month - INTERVAL 24 MONTH
GROUP BY ALL;

-- What a customer bought in the last twelve months, and in the twelve before them (`_24`), where that changes: in the
-- month of a sale, and twelve and twenty-four months later. It stays so until month `until`.
CREATE OR REPLACE TEMP TABLE by_hand_standing AS
WITH changes AS (
    SELECT partner_id, customer_id, spend, CAST(month + to_months(CAST(age AS INTEGER)) AS DATE) AS month,
        CASE age WHEN 0 THEN sales WHEN 12 THEN -sales ELSE 0 END AS sales_12,
        CASE age WHEN 12 THEN sales WHEN 24 THEN -sales ELSE 0 END AS sales_24,
        CASE age WHEN 0 THEN revenue WHEN 12 THEN -revenue ELSE 0 END AS revenue_12,
        CASE age WHEN 0 THEN recurring WHEN 12 THEN -recurring ELSE 0 END AS recurring_12,
        CASE age WHEN 12 THEN recurring WHEN 24 THEN -recurring ELSE 0 END AS recurring_24,
        CASE age WHEN 12 THEN recurring_sales WHEN 24 THEN -recurring_sales ELSE 0 END AS recurring_sales_24
    FROM by_hand_bought, (VALUES (0), (12), (24)) AS ages(age)
), monthly AS (
    SELECT partner_id, customer_id, month, any_value(spend) AS spend,
        sum(COLUMNS(* EXCLUDE (partner_id, customer_id, month, spend)))
    FROM changes
    WHERE month <= (SELECT max(month) FROM by_hand_months)
    GROUP BY partner_id, customer_id, month
)
SELECT partner_id, customer_id, month, spend, lead(month) OVER customer AS until,
    sum(COLUMNS(* EXCLUDE (partner_id, customer_id, month, spend))) OVER customer
FROM monthly
WINDOW customer AS (PARTITION BY partner_id, customer_id ORDER BY month ROWS UNBOUNDED PRECEDING);

-- By how much the sums over customers change in a month.
CREATE OR REPLACE TEMP TABLE by_hand_customer_changes AS
WITH told AS (
    SELECT partner_id, customer_id, month, CAST(sales_24 > 0 AS INTEGER) AS before,
        CAST(sales_24 > 0 AND sales_12 > 0 AS INTEGER) AS stayed,
        recurring_24 AS recurring_before, greatest(recurring_24, 0) AS most,
        CASE WHEN recurring_sales_24 > 0 THEN recurring_12 ELSE 0 END AS again,
        greatest(least(recurring_12, recurring_24), 0) AS at_most_again,
        CASE WHEN sales_12 > 0 AND spend > 0 THEN spend ELSE 0 END AS spend,
        CASE WHEN spend > 0 THEN revenue_12 ELSE 0 END AS of_spend
    FROM by_hand_standing
), changes AS (
    SELECT partner_id, month, COLUMNS(* EXCLUDE (partner_id, customer_id, month))
        - lag(COLUMNS(* EXCLUDE (partner_id, customer_id, month)), 1, 0) OVER customer
    FROM told
    WINDOW customer AS (PARTITION BY partner_id, customer_id ORDER BY month)
)
SELECT partner_id, month, sum(COLUMNS(* EXCLUDE (partner_id, month))) FROM changes GROUP BY partner_id, month;

-- The three largest customers of each twelve months.
CREATE OR REPLACE TEMP TABLE by_hand_largest AS
SELECT partner_id, month, by_hand_over(list_sum(max(bought, 3)), sum(bought)) AS share
FROM (
    SELECT s.partner_id, m.month, greatest(s.revenue_12, 0) AS bought
    FROM by_hand_standing AS s
    JOIN by_hand_months AS m ON m.month >= s.month AND m.month < coalesce(s.until, DATE '2200-01-01')
    WHERE s.sales_12 > 0
)
GROUP BY partner_id, month;

-- The fewest people who sold 80 % of twelve months. A sale counts in its own and the next eleven.
CREATE OR REPLACE TEMP TABLE by_hand_people AS
WITH sold AS (
    SELECT partner_id, salesperson_id, month, sum(revenue) AS revenue
    FROM by_hand_cells
    WHERE NOT by_line AND salesperson_id IS NOT NULL AND sales > 0
    GROUP BY ALL
), years AS (
    SELECT s.partner_id, s.salesperson_id, m.month, CAST(sum(s.revenue) AS DOUBLE) AS revenue
    FROM sold AS s
    JOIN by_hand_months AS m ON m.month BETWEEN s.month AND s.month + INTERVAL 11 MONTH
    GROUP BY ALL
), ranked AS (
    SELECT *, sum(revenue) OVER (firm ORDER BY revenue DESC ROWS UNBOUNDED PRECEDING) - revenue AS larger,
        sum(revenue) OVER firm AS whole
    FROM years
    WHERE revenue > 0
    WINDOW firm AS (PARTITION BY partner_id, month)
)
SELECT partner_id, month, count(*) FILTER (larger < (0.8 - 1e-9) * whole) AS needed, count(*) AS people
FROM ranked
GROUP BY ALL;

WITH standing AS (
    SELECT g.partner_id, g.month, sum(COLUMNS(c.* EXCLUDE (partner_id, month))) OVER firm
    FROM by_hand_grid AS g
    LEFT JOIN by_hand_customer_changes AS c ON c.partner_id = g.partner_id AND c.month = g.month
    WINDOW firm AS (PARTITION BY g.partner_id ORDER BY g.month ROWS UNBOUNDED PRECEDING)
)
SELECT s.partner_id, s.month,
    CASE WHEN looked_back THEN coalesce(n.customers, 0) END AS new_customers,
    CASE WHEN looked_back THEN coalesce(n.revenue, 0) END AS new_customer_revenue,
    CASE WHEN looked_back THEN coalesce(n.critical, 0) END AS critical_accounts_won,
    CASE WHEN two_years THEN by_hand_over(stayed, before) END AS customer_retention,
    CASE WHEN two_years THEN by_hand_over(before - stayed, before) END AS customer_churn,
    CASE WHEN two_years THEN by_hand_over(again, recurring_before) END AS net_revenue_retention,
    CASE WHEN two_years THEN by_hand_over(at_most_again, most) END AS gross_revenue_retention,
    CASE WHEN a_year THEN by_hand_over(of_spend, spend) END AS share_of_customer_spend,
    CASE WHEN a_year THEN l.share END AS top_3_customer_share,
    CASE WHEN a_year THEN p.needed END AS people_for_80,
    CASE WHEN a_year THEN by_hand_over(p.needed, p.people) END AS people_for_80_share
FROM standing AS s
JOIN by_hand_sales_told AS t ON t.month = s.month
LEFT JOIN by_hand_new AS n ON n.partner_id = s.partner_id AND n.month = s.month
LEFT JOIN by_hand_largest AS l ON l.partner_id = s.partner_id AND l.month = s.month
LEFT JOIN by_hand_people AS p ON p.partner_id = s.partner_id AND p.month = s.month
