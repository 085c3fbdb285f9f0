-- One row per version of a product, as sales name them. Parts that are never sold have no line.
WITH
products AS (
    FROM read_csv(getvariable('raw') || '/DimProduct.csv', all_varchar = true, header = true, delim = ',')
),
lines AS (
    FROM read_csv(getvariable('raw') || '/DimProductSubcategory.csv', all_varchar = true, header = true, delim = ',')
),
categories AS (
    FROM read_csv(getvariable('raw') || '/DimProductCategory.csv', all_varchar = true, header = true, delim = ',')
)
SELECT
    products.ProductKey AS product_id,
    products.EnglishProductName AS name,
    lines.EnglishProductSubcategoryName AS line,
    categories.EnglishProductCategoryName AS category
FROM products
LEFT JOIN lines USING (ProductSubcategoryKey)
LEFT JOIN categories USING (ProductCategoryKey)
ORDER BY CAST(products.ProductKey AS INTEGER)
