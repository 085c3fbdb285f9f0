SELECT
    manager AS manager_id,
    manager AS name,
    any_value(regional_office) AS region
FROM read_csv(getvariable('raw') || '/sales_teams.csv', all_varchar = true, header = true, delim = ',')
GROUP BY manager
ORDER BY manager
