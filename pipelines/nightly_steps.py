"""How is a step done once and for all, whatever ends the night in between?"""

import ctypes
import json
import os
import shlex
import signal
import subprocess
import time

from nightly_files import (
    BAD_DATA, BUSY, DEGRADED, FULL, NO_INPUT, PUBLISHED, REFUSALS, Ending, as_json, digest_of, read_json, read_summary,
    write_whole)


def end_with_parent():
    """Tells the kernel to stop this process when the night's own is killed."""
    ctypes.CDLL(None).prctl(1, signal.SIGTERM)


def as_shell(status):
    """A status as shells tell it, where a signal ended the program."""
    return status if status >= 0 else 128 - status


def message_of(status, text):
    """Why a tool ended: the signal, the last message where it writes JSON lines, or the last line where it does not."""
    if status < 0:
        hint = "; is there too little memory?" if status == -signal.SIGKILL else ""
        return f"was ended by {signal.Signals(-status).name}{hint}"
    # What leads to the help is no reason.
    lines = [line for line in text.strip().splitlines() if not line.startswith(("Try '", "Usage:"))]
    if not lines:
        return "it said nothing"
    try:
        return json.loads(lines[-1])["message"]
    except (ValueError, KeyError, TypeError):
        return lines[-1]


def version_of(tools):
    """The version of the tools of a folder."""
    try:
        done = subprocess.run([f"{tools}/fit", "--version"], capture_output=True, encoding="utf-8", errors="replace", check=False)
    except OSError as error:
        raise Ending(NO_INPUT, f"{tools}/fit: {error.strerror}; install the tools, or set INDGRM_EXEC_PATH") from None
    if done.returncode != 0:
        raise Ending(as_shell(done.returncode), f"{tools}/fit does not run: {message_of(done.returncode, done.stderr)}")
    return done.stdout


class Steps:
    """What is done in a night's folder; file names in it are relative, so that bytes do not depend on the root."""

    def __init__(self, archive, settings, date, name, tools, dry, is_tonight):
        self.is_tonight = is_tonight
        self.archive, self.settings, self.date, self.name, self.dry = archive, settings, date, name, dry
        self.folder = archive.path(name)
        self.tools = tools
        self.before = archive.in_use(besides=name)
        self.summary = {"date": str(date), "run": name, "previous": self.before, "seconds": {}, "gates": {},
                        "settings": settings}
        self.earlier = read_summary(f"{archive.path(self.before)}/summary.json") if self.before else {}
        if self.before and not self.earlier:
            self.summary["unreadable"] = f"summary.json of {self.before} is not whole, or cannot be read"
        # An earlier night's files as seen from the folder of this one.
        self.past = f"../{self.before}" if self.before else None
        self.digests = {}
        if not dry:
            os.makedirs(f"{self.folder}/steps", exist_ok=True)
        # Which must not change while the night is at work.
        self.version = version_of(tools)

    def refuse_other_tools(self):
        """Ends the night where tools were replaced under it; the next run makes it anew with the new ones."""
        if version_of(self.tools) != self.version:
            raise Ending(BUSY, "the tools were replaced while the night was at work; run it again")

    def file(self, name):
        return os.path.join(self.folder, name)

    def digest(self, name):
        if name not in self.digests:
            try:
                self.digests[name] = digest_of(self.file(name))
            except FileNotFoundError as error:
                raise Ending(BAD_DATA, f"{name}: is missing") from error
            except OSError as error:
                # An earlier night's is damaged; of tonight's it is the disk that fails.
                if not self.past or not name.startswith(f"{self.past}/"):
                    raise
                raise Ending(BAD_DATA, f"{name}: {error.strerror}") from error
        return self.digests[name]

    def has(self, name, digest):
        """Whether a file is there, with the bytes that it was made with."""
        return os.path.exists(self.file(name)) and self.digest(name) == digest

    def run(self, words, output=None, folder=None):
        """Runs a tool in the night's folder, or another; its messages go to run.log.

        Returns its status and the last message; standard output goes to the file that is named.
        """
        environment = dict(os.environ, INDGRM_RUN=self.name, DATE=str(self.date), LC_ALL="C.UTF-8")
        with open(self.file("run.log"), "ab") as log, open(self.file(output) if output else os.devnull, "wb") as out:
            start = log.tell()
            done = subprocess.run(
                words, cwd=folder or self.folder, stdin=subprocess.DEVNULL, stdout=out, stderr=log, env=environment,
                preexec_fn=end_with_parent, pass_fds=[self.archive.handle])
        with open(self.file("run.log"), encoding="utf-8", errors="replace") as log:
            log.seek(start)
            return done.returncode, message_of(done.returncode, log.read())

    def tool(self, words):
        return [f"{self.tools}/{words[0]}", "--log", "json", "--threads", str(self.settings["THREADS"]), *words[1:]]

    def step(self, name, words, inputs, output, extra=()):
        """Makes a file by a tool, unless its stamp says that just this was done, with the same digests.

        - inputs: what must be there; other files that the words name are looked at as well, for a list of yesterday's
          must not pass for one of today's.
        - extra: options that do not change the output.
        """
        if self.dry:
            print("+", shlex.join(["indgrm", *words, *extra, "-o", output]))
            return
        named = [file for file in (word.rpartition("=")[2] for word in words) if os.path.isfile(self.file(file))]
        key = {"words": list(words), "version": self.version, "inputs": {i: self.digest(i) for i in [*inputs, *named]}}
        stamp = read_json(self.file(f"steps/{name}")) or {}
        if stamp.get("key") == key and self.has(output, stamp.get("output")):
            self.summary["seconds"][name] = stamp["seconds"]
            return
        begin = time.monotonic()
        status, message = self.run(self.tool([*words, *extra, "-o", output]))
        if status != 0:
            # Tools work in the night's folder; who reads the reason does not.
            for far in (i for i in inputs if i.startswith("../")):
                message = message.replace(far, os.path.normpath(self.file(far)))
            raise Ending(as_shell(status), f"{name}: {message}")
        self.digests.pop(output, None)
        seconds = round(time.monotonic() - begin, 2)
        write_whole(self.file(f"steps/{name}"), as_json({"key": key, "output": self.digest(output), "seconds": seconds}))
        self.summary["seconds"][name] = seconds

    def ask(self, words):
        """What a tool prints."""
        done = subprocess.run(
            self.tool(words), cwd=self.folder, capture_output=True, encoding="utf-8", errors="replace",
            preexec_fn=end_with_parent, pass_fds=[self.archive.handle], check=False)
        if done.returncode != 0:
            raise Ending(as_shell(done.returncode), f"{words[0]}: {message_of(done.returncode, done.stderr)}")
        return done.stdout

    def refuse_unless(self, name, value, holds, reason):
        """A gate: notes the value, and ends the night where it does not hold."""
        self.summary["gates"][name] = value
        if not holds:
            raise Ending(REFUSALS[name], f"{name}: {reason}")

    def warnings(self):
        """What the tools warned of in this night, each once."""
        found = []
        with open(self.file("run.log"), encoding="utf-8", errors="replace") as log:
            for line in log:
                try:
                    row = json.loads(line)
                    if row["level"] == "warning":
                        found.append(f"{row['tool']}: {row['message']}")
                except (ValueError, KeyError, TypeError):
                    pass  # What a command of the source's said.
        return list(dict.fromkeys(found))

    def tell(self, status, reason):
        """Writes summary.json in the night's folder, and a copy as the root's last.json."""
        words = {PUBLISHED: "published", DEGRADED: "degraded", BAD_DATA: "refused", BUSY: "stopped"}
        word = "refused" if status in REFUSALS.values() else words.get(status, "failed")
        warnings = self.warnings() if os.path.exists(self.file("run.log")) else []
        self.summary.update({"status": word, "exit": status, "reason": reason, "warnings": warnings})
        for path in (self.file("summary.json"), os.path.join(self.archive.root, "last.json")):
            write_whole(path, as_json(self.summary))

    def refuse_full_disk(self):
        """Ends the night before it begins where there is less room than the night before took, and a half more."""
        if not self.before:
            return
        def size(folder):
            return sum(file.stat(follow_symlinks=False).st_size for file in os.scandir(folder))
        try:
            taken = size(self.archive.path(self.before))
        except OSError:
            return
        there = size(self.folder)
        disk = os.statvfs(self.archive.root)
        free = disk.f_bavail * disk.f_frsize
        if free + there < taken * 1.5:
            raise Ending(FULL, f"{self.archive.root}: {free >> 20} MB are free, {int(taken * 1.5) >> 20} MB are needed;"
                         " make room or lower KEEP")
