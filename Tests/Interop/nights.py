"""Is the night in use whole whatever happens, and does a night that ends have the bytes of an undisturbed one?

Usage: nights.py TOOLS FOLDER [NIGHTS] [KILLS]

Simulates nights on a growing log with real tools: killed at every step and at random moments, twice at once,
on a full disk, with a log that was dropped, emptied or renamed, with a worse model, a clock set back, rolled back. Two
nights are the short form; 14 and 29 kills each are two weeks with 203 kills at random moments.
Prints a line for each disturbance and ends with 1 at the first that harms.
"""

import contextlib
import json
import os
import random
import shutil
import sqlite3
import subprocess
import sys
import time

sys.dont_write_bytecode = True
from night_history import history  # noqa: E402
from night_odds import odds  # noqa: E402
from night_place import (  # noqa: E402
    FOLDER, KILLS, NIGHTLY, NIGHTS, SETTINGS, Place, disturbing_tools, expect, log, name)


def every_refusal_is_described():
    """Each status of a refusal is its own, and in the manual."""
    sys.path.insert(0, os.path.dirname(NIGHTLY))
    from nightly_files import REFUSALS
    page = os.path.join(os.path.dirname(NIGHTLY), "../man/man1/indgrm-nightly.1")
    with open(page, encoding="utf-8") as file:
        lines = file.read().splitlines()
    told = {line.split()[1] for line, after in zip(lines, lines[1:]) if after.startswith("Refused: ")}
    expect({str(status) for status in REFUSALS.values()} == told, f"statuses of refusals: {REFUSALS}, {told}")


def divisions_are_told():
    """Whether settings of a split hold out other users than those before, whose model would know them."""
    sys.path.insert(0, os.path.dirname(NIGHTLY))
    from nightly_files import other_division
    for text, other in (("", False), ("--folds 3 --until 2100-01-01", False), ("--seed=20 --test 0.10", False),
                        ("--seed 4", True), ("--test=0.2", True)):
        expect(other_division({"SPLIT": text}, {"SPLIT": ""}) == other, f"SPLIT={text} holds out others: {not other}")


def undisturbed():
    """The sums of every night, from a root where nothing happens, and the seconds that a night takes."""
    place, sums, begin = Place("calm"), [], time.monotonic()
    for night in range(NIGHTS):
        place.write("log.csv", log(night))
        status, message = place.run(night)
        expect(status == 0, f"undisturbed night {night}: {status} {message}")
        sums.append(place.read("current/SHA256SUMS"))
    print(f"{NIGHTS} undisturbed nights")
    return sums, (time.monotonic() - begin) / NIGHTS


def killed(sums, seconds):
    """Kills each night with SIGKILL: in every second one, the last among them, at one call of a tool after another.

    In the others at random moments of a night at work, as often as is asked for; one that ends between two kills is
    compared, forgotten and begun anew.
    """
    place, draw = Place("killed"), random.Random(7)
    moments, calls, resumed, whole = 0, 0, 0, 0
    for night in range(NIGHTS):
        place.write("log.csv", log(night))
        if night % 2 == (NIGHTS - 1) % 2:
            calls += killed_at_calls(place, night)
        else:
            ended = killed_at_moments(place, night, sums, lambda: draw.uniform(0, seconds))
            moments, whole = moments + KILLS, whole + ended
        status, message = place.run(night)
        expect(status == 0, f"night {night} after kills: {status} {message}")
        expect(place.read("current/SHA256SUMS") == sums[night], f"night {night} after kills: other bytes")
        resumed += json.loads(place.read("current/summary.json"))["resumed"]
        left = [f for _, _, files in os.walk(place.root) for f in files if f.startswith(".")]
        expect(not left, f"temporary files stay: {left}")
    print(f"{moments} kills at random moments of nights at work, {calls} at calls of tools, {whole} nights that ended"
          f" between kills, {resumed} last fits that went on: same bytes")


def killed_at_moments(place, night, sums, moment):
    """Kills a night at work so many times; returns how often it ended before the next kill."""
    kills, ended = 0, 0
    while kills < KILLS:
        process = place.start(night)
        time.sleep(moment())
        is_at_work = process.poll() is None
        process.kill()
        message = process.communicate()[1].strip()
        place.expect_whole(f"random kill in night {night}", [name(night - 1), name(night)])
        kills += is_at_work
        if place.current() == name(night):
            expect(place.read("current/SHA256SUMS") == sums[night], f"night {night} between kills: other bytes")
            place.forget(night)
            ended += 1
        else:
            expect(is_at_work or process.returncode == 75, f"night {night}: {process.returncode} {message}")
    return ended


def killed_at_calls(place, night):
    """Kills a night at the first call of a tool, then at the second, and so on; returns how many there were."""
    tools, at = disturbing_tools(os.path.join(FOLDER, "killers"), "kill -9 $PPID"), 1
    while True:
        status, _ = place.run(night, tools=tools, environment=place.call(at))
        place.expect_whole(f"kill at call {at} of night {night}", [name(night - 1), name(night)])
        if status != -9:
            return at - 1
        at += 1


def stopped():
    """Asks the last night to end at the call of each tool: it says so in one line, and the next run goes on."""
    place, last = Place("stopped"), NIGHTS - 1
    for night in range(max(last - 1, 0), last):
        place.write("log.csv", log(night))
        expect(place.run(night)[0] == 0, "a night before")
    place.write("log.csv", log(last))
    calls = 0
    tools = disturbing_tools(os.path.join(FOLDER, "stoppers"), "kill $PPID; exec sleep 5")
    while True:
        status, message = place.run(last, tools=tools, patient=False, environment=place.call(calls + 1))
        place.expect_whole(f"stop at call {calls + 1}", [name(last - 1), name(last)])
        if status == 0:
            break
        expect(status == 75 and "stopped by a signal" in message and "\n" not in message, f"stop: {status} {message}")
        calls += 1
    expect(calls > 5, f"{calls} stops")
    print(f"asked to end at {calls} calls of tools: {message}")


@contextlib.contextmanager
def broken(path):
    """A file with bytes in its middle changed, for a while; current may name another night's afterwards."""
    path = os.path.realpath(path)
    with open(path, "rb") as file:
        whole = file.read()
    middle = len(whole) // 2
    with open(path, "wb") as file:
        file.write(whole[:middle] + bytes(255 - byte for byte in whole[middle:middle + 64]) + whole[middle + 64:])
    try:
        yield
    finally:
        # A night that was found harmed may be gone.
        if os.path.exists(path):
            with open(path, "wb") as file:
                file.write(whole)


@contextlib.contextmanager
def missing(path):
    """Takes a file away for as long as the context lasts."""
    path = os.path.realpath(path)
    os.rename(path, path + ".away")
    try:
        yield
    finally:
        # A night that was found harmed may be gone.
        if os.path.exists(path + ".away"):
            os.rename(path + ".away", path)


@contextlib.contextmanager
def unremovable(place):
    """Old nights of a root, for a while: one whose summary is no file, and one that cannot be removed.

    Gives what is said of the latter, or nothing where there is no right to make such a one.
    """
    os.makedirs(f"{place.root}/runs/2099-12-29/summary.json")
    stuck = f"{place.root}/runs/2099-12-30"
    os.makedirs(stuck)
    mount = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", stuck]
    mounted = subprocess.run(mount, capture_output=True, check=False).returncode == 0
    place.write("runs/2099-12-30/.model.tmp", "left")
    if mounted:
        subprocess.run(["mount", "-o", "remount,ro", stuck], check=True)
    try:
        yield f"{stuck}/.model.tmp: cannot be removed: Read-only file system" if mounted else ""
    finally:
        if mounted:
            subprocess.run(["umount", stuck], check=False)


def old():
    """A night that is merely old must not hold up the next one either, whatever is wrong with it."""
    place = Place("old")
    place.write("log.csv", log(0))
    with unremovable(place) as said:
        status, message = place.run(0)
        expect(status == 0 and said in message and len(message.splitlines()) == (2 if said else 1), f"an old night: {message}")
        expect('"published"' in place.read("last.json"), "an old night: not told as published")
    place.expect_whole("an old night that cannot be removed", [name(0)])
    expect(not os.path.exists(f"{place.root}/runs/2099-12-29"), "an old night with a harmed summary is still there")
    print(f"an old night that cannot be removed: {message}")


def damaged():
    """An earlier night whose files were harmed must not hold up the next: it begins anew and says so."""
    last = NIGHTS - 1
    for harm, file, said in ((broken, "model", "uncompared"), (broken, "log.ig", "unreadable"),
                             (broken, "lists.ig", None), (broken, "summary.json", None), (missing, "model", "uncompared")):
        place = Place(f"{harm.__name__}-{file}")
        place.write("log.csv", log(last - 1))
        expect(place.run(last - 1)[0] == 0, "a night before")
        place.write("log.csv", log(last))
        with harm(f"{place.root}/current/{file}"):
            status, message = place.run(last)
        expect(status == 0, f"after a {harm.__name__} {file}: {status} {message}")
        place.expect_whole(f"after a {harm.__name__} {file}", [name(last)])
        expect(said is None or said in place.read("current/summary.json"), f"after a {harm.__name__} {file}: nothing said")
        print(f"after a {harm.__name__} {file}: {message}")


def refused(sums):
    """A log that must not be published, twice at once, a worse model, a clock set back, and the way back."""
    place, last = Place("refused"), NIGHTS - 1
    for night in range(last):
        place.write("log.csv", log(night))
        expect(place.run(night)[0] == 0, "a night before")
    before = name(last - 1)
    for what, wanted, gate, text in [
            ("empty", 65, "no interaction", "user,item,rating,timestamp\n"), ("dropped", 13, "age_hours", log(last, last=500)),
            ("shrunk", 10, "rows_ratio", log(last, recent=1000)), ("doubled", 12, "repeated", log(last, again=2)),
            ("merged", 10, "users_ratio", log(last, users=150)),
            ("renamed", 11, "new_items", log(last, item="product-")), ("stale", 13, "age_hours", log(last - 4))]:
        place.write("log.csv", text)
        status, message = place.run(last)
        expect(status == wanted and message.count("\n") == 0 and gate in message, f"{what} log: {status} {message}")
        place.expect_whole(f"{what} log", [before])
        print(f"{what} log: {status} {message}")
    os.unlink(f"{place.root}/log.csv")
    expect(place.run(last)[0] == 66, "a log that is not there")
    place.expect_whole("no log", [before])
    status, message = place.run(None)
    expect(status == 18 and "clock" in message, f"clock set back: {status} {message}")

    place.write("log.csv", log(last))
    place.write("nightly.conf", SETTINGS + "SCORE=--candidates few\n")
    place.write(f"runs/{name(last)}/few", "".join(f"i{number}\n" for number in range(8)))
    status, message = place.run(last)
    expect(status == 16 and "short" in message, f"short lists: {status} {message}")
    place.expect_whole("short lists", [before])
    print(f"short lists: {message}")
    place.write(f"runs/{name(last)}/few", "".join(f"i{number}\n" for number in range(4)))
    again = place.run(last)[1]
    expect("short" in again and again != message, f"other candidates: {again}")
    os.unlink(f"{place.root}/runs/{name(last)}/few")
    place.write("nightly.conf", SETTINGS)

    runs = [place.start(last) for _ in range(2)]
    lines = [process.communicate()[1].strip() for process in runs]
    statuses = sorted(process.returncode for process in runs)
    expect(statuses in ([0, 75], [0, 0]), f"twice at once: {statuses} {lines}")
    place.expect_whole("twice at once", [name(last)])
    expect(place.read("current/SHA256SUMS") == sums[last], "twice at once: other bytes")
    print(f"twice at once: {statuses}")

    for model, expected in (("ease", 0), ("popularity", 3)):
        plain = SETTINGS.replace("mult-vae", model).replace("FIT=", "#FIT=")
        place.write("nightly.conf", plain.replace("0.7", "0.02"))
        status, message = place.run(last, "--again")
        expect(status == expected, f"{model} instead: {status} {message}")
    expect("kept" in message, f"worse model: {message}")
    place.expect_whole("worse model", [f"{name(last)}.3"])
    same = [line for line in place.read(f"runs/{name(last)}.2/MANIFEST").splitlines() if line.endswith(" model")]
    expect(len(same) == 1 and same[0] in place.read("current/MANIFEST"), "worse model: another model was published")
    card, told = (json.loads(place.read(f"current/{file}.json")) for file in ("card", "summary"))
    expect(card["model"] == "ease" and card["figures"]["mean"] == told["figures"]["earlier"] and
           card["figures"]["later"] == told["figures"]["mean"], f"worse model: its card is {card}")
    print(f"worse model: {message}")

    for file in ("lists.csv", "liked.ig", "SHA256SUMS"):
        with broken(f"{place.root}/runs/{name(last)}.2/{file}"):
            status, message = place.run(last, "--rollback")
            expect(status == 65 and file in message, f"roll back to a damaged {file}: {status} {message}")
            place.expect_whole(f"roll back to a damaged {file}", [f"{name(last)}.3"])
    print(f"roll back to a damaged night: {message}")
    status, message = place.run(last, "--rollback", "--dry-run")
    expect(status == 0 and "would be" in message, f"a dry roll back: {status} {message}")
    place.expect_whole("a dry roll back", [f"{name(last)}.3"])
    expect(place.run(last, "--rollback")[0] == 0, "roll back")
    place.expect_whole("roll back", [f"{name(last)}.2"])
    status, message = place.run(last)
    expect(status == 19 and "rolled back" in message, f"after a roll back: {status} {message}")
    print(f"rolled back: {message}")


def settings():
    """Settings that make no sense end the night with a line that names them, and a dry run changes nothing."""
    place = Place("settings")
    place.write("log.csv", log(0))
    for text, said in (("TOP=ten", "line 11: TOP: needs a number"), ("MAX_DROP=nan", "MAX_DROP: must be a number from 0 on"),
                       ("KEEP=-1", "KEEP: must be"), ("TOP=0", "TOP must be"), ("ITEMS=a\0b", "holds zero bytes"),
                       ("FIT=--set 'x", "FIT: No closing quotation"), ("NAME=x", "no setting 'NAME'"),
                       ("TOP=5", "line 11: TOP is set before"), ("SCORE=--top 5", "SCORE: --top is what the night itself says"),
                       ("METRIC=ndcg", "METRIC must be"), ("CHECKPOINT=true", "CHECKPOINT must be"), ("COLD=7", "COLD must be"),
                       ("MAX_SHRINK=20", "MAX_SHRINK: must be a share from 0 to 1"), ("METRIC=gini@10", "METRIC must be a figure of users"),
                       ("INGEST=--help", "INGEST: has an option by which ingest prints something"),
                       ("SCORE=--version", "SCORE: has an option by which score prints something")):
        place.write("nightly.conf", f"\ufeff{SETTINGS}{text}\n")
        status, message = place.run(0)
        expect(status == 64 and said in message and "\n" not in message, f"{text}: {status} {message}")
    with open(f"{place.root}/nightly.conf", "wb") as file:
        file.write("NOT_FOR=Ärzte\n".encode("cp1252"))
    status, message = place.run(0)
    expect(status == 64 and "is not UTF-8" in message, f"settings in cp1252: {status} {message}")
    place.write("nightly.conf", SETTINGS)
    before = sorted(os.listdir(place.root))
    expect(place.run(0, "--dry-run")[0] == 0 and sorted(os.listdir(place.root)) == before, "a dry run left something")
    print(f"settings: {message}")


def commands():
    """The log as a command prints it: whole, from a database, and cut short in the middle of a pipe."""
    place = Place("commands")
    place.write("log.csv", log(0))

    def run(command, *options):
        place.write("nightly.conf", SETTINGS.replace("SOURCE=log.csv", f"SOURCE_COMMAND={command}"))
        return place.run(0, *options)
    expect(run("cat log.csv")[0] == 0, "a command as the source")
    lists = place.read("current/lists.csv")
    if shutil.which("sqlite3"):
        # A place of its own: one more fit in the same would start warm.
        place = Place("database")
        place.write("log.csv", log(0))
        with sqlite3.connect(f"{place.root}/shop.db") as shop:
            shop.execute("create table ratings(user, item, rating, timestamp)")
            rows = [row.split(",") for row in log(0).splitlines()[1:]]
            shop.executemany("insert into ratings values(?, ?, ?, ?)", rows)
        status, message = run('sqlite3 -csv -header shop.db "select * from ratings order by rowid"')
        expect(status == 0, f"a database as the source: {status} {message}")
        expect(place.read("current/lists.csv") == lists, "a database as the source: other lists")
    else:
        print("a database as the source: left out; there is no sqlite3 here")
    now = place.current()
    status, message = run("cat log.csv | (head -n 100; exit 3)", "--again")
    expect(status == 14 and "status 3" in message, f"a cut pipe as the source: {status} {message}")
    place.expect_whole("a cut pipe as the source", [now])
    print(f"a cut pipe as the source: {message}")


def full(sums):
    """A disk that fills up while a night works; needs the right to mount."""
    place, last = Place("full"), NIGHTS - 1
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", place.root], capture_output=True, check=False)
    if mounted.returncode != 0:
        print("full disk: left out; a file system cannot be mounted here")
        return
    try:
        place.write("nightly.conf", SETTINGS)
        for night in range(last):
            place.write("log.csv", log(night))
            expect(place.run(night)[0] == 0, "a night before on a small disk")
        place.write("log.csv", log(last))
        at, statuses = 1, []
        tools = disturbing_tools(os.path.join(FOLDER, "fillers"), f"cat /dev/zero > {place.root}/filler 2>/dev/null")
        while True:
            status, message = place.run(last, tools=tools, environment=place.call(at))
            place.expect_whole(f"full disk at call {at}", [name(last - 1), name(last)])
            if os.path.exists(f"{place.root}/filler"):
                os.unlink(f"{place.root}/filler")
            elif status == 0:
                break
            statuses.append(status)
            expect(status in (0, 65, 74), f"full disk at call {at}: {status} {message}")
            at += 1
            if place.current() == name(last):
                break
        expect(place.run(last)[0] == 0, "after a full disk")
        expect(place.read("current/SHA256SUMS") == sums[last], "after a full disk: other bytes")
        expect(74 in statuses, f"full disk: {statuses}")
        print(f"full disk at {len(statuses)} calls: statuses {sorted(set(statuses))}, same bytes after")
    finally:
        subprocess.run(["umount", place.root], check=False)


def main():
    shutil.rmtree(FOLDER, ignore_errors=True)
    every_refusal_is_described()
    divisions_are_told()
    sums, seconds = undisturbed()
    killed(sums, seconds)
    stopped()
    refused(sums)
    damaged()
    old()
    settings()
    commands()
    full(sums)
    odds(NIGHTS)
    history(NIGHTS)
    print("every night whole")


if __name__ == "__main__":
    main()
