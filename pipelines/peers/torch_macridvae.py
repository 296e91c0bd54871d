"""MacridVAE (Ma et al., 2019) in PyTorch: arguments CSR matrix (.npz), threads, epochs and, for
products of rounded factors, bfloat16.

Sizes, batches and loss are those of `fit --model macridvae`. Prints the seconds of each epoch.
"""
import json
import sys
import time

from common import np, training

torch, matrix, epochs = training(sys.argv[1:])
F = torch.nn.functional
users, items = matrix.shape
concepts, size, tau, deviation, batch = 7, 100, 0.1, 0.075, 250
vectors = torch.nn.Parameter(torch.randn(items, size) * 0.02)
prototypes = torch.nn.Parameter(torch.randn(concepts, size) * 0.02)
encoder = torch.nn.Sequential(
    torch.nn.Linear(items, size), torch.nn.Tanh(), torch.nn.Linear(size, 2 * size))
optimiser = torch.optim.Adam([vectors, prototypes, *encoder.parameters()], lr=1e-3)
seconds = []
for epoch in range(epochs):
    start = time.perf_counter()
    order = np.random.default_rng(epoch).permutation(users)
    for first in range(0, users, batch):
        x = torch.from_numpy(matrix[order[first:first + batch]].toarray())
        unit = F.normalize(vectors)
        shares = F.gumbel_softmax(unit @ F.normalize(prototypes).T / tau, tau=1.0)
        dropped = F.dropout(F.normalize(x), 0.5)
        mixture, divergence = 0, 0
        for concept in range(concepts):
            share = shares[:, concept]
            hidden = encoder(dropped * share)
            mean = F.normalize(hidden[:, :size])
            log_variance = -hidden[:, size:]
            spread = torch.exp(0.5 * log_variance) * deviation
            z = F.normalize(mean + torch.randn_like(mean) * spread)
            mixture = mixture + torch.exp(z @ unit.T / tau) * share
            divergence = divergence + 0.5 * (-log_variance + log_variance.exp() - 1).sum(1).mean()
        log_softmax = F.log_softmax(torch.log(mixture), dim=1)
        loss = -(log_softmax * x).sum(1).mean() + 0.2 * divergence
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    seconds.append(time.perf_counter() - start)
print(json.dumps({"seconds": seconds}))
