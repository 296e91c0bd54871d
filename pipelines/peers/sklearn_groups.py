"""Item groups in scikit-learn. Prints the seconds.

Arguments: threads, then a CSR matrix (.npz), dimensions and groups for a spectral embedding with k-means of its rows,
or points, dimensions, centres and rounds for k-means of random unit vectors.
"""
import json
import os
import sys
import time

os.environ["OPENBLAS_NUM_THREADS"] = os.environ["OMP_NUM_THREADS"] = sys.argv[1]
from common import np, read_csr

try:
    from sklearn.cluster import KMeans
    from sklearn.preprocessing import normalize
    from sklearn.utils.extmath import randomized_svd
except ImportError as error:
    print(error, file=sys.stderr)
    sys.exit(69)


def cluster(points, centres, rounds, tolerance):
    """Lloyd's rounds on unit vectors, where the nearest centre is that of the highest cosine."""
    return KMeans(centres, n_init=1, max_iter=rounds, tol=tolerance, random_state=1).fit(normalize(points))


if sys.argv[2].isdigit():
    count, dimensions, centres, rounds = map(int, sys.argv[2:])
    points = np.random.default_rng(1).standard_normal((count, dimensions), dtype=np.float32)
    start = time.perf_counter()
    cluster(points, centres, rounds, 0)
else:
    matrix = read_csr(sys.argv[2])
    start = time.perf_counter()
    _, values, items = randomized_svd(
        normalize(matrix), int(sys.argv[3]), n_oversamples=0, n_iter=4, random_state=1)
    cluster(items.T * values, int(sys.argv[4]), 50, 1e-4)
print(json.dumps({"seconds": time.perf_counter() - start}))
