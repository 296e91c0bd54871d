"""Do ranks that Open MPI starts make the model of one process, with one of them killed, and on several nodes?"""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import threading
import time

from cluster_place import CLUSTER, ENVIRONMENT, FOLDER, TOOLS, Skipped, digests, equal, lasting, run

MPIRUN = "mpirun --oversubscribe --bind-to none"
SMALL = "-q --no-rivals --seed 3 --set width=16 --set latent=6 --set batch=32 --ranks 4"
FITS = {
    "mult-vae": f"--model mult-vae {SMALL} --set epochs=6",
    "indgrm": f"--model indgrm {SMALL} --set epochs=3 --set clusters=2 --set groups=3 --set expert=linear",
    "sampled indgrm": f"--model indgrm {SMALL} --set epochs=2 --set samples=20 --set inner-steps=1",
    "slim": "-q --model slim --ranks 4",
    "ials": "-q --model ials --ranks 4 --set factors=8 --set epochs=3",
}
# Their items are cut, not their users.
SMALL_CUT = SMALL.replace("--ranks", "--item-ranks")
CUTS = {
    "mult-vae": f"--model mult-vae {SMALL_CUT}",
    "indgrm": f"--model indgrm {SMALL_CUT} --set clusters=2 --set groups=3 --set expert=linear",
    "sampled indgrm": f"--model indgrm {SMALL_CUT} --set samples=20 --set item-features=on",
    "recvae": f"--model recvae {SMALL_CUT}",
}
# The expert of indgrm is one of these, and slim finds neighbours as the other does.
MORE = {
    "edlae": "-q --model edlae --ranks 4 --set user-weight=0.5",
    "item-knn": "-q --model item-knn --ranks 4",
}

# That of the nodes, and this host's address in it.
NETWORK = "10.213.7"
HOST = f"{NETWORK}.254"
AGENT = """#!/bin/bash
# What mpirun takes for ssh: another host is a network of its own, with a name of its own.
host=$1
shift
exec ip netns exec "$host" unshare --uts bash -c "hostname $host; $*"
"""


def open_mpi():
    if not shutil.which("mpirun"):
        raise Skipped("Open MPI is not installed; apt-get install openmpi-bin")


def ready():
    open_mpi()
    run("split -q --stable one.ig -o mpi.x")


def mpi():
    ready()
    for name, words in FITS.items():
        run(f"fit {words} mpi.x -o mpi-1.model")
        # A fit of mult-vae goes on by four below.
        run(f"{MPIRUN} -n 2 fit {words} mpi.x -o mpi-2.model")
        equal(f"{name} by 2 processes", *digests("mpi-1.model", "mpi-2.model"))
    for name, words in CUTS.items():
        cut(name, words)
    killed("a fit", f"--model mult-vae {SMALL}")
    killed("items cut, a fit", CUTS["indgrm"])
    refused()
    speed()


def cut(name, words):
    """Items are cut: models and checkpoints are those of one process, and another number goes on from them."""
    first, whole = f"fit {words} --set epochs=4", f"fit {words} --set epochs=8"
    run(f"{whole} mpi.x -o cut-1.model; {first} --checkpoint cut-1.point mpi.x -o cut-half.model")
    run(f"{MPIRUN} -n 2 {first} --checkpoint cut-2.point mpi.x -o cut-half.model")
    equal(f"{name}: a checkpoint with items cut, by 2 processes", *digests("cut-1.point", "cut-2.point"))
    run(f"{MPIRUN} -n 4 {whole} --resume cut-2.point mpi.x -o cut-4.model")
    equal(f"{name}: items cut, begun by 2 processes, ended by 4", *digests("cut-1.model", "cut-4.model"))
    again = f"fit {words} --set epochs=2 --refit --init cut-half.model mpi.x"
    run(f"{again} -o again-1.model; {MPIRUN} -n 2 {again} -o again-2.model")
    equal(f"{name}: items cut, from an earlier model, by 2 processes", *digests("again-1.model", "again-2.model"))


def program(pid):
    try:
        return os.readlink(f"/proc/{pid}/exe")
    except OSError:
        return ""


def killed(what, words):
    """A process is killed in the middle; another number of processes goes on from the checkpoint."""
    words = lasting(words, "mpi.x", 2, 1000)
    for name in ("mpi.point", "torn.model"):
        with contextlib.suppress(FileNotFoundError):
            os.remove(os.path.join(FOLDER, name))
    run(f"fit {words} mpi.x -o whole.model")
    command = f"exec {MPIRUN} -n 2 fit {words} --checkpoint mpi.point --checkpoint-every 2 mpi.x -o torn.model"
    job = subprocess.Popen(
        ["bash", "-c", command], cwd=FOLDER, env=ENVIRONMENT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    point = os.path.join(FOLDER, "mpi.point")
    while not os.path.exists(point) and job.poll() is None:
        time.sleep(0.02)
    found = subprocess.run(["pgrep", "-f", "fit .*torn.model"], text=True, capture_output=True).stdout.split()
    children = [pid for pid in map(int, found) if os.path.basename(program(pid)) == "fit"]
    if len(children) != 2:
        sys.exit(f"FAILED: there are {len(children)} ranks to kill one of, not 2")
    os.kill(max(children), signal.SIGKILL)
    if job.wait(60) == 0 or os.path.exists(os.path.join(FOLDER, "torn.model")):
        sys.exit("FAILED: a job with a rank killed wrote a model, or ended well")
    run(f"{MPIRUN} -n 4 fit {words} --resume mpi.point mpi.x -o torn.model")
    equal(f"{what} with a rank killed, gone on with by 4 processes", *digests("torn.model", "whole.model"))


def refused():
    words = FITS["mult-vae"]
    run(f"{MPIRUN} -n 3 fit {words} mpi.x -o no.model 2> said", status=64)
    run("grep -q '3 processes cannot share a fit' said")
    run(f"{MPIRUN} -n 2 fit -q --model mult-vae mpi.x -o no.model 2> said", status=64)
    run("grep -q 'add --ranks 2' said")
    run("fit -q --model ease --item-ranks 2 mpi.x -o no.model 2> said", status=64)
    run("grep -q \"those of 'ease' cannot be cut\" said")
    for setting in ("group-parts=on", "cost=squared"):
        run(f"fit {CUTS['indgrm']} --set {setting} mpi.x -o no.model 2> said", status=64)
        run("grep -q -- --item-ranks said")
    run("SLURM_STEP_NUM_TASKS=2 fit -q --model mult-vae --ranks 2 mpi.x -o no.model 2> said", status=64)
    run("grep -q 'not by srun' said")
    # What a process does next depends on it.
    other = f"{words} --set epochs=7"
    run(f"{MPIRUN} -n 1 fit {words} mpi.x -o no.model : -n 1 fit {other} mpi.x -o no.model 2> said", status=65)
    run("grep -q 'have not the same data, settings' said")
    other = f"{words} --refit"
    run(f"{MPIRUN} -n 1 fit {words} mpi.x -o no.model : -n 1 fit {other} mpi.x -o no.model 2> said", status=65)
    run("grep -q 'have not the same options' said")
    # One process reads another file of the same name.
    run("split -q --stable --test 0.3 one.ig -o other.x")
    run(
        f"{MPIRUN} -n 1 fit {words} mpi.x -o no.model : -n 1 fit {words} other.x -o no.model 2> said", status=65)
    run("grep -q 'have not the same data' said")
    print("refused: three processes, no --ranks, what cannot be cut, strangers, other data or options", flush=True)
    if os.path.exists(os.path.join(FOLDER, "no.model")):
        sys.exit("FAILED: a refused fit wrote a model")


def speed():
    """Both ways are timed, and make the same model."""
    said = run(f"{CLUSTER}/speed --tools '{TOOLS}' --epochs 2 --runs 1 --model mult-vae log.csv")
    if said.count("mult-vae") != 2 or "equal to the byte" not in said:
        sys.exit(f"FAILED: speed does not tell medians and the least: {said}")
    print("speed: threads and processes are timed", flush=True)


# Their names are the host's: one case at a time has them.
NODES = threading.Lock()


@contextlib.contextmanager
def nodes(count):
    """Networks of their own on one bridge: by name each host's address, and the words that run a command there."""
    with NODES, namespaces(count) as hosts:
        yield hosts


@contextlib.contextmanager
def namespaces(count):
    if os.getuid() != 0 or not shutil.which("ip"):
        raise Skipped("network namespaces want root and iproute2")
    hosts = {}
    for number in range(count):
        name = f"rank{number}"
        inside = f'hostname {name}; exec "$0" "$@"'
        words = ["nsenter", f"--net=/run/netns/{name}", "unshare", "--uts", "bash", "-c", inside]
        hosts[name] = (f"{NETWORK}.{number + 1}", words)
    try:
        run(f"ip link add ranks type bridge && ip addr add {HOST}/24 dev ranks && ip link set ranks up")
        for name, (address, _) in hosts.items():
            run(
                f"ip netns add {name} && ip link add {name} type veth peer name eth0 netns {name}"
                f" && ip link set {name} master ranks up && ip -n {name} link set lo up"
                f" && ip -n {name} addr add {address}/24 dev eth0 && ip -n {name} link set eth0 up")
        yield hosts
    finally:
        for name in hosts:
            subprocess.run(["ip", "netns", "del", name], capture_output=True)
        subprocess.run(["ip", "link", "del", "ranks"], capture_output=True)


def mpi_nodes():
    ready()
    agent = os.path.join(FOLDER, "agent")
    with open(agent, "w") as file:
        file.write(AGENT)
    os.chmod(agent, 0o755)
    with nodes(4) as hosts:
        wanted = {name: {**FITS, **MORE}[name] for name in ("indgrm", "edlae", "item-knn")}
        for name, words in {**wanted, "indgrm with items cut": f"{CUTS['indgrm']} --set epochs=3"}.items():
            run(f"fit {words} mpi.x -o mpi-1.model")
            run(
                f"{MPIRUN} -n 4 -H {','.join(hosts)} --mca plm_rsh_agent {agent} --mca btl tcp,self"
                f" --mca orte_keep_fqdn_hostnames 1"
                f" --mca btl_tcp_if_include {NETWORK}.0/24 --mca oob_tcp_if_include {NETWORK}.0/24"
                f" -x PATH {TOOLS}/fit {words} --threads 1 {FOLDER}/mpi.x -o {FOLDER}/nodes.model")
            equal(f"{name} by 4 nodes", *digests("mpi-1.model", "nodes.model"))
