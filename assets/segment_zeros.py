"""In which periods was the count of a segment zero, and in which is it not known?

A segment without a fact in a period has no row, and neither has one of which nothing is known. It
is a true zero where the whole has a value in the period, the segment has no fact of its own there,
and it has values before and after: then everything that was counted belongs to other segments.
This holds for what is counted or summed, not for ratios, percentiles and averages.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

import duckdb

_SUMMING = ("sum", "sum_boolean")
_COUNTING = ("count", "count_distinct")
_WHOLE = """
create or replace temp table whole as
select place, entity, grain, period_start,
    row_number() over (partition by place, entity, grain order by period_start) as position
from found join counted using (place)
where segment_name = '__all__' and metric_value is not null
"""
# Segments that have fewer values than the whole has in the same time: few, or none at all.
_HOLED = """
create or replace temp table holed as
with spans as (
    select place, is_sum, any_value(metric_name) as metric_name, entity, segment_name,
        segment_value, grain, min(period_start) as first_start, max(period_start) as last_start,
        count(*) as told
    from found join counted using (place)
    where segment_name <> '__all__' and metric_value is not null
    group by place, is_sum, entity, segment_name, segment_value, grain
)
select spans.*
from spans
join whole as first on first.place = spans.place and first.entity = spans.entity
    and first.grain = spans.grain and first.period_start = spans.first_start
join whole as last on last.place = spans.place and last.entity = spans.entity
    and last.grain = spans.grain and last.period_start = spans.last_start
where last.position - first.position + 1 > spans.told
"""
_ZEROS = """
insert into found
select holed.place, holed.metric_name, holed.entity, holed.segment_name, holed.segment_value,
    holed.grain, whole.period_start, 0.0, null, null, null
from holed join whole using (place, entity, grain)
anti join found as known
    on (known.metric_value is not null or holed.is_sum)
    and known.place = holed.place and known.entity = holed.entity
    and known.segment_name = holed.segment_name and known.segment_value = holed.segment_value
    and known.grain = holed.grain and known.period_start = whole.period_start
where whole.period_start > holed.first_start and whole.period_start < holed.last_start
"""


def counted_metrics(semantic_manifest: str) -> dict[str, bool]:
    """The metrics that count or sum facts, of a semantic manifest as JSON; True for sums."""
    told = json.loads(semantic_manifest)
    measures = {
        measure["name"]: measure["agg"] in _SUMMING
        for model in told["semantic_models"]
        for measure in model["measures"]
        if measure["agg"] in (*_SUMMING, *_COUNTING) and not measure.get("non_additive_dimension")
    }
    return {
        metric["name"]: measures[name]
        for metric in told["metrics"]
        if metric["type"] == "simple"
        and (name := (metric["type_params"].get("measure") or {}).get("name")) in measures
    }


def insert_zeros(con: duckdb.DuckDBPyConnection, places: Mapping[int, bool]) -> None:
    """Add the true zeros of segments to `found`, of the definitions at these places.

    `places` are True for sums: a row of theirs without a value says that there are facts which
    tell nothing, and that is no zero. A count without a value has no fact.
    """
    con.execute("create or replace temp table counted (place integer, is_sum boolean)")
    if places:
        con.executemany("insert into counted values (?, ?)", list(places.items()))
        con.execute(_WHOLE)
        con.execute(_HOLED)
        if con.execute("select count(*) from holed").fetchall() != [(0,)]:
            con.execute(_ZEROS)
