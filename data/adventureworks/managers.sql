-- The vendor's seventeen sales people, who carry the quotas. The region 'NA' of those who lead others is
-- that text, not a blank.
SELECT
    EmployeeKey AS manager_id,
    concat_ws(' ', FirstName, LastName) AS name,
    SalesTerritoryRegion AS region,
    Title AS title
FROM read_csv(getvariable('raw') || '/DimEmployee.csv', all_varchar = true, header = true, delim = ',')
JOIN read_csv(getvariable('raw') || '/DimSalesTerritory.csv', all_varchar = true, header = true, delim = ',')
    USING (SalesTerritoryKey)
WHERE SalesPersonFlag = '1'
ORDER BY CAST(EmployeeKey AS INTEGER)
