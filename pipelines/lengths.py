#!/usr/bin/env python3
"""Is a function longer than 60 lines, a tool's main file than 150, or any file than 400?

Usage: lengths.py [--all]

Counts the lines of functions, initialisers and computed properties in Sources and Tests from the line that begins one to
the brace that ends it, which swift format puts under each other. Prints what is too long, or with --all the twenty longest,
and ends with 1 if anything is.
"""

import os
import re
import sys

LONGEST_FUNCTION, LONGEST_MAIN, LONGEST_FILE = 60, 150, 400
BEGIN = re.compile(r"( *)(?:@?[\w()]+ )*(func [^ (<]+|init\b|deinit\b|subscript\b|var \w+(?=[^=]*\{$))")


def functions(lines):
    """Line, length and name of each."""
    for number, line in enumerate(lines):
        begin = BEGIN.match(line)
        if not begin:
            continue
        indent, name = begin.groups()
        for length, later in enumerate(lines[number + 1 :], 2):
            if not later.startswith(indent + " ") and later:
                # The end of its parameters, or the end; anything else begins what follows one without a body.
                if later.startswith(indent + "}"):
                    yield number + 1, length, name
                elif re.match(indent + r"(\)|\{|where\b|->)", later):
                    continue
                break


def main():
    root = os.path.join(os.path.dirname(os.path.realpath(__file__)), "..")
    found, count = [], 0
    for folder, _, names in [place for top in ("Sources", "Tests") for place in os.walk(os.path.join(root, top))]:
        for path in sorted(os.path.join(folder, name) for name in names):
            if not path.endswith((".swift", ".c", ".h", ".inc")):
                continue
            with open(path) as file:
                lines = file.read().splitlines()
            here = os.path.relpath(path, root)
            most = LONGEST_MAIN if "@main" in lines and here.startswith("Sources") else LONGEST_FILE
            found.append((len(lines) / most, f"{here}: {len(lines)} lines"))
            for number, length, name in functions(lines) if path.endswith(".swift") else ():
                count += 1
                found.append((length / LONGEST_FUNCTION, f"{here}:{number}: {name}: {length} lines"))
    found.sort(reverse=True)
    long = [text for share, text in found if share > 1]
    for text in [text for _, text in found[:20]] if "--all" in sys.argv[1:] else long:
        print(text)
    print(f"{count} functions; {len(long)} functions and files are too long")
    return 1 if long else 0


if __name__ == "__main__":
    sys.exit(main())
