"""How time and memory grow with the data: `pipelines/bench --scale`."""
import json
import os
import subprocess

SIZES = (0.125, 0.25, 0.5, 1.0)
ROUNDS = 3
KINDS = ("all", "liked", "split", "model", "recs")


def run(folder, once, results, python, target):
    """Every tool on the shape of MovieLens-20M at four sizes, and one epoch on Yelp's shape.

    The sizes take turns, so that a slow stretch of the machine meets all of them; the table has medians of the rounds.
    """
    for size in SIZES:
        make(folder, size)
    runs = {}
    for _ in range(ROUNDS):
        for size in SIZES:
            for name, measured in steps(folder, once, size):
                runs.setdefault(name, {}).setdefault(size, []).append((measured["seconds"], measured["mib"]))
    table = {name: [(size, *sorted(of[size])[ROUNDS // 2]) for size in SIZES] for name, of in runs.items()}
    for size in SIZES:
        for kind in ("csv", *KINDS):
            os.remove(path(folder, size, kind))
    show(table)
    plot(table, folder, python, target)
    results.append({"what": "scale", "table": table})
    yelp(folder, once, results)


def path(folder, size, kind):
    return os.path.join(folder, f"scale-{size}.{kind}")


def make(folder, size):
    """Draws the interactions of a size, as the tools' stream and as CSV."""
    everything, csv = path(folder, size, "all"), path(folder, size, "csv")
    for command in (f"simulate -q --like ml-20m --scale {size} --secret -o {everything}",
                    f"dump -q --to csv {everything} -o {csv}"):
        subprocess.run(command, shell=True, check=True)


def steps(folder, once, size):
    """Runs every tool once at a size; yields a name and its seconds and memory."""
    csv = path(folder, size, "csv")
    everything, liked, split, model, recs = (path(folder, size, kind) for kind in KINDS)
    yield "ingest", once("ingest", "-q", csv, "-o", recs)
    yield "binarize", once("binarize", "-q", "--min", "4", everything, "-o", liked)
    yield "split", once("split", "-q", liked, "-o", split)
    yield "one epoch of indgrm", epoch(folder, once, split, model)
    rank = ["score", "-q", "--model", model, liked, "--top", "100", "-o", recs]
    yield "score, top 100 for all", once(*rank)
    yield "fit of ials, 1 round, 64 factors", once(
        "fit", "-q", "--model", "ials", "--set", "factors=64", "--set", "epochs=1", split, "-o", model)
    yield "score by ials", once(*rank)
    once("score", "-q", "--model", model, split, "-o", recs)
    yield "metrics", once("metrics", "-q", "--truth", split, recs, capture=True)


def epoch(folder, once, split, model):
    """The third epoch of four: the first also touches memory for the first time, every second one is validated."""
    log = os.path.join(folder, "scale.jsonl")
    measured = once("fit", "-q", "--model", "indgrm", "--set", "epochs=4", "--set", "start=random",
                    "--log-json", log, split, "-o", model)
    lines = [json.loads(line) for line in open(log)]
    measured["seconds"] = next(line["seconds"] for line in lines
                               if line.get("event") == "epoch" and line["epoch"] == 3)
    return measured


def show(table):
    print("MovieLens-20M's shape (138,493 users, 26,744 items, 20 million interactions) at parts of its"
          f" users; seconds (MiB), medians of {ROUNDS} rounds")
    print(f"{'':34}" + "".join(f"{size:>18}" for size in SIZES) + "   largest step")
    for name, runs in table.items():
        cells = "".join(f"{seconds:10.2f} ({mib:5.0f})" for _, seconds, mib in runs)
        growth = [b[1] / a[1] for a, b in zip(runs, runs[1:])]
        print(f"{name:34}{cells}   x {max(growth):.2f}")


def plot(table, folder, python, target):
    """Draws the table into the target, if there is one and the peers' Python can."""
    if not target:
        return
    figures = os.path.join(folder, "scale.json")
    with open(figures, "w") as file:
        json.dump(table, file)
    script = os.path.join(os.path.dirname(os.path.abspath(__file__)), "plot_scale.py")
    if not os.path.exists(python) or subprocess.run([python, script, figures, target]).returncode != 0:
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
