#!/usr/bin/env python3
"""Which values do independent implementations give for the ranking metrics and tests?

Writes ranking_metrics.json beside this file, which the tests of RankingMetrics compare against.
Per-user metrics are by ranx 0.3.21, tests and errors by scipy 1.17.1, catalogue metrics by numpy:

    python3 -m venv /tmp/venv && /tmp/venv/bin/pip install ranx==0.3.21 scipy
    /tmp/venv/bin/python Tests/References/ranx_check.py

Where ranx defines a metric otherwise it is converted: recall-min = ranx recall x |T| / min(n, |T|),
map = ranx map x |T| / min(n, |T|).
"""
import json
import math
import pathlib

import numpy as np
import scipy.stats
from ranx import Qrels, Run, evaluate

CUTOFFS = [1, 5, 10, 20]
ITEMS = 60
UNSCORABLE = [58, 59]
BOUNDS = [5, 20, 50, 100]
RANX = {"recall": "recall", "ndcg": "ndcg_burges", "precision": "precision",
        "hit-rate": "hit_rate", "mrr": "mrr", "map": "map"}


def draw(rng, quality):
    """Lists of 40 users in three rounds; some are short, some users miss a round."""
    lists = []
    for user in range(40):
        for round_ in range(3):
            if user % 7 == 3 and round_ == 1:
                continue
            truth = np.sort(rng.choice(ITEMS, size=rng.integers(1, 15), replace=False))
            weight = np.ones(ITEMS)
            weight[truth] += quality
            weight[UNSCORABLE] = 0
            length = 30 if rng.random() < 0.8 else int(rng.integers(1, 20))
            ranking = rng.choice(ITEMS, size=length, replace=False, p=weight / weight.sum())
            lists.append({"user": user, "round": round_, "ranking": ranking.tolist(),
                          "truth": truth.tolist(), "foldIn": int(rng.integers(1, 12))})
    return lists


def per_list(lists):
    """{(metric, n): values, one a list} by ranx; lists are independent queries."""
    qrels, run = {}, {}
    for index, entry in enumerate(lists):
        name = f"q{index:05d}"
        qrels[name] = {f"d{item}": 1 for item in entry["truth"]}
        run[name] = {f"d{item}": 1.0 - 0.01 * rank for rank, item in enumerate(entry["ranking"])}
    names = [f"{metric}@{n}" for metric in RANX.values() for n in CUTOFFS]
    scores = evaluate(Qrels(qrels), Run(run), names, return_mean=False)
    values = {(ours, n): np.array(scores[f"{theirs}@{n}"])
              for ours, theirs in RANX.items() for n in CUTOFFS}
    sizes = np.array([len(entry["truth"]) for entry in lists], dtype=float)
    for n in CUTOFFS:
        factor = sizes / np.minimum(n, sizes)
        values["recall-min", n] = values["recall", n] * factor
        values["map", n] = values["map", n] * factor
    return values


def summary(lists, group):
    """Mean over users, then rounds; standard error and t interval over users' means."""
    values = per_list(lists)
    users = sorted({entry["user"] for entry in lists})
    rounds = sorted({entry["round"] for entry in lists})
    user_of = np.array([entry["user"] for entry in lists])
    round_of = np.array([entry["round"] for entry in lists])
    rows, kept = [], {}
    for (metric, n), value in values.items():
        by_round = [value[round_of == r].mean() for r in rounds]
        by_user = np.array([value[user_of == u].mean() for u in users])
        mean, error = float(np.mean(by_round)), float(scipy.stats.sem(by_user))
        quantile = scipy.stats.t.ppf(0.975, len(users) - 1)
        low, high = mean - quantile * error, mean + quantile * error
        rows.append({"group": group, "metric": metric, "n": n, "mean": mean, "error": error,
                     "low": float(low), "high": float(high), "users": len(users)})
        kept[metric, n] = (by_user, by_round)
    return rows, kept


def catalogue(lists, counts):
    """Coverage, Gini coefficient and novelty of each round, by their textbook definitions."""
    rows = []
    total = sum(counts)
    scorable = [item for item in range(ITEMS) if item not in UNSCORABLE]
    rounds = sorted({entry["round"] for entry in lists})
    for n in CUTOFFS:
        values = {"coverage": [], "gini": [], "novelty": []}
        for r in rounds:
            shown = [item for e in lists if e["round"] == r for item in e["ranking"][:n]]
            x = np.array([shown.count(item) for item in scorable], dtype=float)
            # Half the relative mean absolute difference between all pairs.
            pairs = np.abs(x[:, None] - x[None, :]).mean()
            values["coverage"].append(len(set(shown)) / len(scorable))
            values["gini"].append(pairs / (2 * x.mean()))
            values["novelty"].append(
                np.mean([-math.log2(max(counts[item], 1) / total) for item in shown]))
        for metric, by_round in values.items():
            rows.append({"group": "all", "metric": metric, "n": n,
                         "mean": float(np.mean(by_round))})
    return rows


def item_group(lists, counts, group):
    low = -1 if group == 0 else BOUNDS[group - 1]
    high = BOUNDS[group] if group < len(BOUNDS) else math.inf
    part = []
    for entry in lists:
        truth = [item for item in entry["truth"] if low < counts[item] <= high]
        if truth:
            part.append({**entry, "truth": truth})
    return part


def evaluation(lists, counts):
    rows, kept = summary(lists, "all")
    rows += catalogue(lists, counts)
    rows += summary([e for e in lists if e["foldIn"] < 5], "near-cold-start")[0]
    for group in range(len(BOUNDS) + 1):
        low = 0 if group == 0 else BOUNDS[group - 1] + 1
        name = f"items-{low}-{BOUNDS[group]}" if group < len(BOUNDS) else f"items-{low}+"
        rows += summary(item_group(lists, counts, group), name)[0]
    return rows, kept


def tests(a, b):
    """Paired tests of b - a over users, and over rounds."""
    rows = []
    for metric, n in [("recall", 20), ("ndcg", 10), ("hit-rate", 5), ("precision", 20)]:
        (users_a, rounds_a), (users_b, rounds_b) = a[metric, n], b[metric, n]
        over_users = scipy.stats.ttest_rel(users_b, users_a)
        low, high = over_users.confidence_interval(0.95)
        over_rounds = scipy.stats.ttest_rel(rounds_b, rounds_a)
        rows.append({"metric": metric, "n": n, "t": float(over_users.statistic),
                     "p": float(over_users.pvalue), "low": float(low), "high": float(high),
                     "roundsT": float(over_rounds.statistic), "roundsP": float(over_rounds.pvalue)})
    return rows


def wilcoxon(rng):
    rows = []
    for size, decimals in [(5, 9), (12, 9), (50, 9), (51, 9), (40, 1), (200, 1)]:
        a = np.round(rng.normal(0, 1, size), decimals)
        b = np.round(a + rng.normal(0.3, 1, size), decimals)
        # Equal differences must be equal numbers, or ties would depend on rounding.
        d = np.round(b - a, decimals)
        exact = size <= 50 and len(set(np.abs(d))) == size and not (d == 0).any()
        result = scipy.stats.wilcoxon(
            d, zero_method="wilcox", correction=False, alternative="two-sided",
            method="exact" if exact else "asymptotic")
        rows.append({"differences": d.tolist(), "p": float(result.pvalue), "exact": bool(exact)})
    return rows


def student():
    rows = []
    for degrees in [1, 2, 4, 10, 29, 199, 13_000]:
        for t in [0.01, 0.5, 1.0, 2.0, 4.5, 12.0]:
            rows.append({"degrees": degrees, "t": t,
                         "p": float(2 * scipy.stats.t.sf(t, degrees)),
                         "quantile99": float(scipy.stats.t.ppf(0.995, degrees))})
    return rows


def main():
    rng = np.random.default_rng(20)
    counts = np.minimum(np.floor(300 / np.arange(1, ITEMS + 1)), 250).astype(int)
    counts[50:] = rng.integers(0, 4, size=10)
    counts = rng.permutation(counts)
    counts[UNSCORABLE] = 0
    counts = [int(count) for count in counts]
    lists = draw(rng, 4.0)
    # The second lists are of the same users and truths, so that they can be compared in pairs.
    others = []
    for entry in lists:
        weight = np.ones(ITEMS)
        weight[entry["truth"]] += 6.0
        weight[UNSCORABLE] = 0
        others.append({**entry, "ranking": rng.choice(
            ITEMS, size=30, replace=False, p=weight / weight.sum()).tolist()})
    rows, kept = evaluation(lists, counts)
    other_rows, other_kept = evaluation(others, counts)
    result = {
        "cutoffs": CUTOFFS, "itemCount": ITEMS, "unscorable": UNSCORABLE, "trainingCounts": counts,
        "lists": lists, "otherRankings": [entry["ranking"] for entry in others],
        "rows": rows, "otherRows": other_rows, "pairedTests": tests(kept, other_kept),
        "wilcoxon": wilcoxon(rng), "student": student(),
    }
    path = pathlib.Path(__file__).with_name("ranking_metrics.json")
    with open(path, "w", encoding="ascii") as file:
        file.write("{\n")
        for index, (key, value) in enumerate(result.items()):
            comma = "," if index + 1 < len(result) else ""
            file.write(f'"{key}": {json.dumps(value, separators=(",", ":"), allow_nan=False)}{comma}\n')
        file.write("}\n")


if __name__ == "__main__":
    main()
