"""Where does a small case of a cluster run, and what does it run on?"""

import os
import subprocess
import sys
import time

TOOLS, FOLDER = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
CLUSTER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../pipelines/cluster")
ENVIRONMENT = {
    **os.environ, "PATH": f"{TOOLS}:{os.environ['PATH']}", "LC_ALL": "C",
    "SLURM_CONF": os.path.join(FOLDER, "slurm/slurm.conf"),
    "OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1"}


class Skipped(Exception):
    """What an engine lacks."""


def run(command, status=0, **more):
    """Runs a shell command in the folder; returns what it printed. Ends the test where it ends otherwise."""
    environment = {**ENVIRONMENT, **more}
    end = subprocess.run(
        ["bash", "-euc", f"set -o pipefail; {command}"], cwd=FOLDER, env=environment, text=True, capture_output=True
    )
    if end.returncode != status:
        sys.exit(f"FAILED: {command}: status {end.returncode}\n{end.stdout[-2000:]}\n{end.stderr[-6000:]}")
    return end.stdout


def equal(what, one, other):
    if one != other:
        sys.exit(f"FAILED: {what}: {one[:300]!r} is not {other[:300]!r}")
    print(f"equal: {what}", flush=True)


def digests(*files):
    lines = run("check --digests " + " ".join(files)).splitlines()
    return [line.split()[0] for line in lines if not line.startswith("#")]


def lasting(words, data, seconds, most):
    """The words of a fit with as many epochs as take about so long: machines and builds differ."""
    start = time.monotonic()
    run(f"fit {words} --set epochs=10 {data} -o lasting.model")
    count = round(10 * seconds / (time.monotonic() - start))
    return f"{words} --set epochs={min(max(count, 20), most)} --set patience=900"


def make_data():
    """A log, parts of it, a model, and the lists that one process makes."""
    os.makedirs(FOLDER)
    run(
        "simulate -q --users 400 --items 60 --interactions 8000 --ratings stars | dump --to csv > log.csv;"
        # Every ninth is rated again, later and otherwise.
        """ awk -F, 'NR > 1 && NR % 9 == 0 { printf "%s,%s,%.1f,%d\\n", $1, $2, 6 - $3, $4 + 100 }' log.csv"""
        " > again.csv; cat again.csv >> log.csv;"
        " ingest -q log.csv | binarize -q --min 4 --since 900000000 --duplicates last --min-user 5 --min-item 20"
        " | shard -q --into 1 --part 0 -o one.ig; shard -q --into 5 one.ig -o parts;"
        " fit -q --model ease one.ig -o ml.model;"
        " score -q --model ml.model --top 12 one.ig -o one.lists;"
        " score -q --model ml.model --top 12 --format tsv one.ig > one.tsv"
    )
