#!/usr/bin/env python3
"""Makes the tables of the records from results.csv, and says where a record has another.

Usage: pipelines/paper/results.py [--format text|markdown|csv] [RECORD[.TABLE] ...]
       pipelines/paper/results.py --check | --write
Without numbers all tables are printed. --check compares the records with results.csv (status 1 where a table
differs, is missing or is one too many), --write puts the tables into the records.
"""
import argparse
import csv
import pathlib
import re
import sys

FOLDER = pathlib.Path(__file__).resolve().parent
TABLE = re.compile(r"<!-- table (\d+\.\d+) -->\n(.*?)<!-- end -->\n", re.DOTALL)
HEADER = 0


def read():
    """Tables by name, "record.table", each a list of rows of texts, the header first."""
    tables = {}
    with open(FOLDER / "results.csv", newline="", encoding="utf-8") as file:
        for cell in csv.DictReader(file):
            rows = tables.setdefault(f"{cell['record']}.{cell['table']}", {})
            line = int(cell["line"])
            if line == HEADER:
                rows[line] = [cell["row"]]
            else:
                row = rows.setdefault(line, [cell["row"]])
                if line == HEADER + 1:
                    rows[HEADER].append(cell["column"])
                row.append(cell["value"])
    return {name: [rows[line] for line in sorted(rows)] for name, rows in tables.items()}


def markdown(rows):
    lines = ["| " + " | ".join(row) + " |" for row in rows]
    lines.insert(1, "|" + " --- |" * len(rows[0]))
    return "\n".join(lines) + "\n"


def text(rows):
    widths = [max(len(row[place]) for row in rows) for place in range(len(rows[0]))]
    cells = lambda row: "  ".join(cell.ljust(width) for cell, width in zip(row, widths))
    return "".join(cells(row).rstrip() + "\n" for row in rows)


def stand():
    """The tables that stand in the records, with their files."""
    found = {}
    for path in sorted((FOLDER / "records").glob("[0-9]*.md")):
        for name, body in TABLE.findall(path.read_text(encoding="utf-8")):
            found[name] = (path, body)
    return found


def check(tables):
    found, faults = stand(), []
    for name in sorted(set(tables) | set(found)):
        if name not in found:
            faults.append(f"results.csv: table {name} is in no record; add its marks or leave its rows out")
        elif name not in tables:
            faults.append(f"{found[name][0].name}: table {name} is not in results.csv; add its rows")
        elif found[name][1] != markdown(tables[name]):
            faults.append(f"{found[name][0].name}: table {name} is not that of results.csv; run results.py --write")
    for fault in faults:
        print(f"results: {fault}", file=sys.stderr)
    print(f"{len(found)} tables; {len(faults)} differ")
    return 1 if faults else 0


def write(tables):
    for path in sorted((FOLDER / "records").glob("[0-9]*.md")):
        old = path.read_text(encoding="utf-8")
        new = TABLE.sub(
            lambda match: f"<!-- table {match[1]} -->\n{markdown(tables[match[1]])}<!-- end -->\n"
            if match[1] in tables else match[0], old)
        if new != old:
            path.write_text(new, encoding="utf-8")
            print(path.name)
    return 0


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("names", nargs="*", metavar="RECORD[.TABLE]")
    parser.add_argument("--format", choices=["text", "markdown", "csv"], default="text")
    parser.add_argument("--check", action="store_true", help="compare the records with results.csv")
    parser.add_argument("--write", action="store_true", help="put the tables into the records")
    options = parser.parse_args()
    tables = read()
    if options.check:
        return check(tables)
    if options.write:
        return write(tables)
    wanted = [name for name in tables
              if not options.names or name in options.names or name.split(".")[0] in options.names]
    if not wanted:
        parser.error(f"there is no table {' '.join(options.names)}; records have numbers from 1 on")
    for name in wanted:
        if options.format == "csv":
            csv.writer(sys.stdout, lineterminator="\n").writerows(tables[name])
        else:
            make = markdown if options.format == "markdown" else text
            print(f"table {name}\n{make(tables[name])}")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except BrokenPipeError:
        sys.exit(0)
