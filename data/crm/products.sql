SELECT
    product AS product_id,
    product AS name,
    series AS line,
    CAST(sales_price AS DECIMAL(18, 2)) AS price
FROM read_csv(getvariable('raw') || '/products.csv', all_varchar = true, header = true, delim = ',')
