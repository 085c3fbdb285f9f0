-- Revenue against plan, pipeline against what is planned of coming months, and forecasts against what was sold.

-- What each firm has planned, and due of open deals, in each month, coming ones too.
CREATE OR REPLACE TEMP TABLE by_hand_planned AS
SELECT partner_id, month, sum(plan) AS plan, coalesce(sum(due), 0) AS due, month > max(b.today) AS ahead
FROM (
    SELECT partner_id, month, target_revenue AS plan, NULL AS due FROM plans_in_force
    UNION ALL
    SELECT partner_id, by_hand_month(expected_close_on), NULL, amount FROM opportunities WHERE outcome = 'open'
), (SELECT max(closes) AS today FROM by_hand_months) AS b
GROUP BY partner_id, month;

-- Every maker's forecast of a firm's month that is over and of which sales tell, beside what was sold.
CREATE OR REPLACE TEMP TABLE by_hand_forecasts AS
SELECT f.partner_id, f.month, sum(f.foretold) AS foretold, sum(s.revenue) AS sold,
    sum(abs(f.foretold - s.revenue)) AS missed_by
FROM (SELECT partner_id, month, made_by, sum(amount) AS foretold FROM forecasts_in_force GROUP BY ALL) AS f
JOIN by_hand_firm_months AS s ON s.partner_id = f.partner_id AND s.month = f.month
JOIN by_hand_sales_told AS t ON t.month = f.month AND t.sold
GROUP BY ALL;

WITH firms AS (
    SELECT * FROM by_hand_firm_months AS f
    FULL JOIN by_hand_planned AS p USING (partner_id, month)
    LEFT JOIN by_hand_forecasts AS c USING (partner_id, month)
)
SELECT f.partner_id, f.month,
    CASE WHEN t.sold THEN by_hand_over(f.revenue, f.plan) END AS attainment,
    CASE WHEN f.ahead THEN by_hand_over(f.due, f.plan) END AS pipeline_index,
    CASE WHEN f.ahead THEN by_hand_over(f.due, f.plan) END AS pipeline_to_remaining_plan,
    by_hand_over(f.sold - f.missed_by, f.sold) AS forecast_accuracy,
    by_hand_over(f.foretold - f.sold, f.sold) AS forecast_bias
FROM firms AS f LEFT JOIN by_hand_sales_told AS t ON t.month = f.month
