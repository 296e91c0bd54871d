"""Reads InDGRM's streams into numpy: interactions, splits, lists, item groups and models.

    import indgrm
    log = indgrm.read("ml.ig")
    log.tables["interactions"]["item"]      # numpy arrays; texts are lists of str
    log.matrix()                            # users x items, scipy.sparse.csr_matrix
    for user, items, scores in indgrm.read("lists.ig").lists(): ...
    indgrm.read("ml.model").tensors         # name -> numpy array

The format is described in indgrm(5). Needs numpy and zstandard; with xxhash all checksums are verified, without it
the shape of the stream alone (`indgrm check` verifies the rest).
"""

import json
import struct

import numpy as np
import zstandard

try:
    import xxhash
except ImportError:
    xxhash = None

__all__ = ["Damaged", "Stream", "read"]

KINDS = {b"INTR": "interactions", b"RECS": "recommendations", b"GRPS": "item groups", b"MODL": "model",
         b"CHKP": "checkpoint"}
NUMBERS = {1: "<u1", 2: "<u4", 3: "<i8", 4: "<f4", 5: "<f8"}
LONGEST = 256 << 20


class Damaged(ValueError):
    """The stream is cut short, damaged, or of a newer format."""


def _demand(holds, what):
    if not holds:
        raise Damaged(what)


def _check(data, checksum, what):
    if xxhash is not None:
        _demand(xxhash.xxh64_intdigest(data) == checksum, f"checksum of {what}")


class _Cursor:
    def __init__(self, data):
        self.data, self.at = memoryview(data), 0

    def take(self, count):
        _demand(0 <= count <= len(self.data) - self.at, "cut short")
        self.at += count
        return self.data[self.at - count:self.at]

    def number(self, size):
        return int.from_bytes(self.take(size), "little")

    def name(self):
        return bytes(self.take(self.number(1))).decode()

    def planes(self, count, most=4):
        """Whole numbers whose lowest bytes come first, then their next ones, and so on."""
        planes = self.number(1)
        _demand(1 <= planes <= most and count <= len(self.data), "number of planes")
        values = np.zeros(count, np.uint64)
        for place in range(planes):
            values |= np.frombuffer(self.take(count), np.uint8).astype(np.uint64) << np.uint64(8 * place)
        return values


def _column(cursor, rows):
    kind, coding = cursor.number(1), cursor.number(1)
    method, packed = coding & 15, coding >> 4
    _demand(1 <= kind <= 7 and packed <= 1, "unknown kind of column")
    _demand(method in ((0, 1, 2) if 2 <= kind <= 5 else (0,)), "unknown coding")
    size, stored = cursor.number(4), cursor.number(4)
    _demand(size <= LONGEST, "content too long")
    content = cursor.take(stored)
    if packed:
        try:
            content = zstandard.ZstdDecompressor().decompress(content, max_output_size=size)
        except zstandard.ZstdError as error:
            raise Damaged(f"zstd frame: {error}") from None
    _demand(len(content) == size, "content of another length")
    inner = _Cursor(content)
    if kind == 1:
        values = np.frombuffer(inner.take(rows), np.uint8)
    elif kind in NUMBERS:
        values = _numbers(inner, rows, method, np.dtype(NUMBERS[kind]))
    elif kind == 6:
        values = [bytes(inner.take(int(length))).decode() for length in inner.planes(rows)]
    else:
        lengths = inner.planes(rows).astype(np.int64)
        flat = inner.planes(int(lengths.sum())).astype(np.uint32)
        values = np.split(flat, np.cumsum(lengths)[:-1]) if rows else []
    _demand(inner.at == size, "bytes left over")
    return values


def _numbers(inner, rows, method, dtype):
    width = dtype.itemsize
    if method == 2:
        count = inner.number(1) + 1
        palette = np.frombuffer(inner.take(8 * count), "<u8")
        codes = np.frombuffer(inner.take(rows), np.uint8)
        _demand(not rows or codes.max() < count, "code outside the palette")
        bits = palette[codes]
    else:
        bits = inner.planes(rows, min(width + (method == 1), 8))
        if method == 1:
            # Differences to the value before, with the sign in the lowest bit; sums wrap around.
            bits = np.cumsum((bits >> np.uint64(1)) ^ (np.uint64(0) - (bits & np.uint64(1))), dtype=np.uint64)
    return bits.astype("<u4").view(dtype) if width == 4 else bits.view(dtype)


class Stream:
    """What a file holds.

    - kind: interactions, recommendations, item groups, model or checkpoint.
    - metadata: what the header tells; provenance: the steps that made the file.
    - tables: columns by table and name: users, items, categories, interactions, lists, entries.
    - tensors: arrays by name.
    """

    def __init__(self, data):
        self.tables, self.tensors, self.metadata, self.provenance = {}, {}, {}, []
        data = memoryview(data)
        _demand(bytes(data[:8]) == b"\x89IGR\r\n\x1a\n" and len(data) >= 32, "is not a stream")
        major, _, kind, features, checksum = struct.unpack_from("<HH4sQQ", data, 8)
        _check(data[:24], checksum, "the header")
        _demand(major == 1 and features == 0, "is of a newer format")
        _demand(kind in KINDS, "unknown kind")
        self.kind = KINDS[kind]
        pieces, at, number, tag = {}, 32, 0, b""
        while tag != b"END!":
            _demand(at + 24 <= len(data), "has no end: it was cut short")
            tag, ordinal, length, checksum = struct.unpack_from("<4sIQQ", data, at)
            _demand(ordinal == number and length <= len(data) - at - 24, "head of a section")
            payload = data[at + 24:at + 24 + length]
            _check(bytes(data[at:at + 16]) + bytes(payload), checksum, f"section {number}")
            self._section(tag, payload, pieces)
            at += 24 + length
            at += -at % 8
            number += 1
        _demand(bytes(payload[24:]) == b"\r\nIGREND" and at == len(data), "has no end")
        for table, parts in pieces.items():
            _demand(all(list(part) == list(parts[0]) for part in parts), "columns change between pieces")
            self.tables[table] = {name: _joined([part[name] for part in parts]) for name in parts[0]}

    def _section(self, tag, payload, pieces):
        if tag == b"META":
            self.metadata = json.loads(bytes(payload))
        elif tag == b"prov":
            self.provenance = json.loads(bytes(payload))
        elif tag == b"TABL":
            cursor = _Cursor(payload)
            table, rows = cursor.name(), cursor.number(4)
            _demand(rows <= 1 << 20, "too many rows")
            columns = [(cursor.name(), _column(cursor, rows)) for _ in range(cursor.number(1))]
            _demand(cursor.at == len(payload), "bytes left over")
            pieces.setdefault(table, []).append(dict(columns))
        elif tag == b"TENS":
            cursor = _Cursor(payload)
            name, kind = cursor.name(), cursor.number(1)
            _demand(kind in NUMBERS, "tensor of an unknown type")
            shape = [cursor.number(8) for _ in range(cursor.number(1))]
            cursor.take(cursor.number(1))
            self.tensors[name] = np.frombuffer(cursor.take(len(payload) - cursor.at), NUMBERS[kind]).reshape(shape)
        else:
            _demand(tag == b"END!" or tag[:1].islower(), f"unknown section {tag!r}")

    @property
    def users(self):
        """The ids of users, as they are numbered."""
        return self.tables.get("users", {}).get("id", [])

    @property
    def items(self):
        """The ids of items, as they are numbered."""
        return self.tables.get("items", {}).get("id", [])

    def matrix(self):
        """Interactions as a scipy.sparse.csr_matrix of users x items: ratings, or 1 where there are none."""
        from scipy.sparse import csr_matrix

        rows = self._table("interactions")
        values = rows["rating"] if "rating" in rows else np.ones(len(rows["user"]), np.float32)
        return csr_matrix((values, (rows["user"], rows["item"])), shape=(len(self.users), len(self.items)))

    def lists(self):
        """Ranked lists one by one: the user's id, the items' ids and their scores, best first."""
        lists, entries = self._table("lists"), self._table("entries")
        start, items = 0, self.items
        for user, length in zip(lists["user"], lists["length"]):
            places = slice(start, start + int(length))
            yield self.users[user], [items[i] for i in entries["item"][places]], entries["score"][places]
            start = places.stop

    def _table(self, name):
        if name not in self.tables:
            raise Damaged(f"a stream of {self.kind} has no {name}")
        return self.tables[name]


def _joined(parts):
    if isinstance(parts[0], list):
        return [value for part in parts for value in part]
    return np.concatenate(parts)


def read(path):
    """Reads a file; raises Damaged, a ValueError, where it is not whole."""
    with open(path, "rb") as file:
        data = file.read()
    try:
        return Stream(data)
    except (Damaged, struct.error, ValueError, LookupError, TypeError, RecursionError) as error:
        raise Damaged(f"{path}: {error}") from None
