"""Polars reads a CSV and writes Parquet (zstd): arguments CSV, Parquet, threads."""
import json
import os
import sys
import time

source, target, threads = sys.argv[1:]
os.environ["POLARS_MAX_THREADS"] = threads
try:
    import polars
except ImportError as error:
    print(error, file=sys.stderr)
    sys.exit(69)

start = time.perf_counter()
polars.read_csv(source).write_parquet(target, compression="zstd", compression_level=1)
print(json.dumps({"seconds": time.perf_counter() - start}))
