"""How time and memory grow with the data: `pipelines/bench --scale`."""
import json
import os
import subprocess

SIZES = (0.125, 0.25, 0.5, 1.0)


def run(folder, once, results, python):
    """Every tool on the shape of MovieLens-20M at four sizes, and one epoch on Yelp's shape."""
    table = {}

    def ours(*command, **options):
        """The median of three runs."""
        return sorted((once(*command, **options) for _ in range(3)), key=lambda run: run["seconds"])[1]

    for size in SIZES:
        data, model, lists, split = (os.path.join(folder, f"scale.{s}") for s in ("ig", "m", "r", "x"))
        csv = os.path.join(folder, "scale.csv")
        subprocess.run(f"simulate -q --like ml-20m --scale {size} --secret -o {data}", shell=True,
                       check=True)
        subprocess.run(f"dump -q --to csv {data} -o {csv}", shell=True, check=True)
        steps = {
            "ingest": ["ingest", "-q", csv, "-o", data + ".2"],
            "binarize": ["binarize", "-q", "--min", "4", data, "-o", data + ".2"],
            "split": ["split", "-q", data + ".2", "-o", split],
        }
        for name, command in steps.items():
            note(table, name, size, ours(*command))
        epoch(table, folder, once, size, split, model)
        note(table, "score, top 100 for all", size,
             ours("score", "-q", "--model", model, data + ".2", "--top", "100", "-o", lists))
        note(table, "fit of ials, 1 round, 64 factors", size,
             ours("fit", "-q", "--model", "ials", "--set", "factors=64", "--set", "epochs=1", split,
                  "-o", model))
        note(table, "score by ials", size,
             ours("score", "-q", "--model", model, data + ".2", "--top", "100", "-o", lists))
        note(table, "metrics", size, metrics(folder, ours, split, model, lists))
        for path in (csv, data, data + ".2", split, model, lists):
            if os.path.exists(path):
                os.remove(path)
    show(table)
    plot(table, folder, python)
    results.append({"what": "scale", "table": table})
    yelp(folder, once, results)


def note(table, name, size, run):
    table.setdefault(name, []).append((size, run["seconds"], run["mib"]))


def epoch(table, folder, ours, size, split, model):
    log = os.path.join(folder, "scale.jsonl")
    run = ours("fit", "-q", "--model", "indgrm", "--set", "epochs=5", "--set", "start=random",
               "--set", "validate-every=1000", "--log-json", log, split, "-o", model)
    seconds = [json.loads(line) for line in open(log)]
    # The first epoch also touches memory for the first time and has no earlier encoder; the last is validated.
    run["seconds"] = sorted(e["seconds"] for e in seconds if e.get("event") == "epoch" and 1 < e["epoch"] < 5)[1]
    note(table, "one epoch of indgrm", size, run)


def metrics(folder, ours, split, model, lists):
    ours("score", "-q", "--model", model, split, "-o", lists)
    return ours("metrics", "-q", "--truth", split, lists, capture=True)


def show(table):
    print("MovieLens-20M's shape (138,493 users, 26,744 items, 20 million interactions) at parts of its"
          " users; seconds (MiB)")
    print(f"{'':34}" + "".join(f"{size:>18}" for size in SIZES) + "   largest step")
    for name, runs in table.items():
        cells = "".join(f"{seconds:10.2f} ({mib:5.0f})" for _, seconds, mib in runs)
        steps = [b[1] / a[1] for a, b in zip(runs, runs[1:])]
        print(f"{name:34}{cells}   x {max(steps):.2f}")


def plot(table, folder, python):
    """Draws the table into the file that PLOT names, if the peers' Python can."""
    target = os.environ.get("PLOT")
    if not target:
        return
    path = os.path.join(folder, "scale.json")
    with open(path, "w") as file:
        json.dump(table, file)
    script = os.path.join(os.path.dirname(os.path.abspath(__file__)), "plot_scale.py")
    if not os.path.exists(python) or subprocess.run([python, script, path, target]).returncode != 0:
        print("SKIPPED: no plot, for the peers' Python or its matplotlib is missing")
    else:
        print(f"drawn in {target}")


def yelp(folder, ours, results):
    data, model, log = (os.path.join(folder, f"yelp.{s}") for s in ("ig", "m", "jsonl"))
    run = ours("simulate", "-q", "--like", "yelp", "--strength", "2", "--secret", "-o", data)
    print(f"Yelp's shape (1.18 million users, 156,638 items): simulate {run['seconds']:.1f} s")
    run = ours("fit", "-q", "--model", "indgrm", "--set", "epochs=1", "--set", "start=random",
               "--log-json", log, data, "-o", model)
    seconds = [json.loads(line) for line in open(log)]
    epoch_seconds = [e["seconds"] for e in seconds if e.get("event") == "epoch"][0]
    print(f"  one epoch of indgrm {epoch_seconds:.1f} s, peak memory {run['mib']:.0f} MiB")
    results.append({"what": "yelp epoch", "seconds": epoch_seconds, "mib": run["mib"]})
