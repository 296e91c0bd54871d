"""Runs our tools and their peers in turn and prints medians and ratios (see pipelines/bench)."""
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
PYTHON = os.path.join(os.environ["PEERS"], "bin", "python")
RUNS = int(os.environ.get("RUNS", "5"))
CORES = len(os.sched_getaffinity(0))


def ours(*command, capture=False):
    """Runs a tool; returns seconds, CPU seconds, and peak memory in MiB."""
    start = time.perf_counter()
    out = subprocess.PIPE if capture else None
    process = subprocess.Popen(command, stdout=out)
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


def compare(what, mine, theirs, name):
    print(f"{what}\n  ours        {spread(mine)}")
    if theirs:
        ratio = statistics.median(theirs) / statistics.median(mine)
        print(f"  {name:<11} {spread(theirs)}\n  {name} takes {ratio:.2f} times as long")


def ingest(folder):
    csv, stream, parquet = (os.path.join(folder, n) for n in ("m.csv", "m.ig", "m.parquet"))
    subprocess.run(f"simulate -q --like ml-20m | dump -q --to csv -o {csv}", shell=True, check=True)
    mine, theirs, memory = [], [], 0
    for _ in range(RUNS):
        run = ours("ingest", "-q", csv, "-o", stream)
        mine.append(run["seconds"])
        memory = max(memory, run["mib"])
        other = peer("duckdb_ingest.py", csv, parquet, str(CORES))
        if other:
            theirs.append(other["seconds"])
    compare("ingest of 20 million rows of CSV", mine, theirs, "DuckDB")
    print(f"  peak memory {memory:.0f} MiB; stream {os.path.getsize(stream):,} bytes", end="")
    if theirs:
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
    mine, theirs = [], []
    for _ in range(RUNS):
        ours("fit", "-q", "--model", "mult-vae", "--set", "epochs=4", "--set", "batch=500",
             "--log-json", log, split,
             "-o", os.path.join(folder, "vae.model"))
        lines = [json.loads(line) for line in open(log)]
        # The first epoch touches memory for the first time; on both sides it is left out.
        mine += [line["seconds"] for line in lines if line.get("event") == "epoch"][1:]
        other = peer("torch_mult_vae.py", matrix, str(CORES), "4")
        if other:
            theirs += other["seconds"][1:]
    compare("one epoch of mult-vae (600-200-600, batches of 500)", mine, theirs, "PyTorch")


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
                theirs, "PyTorch")


def metrics(folder):
    split, model, lists = (os.path.join(folder, n) for n in ("u.ig", "p.model", "p.ig"))
    subprocess.run(
        "simulate -q --like ml-20m --users 100000 --items 20000 --interactions 5000000 |"
        f" split -q --scheme ratio -o {split}", shell=True, check=True)
    ours("fit", "-q", "--model", "popularity", split, "-o", model)
    ours("score", "-q", "--model", model, split, "-o", lists)
    runs = [ours("metrics", "-q", "--truth", split, lists, capture=True) for _ in range(RUNS)]
    print("metrics of 100,000 lists of 100 items, all metrics and cutoffs")
    print(f"  elapsed     {spread([r['seconds'] for r in runs])}")
    print(f"  CPU         {spread([r['cpu'] for r in runs])}")


def main():
    parts = {"ingest": ingest, "train": train, "score": score, "metrics": metrics}
    chosen = sys.argv[1:] or list(parts)
    for name in chosen:
        if name not in parts:
            sys.exit(f"there is no part '{name}'; the parts are {', '.join(parts)}")
    print(f"{CORES} cores; medians [least, most]; each side run {RUNS} times in turn")
    with tempfile.TemporaryDirectory() as temporary:
        folder = os.environ.get("WORK", temporary)
        for name in chosen:
            parts[name](folder)


main()
