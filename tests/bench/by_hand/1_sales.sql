-- What is sold by partner and month, and what is worked out from it over a year, two years and against headcounts and
-- wallets. The next files take sales from the tables that are made here.

-- A ratio, of which there is none over nothing.
CREATE OR REPLACE TEMP MACRO by_hand_over(part, whole) AS CASE WHEN whole > 0 THEN part / whole END;

CREATE OR REPLACE TEMP TABLE by_hand_products AS
SELECT product_id, line, recurring,
    bool_or(coalesce(strategic, false) OR coalesce(emerging, false))
        OVER (PARTITION BY coalesce(line, product_id)) AS to_grow
FROM products;

-- The only scan of the sales: by customer and person, and once more by line (`by_line`).
CREATE OR REPLACE TEMP TABLE by_hand_cells AS
SELECT partner_id, month, customer_id, salesperson_id, line, grouping(line) = 0 AS by_line,
    sum(CASE WHEN is_revenue THEN revenue END) AS revenue,
    count(CASE WHEN is_revenue THEN 1 END) AS sales,
    sum(CASE WHEN basis IS DISTINCT FROM 'sell_through' THEN revenue END) AS sell_in,
    sum(CASE WHEN basis = 'sell_through' THEN revenue END) AS sell_through,
    sum(CASE WHEN is_revenue THEN revenue_at_plan_rates END) AS at_plan_rates,
    sum(CASE WHEN is_revenue THEN revenue - revenue_at_plan_rates END) AS currency_effect,
    sum(CASE WHEN is_revenue AND cost IS NOT NULL THEN revenue END) AS costed,
    sum(CASE WHEN is_revenue THEN revenue - cost END) AS margin,
    sum(CASE WHEN is_revenue AND cost IS NOT NULL THEN rebate END) AS rebate_of_costed,
    sum(CASE WHEN is_revenue THEN resale_revenue END) AS resold,
    sum(CASE WHEN is_revenue THEN resale_revenue - revenue + coalesce(rebate, 0) END) AS profit_of_resold,
    sum(CASE WHEN is_revenue AND recurring THEN revenue END) AS recurring,
    count(CASE WHEN is_revenue AND recurring THEN revenue END) AS recurring_sales,
    sum(CASE WHEN is_revenue AND to_grow THEN revenue END) AS to_grow,
    sum(CASE WHEN is_revenue AND to_grow IS NOT NULL THEN revenue END) AS of_products,
    sum(CASE WHEN is_revenue AND in_campaign THEN revenue END) AS attributed,
    sum(CASE WHEN is_revenue AND in_campaign THEN revenue - cost END) AS attributed_margin
FROM (
    SELECT s.* EXCLUDE (sold_on), by_hand_month(sold_on) AS month, p.line, p.recurring, p.to_grow,
        o.opportunity_id IS NOT NULL AS in_campaign
    FROM sales AS s
    LEFT JOIN by_hand_products AS p ON p.product_id = s.product_id
    LEFT JOIN (SELECT opportunity_id FROM opportunities WHERE campaign_id IS NOT NULL) AS o
        ON o.opportunity_id = s.opportunity_id
)
GROUP BY GROUPING SETS ((partner_id, month, customer_id, salesperson_id), (partner_id, month, line));

-- Which months, and whose twelve months, and the twelve before them, the sales tell of.
CREATE OR REPLACE TEMP TABLE by_hand_sales_told AS
SELECT month, month BETWEEN first AND last AS sold,
    month BETWEEN first + INTERVAL 1 MONTH AND last AS sold_before,
    month BETWEEN first + INTERVAL 12 MONTH AND last AS looked_back,
    month BETWEEN first + INTERVAL 11 MONTH AND last + INTERVAL 11 MONTH AS a_year,
    month BETWEEN first + INTERVAL 23 MONTH AND last + INTERVAL 11 MONTH AS two_years
FROM by_hand_months, (SELECT min(month) AS first, max(month) AS last FROM by_hand_cells);

-- Every month of every firm, those without a sale too.
CREATE OR REPLACE TEMP TABLE by_hand_firm_months AS
SELECT g.partner_id, g.month,
    coalesce(revenue, 0) AS revenue, coalesce(sales, 0) AS sales, coalesce(sell_in, 0) AS sell_in,
    coalesce(sell_through, 0) AS sell_through, coalesce(at_plan_rates, 0) AS at_plan_rates,
    coalesce(currency_effect, 0) AS currency_effect, coalesce(costed, 0) AS costed, coalesce(margin, 0) AS margin,
    coalesce(rebate_of_costed, 0) AS rebate_of_costed, coalesce(resold, 0) AS resold,
    coalesce(profit_of_resold, 0) AS profit_of_resold, coalesce(to_grow, 0) AS to_grow,
    coalesce(of_products, 0) AS of_products, coalesce(attributed, 0) AS attributed,
    coalesce(attributed_margin, 0) AS attributed_margin
FROM by_hand_grid AS g
LEFT JOIN (
    SELECT partner_id, month, sum(COLUMNS(* EXCLUDE (partner_id, month, customer_id, salesperson_id, line, by_line)))
    FROM by_hand_cells WHERE NOT by_line GROUP BY partner_id, month
) AS s ON s.partner_id = g.partner_id AND s.month = g.month;

-- Heads on each month's last day.
CREATE OR REPLACE TEMP TABLE by_hand_heads AS
SELECT h.partner_id, m.month, sum(h.employees) AS employees, sum(h.sales_staff) AS sales_staff
FROM headcounts AS h
JOIN by_hand_months AS m ON (h.joined_on IS NULL OR h.joined_on <= m.closes)
    AND (h.left_on IS NULL OR h.left_on > m.closes)
GROUP BY ALL;

-- What partners told of themselves, and what was sold to them of the same line in the same year, from the day after
-- that year until that after the next one that is told of. Years that began before the sales do are left out.
CREATE OR REPLACE TEMP TABLE by_hand_wallets AS
WITH told AS (
    SELECT partner_id, line, CAST(year AS INTEGER) AS year, sum(total_revenue) AS total,
        lead(CAST(year AS INTEGER)) OVER (PARTITION BY partner_id, line ORDER BY CAST(year AS INTEGER)) AS next_year
    FROM wallet
    GROUP BY partner_id, line, CAST(year AS INTEGER)
), sold AS (
    SELECT partner_id, line, year(month) AS year, sum(revenue) AS revenue FROM by_hand_cells WHERE by_line GROUP BY ALL
)
SELECT t.partner_id, m.month, sum(t.total) AS total, coalesce(sum(s.revenue), 0) AS revenue
FROM told AS t
JOIN by_hand_months AS m ON year(m.month) > t.year AND (t.next_year IS NULL OR year(m.month) <= t.next_year)
LEFT JOIN sold AS s ON s.partner_id = t.partner_id AND s.line = t.line AND s.year = t.year
WHERE make_date(t.year, 1, 1) >= (SELECT min(month) FROM by_hand_cells)
GROUP BY ALL;

WITH years AS (
    SELECT f.*, lag(revenue) OVER firm AS before, lag(revenue, 12) OVER firm AS year_ago,
        sum(revenue) OVER year AS revenue_12, sum(sales) OVER year AS sales_12, sum(sales) OVER year_before AS sales_24,
        sum(to_grow) OVER year AS to_grow_12, sum(of_products) OVER year AS of_products_12,
        sum(to_grow) OVER year_before AS to_grow_24, sum(of_products) OVER year_before AS of_products_24
    FROM by_hand_firm_months AS f
    WINDOW firm AS (PARTITION BY f.partner_id ORDER BY f.month), year AS (firm ROWS 11 PRECEDING),
        year_before AS (firm ROWS BETWEEN 23 PRECEDING AND 12 PRECEDING)
)
SELECT y.partner_id, y.month,
    CASE WHEN sold THEN y.revenue END AS revenue,
    CASE WHEN sold THEN sell_in END AS sell_in,
    CASE WHEN sold THEN sell_through END AS sell_through,
    CASE WHEN sold THEN at_plan_rates END AS revenue_at_plan_rates,
    CASE WHEN sold THEN currency_effect END AS currency_effect,
    CASE WHEN looked_back THEN by_hand_over(y.revenue - year_ago, year_ago) END AS growth_yoy,
    CASE WHEN sold_before THEN by_hand_over(y.revenue - before, before) END AS growth_qoq,
    CASE WHEN sold THEN by_hand_over(y.revenue, y.revenue) END AS line_mix,
    CASE WHEN two_years AND sales_24 > 0 THEN CAST(sales_12 > 0 AS INTEGER) END AS partner_retention,
    CASE WHEN a_year THEN by_hand_over(to_grow_12, of_products_12) END AS strategic_share,
    CASE WHEN two_years THEN 100 * (by_hand_over(to_grow_12, of_products_12) - by_hand_over(to_grow_24, of_products_24))
    END AS strategic_share_change,
    CASE WHEN sold THEN by_hand_over(margin, costed) END AS gross_margin,
    CASE WHEN a_year THEN by_hand_over(revenue_12, h.employees) END AS revenue_per_employee,
    CASE WHEN a_year THEN by_hand_over(revenue_12, h.sales_staff) END AS revenue_per_salesperson,
    CASE WHEN sold THEN profit_of_resold END AS partner_profit,
    CASE WHEN sold THEN by_hand_over(profit_of_resold, resold) END AS partner_margin,
    CASE WHEN a_year AND revenue_12 > 0 THEN 1 END AS top_3_partner_share,
    CASE WHEN a_year AND revenue_12 > 0 THEN 1 END AS partners_for_80,
    CASE WHEN a_year AND revenue_12 > 0 THEN 1 END AS partners_for_80_share,
    by_hand_over(w.revenue, w.total) AS share_of_partner_sales
FROM years AS y
JOIN by_hand_sales_told AS t ON t.month = y.month
LEFT JOIN by_hand_heads AS h ON h.partner_id = y.partner_id AND h.month = y.month
LEFT JOIN by_hand_wallets AS w ON w.partner_id = y.partner_id AND w.month = y.month
