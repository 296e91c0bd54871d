"""Runs our tools and their peers in turn and prints medians and ratios (see pipelines/bench)."""
import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time

import scale

HERE = os.path.dirname(os.path.abspath(__file__))
PYTHON = os.path.join(os.environ["PEERS"], "bin", "python")
RUNS = 5
CORES = len(os.sched_getaffinity(0))


def ours(*command, capture=False, level=None):
    """Runs a tool, at a level of the processor at most; returns seconds, CPU seconds, and peak memory in MiB."""
    start = time.perf_counter()
    out = subprocess.PIPE if capture else None
    held = {**os.environ, "INDGRM_CPU_LEVEL": level} if level else None
    process = subprocess.Popen(command, stdout=out, env=held)
    text = process.stdout.read() if capture else b""
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        sys.exit(f"{' '.join(command)} failed")
    return {
        "seconds": time.perf_counter() - start,
        "cpu": usage.ru_utime + usage.ru_stime,
        "mib": usage.ru_maxrss / 1024,
        "text": text.decode(),
    }


def peer(script, *arguments):
    """Runs a peer, which prints one JSON object; None when it is not to be had."""
    if not os.path.exists(PYTHON):
        return None
    run = subprocess.run(
        [PYTHON, os.path.join(HERE, script), *arguments], capture_output=True, text=True
    )
    if run.returncode == 69:
        print(f"SKIPPED: {run.stderr.strip()}", file=sys.stderr)
        return None
    if run.returncode != 0:
        sys.exit(f"{script} failed: {run.stderr}")
    return json.loads(run.stdout)


def spread(values):
    return f"{statistics.median(values):8.3f} s [{min(values):.3f}, {max(values):.3f}]"


RESULTS = []


def compare(what, mine, **theirs):
    """Prints our seconds and those of every peer that ran, and keeps them for --json."""
    print(f"{what}\n  {'ours':<13} {spread(mine)}")
    record = {"what": what, "seconds": {"ours": mine}, "ratios": {}}
    for name, values in theirs.items():
        if not values:
            continue
        ratio = statistics.median(values) / statistics.median(mine)
        record["seconds"][name], record["ratios"][name] = values, ratio
        print(f"  {name:<13} {spread(values)}   {ratio:.2f} times as long"
              f" ({min(values) / min(mine):.2f} by the least of each)")
    RESULTS.append(record)


def ingest(folder):
    csv, stream, parquet = (os.path.join(folder, n) for n in ("m.csv", "m.ig", "m.parquet"))
    subprocess.run(f"simulate -q --like ml-20m | dump -q --to csv -o {csv}", shell=True, check=True)
    mine, duck, bear, memory = [], [], [], 0
    for _ in range(RUNS):
        run = ours("ingest", "-q", csv, "-o", stream)
        mine.append(run["seconds"])
        memory = max(memory, run["mib"])
        for seconds, script in ((duck, "duckdb_ingest.py"), (bear, "polars_ingest.py")):
            other = peer(script, csv, parquet, str(CORES))
            if other:
                seconds.append(other["seconds"])
    compare("ingest of 20 million rows of CSV", mine, DuckDB=duck, Polars=bear)
    print(f"  peak memory {memory:.0f} MiB; stream {os.path.getsize(stream):,} bytes", end="")
    if duck or bear:
        print(f", Parquet (zstd) {os.path.getsize(parquet):,} bytes", end="")
    print()
    for path in (csv, stream, parquet):
        if os.path.exists(path):
            os.remove(path)


def interactions(folder):
    """A split shaped like MovieLens-1M with ratings of 4 and more."""
    path = os.path.join(folder, "split.ig")
    if not os.path.exists(path):
        subprocess.run(
            "simulate -q --like ml-1m --secret | binarize -q --min 4 --min-user 5 |"
            f" split -q -o {path}", shell=True, check=True)
    return path


def train(folder):
    split = interactions(folder)
    matrix, log = os.path.join(folder, "train.npz"), os.path.join(folder, "log.jsonl")
    subprocess.run(["dump", "-q", "--to", "npz", "--part", "train", split, "-o", matrix], check=True)
    for model, script, settings in (
        ("mult-vae", "torch_mult_vae.py", ["batch=500"]),
        ("macridvae", "torch_macridvae.py", []),
        ("indgrm", "torch_indgrm.py", ["start=random", "cost=multinomial"]),
    ):
        times = {name: [] for name in ("ours", "plain", "theirs", "rounded")}
        for _ in range(RUNS if model == "mult-vae" else max(1, RUNS // 2)):
            for name, level in (("ours", None), ("plain", "x86-64-v3")):
                words = ["epochs=8", *settings]
                ours("fit", "-q", "--model", model, *(w for word in words for w in ("--set", word)),
                     "--log-json", log, split, "-o", os.path.join(folder, "trained.model"), level=level)
                lines = [json.loads(line) for line in open(log)]
                # Validation, every other epoch, is no part of training; nor is the first touch of memory.
                epochs = [line for line in lines if line.get("event") == "epoch"][1:]
                times[name] += [e["seconds"] for e in epochs if "validation" not in e]
            for name, words in (("theirs", []), ("rounded", ["bfloat16"])):
                other = peer(script, matrix, str(CORES), "4", *words)
                if other:
                    times[name] += other["seconds"][1:]
        compare(f"one epoch of {model}", times["ours"], PyTorch=times["theirs"],
                PyTorch_bfloat16=times["rounded"])
        compare(f"one epoch of {model} at x86-64-v3", times["plain"], PyTorch=times["theirs"])


def linear(folder):
    """Closed forms: EASE in numpy, least squares in implicit."""
    split = interactions(folder)
    matrix = os.path.join(folder, "train.npz")
    subprocess.run(["dump", "-q", "--to", "npz", "--part", "train", split, "-o", matrix], check=True)
    model = os.path.join(folder, "linear.model")
    mine, theirs = [], []
    for _ in range(RUNS):
        mine.append(ours("fit", "-q", "--model", "ease", split, "-o", model)["seconds"])
        other = peer("numpy_ease.py", matrix, str(CORES), "500")
        if other:
            theirs.append(other["seconds"])
    compare("fit of EASE (ours with reading and writing files)", mine, numpy=theirs)
    everybody = os.path.join(folder, "big.ig")
    subprocess.run(f"simulate -q --like ml-20m --scale 0.5 --secret | binarize -q --min 4 -o {everybody}",
                   shell=True, check=True)
    subprocess.run(["dump", "-q", "--to", "npz", everybody, "-o", matrix], check=True)
    fits, lists, their_fits, their_lists = [], [], [], []
    for _ in range(max(1, RUNS // 2)):
        fits.append(ours("fit", "-q", "--model", "ials", "--set", "factors=128", "--set", "epochs=2",
                         everybody, "-o", model)["seconds"])
        lists.append(ours("score", "-q", "--model", model, everybody, "--top", "100",
                          "-o", os.path.join(folder, "top.ig"))["seconds"])
        other = peer("implicit_als.py", matrix, str(CORES), "128", "2")
        if other:
            their_fits.append(other["fit"])
            their_lists.append(other["recommend"])
    compare("two rounds of least squares, 128 factors, 69,000 users, 3 conjugate steps", fits,
            implicit=their_fits)
    compare("top 100 for these users (ours with files and fold-in)", lists, implicit=their_lists)


def groups(folder):
    """Item groups in scikit-learn: k-means alone, and from interactions to groups."""
    sizes = ["200000", "64", "64", "20"]
    mine, theirs = [], []
    for _ in range(RUNS):
        mine.append(json.loads(ours("roofline", "--k-means", *sizes, capture=True)["text"])["seconds"])
        other = peer("sklearn_groups.py", str(CORES), *sizes)
        if other:
            theirs.append(other["seconds"])
    compare("spherical k-means of 200,000 x 64, 64 centres, 20 rounds with seeding", mine,
            scikit_learn=theirs)
    everybody, matrix = (os.path.join(folder, n) for n in ("big.ig", "big.npz"))
    subprocess.run(f"simulate -q --like ml-20m --scale 0.5 --secret | binarize -q --min 4 -o {everybody}",
                   shell=True, check=True)
    subprocess.run(["dump", "-q", "--to", "npz", everybody, "-o", matrix], check=True)
    mine, theirs = [], []
    for _ in range(RUNS):
        mine.append(ours("group-items", "-q", "--groups", "18", "--dimensions", "64", everybody, "-o",
                         os.path.join(folder, "groups.ig"))["seconds"])
        other = peer("sklearn_groups.py", str(CORES), matrix, "64", "18")
        if other:
            theirs.append(other["seconds"])
    compare("18 groups of 26,744 items from half of MovieLens-20M's shape (ours with files)", mine,
            scikit_learn=theirs)


def score(folder):
    split = interactions(folder)
    everybody = os.path.join(folder, "all.ig")
    subprocess.run("simulate -q --like ml-1m --secret | binarize -q --min 4 --min-user 5"
                   f" -o {everybody}", shell=True, check=True)
    for model in ("ease", "mult-vae"):
        path, weights = (os.path.join(folder, f"{model}.{s}") for s in ("model", "npz"))
        extra = ["--set", "epochs=1"] if model == "mult-vae" else []
        ours("fit", "-q", "--model", model, *extra, split, "-o", path)
        subprocess.run(["dump", "-q", "--to", "npz", path, "-o", weights], check=True)
        matrix = os.path.join(folder, "all.npz")
        subprocess.run(["dump", "-q", "--to", "npz", everybody, "-o", matrix], check=True)
        mine, theirs = [], []
        for _ in range(RUNS):
            run = ours("score", "-q", "--model", path, everybody, "-o",
                       os.path.join(folder, "top.ig"))
            mine.append(run["seconds"])
            other = peer("torch_score.py", model, weights, matrix, str(CORES))
            if other:
                theirs.append(other["seconds"])
        compare(f"top 100 of all users by {model} (ours with reading and writing files)", mine,
                PyTorch=theirs)


def metrics(folder):
    split, model, lists = (os.path.join(folder, n) for n in ("u.ig", "p.model", "p.ig"))
    subprocess.run(
        "simulate -q --like ml-20m --users 100000 --items 20000 --interactions 5000000 |"
        f" split -q --scheme ratio -o {split}", shell=True, check=True)
    ours("fit", "-q", "--model", "popularity", split, "-o", model)
    ours("score", "-q", "--model", model, split, "-o", lists)
    runs = [ours("metrics", "-q", "--truth", split, lists, capture=True) for _ in range(RUNS)]
    compare("metrics of 100,000 lists of 100 items, all metrics and cutoffs",
            [r["seconds"] for r in runs])
    print(f"  CPU           {spread([r['cpu'] for r in runs])}")


def start(_):
    """How long tools take to say their version: the time to start."""
    for tool in ("ingest", "fit", "score", "metrics", "explain"):
        runs = [ours(tool, "--version", capture=True)["seconds"] for _ in range(max(RUNS, 10))]
        compare(f"start of {tool}", runs)


def main():
    global RUNS
    parts = {"ingest": ingest, "train": train, "linear": linear, "groups": groups, "score": score, "metrics": metrics,
             "start": start, "scale": lambda folder: scale.run(folder, ours, RESULTS, PYTHON, asked.plot)}
    parser = argparse.ArgumentParser(prog="bench")
    for name in ("json", "work", "plot"):
        parser.add_argument("--" + name)
    parser.add_argument("--runs", type=int, default=RUNS)
    parser.add_argument("--scale", action="store_true")
    parser.add_argument("part", nargs="*")
    asked = parser.parse_args()
    RUNS, chosen = asked.runs, asked.part + ["scale"] * asked.scale
    for name in chosen:
        if name not in parts:
            parser.error(f"there is no part '{name}'; the parts are {', '.join(parts)}")
    print(f"{CORES} cores; medians [least, most]; each side run {RUNS} times in turn")
    with tempfile.TemporaryDirectory() as temporary:
        folder = asked.work or temporary
        for name in chosen or [part for part in parts if part != "scale"]:
            parts[name](folder)
    if asked.json:
        with open(asked.json, "w") as file:
            json.dump({"cores": CORES, "runs": RUNS, "results": RESULTS}, file, indent=1)


main()
