"""How does the outside get in? One call loads a source, one looks at it, one says what waits.

Each kind of source has a module that reads it; this package only dispatches. One file's load is
one transaction: its rows, its quarantined records and its ledger row are there together or not at
all.
"""

from __future__ import annotations

from assets.sources.check import SourceCheck, check_source
from assets.sources.ledger import LoadResult
from assets.sources.loading import load_source, pending_files
from assets.sources.problem import SourceError, SourceProblem
from assets.sources.raw_tables import create_raw_tables

__all__ = [
    "LoadResult",
    "SourceCheck",
    "SourceError",
    "SourceProblem",
    "check_source",
    "create_raw_tables",
    "load_source",
    "pending_files",
]
