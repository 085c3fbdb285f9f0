-- A won deal is a sale of one piece on the day it was closed.
WITH
deals AS (
    SELECT *, CASE product WHEN 'GTXPro' THEN 'GTX Pro' ELSE product END AS product_id
    FROM read_csv(getvariable('raw') || '/sales_pipeline.csv', all_varchar = true, header = true, delim = ',')
    WHERE deal_stage = 'Won'
),
teams AS (
    FROM read_csv(getvariable('raw') || '/sales_teams.csv', all_varchar = true, header = true, delim = ',')
),
products AS (
    FROM read_csv(getvariable('raw') || '/products.csv', all_varchar = true, header = true, delim = ',')
)
SELECT
    deals.opportunity_id AS sale_id,
    deals.close_date AS sold_on,
    teams.manager AS partner_id,
    deals.close_value AS revenue,
    teams.manager AS manager_id,
    deals.sales_agent AS salesperson_id,
    deals.product_id,
    deals.account AS customer_id,
    deals.opportunity_id,
    1 AS units,
    products.sales_price AS list_price
FROM deals
LEFT JOIN teams USING (sales_agent)
LEFT JOIN products ON products.product = deals.product_id
