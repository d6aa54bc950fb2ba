"""Which delivered files begin with the content of others?

Exports that only grow come as files of their own too: last week's, and this week's that begins
with it. What they share must be loaded once, whichever comes first. Only files whose first bytes
agree are compared by hash.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from assets.sources.content import HEAD_BYTES, Content, Unreadable, inspect_file, read_content
from assets.sources.ledger import KnownLoad, Ledger

Looked = dict[str, tuple[Path, Content]]


def order_by_growth(looked: Looked) -> Looked:
    """The files in their order, but those that begin with another of them last, shortest first.

    Their content then knows the hash of its beginning at the other's length.
    """
    alone: Looked = {}
    grown: Looked = {}
    for file, (path, content) in looked.items():
        lengths = {
            other.content_bytes for _, other in looked.values() if _may_begin_with(content, other)
        }
        if not lengths - set(content.beginnings):
            alone[file] = (path, content)
            continue
        again = inspect_file(path, lengths | set(content.beginnings))
        if again.content_hash == content.content_hash:
            content = replace(content, beginnings=again.beginnings)
        hashes = {other.content_hash for _, other in looked.values()}
        is_grown = bool(hashes & set(content.beginnings.values()))
        (grown if is_grown else alone)[file] = (path, content)
    by_size = sorted(grown.items(), key=lambda item: item[1][1].content_bytes)
    return alone | dict(by_size)


class Coverage:
    """Finds the load that begins with the whole of a content, as a file that holds it shows."""

    def __init__(self, ledger: Ledger, looked: Looked, root: Path) -> None:
        self._ledger = ledger
        self._others = {name: found for name, (_, found) in looked.items()}
        self._root = root
        self._heads = {name: content.head for name, content in self._others.items()}

    def of(self, file: str, content: Content) -> KnownLoad | None:
        """The load that covers what `file` holds now, or None."""
        for load in self._ledger.loads:
            if not 0 < content.content_bytes < load.content_bytes:
                continue
            if not self._begins_alike(load.file, content) and load.file != file:
                continue
            places = dict.fromkeys(
                [load.file, *self._ledger.places(load.content_hash, self._others)]
            )
            if any(self._covers(place, load, content) for place in places if place != file):
                return load
        return None

    def _begins_alike(self, file: str, content: Content) -> bool:
        if file not in self._heads:
            try:
                self._heads[file] = read_content(self._root / file, HEAD_BYTES)
            except Unreadable:
                self._heads[file] = b""
        # a file that is gone may stand elsewhere under another name
        return not self._heads[file] or self._heads[file].startswith(content.head)

    def _covers(self, place: str, load: KnownLoad, content: Content) -> bool:
        """Whether a file still begins with what was loaded, and that with `content`."""
        if not self._begins_alike(place, content):
            return False
        try:
            lengths = [content.content_bytes, load.content_bytes]
            found = inspect_file(self._root / place, lengths).beginnings
        except (Unreadable, OSError):
            return False
        is_there = found.get(load.content_bytes) == load.content_hash
        return is_there and found.get(content.content_bytes) == content.content_hash


def _may_begin_with(content: Content, other: Content) -> bool:
    return 0 < other.content_bytes < content.content_bytes and content.head.startswith(other.head)
