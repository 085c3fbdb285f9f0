-- What partners cost the vendor and were paid, what is left of their sales, and what marketing with them brought.

CREATE OR REPLACE TEMP TABLE by_hand_payments AS
SELECT partner_id, by_hand_month(day) AS month,
    sum(CASE kind WHEN 'cost' THEN amount END) AS cost,
    sum(CASE WHEN kind IN ('claim', 'new_business', 'growth', 'other') THEN amount END) AS paid,
    sum(CASE kind WHEN 'new_business' THEN amount END) AS new_business,
    sum(CASE kind WHEN 'growth' THEN amount END) AS growth,
    sum(CASE WHEN kind IN ('marketing', 'claim') THEN amount END) AS marketing
FROM (
    SELECT partner_id, month AS day, amount, 'cost' AS kind FROM costs
    UNION ALL SELECT partner_id, paid_on, amount, coalesce(basis, 'other') FROM incentives
    UNION ALL SELECT partner_id, paid_on, amount_paid, 'claim' FROM mdf_claims
    UNION ALL SELECT partner_id, held_on, cost, 'marketing' FROM activities
    WHERE status IS DISTINCT FROM 'planned'
        AND kind IN ('event', 'webinar', 'campaign', 'content', 'social', 'case_study')
)
GROUP BY ALL;

-- Which months the records tell of: a contribution needs all of them to have begun, money spent on marketing both kinds
-- of it, in the twelve months that ended a quarter ago.
CREATE OR REPLACE TEMP TABLE by_hand_payments_told AS
SELECT month, month BETWEEN c.first AND c.last AS cost, month BETWEEN i.first AND i.last AS rewards,
    month BETWEEN c.first AND c.last AND month >= greatest(i.first, p.first) AS contribution,
    month >= greatest(a.first, p.first) + INTERVAL 14 MONTH AS marketing
FROM by_hand_months,
    (SELECT by_hand_month(min(month)) AS first, max(month) AS last FROM costs) AS c,
    (SELECT by_hand_month(min(paid_on)) AS first, max(paid_on) AS last FROM incentives) AS i,
    (SELECT by_hand_month(min(paid_on)) AS first FROM mdf_claims) AS p,
    (SELECT by_hand_month(min(held_on)) AS first FROM activities) AS a;

WITH firms AS (
    SELECT f.partner_id, f.month, f.revenue, f.costed, coalesce(p.cost, 0) AS cost,
        f.margin - f.rebate_of_costed - coalesce(p.paid, 0) - coalesce(p.cost, 0) AS contribution,
        coalesce(p.new_business, 0) AS new_business, coalesce(p.growth, 0) AS growth,
        sum(p.marketing) OVER (firm ROWS BETWEEN 14 PRECEDING AND 3 PRECEDING) AS spent,
        sum(f.attributed) OVER (firm ROWS 11 PRECEDING) AS attributed,
        sum(f.attributed_margin) OVER (firm ROWS 11 PRECEDING) AS attributed_margin
    FROM by_hand_firm_months AS f
    LEFT JOIN by_hand_payments AS p ON p.partner_id = f.partner_id AND p.month = f.month
    WINDOW firm AS (PARTITION BY f.partner_id ORDER BY f.month)
)
SELECT f.partner_id, f.month,
    CASE WHEN t.contribution AND s.sold THEN f.contribution END AS contribution,
    CASE WHEN t.contribution AND s.sold THEN by_hand_over(f.contribution, f.costed) END AS contribution_margin,
    CASE WHEN t.cost THEN f.cost END AS cost_to_serve,
    CASE WHEN t.cost AND s.sold THEN by_hand_over(f.cost, f.revenue) END AS cost_to_serve_share,
    CASE WHEN t.rewards THEN f.new_business END AS incentives_new_business,
    CASE WHEN t.rewards THEN f.growth END AS incentives_growth,
    CASE WHEN t.marketing AND s.a_year THEN by_hand_over(f.attributed_margin - f.spent, f.spent)
    END AS return_on_marketing,
    CASE WHEN t.marketing AND s.a_year THEN by_hand_over(f.attributed, f.spent) END AS gross_marketing_return
FROM firms AS f
JOIN by_hand_sales_told AS s ON s.month = f.month
JOIN by_hand_payments_told AS t ON t.month = f.month
