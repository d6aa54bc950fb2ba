"""Log lines that arrive in loads, late ones among them, and the facts that grow with them."""

from pathlib import Path
from subprocess import CompletedProcess
from typing import Protocol

import duckdb

Facts = dict[str, list[tuple[object, ...]]]


class OnWarehouse(Protocol):
    """The SQL project at work on one warehouse."""

    @property
    def warehouse(self) -> Path: ...

    def dbt(self, *arguments: str) -> CompletedProcess[str]: ...


FACTS = {
    "platform.platform_request_minutes": "* exclude (loaded_at)",
    "platform.platform_request_hours": "*",
    "platform.platform_request_periods": "*",
    "platform.platform_model_usage_days": "*",
    "platform.platform_error_patterns": "*",
    "platform.platform_error_versions": "*",
    "platform.platform_caller_days": "*",
    "platform.platform_apdex_days": "*",
    "platform.platform_version_stints": "*",
    "platform.platform_service_versions": "*",
}
# every other line falls into two busy hours with four latencies: percentiles stay where they are;
# the first lines tell of one platform after their first week, late ones that it was there before
LINES = """
insert into raw.hash_key select 'secret' where not exists (from raw.hash_key);

insert into raw.loads by name
select
    load as load_id, 'logs' as source, 'service_logs' as kind, load || '.jsonl' as file,
    load as content_hash, 400 as records, 400 as loaded, 0 as quarantined, 0 as blank,
    'loaded' as status, loaded_at, timestamptz '2025-03-01 00:00:00+00' as first_at,
    timestamptz '2025-03-05 00:00:00+00' as last_at
from (select '{load}' as load, timestamptz '{loaded_at}' as loaded_at) as new;

insert into raw.service_logs by name
select
    timestamptz '2025-03-01 00:00:00+00' + to_seconds(
        cast(hash(i * 7 + {salt}) % if(i % 2 = 0, 7200, {span}) as bigint)
    ) + to_days(if(i = 7 and {salt} = 0, 9, 0)) as logged_at,
    case hash(i) % 3 when 0 then 'api' when 1 then 'front' end as service,
    case when hash(i + 1) % 4 > 0 then '/v1/items' end as endpoint, 'GET' as method,
    case hash(i + 2 + {salt}) % 20 when 0 then 500 else 200 end as status,
    case when hash(i + 3) % 10 > 0
        then (hash(i + 4 + {salt}) % if(i % 2 = 0, 4, 10000)) / 7.0 end as latency_ms,
    case when hash(i + 5) % 5 > 0 then '1.' || (hash(i + 6 + {salt}) % 2) end as version,
    'failed for order ' || i as message, 'c' || (hash(i + 10) % 3) as caller,
    if(i = 7, 'tv', 'web') as platform, 'ranker' as model, 10 as k_asked,
    hash(i + 8) % 11 as k_served, hash(i + 9) % 2 = 0 as is_fallback,
    'logs' as _source, '{load}.jsonl' as _file, i as _line, '{load}' as _load_id,
    timestamptz '{loaded_at}' as _loaded_at
from range(400) as t(i);
"""
FIRST = LINES.format(load="first", loaded_at="2025-03-05 00:00:00+00", salt=0, span=200_000)
SECOND = LINES.format(load="second", loaded_at="2025-03-06 00:00:00+00", salt=500, span=260_000)


def build_facts(project: OnWarehouse, *options: str, tested: bool = True) -> Facts:
    """Build staging and platform; returns every fact.

    Facts that are compared with tested ones need no tests of their own.
    """
    which = ["--select", "+path:models/platform"]
    if tested:
        which += ["--exclude", "test_type:unit", "--indirect-selection", "cautious"]
    done = project.dbt("build" if tested else "run", *which, *options)
    assert done.returncode == 0, done.stdout + done.stderr
    with duckdb.connect(str(project.warehouse), read_only=True) as con:
        con.execute("set TimeZone = 'UTC'")
        return {
            table: con.execute(f"select {columns} from {table} order by all").fetchall()
            for table, columns in FACTS.items()
        }
