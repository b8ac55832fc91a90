-- Views for DuckDB over the folder that `heapgraph export --census -o heaps/` fills; run in that folder.
CREATE OR REPLACE VIEW census AS
    SELECT * FROM read_parquet('census/**/*.parquet', hive_partitioning = true, hive_types_autocast = false);
CREATE OR REPLACE VIEW snapshots AS
    SELECT * FROM read_parquet('snapshots/**/*.parquet', hive_partitioning = true, hive_types_autocast = false);
