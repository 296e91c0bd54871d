#!/usr/bin/env python3
"""Which source files need each other, and does any such knot reach across folders?

Usage: knots.py [BUILD]

Reads what the compiler wrote into the index of a build (BUILD, by default that of pipelines/test): a file needs another
where it names something that the other defines. Prints every strongly connected component of files under Sources with
the name that holds it together, and ends with 1 if one has files of more than one folder: nobody could say there
which folder stands on which. The compiler keeps targets apart by itself; folders within one it does not. C files are
left out: the bodies of kernels are templates, which name what the file that includes them defines.
"""

import ctypes
import os
import shutil
import sys

DEFINITION, REFERENCE = 1 << 1, 1 << 2
RECORD = 2


class Text(ctypes.Structure):
    _fields_ = [("data", ctypes.c_void_p), ("length", ctypes.c_size_t)]

    def __str__(self):
        return ctypes.string_at(self.data, self.length).decode() if self.length else ""


VISIT = ctypes.CFUNCTYPE(ctypes.c_bool, ctypes.c_void_p, ctypes.c_void_p)


def library():
    swiftc = shutil.which("swiftc")
    if not swiftc:
        sys.exit("knots: there is no swiftc on the PATH; install Swift first")
    folder = os.path.join(os.path.dirname(os.path.realpath(swiftc)), "..", "lib")
    name = "libIndexStore.dylib" if sys.platform == "darwin" else "libIndexStore.so"
    opened = ctypes.CDLL(os.path.join(folder, name))
    for name, result in [
        ("store_create", ctypes.c_void_p), ("unit_reader_create", ctypes.c_void_p),
        ("record_reader_create", ctypes.c_void_p), ("unit_dependency_get_kind", ctypes.c_int),
        ("unit_dependency_get_name", Text), ("unit_dependency_get_filepath", Text),
        ("unit_reader_get_main_file", Text), ("symbol_get_usr", Text), ("symbol_get_name", Text),
        ("symbol_get_roles", ctypes.c_uint64),
    ]:
        getattr(opened, "indexstore_" + name).restype = result
    return opened


class Index:
    """What each file defines and names, by the compiler's name of it."""

    def __init__(self, store, sources):
        self.lib, self.sources = library(), sources
        self.defines, self.names, self.words = {}, {}, {}
        self.store = self.call("store_create", store.encode(), None)
        if not self.store:
            sys.exit(f"knots: {store}: is no index; run pipelines/test, or swift build with --enable-index-store, first")
        # A file that was compiled anew has one unit of its name for each way of compiling: the newest counts.
        records = {}
        for version in os.listdir(store):
            units = os.path.join(store, version, "units")
            for unit in sorted(os.listdir(units), key=lambda u: os.path.getmtime(os.path.join(units, u))):
                records.update(self.records(unit))
        for file, record in records.items():
            self.read(file, record)

    def call(self, name, *arguments):
        passed = [ctypes.c_void_p(a) if isinstance(a, int) else a for a in arguments]
        return getattr(self.lib, "indexstore_" + name)(*passed)

    def records(self, unit):
        """The record of each file under Sources that a unit knows."""
        reader, found = self.call("unit_reader_create", self.store, unit.encode(), None), {}

        def visit(_, dependency):
            if self.call("unit_dependency_get_kind", dependency) == RECORD:
                path = os.path.realpath(str(self.call("unit_dependency_get_filepath", dependency)))
                if path.startswith(self.sources + os.sep) and path.endswith(".swift") and os.path.exists(path):
                    found[path] = str(self.call("unit_dependency_get_name", dependency))
            return True

        if reader:
            self.call("unit_reader_dependencies_apply_f", reader, None, VISIT(visit))
            self.call("unit_reader_dispose", reader)
        return found

    def read(self, file, record):
        reader = self.call("record_reader_create", self.store, record.encode(), None)

        def visit(_, symbol):
            usr, roles = str(self.call("symbol_get_usr", symbol)), self.call("symbol_get_roles", symbol)
            self.words[usr] = str(self.call("symbol_get_name", symbol))
            if roles & DEFINITION:
                self.defines.setdefault(usr, file)
            if roles & REFERENCE:
                self.names.setdefault(file, set()).add(usr)
            return True

        if reader:
            self.lib.indexstore_record_reader_symbols_apply_f(
                ctypes.c_void_p(reader), ctypes.c_bool(True), None, VISIT(visit))
            self.call("record_reader_dispose", reader)

    def arrows(self):
        """From each file to those it needs, with one name each."""
        result = {}
        for file, names in self.names.items():
            for usr in sorted(names):
                other = self.defines.get(usr, file)
                if other != file:
                    result.setdefault(file, {}).setdefault(other, self.words[usr])
        return result


def components(arrows):
    """Strongly connected components of more than one file (Tarjan), without recursion."""
    order, low, stack, on, found = {}, {}, [], set(), []
    for root in sorted(arrows):
        work = [(root, iter(sorted(arrows[root])))] if root not in order else []
        while work:
            file, rest = work[-1]
            if file not in order:
                order[file] = low[file] = len(order)
                stack.append(file)
                on.add(file)
            for other in rest:
                if other not in order:
                    work.append((other, iter(sorted(arrows.get(other, {})))))
                    break
                if other in on:
                    low[file] = min(low[file], order[other])
            else:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[file])
                if low[file] == order[file]:
                    knot = stack[stack.index(file):]
                    del stack[stack.index(file):]
                    on -= set(knot)
                    if len(knot) > 1:
                        found.append(sorted(knot))
    return found


def main():
    root = os.path.realpath(os.path.join(os.path.dirname(__file__), ".."))
    sources = os.path.join(root, "Sources")
    build = os.path.realpath(sys.argv[1]) if len(sys.argv) > 1 else os.path.join(root, ".build-tests/release")
    arrows = Index(os.path.join(build, "index", "store"), sources).arrows()
    if not arrows:
        sys.exit(f"knots: {build}: the index knows no file of Sources; run pipelines/test, or swift build with --enable-index-store, first")
    wide = 0
    for knot in components(arrows):
        folders = {os.path.dirname(file) for file in knot}
        wide += len(folders) > 1
        here = os.path.commonpath(list(folders))
        print(f"{os.path.relpath(here, root)}: {len(knot)} files" + (
            f" across {len(folders)} folders" if len(folders) > 1 else ""))
        for file in knot:
            needs = [f"{os.path.relpath(other, here)} ({word})"
                     for other, word in sorted(arrows[file].items()) if other in knot]
            print(f"  {os.path.relpath(file, here)} needs " + ", ".join(needs))
    print(f"{len(arrows)} files; {wide} knots across folders")
    return 1 if wide else 0


if __name__ == "__main__":
    sys.exit(main())
