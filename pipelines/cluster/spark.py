"""Prepares a log of interactions and ranks items for users, on Spark, by the tools.

Usage: spark-submit spark.py prepare LOG PARTS --parts N [--since TIME] [--until TIME] [--min RATING]
                     [--min-user N] [--min-item N] [--columns user,item,rating,time] [--format parquet]
       spark-submit spark.py score PARTS MODEL LISTS [--top N] [--options 'OPTIONS of score']

prepare reads Parquet, or another --format that spark.read knows, keeps a window of seconds since 1970, of each user and
item the last rating, ratings of at least --min, and the k-core; and writes one part of indgrm shard for each of N
hashes of users into the folder PARTS, with its MANIFEST last. score ranks for the users of all parts and writes LISTS
as Parquet: user, round, rank, item, score. PARTS and MODEL lie where all executors see them under one path; the tools
are found on PATH, or by spark.executorEnv.PATH.

A tool that fails fails its task with what it said, and Spark tries again; parts take their place whole, so that two
attempts at once, or one whose worker died, do no harm. The parts and lists are those of one process, to the byte.
"""

import argparse
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import threading

import pyarrow as pa
from pyarrow import csv
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

LISTS = "user string, round int, rank int, item string, score float"
ENTRIES = "part int, entry string"


class Pipe:
    """Tools one after the other, as in a shell, whose statuses and messages nobody loses."""

    def __init__(self, *commands, feed=None):
        """Starts commands, lists of words; `feed` writes to the first one's standard input, a file of bytes."""
        self.commands, self.running, self.logs = commands, [], []
        for place, command in enumerate(commands):
            source = self.running[-1].stdout if place else (subprocess.PIPE if feed else subprocess.DEVNULL)
            self.logs.append(tempfile.TemporaryFile())
            self.running.append(
                subprocess.Popen(command, stdin=source, stdout=subprocess.PIPE, stderr=self.logs[-1])
            )
            if place:
                source.close()
        self.output = self.running[-1].stdout
        self.feeder = feed and threading.Thread(target=self._feed, args=(feed,))
        self.failure = None
        if feed:
            self.feeder.start()

    def _feed(self, feed):
        try:
            with self.running[0].stdin as file:
                feed(file)
        except BrokenPipeError:
            pass  # The tool's own words tell why it read no further.
        except BaseException as error:  # Without all of its rows the tool must not end well.
            self.failure = error
            self.running[0].kill()

    def finish(self):
        """Waits for the end; raises what a tool said where its status is not 0."""
        if self.feeder:
            self.feeder.join()
        self.output.close()
        failed = []
        for process, command, log in zip(self.running, self.commands, self.logs):
            status = process.wait()
            log.seek(0)
            said = log.read().decode(errors="replace").strip()
            if said:
                print(said, file=sys.stderr)
            if status:
                failed.append(f"{shlex.join(command)}: status {status}: {said}")
        if self.failure:
            raise self.failure
        if failed:
            raise RuntimeError("\n".join(failed))


def name(part):
    return f"part-{part:05d}.ig"


def entry(path):
    """What a manifest says of a part: its digest and size."""
    check = Pipe(["indgrm", "check", "--digests", path])
    said = check.output.read().decode()
    check.finish()
    return " ".join(said.split(" ", 2)[:2])


def writer(folder, work, parts):
    """Writes the parts of a Spark partition, whose rows stand by part; yields a line of a manifest for each."""

    def batches_of(batches):
        """Runs of rows of one part."""
        for batch in batches:
            column = batch.column(0).to_numpy()
            start = 0
            while start < len(column):
                end = start + int((column[start:] != column[start]).argmax() or len(column) - start)
                yield int(column[start]), batch.slice(start, end - start)
                start = end

    def write(batches):
        runs = batches_of(batches)
        current = next(runs, None)
        while current:
            part, first = current
            current = None

            def feed(file):
                nonlocal current
                names = first.schema.names[1:]
                out = csv.CSVWriter(file, first.select(names).schema)
                with out:
                    out.write(first.select(names))
                    for other, batch in runs:
                        if other != part:
                            current = (other, batch)
                            break
                        out.write(batch.select(names))

            # Its name is given here and not by the tool: tools outlive a worker that is killed, and take the end of
            # what it wrote for the end of the rows.
            with tempfile.TemporaryDirectory(dir=work) as place:
                path = os.path.join(place, name(part))
                shard = ["shard", "-q", "--into", str(parts), "--part", str(part), "-o", path]
                Pipe(["indgrm", "ingest", "-q"], ["indgrm", *shard], feed=feed).finish()
                made = entry(path)
                os.replace(path, os.path.join(folder, name(part)))
            yield pa.RecordBatch.from_pydict({"part": pa.array([part], pa.int32()), "entry": [made]})

    return write


def core(rows, users, items):
    """The rows whose users and items have so many, again and again until none is left that has not."""
    wanted = [(column, least) for column, least in (("user", users), ("item", items)) if least > 1]
    count = None
    while wanted:
        for column, least in wanted:
            enough = rows.groupBy(column).count().where(F.col("count") >= least).select(column)
            rows = rows.join(enough, column, "left_semi")
        # Not localCheckpoint: what an executor holds goes with it.
        rows = rows.checkpoint()
        before, count = count, rows.count()
        if count == before or len(wanted) == 1:
            break
    return rows


def wanted_rows(spark, options):
    """The rows of the log to keep, those of a part together."""
    log = spark.read.load(options.log, format=options.format)
    wanted = options.columns.split(",")
    if not 2 <= len(wanted) <= 4:
        sys.exit("--columns names two to four: user, item, rating and time")
    missing = [name for name in wanted if name.split(".")[0] not in log.columns]
    if missing:
        sys.exit(f"{options.log}: has no column {missing[0]}; name them in --columns, of {', '.join(log.columns)}")
    names = ["user", "item", "rating", "timestamp"]
    types = ["string", "string", "float", "long"]
    rows = log.select([F.col(a).cast(c).alias(b) for a, b, c in zip(wanted, names, types)])
    has = rows.columns
    for option, column in (("since", "timestamp"), ("until", "timestamp"), ("min", "rating")):
        if getattr(options, option) is not None and column not in has:
            sys.exit(f"--{option} looks at a {column}; name its column in --columns")
    if options.since is not None:
        rows = rows.where(F.col("timestamp") >= options.since)
    if options.until is not None:
        rows = rows.where(F.col("timestamp") < options.until)
    # Of a user and an item the last one counts, of several at once the highest.
    value = F.max(F.struct(*[c for c in ("timestamp", "rating") if c in has] or [F.lit(1).alias("one")]))
    rows = rows.groupBy("user", "item").agg(value.alias("last"))
    rows = rows.select("user", "item", *[f"last.{c}" for c in has[2:]])
    if options.min is not None:
        rows = rows.where(F.col("rating") >= options.min).drop("rating")
    rows = core(rows, options.min_user, options.min_item)
    # The hash of indgrm-shard(1).
    part = F.expr(f"cast(shiftright((xxhash64(user) & 4294967295) * {options.parts}, 32) as int)")
    rows = rows.select(part.alias("part"), *rows.columns)
    return rows.repartition(options.parts, "part").sortWithinPartitions("part")


def fill(folder, work, parts, entries):
    """Writes the parts of a whole that have no users: cut once more, any other part gives them."""
    if not entries:
        sys.exit("no interaction is left; look at the filters and --columns")
    if len(entries) < parts:
        cut = os.path.join(work, "cut")
        source = os.path.join(folder, name(min(entries)))
        Pipe(["indgrm", "shard", "-q", "--into", str(parts), "-o", cut, source]).finish()
        for part in set(range(parts)) - set(entries):
            entries[part] = entry(os.path.join(cut, name(part)))
            os.replace(os.path.join(cut, name(part)), os.path.join(folder, name(part)))


def prepare(spark, options):
    # What is in the making, and what attempts that were killed left: nothing of it outlives the job.
    work = os.path.join(options.to, ".work")
    manifest = os.path.join(options.to, "MANIFEST")
    shutil.rmtree(work, ignore_errors=True)
    os.makedirs(work)
    if os.path.exists(manifest):
        os.remove(manifest)
    spark.sparkContext.setCheckpointDir("file://" + work)
    try:
        rows = wanted_rows(spark, options)
        made = rows.mapInArrow(writer(options.to, work, options.parts), ENTRIES).collect()
        entries = {row.part: row.entry for row in made}
        fill(options.to, work, options.parts, entries)
        path = os.path.join(work, "MANIFEST")
        with open(path, "w") as file:
            file.write(f"# files: {len(entries)}\n")
            file.writelines(f"{entries[part]} {name(part)}\n" for part in sorted(entries))
        os.rename(path, manifest)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    print(f"{options.parts} parts in {options.to}")


def ranker(folder, model, top, options):
    """Ranks for the users of parts, and yields their lists in batches."""
    types = {"user": pa.string(), "round": pa.int32(), "rank": pa.int32()}
    types |= {"item": pa.string(), "score": pa.float32(), "title": pa.string()}

    def rank(batches):
        for part, wanted in (row.values() for batch in batches for row in batch.to_pylist()):
            path = os.path.join(folder, part)
            if entry(path) != wanted:
                raise RuntimeError(f"{path}: is not what the MANIFEST beside it says; make the parts anew")
            words = ["indgrm", "score", "--model", model, "--top", str(top), "--format", "tsv"]
            pipe = Pipe(words + options + [path])
            try:
                lists = csv.open_csv(
                    pipe.output,
                    parse_options=csv.ParseOptions(delimiter="\t", quote_char=False),
                    convert_options=csv.ConvertOptions(column_types=types),
                )
                for rows in lists:
                    yield rows.drop_columns(["title"])
            finally:
                # A tool that failed says more than a reader who found its lines cut short.
                pipe.finish()

    return rank


def score(spark, options):
    manifest = os.path.join(options.parts, "MANIFEST")
    if not os.path.exists(manifest):
        sys.exit(f"{manifest}: is not there; parts are made by prepare, or by indgrm shard")
    with open(manifest) as file:
        text = file.read()
    lines = [line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#")]
    heads = re.findall(r"^# files: (\d+)$", text, re.MULTILINE)
    if heads and sum(map(int, heads)) != len(lines):
        sys.exit(f"{manifest}: counts {sum(map(int, heads))} files, {len(lines)} follow; make the parts anew")
    done = spark._jvm.org.apache.hadoop.fs.Path(options.lists, "_SUCCESS")
    if done.getFileSystem(spark._jsc.hadoopConfiguration()).exists(done):
        sys.exit(f"{options.lists}: is there already; name another folder")
    # One task a part, so that an attempt that is lost costs no more.
    rows = spark.sparkContext.parallelize([(part, wanted) for wanted, part in lines], len(lines))
    work = ranker(options.parts, options.model, options.top, shlex.split(options.options))
    lists = rows.toDF("part string, entry string").mapInArrow(work, LISTS)
    lists.write.mode("overwrite").parquet(options.lists)


def main():
    words = argparse.ArgumentParser(usage=__doc__.split("\n\n")[1])
    jobs = words.add_subparsers(dest="job", required=True)
    job = jobs.add_parser("prepare")
    job.add_argument("log")
    job.add_argument("to")
    job.add_argument("--parts", type=int, required=True)
    job.add_argument("--since", type=int)
    job.add_argument("--until", type=int)
    job.add_argument("--min", type=float)
    job.add_argument("--min-user", type=int, default=0)
    job.add_argument("--min-item", type=int, default=0)
    job.add_argument("--columns", default="user,item,rating,time")
    job.add_argument("--format", default="parquet")
    job = jobs.add_parser("score")
    job.add_argument("parts")
    job.add_argument("model")
    job.add_argument("lists")
    job.add_argument("--top", type=int, default=100)
    job.add_argument("--options", default="")
    options = words.parse_args()
    # Executors work in folders of their own.
    for path in ("to",) if options.job == "prepare" else ("parts", "model"):
        setattr(options, path, os.path.abspath(getattr(options, path)))
    spark = SparkSession.builder.appName(f"indgrm {options.job}").getOrCreate()
    try:
        {"prepare": prepare, "score": score}[options.job](spark, options)
    finally:
        spark.stop()


if __name__ == "__main__":
    main()
