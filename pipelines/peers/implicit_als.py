"""Alternating least squares in implicit: arguments CSR matrix (.npz), threads, factors, rounds.

Prints the seconds of the fit and of recommending 100 items, seen ones left out, to all users.
"""
import json
import os
import sys
import time

os.environ["OPENBLAS_NUM_THREADS"] = "1"
from common import np, read_csr

try:
    from implicit.als import AlternatingLeastSquares
except ImportError as error:
    print(error, file=sys.stderr)
    sys.exit(69)

path, threads, factors, rounds = sys.argv[1], *map(int, sys.argv[2:])
matrix = read_csr(path)
model = AlternatingLeastSquares(
    factors=factors, iterations=rounds, num_threads=threads, random_state=20)
start = time.perf_counter()
model.fit(matrix, show_progress=False)
fitted = time.perf_counter()
users = np.arange(matrix.shape[0])
for first in range(0, len(users), 5000):
    part = users[first:first + 5000]
    model.recommend(part, matrix[part], N=100, filter_already_liked_items=True)
print(json.dumps({"fit": fitted - start, "recommend": time.perf_counter() - fitted}))
