"""Do Spark's parts and lists equal those of one process, in one worker and with executors that are killed?"""

import glob
import importlib.util
import os
import runpy
import shutil
import sys
import threading

from cluster_place import CLUSTER, ENVIRONMENT, FOLDER, TOOLS, Skipped, equal, run

KILLER = """#!/bin/bash
# The first call of ingest, and of score, kills the executor it is called by.
if [[ $1 == ingest || $1 == score ]] && mkdir "$MARK-$1" 2>/dev/null; then
  pid=$$
  while [ "$pid" -gt 1 ]; do
    if tr '\\0' ' ' < "/proc/$pid/cmdline" | grep -q CoarseGrainedExecutorBackend; then
      echo "killed $pid" > "$MARK-$1/done"
      kill -9 "$pid"
      exit 1
    fi
    pid=$(sed 's/.*) [A-Za-z] //' "/proc/$pid/stat" | cut -d' ' -f1)
  done
fi
exec "$TOOLS/indgrm" "$@"
"""

# Several jobs under one Java: its start takes longer than they do. One after "refused" must end by a message.
JOBS = """import runpy, shlex, sys
program, jobs = sys.argv[1], sys.argv[2:]
for job in jobs:
    words = shlex.split(job)
    sys.argv[1:] = words[words[0] == "refused":]
    try:
        runpy.run_path(program, run_name="__main__")
    except SystemExit as end:
        if words[0] != "refused":
            raise
        print(end)
    else:
        if words[0] == "refused":
            sys.exit(f"not refused: {job}")
"""

SETTINGS = {
    "spark.ui.enabled": "false",
    "spark.sql.shuffle.partitions": "2",
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.speculation": "true",
    "spark.executor.memory": "600m",
    # An executor that was killed is not asked again and again for what it held.
    "spark.shuffle.io.maxRetries": "1",
    "spark.shuffle.io.retryWait": "1s",
    "spark.log.level": "ERROR",
    # Short jobs: what compiles code for long ones would take most of the time.
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
    "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC",
    "spark.executor.extraJavaOptions": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC",
}


def submit(master, *jobs, status=0, **more):
    """Runs jobs; returns what they said."""
    path = os.path.join(FOLDER, "jobs.py")
    with open(path, "w") as file:
        file.write(JOBS)
    words = " ".join(f"--conf '{name}={value}'" for name, value in {**SETTINGS, **more}.items())
    return run(
        f"spark-submit --master '{master}' --driver-memory 700m {words} {path} {CLUSTER}/spark.py "
        + " ".join(f"'{job}'" for job in jobs) + " 2>&1",
        status,
        PATH=f"{SPARK}/bin:{ENVIRONMENT['PATH']}",
        PYSPARK_PYTHON=sys.executable,
        SPARK_HOME=SPARK,
        SPARK_LOCAL_IP="127.0.0.1",
    )


def killing():
    """Settings under which tools kill their executors, and leave a mark."""
    path = os.path.join(FOLDER, "killer/indgrm")
    os.makedirs(os.path.dirname(path))
    with open(path, "w") as file:
        file.write(KILLER)
    os.chmod(path, 0o755)
    words = {"PATH": f"{os.path.dirname(path)}:{ENVIRONMENT['PATH']}", "MARK": f"{FOLDER}/killed", "TOOLS": TOOLS}
    return {f"spark.executorEnv.{name}": word for name, word in words.items()}


def lists(path):
    """Lists as rows of Parquet."""
    import pyarrow.parquet

    table = pyarrow.parquet.read_table(os.path.join(FOLDER, path))
    return sorted(zip(*[table[name].to_pylist() for name in ("user", "rank", "item", "score")]))


def texts(path):
    """Lists as one process writes them."""
    import pyarrow.csv

    types = {"user": "string", "item": "string", "score": "float"}
    table = pyarrow.csv.read_csv(
        os.path.join(FOLDER, path),
        parse_options=pyarrow.csv.ParseOptions(delimiter="\t"),
        convert_options=pyarrow.csv.ConvertOptions(column_types=types),
    )
    return sorted(zip(*[table[name].to_pylist() for name in ("user", "rank", "item", "score")]))


def install():
    """Where Spark is, and the log as Parquet."""
    global SPARK
    for module in ("pyspark", "pyarrow", "pandas"):
        if importlib.util.find_spec(module) is None:
            raise Skipped(f"{module} is not installed; pipelines/cluster/engines FOLDER installs it")
    if not shutil.which("java"):
        raise Skipped("java is not installed; apt-get install default-jre-headless")
    import pyarrow.csv
    import pyarrow.parquet

    SPARK = os.path.dirname(importlib.util.find_spec("pyspark").origin)
    log = pyarrow.csv.read_csv(os.path.join(FOLDER, "log.csv"))
    pyarrow.parquet.write_table(log, os.path.join(FOLDER, "log.parquet"))


def prepared(folder, one, parts):
    """Holds parts against one process's whole: byte for byte, but for the notes on how it was binarized."""
    equal(f"the number of parts in {folder}", len(glob.glob(f"{FOLDER}/{folder}/part-*.ig")), parts)
    equal(f"what is left of the work on {folder}", os.path.exists(f"{FOLDER}/{folder}/.work"), False)
    run(f"check --manifest {folder}/MANIFEST; merge -q --manifest {folder}/MANIFEST -o {folder}.ig")
    rows = "dump --to csv {0}.ig; dump --items {0}.ig | sed 's/,\"title.*//'"
    equal(f"Spark's parts, {folder}", run(rows.format(folder)), run(rows.format(one)))


LOG = "prepare log.parquet {} --parts {} --columns user,item,rating,timestamp --min 4 --min-user 5"


def attempts():
    """What Spark makes of a task where it is slow or dies, which on one host it does not speculate about."""
    import pyarrow.csv

    os.environ["PATH"] = ENVIRONMENT["PATH"]
    folder, work = os.path.join(FOLDER, "attempts"), os.path.join(FOLDER, "attempts/.work")
    os.makedirs(work)
    run("dump --to csv few.ig -o few.csv")
    types = {"user": "string", "item": "string"}
    rows = pyarrow.csv.read_csv(
        os.path.join(FOLDER, "few.csv"), convert_options=pyarrow.csv.ConvertOptions(column_types=types))
    rows = rows.add_column(0, "part", pyarrow.array([0] * len(rows), "int32"))
    write = runpy.run_path(f"{CLUSTER}/spark.py")["writer"](folder, work, 1)

    def cut():
        yield from rows.to_batches(max_chunksize=50)[:2]
        raise OSError("the rest is lost")

    try:
        list(write(cut()))
        sys.exit("FAILED: a part was made of some of its rows")
    except OSError:
        equal("nothing is left of a task whose rows were cut short", os.listdir(folder), [".work"])
    made = [[], []]

    def attempt(place):
        for batch in write(iter(rows.to_batches(max_chunksize=50))):
            made[place] += batch.to_pylist()

    running = [threading.Thread(target=attempt, args=(place,)) for place in (0, 1)]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()
    equal("entries of two attempts at once", made[0], made[1])
    equal("entries of an attempt", [entry["part"] for entry in made[0]], [0])
    equal("their part", run("dump --to csv attempts/part-00000.ig"), run("cat few.csv"))
    equal("what is left of attempts", os.listdir(work), [])


def spark():
    """In one process, with parts that have no users, and with a tool that fails."""
    install()
    run(
        "ingest -q log.csv | binarize -q --min 4 --until 870000000 --duplicates last --min-user 5"
        " | shard -q --into 1 --part 0 -o few.ig; score -q --model ml.model --top 12 --format tsv few.ig > few.tsv"
    )
    attempts()
    said = submit(
        "local[2]",
        "refused prepare log.parquet none --parts 7 --columns user,item,stars",
        LOG.format("local", 7) + " --until 870000000",
        "score local ml.model local.parquet --top 12",
        "score local nothing.model nothing.parquet --top 12",
        status=1,
    )
    prepared("local", "few", 7)
    equal("parts without users", "# 0 users" in run("shard -q --into 7 few.ig -o few; cat few/MANIFEST"), True)
    equal("Spark's lists, in one process", lists("local.parquet"), texts("few.tsv"))
    columns = "log.parquet: has no column stars; name them in --columns, of user, item, rating, timestamp"
    equal("a column that is not there", columns in said, True)
    equal("a failing tool's words", "nothing.model: cannot be opened" in said and "status 66" in said, True)
    equal("lists of a failing tool", os.path.exists(f"{FOLDER}/nothing.parquet/_SUCCESS"), False)


def spark_cluster():
    """On two executors, of which one is killed in each job."""
    install()
    submit(
        "local-cluster[2,1,700]",
        LOG.format("cluster", 5) + " --since 900000000 --min-item 20",
        "score cluster ml.model cluster.parquet --top 12",
        **killing(),
    )
    for tool in ("ingest", "score"):
        equal(f"an executor killed by {tool}", os.path.exists(f"{FOLDER}/killed-{tool}/done"), True)
    prepared("cluster", "one", 5)
    equal("Spark's lists, executors killed", lists("cluster.parquet"), texts("one.tsv"))
