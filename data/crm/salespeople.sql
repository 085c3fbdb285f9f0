-- One row per agent, those without a deal included.
SELECT
    sales_agent AS salesperson_id,
    manager AS partner_id,
    sales_agent AS name,
    'sales' AS role,
    regional_office AS territory
FROM read_csv(getvariable('raw') || '/sales_teams.csv', all_varchar = true, header = true, delim = ',')
