"""Which versions does a registered model have, and which of them carry a stage or an alias?

A registry keeps the present state alone. Each look at it is kept, so that staging can say which
version was live when: `labelled_at` is when a label was given, where the registry tells.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb

from assets.sources.mlflow_insert import known_times
from assets.sources.mlflow_store import instant, read_yaml
from assets.sources.quarantine import MALFORMED_YAML, Rejected, readable
from assets.sources.reading import Context, Delivery, Outcome, insert_rows

FORMAT = "mlflow_registry"
NO_STAGE = ("", "None", None)


def read(con: duckdb.DuckDBPyConnection, delivery: Delivery, context: Context) -> Outcome:
    """Load a model's folder: a record for each version and each alias. See `reading.Reader`."""
    folder = delivery.path
    model = _name(folder)
    versions: dict[str, Mapping[str, Any]] = {}
    rejected: list[Rejected] = []
    for meta in sorted(folder.glob("version-*/meta.yaml")):
        text = meta.read_bytes()
        found = read_yaml(text)
        if found is None or found.get("version") is None:
            name = meta.relative_to(folder).as_posix()
            rejected.append(
                Rejected(None, MALFORMED_YAML, name, None, "a YAML mapping with the version",
                         readable(text))
            )  # fmt: skip
            continue
        versions[str(found["version"])] = found
    rows = [version_row(model, version, meta) for version, meta in versions.items()]
    for path in sorted(folder.glob("aliases/*")):
        version = readable(path.read_bytes()).strip()
        given_at = datetime.fromtimestamp(path.stat().st_mtime, UTC)
        rows.append(alias_row(model, version, path.name, versions.get(version, {}), given_at))
    loaded = insert_versions(con, rows, delivery, context)
    times = known_times([row["updated_at"] for row in rows])
    return Outcome(
        loaded + len(rejected), loaded, 0, rejected, FORMAT, {"model": model},
        min(times, default=None), max(times, default=None),
    )  # fmt: skip


def _name(folder: Path) -> str:
    meta = read_yaml((folder / "meta.yaml").read_bytes()) or {}
    return str(meta.get("name") or folder.name)


def version_row(model: str, version: str, meta: Mapping[str, Any]) -> dict[str, Any]:
    """A version with its stage; the time of a stage is that of the version's last change."""
    stage = meta.get("current_stage")
    updated_at = instant(meta.get("last_updated_timestamp", meta.get("last_updated_time")))
    return {
        "model": model,
        "version": version,
        "label_kind": None if stage in NO_STAGE else "stage",
        "label": None if stage in NO_STAGE else str(stage),
        "labelled_at": None if stage in NO_STAGE else updated_at,
        "run_id": str(meta["run_id"]) if meta.get("run_id") else None,
        "created_at": instant(meta.get("creation_timestamp", meta.get("creation_time"))),
        "updated_at": updated_at,
    }


def alias_row(
    model: str, version: str, alias: str, meta: Mapping[str, Any], given_at: datetime | None
) -> dict[str, Any]:
    """An alias of a version."""
    row = version_row(model, version, meta)
    return row | {"label_kind": "alias", "label": alias, "labelled_at": given_at}


def insert_versions(
    con: duckdb.DuckDBPyConnection,
    rows: Sequence[Mapping[str, Any]],
    delivery: Delivery,
    context: Context,
) -> int:
    """Append rows of raw.model_versions. Returns the count."""
    columns = {name: [row[name] for row in rows] for name in (rows[0] if rows else {})}
    return insert_rows(
        con, "model_versions", columns, delivery, context, lines=[None] * len(rows),
        extra=[None] * len(rows),
    )  # fmt: skip
