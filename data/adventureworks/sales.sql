-- One row per order line, in US dollars whatever CurrencyKey says: there is nothing to convert.
-- This edition is the original moved by 2,007 days, which leaves months without an order; moved back, and
-- on by 66 whole months, the orders fall on 36 months, 2011-01 to 2013-12.
SELECT
    SalesOrderNumber || '-' || SalesOrderLineNumber AS sale_id,
    CAST(CAST(OrderDate AS DATE) - 2007 + INTERVAL 66 MONTH AS DATE) AS sold_on,
    ResellerKey AS partner_id,
    SalesAmount AS revenue,
    'sell_in' AS basis,
    EmployeeKey AS manager_id,
    ProductKey AS product_id,
    OrderQuantity AS units,
    ExtendedAmount AS list_price,
    DiscountAmount AS discount,
    TotalProductCost AS cost,
    SalesOrderNumber AS order_id
FROM read_csv(getvariable('raw') || '/FactResellerSales.csv', all_varchar = true, header = true, delim = ',')
