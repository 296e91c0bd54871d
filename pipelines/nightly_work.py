"""What does a night do, step by step, and when does it stop?"""

import datetime
import errno
import json
import math
import os
import shlex
import shutil
import signal
import subprocess

from nightly_files import (
    BAD_DATA, BUSY, DAYS, DEGRADED, FULL, NO_INPUT, PUBLISHED, REFUSALS, USAGE, Ending, as_json, digest_of, on_signals,
    other_division, read_json, sync, write_whole)
from nightly_steps import Steps, as_shell, end_with_parent, message_of


# Models that train epoch by epoch, from an earlier one or after a break.
NETWORKS = ("indgrm", "recvae", "macridvae", "mult-vae", "dglgm")


class Night(Steps):
    """The steps from the log to lists, and the gates between them."""

    def refuse_wrong_options(self):
        """Ends the night before it begins where a tool does not take the options it is to be given.

        Each is asked with an input that is not there: only what is wrong with the words themselves is heard.
        """
        settings = self.settings
        metric, _, at = settings["METRIC"].partition("@")
        asked = {
            "INGEST": ["ingest"], "BINARIZE": ["binarize"], "SPLIT": ["split", "--stable"],
            "FIT": ["fit", "--refit", "--model", settings["MODEL"], *self.checkpoints(settings["MODEL"] in NETWORKS)[-1]],
            "SCORE": ["score", "--model", ".none", "--top", str(settings["TOP"])],
            "METRIC": ["metrics", "--truth", ".none", "--metrics", metric, "--at", at],
        }
        for key, (tool, *words) in asked.items():
            own = [] if key == "METRIC" else shlex.split(settings[key])
            given = {"-o", "--output", *(["--format"] if key == "SCORE" else []), *words} - {"--refit", "--stable"}
            again = [word for word in own if word.startswith("-") and word.split("=")[0] in given]
            if again:
                raise Ending(USAGE, f"{key}: {again[0]} is what the night itself says; leave it out")
            done = subprocess.run(
                self.tool([tool, *words, ".none", *own]), cwd=self.archive.root, stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, encoding="utf-8", errors="replace",
                preexec_fn=end_with_parent, check=False)
            if done.returncode == USAGE:
                raise Ending(USAGE, f"{key}: {message_of(USAGE, done.stderr)}")
            if done.returncode == PUBLISHED:
                raise Ending(USAGE, f"{key}: has an option by which {tool} prints something and ends, such as --help; leave it out")

    def source(self):
        """The log as one file: the one that is named, or what the command prints."""
        settings = self.settings
        if settings["SOURCE"]:
            path = os.path.join(self.archive.root, settings["SOURCE"].replace("{date}", str(self.date)))
            self.refuse_unless_read(path)
            return os.path.relpath(path, self.folder)
        if self.dry:
            print(f"+ (cd {shlex.quote(self.archive.root)}; {settings['SOURCE_COMMAND']}) > source.csv")
            return "source.csv"
        key, stamp = {"words": settings["SOURCE_COMMAND"]}, read_json(self.file("steps/source")) or {}
        if stamp.get("key") != key or not self.has("source.csv", stamp.get("output")):
            words = ["bash", "-e", "-o", "pipefail", "-c", settings["SOURCE_COMMAND"]]
            status, message = self.run(words, ".source.tmp", self.archive.root)
            if status != 0:
                # Whatever program it was that could not write said so in these words.
                is_full = os.strerror(errno.ENOSPC) in message
                raise Ending(FULL if is_full else REFUSALS["source"], f"source: ended with status {as_shell(status)}: {message}")
            os.replace(self.file(".source.tmp"), self.file("source.csv"))
            self.digests.pop("source.csv", None)
            write_whole(self.file("steps/source"), as_json({"key": key, "output": self.digest("source.csv")}))
        return "source.csv"

    def refuse_unless_read(self, path):
        """Ends the night where a file cannot be read twice: once for its digest, once by ingest."""
        is_other = os.path.exists(path) and not os.path.isfile(path)
        if os.access(path, os.R_OK) and not is_other:
            return
        fault = "is no file; name one, or a command in SOURCE_COMMAND" if is_other else "cannot be opened"
        raise Ending(NO_INPUT, f"{path}: {fault}")

    def data(self):
        """Source to split, with the gate on what came in."""
        settings = self.settings
        source, items = self.source(), []
        if settings["ITEMS"]:
            items = [os.path.join(self.archive.root, settings["ITEMS"])]
            self.refuse_unless_read(items[0])
            items = [os.path.relpath(items[0], self.folder)]
        words = ["ingest", *shlex.split(settings["INGEST"]), source]
        self.step("ingest", words + [w for i in items for w in ("--items", i)], [source, *items], "log.ig")
        if not self.dry:
            try:
                self.gate_on_data()
            except Ending:
                # What a gate refused is fetched anew when the night is run again.
                for stale in ("steps/source", "steps/ingest", "source.csv"):
                    if os.path.exists(self.file(stale)):
                        os.unlink(self.file(stale))
                raise
        self.step("binarize", ["binarize", *shlex.split(settings["BINARIZE"]), "log.ig"], ["log.ig"], "liked.ig")
        self.step("split", ["split", "--stable", *shlex.split(settings["SPLIT"]), "liked.ig"], ["liked.ig"], "split.ig")

    def gate_on_data(self):
        stats = json.loads(self.ask(["dump", "--stats", "log.ig"]))
        self.summary["data"] = stats
        known = self.earlier.get("data")
        self.refuse_unless("rows", stats["rows"], stats["rows"] > 0, "the log is empty")
        if stats["newest"] is not None:
            end = datetime.datetime.combine(self.date, datetime.time(), datetime.timezone.utc).timestamp() + 86400
            age = round((end - stats["newest"]) / 3600, 1)
            limit = self.settings["MAX_AGE_HOURS"]
            self.refuse_unless("age_hours", age, limit <= 0 or age <= limit,
                               f"the newest event is {age} hours older than the end of {self.date}")
            # Tomorrow's may be there where the shop's clock runs ahead, or is not that of UTC.
            self.refuse_unless("age_hours", age, limit <= 0 or age >= -24 or not self.is_tonight,
                               f"the newest event is {-age} hours after the end of {self.date}; is the clock right?")
        share = stats["repeated"] / stats["rows"]
        before = known["repeated"] / max(known["rows"], 1) if known else share
        self.refuse_unless("repeated", round(share, 4), share <= before + self.settings["MAX_REPEATED"],
                           f"{share:.0%} of the rows repeat others, {before:.0%} did in {self.before}")
        if not known:
            return
        nights = max((self.date - datetime.date.fromisoformat(self.earlier["date"])).days, 1)
        for what in ("rows", "users", "items"):
            ratio = stats[what] / max(known[what], 1)
            fits = ratio >= 1 - self.settings["MAX_SHRINK"] and (
                ratio <= 1 or math.log(ratio) <= nights * math.log1p(self.settings["MAX_GROWTH"]))
            self.refuse_unless(f"{what}_ratio", round(ratio, 4), fits,
                               f"{stats[what]} {what}, {known[what]} in {self.before}")
        for what in ("users", "items"):
            try:
                past = self.ids(f"{self.past}/log.ig", what)
            except Ending as ending:
                # Damaged, gone, or not to be read.
                if ending.status not in (BAD_DATA, NO_INPUT, FULL):
                    raise
                self.summary["unreadable"] = f"the log of {self.before} could not be read: {ending.reason}"
                return
            ids = self.ids("log.ig", what)
            new = len(ids - past) / max(len(ids), 1)
            self.refuse_unless(f"new_{what}", round(new, 4), new <= self.settings[f"MAX_NEW_{what.upper()}"],
                               f"{new:.0%} of the {what} are unknown to {self.before}; were ids renamed?")

    def ids(self, file, what):
        return {json.loads(line)["id"] for line in self.ask(["dump", f"--{what}", file]).splitlines()}

    def model(self):
        """Fits tonight's model, and keeps yesterday's where tonight's is worse."""
        settings = self.settings
        words = ["fit", "--refit", "--model", settings["MODEL"], *shlex.split(settings["FIT"]), "split.ig"]
        day = settings["COLD"]
        warm = self.before and day != "always" and (day == "never" or DAYS[self.date.weekday()] != day)
        trains = settings["MODEL"] in NETWORKS
        ways = [(words, ["split.ig"])]
        if warm and trains:
            ways.insert(0, ([*words, "--init", f"{self.past}/model"], ["split.ig", f"{self.past}/model"]))
        self.fit([(*way, extra) for way in ways for extra in self.checkpoints(trains)])
        if self.dry:
            return
        self.choose(self.compare())

    def checkpoints(self, trains):
        """Options by which a fit is put aside: first those that go on from where it was, where it was put aside."""
        if self.settings["CHECKPOINT"] != "yes" or not trains:
            return [[]]
        aside = ["--checkpoint", "fit.checkpoint"]
        return [[*aside, "--resume", "fit.checkpoint"], aside] if os.path.exists(self.file("fit.checkpoint")) else [aside]

    def fit(self, ways):
        """Fits in the first of some ways that is not refused: an earlier model or run may not fit what is asked for."""
        for place, (words, inputs, extra) in enumerate(ways):
            try:
                self.step("fit", words, inputs, "fitted.model", extra)
                self.summary["resumed"] = "--resume" in extra
                return
            except Ending as ending:
                if ending.status not in (USAGE, BAD_DATA) or place == len(ways) - 1:
                    raise
                if "--init" in words and "--init" not in ways[place + 1][0]:
                    self.summary["cold"] = ending.reason

    def lists_of(self, model, output):
        self.step(output, ["score", "--model", model, "--top", self.settings["METRIC"].partition("@")[2], "split.ig"],
                  ["split.ig", model], output)

    def measured(self, *lists):
        """What METRIC says of one file of lists, or of two beside each other."""
        metric, _, at = self.settings["METRIC"].partition("@")
        words = ["metrics", "--quiet", "--truth", "split.ig", "--metrics", metric, "--at", at, "--format", "json", *lists]
        return next(row for row in json.loads(self.ask(words))["rows"] if row["group"] == "all")

    def figures(self, lists):
        row = self.measured(lists)
        return {"metric": self.settings["METRIC"], **{key: row[key] for key in ("mean", "interval", "users")}}

    def compare(self):
        """The figures of tonight's model on held-out users, and the reason to keep yesterday's, or None."""
        self.lists_of("fitted.model", "fitted.lists")
        figure = self.summary["figures"] = self.figures("fitted.lists")
        low = figure["mean"] < self.settings["FLOOR"]
        knows = self.before and other_division(self.settings, self.earlier.get("settings"))
        if knows:
            # It was trained on some of those who are held out now.
            self.summary["uncompared"] = f"the model of {self.before} knows users that SPLIT holds out now"
        if not self.before or knows:
            self.refuse_unless("floor", figure["mean"], not low, f"{figure['mean']:.4f} is below {self.settings['FLOOR']}")
            return None
        try:
            self.lists_of(f"{self.past}/model", "earlier.lists")
        except Ending as ending:
            if ending.status != BAD_DATA or low:
                raise
            # An earlier model that is damaged, or of other items, must not hold up every night to come.
            self.summary["uncompared"] = f"the model of {self.before} could not be asked: {ending.reason}"
            return None
        row = self.measured("--compare", "fitted.lists", "earlier.lists")
        self.summary["figures"]["earlier"] = row["meanA"]
        interval = row["users"]["interval"] or {"low": 0, "high": 0}
        self.summary["figures"]["difference"] = interval
        if low:
            return f"{self.settings['METRIC']} of tonight's model is {figure['mean']:.4f}, below FLOOR"
        if interval["high"] < -self.settings["MAX_DROP"] * row["meanA"]:
            return (f"{self.settings['METRIC']} of tonight's model is {row['meanB']:.4f},"
                    f" {row['meanA']:.4f} of the one of {self.before}")
        return None

    def choose(self, regression):
        """Gives the model its name in the night's folder: tonight's, or yesterday's, then the night is degraded."""
        self.summary["degraded"] = regression
        chosen = f"{self.past}/model" if regression else "fitted.model"
        beside = self.file(".model.tmp")
        if os.path.lexists(beside):
            os.unlink(beside)
        try:
            os.link(self.file(chosen), beside)
        except OSError:
            # Not every file system has second names, nor may every user give them to what another one made.
            shutil.copyfile(self.file(chosen), beside)
        os.replace(beside, self.file("model"))
        # Renaming a name of the same file onto another does nothing, and leaves both.
        if os.path.lexists(beside):
            os.unlink(beside)
        self.summary["model_of"] = self.earlier.get("model_of", self.before) if regression else self.name
        self.digests.pop("model", None)

    def lists(self):
        """Lists for everybody, with the gate on them."""
        settings = self.settings
        words = shlex.split(settings["SCORE"])
        self.step("score", ["score", "--model", "model", "--top", str(settings["TOP"]), *words, "liked.ig"],
                  ["liked.ig", "model"], "lists.ig")
        if settings["LISTS"] != "none":
            self.step("export", ["dump", "--to", settings["LISTS"], "lists.ig"], ["lists.ig"], f"lists.{settings['LISTS']}")
        if self.dry:
            return
        stats = json.loads(self.ask(["dump", "--stats", "lists.ig"]))
        asked = json.loads(self.ask(["dump", "--stats", "liked.ig"]))
        self.summary["lists"] = stats
        self.refuse_unless("users_listed", stats["users"], stats["users"] == asked["users"] or "--users" in settings["SCORE"],
                           f"{stats['users']} of {asked['users']} users have a list")
        self.refuse_unless("not_finite", stats["not_finite"], stats["not_finite"] == 0, "scores are not finite")
        # Lists are short where candidates are few; a gap that the night before had is none, nor are items that users have.
        places = stats["lists"] * min(settings["TOP"], stats["items"])
        if stats["users"] == asked["users"] and "--keep-seen" not in settings["SCORE"]:
            places = min(places, stats["lists"] * stats["items"] - asked["rows"])
        places = max(places, 1)
        short, known = max(1 - stats["entries"] / places, 0), self.earlier.get("gates", {}).get("short", 0)
        self.refuse_unless("short", round(short, 4), short <= known + settings["MAX_SHORT"],
                           f"{short:.1%} of the lists' places are empty; lower TOP or raise MAX_SHORT if that is meant")
        if "--keep-seen" not in settings["SCORE"]:
            rows = json.loads(self.ask(["metrics", "--quiet", "--truth", "liked.ig", "--metrics", "precision", "--at",
                                        str(settings["TOP"]), "--format", "json", "lists.ig"]))["rows"]
            known = next(row for row in rows if row["group"] == "all")["mean"]
            self.refuse_unless("known", known, known == 0, "lists hold what users already have")
        if self.before and os.path.exists(self.file(f"{self.past}/lists.ig")):
            overlap = self.overlap()
            self.refuse_unless("overlap", overlap, overlap is None or overlap >= settings["MIN_OVERLAP"],
                               f"lists share {overlap or 0:.0%} with those of {self.before} on average")

    def overlap(self, sample=2000):
        """The mean share of items that the first users' lists share with the earlier ones; None without common users."""
        def first(place):
            found = {}
            words = self.tool(["dump", "--to", "jsonl", f"{place}lists.ig"])
            with subprocess.Popen(words, cwd=self.folder, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as export:
                for line in export.stdout:
                    row = json.loads(line)
                    if row["user"] not in found and len(found) == sample:
                        break
                    items = row["items"] if "items" in row else [row]
                    found.setdefault(row["user"], set()).update(str(item["item"]) for item in items)
                export.kill()
            return found
        new, old = first(""), first(self.past + "/")
        shares = [len(new[u] & old[u]) / max(min(len(new[u]), len(old[u])), 1) for u in new if u in old]
        return round(sum(shares) / len(shares), 4) if shares else None

    def finish(self):
        """Manifests and model card, all on the disk; after this the night only needs its link."""
        description = json.loads(self.ask(["dump", "--stats", "model"]))
        card = {
            "model": description["description"]["model"], "date": str(self.date), "run": self.name, "model_of": self.summary["model_of"],
            "version": self.version.strip(), "data": self.summary["data"], "figures": self.summary["figures"],
            "model_digest": description["digest"], "settings": description["description"],
            "commands": self.ask(["dump", "--provenance", "model"]).splitlines(),
            "intended_use": self.settings["INTENDED_USE"], "not_for": self.settings["NOT_FOR"],
        }
        if self.summary["degraded"]:
            # The card is that of the model in use: what it was made from and how good it is, beside the later one.
            known = read_json(self.file(f"{self.past}/card.json")) or {}
            card.update({key: known[key] for key in ("data", "version") if key in known})
            card["figures"] = dict(self.figures("earlier.lists"), later=self.summary["figures"]["mean"])
        write_whole(self.file("card.json"), as_json(card))
        streams = ["log.ig", "liked.ig", "split.ig", "model", "lists.ig"]
        write_whole(self.file("MANIFEST"), self.ask(["check", "--digests", *streams]))
        self.ask(["check", "--manifest", "MANIFEST"])
        text = [] if self.settings["LISTS"] == "none" else [f"lists.{self.settings['LISTS']}"]
        names = [*streams, *text, "card.json", "MANIFEST"]
        write_whole(self.file("SHA256SUMS"), "".join(f"{digest_of(self.file(name))}  {name}\n" for name in names))
        if os.path.exists(self.file("fit.checkpoint")):
            os.unlink(self.file("fit.checkpoint"))
        self.summary["complete"] = True
        self.tell(DEGRADED if self.summary["degraded"] else PUBLISHED, self.summary["degraded"])
        for name in [*names, "summary.json", "."]:
            sync(self.file(name))

    def work(self):
        """The whole night; returns its status."""
        self.refuse_wrong_options()
        if self.dry:
            print("+ cd", shlex.quote(self.folder))
        else:
            self.refuse_full_disk()
        self.data()
        self.model()
        self.lists()
        if self.dry:
            return PUBLISHED
        self.refuse_other_tools()
        self.finish()
        on_signals(signal.SIG_IGN)
        self.archive.point(self.name)
        self.archive.prune(self.settings["KEEP"], self.name)
        return self.summary["exit"]
