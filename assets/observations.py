"""What was the value of every metric, in every period? One long table, latest view of its versions.

Rows are computed anew at every grain and segment from the facts, never rolled up from other rows.
A gap has no row; a ratio keeps its numerator and denominator. A new version is written only when
the value or its definition changed, and a value that no longer exists is withdrawn, not deleted.
"""

from __future__ import annotations

import json
import logging
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime

import duckdb

from assets.analysis_tables import OBSERVATION_COLUMNS
from assets.metric_catalogue import EVERY_NAME, GRAINS, MetricDefinition, MetricError
from assets.metric_compiler import MetricCompiler
from hub.config import HubConfig

TOTAL = "__all__"
UNKNOWN = "__null__"
COMPANY = "company"
_PERIOD = {"day": "interval 1 day", "week": "interval 7 day", "month": "interval 1 month"}

logger = logging.getLogger(__name__)


def write_catalogue(
    con: duckdb.DuckDBPyConnection,
    definitions: Sequence[MetricDefinition],
    *,
    now: datetime,
    build: str,
) -> None:
    """Replace `metrics.catalogue`; a model with `*` gets one row per metric name it holds.

    A definition that differs from the metric's last one is appended to `metrics.definitions`.
    """
    con.execute("delete from metrics.catalogue")
    for definition in definitions:
        for name in _names(con, definition):
            con.execute(
                f"insert into metrics.catalogue values ({', '.join('?' * 16)})",
                _catalogue_row(definition, name),
            )
    con.execute(
        """
        insert into metrics.definitions
        select metric_name, definition_hash, unit, description, definition_sql, defined_in, ?, ?
        from metrics.catalogue
        where definition_hash is distinct from (
            select arg_max(known.definition_hash, known.used_from)
            from metrics.definitions as known
            where known.metric_name = catalogue.metric_name
        )
        """,
        [now, build],
    )


def _names(con: duckdb.DuckDBPyConnection, definition: MetricDefinition) -> list[str]:
    if definition.name != EVERY_NAME:
        return [definition.name]
    rows = con.execute(f"select distinct metric_name from {definition.relation} order by 1")
    return [name for (name,) in rows.fetchall()]


def _catalogue_row(definition: MetricDefinition, name: str) -> list[object]:
    return [
        name,
        definition.label if definition.name != EVERY_NAME else offline_label(name),
        definition.description,
        definition.layer,
        definition.unit,
        definition.direction,
        definition.owner,
        definition.role,
        definition.aggregation,
        definition.entity_kind,
        json.dumps(definition.segments),
        json.dumps(definition.source_kinds),
        definition.definition_sql,
        definition.definition_hash,
        definition.defined_in,
        definition.format,
    ]


def offline_label(name: str) -> str:
    """`ndcg_at_10` as people write it: ndcg@10."""
    return name.replace("_at_", "@").replace("_", " ")


def write_observations(
    con: duckdb.DuckDBPyConnection,
    definitions: Sequence[MetricDefinition],
    *,
    compiler: MetricCompiler,
    config: HubConfig,
    now: datetime,
    build: str,
) -> dict[str, int]:
    """Compute all metrics and append what changed to `metrics.observation_versions`.

    Returns counts: `computed`, `changed`, `withdrawn`. A metric that fails is named in the log
    and raises `MetricError` after all others were computed.
    """
    con.execute(
        "create or replace temp table computed as "
        f"select {OBSERVATION_COLUMNS} from metrics.observation_versions limit 0"
    )
    problems = _compute_compiled(con, definitions, compiler=compiler)
    for definition in definitions:
        if definition.is_precomputed:
            _insert_precomputed(con, definition)
    _mark_complete(con, definitions, time_zone=config.time_zone)
    if problems:
        raise MetricError("\n".join(problems))
    return _append_changes(con, now=now, build=build)


def _compute_compiled(
    con: duckdb.DuckDBPyConnection,
    definitions: Sequence[MetricDefinition],
    *,
    compiler: MetricCompiler,
) -> list[str]:
    """One combined query per group × grain × segment; by halves where that fails."""
    groups: dict[tuple[str, str, tuple[str, ...]], list[MetricDefinition]] = defaultdict(list)
    for definition in definitions:
        if not definition.is_precomputed:
            key = (definition.entity_kind, definition.source_kinds[0], definition.segments)
            groups[key].append(definition)
    problems: list[str] = []
    for (entity, _, segments), members in groups.items():
        for segment in (None, *segments):
            for grain in GRAINS:
                problems += _compute(
                    con, members, compiler=compiler, grain=grain, entity=entity, segment=segment
                )
    return list(dict.fromkeys(problems))


def _compute(
    con: duckdb.DuckDBPyConnection,
    members: Sequence[MetricDefinition],
    *,
    compiler: MetricCompiler,
    grain: str,
    entity: str,
    segment: str | None,
) -> list[str]:
    elements = [element for element in (None if entity == COMPANY else entity, segment) if element]
    try:
        asked = sorted(_with_parts(members))
        names = [compiler.group_by_name(asked, element) for element in elements]
        sql = compiler.sql(asked, grain=grain, group_by=names)
        con.execute(f"create or replace temp table combined as {sql}")
    except (MetricError, duckdb.Error) as error:
        if len(members) == 1:
            return [f"{members[0].defined_in}: {error}"]
        middle = len(members) // 2
        return [
            problem
            for half in (members[:middle], members[middle:])
            for problem in _compute(
                con, half, compiler=compiler, grain=grain, entity=entity, segment=segment
            )
        ]
    columns = dict(zip(elements, names, strict=True))
    selected = [
        _select_compiled(
            member,
            grain=grain,
            entity_column=columns.get(entity),
            segment=segment,
            segment_column=columns.get(segment) if segment else None,
        )
        for member in members
    ]
    con.execute(
        "insert into computed " + " union all ".join(sql for sql, _ in selected),
        [value for _, parameters in selected for value in parameters],
    )
    return []


def _with_parts(members: Iterable[MetricDefinition]) -> set[str]:
    return {
        name
        for member in members
        for name in (member.name, member.numerator, member.denominator)
        if name
    }


def _select_compiled(
    member: MetricDefinition,
    *,
    grain: str,
    entity_column: str | None,
    segment: str | None,
    segment_column: str | None,
) -> tuple[str, list[str | None]]:
    """SQL with a metric's rows of `combined` in the columns of `computed`, and its parameters."""
    value, numerator, denominator = f'"{member.name}"', "null", "null"
    if member.numerator and member.denominator:
        denominator = f'"{member.denominator}"'
        # facts exist where the denominator does, so a numerator without rows is a true zero
        numerator = f'case when {denominator} > 0 then coalesce("{member.numerator}", 0) end'
        value = f"({numerator}) / nullif({denominator}, 0)"
    entity = (
        f"coalesce(cast(\"{entity_column}\" as varchar), '{UNKNOWN}')" if entity_column else "?"
    )
    split = (
        f"coalesce(cast(\"{segment_column}\" as varchar), '{UNKNOWN}')" if segment_column else "?"
    )
    parameters: list[str | None] = [
        member.name,
        member.layer,
        *([] if entity_column else [COMPANY]),
        segment or TOTAL,
        *([] if segment_column else [TOTAL]),
        grain,
        member.unit,
        member.definition_hash,
    ]
    sql = f"""
        select ?, ?, {entity}, ?, {split}, ?, cast(metric_time__{grain} as date),
            cast({value} as double), ?, cast({numerator} as double),
            cast({denominator} as double), null, false, ?
        from combined
        where metric_time__{grain} is not null and {value} is not null
        """
    return sql, parameters


def _insert_precomputed(con: duckdb.DuckDBPyConnection, definition: MetricDefinition) -> None:
    con.execute(
        f"""
        insert into computed
        select metric_name, ?, entity, segment_name, segment_value, grain, period_start,
            metric_value, ?, numerator, denominator, sample_size, false, ?
        from {definition.relation}
        where metric_value is not null and (? = '{EVERY_NAME}' or metric_name = ?)
        """,
        [
            definition.layer,
            definition.unit,
            definition.definition_hash,
            definition.name,
            definition.name,
        ],
    )


def _mark_complete(
    con: duckdb.DuckDBPyConnection, definitions: Sequence[MetricDefinition], *, time_zone: str
) -> None:
    """A period is complete when every source it needs begins before it and goes on past its end.

    A week or month in which a whole day of service logs is missing stays incomplete: its counts
    would understate what happened.
    """
    con.execute("create or replace temp table needs (definition_hash varchar, kind varchar)")
    con.executemany(
        "insert into needs values (?, ?)",
        [[d.definition_hash, kind] for d in definitions for kind in d.source_kinds],
    )
    con.execute(
        """
        create or replace temp table spans as
        select needs.definition_hash,
            max(timezone($zone, w.data_from)::date) as first_day,
            min(w.data_through) as data_through,
            bool_or(needs.kind = 'service_logs') as from_logs
        from needs join staging.stg_watermarks as w using (kind)
        group by all
        """,
        {"zone": time_zone},
    )
    con.execute(
        """
        create or replace temp table lost_days as
        with days as (
            select distinct requested_on as day from platform.platform_request_days
        ),
        spine as (
            select unnest(generate_series(min(day), max(day), interval 1 day))::date as day
            from days
        )
        select spine.day from spine anti join days using (day)
        """
    )
    period_end = " ".join(f"when '{g}' then period_start + {i}" for g, i in _PERIOD.items())
    con.execute(
        f"""
        update computed set is_complete = true
        from spans
        where computed.definition_hash = spans.definition_hash
            and computed.period_start >= spans.first_day
            and timezone($zone, cast(case computed.grain {period_end} end as timestamp))
                <= spans.data_through
            and not (
                spans.from_logs and exists (
                    select 1 from lost_days
                    where lost_days.day >= computed.period_start
                        and lost_days.day < case computed.grain {period_end} end
                )
            )
        """,
        {"zone": time_zone},
    )


_SAME = """
    old.definition_hash = new.definition_hash
    and old.is_complete = new.is_complete
    and old.unit is not distinct from new.unit
    and old.sample_size is not distinct from new.sample_size
    and abs(old.metric_value - new.metric_value)
        <= 1e-12 * greatest(abs(old.metric_value), abs(new.metric_value))
"""
_KEY = "(metric_name, entity, segment_name, segment_value, grain, period_start)"


def _append_changes(con: duckdb.DuckDBPyConnection, *, now: datetime, build: str) -> dict[str, int]:
    """Write versions for what is new or differs; sums in another order are not a difference."""
    con.execute("begin")
    counts = {"computed": _count(con, "from computed")}
    before = _count(con, "from metrics.observation_versions")
    con.execute(
        f"""
        insert into metrics.observation_versions
        select new.*, false, ?, ?
        from computed as new left join metrics.observations as old using {_KEY}
        where old.metric_name is null or not ({_SAME})
        """,
        [now, build],
    )
    counts["changed"] = _count(con, "from metrics.observation_versions") - before
    con.execute(
        f"""
        insert into metrics.observation_versions
        select old.* exclude (observed_at, build_id), true, ?, ?
        from metrics.observations as old anti join computed as new using {_KEY}
        """,
        [now, build],
    )
    total = _count(con, "from metrics.observation_versions")
    counts["withdrawn"] = total - before - counts["changed"]
    con.execute("commit")
    return counts


def _count(con: duckdb.DuckDBPyConnection, what: str) -> int:
    row = con.execute(f"select count(*) {what}").fetchone()
    return int(row[0]) if row else 0
