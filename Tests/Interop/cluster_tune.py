"""Do workers of one study, by themselves or as a Slurm array, find a model that its settings make again?"""

import glob
import importlib.util
import json
import os
import signal
import subprocess
import sys
import time

from cluster_place import CLUSTER, ENVIRONMENT, FOLDER, Skipped, digests, equal, run

WORDS = "--set epochs=6 --set width=16 --set latent=8 --set batch=20"


def worker(study, trials):
    """The command of a worker, once what it searches is there."""
    if importlib.util.find_spec("optuna") is None:
        raise Skipped("optuna is not installed; python3 -m pip install optuna")
    run(f"split -q --seed 4 one.ig -o {study}.x")
    with open(os.path.join(FOLDER, f"{study}.json"), "w") as file:
        json.dump({"dropout": {"number": [0.1, 0.8]}, "learning-rate": {"log": [0.0003, 0.01]}}, file)
    return (
        f"exec {sys.executable} {CLUSTER}/tune --study {study} --model mult-vae --space {study}.json"
        f" --trials {trials} {WORDS} {study}.x"
    )


def has_begun(study):
    return bool(glob.glob(f"{FOLDER}/{study}/trial-*"))


def best_is_made_again(study, what):
    with open(os.path.join(FOLDER, f"{study}/best.json")) as file:
        best = json.load(file)
    words = " ".join(f"--set {name}={value}" for name, value in best.items() if name != "value")
    run(f"fit -q --model mult-vae {words} {WORDS} {study}.x -o {study}.again")
    equal(f"the best model of {what}, a worker killed", *digests(f"{study}/best.model", f"{study}.again"))


def tune():
    command = worker("study", 8)
    with open(os.path.join(FOLDER, "twice.json"), "w") as file:
        file.write('{"dropout": {"number": [0.1, 0.8], "number": [0.2, 0.3]}}')
    twice = subprocess.run(["bash", "-c", command.replace("study.json", "twice.json").replace("--study study", "--study twice")],
                           cwd=FOLDER, env=ENVIRONMENT, capture_output=True, text=True)
    equal("a space that says a thing twice", (twice.returncode, "says 'number' twice" in twice.stderr), (1, True))
    workers = [
        subprocess.Popen(["bash", "-c", command], cwd=FOLDER, env=ENVIRONMENT, text=True, stdout=subprocess.PIPE,
                         stderr=subprocess.PIPE)
        for _ in range(3)
    ]
    # One is killed in its first trial.
    for _ in range(600):
        if has_begun("study") or workers[0].poll() is not None:
            break
        time.sleep(0.05)
    workers[0].send_signal(signal.SIGKILL)
    ends = [(worker.communicate(timeout=400), worker.returncode) for worker in workers]
    for (said, errors), status in ends[1:]:
        if status or "best" not in said:
            sys.exit(f"FAILED: a worker ended with {status}: {said}{errors[-3000:]}")
    best_is_made_again("study", "Optuna workers")
