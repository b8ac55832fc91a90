-- Views for DuckDB over whole heaps, as `heapgraph export -o heaps/` writes them; run in that folder.
CREATE OR REPLACE VIEW objects AS
    SELECT * FROM read_parquet('objects/**/*.parquet', hive_partitioning = true, hive_types_autocast = false);
CREATE OR REPLACE VIEW "references" AS
    SELECT * FROM read_parquet('references/**/*.parquet', hive_partitioning = true, hive_types_autocast = false);
CREATE OR REPLACE VIEW types AS
    SELECT * FROM read_parquet('types/**/*.parquet', hive_partitioning = true, hive_types_autocast = false);
CREATE OR REPLACE VIEW roots AS
    SELECT * FROM read_parquet('roots/**/*.parquet', hive_partitioning = true, hive_types_autocast = false);
CREATE OR REPLACE VIEW places AS
    SELECT * FROM read_parquet('places/**/*.parquet', hive_partitioning = true, hive_types_autocast = false);
