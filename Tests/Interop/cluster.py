"""Do Spark, Slurm, Open MPI and Optuna come to the bytes of one process, with a part of each killed?

Usage: cluster.py TOOLS FOLDER [spark | spark-cluster | slurm | mpi | mpi-nodes | tune | cost]...

Runs a small case of each engine for real: Spark in one process, munged, slurmctld and slurmd on this host, processes
that mpirun starts, Optuna workers on a journal; and where they are asked for, Spark on two executors, which takes
minutes, and Slurm and ranks on four nodes with networks of their own. A case whose engine is not
installed is skipped, and the last line says so. Prints a line for each run and ends with 1 at the first that differs.
"""

import contextlib
import glob
import importlib.util
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time

sys.dont_write_bytecode = True
from cluster_place import (  # noqa: E402
    CLUSTER, ENVIRONMENT, FOLDER, TOOLS, Skipped, digests, equal, make_data, run)
from cluster_mpi import FITS, HOST, MPIRUN, open_mpi, mpi, mpi_nodes, nodes  # noqa: E402
from cluster_spark import spark, spark_cluster  # noqa: E402

# Slurm

SLURM = """ClusterName=indgrm
SlurmctldHost={host}({address})
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket={root}/munge.socket
CredType=cred/munge
SlurmctldPort={port}
SlurmdPort={other}
StateSaveLocation={root}/state
SlurmdSpoolDir={root}/spool-%n
SlurmctldPidFile={root}/slurmctld.pid
SlurmdPidFile={root}/slurmd-%n.pid
SlurmctldLogFile={root}/slurmctld.log
SlurmdLogFile={root}/slurmd-%n.log
ProctrackType=proctrack/pgid
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SwitchType=switch/none
MpiDefault=none
ReturnToService=2
SchedulerParameters=batch_sched_delay=0,sched_interval=1,defer_batch
MinJobAge=600
KillWait=5
PartitionName=all Nodes=ALL Default=YES MaxTime=INFINITE State=UP
"""


@contextlib.contextmanager
def slurm_cluster(hosts=None, address="127.0.0.1"):
    """munged, slurmctld and slurmd of our own, with all their files in the folder, ended at the end.

    `hosts` are nodes by name, each with its address and the words that run a command there, and `address` is this
    host's for them; without any it is the one node itself.
    """
    root = os.path.join(FOLDER, "slurm")
    host = socket.gethostname().split(".")[0]
    hosts = hosts or {host: (address, [])}
    for name in ("state", *(f"spool-{name}" for name in hosts)):
        os.makedirs(os.path.join(root, name))
    os.chmod(root, 0o755)
    ports = []
    for _ in range(2):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            ports.append(probe.getsockname()[1])
    settings = SLURM.format(host=host, address=address, root=root, port=ports[0], other=ports[1])
    for name, (own, _) in hosts.items():
        settings += f"NodeName={name} NodeAddr={own} CPUs=2 State=UNKNOWN\n"
    with open(os.path.join(root, "slurm.conf"), "w") as file:
        file.write(settings)
    with open(os.path.join(root, "munge.key"), "wb") as file:
        file.write(os.urandom(128))
    os.chmod(os.path.join(root, "munge.key"), 0o400)
    ENVIRONMENT["SLURM_CONF"] = os.path.join(root, "slurm.conf")
    commands = [
        ["munged", "-F", "-f", f"--key-file={root}/munge.key", f"--socket={root}/munge.socket",
         f"--pid-file={root}/munged.pid", f"--log-file={root}/munged.log", f"--seed-file={root}/munged.seed"],
        ["slurmctld", "-D", "-i"],
    ]
    running = []
    try:
        for words, command in [([], command) for command in commands] + [
                (words, ["slurmd", "-D"]) for _, words in hosts.values()]:
            with open(os.path.join(root, command[0] + ".out"), "a") as file:
                program = shutil.which(command[0], path=ENVIRONMENT["PATH"] + ":/usr/sbin:/sbin")
                running.append(
                    subprocess.Popen([*words, program, *command[1:]], env=ENVIRONMENT, stdout=file, stderr=file)
                )
            if command[0] == "munged":
                for _ in range(100):
                    if os.path.exists(f"{root}/munge.socket"):
                        break
                    time.sleep(0.1)
        for _ in range(300):
            state = subprocess.run(
                ["sinfo", "-h", "-N", "-o", "%T"], env=ENVIRONMENT, text=True, capture_output=True)
            if state.stdout.split() == ["idle"] * len(hosts):
                break
            time.sleep(0.2)
        else:
            logs = "".join(open(path, errors="replace").read()[-1500:] for path in glob.glob(f"{root}/*.log"))
            sys.exit(f"FAILED: Slurm did not start: {state.stdout}{state.stderr}\n{logs}")
        yield
    finally:
        subprocess.run(["scancel", "--user=root"], env=ENVIRONMENT, capture_output=True)
        for process in reversed(running):
            process.terminate()
        for process in reversed(running):
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()


def job_state(job):
    return run(f"scontrol show job {job} | tr ' ' '\\n' | sed -n 's/^JobState=//p'").split()


def wait_for(job, seconds=120):
    """The states that a job, or the elements of one, end in."""
    for _ in range(seconds * 4):
        states = job_state(job)
        if not set(states) & {"PENDING", "RUNNING", "COMPLETING", "CONFIGURING", "SUSPENDED", "REQUEUED"}:
            return states
        time.sleep(0.25)
    sys.exit(f"FAILED: job {job} does not end: {run(f'scontrol show job {job}')}")


DYING = """#!/bin/bash
# The first call for the second part kills the element it is called by.
case "$*" in
*score*part-00001.ig*)
  if mkdir "$MARK" 2>/dev/null; then
    kill -9 $PPID
    exit 1
  fi ;;
esac
exec "$TOOLS/indgrm" "$@"
"""


def slurm_ready():
    paths = ENVIRONMENT["PATH"] + ":/usr/sbin:/sbin"
    for program in ("slurmctld", "slurmd", "sbatch", "munged"):
        if not shutil.which(program, path=paths):
            raise Skipped(f"{program} is not installed; apt-get install slurmctld slurmd slurm-client munge")
    if os.getuid() != 0:
        raise Skipped("slurmd wants root")


def slurm():
    slurm_ready()
    with slurm_cluster():
        slurm_scores()
        slurm_fits()


def slurm_nodes():
    """The array on four nodes, each of which an element fills; then a fit by ranks on all of them."""
    slurm_ready()
    open_mpi()
    with nodes(4) as hosts, slurm_cluster(hosts, HOST):
        slurm_scores("-c2")
        used = run("scontrol show jobs -o | tr ' ' '\\n' | sed -n 's/^NodeList=//p'").split()
        equal("nodes of the elements", sorted(set(used)), sorted(hosts))
        words = FITS["mult-vae"]
        run(f"split -q --stable one.ig -o mpi.x; fit {words} mpi.x -o mpi-1.model")
        fit = f"{MPIRUN} --mca btl tcp,self fit {words} --threads 1 mpi.x -o nodes.model"
        run(f"sbatch --wait -N4 -n4 -o fit.log --wrap '{fit}' || {{ cat fit.log; false; }}")
        equal("ranks that Slurm places on four nodes", *digests("mpi-1.model", "nodes.model"))


def slurm_scores(options=""):
    os.makedirs(os.path.join(FOLDER, "dying"))
    path = os.path.join(FOLDER, "dying/indgrm")
    with open(path, "w") as file:
        file.write(DYING)
    os.chmod(path, 0o755)
    rest = f"parts ml.model root {options} -- --top 12"
    submit = f"{CLUSTER}/slurm-score {rest}"
    job = run(
        submit, PATH=f"{FOLDER}/dying:{ENVIRONMENT['PATH']}", MARK=f"{FOLDER}/killed-element", TOOLS=TOOLS
    ).strip()
    states = wait_for(job)
    if os.path.exists(os.path.join(FOLDER, "root/current")) or "COMPLETED" in states:
        sys.exit(f"FAILED: lists were put in use though an element was killed: {states}")
    print("refused: a Slurm array with an element killed leaves what is in use alone", flush=True)
    made = {path: os.stat(path).st_mtime_ns for path in glob.glob(f"{FOLDER}/root/runs/*/*.lists")}
    # Submitted again, it makes what is missing alone; one element of several parts.
    job = run(f"{CLUSTER}/slurm-score --elements 2 {rest}").strip()
    equal("Slurm's last job", wait_for(job), ["COMPLETED"])
    kept = {path: os.stat(path).st_mtime_ns for path in made}
    equal("lists that were there", str(kept), str(made))
    run("merge -q --manifest root/current/MANIFEST -o slurm.lists")
    equal("Slurm's lists, an element killed", *digests("slurm.lists", "one.lists"))


def slurm_fits():
    fit = "--model mult-vae --seed 3 --set epochs={} --set width=32 --set latent=8 --set batch=20 --set patience=900"
    run("split -q --stable one.ig -o one.x")
    settings = fit.format(150)
    run(f"fit -q {settings} one.x -o undisturbed.model")
    job = run(f"sbatch --parsable -n1 -o fit.log {CLUSTER}/slurm-fit one.x slurm.model {settings}").strip()
    checkpoint = os.path.join(FOLDER, "slurm.model.checkpoint")

    def disturb(what, restarts, command):
        """Does something to the job once it runs, for so manieth time, and has put itself aside anew."""
        before = None
        for _ in range(1200):
            state = run(f"scontrol show job {job}")
            if "JobState=COMPLETED" in state:
                sys.exit(f"FAILED: the fit ended before it could be disturbed ({what})")
            if "JobState=RUNNING" in state and f"Restarts={restarts} " in state:
                at = os.stat(checkpoint).st_mtime_ns if os.path.exists(checkpoint) else 0
                if before is not None and at != before:
                    run(command)
                    return print(f"disturbed: {what}", flush=True)
                before = at if before is None else before
            time.sleep(0.05)
        sys.exit(f"FAILED: nothing was put aside ({what}): {open(os.path.join(FOLDER, 'fit.log')).read()}")

    def begin_again():
        """Spares the job the two minutes that Slurm lets a requeued one wait."""
        for _ in range(400):
            if "JobState=PENDING" in run(f"scontrol show job {job}"):
                # A job that starts in the second in which it was put back has its credential revoked.
                time.sleep(2)
                end = subprocess.run(["scontrol", "update", f"job={job}", "starttime=now"], env=ENVIRONMENT)
                if end.returncode == 0:
                    return
            time.sleep(0.05)
        sys.exit("FAILED: the job was not put back into the queue")

    disturb("a requeue by scontrol", 0, f"scontrol requeue {job}")
    begin_again()
    # What Slurm tells a job near the end of its time.
    disturb("SIGTERM to the script", 1, f"scancel --batch --signal=TERM {job}")
    begin_again()
    equal("Slurm's fit", wait_for(job, 180), ["COMPLETED"])
    equal("Slurm's model, requeued twice", *digests("slurm.model", "undisturbed.model"))
    if glob.glob(f"{FOLDER}/slurm.model.*"):
        sys.exit("FAILED: a checkpoint or an unfinished model is left")


# Optuna


def tune():
    if importlib.util.find_spec("optuna") is None:
        raise Skipped("optuna is not installed; python3 -m pip install optuna")
    run("split -q --seed 4 one.ig -o tune.x")
    with open(os.path.join(FOLDER, "space.json"), "w") as file:
        json.dump({"dropout": {"number": [0.1, 0.8]}, "learning-rate": {"log": [0.0003, 0.01]}}, file)
    command = (
        f"exec '{sys.executable}' {CLUSTER}/tune --study study --model mult-vae --space space.json --trials 8"
        " --set epochs=6 --set width=16 --set latent=8 --set batch=20 tune.x"
    )
    workers = [
        subprocess.Popen(["bash", "-c", command], cwd=FOLDER, env=ENVIRONMENT, text=True, stdout=subprocess.PIPE,
                         stderr=subprocess.PIPE)
        for _ in range(3)
    ]
    # One is killed in its first trial.
    for _ in range(600):
        if glob.glob(f"{FOLDER}/study/trial-*") or workers[0].poll() is not None:
            break
        time.sleep(0.05)
    workers[0].send_signal(signal.SIGKILL)
    ends = [(worker.communicate(timeout=400), worker.returncode) for worker in workers]
    for (said, errors), status in ends[1:]:
        if status or "best" not in said:
            sys.exit(f"FAILED: a worker ended with {status}: {said}{errors[-3000:]}")
    with open(os.path.join(FOLDER, "study/best.json")) as file:
        best = json.load(file)
    words = " ".join(f"--set {name}={value}" for name, value in best.items() if name != "value")
    run(
        f"fit -q --model mult-vae {words} --set epochs=6 --set width=16 --set latent=8 --set batch=20 tune.x"
        " -o again.model"
    )
    equal("Optuna's best model, a worker killed", *digests("study/best.model", "again.model"))


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
    # Of indgrm, once it is trained, six vectors of 200 and twice 18 shares of a million items, 250,000 items' 600 weights
    # and 3,158,784 others; and of 20 steps three quarters of both layers, vectors, losses and gradients twice.
    memory = 4 * (1_000_000 * (6 * 200 + 36) + 250_000 * 600 + 3_158_784 + 1_000_000) + (4 << 20)
    moved = 20 * 4 * 4 * (0.75 * 2 * (250 * (1200 + 400 + 7) + 7 * 18 * 200 + 20) + 750)
    counted.append(("indgrm", memory, moved))
    for stage, (name, memory, moved) in zip(stages[3:], counted):
        if not all(text in stage for text in (name, f"{memory / 1e9:.1f} GB", f"{moved / 1e6:.1f} MB")):
            sys.exit(f"FAILED: cost counts another memory than {memory} or traffic than {moved}: {stage}")
    print("cost: every stage is measured, and what items cut take is that of paper", flush=True)


CASES = {
    "spark": spark, "spark-cluster": spark_cluster, "slurm": slurm, "slurm-nodes": slurm_nodes, "mpi": mpi,
    "mpi-nodes": mpi_nodes, "tune": tune, "cost": cost}


def main():
    shutil.rmtree(FOLDER, ignore_errors=True)
    make_data()
    skipped = []
    for case in sys.argv[3:] or ["spark", "slurm", "mpi", "tune", "cost"]:
        start = time.monotonic()
        try:
            CASES[case]()
            print(f"{case}: {time.monotonic() - start:.0f} s", flush=True)
        except Skipped as reason:
            skipped.append(f"SKIPPED {case}: {reason}")
    for line in skipped:
        print(line, flush=True)


main()
