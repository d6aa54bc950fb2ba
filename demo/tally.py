"""How many records of each written file must be loaded, refused or passed over as blank?"""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class FileCount:
    """What a correct reader finds in a file: records = loaded + quarantined + blank.

    `file` is relative to the home. The "file" of a training run is its directory. Header lines
    are no records; a row whose quoted cells span lines is one. A repeated delivery
    (`duplicate_of`) is recognised and none of it is read.
    """

    source: str
    file: str
    loaded: int
    quarantined: dict[str, int] = field(default_factory=dict)
    blank: int = 0
    duplicate_of: str | None = None

    @property
    def records(self) -> int:
        return self.loaded + sum(self.quarantined.values()) + self.blank

    def as_record(self) -> dict[str, Any]:
        """The form written to truth.json."""
        status = "duplicate" if self.duplicate_of else "loaded"
        return {**asdict(self), "records": self.records, "status": status}


def write_bytes(folder: Path, file: str, data: bytes) -> None:
    """Writes a file below the home, making its folders."""
    path = folder / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


def count_reasons(reasons: list[str]) -> dict[str, int]:
    """How often each reason occurs, by name."""
    return dict(sorted(Counter(reasons).items()))
