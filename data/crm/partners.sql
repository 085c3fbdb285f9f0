-- The set has no partner. The teams of its six managers stand in, and say so.
SELECT
    manager AS partner_id,
    manager || '''s team (stand-in)' AS name,
    'sales team (stand-in)' AS channel,
    any_value(regional_office) AS region,
    manager AS manager_id,
    count(*) AS employees,
    count(*) AS sales_staff
FROM read_csv(getvariable('raw') || '/sales_teams.csv', all_varchar = true, header = true, delim = ',')
GROUP BY manager
ORDER BY manager
