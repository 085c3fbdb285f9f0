SELECT
    account AS customer_id,
    account AS name,
    sector AS segment,
    office_location AS region,
    employees,
    subsidiary_of
FROM read_csv(getvariable('raw') || '/accounts.csv', all_varchar = true, header = true, delim = ',')
