"""What the peers share: the matrices of `dump --to npz`, and how a training in PyTorch is set up."""
import sys

try:
    import numpy as np
    import scipy.sparse as sparse
except ImportError as error:
    print(error, file=sys.stderr)
    sys.exit(69)


def read_csr(path):
    """The interactions of an .npz as a CSR matrix of single precision."""
    arrays = np.load(path, allow_pickle=False)
    return sparse.csr_matrix(
        (arrays["data"].astype(np.float32), arrays["indices"], arrays["indptr"]), arrays["shape"])


def training(words):
    """For the words `matrix threads epochs [bfloat16]`: torch set up, and the users that have interactions."""
    try:
        import torch
    except ImportError as error:
        print(error, file=sys.stderr)
        sys.exit(69)
    torch.set_num_threads(int(words[1]))
    torch.manual_seed(20)
    if "bfloat16" in words[3:]:
        torch.set_float32_matmul_precision("medium")
    matrix = read_csr(words[0])
    return torch, matrix[np.diff(matrix.indptr) > 0], int(words[2])
