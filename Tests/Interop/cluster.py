"""Do Spark, Slurm, Open MPI and Optuna come to the bytes of one process, with a part of each killed?

Usage: cluster.py TOOLS FOLDER [spark | spark-cluster | slurm | slurm-nodes | mpi | mpi-nodes | tune | cost]...

Runs a small case of each engine for real: Spark in one process, munged, slurmctld and slurmd on this host, processes
that mpirun starts, Optuna workers on a journal; and where they are asked for, Spark on two executors, which takes
minutes, and Slurm and ranks on four nodes with networks of their own. A case whose engine is not
installed is skipped, and the last line says so. Prints a line for each run and ends with 1 at the first that differs.
"""

import concurrent.futures
import shutil
import sys
import time

sys.dont_write_bytecode = True
from cluster_place import (  # noqa: E402
    CLUSTER, FOLDER, TOOLS, Skipped, make_data, run)
from cluster_mpi import mpi, mpi_nodes  # noqa: E402
from cluster_slurm import slurm, slurm_nodes  # noqa: E402
from cluster_spark import spark, spark_cluster  # noqa: E402
from cluster_tune import tune  # noqa: E402


def cost():
    """Every stage is measured and said, and of a fit whose items are cut what is counted on paper."""
    sizes = "--users 5000 --interactions 1e6 --items 1e6 --item-ranks 4"
    said = run(f"{CLUSTER}/cost --tools '{TOOLS}' --sample 20000 --cores 4 {sizes}")
    stages = [line for line in said.splitlines() if " h " in line and "core hours" not in line]
    if len(stages) != 6 or "5000 users" not in said:
        sys.exit(f"FAILED: cost has not six stages of what was asked: {said}")
    # Five copies of 250,000 items' 1,201 weights and of 361,600 others, 250 users' scores, the interactions, a piece.
    memory = 4 * (5 * (250_000 * 1201 + 361_600) + 250 * 250_000 + 1_000_000) + (4 << 20)
    # Of 20 steps, for each process: three quarters of 2 sums of 250 x 600 twice and of 250 losses twice, and 750 numbers.
    moved = 20 * 4 * 4 * (0.75 * 4 * 250 * 600 + 0.75 * 500 + 750)
    counted = [("mult-vae", memory, moved)]
    # Of indgrm in training, which takes more than what follows, seven copies of 250,000 items' 600 weights and of 3,158,784
    # others, and six of vectors and biases; and of 20 steps three quarters of both layers, vectors, losses and gradients
    # twice.
    memory = 4 * (7 * (250_000 * 600 + 3_158_784) + 6 * 250_000 * 201 + 1_000_000) + (4 << 20)
    moved = 20 * 4 * 4 * (0.75 * 2 * (250 * (1200 + 400 + 7) + 7 * 18 * 200 + 20) + 750)
    counted.append(("indgrm", memory, moved))
    for stage, (name, memory, moved) in zip(stages[3:], counted):
        if not all(text in stage for text in (name, f"{memory / 1e9:.1f} GB", f"{moved / 1e6:.1f} MB")):
            sys.exit(f"FAILED: cost counts another memory than {memory} or traffic than {moved}: {stage}")
    print("cost: every stage is measured, and what items cut take is that of paper", flush=True)


CASES = {
    "spark": spark, "spark-cluster": spark_cluster, "slurm": slurm, "slurm-nodes": slurm_nodes, "mpi": mpi,
    "mpi-nodes": mpi_nodes, "tune": tune, "cost": cost}


def tried(case):
    """Why a case is skipped, once it has come to its end."""
    start = time.monotonic()
    try:
        CASES[case]()
    except Skipped as reason:
        return f"SKIPPED {case}: {reason}"
    print(f"{case}: {time.monotonic() - start:.0f} s", flush=True)


def main():
    shutil.rmtree(FOLDER, ignore_errors=True)
    make_data()
    # Slurm waits most of its time, and others some of theirs: two go at once.
    pool = concurrent.futures.ThreadPoolExecutor(2)
    ends = [pool.submit(tried, case) for case in sys.argv[3:] or ["slurm", "spark", "mpi", "tune", "cost"]]
    try:
        for line in filter(None, [end.result() for end in concurrent.futures.as_completed(ends)]):
            print(line, flush=True)
    finally:
        pool.shutdown(cancel_futures=True)


main()
