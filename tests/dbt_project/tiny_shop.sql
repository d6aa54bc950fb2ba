-- A few days of a shop in Berlin around the change to summer time of 2025-03-30.
insert into raw.hash_key select 'secret' where not exists (from raw.hash_key);

insert into raw.loads by name
select
    load as load_id, source, kind, file, load as content_hash, 'csv' as format,
    records, loaded, quarantined, 0 as blank, status, duplicate_of,
    timestamptz '2025-04-02 06:00:00+00' as loaded_at,
    timestamptz '2025-03-28 10:00:00+00' as first_at,
    timestamptz '2025-03-31 22:30:00+00' as last_at
from (values
    ('logs', 'service_logs', 'service_logs', 'exports/logs/a.jsonl', 9, 9, 0, 'loaded', null),
    ('app', 'service_logs', 'service_logs', 'exports/logs/app.jsonl', 3, 3, 0, 'loaded', null),
    ('again', 'service_logs', 'service_logs', 'exports/logs/b.jsonl', 0, 0, 0, 'duplicate', 'exports/logs/a.jsonl'),
    ('sales', 'shop', 'sales', 'exports/sales/a.csv', 7, 6, 1, 'loaded', null),
    ('sales_before', 'shop', 'sales', 'exports/sales/a.csv', 1, 1, 0, 'superseded', null),
    ('jira', 'jira', 'jira', 'exports/jira/a.csv', 4, 4, 0, 'loaded', null),
    ('runs', 'mlflow', 'mlflow', 'exports/mlruns/1/r1', 2, 2, 0, 'loaded', null),
    ('releases', 'releases', 'releases', 'exports/releases/a.csv', 3, 3, 0, 'loaded', null),
    ('calendar', 'calendar', 'calendar', 'exports/calendar/a.csv', 1, 1, 0, 'loaded', null),
    ('experiments', 'experiments', 'experiments', 'exports/experiments/a.csv', 2, 2, 0, 'loaded', null)
) as t (load, source, kind, file, records, loaded, quarantined, status, duplicate_of);

insert into raw.service_logs by name
select
    cast(t.logged_at as timestamptz) as logged_at, t.service, t.endpoint, 'GET' as method,
    t.status, t.latency_ms, t.version, 'INFO' as level, t.message, '10.1.2.3' as caller,
    t.platform, t.k as k_asked, t.k as k_served, t.rendered as k_rendered, t.fallback as is_fallback,
    'service_logs' as _source, 'exports/logs/a.jsonl' as _file,
    row_number() over () as _line, 'logs' as _load_id,
    timestamptz '2025-04-02 06:00:00+00' as _loaded_at
from (values
    ('2025-03-28 10:00:00+00', 'api', '/v1/items/12345', 200, 10.0, '1.0', 'ok', 'web', 10, null, false),
    ('2025-03-28 11:00:00+00', 'api', '/v1/items', 500, 30.0, '1.0', 'no answer for anna@example.com after 31 s', 'web', 0, null, true),
    ('2025-03-29 23:30:00+00', 'api', '/v1/items', 200, 20.0, '1.0', 'ok', 'ios', 10, null, false),
    ('2025-03-31 08:00:00+00', 'api', '/v1/items', 200, 40.0, '1.1', 'ok', null, 10, null, true),
    ('2025-03-31 09:00:00+00', 'api', '/v1/items', 200, 50.0, '1.1', 'ok', 'web', 10, null, false),
    ('2025-03-31 20:00:00+00', 'api', '/v1/items', 200, 60.0, '1.0', 'ok', 'web', 10, null, false),
    ('2025-03-31 22:30:00+00', 'api', '/v1/items', 200, 70.0, '1.0', 'ok', 'web', 10, null, false),
    ('2025-03-28 12:00:00+00', 'front', '/widget', 200, 5.0, '7', 'ok', 'web', 10, 4, null),
    ('2025-03-28 13:00:00+00', 'front', '/widget', 200, 5.0, '7', 'ok', 'Unknown', 10, null, null)
) as t (logged_at, service, endpoint, status, latency_ms, version, message, platform, k, rendered, fallback);

-- Lines that are no requests: a start, a failure outside of any request, a step within one.
insert into raw.service_logs by name
select
    timestamptz '2025-03-31 09:00:00+00' as logged_at, 'api' as service, '1.1' as version,
    t.level, t.message, t.endpoint, t.status, t.latency_ms, t.span_kind, t.parent_span_id,
    'service_logs' as _source, 'exports/logs/app.jsonl' as _file,
    row_number() over () as _line, 'app' as _load_id,
    timestamptz '2025-04-02 06:00:00+00' as _loaded_at
from (values
    ('INFO', 'started with 4 workers', null, null, null, null, null),
    ('ERROR', 'cannot reach the database', null, null, null, null, null),
    ('INFO', null, '/v1/features', 200, 900.0, 'client', 'a1')
) as t (level, message, endpoint, status, latency_ms, span_kind, parent_span_id);

insert into raw.sales by name
select
    t.order_id, cast(t.ordered_at as timestamptz) as ordered_at, t.customer_id, 'p1' as product_id,
    t.quantity, t.amount / t.quantity as unit_price, t.amount, 'EUR' as currency, t.country,
    'web' as channel, 'shop' as _source, 'exports/sales/a.csv' as _file,
    row_number() over () as _line, t.load as _load_id,
    timestamptz '2025-04-02 06:00:00+00' as _loaded_at
from (values
    ('1', '2025-03-28 10:00:00+00', 'CUST-ANNA', 2, 20.00, 'DE', 'sales'),
    ('1', '2025-03-28 10:00:00+00', 'CUST-ANNA', 2, 20.00, 'DE', 'sales'),
    ('2', '2025-03-28 12:00:00+00', null, 1, 8.00, null, 'sales'),
    ('3', '2025-03-31 07:00:00+00', 'CUST-ANNA', 1, 12.00, 'DE', 'sales'),
    ('C1', '2025-03-31 07:30:00+00', 'CUST-ANNA', -1, -10.00, 'DE', 'sales'),
    ('4', '2025-03-31 22:30:00+00', 'CUST-BERND', 1, 5.00, 'AT', 'sales'),
    ('1', '2025-03-28 10:00:00+00', 'CUST-ANNA', 2, 999.00, 'DE', 'sales_before')
) as t (order_id, ordered_at, customer_id, quantity, amount, country, load);

-- A shop abroad: dollars with a rate for each of two days, and pounds that have none.
insert into raw.loads by name
select
    load as load_id, load as source, load as kind, file, load as content_hash, 'csv' as format,
    3 as records, 3 as loaded, 0 as quarantined, 0 as blank, 'loaded' as status,
    timestamptz '2025-04-02 06:00:00+00' as loaded_at,
    timestamptz '2025-03-29 00:00:00+00' as first_at,
    timestamptz '2025-03-30 12:00:00+00' as last_at
from (values ('abroad', 'exports/abroad/a.csv'), ('rates', 'exports/rates/a.csv')) as t (load, file);
update raw.loads set kind = 'sales' where load_id = 'abroad';

insert into raw.rates by name
select
    cast(t.day as date) as day, t.currency, t.base_currency, t.rate,
    'rates' as _source, 'exports/rates/a.csv' as _file, row_number() over () as _line,
    'rates' as _load_id, timestamptz '2025-04-02 06:00:00+00' as _loaded_at
from (values
    ('2025-03-29', 'USD', 'EUR', 0.9), ('2025-03-30', 'USD', 'EUR', 0.8), ('2025-03-29', 'CHF', 'USD', 1.1)
) as t (day, currency, base_currency, rate);

insert into raw.sales by name
select
    t.order_id, cast(t.ordered_at as timestamptz) as ordered_at, 'p2' as product_id,
    t.quantity, t.amount / t.quantity as unit_price, t.amount, t.currency, 'US' as country,
    'web' as channel, 'abroad' as _source, 'exports/abroad/a.csv' as _file,
    row_number() over () as _line, 'abroad' as _load_id,
    timestamptz '2025-04-02 06:00:00+00' as _loaded_at
from (values
    ('U1', '2025-03-29 10:00:00+00', 2, 20.00, 'USD'),
    ('U2', '2025-03-30 10:00:00+00', 1, 5.05, 'USD'),
    ('G1', '2025-03-30 11:00:00+00', 1, 100.00, 'GBP')
) as t (order_id, ordered_at, quantity, amount, currency);

insert into raw.quarantine by name
select
    'shop' as source, 'exports/sales/a.csv' as file, 8 as line, 'bad_number' as reason,
    'quantity' as column_name, 'CUST-CLARA' as found, 'a number' as expected,
    'CUST-CLARA;x' as raw_text, 'sales' as load_id,
    timestamptz '2025-04-02 06:00:00+00' as quarantined_at;

insert into raw.jira_issues by name
select
    t.issue_key, 'REC' as project, 'Story' as issue_type, 'Call Jane Doe' as summary,
    'Jane Doe' as assignee, t.category as status_category,
    cast(t.created_at as timestamptz) as created_at, cast(t.updated_at as timestamptz) as updated_at,
    cast(t.resolved_at as timestamptz) as resolved_at, cast(t.fix_versions as json) as fix_versions,
    'jira' as _source, 'exports/jira/a.csv' as _file, row_number() over () as _line,
    'jira' as _load_id, timestamptz '2025-04-02 06:00:00+00' as _loaded_at
from (values
    ('REC-1', 'To Do', '2025-03-18 08:00:00+00', '2025-03-18 08:00:00+00', null, '[]'),
    ('REC-1', 'Done', '2025-03-18 08:00:00+00', '2025-03-20 20:00:00+00', '2025-03-20 20:00:00+00', '["Ranker v2"]'),
    ('REC-2', 'In Progress', '2025-03-25 08:00:00+00', '2025-03-26 08:00:00+00', null, '["3"]'),
    ('REC-3', null, '2025-03-31 08:00:00+00', '2025-04-01 06:00:00+00', null, null)
) as t (issue_key, category, created_at, updated_at, resolved_at, fix_versions);

-- Two trackers number their sprints alike, and one has two of a name; PAY-1 is in both.
insert into raw.jira_sprints by name
select
    t.sprint_id, 'Sprint 1' as sprint_name, 'closed' as state,
    timestamptz '2025-03-24 08:00:00+00' as started_at,
    timestamptz '2025-03-28 16:00:00+00' as ends_at, timestamptz '2025-03-28 16:00:00+00' as completed_at,
    t._source, 'exports/jira/s.json' as _file, row_number() over () as _line, 'jira' as _load_id,
    timestamptz '2025-04-02 06:00:00+00' as _loaded_at
from (values ('board', '1'), ('board', '7'), ('desk', '1')) as t (_source, sprint_id);

insert into raw.jira_issues by name
select
    t.issue_key, t.project, 'Bug' as issue_type, t.category as status_category,
    timestamptz '2025-03-20 08:00:00+00' as created_at, cast(t.updated_at as timestamptz) as updated_at,
    cast(t.resolved_at as timestamptz) as resolved_at, json('["Sprint 1"]') as sprints,
    cast(t.sprint_ids as json) as sprint_ids, t._source, 'exports/jira/s.json' as _file,
    row_number() over () as _line, 'jira' as _load_id, timestamptz '2025-04-02 06:00:00+00' as _loaded_at
from (values
    ('board', 'PAY', 'PAY-1', 'Done', '2025-04-01 06:00:00+00', '2025-03-27 08:00:00+00', '["1"]'),
    ('board', 'PAY', 'PAY-2', 'To Do', '2025-03-28 08:00:00+00', null, '["1"]'),
    ('board', 'PAY', 'PAY-3', 'To Do', '2025-03-28 08:00:00+00', null, null),
    ('desk', 'PAY', 'PAY-1', 'To Do', '2025-03-26 08:00:00+00', null, '["1"]'),
    ('desk', 'PAY', 'PAY-9', 'Done', '2025-03-26 08:00:00+00', '2025-03-26 08:00:00+00', '["1"]'),
    ('desk', 'DESK', 'DESK-1', 'To Do', '2025-04-01 06:00:00+00', null, '["1"]')
) as t (_source, project, issue_key, category, updated_at, resolved_at, sprint_ids);

insert into raw.mlflow_runs by name
select
    t.run_id, 'exp' as experiment_name, t.status, timestamptz '2025-03-20 00:00:00+00' as started_at,
    timestamptz '2025-03-20 01:00:00+00' as ended_at,
    cast('{"model": "ranker", "dataset": "holdout"}' as json) as params,
    cast('{"mlflow.user": "jane.doe"}' as json) as tags,
    'mlflow' as _source, 'exports/mlruns/1/r1' as _file, 'runs' as _load_id,
    timestamptz '2025-04-02 06:00:00+00' as _loaded_at
from (values ('r1', 'FINISHED'), ('r2', 'FAILED')) as t (run_id, status);

insert into raw.mlflow_metrics by name
select
    t.run_id, t.metric_key, t.value, t.step, true as is_finite,
    timestamptz '2025-03-20 00:30:00+00' as logged_at,
    'mlflow' as _source, 'exports/mlruns/1/r1' as _file, 'runs' as _load_id,
    timestamptz '2025-04-02 06:00:00+00' as _loaded_at
from (values
    ('r1', 'ndcg@10', 0.1, 0), ('r1', 'ndcg@10', 0.3, 1), ('r1', 'train.RMSE', 0.7, 1),
    ('r2', 'ndcg@10', 0.9, 0)
) as t (run_id, metric_key, value, step);

insert into raw.releases by name
select
    t.model, t.version, cast(t.released_at as timestamptz) as released_at, t.run_id,
    'production' as environment,
    'releases' as _source, 'exports/releases/a.csv' as _file, row_number() over () as _line,
    'releases' as _load_id, timestamptz '2025-04-02 06:00:00+00' as _loaded_at
from (values
    ('ranker', '2', '2025-03-28 08:00:00+00', 'r1'),
    ('ranker', '3', '2025-03-31 08:00:00+00', 'r2'),
    ('api', '1.1', '2025-03-31 07:55:00+00', null)
) as t (model, version, released_at, run_id);

insert into raw.calendar by name
select
    date '2025-03-30' as day, 'promotion' as kind, 'Spring sale' as name,
    'calendar' as _source, 'exports/calendar/a.csv' as _file, 'calendar' as _load_id,
    timestamptz '2025-04-02 06:00:00+00' as _loaded_at;

insert into raw.experiments by name
select
    'larger' as experiment, 'ranker' as model, t.variant, t.variant = 'a' as is_control,
    timestamptz '2025-03-28 00:00:00+00' as started_at,
    timestamptz '2025-03-31 00:00:00+00' as ended_at, 'revenue' as metric, 100 as users,
    'experiments' as _source, 'exports/experiments/a.csv' as _file, 'experiments' as _load_id,
    timestamptz '2025-04-02 06:00:00+00' as _loaded_at
from (values ('a'), ('b')) as t (variant);

-- What analysis wrote between the layers and the marts.
insert into meta.builds (build_id, built_at)
values ('b1', timestamptz '2025-04-01 00:00:00+00'), ('b2', timestamptz '2025-04-02 00:00:00+00');

insert into meta.checks (build_id, check_name, status)
values ('b2', 'new', 'pass');

insert into metrics.catalogue (metric_name, label, layer, unit, direction, role)
values ('revenue', 'Revenue', 'company', 'EUR', 'up', 'kpi'),
    ('ndcg_at_10', 'NDCG@10', 'platform', 'value', 'up', 'model_metric');

insert into metrics.observation_versions by name
select
    'revenue' as metric_name, 'company' as layer, 'company' as entity, '__all__' as segment_name,
    '__all__' as segment_value, t.grain, cast(t.period_start as date) as period_start,
    t.metric_value, 'EUR' as unit, t.is_complete, 'h' as definition_hash,
    timestamptz '2025-04-02 00:00:00+00' as observed_at, 'b2' as build_id
from (values
    ('month', '2024-02-01', 60.0, true),
    ('month', '2025-01-01', 100.0, true),
    ('month', '2025-02-01', 120.0, true),
    ('month', '2025-03-01', 50.0, false),
    ('day', '2024-03-29', 4.0, true),
    ('day', '2025-03-28', 5.0, true)
) as t (grain, period_start, metric_value, is_complete);

insert into insights.links (link_id, metric_name, entity, kpi, verdict, n_experiments)
values ('l1', 'ndcg_at_10', 'ranker', 'revenue', 'moves', 3),
    ('l2', 'auc', 'ranker', 'revenue', 'not enough data', 0);

insert into insights.evidence (link_id, grade, rank, gives_verdict, verdict, effect, n_experiments)
values ('l1', 'experiments', 0, true, 'moves', 0.5, 3),
    ('l1', 'releases', 1, false, 'no evidence', 0.1, null),
    ('l2', 'releases', 1, true, 'not enough data', null, null);

insert into insights.link_notes (link_id, caveats, fading_note)
values ('l1', '[]', 'It fades.');

insert into insights.release_impacts (
    impact_id, model, version, released_on, kpi, verdict, effect, effect_low, effect_high, q_value
)
values ('ranker.2.2025-03-01.revenue', 'ranker', '2', date '2025-03-01', 'revenue', 'moves',
    0.02, 0.01, 0.03, 0.01);

insert into insights.release_impact_series
values ('ranker.2.2025-03-01.revenue', date '2025-03-09', 103, 100, 98, 102, false);

insert into insights.experiment_links (model, offline_metric, metric, effect, n_experiments)
values ('ranker', 'ndcg_at_10', 'clicks', 9.0, 12), ('ranker', 'ndcg_at_10', 'revenue', 0.5, 3);

insert into insights.onset_series (
    series_id, metric_name, entity, label, role, direction, grain, verdict, p_value, q_value,
    n_changes, is_going_on
)
values ('api/error_ratio', 'error_ratio', 'api', 'Error ratio', 'service_metric', 'down', 'hour',
    'changed', 0.001, 0.002, 1, true),
    ('revenue', 'revenue', 'company', 'Revenue', 'kpi', 'up', 'day', 'no change', 0.04, 0.2, 0, true);

insert into insights.onsets (
    onset_id, series_id, change_no, onset_at, onset_low, onset_high, is_confirmed, is_worse,
    level_before, level_after, size, size_low, size_high
)
values ('api/error_ratio#1', 'api/error_ratio', 1, timestamp '2025-03-28 10:00',
    timestamp '2025-03-28 09:00', timestamp '2025-03-28 11:00', true, true, 0.01, 0.3, 0.29, 0.2, 0.4),
    ('api/error_ratio#2', 'api/error_ratio', 2, timestamp '2025-03-29 10:00',
    timestamp '2025-03-29 09:00', timestamp '2025-03-29 11:00', true, true, 0.3, 0.4, 0.1, 0.0, 0.2),
    ('revenue#1', 'revenue', 1, timestamp '2025-03-28', timestamp '2025-03-27',
    timestamp '2025-03-29', false, true, 9, 8, -1, -2, 0);

insert into insights.onset_causes (
    onset_id, series_id, rank, kind, name, share_explained, words
)
values ('api/error_ratio#1', 'api/error_ratio', 1, 'deploy', 'api 2', 0.9, 'It came first.'),
    ('api/error_ratio#1', 'api/error_ratio', 2, 'latency', 'api Latency p95 rises', 0.8, 'Then.'),
    ('api/error_ratio#2', 'api/error_ratio', 1, 'holiday', 'Good Friday', 0.2, 'Hardly.');
