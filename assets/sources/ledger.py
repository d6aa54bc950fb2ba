"""What has been loaded already? The ledger of loads: nothing twice, whatever its name.

A file is known by the hash of its decompressed content, so a copy under another name, compressed
or not, is a duplicate: it gets a ledger row and no records. A file whose beginning is a loaded
content has grown: only its tail is loaded, as a ledger row of its own whose hash covers the whole
content up to its end. That also holds under a new name, as after a rotation. A file whose earlier
content is gone was cut or rewritten; what then happens depends on the kind (`OnRewrite`).

Every load has a later `_loaded_at` than the ones before it, whatever the clock says: what builds
on the raw tables can take "what came since" by that time alone.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import Any

import duckdb
import pyarrow as pa

from assets.sources.batches import lent
from assets.sources.content import Content
from assets.sources.reading import Delivery, Outcome

LOADED, DUPLICATE, SUPERSEDED = "loaded", "duplicate", "superseded"
TAIL_OF = "tail_of_load"  # in `detected`: the load that this one goes on from


class OnRewrite(Enum):
    """What a changed file means: an error, a full new version, one more delivery, new records at
    its end or else one more delivery, or the state of things at a later time (which may be an
    earlier state again)."""

    REFUSE = "refuse"
    SUPERSEDE = "supersede"
    KEEP = "keep"
    ADD = "add"
    SNAPSHOT = "snapshot"


@dataclass(frozen=True)
class LoadResult:
    """What became of one delivered file; records = loaded + quarantined + blank."""

    file: str
    status: str
    records: int
    loaded: int
    quarantined: int
    blank: int
    load_id: str
    detected: dict[str, Any]


@dataclass(frozen=True)
class KnownLoad:
    """A ledger row that counts (status `loaded`)."""

    load_id: str
    file: str
    content_hash: str
    content_bytes: int
    resume_byte: int
    resume_line: int
    detected: dict[str, Any]


@dataclass(frozen=True)
class Plan:
    """What to do with a file: `skip`, `duplicate`, `load` (from `after`'s end, if given) or
    `refuse` (cut or rewritten since it was loaded: `found` says how)."""

    action: str
    after: KnownLoad | None = None
    found: str = ""


NEW = Plan("load")


class Ledger:
    """The loads of one source in an open warehouse. `present` are the files there are now."""

    def __init__(self, con: duckdb.DuckDBPyConnection, source: str, kind: str) -> None:
        self._con = con
        self._source = source
        self._kind = kind
        self.present: Collection[str] = ()
        self._fingerprints: dict[str, tuple[str, str]] = {
            file: (fingerprint, content_hash)
            for file, fingerprint, content_hash in con.execute(
                "SELECT file, fingerprint, content_hash FROM raw.files_seen WHERE source = ?",
                [source],
            ).fetchall()
        }
        rows = con.execute(
            "SELECT load_id, file, content_hash, content_bytes, resume_byte, resume_line, detected"
            " FROM raw.loads WHERE source = ? AND status = ? ORDER BY loaded_at, rowid",
            [source, LOADED],
        ).fetchall()
        self._loads = [
            KnownLoad(row[0], row[1], row[2], row[3], row[4], row[5], json.loads(row[6] or "{}"))
            for row in rows
        ]

    def is_unchanged(self, file: str, fingerprint: str) -> bool:
        """Whether a file looks as when it was last read (size and time of change)."""
        return self._fingerprints.get(file, ("", ""))[0] == fingerprint

    def same_content(self, file: str, content_hash: str) -> bool:
        """Whether a file holds what it held when it was last read."""
        return self._fingerprints.get(file, ("", ""))[1] == content_hash

    def beginnings(self) -> list[int]:
        """Lengths in bytes at which a file could turn out to be a grown one."""
        return [load.content_bytes for load in self._loads if load.content_bytes]

    @property
    def loads(self) -> Sequence[KnownLoad]:
        """The loads that count, oldest first."""
        return self._loads

    @property
    def last_detected(self) -> dict[str, Any]:
        """What was detected in the file loaded last; {} when there is none."""
        return self._loads[-1].detected if self._loads else {}

    def plan(
        self, file: str, content: Content, *, others: Mapping[str, Content], on_rewrite: OnRewrite
    ) -> Plan:
        """Decide about one file. `others` are the other files now read, by name: an earlier
        content that moved there makes this a new file after a rotation."""
        if self.same_content(file, content.content_hash):
            return Plan("skip")
        if on_rewrite is OnRewrite.SNAPSHOT:
            return NEW
        is_gone = on_rewrite is OnRewrite.REFUSE and self._earlier_is_gone(file, others)
        for load in self._loads:
            if load.content_hash == content.content_hash:
                is_cut = is_gone and load.file == file
                return self._refusal(file, content) if is_cut else Plan("duplicate", load)
        if on_rewrite in (OnRewrite.REFUSE, OnRewrite.ADD):
            grown = [x for x in self._loads if _begins_with(content, x) and x.content_bytes]
            if is_gone and not any(load.content_hash == self._held(file) for load in grown):
                return self._refusal(file, content)
            if grown:
                return Plan("load", max(grown, key=lambda load: load.content_bytes))
        return NEW

    def _held(self, file: str) -> str | None:
        """The hash of what a path held when it was last read."""
        return self._fingerprints.get(file, (None, None))[1]

    def _refusal(self, file: str, content: Content) -> Plan:
        held = [load.content_bytes for load in self._loads if load.content_hash == self._held(file)]
        sizes = f" ({content.content_bytes:,} bytes, where {held[0]:,} were loaded)" if held else ""
        return Plan("refuse", found=f"other content than was loaded from this file before{sizes}")

    def _earlier_is_gone(self, file: str, others: Mapping[str, Content]) -> bool:
        """Whether what a path held before stands neither in another file now nor did so."""
        held = self._held(file)
        return held not in (None, _EMPTY_HASH) and not self._moved(file, str(held), others)

    def _moved(self, file: str, content_hash: str, others: Mapping[str, Content]) -> bool:
        return any(name != file for name in self.places(content_hash, others))

    def places(self, content_hash: str, others: Mapping[str, Content]) -> list[str]:
        """The files that hold a content: those now read, and those not changed since."""
        held = [
            name
            for name, seen in self._fingerprints.items()
            if seen[1] == content_hash and name in self.present and name not in others
        ]
        now = [
            name
            for name, content in others.items()
            if content_hash == content.content_hash or content_hash in content.beginnings.values()
        ]
        return list(dict.fromkeys([*now, *held]))

    def remember(self, file: str, content: Content, now: datetime) -> None:
        """Note what a path holds now."""
        self._con.execute(
            "DELETE FROM raw.files_seen WHERE source = ? AND file = ?", [self._source, file]
        )
        self._con.execute(
            "INSERT INTO raw.files_seen VALUES (?, ?, ?, ?, ?::TIMESTAMPTZ)",
            [self._source, file, content.fingerprint, content.content_hash, now],
        )

    def record_load(
        self,
        delivery: Delivery,
        outcome: Outcome,
        now: datetime,
        *,
        preamble: bytes | None = None,
    ) -> LoadResult:
        """Write the ledger row of a load, in the transaction that is open."""
        content, quarantined = delivery.content, len(outcome.rejected)
        detected = dict(outcome.detected)
        if delivery.start_byte:
            detected["tail_after_line"] = delivery.start_line
            detected[TAIL_OF] = delivery.after_load_id
        resume_byte = content.content_bytes if outcome.resume_byte is None else outcome.resume_byte
        resume_line = content.lines if outcome.resume_line is None else outcome.resume_line
        self._take_over(delivery, now)
        self._insert(
            load_id=delivery.load_id,
            file=delivery.file,
            content_hash=content.content_hash,
            size_bytes=content.size_bytes,
            format=outcome.format,
            detected=json.dumps(detected),
            records=outcome.records,
            loaded=outcome.loaded,
            quarantined=quarantined,
            blank=outcome.blank,
            first_at=outcome.first_at,
            last_at=outcome.last_at,
            status=LOADED,
            loaded_at=now,
            content_bytes=content.content_bytes,
            resume_byte=resume_byte,
            resume_line=resume_line,
            preamble=preamble,
        )
        self._loads.append(
            KnownLoad(
                delivery.load_id, delivery.file, content.content_hash, content.content_bytes,
                resume_byte, resume_line, detected,
            )
        )  # fmt: skip
        return LoadResult(
            delivery.file, LOADED, outcome.records, outcome.loaded, quarantined, outcome.blank,
            delivery.load_id, detected,
        )  # fmt: skip

    def _take_over(self, delivery: Delivery, now: datetime) -> None:
        """Records that the earlier load set aside and this tail reads again (a last line that was
        cut off) count with this load alone."""
        if delivery.after_load_id is None:
            return
        ((again,),) = self._con.execute(
            "UPDATE raw.quarantine SET resolved_by = ?, resolved_at = ?::TIMESTAMPTZ"
            " WHERE load_id = ? AND line > ? AND resolved_at IS NULL",
            [delivery.load_id, now, delivery.after_load_id, delivery.start_line],
        ).fetchall()
        if again:
            self._con.execute(
                "UPDATE raw.loads SET records = records - ?, quarantined = quarantined - ?"
                " WHERE load_id = ?",
                [again, again, delivery.after_load_id],
            )

    def record_duplicate(
        self, file: str, content: Content, of: KnownLoad, *, load_id: str, now: datetime
    ) -> LoadResult:
        """Write the ledger row of a file whose content is loaded already."""
        self._insert(
            load_id=load_id,
            file=file,
            content_hash=content.content_hash,
            size_bytes=content.size_bytes,
            detected="{}",
            records=0,
            loaded=0,
            quarantined=0,
            blank=0,
            status=DUPLICATE,
            duplicate_of=of.file,
            loaded_at=now,
            content_bytes=content.content_bytes,
        )
        return LoadResult(file, DUPLICATE, 0, 0, 0, 0, load_id, {})

    def record_all(
        self, loads: Sequence[tuple[Delivery, Outcome]], now: datetime
    ) -> list[LoadResult]:
        """Write the rows of many whole deliveries at once, and what their paths hold now; earlier
        loads of theirs no longer count. In the transaction that is open."""
        batch = pa.table(
            {
                "load_id": [delivery.load_id for delivery, _ in loads],
                "file": [delivery.file for delivery, _ in loads],
                "content_hash": [delivery.content.content_hash for delivery, _ in loads],
                "fingerprint": [delivery.content.fingerprint for delivery, _ in loads],
                "size_bytes": [delivery.content.size_bytes for delivery, _ in loads],
                "content_bytes": [delivery.content.content_bytes for delivery, _ in loads],
                "format": [outcome.format for _, outcome in loads],
                "detected": [json.dumps(outcome.detected) for _, outcome in loads],
                "records": [outcome.records for _, outcome in loads],
                "loaded": [outcome.loaded for _, outcome in loads],
                "quarantined": [len(outcome.rejected) for _, outcome in loads],
                "blank": [outcome.blank for _, outcome in loads],
                "first_at": pa.array([o.first_at for _, o in loads], pa.timestamp("us", tz="UTC")),
                "last_at": pa.array([o.last_at for _, o in loads], pa.timestamp("us", tz="UTC")),
            }
        )
        with lent(self._con, "load_batch", batch):
            for statement, values in _RECORD_ALL:
                named = {"source": self._source, "kind": self._kind, "now": now}
                self._con.execute(statement, {name: named[name] for name in values})
        files = set(batch["file"].to_pylist())
        self._loads = [load for load in self._loads if load.file not in files]
        for delivery, outcome in loads:
            size = delivery.content.content_bytes
            self._loads.append(
                KnownLoad(delivery.load_id, delivery.file, delivery.content.content_hash, size,
                          size, 0, outcome.detected)
            )  # fmt: skip
        return [
            LoadResult(d.file, LOADED, o.records, o.loaded, len(o.rejected), o.blank, d.load_id,
                       o.detected)
            for d, o in loads
        ]  # fmt: skip

    def supersede(self, file: str) -> None:
        """The loads of this file so far no longer count."""
        self._con.execute(
            "UPDATE raw.loads SET status = ? WHERE source = ? AND file = ? AND status = ?",
            [SUPERSEDED, self._source, file, LOADED],
        )
        self._loads = [load for load in self._loads if load.file != file]

    def _insert(self, **values: Any) -> None:
        values |= {"source": self._source, "kind": self._kind}
        marks = ", ".join("?" for _ in values)
        self._con.execute(
            f"INSERT INTO raw.loads ({', '.join(values)}) VALUES ({marks})", list(values.values())
        )


def time_after_all(con: duckdb.DuckDBPyConnection, now: datetime) -> datetime:
    """`now`, or just after the latest time in the ledger when a clock was set back."""
    ((latest,),) = con.execute(
        "SELECT greatest((SELECT max(loaded_at) FROM raw.loads),"
        " (SELECT max(resolved_at) FROM raw.quarantine))"
    ).fetchall()
    return now if latest is None or latest < now else latest + timedelta(microseconds=1)


_RECORD_ALL = (
    (
        "UPDATE raw.loads SET status = 'superseded' WHERE source = $source AND status = 'loaded'"
        " AND file IN (SELECT file FROM load_batch)",
        ("source",),
    ),
    (
        "DELETE FROM raw.files_seen WHERE source = $source"
        " AND file IN (SELECT file FROM load_batch)",
        ("source",),
    ),
    (
        "INSERT INTO raw.files_seen SELECT $source, file, fingerprint, content_hash,"
        " $now::TIMESTAMPTZ FROM load_batch",
        ("source", "now"),
    ),
    (
        "INSERT INTO raw.loads (load_id, source, kind, file, content_hash, size_bytes, format,"
        " detected, records, loaded, quarantined, blank, first_at, last_at, status, loaded_at,"
        " content_bytes, resume_byte, resume_line) SELECT load_id, $source, $kind, file,"
        " content_hash, size_bytes, format, detected, records, loaded, quarantined, blank,"
        " first_at, last_at, 'loaded', $now::TIMESTAMPTZ, content_bytes, content_bytes, 0"
        " FROM load_batch",
        ("source", "kind", "now"),
    ),
)
_EMPTY_HASH = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


def _begins_with(content: Content, load: KnownLoad) -> bool:
    return content.beginnings.get(load.content_bytes) == load.content_hash
