-- One row per deal. A deal that wasn't won is worth its list price: the CRM books 0 for a lost one and nothing
-- for an open one. Prospecting deals have no date yet, and 1,425 open ones no account.
WITH
deals AS (
    SELECT *, CASE product WHEN 'GTXPro' THEN 'GTX Pro' ELSE product END AS product_id
    FROM read_csv(getvariable('raw') || '/sales_pipeline.csv', all_varchar = true, header = true, delim = ',')
),
teams AS (
    FROM read_csv(getvariable('raw') || '/sales_teams.csv', all_varchar = true, header = true, delim = ',')
),
products AS (
    FROM read_csv(getvariable('raw') || '/products.csv', all_varchar = true, header = true, delim = ',')
)
SELECT
    deals.opportunity_id,
    teams.manager AS partner_id,
    CASE WHEN deals.deal_stage = 'Won' THEN deals.close_value ELSE products.sales_price END AS amount,
    CASE deals.deal_stage
        WHEN 'Won' THEN 'won'
        WHEN 'Lost' THEN 'lost'
        WHEN 'Engaging' THEN 'open'
        WHEN 'Prospecting' THEN 'open'
    END AS outcome,
    deals.engage_date AS created_on,
    deals.close_date AS closed_on,
    deals.deal_stage AS stage,
    deals.sales_agent AS salesperson_id,
    deals.product_id,
    deals.account AS customer_id
FROM deals
LEFT JOIN teams USING (sales_agent)
LEFT JOIN products ON products.product = deals.product_id
