-- One row per quota: a sales person of the vendor, for the quarter that starts on `Date`, which is moved as
-- in sales.sql. The label columns CalendarYear and CalendarQuarter name other quarters and are not used.
-- There is no plan per reseller.
SELECT
    EmployeeKey AS manager_id,
    CAST(CAST(Date AS DATE) - 2007 + INTERVAL 66 MONTH AS DATE) AS month,
    SalesAmountQuota AS target_revenue
FROM read_csv(getvariable('raw') || '/FactSalesQuota.csv', all_varchar = true, header = true, delim = ',')
ORDER BY CAST(SalesQuotaKey AS INTEGER)
