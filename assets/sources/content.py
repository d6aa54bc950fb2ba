"""What is in a delivered file, whatever its name? Its hash, its lines and a few samples.

The hash is taken over the decompressed content, so a compressed copy of a file is recognised.
Asked for, the same pass hashes the beginnings of given lengths: that shows whether a file is an
earlier one that has grown.
"""

from __future__ import annotations

import gzip
import hashlib
import zlib
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, cast

import numpy as np
import zstandard

from assets.sources.zstd_stream import open_zstandard

CHUNK_BYTES = 1 << 20
HEAD_BYTES = 1 << 12
HEAD_SAMPLE_BYTES = 1 << 16
CHUNK_SAMPLE_BYTES = 1 << 13
MOST_SAMPLES = 64
UTF8_BOM = b"\xef\xbb\xbf"
_NEWLINE = 10
_GZIP = b"\x1f\x8b"
_ZSTANDARD = b"\x28\xb5\x2f\xfd"


class Unreadable(Exception):
    """The bytes of a file cannot be had; the text says what was found."""


@dataclass(frozen=True)
class Content:
    """One delivery's content. Bytes and lines are counted after decompression.

    `last_line_byte` is where an unfinished last line starts (None: it ends with a newline);
    `compression` is none, gzip or zstd.
    """

    fingerprint: str
    size_bytes: int
    content_hash: str
    content_bytes: int
    lines: int = 0
    last_line_byte: int | None = None
    compression: str = "none"
    has_bom: bool = False
    samples: tuple[bytes, ...] = ()
    beginnings: dict[int, str] = field(default_factory=dict)
    head: bytes = b""


def file_fingerprint(path: Path) -> str:
    """Size and time of change of a file: equal means it is not read again."""
    stat = path.stat()
    return f"{stat.st_size}:{stat.st_mtime_ns}"


def inspect_file(path: Path, beginnings: Collection[int] = ()) -> Content:
    """Read a file once. Raises `Unreadable` (no permission, broken or unknown compression)."""
    fingerprint = file_fingerprint(path)
    scan = _Scan(sorted({length for length in beginnings if length > 0}))
    with open_content(path) as (stream, compression):
        while chunk := stream.read(CHUNK_BYTES):
            scan.take(chunk)
    return Content(
        fingerprint=fingerprint,
        size_bytes=int(fingerprint.partition(":")[0]),
        content_hash=scan.digest.hexdigest(),
        content_bytes=scan.bytes,
        lines=scan.newlines + (scan.line_start < scan.bytes),
        last_line_byte=scan.line_start if scan.line_start < scan.bytes else None,
        compression=compression,
        has_bom=scan.head.startswith(UTF8_BOM),
        samples=scan.sampled_lines(),
        beginnings=scan.beginnings,
        head=scan.head[:HEAD_BYTES],
    )


@contextmanager
def open_content(path: Path) -> Iterator[tuple[IO[bytes], str]]:
    """The decompressed bytes of a file and its compression (none, gzip, zstd), known by its first
    bytes. The stream can be moved forward."""
    try:
        with path.open("rb") as raw:
            magic = raw.read(4)
            raw.seek(0)
            if magic.startswith(_ZSTANDARD):
                yield open_zstandard(raw), "zstd"
            elif magic.startswith(_GZIP):
                with gzip.GzipFile(fileobj=raw) as stream:
                    yield cast(IO[bytes], stream), "gzip"
            else:
                yield raw, "none"
    except (EOFError, zlib.error, gzip.BadGzipFile, zstandard.ZstdError) as error:
        name = "gzip" if magic.startswith(_GZIP) else "Zstandard"
        raise Unreadable(f"a broken {name} file ({error})") from error
    except OSError as error:
        raise Unreadable(f"a file that cannot be opened ({error.strerror or error})") from error


def read_content(path: Path, length: int) -> bytes:
    """The first `length` decompressed bytes of a file."""
    with open_content(path) as (stream, _):
        return stream.read(length)


def copy_content(path: Path, target: Path, *, start: int, end: int) -> None:
    """Write the decompressed bytes [start, end) of a file to `target`."""
    with open_content(path) as (stream, _), target.open("wb") as out:
        stream.seek(start)
        left = end - start
        while left and (chunk := stream.read(min(CHUNK_BYTES, left))):
            out.write(chunk)
            left -= len(chunk)
    if left:
        raise Unreadable("a file that became shorter while it was read")


class _Scan:
    """Hash, line count and samples of a stream, fed chunk by chunk."""

    def __init__(self, lengths: list[int]) -> None:
        self.digest: Any = hashlib.sha256()
        self.beginnings: dict[int, str] = {}
        self.bytes = 0
        self.newlines = 0
        self.line_start = 0
        self.head = b""
        self._lengths = lengths
        self._pieces: list[bytes] = []
        self._stride = 1
        self._chunks = 0
        self._tail = b""

    def take(self, chunk: bytes) -> None:
        self._hash(chunk)
        self.newlines += int(np.count_nonzero(np.frombuffer(chunk, np.uint8) == _NEWLINE))
        last = chunk.rfind(b"\n")
        if last >= 0:
            self.line_start = self.bytes + last + 1
        self._sample(chunk)
        self.bytes += len(chunk)

    def _hash(self, chunk: bytes) -> None:
        done = 0
        while self._lengths and self._lengths[0] <= self.bytes + len(chunk):
            length = self._lengths.pop(0)
            cut = length - self.bytes
            self.digest.update(chunk[done:cut])
            done = cut
            self.beginnings[length] = self.digest.hexdigest()
        self.digest.update(chunk[done:])

    def _sample(self, chunk: bytes) -> None:
        if not self.bytes:
            self.head = chunk[:HEAD_SAMPLE_BYTES]
        if self._chunks % self._stride == 0 and len(chunk) > HEAD_SAMPLE_BYTES:
            start = chunk.find(b"\n", len(chunk) // 2) + 1
            piece = chunk[start : start + CHUNK_SAMPLE_BYTES] if start else b""
            self._pieces.append(piece)
            if len(self._pieces) > MOST_SAMPLES:
                self._pieces = self._pieces[::2]
                self._stride *= 2
        self._chunks += 1
        is_long = len(chunk) >= HEAD_SAMPLE_BYTES
        self._tail = (chunk if is_long else self._tail + chunk)[-HEAD_SAMPLE_BYTES:]

    def sampled_lines(self) -> tuple[bytes, ...]:
        """Whole lines from the head, the middle and the tail; some may come twice."""
        head = self.head.removeprefix(UTF8_BOM)
        lines = _whole_lines(head, is_all=self.bytes <= len(self.head))
        for piece in self._pieces:
            lines += _whole_lines(piece, is_all=False)
        if self.bytes > len(self.head):
            lines += self._tail.split(b"\n")[1:]
        return tuple(line for line in lines if line.strip())


def _whole_lines(piece: bytes, *, is_all: bool) -> list[bytes]:
    lines = piece.split(b"\n")
    return lines if is_all else lines[:-1]
