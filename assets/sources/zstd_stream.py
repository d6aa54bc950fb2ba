"""How is a Zstandard file read as one stream, whatever its number of frames?"""

from __future__ import annotations

import io
from typing import IO, Any

import zstandard

_READ_BYTES = 1 << 17
_LARGEST_WINDOW_BYTES = 1 << 31


class ZstandardStream(io.RawIOBase):
    """The decompressed bytes of an open file; goes forward only.

    Raises `EOFError` when the file ends within a frame, `zstandard.ZstdError` when it is broken.
    """

    def __init__(self, raw: IO[bytes]) -> None:
        self._raw = raw
        self._frame: Any = None
        self._ready = b""
        self._rest = b""
        self._position = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go forward to `offset` bytes from the start."""
        if whence != io.SEEK_SET or offset < self._position:
            raise io.UnsupportedOperation("a compressed stream goes forward only")
        while self._position < offset and self.read(min(_READ_BYTES, offset - self._position)):
            pass
        return self._position

    def readinto(self, buffer: Any) -> int:
        while not self._ready and self._fill():
            pass
        taken = self._ready[: len(buffer)]
        self._ready = self._ready[len(taken) :]
        buffer[: len(taken)] = taken
        self._position += len(taken)
        return len(taken)

    def _fill(self) -> bool:
        """Decompress a piece more; False at the end of the file."""
        piece = self._rest or self._raw.read(_READ_BYTES)
        self._rest = b""
        if not piece:
            if self._frame is not None:
                raise EOFError("it ends within a frame")
            return False
        if self._frame is None:
            window = zstandard.ZstdDecompressor(max_window_size=_LARGEST_WINDOW_BYTES)
            self._frame = window.decompressobj()
        self._ready = self._frame.decompress(piece)
        if self._frame.eof:
            self._rest, self._frame = self._frame.unused_data, None
        return True


def open_zstandard(raw: IO[bytes]) -> io.BufferedReader:
    """A buffered stream of lines over an open Zstandard file."""
    return io.BufferedReader(ZstandardStream(raw), _READ_BYTES)
