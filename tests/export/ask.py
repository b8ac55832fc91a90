"""Runs queries with DuckDB over a folder of Parquet and prints their rows as JSON: `python ask.py FOLDER QUERY…`."""

import json
import os
import sys

import duckdb

QUERIES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "queries")


def text(name):
    with open(os.path.join(QUERIES, name), encoding="utf-8") as file:
        return file.read()


def main():
    os.chdir(sys.argv[1])
    connection = duckdb.connect()
    connection.execute(text("views_census.sql"))
    if os.path.isdir("objects"):
        connection.execute(text("views_heap.sql"))
    answers = {}
    for name in sys.argv[2:]:
        rows = connection.execute(text(name + ".sql"))
        columns = [column[0] for column in rows.description]
        answers[name] = [dict(zip(columns, row)) for row in rows.fetchall()]
    print(json.dumps(answers, default=str))


if __name__ == "__main__":
    main()
