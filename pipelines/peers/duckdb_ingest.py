"""DuckDB reads a CSV and writes Parquet (zstd): arguments CSV, Parquet, threads."""
import json
import sys
import time

try:
    import duckdb
except ImportError:
    print("duckdb is missing", file=sys.stderr)
    sys.exit(69)

source, target, threads = sys.argv[1:]
connection = duckdb.connect()
connection.execute(f"set threads = {threads}")
start = time.perf_counter()
connection.execute(
    f"copy (select * from read_csv('{source}')) to '{target}' (format parquet, compression zstd)"
)
print(json.dumps({"seconds": time.perf_counter() - start}))
