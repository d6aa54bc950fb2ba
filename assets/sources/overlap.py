"""Which delivered files begin with the content of others?

Exports that only grow come as files of their own too: last week's, and this week's that begins
with it. What they share must be loaded once, whichever comes first. Only files whose first bytes
agree are compared by hash.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from assets.sources.content import HEAD_BYTES, Content, Unreadable, inspect_file, read_content
from assets.sources.ledger import KnownLoad

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


def load_that_covers(content: Content, loads: Iterable[KnownLoad], root: Path) -> KnownLoad | None:
    """A load whose file, unchanged in its place, begins with the whole of this content."""
    for load in loads:
        if not 0 < content.content_bytes < load.content_bytes:
            continue
        path = root / load.file
        try:
            head = read_content(path, min(HEAD_BYTES, content.content_bytes))
            if head != content.head:
                continue
            found = inspect_file(path, [content.content_bytes, load.content_bytes]).beginnings
        except Unreadable:
            continue
        is_there = found.get(load.content_bytes) == load.content_hash
        if is_there and found.get(content.content_bytes) == content.content_hash:
            return load
    return None


def _may_begin_with(content: Content, other: Content) -> bool:
    return 0 < other.content_bytes < content.content_bytes and content.head.startswith(other.head)
