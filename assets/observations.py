"""What was the value of every metric, in every period? One long table, latest view of its versions.

Rows are computed anew at every grain and segment from the facts, never rolled up from other rows.
A gap has no row, a segment's true zero has one; a ratio keeps its numerator and denominator. A new
version is written only when the value or its definition changed, and a value that no longer exists
is withdrawn, not deleted.
"""

from __future__ import annotations

import json
import logging
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

import duckdb

from assets.complete_periods import tell_complete_periods
from assets.definition_history import append_definitions
from assets.metric_catalogue import EVERY_NAME, GRAINS, MetricDefinition, MetricError
from assets.metric_compiler import MetricCompiler
from assets.metric_place import fault_place
from assets.metric_tables import names_held
from assets.ratio_sides import ratio_columns
from assets.segment_zeros import counted_metrics, insert_zeros
from hub.config import HubConfig

TOTAL = "__all__"
UNKNOWN = "__null__"
COMPANY = "company"
_FOUND = (
    "place integer, metric_name varchar, entity varchar, segment_name varchar, "
    "segment_value varchar, grain varchar, period_start date, metric_value double, "
    "numerator double, denominator double, sample_size bigint"
)
_COMPUTED = """
create or replace temp view computed as
select found.metric_name, told.layer, found.entity, found.segment_name, found.segment_value,
    found.grain, found.period_start, found.metric_value, told.unit, found.numerator,
    found.denominator, found.sample_size,
    coalesce(
        found.period_start >= told.first_day
        and case found.grain
            when 'day' then found.period_start
            when 'week' then found.period_start + 6
            else last_day(found.period_start)
        end <= told.last_day, false
    ) and lost.place is null as is_complete,
    told.definition_hash
from found
join told using (place)
left join lost_periods as lost
    on lost.place = found.place and lost.grain = found.grain
    and lost.period_start = found.period_start
where found.metric_value is not null
"""

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
    named = [
        (name, each) for each in definitions for name in names_held(con, each.relation, [each.name])
    ]
    append_definitions(con, named, now=now, build=build)
    con.execute("delete from metrics.catalogue")
    for name, definition in named:
        con.execute(
            f"insert into metrics.catalogue values ({', '.join('?' * 16)})",
            _catalogue_row(definition, name),
        )


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
    con.execute(f"create or replace temp table found ({_FOUND})")
    places = {definition.name: place for place, definition in enumerate(definitions)}
    problems = _compute_compiled(con, definitions, places, compiler=compiler)
    counted = counted_metrics(compiler.semantic_manifest)
    insert_zeros(con, {places[name]: is_sum for name, is_sum in counted.items() if name in places})
    for place, definition in enumerate(definitions):
        if definition.is_precomputed:
            _insert_precomputed(con, definition, place)
    tell_complete_periods(con, definitions, time_zone=config.time_zone)
    con.execute(_COMPUTED)
    if problems:
        raise MetricError("\n".join(problems))
    return _append_changes(con, now=now, build=build)


def _compute_compiled(
    con: duckdb.DuckDBPyConnection,
    definitions: Sequence[MetricDefinition],
    places: Mapping[str, int],
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
                    con,
                    members,
                    places,
                    compiler=compiler,
                    grain=grain,
                    entity=entity,
                    segment=segment,
                )
    return list(dict.fromkeys(problems))


def _compute(
    con: duckdb.DuckDBPyConnection,
    members: Sequence[MetricDefinition],
    places: Mapping[str, int],
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
        columns = dict(zip(elements, names, strict=True))
        con.execute(
            _insert_compiled(
                sql,
                members,
                places,
                grain=grain,
                entity_column=columns.get(entity),
                segment_column=columns.get(segment or ""),
            ),
            {"grain": grain, "segment": segment or TOTAL},
        )
    except (MetricError, duckdb.Error) as error:
        if len(members) == 1:
            return [f"{fault_place(members[0].defined_in, str(error))}: {error}"]
        middle = len(members) // 2
        return [
            problem
            for half in (members[:middle], members[middle:])
            for problem in _compute(
                con, half, places, compiler=compiler, grain=grain, entity=entity, segment=segment
            )
        ]
    return []


def _with_parts(members: Iterable[MetricDefinition]) -> set[str]:
    """What to ask for: a ratio, or an expression over other metrics, is worked out of its parts.

    Asked for itself, it would let MetricFlow read the facts once more.
    """
    return {name for member in members for name in _asked(member)}


def _asked(member: MetricDefinition) -> tuple[str, ...]:
    if member.numerator and member.denominator:
        return member.numerator, member.denominator
    return member.inputs or (member.name,)


def _insert_compiled(
    sql: str,
    members: Sequence[MetricDefinition],
    places: Mapping[str, int],
    *,
    grain: str,
    entity_column: str | None,
    segment_column: str | None,
) -> str:
    """SQL that turns the row of a period and segment into one row for each metric in `found`.

    Of a segment, a row without a value stays: there are facts, and they tell nothing.
    """
    values, numerators, denominators = zip(*(_parts(member) for member in members), strict=True)
    entity = (
        f"coalesce(cast(\"{entity_column}\" as varchar), '{UNKNOWN}')"
        if entity_column
        else f"'{COMPANY}'"
    )
    split = (
        f"coalesce(cast(\"{segment_column}\" as varchar), '{UNKNOWN}')"
        if segment_column
        else f"'{TOTAL}'"
    )
    return f"""
        insert into found
        select * from (
            select unnest([{", ".join(str(places[member.name]) for member in members)}]),
                unnest([{", ".join(f"'{member.name}'" for member in members)}]), {entity}, $segment,
                {split}, $grain, cast(metric_time__{grain} as date),
                unnest([{", ".join(values)}]) as metric_value, unnest([{", ".join(numerators)}]),
                unnest([{", ".join(denominators)}]), null
            from ({sql})
            where metric_time__{grain} is not null
        )
        where metric_value is not null or $segment <> '{TOTAL}'
        """


def _parts(member: MetricDefinition) -> tuple[str, str, str]:
    """SQL for a metric's value, numerator and denominator over the columns that were asked for."""
    value, numerator, denominator = member.expression or f'"{member.name}"', "null", "null"
    if member.numerator and member.denominator:
        value, numerator, denominator = ratio_columns(member.numerator, member.denominator)
    return (
        f"cast({value} as double)",
        f"cast({numerator} as double)",
        f"cast({denominator} as double)",
    )


def _insert_precomputed(
    con: duckdb.DuckDBPyConnection, definition: MetricDefinition, place: int
) -> None:
    con.execute(
        f"""
        insert into found
        select ?, metric_name, entity, segment_name, segment_value, grain, period_start,
            metric_value, numerator, denominator, sample_size
        from {definition.relation}
        where metric_value is not null and (? = '{EVERY_NAME}' or metric_name = ?)
        """,
        [place, definition.name, definition.name],
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
_CHANGED = f"""
    select new.*, false, ?, ?
    from computed as new left join metrics.observations as old using {_KEY}
    where old.metric_name is null or not ({_SAME})
"""
_WITHDRAWN = f"""
    select old.* exclude (observed_at, build_id), true, ?, ?
    from metrics.observations as old anti join computed as new using {_KEY}
"""


def _append_changes(con: duckdb.DuckDBPyConnection, *, now: datetime, build: str) -> dict[str, int]:
    """Write versions for what is new or differs; sums in another order are not a difference."""
    con.execute("begin")
    counts = {"computed": _count(con, "from computed")}
    if _count(con, "from metrics.observation_versions") == 0:
        counts |= {"changed": counts["computed"], "withdrawn": 0}
        _append(con, "select *, false, ?, ? from computed", now=now, build=build)
    else:
        # before anything new is there: what is withdrawn is what was known and is not computed
        counts["withdrawn"] = _append(con, _WITHDRAWN, now=now, build=build)
        counts["changed"] = _append(con, _CHANGED, now=now, build=build)
    con.execute("commit")
    return counts


def _append(con: duckdb.DuckDBPyConnection, rows: str, *, now: datetime, build: str) -> int:
    """Append versions selected by a query with parameters for these two; returns how many."""
    con.execute(f"insert into metrics.observation_versions {rows}", [now, build])
    return int(con.fetchall()[0][0])


def _count(con: duckdb.DuckDBPyConnection, what: str) -> int:
    row = con.execute(f"select count(*) {what}").fetchone()
    return int(row[0]) if row else 0
