"""Where does a night keep its files, and what was it told?"""

import datetime
import fcntl
import hashlib
import json
import math
import os
import re
import shlex
import shutil
import signal

PUBLISHED, DEGRADED, USAGE, BAD_DATA, NO_INPUT, FAULT, FULL, BUSY = 0, 3, 64, 65, 66, 70, 74, 75
# What refuses a night, with a status of its own for each thing that somebody has to look at: the log's size, its ids,
# its rows, its age, its source; the model; the lists, their likeness to the last; the clock; a night rolled back;
# other settings than those of the night that is published, or of the root.
REFUSALS = {
    "rows": 10, "rows_ratio": 10, "users_ratio": 10, "items_ratio": 10, "new_users": 11, "new_items": 11,
    "repeated": 12, "age_hours": 13, "source": 14, "floor": 15,
    "users_listed": 16, "not_finite": 16, "short": 16, "known": 16, "overlap": 17, "clock": 18, "rolled_back": 19,
    "settings": 20,
}
# The folder of a night, and of one that was made again.
NIGHT = re.compile(r"\d{4}-\d\d-\d\d(\.\d+)?", re.ASCII)
DAYS = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]

# Every setting with its default; the type of the default is the type of the setting.
DEFAULTS = {
    "SOURCE": "", "SOURCE_COMMAND": "", "ITEMS": "",
    "INGEST": "", "BINARIZE": "--min-user 5", "SPLIT": "", "MODEL": "indgrm", "FIT": "",
    "SCORE": "", "TOP": 100, "LISTS": "csv", "THREADS": 0,
    "METRIC": "ndcg@100", "MAX_DROP": 0.02, "FLOOR": 0.0,
    "MAX_SHRINK": 0.2, "MAX_GROWTH": 1.0, "MAX_NEW_USERS": 0.5, "MAX_NEW_ITEMS": 0.3,
    "MAX_REPEATED": 0.1, "MAX_AGE_HOURS": 72.0, "MIN_OVERLAP": 0.1, "MAX_SHORT": 0.05,
    "COLD": "sunday", "CHECKPOINT": "no", "KEEP": 14,
    "INTENDED_USE": "ranked lists of items for the users of this data",
    "NOT_FOR": "decisions about people; users or items of other data",
}


# Shares: a limit of 20, meant as 20 %, would never be reached.
SHARES = ("MAX_DROP", "MAX_SHRINK", "MAX_NEW_USERS", "MAX_NEW_ITEMS", "MAX_REPEATED", "MAX_SHORT")
# Figures of all lists together, of which no test tells whether a model fell behind.
OF_CATALOGUES = ("coverage", "gini", "novelty")


# What decides what is published, beside the log.
DECIDING = ("SOURCE", "SOURCE_COMMAND", "ITEMS", "INGEST", "BINARIZE", "SPLIT", "MODEL", "FIT", "SCORE", "TOP", "LISTS")


def other_settings(settings, earlier):
    """Which settings that decide what is published differ from those of an earlier night, as text."""
    return ", ".join(key for key in DECIDING if settings[key] != earlier.get(key, settings[key]))


def other_division(settings, earlier):
    """Whether users may be in another part than they were by an earlier night's settings."""
    def told(text):
        words = shlex.split(text.replace("=", " "))
        pairs = dict(zip(words, words[1:]))
        return [float(pairs.get(name, default)) for name, default in (("--test", 0.1), ("--validation", 0.1), ("--seed", 20))]
    before = (earlier or {}).get("SPLIT", settings["SPLIT"])
    try:
        return told(before) != told(settings["SPLIT"])
    except ValueError:
        return True


class Ending(Exception):
    """Ends the night with a status and one line of reason."""

    def __init__(self, status, reason):
        super().__init__(reason)
        self.status, self.reason = status, reason


def value_of(key, text):
    """A setting's value; ValueError says what it must be."""
    if isinstance(DEFAULTS[key], str):
        if key in ("INGEST", "BINARIZE", "SPLIT", "FIT", "SCORE"):
            shlex.split(text)
        return text
    try:
        value = type(DEFAULTS[key])(text)
    except ValueError:
        raise ValueError(f"needs a number, not '{text}'") from None
    if not math.isfinite(value) or value < 0:
        raise ValueError(f"must be a number from 0 on, not '{text}'")
    if key in SHARES and value > 1:
        raise ValueError(f"must be a share from 0 to 1, such as 0.2 for 20 %, not '{text}'")
    return value


def read_settings(path):
    """The settings of a file of KEY=VALUE lines, and which file that is; # begins a comment line, quotes around a value go."""
    # Under the name that it is called by: what a link there leads to may be another file after each change.
    settings = dict(DEFAULTS, file=os.path.abspath(path))
    try:
        with open(path, encoding="utf-8-sig") as file:
            text = file.read()
    except OSError as error:
        raise Ending(NO_INPUT, f"{path}: {error.strerror}; name a file of settings by -c") from None
    except ValueError:
        raise Ending(USAGE, f"{path}: is not UTF-8; convert it with iconv -f ENCODING -t UTF-8") from None
    if "\0" in text:
        raise Ending(USAGE, f"{path}: holds zero bytes; write KEY=VALUE lines")
    said, again = set(), None
    for number, line in enumerate(text.split("\n"), 1):
        line = line.strip()
        if not line or line.startswith("#"):
            continue
        key, sign, value = (part.strip() for part in line.partition("="))
        if not sign or key not in DEFAULTS:
            raise Ending(USAGE, f"{path}: line {number}: there is no setting '{key}'; see indgrm-nightly(1)")
        again = again or (f"line {number}: {key} is set before; set it once" if key in said else None)
        said.add(key)
        if len(value) > 1 and value[0] == value[-1] and value[0] in "'\"":
            value = value[1:-1]
        try:
            settings[key] = value_of(key, value)
        except ValueError as error:
            raise Ending(USAGE, f"{path}: line {number}: {key}: {error}") from None
    if settings["TOP"] == 0:
        raise Ending(USAGE, f"{path}: TOP must be 1 or more")
    if settings["LISTS"] not in ("csv", "jsonl", "none"):
        raise Ending(USAGE, f"{path}: LISTS must be csv, jsonl or none")
    if settings["COLD"] not in DAYS + ["never", "always"]:
        raise Ending(USAGE, f"{path}: COLD must be a day of the week, never or always")
    if settings["CHECKPOINT"] not in ("yes", "no"):
        raise Ending(USAGE, f"{path}: CHECKPOINT must be yes or no")
    if not re.fullmatch("[a-z-]+@[1-9][0-9]*", settings["METRIC"]):
        raise Ending(USAGE, f"{path}: METRIC must be a name and a length of lists, as in ndcg@100")
    if settings["METRIC"].partition("@")[0] in OF_CATALOGUES:
        raise Ending(USAGE, f"{path}: METRIC must be a figure of users, as in ndcg@100: others tell no test that a model fell behind")
    if bool(settings["SOURCE"]) == bool(settings["SOURCE_COMMAND"]):
        raise Ending(USAGE, f"{path}: say where the log is: SOURCE, a file, or SOURCE_COMMAND")
    if again:
        raise Ending(USAGE, f"{path}: {again}")
    return settings


def on_signals(action):
    """What happens at a signal that asks for an end; one that is ignored, as under nohup, stays so."""
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        if signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, action)


def digest_of(path):
    """The SHA-256 of a file."""
    total = hashlib.sha256()
    with open(path, "rb") as file:
        for block in iter(lambda: file.read(1 << 20), b""):
            total.update(block)
    return total.hexdigest()


def sync(path):
    """Makes sure that a file or folder is on the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def write_whole(path, text):
    """Writes a file that exists under its name only when it is whole."""
    beside = os.path.join(os.path.dirname(path), f".{os.path.basename(path)}.tmp")
    with open(beside, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    os.replace(beside, path)


def as_json(value):
    return json.dumps(value, indent=2, sort_keys=True) + "\n"


def read_json(path):
    """The object in a JSON file, or None where there is none that can be read and is whole."""
    try:
        with open(path, encoding="utf-8") as file:
            value = json.load(file)
    except (OSError, ValueError):
        return None
    return value if isinstance(value, dict) else None


def read_summary(path):
    """What a night wrote of itself, or nothing where that is not whole: what later nights are held against must be there."""
    found = read_json(path) or {}
    try:
        datetime.date.fromisoformat(found["date"])
        sum(found["data"][what] for what in ("rows", "users", "items", "repeated")) + found["gates"].get("short", 0)
    except (AttributeError, KeyError, TypeError, ValueError):
        return {}
    return found


class Archive:
    """The nights under a root: runs/DATE or runs/DATE.N, and current, a link to the one in use."""

    def __init__(self, root, dry=False):
        # Without links: the way up from a night's folder is that of the file system.
        self.root = os.path.realpath(root)
        # What old nights could not be rid of, a line each: it ends no night.
        self.left = []
        self.runs = os.path.realpath(os.path.join(self.root, "runs"))
        if not dry:
            os.makedirs(self.runs, exist_ok=True)

    def lock(self):
        """Takes the lock; tools that a killed night left behind hold it until they end."""
        self.handle = os.open(os.path.join(self.root, "lock"), os.O_RDWR | os.O_CREAT, 0o640)
        try:
            fcntl.flock(self.handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Ending(BUSY, f"{self.root}: another night is at work; nothing was done") from None

    @staticmethod
    def order(name):
        date, _, number = name.partition(".")
        return (date, int(number or 1))

    def path(self, name):
        return os.path.join(self.runs, name)

    def current(self):
        """The name of the night in use, or None where the link is not there or leads to no night; its folder may be gone."""
        link = os.path.join(self.root, "current")
        if os.path.islink(link):
            name = os.path.basename(os.readlink(link).rstrip("/"))
            return name if NIGHT.fullmatch(name) else None
        if os.path.lexists(link):
            raise Ending(FULL, f"{link}: is no link, and cannot be put in place of another; move it away")
        return None

    def in_use(self, besides=None):
        """The night that another one is held against: the one in use, or the newest there is where that or its link is gone."""
        current = self.current()
        if current in self.names():
            return current
        return next((name for name in reversed(self.good()) if name != besides), None)

    def names(self):
        there = os.listdir(self.runs) if os.path.isdir(self.runs) else []
        found = [name for name in there if NIGHT.fullmatch(name) and os.path.isdir(self.path(name))]
        return sorted(found, key=self.order)

    def is_complete(self, name):
        return (read_json(os.path.join(self.path(name), "summary.json")) or {}).get("complete", False)

    def settings_of(self, name):
        """The settings that a night was made with, and of which file; none where it is not known."""
        found = (read_json(os.path.join(self.path(name), "summary.json")) or {}).get("settings") if name else None
        return found if isinstance(found, dict) else {}

    def rolled_back(self):
        """The nights that were put out of use, and are not published again unasked."""
        try:
            with open(os.path.join(self.root, "rolled-back"), encoding="utf-8", errors="replace") as file:
                return file.read().split()
        except FileNotFoundError:
            return []

    def good(self):
        """The nights that are whole and were not put out of use."""
        bad = self.rolled_back()
        return [name for name in self.names() if name not in bad and self.is_complete(name)]

    def good_before(self, current):
        """The good nights before one, if there is any."""
        return [name for name in self.good() if current and self.order(name) < self.order(current)]

    def first_harmed(self, name):
        """The first file of a night that is missing or has other bytes than when it was published, or None."""
        try:
            with open(os.path.join(self.path(name), "SHA256SUMS"), encoding="utf-8") as file:
                lines = [line.split("  ", 1) for line in file.read().splitlines()]
        except (OSError, ValueError):
            return "SHA256SUMS"
        for words in lines:
            path = os.path.join(self.path(name), words[-1])
            try:
                if len(words) != 2 or not os.path.isfile(path) or digest_of(path) != words[0]:
                    return words[-1]
            except OSError:
                return words[-1]
        return None if lines else "SHA256SUMS"

    def point(self, name):
        """Puts a night in use: one rename."""
        beside = os.path.join(self.root, ".current.new")
        if os.path.lexists(beside):
            os.unlink(beside)
        os.symlink(os.path.join("runs", name), beside)
        sync(self.runs)
        os.replace(beside, os.path.join(self.root, "current"))
        sync(self.root)

    def leave(self, path, error):
        """Notes what cannot be removed of an old night."""
        self.left.append(f"{path}: cannot be removed: {error.strerror}; remove it by hand")

    def remove(self, trash):
        """Removes the folder of a night that has been put aside."""
        faults = []
        shutil.rmtree(trash, onerror=lambda _, path, fault: faults.append((path, fault[1])))
        if faults:
            self.leave(*faults[0])

    def sweep(self):
        """Removes what killed nights left: temporary files and half-removed nights."""
        for name in os.listdir(self.runs):
            if name.startswith(".trash-"):
                self.remove(self.path(name))
                continue
            for folder, _, files in os.walk(self.path(name)):
                for file in files:
                    if file.startswith(".") and file.endswith(".tmp"):
                        try:
                            os.unlink(os.path.join(folder, file))
                        except OSError as error:
                            self.leave(os.path.join(folder, file), error)

    def prune(self, keep, tonight):
        """Removes all but the newest nights; tonight's, the one in use and the one before it stay, and any that cannot go.

        Of the nights after the one in use those go that are not whole, but for as many as are kept of the others.
        """
        names, current, keep = self.names(), self.current(), max(keep, 1)
        whole = [name for name in names if self.is_complete(name)]
        failed = [name for name in names if name not in whole]
        stay = set(whole[-keep:] + [current, tonight] + self.good_before(current)[-1:])
        for name in names:
            is_old = current and self.order(name) < self.order(current)
            if name not in stay and (is_old or name in failed[:-keep]):
                trash = self.path(f".trash-{name}")
                try:
                    os.rename(self.path(name), trash)
                except OSError as error:
                    self.leave(self.path(name), error)
                else:
                    self.remove(trash)
