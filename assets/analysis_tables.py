"""Which tables do observations, insights and the build's own records live in?

They are written by Python between the two dbt runs and read by the marts as dbt sources. Only
`metrics.observation_versions` is append-only; the rest holds the last build.
"""

from __future__ import annotations

from functools import cache

import duckdb

OBSERVATION_COLUMNS = (
    "metric_name, layer, entity, segment_name, segment_value, grain, period_start, "
    "metric_value, unit, numerator, denominator, sample_size, is_complete, definition_hash"
)

INSIGHT_TABLES = (
    "links",
    "evidence",
    "link_lags",
    "link_series",
    "link_releases",
    "link_gains",
    "link_gain_trends",
    "link_notes",
    "release_impacts",
    "release_impact_series",
    "experiments",
    "experiment_links",
    "experiment_overlaps",
    "onset_series",
    "onsets",
    "onset_causes",
    "forecasts",
    "forecast_days",
    "forecast_back_tests",
    "delivery_forecasts",
)

# What is drawn of a pair; written by `assets.link_drawings`.
DRAWN_TABLES = (
    "link_lags",
    "link_series",
    "link_releases",
    "link_gains",
    "link_gain_trends",
    "link_notes",
)

# Tables whose rows are kept from build to build because a row of one of them says that the others
# hold theirs: without all of them, none can be relied on.
KEPT_TOGETHER = (
    DRAWN_TABLES,
    ("release_impacts", "release_impact_series"),
    ("onset_series", "onsets", "onset_causes"),
    ("forecasts", "forecast_days", "forecast_back_tests"),
)

_TABLES = """
create schema if not exists metrics;
create schema if not exists insights;
create schema if not exists meta;

create table if not exists metrics.observation_versions (
    metric_name varchar not null, layer varchar not null, entity varchar not null,
    segment_name varchar not null, segment_value varchar not null, grain varchar not null,
    period_start date not null, metric_value double, unit varchar,
    numerator double, denominator double, sample_size bigint,
    is_complete boolean not null, definition_hash varchar not null,
    is_withdrawn boolean not null default false,
    observed_at timestamptz not null, build_id varchar not null
);

create table if not exists metrics.catalogue (
    metric_name varchar, label varchar, description varchar, layer varchar, unit varchar,
    direction varchar, owner varchar, role varchar, aggregation varchar, entity_kind varchar,
    segments json, source_kinds json, definition_sql varchar, definition_hash varchar,
    defined_in varchar, format varchar
);

create table if not exists metrics.lineage (
    metric_name varchar, place integer, stage varchar, name varchar, about varchar, reads json
);

create table if not exists insights.input_releases (
    model varchar, version varchar, released_on date
);

create table if not exists insights.input_calendar (
    day date, kind varchar, name varchar
);

create table if not exists insights.input_settings (
    build_id varchar, currency varchar, settings json, faults json
);

create table if not exists insights.link_estimates (
    link_id varchar, fingerprint varchar, inputs_build_id varchar, evidence_grade varchar,
    verdict_alone varchar, reason_alone varchar, more_needed_alone varchar, effect double,
    effect_low double, effect_high double, effect_unit varchar, p_value double,
    lead_p_value double, pre_release_p_value double, lag_days integer, lag_set_low integer,
    lag_set_high integer, smallest_detectable_effect double, smallest_effect double,
    n_releases integer, n_days integer, first_day date, last_day date, method varchar,
    raw_correlation double
);

create table if not exists metrics.definitions (
    metric_name varchar not null, definition_hash varchar not null, unit varchar,
    description varchar, definition_sql varchar, defined_in varchar,
    used_from timestamptz not null, build_id varchar not null, upstream json, changed varchar
);
alter table metrics.definitions add column if not exists upstream json;
alter table metrics.definitions add column if not exists changed varchar;

create table if not exists insights.links (
    link_id varchar, metric_name varchar, entity varchar, metric_label varchar, dataset varchar,
    kpi varchar, kpi_label varchar, kpi_unit varchar, evidence_grade varchar, is_primary boolean,
    verdict varchar, verdict_reason varchar, effect double, effect_low double, effect_high double,
    effect_unit varchar, money_month double, money_month_low double, money_month_high double,
    currency varchar, log_change double, p_value double, q_value double, lead_p_value double,
    pre_release_p_value double, lag_days integer, lag_set_low integer, lag_set_high integer,
    lag_reason varchar, smallest_detectable_effect double, smallest_effect double,
    smallest_detectable_money_month double, more_needed varchar, n_experiments integer,
    n_releases integer, n_days integer, first_day date, last_day date, method varchar,
    caveats json, disagreements json, raw_correlation double, fingerprint varchar,
    inputs_build_id varchar, build_id varchar
);

create table if not exists insights.evidence (
    link_id varchar, grade varchar, rank integer, gives_verdict boolean, verdict varchar,
    verdict_reason varchar, effect double, effect_low double, effect_high double,
    effect_unit varchar, money_month double, money_month_low double, money_month_high double,
    currency varchar, p_value double, q_value double, lag_days integer, lag_set_low integer,
    lag_set_high integer, size varchar, n_experiments integer, smallest_detectable_effect double,
    smallest_effect double, smallest_detectable_money_month double, more_needed varchar,
    method varchar, caveats json, inputs_build_id varchar
);

create table if not exists insights.link_lags (
    link_id varchar, lag_days integer, effect double, low double, high double
);

create table if not exists insights.link_series (
    link_id varchar, day date, metric_value double, kpi_value double, kpi_whitened double,
    is_release boolean
);

create table if not exists insights.link_releases (
    link_id varchar, released_on date, version varchar, metric_before double,
    metric_after double, log_change double, kpi_log_change double, kpi_log_change_se double,
    is_usable boolean
);

create table if not exists insights.link_gains (
    link_id varchar, place integer, released_on date, version varchar, gain double,
    money_month double, money_month_low double, money_month_high double, cumulative_gain double,
    cumulative_money_month double, cumulative_money_month_low double,
    cumulative_money_month_high double
);

create table if not exists insights.link_gain_trends (
    link_id varchar, n_releases integer, change_per_release double, change_low double,
    change_high double, rank_correlation double, p_value double, verdict varchar,
    verdict_reason varchar, method varchar, caveats json
);

create table if not exists insights.link_notes (
    link_id varchar, caveats json, fading_shape varchar, fading_effect double,
    fading_effect_low double, fading_effect_high double, fading_p_value double,
    fading_lag_days integer, fading_note varchar, naive_effect double, naive_effect_low double,
    naive_effect_high double, timing_p_value double, autocorrelation_1 double,
    autocorrelation_7 double, whitened_autocorrelation_1 double,
    whitened_autocorrelation_7 double, whiteness_p_value double
);

create table if not exists insights.release_impacts (
    impact_id varchar, model varchar, version varchar, released_on date, kpi varchar,
    kpi_label varchar, kpi_unit varchar, verdict varchar, verdict_reason varchar,
    effect double, effect_low double, effect_high double, effect_unit varchar, p_value double,
    q_value double, pre_release_p_value double, smallest_detectable_effect double,
    smallest_effect double, more_needed varchar, kpi_month double, kpi_month_low double,
    kpi_month_high double, money_month double, money_month_low double, money_month_high double,
    currency varchar, donut_days integer, n_days_before integer, n_days_after integer,
    first_day date, last_day date, method varchar, caveats json, verdict_alone varchar,
    reason_alone varchar, more_needed_alone varchar, fingerprint varchar, inputs_build_id varchar
);

create table if not exists insights.release_impact_series (
    impact_id varchar, day date, actual double, counterfactual double, low double, high double,
    is_left_out boolean
);

create table if not exists insights.experiments (
    experiment varchar, model varchar, variant varchar, metric varchar, started_on date,
    ended_on date, users_control bigint, users_treatment bigint, expected_share double,
    sample_ratio_p double, status varchar, withheld_reason varchar, measure varchar,
    mean_control double, mean_treatment double, lift double, lift_low double, lift_high double,
    lift_se double, p_value double, p_value_adjusted double, smallest_detectable_lift double,
    smallest_lift double, offline_metric varchar, offline_delta double, offline_se double,
    offline_log_change double, offline_log_change_se double,
    verdict varchar, verdict_reason varchar, guardrail varchar, guardrail_reason varchar,
    guardrail_margin double, caveats json
);

create table if not exists insights.experiment_links (
    model varchar, offline_metric varchar, metric varchar, effect double, effect_low double,
    effect_high double, effect_unit varchar, p_value double, reliability double,
    heterogeneity double, side_effect double, naive_effect double, naive_side_effect double,
    smallest_detectable_effect double, smallest_effect double, experiments_needed integer,
    n_experiments integer, n_withheld integer, verdict varchar, verdict_reason varchar,
    method varchar, caveats json
);

create table if not exists insights.experiment_overlaps (
    metric varchar, first varchar, second varchar, variant_of_first varchar,
    variant_of_second varchar, users_in_both bigint, share_of_first double,
    share_of_second double, share_of_either double, effect_alone double, effect_beside double,
    interaction double, low double, high double, unit varchar, p_value double,
    p_value_adjusted double, smallest_detectable double, smallest_interaction double,
    independence_p double, verdict varchar, verdict_reason varchar, caveats json
);

create table if not exists insights.onset_series (
    series_id varchar, metric_name varchar, entity varchar, label varchar, layer varchar,
    role varchar, unit varchar, direction varchar, format varchar, grain varchar,
    verdict varchar, verdict_reason varchar, verdict_alone varchar, reason_alone varchar,
    p_value double, q_value double, n_series integer, n_periods bigint, n_changes integer,
    is_going_on boolean, first_at timestamp, last_at timestamp,
    smallest_detectable_size double, method varchar, caveats json, fingerprint varchar,
    cause_fingerprint varchar, build_id varchar
);

create table if not exists insights.onsets (
    onset_id varchar, series_id varchar, change_no integer, onset_at timestamp,
    onset_low timestamp, onset_high timestamp, onset_utc varchar, ended_at timestamp,
    state varchar, begins_episode boolean, is_clearest boolean, is_confirmed boolean,
    is_worse boolean, level_before double, level_after double, size double, size_low double,
    size_high double, size_share double, p_value double, n_before bigint, n_after bigint,
    build_id varchar
);

create table if not exists insights.onset_causes (
    onset_id varchar, series_id varchar, rank integer, happened_at timestamp, kind varchar,
    name varchar, component varchar, timing varchar, lead_hours double, share_explained double,
    is_segment_share boolean, is_measured boolean, words varchar, build_id varchar
);

create table if not exists insights.forecasts (
    metric_name varchar, label varchar, unit varchar, format varchar, grain varchar,
    period_start date, period_end date, data_through date, so_far double, days_seen integer,
    days_missing integer, days_left integer, expected double, low_80 double, high_80 double,
    low_95 double, high_95 double, target double, chance_of_target double,
    chance_simulated double, chance_is_bound boolean, n_as_far_off integer, reason varchar,
    more_needed varchar, n_back_tests integer, coverage_80 double, coverage_95 double,
    error double, naive_error double, back_test_reason varchar, method varchar, caveats json,
    fingerprint varchar, build_id varchar
);

create table if not exists insights.forecast_days (
    metric_name varchar, grain varchar, day date, actual double, expected double,
    low_80 double, high_80 double, low_95 double, high_95 double, build_id varchar
);

create table if not exists insights.forecast_back_tests (
    metric_name varchar, grain varchar, period_start date, origin date, days_left integer,
    actual double, expected double, naive double, low_80 double, high_80 double,
    low_95 double, high_95 double, build_id varchar
);

create table if not exists insights.delivery_forecasts (
    project varchar, question varchar, remaining bigint, weeks integer, certainty double,
    answer_weeks integer, answer_items bigint, finish_by date, n_weeks integer,
    items_per_week double, last_week date, reason varchar, method varchar, caveats json,
    build_id varchar
);

create table if not exists meta.builds (
    build_id varchar, built_at timestamptz, code_version varchar, gate_hash varchar
);

create table if not exists meta.layer_builds (
    facts_fingerprint varchar not null, built_at timestamptz not null
);

create table if not exists meta.layer_loads (load_id varchar not null);

create table if not exists meta.source_problems (
    source varchar, problem varchar
);

create table if not exists meta.source_columns (
    source varchar not null, table_name varchar not null, column_name varchar, data_type varchar,
    field varchar, rows bigint not null, filled bigint not null, fields bigint
);

create table if not exists meta.checks (
    build_id varchar, check_name varchar, model varchar, column_name varchar, status varchar,
    failures bigint, severity varchar, message varchar
);

create table if not exists meta.failed_since (
    check_name varchar not null, since timestamptz not null, build_id varchar not null
);

create table if not exists meta.marks (
    subject_kind varchar, subject varchar, check_name varchar, model varchar, failures bigint,
    since timestamptz, build_id varchar
);
"""

_LATEST = f"""
create or replace view metrics.observations as
select {OBSERVATION_COLUMNS}, observed_at, build_id
from metrics.observation_versions
qualify row_number() over (
    partition by metric_name, entity, segment_name, segment_value, grain, period_start
    order by observed_at desc, build_id desc
) = 1 and not is_withdrawn
"""

# What a metric's periods were under the definition before the one in force.
_REDEFINED = """
create or replace view metrics.redefined_values as
with in_order as (
    select metric_name, definition_hash,
        row_number() over (partition by metric_name order by max(used_from) desc) as age
    from metrics.definitions group by metric_name, definition_hash
),
before as (
    select versions.*
    from metrics.observation_versions as versions
    join in_order using (metric_name, definition_hash)
    where in_order.age = 2 and not versions.is_withdrawn
    qualify row_number() over (
        partition by metric_name, entity, segment_name, segment_value, grain, period_start
        order by observed_at desc, versions.build_id desc
    ) = 1
)
select metric_name, entity, segment_name, segment_value, grain, period_start, now.unit,
    before.metric_value as value_before, before.unit as unit_before,
    before.definition_hash as definition_before, now.metric_value as value_now,
    now.definition_hash as definition_now
from before left join metrics.observations as now
    using (metric_name, entity, segment_name, segment_value, grain, period_start)
"""


def create_analysis_tables(con: duckdb.DuckDBPyConnection) -> None:
    """Create what is missing of the schemas metrics, insights and meta.

    Insights are computed from the rest, so a table that an earlier version made with other columns
    is dropped and filled again, together with the tables that are kept beside it.
    """
    for table in _made_otherwise(con):
        con.execute(f"drop table if exists insights.{table}")
    con.execute(_TABLES)
    con.execute(_LATEST)
    con.execute(_REDEFINED)


def _made_otherwise(con: duckdb.DuckDBPyConnection) -> list[str]:
    """Tables of the schema insights that an earlier version made otherwise, or beside fewer."""
    query = """
        select table_name, string_agg(column_name || ' ' || data_type, ',' order by column_name)
        from information_schema.columns where table_schema = 'insights' group by table_name
    """
    found = dict(con.execute(query).fetchall())
    if not found:
        return []
    other = {name for name, columns in _wanted(query).items() if found.get(name) != columns}
    beside = {name for group in KEPT_TOGETHER if other & set(group) for name in group}
    return sorted(other | beside)


@cache
def _wanted(query: str) -> dict[str, str]:
    """What the query finds where these tables were just made."""
    with duckdb.connect() as fresh:
        fresh.execute(_TABLES)
        return dict(fresh.execute(query).fetchall())
