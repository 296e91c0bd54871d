"""What does a simulated night work on: the log, the root with its settings, and tools that disturb it?"""

import datetime
import os
import random
import shutil
import subprocess
import sys
import time

TOOLS, FOLDER = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
NIGHTS = int(sys.argv[3]) if len(sys.argv) > 3 else 3
KILLS = int(sys.argv[4]) if len(sys.argv) > 4 else 6
NIGHTLY = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../pipelines/nightly")
# A Monday in a future that no clock has reached, so that the clock set back can be tried.
FIRST = datetime.date(2100, 1, 4)
SETTINGS = """SOURCE=log.csv
BINARIZE=--min-user 3
MODEL=mult-vae
FIT=--set epochs=3 --set width=16 --set latent=8 --set batch=20 --checkpoint-every 1
CHECKPOINT=yes
TOP=10
METRIC=ndcg@10
MAX_DROP=0.7
KEEP=4
COLD=wednesday
"""


def log(night, item="i", last=None, recent=None, users=400, again=1):
    """The log of a shop up to a night: two tastes, more users every night.

    - last: its first rows alone; recent: its last rows alone; users: how many there are; again: how often rows come.
    """
    rows = ["user,item,rating,timestamp"]
    for day in range(-15, night + 1):
        draw = random.Random(1000 + day)
        for _ in range(100):
            user = min(int(draw.expovariate(1 / 60)), 399)
            own = draw.random() < 0.9
            number = user % 2 * 30 + min(int(draw.expovariate(1 / 8)), 29) if own else draw.randrange(60)
            at = 4102444800 + (day + 3) * 86400 + draw.randrange(86400)
            rows += [f"u{user % users},{item}{number},5,{at}"] * again
    kept = rows[:last] if recent is None else rows[:1] + rows[-recent:]
    return "\n".join(kept) + "\n"


class Place:
    """A root with its settings."""

    def __init__(self, name):
        self.root = os.path.join(FOLDER, name)
        os.makedirs(self.root, exist_ok=True)
        self.write("nightly.conf", SETTINGS)

    def write(self, name, text):
        with open(os.path.join(self.root, name), "w", encoding="utf-8") as file:
            file.write(text)

    def read(self, name):
        with open(os.path.join(self.root, name), encoding="utf-8") as file:
            return file.read()

    def start(self, night, *options, tools=TOOLS, environment=()):
        date = [] if night is None else ["--date", str(FIRST + datetime.timedelta(night))]
        return subprocess.Popen(
            [sys.executable, NIGHTLY, *date, *options, self.root], stderr=subprocess.PIPE, text=True,
            env=dict(os.environ, INDGRM_EXEC_PATH=tools, **dict(environment)))

    def run(self, night, *options, patient=True, **more):
        """Runs a night; tools that a killed one left behind hold the lock for a moment."""
        while True:
            process = self.start(night, *options, **more)
            message = process.communicate()[1].strip()
            if process.returncode != 75 or not patient:
                return process.returncode, message
            time.sleep(0.05)

    def call(self, at):
        """What tells the tools that disturb at which call, counted from 1."""
        count = f"{FOLDER}/count"
        with open(count, "w", encoding="utf-8") as file:
            file.write("0\n")
        return {"COUNT": count, "AT": str(at)}

    def forget(self, night):
        """Makes as if a night had not been: its folder goes, and the one before it is in use again."""
        os.unlink(f"{self.root}/current")
        if night > 0:
            os.symlink(f"runs/{name(night - 1)}", f"{self.root}/current")
        shutil.rmtree(f"{self.root}/runs/{name(night)}")

    def current(self):
        link = os.path.join(self.root, "current")
        return os.path.basename(os.readlink(link)) if os.path.islink(link) else None

    def expect_whole(self, what, allowed):
        expect(self.current() in allowed, f"{what}: {self.current()} is in use, not one of {allowed}")
        if self.current():
            checks = [[f"{TOOLS}/check", "--manifest", "MANIFEST"], ["sha256sum", "--quiet", "-c", "SHA256SUMS"]]
            for words in checks:
                done = subprocess.run(words, cwd=f"{self.root}/current", capture_output=True, text=True, check=False)
                expect(done.returncode == 0, f"{what}: the night in use is harmed: {done.stderr}")


def expect(holds, message):
    if not holds:
        print("FAILED:", message)
        sys.exit(1)


def name(night):
    return str(FIRST + datetime.timedelta(night)) if night >= 0 else None


def disturbing_tools(folder, action):
    """A folder of programs that do something at the call of number $AT, and then what the tool does."""
    os.makedirs(folder, exist_ok=True)
    for tool in ("ingest", "binarize", "split", "fit", "score", "metrics", "dump", "check"):
        path = os.path.join(folder, tool)
        with open(path, "w", encoding="utf-8") as file:
            file.write(f'#!/bin/sh\nn=$(($(cat "$COUNT") + 1))\necho $n > "$COUNT"\n'
                       f'if [ $n = "$AT" ]; then {action}; fi\nexec {TOOLS}/{tool} "$@"\n')
        os.chmod(path, 0o755)
    return folder
