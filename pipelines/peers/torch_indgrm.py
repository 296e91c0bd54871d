"""InDGRM in PyTorch: arguments CSR matrix (.npz), threads, epochs and, for
products of rounded factors, bfloat16.

The formulation that `fit --model indgrm` trains: a deep encoder with a shared head and small departures
for six clusters, the composite prior with the earlier encoder, eighteen item groups by prototypes with
Gumbel noise, attention over clusters by items' nearness, and the factored decoder. Prints the seconds of each epoch.
"""
import copy
import json
import sys
import time

from common import np, training

torch, matrix, epochs = training(sys.argv[1:])
F = torch.nn.functional
users, items = matrix.shape
width, depth, size, clusters, groups, tau, batch = 600, 4, 200, 6, 18, 0.1, 250


class Encoder(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.input = torch.nn.Linear(items, width)
        self.layers = torch.nn.ModuleList(torch.nn.Linear(width, width) for _ in range(depth))
        self.norms = torch.nn.ModuleList(torch.nn.LayerNorm(width, eps=0.1) for _ in range(depth + 1))
        self.mean, self.log_variance = torch.nn.Linear(width, size), torch.nn.Linear(width, size)
        self.means = torch.nn.Linear(width, clusters * size)
        self.log_variances = torch.nn.Linear(width, clusters * size)
        self.attention = torch.nn.Sequential(
            torch.nn.Linear(width, 64), torch.nn.Tanh(), torch.nn.Linear(64, clusters))

    def forward(self, x, affinity):
        hidden = self.norms[0](F.silu(self.input(x)))
        total = hidden
        for layer, norm in zip(self.layers, self.norms[1:]):
            hidden = norm(F.silu(layer(hidden) + total))
            total = total + hidden
        shape = (len(x), clusters, size)
        return (
            self.means(hidden).view(shape) + self.mean(hidden)[:, None],
            (self.log_variances(hidden).view(shape) + self.log_variance(hidden)[:, None]).clamp(-12, 4),
            F.log_softmax(self.attention(hidden) + affinity, dim=1),
        )


def log_normal(z, mean, log_variance):
    return -0.5 * (log_variance + (z - mean) ** 2 / log_variance.exp())


encoder = Encoder()
vectors = torch.nn.Parameter(torch.randn(items, size) / size ** 0.5)
prototypes = torch.nn.Parameter(torch.randn(groups, size) / size ** 0.5)
mapping = torch.nn.Parameter(0.01 * torch.randn(clusters, groups, size))
bias, group_bias = torch.nn.Parameter(torch.zeros(items)), torch.nn.Parameter(torch.zeros(groups))
scale = torch.nn.Parameter(torch.tensor(2.3))
# How near users are to clusters by their items (Eq. 15).
centres = torch.nn.Parameter(torch.randn(clusters, size) / size ** 0.5)
offsets, sharpness = torch.nn.Parameter(torch.zeros(clusters)), torch.nn.Parameter(torch.tensor(1.6))
counts = torch.from_numpy(np.asarray(matrix.sum(axis=0)).ravel())
origin = counts @ F.normalize(vectors.detach()) / counts.sum()
learnt = [vectors, prototypes, mapping, bias, group_bias, scale, centres, offsets, sharpness, *encoder.parameters()]
optimiser = torch.optim.Adam(learnt, lr=1e-3)
old, seconds = None, []
for epoch in range(epochs):
    start = time.perf_counter()
    order = np.random.default_rng(epoch).permutation(users)
    for first in range(0, users, batch):
        x = torch.from_numpy(matrix[order[first:first + batch]].toarray())
        unit_x = F.normalize(x)
        unit = F.normalize(vectors)
        directions = F.normalize(x @ unit.detach() - x.sum(1, keepdim=True) * origin)
        affinity = sharpness.exp() * directions @ centres.T + offsets
        means, log_variances, log_weights = encoder(F.dropout(unit_x, 0.5), affinity)
        weights = log_weights.exp()
        noise = torch.randn(len(x), 1, size)
        samples = means + noise * torch.exp(0.5 * log_variances)
        prior = -0.5 * samples ** 2
        if old is not None:
            with torch.no_grad():
                old_means, old_log_variances, _ = old(unit_x, affinity)
            prior = torch.logsumexp(torch.stack([
                prior + np.log(0.15), log_normal(samples, old_means, old_log_variances) + np.log(0.75),
                -0.5 * (10 + samples ** 2 / np.exp(10)) + np.log(0.1)]), dim=0)
        divergence = (log_normal(samples, means, log_variances) - prior).sum(2)
        z = (weights[:, :, None] * samples).sum(1)
        membership = F.gumbel_softmax(unit @ F.normalize(prototypes).T / tau, tau=1.0)
        activity = (torch.einsum("bd,kgd->bkg", z, mapping) * weights[:, :, None]).sum(1) + group_bias
        logits = scale.exp() * F.normalize(z) @ unit.T + bias
        logits = logits + torch.log(activity.exp() @ membership.T + 1e-20)
        likelihood = (F.log_softmax(logits, dim=1) * x).sum(1)
        kl = (weights * (divergence + log_weights + np.log(clusters))).sum(1)
        loss = (-likelihood + 0.0075 * x.sum(1) * kl).mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        with torch.no_grad():
            norm = mapping.norm(dim=2, keepdim=True)
            mapping.mul_((1 - 1e-6 / norm.clamp_min(1e-12)).clamp_min(0))
    old = copy.deepcopy(encoder)
    seconds.append(time.perf_counter() - start)
print(json.dumps({"seconds": seconds}))
