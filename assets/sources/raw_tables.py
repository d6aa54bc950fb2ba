"""Which tables does the outside arrive in? The DDL of schema `raw`, and nothing else.

Every table of records ends with the same six columns: where a row came from (`_source`, `_file`,
`_line`), in which load (`_load_id`, `_loaded_at`) and what nobody declared (`_extra`). Tables are
append-only. A load whose ledger row is not `loaded` (a later version of the same file took its
place) is left out by staging:
`_load_id in (select load_id from raw.loads where status = 'loaded')`.

A warehouse made by an earlier version gets the columns that it lacks, at the end of its tables:
name the columns in every INSERT.
"""

from __future__ import annotations

import secrets
from functools import cache

import duckdb

PROVENANCE = """
    _source TEXT NOT NULL,
    _file TEXT NOT NULL,
    _line BIGINT,
    _load_id TEXT NOT NULL,
    _loaded_at TIMESTAMPTZ NOT NULL,
    _extra JSON
"""

RECORD_TABLES = {
    "service_logs": """
        logged_at TIMESTAMPTZ NOT NULL, service TEXT, endpoint TEXT, method TEXT,
        status INTEGER, latency_ms DOUBLE, version TEXT, level TEXT, message TEXT,
        request_id TEXT, caller TEXT, platform TEXT, model TEXT, model_version TEXT,
        k_asked INTEGER, k_served INTEGER, k_rendered INTEGER, k_viewed INTEGER,
        is_fallback BOOLEAN, span_kind TEXT, parent_span_id TEXT""",
    "sales": """
        order_id TEXT, line_id TEXT, ordered_at TIMESTAMPTZ, customer_id TEXT, product_id TEXT,
        description TEXT, quantity DECIMAL(18,3), unit_price DECIMAL(18,4),
        amount DECIMAL(18,4), currency TEXT, country TEXT, channel TEXT, status TEXT,
        delivery_id TEXT""",
    "jira_issues": """
        issue_key TEXT, issue_id TEXT, project TEXT, issue_type TEXT, summary TEXT, status TEXT,
        status_category TEXT, resolution TEXT, priority TEXT, assignee TEXT, reporter TEXT,
        created_at TIMESTAMPTZ, updated_at TIMESTAMPTZ, resolved_at TIMESTAMPTZ,
        story_points DOUBLE, sprints JSON, fix_versions JSON, labels JSON, components JSON,
        n_comments INTEGER, n_worklogs INTEGER, status_id TEXT, sprint_ids JSON""",
    "jira_changelog": """
        issue_key TEXT, issue_id TEXT, history_id TEXT, changed_at TIMESTAMPTZ, item INTEGER,
        field TEXT, from_id TEXT, from_value TEXT, to_id TEXT, to_value TEXT""",
    "jira_changelog_pages": """
        issue_key TEXT, issue_id TEXT, first_entry INTEGER, entries INTEGER,
        total_entries INTEGER, has_more BOOLEAN""",
    "jira_statuses": "status_id TEXT, status_name TEXT, origin TEXT, category TEXT",
    "jira_sprints": """
        sprint_id TEXT, sprint_name TEXT, state TEXT, started_at TIMESTAMPTZ,
        ends_at TIMESTAMPTZ, completed_at TIMESTAMPTZ, board_id TEXT""",
    "jira_activity": """
        issue_key TEXT, issue_id TEXT, kind TEXT, entry_id TEXT, entered_at TIMESTAMPTZ,
        seconds BIGINT""",
    "mlflow_runs": """
        run_id TEXT, experiment_id TEXT, experiment_name TEXT, run_name TEXT, status TEXT,
        started_at TIMESTAMPTZ, ended_at TIMESTAMPTZ, params JSON, tags JSON""",
    "mlflow_metrics": """
        run_id TEXT, metric_key TEXT, value DOUBLE, step BIGINT, logged_at TIMESTAMPTZ,
        is_finite BOOLEAN, metric_name TEXT""",
    "model_versions": """
        model TEXT, version TEXT, label_kind TEXT, label TEXT, labelled_at TIMESTAMPTZ,
        run_id TEXT, created_at TIMESTAMPTZ, updated_at TIMESTAMPTZ""",
    "releases": """
        model TEXT, version TEXT, released_at TIMESTAMPTZ, environment TEXT, run_id TEXT,
        registry_version TEXT, code_sha TEXT, note TEXT, status TEXT""",
    "experiments": """
        experiment TEXT, model TEXT, variant TEXT, is_control BOOLEAN, started_at TIMESTAMPTZ,
        ended_at TIMESTAMPTZ, metric TEXT, users BIGINT, expected_share DOUBLE,
        conversions BIGINT, value_sum DOUBLE, value_sum_squares DOUBLE, offline_metric TEXT,
        offline_delta DOUBLE, offline_se DOUBLE, elapsed_days DOUBLE""",
    "experiment_units": """
        experiment TEXT, model TEXT, variant TEXT, is_control BOOLEAN, user_id TEXT, metric TEXT,
        value DOUBLE, value_before DOUBLE, assigned_at TIMESTAMPTZ, ended_at TIMESTAMPTZ,
        expected_share DOUBLE, offline_metric TEXT, offline_delta DOUBLE, offline_se DOUBLE""",
    "calendar": "day DATE, kind TEXT, name TEXT, country TEXT",
    "service_metrics": """
        measured_at TIMESTAMPTZ NOT NULL, service TEXT, metric TEXT NOT NULL, value DOUBLE,
        unit TEXT, kind TEXT NOT NULL, labels JSON, period_seconds DOUBLE""",
    "events": """
        occurred_at TIMESTAMPTZ NOT NULL, event TEXT NOT NULL, event_id TEXT, session_id TEXT,
        user_id TEXT, item_id TEXT, order_id TEXT, request_id TEXT, position BIGINT,
        surface TEXT, page TEXT, value DECIMAL(18,4), currency TEXT, variant TEXT, model TEXT,
        model_version TEXT, platform TEXT, country TEXT, channel TEXT""",
    "exposure": """
        exposed_at TIMESTAMPTZ NOT NULL, request_id TEXT, session_id TEXT, user_id TEXT,
        surface TEXT, model TEXT, model_version TEXT, variant TEXT, platform TEXT, country TEXT,
        position BIGINT, item_id TEXT, propensity DOUBLE, is_served BOOLEAN, is_rendered BOOLEAN,
        is_viewed BOOLEAN, is_clicked BOOLEAN""",
    "incidents": """
        incident_id TEXT NOT NULL, service TEXT, title TEXT, severity TEXT, status TEXT,
        started_at TIMESTAMPTZ NOT NULL, acknowledged_at TIMESTAMPTZ, resolved_at TIMESTAMPTZ,
        updated_at TIMESTAMPTZ, release_component TEXT, release_version TEXT""",
    "cost": """
        day DATE NOT NULL, service TEXT, model TEXT, category TEXT,
        amount DECIMAL(24,6) NOT NULL, currency TEXT NOT NULL""",
    "rates": """
        day DATE NOT NULL, currency TEXT NOT NULL, base_currency TEXT NOT NULL,
        rate DOUBLE NOT NULL""",
    "settings": """
        document TEXT NOT NULL, snapshot_at TIMESTAMPTZ NOT NULL, setting TEXT NOT NULL,
        value TEXT NOT NULL, settings_hash TEXT NOT NULL""",
}

# What each kind of source delivers into.
TABLES_OF_KIND = {
    "service_logs": ("service_logs",),
    "jira": (
        "jira_issues", "jira_changelog", "jira_changelog_pages", "jira_statuses", "jira_sprints",
        "jira_activity",
    ),
    "sales": ("sales",),
    "mlflow": ("mlflow_runs", "mlflow_metrics", "model_versions"),
    "releases": ("releases",),
    "experiments": ("experiments", "experiment_units"),
    "calendar": ("calendar",),
    "service_metrics": ("service_metrics",),
    "events": ("events",),
    "exposure": ("exposure",),
    "incidents": ("incidents",),
    "cost": ("cost",),
    "rates": ("rates",),
    "settings": ("settings",),
}  # fmt: skip

# `content_bytes` counts decompressed bytes up to the end of the load, and `content_hash` is the
# hash of them all: a grown file still begins with that content. A tail starts at `resume_byte`.
# `preamble` are the lines before the file's first record, such as a header.
_LOADS = """
    load_id TEXT NOT NULL, source TEXT NOT NULL, kind TEXT NOT NULL, file TEXT NOT NULL,
    content_hash TEXT NOT NULL, size_bytes BIGINT, format TEXT, detected JSON,
    records BIGINT NOT NULL, loaded BIGINT NOT NULL, quarantined BIGINT NOT NULL,
    blank BIGINT NOT NULL, first_at TIMESTAMPTZ, last_at TIMESTAMPTZ,
    status TEXT NOT NULL CHECK (status IN ('loaded', 'duplicate', 'superseded')),
    duplicate_of TEXT, loaded_at TIMESTAMPTZ NOT NULL,
    content_bytes BIGINT, resume_byte BIGINT, resume_line BIGINT, preamble BLOB,
    CHECK (records = loaded + quarantined + blank)
"""

# A record that a retry (or a later tail) could load is no longer in quarantine: `resolved_by` is
# the id of what loaded it.
_QUARANTINE = """
    source TEXT NOT NULL, file TEXT NOT NULL, line BIGINT, reason TEXT NOT NULL,
    column_name TEXT, found TEXT, expected TEXT, raw_text TEXT, load_id TEXT NOT NULL,
    quarantined_at TIMESTAMPTZ NOT NULL, resolved_by TEXT, resolved_at TIMESTAMPTZ
"""

# What each path held when it was last looked at: an unchanged fingerprint (size and time of
# change) spares reading the content again.
_FILES_SEEN = """
    source TEXT NOT NULL, file TEXT NOT NULL, fingerprint TEXT NOT NULL,
    content_hash TEXT NOT NULL, seen_at TIMESTAMPTZ NOT NULL
"""

# Lines of `raw.service_logs` that are no longer kept: all of days before `before_day`, with facts
# that were made by then. See `assets.retention`.
_DROPPED_LINES = """
    before_day DATE NOT NULL, lines BIGINT NOT NULL, first_at TIMESTAMPTZ, last_at TIMESTAMPTZ,
    dropped_at TIMESTAMPTZ NOT NULL
"""


def create_raw_tables(con: duckdb.DuckDBPyConnection) -> None:
    """Create every raw table and column that is not there yet, and the random hash key once."""
    con.execute("SET TimeZone = 'UTC'")
    con.execute("CREATE SCHEMA IF NOT EXISTS raw")
    for name, columns in _tables().items():
        con.execute(f"CREATE TABLE IF NOT EXISTS raw.{name} ({columns})")
    _add_missing_columns(con)
    con.execute(
        "INSERT INTO raw.hash_key SELECT ? WHERE NOT EXISTS (FROM raw.hash_key)",
        [secrets.token_hex(32)],
    )


def _tables() -> dict[str, str]:
    """Every table of the schema with its DDL."""
    records = {name: f"{columns}, {PROVENANCE}" for name, columns in RECORD_TABLES.items()}
    return records | {
        "loads": _LOADS,
        "quarantine": _QUARANTINE,
        "files_seen": _FILES_SEEN,
        "dropped_lines": _DROPPED_LINES,
        "hash_key": "key TEXT NOT NULL",
    }


def _add_missing_columns(con: duckdb.DuckDBPyConnection) -> None:
    present = _columns(con)
    for (table, column), data_type in _declared_columns().items():
        if (table, column) not in present:
            con.execute(f'ALTER TABLE raw.{table} ADD COLUMN "{column}" {data_type}')


@cache
def _declared_columns() -> dict[tuple[str, str], str]:
    """Table and column to type, as this version declares them."""
    with duckdb.connect() as con:
        con.execute("CREATE SCHEMA raw")
        for name, columns in _tables().items():
            con.execute(f"CREATE TABLE raw.{name} ({columns})")
        return _columns(con)


def _columns(con: duckdb.DuckDBPyConnection) -> dict[tuple[str, str], str]:
    rows = con.execute(
        "SELECT table_name, column_name, data_type FROM duckdb_columns()"
        " WHERE schema_name = 'raw' AND database_name = current_database()"
        " ORDER BY table_name, column_index"
    ).fetchall()
    return {(table, column): data_type for table, column, data_type in rows}
