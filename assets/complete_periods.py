"""Between which days are the periods of a metric complete, and which lost something on the way?

Asked of the data's own watermarks, never of the clock. Two temporary tables tell it: `told`, a row
for each definition by its place, and `lost_periods`, those of a definition that are not whole.
"""

from __future__ import annotations

from collections.abc import Sequence

import duckdb

from assets.metric_catalogue import MetricDefinition

# `last_day` is the last day whose end the data reach: of three days, for a zone's clocks may have
# been changed at midnight.
_TOLD = """
create or replace temp table told as
with spans as (
    select needs.place, max(timezone($zone, w.data_from)::date) as first_day,
        min(w.data_through) as data_through
    from needs join staging.stg_watermarks as w using (kind)
    group by all
),
days as (
    select *, timezone($zone, data_through)::date + unnest([-2, -1, 0]) as day from spans
),
complete as (
    select place, max(day) as last_day
    from days
    where timezone($zone, cast(day + 1 as timestamp)) <= data_through
    group by all
)
select definitions.*, spans.first_day, complete.last_day
from definitions left join spans using (place) left join complete using (place)
"""
_LOST_PERIODS = """
create or replace temp table lost_periods as
with lost as (
    select distinct needs.place, days.lost_on
    from needs join metrics_spine.metrics_lost_days as days using (kind)
)
select distinct place, unnest(['day', 'week', 'month']) as grain,
    unnest([lost_on, date_trunc('week', lost_on)::date, date_trunc('month', lost_on)::date])
        as period_start
from lost
"""


def tell_complete_periods(
    con: duckdb.DuckDBPyConnection, definitions: Sequence[MetricDefinition], *, time_zone: str
) -> None:
    """Make `told`, what is the same for all rows of a definition, and `lost_periods`.

    A period is complete when every source it needs begins before it and goes on past its end:
    when it lies between `first_day` and `last_day`. One with a day of which lines of a service's
    log are missing, or an amount has no rate, stays incomplete: it understates what happened.
    """
    con.execute("create or replace temp table needs (place integer, kind varchar)")
    con.executemany(
        "insert into needs values (?, ?)",
        [[place, kind] for place, d in enumerate(definitions) for kind in d.source_kinds],
    )
    con.execute(
        "create or replace temp table definitions "
        "(place integer, layer varchar, unit varchar, definition_hash varchar)"
    )
    con.executemany(
        "insert into definitions values (?, ?, ?, ?)",
        [[place, d.layer, d.unit, d.definition_hash] for place, d in enumerate(definitions)],
    )
    con.execute(_TOLD, {"zone": time_zone})
    con.execute(_LOST_PERIODS)
