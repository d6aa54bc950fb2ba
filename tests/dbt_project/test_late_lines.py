"""Do facts that grew with each load equal facts made at once, whatever came late?"""

from pathlib import Path

import duckdb
import pytest

from tests.dbt_project.conftest import Project

pytestmark = pytest.mark.xdist_group("dbt_project")

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


def run(project: Project, *options: str) -> dict[str, list[tuple[object, ...]]]:
    """Build staging and platform; returns every fact."""
    which = ["--select", "+path:models/platform", "--exclude", "test_type:unit"]
    which += ["--indirect-selection", "cautious"]
    done = project.dbt("build", *which, *options)
    assert done.returncode == 0, done.stdout + done.stderr
    with duckdb.connect(str(project.warehouse), read_only=True) as con:
        con.execute("set TimeZone = 'UTC'")
        return {
            table: con.execute(f"select {columns} from {table} order by all").fetchall()
            for table, columns in FACTS.items()
        }


def unknown_of_tv(rows: list[tuple[object, ...]]) -> int:
    """Requests of the platform `tv` that count as unknown."""
    return sum(int(str(row[11])) for row in rows if row[3] == "tv")


def test_lines_that_come_late_end_in_the_facts_of_a_rebuild(tmp_path: Path) -> None:
    (tmp_path / "metrics").mkdir()
    project = Project(tmp_path)
    project.create(FIRST)
    before = run(project)
    project.create(SECOND)
    grown = run(project)
    again = run(project)
    rebuilt = run(project, "--full-refresh")
    usage = "platform.platform_model_usage_days"
    assert [unknown_of_tv(facts[usage]) for facts in (before, grown)] == [1, 0]
    for table in FACTS:
        assert grown[table] == rebuilt[table], table
        assert again[table] == rebuilt[table], table
        assert grown[table] != before[table], table
