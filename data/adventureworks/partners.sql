-- One row per reseller. Two names occur twice: the id tells them apart.
-- A trait is what could be known before signing: how a reseller orders and pays (OrderFrequency,
-- OrderMonth, FirstOrderYear, MinPaymentType …) came after, so it is left out.
WITH
resellers AS (
    FROM read_csv(getvariable('raw') || '/DimReseller.csv', all_varchar = true, header = true, delim = ',')
),
places AS (
    FROM read_csv(getvariable('raw') || '/DimGeography.csv', all_varchar = true, header = true, delim = ',')
),
territories AS (
    FROM read_csv(getvariable('raw') || '/DimSalesTerritory.csv', all_varchar = true, header = true, delim = ',')
),
-- Who looks after a reseller today: the sales person credited with its last order.
last_sellers AS (
    SELECT ResellerKey, arg_max(EmployeeKey, (OrderDateKey, SalesOrderNumber)) AS EmployeeKey
    FROM read_csv(getvariable('raw') || '/FactResellerSales.csv', all_varchar = true, header = true, delim = ',')
    GROUP BY ResellerKey
)
SELECT
    resellers.ResellerKey AS partner_id,
    resellers.ResellerName AS name,
    resellers.BusinessType AS channel,
    territories.SalesTerritoryRegion AS region,
    places.EnglishCountryRegionName AS country,
    resellers.ProductLine AS segment,
    last_sellers.EmployeeKey AS manager_id,
    resellers.NumberEmployees AS employees,
    -- AnnualSales is what the shop sells in all; AnnualRevenue is a tenth of it in every row.
    resellers.AnnualSales AS annual_revenue,
    resellers.BusinessType AS trait_business_type,
    resellers.ProductLine AS trait_product_line,
    places.EnglishCountryRegionName AS trait_country,
    resellers.BankName AS trait_bank,
    CAST(resellers.YearOpened AS INTEGER) AS trait_year_opened,
    CAST(resellers.NumberEmployees AS INTEGER) AS trait_employees,
    CAST(resellers.AnnualSales AS DECIMAL(18, 4)) AS trait_annual_sales
FROM resellers
JOIN places USING (GeographyKey)
JOIN territories USING (SalesTerritoryKey)
LEFT JOIN last_sellers USING (ResellerKey)
ORDER BY CAST(resellers.ResellerKey AS INTEGER)
