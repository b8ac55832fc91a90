"""Runs a query of this folder with Spark over a folder of Parquet: `spark-submit spark_job.py HEAPS growing_places`.

The queries over `census` and `snapshots` are plain SQL. Where HEAPS is in an object store, it is named as Spark
names it (s3a://…).
"""

import os
import sys
import time

from pyspark.sql import SparkSession


def main():
    heaps, name = sys.argv[1:3]
    with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), name + ".sql"), encoding="utf-8") as file:
        query = file.read()
    spark = (
        SparkSession.builder.appName("heapgraph " + name)
        # Dates and versions are names, not numbers.
        .config("spark.sql.sources.partitionColumnTypeInference.enabled", "false")
        .getOrCreate()
    )
    for table in ("census", "snapshots"):
        spark.read.parquet("%s/%s" % (heaps.rstrip("/"), table)).createOrReplaceTempView(table)
    begun = time.monotonic()
    print("snapshots: %d" % spark.table("snapshots").count())
    spark.sql(query).show(20, truncate=False)
    print("%.1f seconds" % (time.monotonic() - begun))
    spark.stop()


if __name__ == "__main__":
    main()
