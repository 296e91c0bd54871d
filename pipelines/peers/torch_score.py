"""Top 100 in PyTorch with a model's own weights: arguments model name, weights (.npz), CSR matrix
(.npz), threads. Reading files is not timed; seen items are masked; batches of 500 users."""
import json
import sys
import time

from common import np, read_csr

try:
    import torch
except ImportError as error:
    print(error, file=sys.stderr)
    sys.exit(69)

name, weights, path, threads = sys.argv[1:]
torch.set_num_threads(int(threads))
model = np.load(weights, allow_pickle=False)
matrix = read_csr(path)
place = {item: index for index, item in enumerate(model["item_ids"])}
columns = np.array([place.get(item, -1) for item in np.load(path, allow_pickle=False)["item_ids"]])
matrix = matrix[:, columns >= 0]
order = np.argsort(columns[columns >= 0])
matrix = matrix[:, order].tocsr()
tensors = {key: torch.from_numpy(model[key]) for key in model.files if model[key].dtype == np.float32}


def layer(x, name):
    return x @ tensors[f"{name}.weights"] + tensors[f"{name}.bias"]


def predict(x):
    if name == "ease":
        return x @ tensors["weights"]
    hidden = torch.tanh(layer(torch.nn.functional.normalize(x), "encoder"))
    mean = layer(hidden, "posterior")[:, :tensors["hidden.weights"].shape[0]]
    return layer(torch.tanh(layer(mean, "hidden")), "decoder")


with torch.no_grad():
    start = time.perf_counter()
    for first in range(0, matrix.shape[0], 500):
        x = torch.from_numpy(matrix[first:first + 500].toarray())
        scores = predict(x)
        scores[x > 0] = -torch.inf
        torch.topk(scores, 100)
    print(json.dumps({"seconds": time.perf_counter() - start}))
