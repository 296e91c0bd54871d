"""Mult-VAE (Liang et al., 2018) in PyTorch: arguments CSR matrix (.npz), threads, epochs and, for
products of rounded factors, bfloat16.

The layers, batches, dropout, optimiser and loss are those of `fit --model mult-vae`; input batches are
made dense, as PyTorch's users do. Prints the seconds of each epoch.
"""
import json
import sys
import time

from common import np, training

torch, matrix, epochs = training(sys.argv[1:])
users, items = matrix.shape
encoder = torch.nn.Sequential(torch.nn.Linear(items, 600), torch.nn.Tanh(), torch.nn.Linear(600, 400))
decoder = torch.nn.Sequential(torch.nn.Linear(200, 600), torch.nn.Tanh(), torch.nn.Linear(600, items))
optimiser = torch.optim.Adam([*encoder.parameters(), *decoder.parameters()], lr=1e-3)
seconds = []
for epoch in range(epochs):
    start = time.perf_counter()
    order = np.random.default_rng(epoch).permutation(users)
    for first in range(0, users, 500):
        x = torch.from_numpy(matrix[order[first:first + 500]].toarray())
        hidden = encoder(torch.nn.functional.dropout(torch.nn.functional.normalize(x), 0.5))
        mean, log_variance = hidden[:, :200], hidden[:, 200:]
        z = mean + torch.randn_like(mean) * torch.exp(0.5 * log_variance)
        log_softmax = torch.nn.functional.log_softmax(decoder(z), dim=1)
        divergence = 0.5 * (-log_variance + log_variance.exp() + mean ** 2 - 1).sum(1).mean()
        loss = -(log_softmax * x).sum(1).mean() + 0.2 * divergence
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    seconds.append(time.perf_counter() - start)
print(json.dumps({"seconds": seconds}))
