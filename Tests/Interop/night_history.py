"""What if nights are run again, rolled back twice, missed, refused for weeks, or what they left is odd?"""

import json
import os
import shutil
import subprocess
import sys

from night_odds import PLAIN, ends, place_with, published
from night_place import FOLDER, NIGHTLY, SETTINGS, TOOLS, Place, expect, log, name


def several(what, nights, text=PLAIN):
    """A root where some nights were published."""
    place = place_with(what, text)
    for night in range(nights):
        place.write("log.csv", log(night))
        published(place, night)
    return place


def again():
    """A loop over missed nights that is begun anew passes those over that are published, and harms none of them."""
    place = several("missed", 3)
    sums = place.read(f"runs/{name(0)}/SHA256SUMS")
    for night in range(3):
        expect("published already" in published(place, night), f"night {night} anew: it was made again")
        expect(place.current() == name(2), f"night {night} anew: {place.current()} is in use")
    expect(place.read(f"runs/{name(0)}/SHA256SUMS") == sums, "a night that was published is other now")
    # One that was missed, while a later one is in use, is made when it is asked for.
    shutil.rmtree(f"{place.root}/runs/{name(1)}")
    place.write("log.csv", log(1))
    message = published(place, 1)
    expect(f"in place of the later {name(2)}" in message, f"a missed night: {message}")
    expect(place.current() == name(1), f"a missed night: {place.current()} is in use")
    print("nights that are run again: passed over, but for one that was missed")


def rolled_back():
    """Two steps back put both nights out of use, and a later step back does not lead to either."""
    place = several("back", 3)
    for night in (1, 0):
        expect(place.run(night, "--rollback")[0] == 0 and place.current() == name(night), f"roll back to night {night}")
    for night in (1, 2):
        ends(place, night, 19, "rolled back", what=f"night {night} after two steps back")
    ends(place, 2, 66, "no earlier night", "--rollback", what="a third step back")
    place.write("log.csv", log(3))
    published(place, 3)
    expect(place.run(3, "--rollback")[0] == 0 and place.current() == name(0), "a step back led to a night put out of use")
    published(place, 2, "--again")
    expect(place.current() == f"{name(2)}.2", "a night that was put out of use, made anew")
    print("two steps back: neither night comes back unasked")


def odd():
    """A link that is gone or leads to no night, and a summary of another shape: the newest good night stands in."""
    place = several("odd", 2)
    place.write("log.csv", log(2, recent=1000))
    for target in (f"runs/{name(1)}/", f"runs/{name(1)}.old", "runs/backup", None):
        os.unlink(f"{place.root}/current")
        if target:
            os.symlink(target, f"{place.root}/current")
        ends(place, 2, 10, "rows_ratio", what=f"a shrunk log where current leads to {target}")
    os.symlink("runs/backup", f"{place.root}/current")
    # Without --date the clock, which is years behind these nights, is not asked for the name of no night.
    ends(place, None, 13, "is the clock right?", what="a link to no night, tonight")
    place.write("log.csv", log(2))
    published(place, 2)
    whole = json.loads(place.read("current/summary.json"))
    for night, text in enumerate((
            "{}", '{"complete": true}', json.dumps(dict(whole, data={"rows": 1})), json.dumps(dict(whole, gates=None)),
            json.dumps(dict(whole, date="yesterday"))), 3):
        place.write("current/summary.json", text)
        place.write("log.csv", log(night))
        message = published(place, night)
        expect("summary.json of" in message, f"a summary that is {text}: {message}")
    place.write("current/summary.json", json.dumps(dict(whole, settings=[])))
    expect("published already" in published(place, 7), "settings that are a list")
    print(f"a summary of another shape: {message}")


def weeks():
    """Nights that are refused for weeks leave no more folders than are kept."""
    place = several("weeks", 2, PLAIN.replace("KEEP=4", "KEEP=2"))
    place.write("log.csv", "user,item,rating,timestamp\n")
    for night in range(2, 8):
        ends(place, night, 65, "no interaction")
    kept = sorted(os.listdir(f"{place.root}/runs"))
    expect(kept == [name(night) for night in (0, 1, 6, 7)], f"refused nights: {kept}")
    # One that is made again long after others stays to be gone on with.
    ends(place, 2, 65, "no interaction", what="a refused night long after others")
    expect(os.path.isdir(f"{place.root}/runs/{name(2)}"), "a night at work was removed")
    place.write("log.csv", log(8))
    published(place, 8)
    kept = sorted(os.listdir(f"{place.root}/runs"))
    expect(kept == [name(night) for night in (1, 8)], f"after refused nights: {kept}")
    print("nights refused for weeks: none stays for ever")


def named():
    """A file that an option of any tool names is looked at again, and odd places are no hindrance."""
    place = place_with("small", PLAIN.replace("TOP=10", "TOP=100"))
    published(place, 0)
    expect(json.loads(place.read("current/summary.json"))["gates"]["short"] == 0, "items that users have count as gaps")
    place.write("nightly.conf", PLAIN + "MAX_GROWTH=1e200\nMAX_AGE_HOURS=0\nSCORE=--no-such\n")
    ends(place, 9, 64, "SCORE: indgrm score: Unknown option '--no-such'", what="an option that a tool has not")
    expect(not os.path.exists(f"{place.root}/runs/{name(9)}/log.ig"), "the log was read with an option that a tool has not")
    place.write("nightly.conf", PLAIN + "MAX_GROWTH=1e200\nMAX_AGE_HOURS=0\nMIN_OVERLAP=1.1\n")
    ends(place, 9, 17, "overlap", what="growth without end")
    place = Place("Läden & more 'of them' %n {date}")
    place.write("nightly.conf", PLAIN.replace("\n", "\r\n") + "INGEST=../../more.csv\r\nMIN_OVERLAP=1.1\r\n")
    place.write("log.csv", log(0))
    place.write("more.csv", "user,item,rating,timestamp\nu0,i59,5,4102444800\n")
    published(place, 0)
    place.write("log.csv", log(1))
    ends(place, 1, 17, "overlap", what="a place of many signs, settings with CRLF")
    rows = json.loads(place.read(f"runs/{name(1)}/summary.json"))["data"]["rows"]
    place.write("more.csv", "user,item,rating,timestamp\nu0,i59,5,4102444800\nu0,i58,5,4102444800\n")
    ends(place, 1, 17, "overlap", what="more rows in a second log")
    expect(json.loads(place.read(f"runs/{name(1)}/summary.json"))["data"]["rows"] == rows + 1, "rows of the night before")
    done = subprocess.run([sys.executable, NIGHTLY, "-c", f"{place.root}/nightly.conf", ""], capture_output=True, text=True,
                          check=False, cwd=FOLDER)
    expect(done.returncode == 64 and "ROOT is empty" in done.stderr, f"an empty root: {done.returncode} {done.stderr}")


def other_disk():
    """A model that cannot have a second name is copied, and a command that fills the disk is told from one that fails."""
    place = several("copied", 1)
    program = ("import os, runpy, sys\ndef link(*_): raise PermissionError(1, 'Operation not permitted')\n"
               "os.link = link\nsys.argv = sys.argv[1:]\nsys.path.insert(0, os.path.dirname(sys.argv[0]))\nrunpy.run_path(sys.argv[0], run_name='__main__')\n")
    place.write("log.csv", log(1))
    done = subprocess.run([sys.executable, "-c", program, NIGHTLY, "--date", name(1), place.root], capture_output=True,
                          text=True, check=False, env=dict(os.environ, INDGRM_EXEC_PATH=TOOLS))
    expect(done.returncode == 0, f"no second names: {done.returncode} {done.stderr}")
    place.expect_whole("no second names", [name(1)])
    place.write("nightly.conf", PLAIN.replace("SOURCE=log.csv", "SOURCE_COMMAND=cat log.csv; cat log.csv >/dev/full"))
    ends(place, 2, 74, "No space left", what="a command that fills the disk")


def gates():
    """Gates that the nights so far do not meet: a first model that is too bad, and lists unlike the last ones."""
    place = Place("gates")
    place.write("log.csv", log(0))
    place.write("nightly.conf", SETTINGS + "FLOOR=2\n")
    status, message = place.run(0)
    expect(status == 15 and "floor" in message, f"a bad first model: {status} {message}")
    place.expect_whole("a bad first model", [None])
    print(f"a bad first model: {message}")
    place.write("nightly.conf", SETTINGS)
    expect(place.run(0)[0] == 0, "after a bad first model")
    place.write("nightly.conf", SETTINGS + "MIN_OVERLAP=1.1\n")
    place.write("log.csv", log(1))
    status, message = place.run(1)
    expect(status == 17 and "overlap" in message, f"other lists: {status} {message}")
    place.expect_whole("other lists", [name(0)])
    print(f"other lists: {message}")
    # What the tools warn of is no reason to stop, and is not lost either.
    place.write("gone", "i999\n")
    place.write("nightly.conf", SETTINGS + f"SCORE=--exclude {place.root}/gone\n")
    status, message = place.run(1)
    expect(status == 0 and " in summary.json" in message, f"a warning: {status} {message}")
    expect("'i999'" in place.read("current/summary.json"), "a warning is not in the summary")


def history(nights):
    gates()
    rolled_back()
    if nights < 3:
        return
    again()
    odd()
    weeks()
    named()
    other_disk()
