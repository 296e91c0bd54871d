#!/usr/bin/env python3
"""A second reader of the stream format, written from indgrm(5) alone.

Usage: read_ig.py rows|users|items|tensors FILE

Prints what a stream holds as CSV; ends with status 1 and one line when the stream is damaged. Needs
Python's standard library and the program zstd.
"""
import csv
import json
import math
import struct
import subprocess
import sys

MASK = (1 << 64) - 1
P1, P2, P3, P4, P5 = (
    0x9E3779B185EBCA87, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9, 0x85EBCA77C2B2AE63,
    0x27D4EB2F165667C5)


class Damaged(Exception):
    pass


def demand(condition, what):
    if not condition:
        raise Damaged(what)


def rotate(x, by):
    return ((x << by) | (x >> (64 - by))) & MASK


def step(lane, word):
    return rotate((lane + word * P2) & MASK, 31) * P1 & MASK


def xxh64(data):
    """XXH64 with seed 0, after the published description."""
    at, size = 0, len(data)
    if size >= 32:
        lanes = [(P1 + P2) & MASK, P2, 0, -P1 & MASK]
        while at + 32 <= size:
            words = struct.unpack_from("<4Q", data, at)
            lanes = [step(lane, word) for lane, word in zip(lanes, words)]
            at += 32
        h = sum(rotate(lane, by) for lane, by in zip(lanes, (1, 7, 12, 18))) & MASK
        for lane in lanes:
            h = ((h ^ step(0, lane)) * P1 + P4) & MASK
    else:
        h = P5
    h = (h + size) & MASK
    while at + 8 <= size:
        h = (rotate(h ^ step(0, struct.unpack_from("<Q", data, at)[0]), 27) * P1 + P4) & MASK
        at += 8
    if at + 4 <= size:
        h = (rotate(h ^ (struct.unpack_from("<I", data, at)[0] * P1 & MASK), 23) * P2 + P3) & MASK
        at += 4
    for byte in data[at:]:
        h = rotate(h ^ (byte * P5 & MASK), 11) * P1 & MASK
    for shift, prime in ((33, P2), (29, P3), (32, 1)):
        h = (h ^ (h >> shift)) * prime & MASK
    return h


class Cursor:
    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, count):
        demand(0 <= count <= len(self.data) - self.at, "cut short")
        self.at += count
        return self.data[self.at - count:self.at]

    def number(self, size):
        return int.from_bytes(self.take(size), "little")

    def name(self):
        length = self.number(1)
        demand(length > 0, "empty name")
        return self.take(length).decode()

    def planes(self, count, most=4):
        number = self.number(1)
        demand(1 <= number <= most, "number of planes")
        planes = [self.take(count) for _ in range(number)]
        return [sum(plane[i] << (8 * p) for p, plane in enumerate(planes)) for i in range(count)]

    def finish(self):
        demand(self.at == len(self.data), "bytes left over")


def undo_differences(codes):
    before, values = 0, []
    for code in codes:
        before = (before + ((code >> 1) ^ -(code & 1))) & MASK
        values.append(before)
    return values


def column(cursor, rows):
    kind, coding = cursor.number(1), cursor.number(1)
    method, compression = coding & 15, coding >> 4
    demand(1 <= kind <= 7, "unknown element type")
    demand(method in ((0, 1, 2) if 2 <= kind <= 5 else (0,)) and compression <= 1, "unknown coding")
    size, stored = cursor.number(4), cursor.number(4)
    demand(size <= 256 << 20, "content too long")
    content = bytes(cursor.take(stored))
    if compression == 1:
        run = subprocess.run(["zstd", "-dcq"], input=content, capture_output=True)
        demand(run.returncode == 0, "broken zstd frame")
        content = run.stdout
    demand(len(content) == size, "content of another length")
    inner = Cursor(content)
    if kind == 1:
        values = list(inner.take(rows))
    elif kind in (2, 3, 4, 5):
        if method == 2:
            palette = [inner.number(8) for _ in range(inner.number(1) + 1)]
            values = [palette[code] for code in inner.take(rows)]
        else:
            width = 4 if kind in (2, 4) else 8
            values = inner.planes(rows, min(width + (method == 1), 8))
            if method == 1:
                values = undo_differences(values)
        if kind == 2:
            values = [v & 0xFFFFFFFF for v in values]
        elif kind == 3:
            values = [v - (1 << 64) if v >> 63 else v for v in values]
        elif kind == 4:
            values = [struct.unpack("<f", struct.pack("<I", v & 0xFFFFFFFF))[0] for v in values]
        else:
            values = [struct.unpack("<d", struct.pack("<Q", v))[0] for v in values]
    elif kind == 6:
        values = [bytes(inner.take(length)).decode() for length in inner.planes(rows)]
    else:
        lengths = inner.planes(rows)
        flat = iter(inner.planes(sum(lengths)))
        values = [[next(flat) for _ in range(length)] for length in lengths]
    inner.finish()
    return values


class Stream:
    def __init__(self, data):
        self.tables, self.tensors = {}, []
        demand(data[:8] == bytes.fromhex("894947520d0a1a0a"), "not a stream")
        demand(len(data) >= 32, "header cut short")
        major, _, self.kind, features, check = struct.unpack_from("<HH4sQQ", data, 8)
        demand(xxh64(data[:24]) == check, "checksum of the header")
        demand(major == 1 and features == 0, "newer version")
        demand(self.kind in (b"INTR", b"RECS", b"GRPS", b"MODL", b"CHKP"), "unknown kind")
        digest = [int.from_bytes(data[12:16], "big")]
        at, number, lengths, tag = 32, 0, 0, b""
        while tag != b"END!":
            demand(at + 24 <= len(data), "no end section")
            tag = data[at:at + 4]
            ordinal, length, check = struct.unpack_from("<IQQ", data, at + 4)
            demand(ordinal == number and length <= len(data) - at - 24, "section head")
            demand(length <= (1 << 40 if tag == b"TENS" else 64 << 20), "section too long")
            demand((tag == b"META") == (number == 0), "metadata is not the first section")
            demand(number != 1 or tag == b"prov", "provenance is not the second section")
            payload = data[at + 24:at + 24 + length]
            found = xxh64(data[at:at + 16] + payload)
            demand(found == check, f"checksum of section {number}")
            at += 24 + length
            demand(data[at:at + -at % 8] == bytes(-at % 8), "padding")
            at += -at % 8
            if tag == b"END!":
                total = xxh64(struct.pack(f"<{len(digest)}Q", *digest))
                end = struct.pack("<QQQ", number, lengths, total) + b"\r\nIGREND"
                demand(payload == end, "the end section does not fit what came before")
                break
            body = self.section(tag, payload)
            if not tag[:1].islower():
                digest.append(xxh64(tag + body))
            number, lengths = number + 1, lengths + length
        demand(at == len(data), "bytes after the end")

    def section(self, tag, payload):
        """Takes a section; returns what of it counts for the digest."""
        if tag == b"META":
            self.metadata = json.loads(payload)
        elif tag == b"prov":
            for number, made in enumerate(json.loads(payload)):
                demand({"tool", "version", "arguments", "parents"} <= set(made), "provenance")
                demand(all(0 <= parent < number for parent in made["parents"]), "provenance")
        elif tag == b"TABL":
            cursor = Cursor(payload)
            table, rows = cursor.name(), cursor.number(4)
            demand(rows <= 1 << 20, "too many rows")
            columns, count = {}, cursor.number(1)
            demand(count <= 64, "too many columns")
            for _ in range(count):
                name = cursor.name()
                demand(name not in columns, "a column comes twice")
                columns[name] = column(cursor, rows)
            cursor.finish()
            self.append(table, columns)
        elif tag == b"TENS":
            cursor = Cursor(payload)
            name, kind = cursor.name(), cursor.number(1)
            demand(all(name != known for known, _, _ in self.tensors), "a tensor comes twice")
            rank = cursor.number(1)
            demand(rank <= 8 and 1 <= kind <= 5, "tensor of an unknown shape or type")
            shape = [cursor.number(8) for _ in range(rank)]
            cursor.take(cursor.number(1))
            letter, size = {1: ("B", 1), 2: ("I", 4), 3: ("q", 8), 4: ("f", 4), 5: ("d", 8)}[kind]
            data = cursor.take(size * math.prod(shape))
            cursor.finish()
            values = struct.unpack(f"<{math.prod(shape)}{letter}", data)
            self.tensors.append((name, shape, math.fsum(values)))
            return data
        else:
            demand(tag[:1].islower() or tag == b"END!", f"unknown section {tag}")
        return payload

    def rows(self, table):
        return len(next(iter(self.tables.get(table, {}).values()), []))

    def append(self, table, columns):
        """Adds a piece to its table; what it refers to must have come before."""
        for name, target in (("user", "users"), ("item", "items")):
            if table in ("interactions", "lists", "entries") and name in columns:
                demand(all(row < self.rows(target) for row in columns[name]), f"{name} unknown")
        if table == "items":
            known = self.rows("categories")
            lists = columns.get("categories", [])
            demand(all(row < known for listed in lists for row in listed), "category unknown")
        demand(all(role <= 2 for role in columns.get("role", [])), "role unknown")
        whole = self.tables.setdefault(table, {name: [] for name in columns})
        demand(list(whole) == list(columns), "columns change between pieces")
        for name, values in columns.items():
            whole[name].extend(values)


def short(number):
    """The shortest text that reads back as the same single-precision number, with a point."""
    for digits in range(1, 10):
        text = f"{number:.{digits}g}"
        if struct.pack("<f", float(text)) == struct.pack("<f", number):
            return repr(float(text))
    return repr(number)


def main():
    what, path = sys.argv[1:]
    stream = Stream(open(path, "rb").read())
    out = csv.writer(sys.stdout, lineterminator="\n")
    tables = stream.tables
    if what == "tensors":
        for name, shape, total in stream.tensors:
            out.writerow([name, "x".join(map(str, shape)), total])
    elif what == "users":
        users = tables.get("users", {})
        for row in zip(*users.values()):
            out.writerow(row)
    elif what == "items":
        names = tables.get("categories", {}).get("name", [])
        items = tables.get("items", {})
        for row, item in enumerate(items.get("id", [])):
            title = items["title"][row] if "title" in items else ""
            listed = items["categories"][row] if "categories" in items else []
            out.writerow([item, title, "|".join(names[c] for c in listed)])
    elif stream.kind == b"RECS":
        users, items = tables["users"]["id"], tables["items"]["id"]
        lists, entries = tables["lists"], zip(tables["entries"]["item"], tables["entries"]["score"])
        for user, turn, length in zip(lists["user"], lists["round"], lists["length"]):
            for rank in range(length):
                item, score = next(entries)
                turn_text = "" if turn == 255 else turn
                out.writerow([users[user], turn_text, rank + 1, items[item], short(score)])
    else:
        rows = tables["interactions"]
        users, items = tables["users"]["id"], tables["items"]["id"]
        if "fold" in rows:
            # As dump prints it: -1 is never held out.
            rows["fold"] = [-1 if fold == 255 else fold for fold in rows["fold"]]
        extra = [rows[c] for c in ("rating", "time", "fold") if c in rows]
        for row, (user, item) in enumerate(zip(rows["user"], rows["item"])):
            cells = [short(c[row]) if isinstance(c[row], float) else c[row] for c in extra]
            out.writerow([users[user], items[item], *cells])


if __name__ == "__main__":
    try:
        main()
    except (Damaged, struct.error, ValueError, LookupError, TypeError, OSError) as trouble:
        sys.exit(f"read_ig: {trouble}")
