"""Draws time against the number of users, both logarithmic: arguments table (JSON), target (SVG).

The table maps what was measured to lists of (part of the users, seconds, MiB).
"""
import json
import sys

try:
    import matplotlib
except ImportError as error:
    print(error, file=sys.stderr)
    sys.exit(69)

matplotlib.use("svg")
from matplotlib import pyplot  # noqa: E402, after the choice of what draws

table = json.load(open(sys.argv[1]))
figure, axes = pyplot.subplots(figsize=(7, 5))
for name, runs in table.items():
    axes.plot([part for part, _, _ in runs], [seconds for _, seconds, _ in runs], marker="o", label=name)
parts = sorted({part for runs in table.values() for part, _, _ in runs})
least = min(seconds for runs in table.values() for _, seconds, _ in runs)
axes.plot(parts, [least * part / parts[0] for part in parts], "k:", label="linear growth")
axes.set(xscale="log", yscale="log", xlabel="part of MovieLens-20M's 138,493 users", ylabel="seconds",
         title="Time by size of the data")
axes.set_xticks(parts, [f"{part:g}" for part in parts])
axes.minorticks_off()
axes.grid(alpha=0.3)
axes.legend(fontsize=7)
figure.tight_layout()
figure.savefig(sys.argv[2])
