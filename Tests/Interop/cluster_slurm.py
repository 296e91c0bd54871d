"""Do Slurm's array and requeued fits come to the bytes of one process, with an element killed and a job preempted?"""

import contextlib
import glob
import os
import shutil
import socket
import subprocess
import sys
import time

from cluster_mpi import CUTS, FITS, HOST, MPIRUN, nodes, open_mpi
from cluster_place import CLUSTER, ENVIRONMENT, FOLDER, TOOLS, Skipped, digests, equal, lasting, run
from cluster_tune import best_is_made_again, has_begun, worker

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
PreemptType=preempt/partition_prio
PreemptMode=REQUEUE
SlurmdParameters=config_overrides
PartitionName=all Nodes=ALL Default=YES MaxTime=INFINITE State=UP
PartitionName=urgent Nodes=ALL PriorityTier=2 MaxTime=INFINITE State=UP
"""


@contextlib.contextmanager
def slurm_cluster(hosts=None, address="127.0.0.1"):
    """munged, slurmctld and slurmd of our own, with all their files in the folder, ended at the end.

    `hosts` are nodes by name, each with its address and the words that run a command there, and `address` is this
    host's for them; without any it is the one node itself.
    """
    root = os.path.join(FOLDER, "slurm")
    host = socket.gethostname().split(".")[0]
    # One node takes all that is to run at once, however few cores it has.
    cores = 2 if hosts else 8
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
        settings += f"NodeName={name} NodeAddr={own} CPUs={cores} State=UNKNOWN\n"
    with open(os.path.join(root, "slurm.conf"), "w") as file:
        file.write(settings)
    with open(os.path.join(root, "munge.key"), "wb") as file:
        file.write(os.urandom(128))
    os.chmod(os.path.join(root, "munge.key"), 0o400)
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
                ["sinfo", "-h", "-N", "-p", "all", "-o", "%T"], env=ENVIRONMENT, text=True, capture_output=True)
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


FITS_ALONE = "-q --model mult-vae --seed 3 --set width=32 --set latent=8 --set batch=20"
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
        with contextlib.suppress(Skipped):
            slurm_tune()
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


def slurm_tune():
    """An array of workers that share a study, of which one is killed."""
    job = run(f"sbatch --parsable --array=1-3 -o tune-%a.log --wrap '{worker('slurm-study', 6)}'").strip()
    for _ in range(1200):
        if has_begun("slurm-study"):
            break
        time.sleep(0.05)
    run(f"scancel --full --signal=KILL {job}_1")
    states = wait_for(job)
    if states.count("COMPLETED") != 2:
        sys.exit(f"FAILED: workers of the array ended otherwise than all but the killed one: {states}")
    best_is_made_again("slurm-study", "Optuna workers in a Slurm array")


class Fit:
    """A job of slurm-fit, which is disturbed, beside a fit that is not."""

    def __init__(self, name, words, tasks, most):
        self.name, self.file = name, name.replace(" ", "-")
        words = lasting(words, "one.x", 12, most)
        run(f"fit {words} one.x -o {self.file}.undisturbed")
        options = f"--parsable -n{tasks} -o {self.file}.log"
        self.id = run(f"sbatch {options} {CLUSTER}/slurm-fit one.x {self.file}.model {words}").strip()
        self.seen = None

    def shown(self):
        return run(f"scontrol show job {self.id}")

    def is_ahead(self, restarts):
        """Whether it runs, started again so many times, and has put itself aside anew since it was first asked."""
        state = self.shown()
        if "JobState=COMPLETED" in state:
            sys.exit(f"FAILED: {self.name} ended before it could be disturbed")
        if "JobState=RUNNING" not in state or f"Restarts={restarts} " not in state:
            return False
        path = os.path.join(FOLDER, f"{self.file}.model.checkpoint")
        at = os.stat(path).st_mtime_ns if os.path.exists(path) else 0
        if self.seen is None or self.seen[0] != restarts:
            self.seen = (restarts, at)
        return at != self.seen[1]

    def is_back(self):
        return "JobState=PENDING" in self.shown()

    def begins_again(self):
        """Spares the job the two minutes that Slurm lets a requeued one wait."""
        end = subprocess.run(
            ["scontrol", "update", f"job={self.id}", "starttime=now"], env=ENVIRONMENT, capture_output=True)
        return end.returncode == 0


def until(job, what, asked):
    for _ in range(2400):
        if asked():
            return
        time.sleep(0.05)
    log = open(f"{FOLDER}/{job.file}.log").read()[-1500:]
    sys.exit(f"FAILED: {job.name} {what}: {job.shown()}\n{log}")


def begin_again(job, what):
    until(job, "was not put back into the queue", job.is_back)
    print(f"disturbed: {job.name}, {what}", flush=True)
    # A job that starts in the second in which it was put back has its credential revoked.
    time.sleep(2)
    until(job, "does not begin again", job.begins_again)


def slurm_fits():
    """Fits, with items cut by two processes too, are put back into the queue for another job, and told to end."""
    run("split -q --stable one.ig -o one.x")
    fits = [("mult-vae", FITS_ALONE, 1, 900)]
    with contextlib.suppress(Skipped):
        open_mpi()
        fits.append(("indgrm with items cut", CUTS["indgrm"], 2, 240))
    for fit in fits:
        job = Fit(*fit)
        until(job, "put nothing aside", lambda: job.is_ahead(0))
        # It asks for all there is.
        run("sbatch -Q --wait -p urgent --exclusive -o /dev/null --wrap true")
        begin_again(job, "preempted by a job that matters more")
        until(job, "put nothing aside", lambda: job.is_ahead(1))
        # What Slurm tells a job near the end of its time.
        run(f"scancel --batch --signal=TERM {job.id}")
        begin_again(job, "told SIGTERM")
        equal(f"Slurm's job: {job.name}", wait_for(job.id, 180), ["COMPLETED"])
        equal(
            f"{job.name} by Slurm, disturbed twice", *digests(f"{job.file}.model", f"{job.file}.undisturbed"))
        if glob.glob(f"{FOLDER}/{job.file}.model.*"):
            sys.exit("FAILED: a checkpoint or an unfinished model is left")
