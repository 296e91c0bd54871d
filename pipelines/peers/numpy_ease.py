"""EASE in numpy: arguments CSR matrix (.npz), threads, lambda. Prints the seconds of the fit."""
import json
import os
import sys
import time

os.environ["OPENBLAS_NUM_THREADS"] = sys.argv[2]
from common import np, read_csr

matrix = read_csr(sys.argv[1])
start = time.perf_counter()
gram = (matrix.T @ matrix).toarray().astype(np.float64)
gram[np.diag_indices_from(gram)] += float(sys.argv[3])
inverse = np.linalg.inv(gram)
weights = inverse / -np.diag(inverse)
np.fill_diagonal(weights, 0)
print(json.dumps({"seconds": time.perf_counter() - start}))
