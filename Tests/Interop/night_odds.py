"""What else may be odd about a night: its folders, its source, its tools, its environment and who reads meanwhile?"""

import contextlib
import gzip
import hashlib
import os
import shutil
import subprocess
import sys
import threading

from night_place import FOLDER, NIGHTLY, SETTINGS, TOOLS, Place, expect, log, name

# A model that takes no time.
PLAIN = "".join(line + "\n" for line in SETTINGS.splitlines() if not line.startswith(("FIT=", "CHECKPOINT="))).replace(
    "mult-vae", "ease")


def place_with(what, text=PLAIN):
    place = Place(what)
    place.write("nightly.conf", text)
    place.write("log.csv", log(0))
    return place


def published(place, night, *options, **more):
    status, message = place.run(night, *options, **more)
    expect(status == 0, f"{place.root}: night {night}: {status} {message}")
    place.expect_whole(f"night {night}", [place.current()])
    return message


def ends(place, night, wanted, said, *options, what="", **more):
    """Expects a status and a line of reason, and the night in use to stay."""
    before = place.current()
    status, message = place.run(night, *options, patient=False, **more)
    expect(status == wanted and said in message and "\n" not in message, f"{what or said}: {status} {message}")
    expect(place.current() == before, f"{what or said}: {place.current()} is in use, not {before}")
    print(f"{what or said}: {status} {message}")


def environments():
    """Another time zone, language, umask and a root behind links give the same bytes."""
    place = place_with("plain")
    published(place, 0)
    sums, lists = place.read("current/SHA256SUMS"), place.read("current/lists.csv")
    for what, more in (("zone", {"TZ": "Pacific/Kiritimati"}), ("language", {"LC_ALL": "POSIX", "PYTHONUTF8": "0"}),
                       ("clocks that change", {"TZ": "Europe/Berlin"})):
        other = place_with(what)
        published(other, 0, environment=more)
        expect(other.read("current/SHA256SUMS") == sums, f"another {what}: other bytes")
    before = os.umask(0o077)
    try:
        other = place_with("umask")
        published(other, 0)
        expect(other.read("current/SHA256SUMS") == sums, "another umask: other bytes")
        expect(os.stat(f"{other.root}/current/lists.csv").st_mode & 0o77 == 0, "umask 077: others can read the lists")
    finally:
        os.umask(before)
    deep = os.path.join(FOLDER, "far", "away", "on", "another", "disk")
    for text in (PLAIN, PLAIN.replace("SOURCE=log.csv", f"SOURCE={FOLDER}/linked/log.csv")):
        shutil.rmtree(os.path.join(FOLDER, "far"), ignore_errors=True)
        os.makedirs(f"{deep}/runs")
        with contextlib.suppress(FileNotFoundError):
            shutil.rmtree(os.path.join(FOLDER, "linked"))
        other = place_with("linked", text)
        os.symlink(f"{deep}/runs", f"{other.root}/runs")
        with contextlib.suppress(FileNotFoundError):
            os.unlink(f"{FOLDER}/link")
        os.symlink(other.root, f"{FOLDER}/link")
        other.root = f"{FOLDER}/link"
        published(other, 0)
        expect(other.read("current/lists.csv") == lists, "a root and nights behind links: other lists")
    print("other zones, languages, masks and links: same bytes")


def folders():
    """Strangers among the nights, a night in use that is gone or no link, an old one that cannot be removed."""
    place = place_with("strange", PLAIN.replace("KEEP=4", "KEEP=1"))
    os.makedirs(f"{place.root}/runs/lost+found")
    os.makedirs(f"{place.root}/runs/2100-01-04.old")
    place.write("runs/notes.txt", "mine\n")
    published(place, 0)
    place.write("log.csv", log(1))
    published(place, 1)
    shutil.rmtree(f"{place.root}/runs/{name(1)}")
    place.write("log.csv", log(1, recent=1000))
    ends(place, 2, 10, "rows_ratio", what="a shrunk log after a night that is gone")
    place.write("log.csv", log(2))
    expect(published(place, 2), "a night after one that is gone")
    expect(name(0) in place.read("current/summary.json"), "a night that is gone: held against nothing")
    place.write("log.csv", log(3))
    mounted = subprocess.run(["mount", "-t", "tmpfs", "tmpfs", f"{place.root}/runs/{name(0)}"], capture_output=True, check=False)
    if mounted.returncode == 0:
        try:
            message = published(place, 3)
            expect("cannot be removed" in message, f"an old night that stays: {message}")
        finally:
            subprocess.run(["umount", f"{place.root}/runs/{name(0)}"], check=False)
    expect(sorted(os.listdir(f"{place.root}/runs"))[-2:] == ["lost+found", "notes.txt"], "strangers among the nights are gone")
    os.unlink(f"{place.root}/current")
    os.makedirs(f"{place.root}/current")
    status, message = place.run(4)
    expect(status == 74 and "is no link" in message, f"a folder instead of the link: {status} {message}")
    print(f"a folder instead of the link: {status} {message}")


def sources(short):
    """Sources that cannot be read, stop in the middle, or come from commands that fail in any place."""
    place = place_with("sources")
    if not short:
        published(place, 0)
    os.makedirs(f"{place.root}/folder")
    os.mkfifo(f"{place.root}/pipe")
    whole = log(1)
    place.write("half.csv", whole[:whole.rindex(",", 0, len(whole) - 20)])
    packed = gzip.compress(whole.encode())
    with open(f"{place.root}/half.csv.gz", "wb") as file:
        file.write(packed[:len(packed) // 2])
    place.write("log.csv", whole)
    for source, status, said in (("folder", 66, "is no file"), ("pipe", 66, "is no file"), ("none", 66, "cannot be opened"),
                                 ("half.csv", 65, f"ingest: {place.root}/half.csv"), ("half.csv.gz", 65, "/half.csv.gz")):
        place.write("nightly.conf", PLAIN.replace("log.csv", source))
        ends(place, 1, status, said, what=f"SOURCE={source}")
        if status == 66:
            ends(place, 1, status, said, "--dry-run", what="a dry run of it")
    for command, said in (("false; cat log.csv", "status 1"), ("cat log.csv; exit 9", "status 9"),
                          ("cat log.csv; kill -9 $$", "was ended by SIGKILL"), ("no-such-program", "no-such-program"),
                          ("zcat half.csv.gz", "unexpected end")):
        place.write("nightly.conf", PLAIN.replace("SOURCE=log.csv", f"SOURCE_COMMAND={command}"))
        ends(place, 1, 14, said, what=f"SOURCE_COMMAND={command}")
    if short:
        return
    # What was fetched and then harmed, as by a loss of power, is fetched again.
    place.write("nightly.conf", PLAIN.replace("SOURCE=log.csv", "SOURCE_COMMAND=cat log.csv") + "MIN_OVERLAP=1.1\n")
    ends(place, 1, 17, "overlap")
    place.write(f"runs/{name(1)}/source.csv", whole[:len(whole) // 2])
    place.write("nightly.conf", PLAIN.replace("SOURCE=log.csv", "SOURCE_COMMAND=cat log.csv"))
    published(place, 1)
    expect(place.read("current/source.csv") == whole, "a harmed source was taken for the one that was fetched")


def rights():
    """What another user has made, or may not be read: as somebody without rights."""
    if os.getuid() != 0 or not shutil.which("setpriv"):
        print("rights: left out; taking rights away needs root and setpriv")
        return
    # A place that anybody may look into, with tools that anybody may run.
    place, program = place_with("rights"), f"{FOLDER}/as-nobody"
    with open(program, "w", encoding="utf-8") as file:
        file.write(f'#!/bin/sh\nexec setpriv --reuid=65534 --regid=65534 --clear-groups "{sys.executable}" "{NIGHTLY}" "$@"\n')
    os.chmod(program, 0o755)
    reach = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "test", "-r", f"{place.root}/nightly.conf"]
    if any(subprocess.run(words, capture_output=True, check=False).returncode != 0 for words in ([program, "--help"], reach)):
        print("rights: left out; others cannot get to what is here")
        return

    def end(what, wanted, said, path, mode):
        whole = os.stat(path).st_mode
        os.chmod(path, mode)
        done = subprocess.run([program, "--date", name(0), place.root], capture_output=True, text=True, check=False,
                              env=dict(os.environ, INDGRM_EXEC_PATH=TOOLS))
        os.chmod(path, whole)
        message = done.stderr.strip()
        expect(done.returncode == wanted and said in message and "\n" not in message, f"{what}: {done.returncode} {message}")
        expect(place.current() is None, f"{what}: something is in use")
        print(f"{what}: {done.returncode} {message}")
    end("a root that cannot be written", 74, "runs: Permission denied", place.root, 0o755)
    os.chmod(place.root, 0o777)
    end("settings that cannot be read", 66, "nightly.conf: Permission denied", f"{place.root}/nightly.conf", 0o600)
    end("a log that cannot be read", 66, "log.csv: cannot be opened", f"{place.root}/log.csv", 0o600)


def tools():
    """Tools that are not there, do not run, are killed, or are replaced under a night at work."""
    place = place_with("tools")
    published(place, 0)
    place.write("log.csv", log(1))
    folder = os.path.join(FOLDER, "odd-tools")
    ends(place, 1, 66, "/fit: No such file", tools=folder, what="no tools")

    def tool(which, text):
        with open(f"{folder}/{which}", "w", encoding="utf-8") as file:
            file.write(f"#!/bin/sh\n{text}\nexec {TOOLS}/{which} \"$@\"\n")
        os.chmod(f"{folder}/{which}", 0o755)
    os.makedirs(folder)
    for which in ("ingest", "binarize", "split", "fit", "score", "metrics", "dump", "check"):
        tool(which, "")
    tool("fit", 'echo "libarchive.so.13: cannot open shared object file" >&2; exit 127')
    ends(place, 1, 127, "does not run: libarchive", tools=folder, what="a library that is not there")
    tool("fit", 'if [ "$1" != --version ]; then kill -9 $$; fi')
    ends(place, 1, 137, "fit: was ended by SIGKILL", tools=folder, what="a tool that is killed")
    tool("fit", f'if [ "$1" = --version ]; then cat {folder}/version && exit; fi')
    tool("score", f"echo new > {folder}/version")
    with open(f"{folder}/version", "w", encoding="utf-8") as file:
        file.write("old\n")
    ends(place, 1, 75, "the tools were replaced", tools=folder)
    published(place, 1, tools=folder)


def others(short):
    """A log of messages that is full, two settings for one root, a night that says nothing, events to come."""
    place = place_with("others")
    ends(place, None, 13, "is the clock right?", what="a clock that is years behind")
    with open("/dev/full", "w", encoding="utf-8") as full:
        done = subprocess.run([sys.executable, NIGHTLY, "--date", name(0), place.root], stderr=full, check=False,
                              env=dict(os.environ, INDGRM_EXEC_PATH=TOOLS))
    expect(done.returncode == 0 and place.current() == name(0), f"a full log of messages: {done.returncode}")
    expect('"status": "published"' in place.read("last.json"), "a full log of messages: said to have failed")
    print("a full log of messages: published")
    place.write("other.conf", PLAIN.replace("TOP=10", "TOP=20").replace("ease", "popularity"))
    ends(place, 0, 20, "other settings (MODEL, TOP)", "-c", f"{place.root}/other.conf")
    place.write("other.conf", PLAIN.replace("KEEP=4", "KEEP=5"))
    expect("published already" in published(place, 0, "-c", f"{place.root}/other.conf"), "equal settings elsewhere")
    second(place)


def second(place):
    """A second file of settings is refused on any date until the root is made its own; a file that was changed is told."""
    place.write("log.csv", log(1))
    place.write("other.conf", PLAIN.replace("TOP=10", "TOP=20"))
    other = ["-c", f"{place.root}/other.conf"]
    for more in ([], ["--dry-run"]):
        ends(place, 1, 20, f"lists are made by {place.root}/nightly.conf, and {place.root}/other.conf differs (TOP)", *other, *more)
    expect('"published"' in place.read("last.json") and len(os.listdir(f"{place.root}/runs")) == 1, "a stranger left something")
    said = f"settings are not those of {name(0)} (TOP)"
    expect(published(place, 1, *other, "--adopt", "--quiet") == f"indgrm nightly: {said}", "adopted settings")
    place.write("log.csv", log(2))
    ends(place, 2, 20, f"lists are made by {place.root}/other.conf", what="the settings of before")
    place.write("other.conf", PLAIN.replace("TOP=10", "TOP=30") + "MIN_OVERLAP=1.1\n")
    ends(place, 2, 17, f"settings are not those of {name(1)} (TOP)", *other)
    place.write("other.conf", PLAIN.replace("TOP=10", "TOP=20"))
    moved = ["-c", f"{place.root}/moved.conf"]
    os.symlink("other.conf", moved[1])
    expect(published(place, 2, *moved, "--quiet") == "", "settings that were moved")
    # A link that leads to another file now is the same file of settings, changed.
    place.write("linked.conf", PLAIN.replace("TOP=10", "TOP=30"))
    os.unlink(moved[1])
    os.symlink("linked.conf", moved[1])
    place.write("log.csv", log(3))
    expect("(TOP)" in published(place, 3, *moved), "settings behind a link")
    # The way back needs no settings, and makes nothing where there is none.
    os.unlink(f"{place.root}/nightly.conf")
    place.run(3, "--rollback")
    expect(place.current() == name(2), "a roll back without settings")
    done = subprocess.run([sys.executable, NIGHTLY, "--rollback", f"{place.root}/none"], capture_output=True, text=True, check=False)
    expect(done.returncode == 66 and not os.path.exists(f"{place.root}/none"), f"a roll back of nothing: {done.stderr}")


def readers(nights):
    """Whoever reads the lists by their path while nights are put in use finds a whole file each time."""
    place = place_with("readers", PLAIN.replace("KEEP=4", "KEEP=1"))
    published(place, 0)
    done, reads, faults, seen = threading.Event(), 0, [], set()

    def read():
        nonlocal reads
        while not done.is_set():
            try:
                folder = os.open(f"{place.root}/current", os.O_RDONLY | os.O_DIRECTORY)
                try:
                    with open(os.open("SHA256SUMS", os.O_RDONLY, dir_fd=folder), encoding="utf-8") as file:
                        sums = dict(reversed(line.split()) for line in file)
                    with open(os.open("lists.csv", os.O_RDONLY, dir_fd=folder), "rb") as file:
                        seen.add(hashlib.sha256(file.read()).hexdigest() == sums["lists.csv"])
                finally:
                    os.close(folder)
                with open(f"{place.root}/current/lists.csv", "rb") as file:
                    seen.add(file.read().endswith(b"\n"))
                reads += 1
            except OSError as error:
                faults.append(error)
    reader = threading.Thread(target=read)
    reader.start()
    try:
        for night in range(1, nights):
            place.write("log.csv", log(night))
            published(place, night)
    finally:
        done.set()
        reader.join()
    expect(not faults and seen == {True}, f"readers while nights changed: {faults[:1]} {seen}")
    print(f"{reads} reads while {nights - 1} nights were put in use: each whole")


def odds(nights):
    short = nights < 3
    sources(short)
    rights()
    others(short)
    if not short:
        environments()
        folders()
        tools()
        readers(min(nights, 4))
