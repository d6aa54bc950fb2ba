-- One week of a small shop in Berlin (2025-03-03 is a Monday; local time is UTC+1), with numbers
-- small enough to add up by hand. `test_worked_metrics.py` does so, metric by metric.
insert into raw.hash_key select 'secret' where not exists (from raw.hash_key);

insert into raw.loads by name
select
    kind as load_id, kind as source, kind, 'exports/' || kind || '.csv' as file,
    kind as content_hash, 'csv' as format, 1 as records, 1 as loaded, 0 as quarantined, 0 as blank,
    'loaded' as status, timestamptz '2025-04-03 00:00:00+00' as loaded_at,
    timestamptz '2025-03-03 00:00:00+00' as first_at,
    timestamptz '2025-03-14 12:00:00+00' as last_at
from (values
    ('sales'), ('rates'), ('events'), ('service_logs'), ('service_metrics'), ('cost'),
    ('incidents'), ('exposure'), ('mlflow'), ('releases'), ('jira')
) as t (kind);

-- Orders: Carla and Dora come in January, Emil in March; one order is a guest's, one in dollars.
insert into raw.rates by name
select
    date '2025-03-01' as day, 'USD' as currency, 'EUR' as base_currency, 0.9 as rate,
    'rates' as _source, 'exports/rates.csv' as _file, 1 as _line, 'rates' as _load_id,
    timestamptz '2025-04-03 00:00:00+00' as _loaded_at;

insert into raw.sales by name
select
    t.order_id, cast(t.ordered_at as timestamptz) as ordered_at, t.customer_id, t.product_id,
    t.quantity, t.amount / t.quantity as unit_price, t.amount, t.currency, t.country, t.channel,
    'shop' as _source, 'exports/sales.csv' as _file, row_number() over () as _line,
    'sales' as _load_id, timestamptz '2025-04-03 00:00:00+00' as _loaded_at
from (values
    ('j1', '2025-01-10 12:00:00+00', 'CARLA', 'cup', 2, 30.00, 'EUR', 'DE', 'web'),
    ('j2', '2025-01-20 12:00:00+00', 'DORA', 'pen', 1, 10.00, 'EUR', 'DE', 'app'),
    ('f1', '2025-02-03 12:00:00+00', 'CARLA', 'cup', 1, 15.00, 'EUR', 'DE', 'web'),
    ('m1', '2025-03-04 12:00:00+00', 'CARLA', 'cup', 3, 45.00, 'EUR', 'DE', 'web'),
    ('m1', '2025-03-04 12:00:00+00', 'CARLA', 'pen', 1, 10.00, 'EUR', 'DE', 'web'),
    ('m2', '2025-03-05 12:00:00+00', 'EMIL', 'pen', 2, 20.00, 'EUR', 'AT', 'app'),
    ('m3', '2025-03-05 18:00:00+00', 'EMIL', 'cup', 1, 15.00, 'EUR', 'AT', 'app'),
    ('m4', '2025-03-06 12:00:00+00', null, 'cup', 1, 15.00, 'EUR', null, 'web'),
    ('r1', '2025-03-07 12:00:00+00', 'CARLA', 'cup', -1, -15.00, 'EUR', 'DE', 'web'),
    ('m5', '2025-03-07 12:00:00+00', 'DORA', 'pen', 2, 20.00, 'USD', 'DE', 'app'),
    ('a1', '2025-04-02 12:00:00+00', 'EMIL', 'cup', 1, 15.00, 'EUR', 'AT', 'app')
) as t (order_id, ordered_at, customer_id, product_id, quantity, amount, currency, country, channel);

-- Sessions: one ordered twice, one once, two not at all.
insert into raw.events by name
select
    cast(t.occurred_at as timestamptz) as occurred_at, t.event, t.session_id, t.country, t.channel,
    t.platform,
    'web' as _source, 'exports/events.csv' as _file, row_number() over () as _line,
    'events' as _load_id, timestamptz '2025-04-03 00:00:00+00' as _loaded_at
from (values
    ('2025-03-05 10:00:00+00', 'view', 's1', 'DE', 'web', 'browser'),
    ('2025-03-05 10:01:00+00', 'view', 's1', 'DE', 'web', 'browser'),
    ('2025-03-05 10:02:00+00', 'click', 's1', 'DE', 'web', 'browser'),
    ('2025-03-05 10:03:00+00', 'purchase', 's1', 'DE', 'web', 'browser'),
    ('2025-03-05 10:04:00+00', 'purchase', 's1', 'DE', 'web', 'browser'),
    ('2025-03-05 11:00:00+00', 'view', 's2', 'DE', 'app', 'ios'),
    ('2025-03-05 11:01:00+00', 'click', 's2', 'DE', 'app', 'ios'),
    ('2025-03-05 11:02:00+00', 'hide', 's2', 'DE', 'app', 'ios'),
    ('2025-03-05 12:00:00+00', 'view', 's3', 'AT', 'app', 'ios'),
    ('2025-03-06 12:00:00+00', 'view', 's4', 'DE', 'web', 'browser'),
    ('2025-03-06 12:05:00+00', 'purchase', 's4', 'DE', 'web', 'browser')
) as t (occurred_at, event, session_id, country, channel, platform);

-- Requests: of the model's service, one failed before any model answered; of the pages, one tells
-- what was drawn but not what was seen. The fridge comes up ten days after the service.
insert into raw.service_logs by name
select
    cast(t.logged_at as timestamptz) as logged_at, t.service, '/lists' as endpoint, 'GET' as method,
    t.status, t.latency_ms, t.model, t.platform, t.k_asked, t.k_served, t.k_rendered, t.k_viewed,
    t.is_fallback,
    'logs' as _source, 'exports/service_logs.csv' as _file, row_number() over () as _line,
    'service_logs' as _load_id, timestamptz '2025-04-03 00:00:00+00' as _loaded_at
from (values
    ('2025-03-04 10:00:00+00', 'api', 200, 100.0, 'ranker', 'web', 10, 10, null, null, false),
    ('2025-03-04 10:01:00+00', 'api', 200, 400.0, 'ranker', 'ios', 10, 5, null, null, false),
    ('2025-03-04 10:02:00+00', 'api', 200, 1000.0, 'ranker', 'web', 10, 0, null, null, true),
    ('2025-03-04 10:03:00+00', 'api', 500, 50.0, null, null, null, null, null, null, null),
    ('2025-03-05 10:00:00+00', 'api', 200, 2500.0, 'ranker', null, 10, 10, null, null, false),
    ('2025-03-05 10:01:00+00', 'api', 200, 10.0, 'ranker', 'web', 10, null, null, null, null),
    ('2025-03-14 10:00:00+00', 'api', 200, 10.0, 'ranker', 'fridge', 10, 10, null, null, false),
    ('2025-03-04 10:00:00+00', 'pages', 200, 20.0, null, 'web', 10, 10, 6, 3, null),
    ('2025-03-04 10:01:00+00', 'pages', 200, 20.0, null, 'ios', 10, 10, 4, null, null)
) as t (
    logged_at, service, status, latency_ms, model, platform, k_asked, k_served, k_rendered,
    k_viewed, is_fallback
);

-- Capacity: hourly samples, none between 03:00 and 10:00; counters begin anew after 01:00.
insert into raw.service_metrics by name
select
    cast('2025-03-04 ' || t.hour || ':00:00+00' as timestamptz) as measured_at,
    'api' as service, t.metric, t.value, t.unit, t.kind, json('{}') as labels,
    'service_metrics' as _source, 'exports/service_metrics.csv' as _file,
    row_number() over () as _line, 'service_metrics' as _load_id,
    timestamptz '2025-04-03 00:00:00+00' as _loaded_at
from (values
    ('00', 'instances', 2, null, 'gauge'), ('01', 'instances', 2, null, 'gauge'),
    ('02', 'instances', 4, null, 'gauge'), ('03', 'instances', 4, null, 'gauge'),
    ('10', 'instances', 6, null, 'gauge'), ('11', 'instances', 6, null, 'gauge'),
    ('00', 'cpu_utilization', 50, 'percent', 'gauge'), ('01', 'cpu_utilization', 50, 'percent', 'gauge'),
    ('02', 'cpu_utilization', 20, 'percent', 'gauge'), ('03', 'cpu_utilization', 40, 'percent', 'gauge'),
    ('10', 'cpu_utilization', 90, 'percent', 'gauge'), ('11', 'cpu_utilization', 10, 'percent', 'gauge'),
    ('00', 'http_requests_total', 100, null, 'counter'), ('01', 'http_requests_total', 160, null, 'counter'),
    ('02', 'http_requests_total', 20, null, 'counter'), ('03', 'http_requests_total', 50, null, 'counter'),
    ('00', 'process_cpu_seconds_total', 1000, null, 'counter'),
    ('01', 'process_cpu_seconds_total', 2800, null, 'counter'),
    ('02', 'process_cpu_seconds_total', 900, null, 'counter'),
    ('03', 'process_cpu_seconds_total', 1800, null, 'counter')
) as t (hour, metric, value, unit, kind);

insert into raw.cost by name
select
    cast(t.day as date) as day, 'api' as service, t.category, t.amount, t.currency,
    'cost' as _source, 'exports/cost.csv' as _file, row_number() over () as _line,
    'cost' as _load_id, timestamptz '2025-04-03 00:00:00+00' as _loaded_at
from (values
    ('2025-03-04', 'compute', 6.00, 'EUR'), ('2025-03-04', 'storage', 1.50, 'EUR'),
    ('2025-03-05', 'compute', 4.00, 'EUR'), ('2025-03-05', 'gpu', 10.00, 'USD'),
    ('2025-03-06', 'compute', 8.00, 'EUR')
) as t (day, category, amount, currency);

-- Incidents: two overlap by ten minutes, one lasts over midnight in Berlin, one is of the web shop.
insert into raw.incidents by name
select
    t.incident_id, t.service, 'resolved' as status, cast(t.started_at as timestamptz) as started_at,
    cast(t.resolved_at as timestamptz) as resolved_at,
    'incidents' as _source, 'exports/incidents.csv' as _file, row_number() over () as _line,
    'incidents' as _load_id, timestamptz '2025-04-03 00:00:00+00' as _loaded_at
from (values
    ('i1', 'api', '2025-03-05 10:00:00+00', '2025-03-05 10:30:00+00'),
    ('i2', 'api', '2025-03-05 10:20:00+00', '2025-03-05 10:50:00+00'),
    ('i3', 'api', '2025-03-06 22:50:00+00', '2025-03-06 23:10:00+00'),
    ('i4', 'web', '2025-03-09 09:00:00+00', '2025-03-09 11:00:00+00')
) as t (incident_id, service, started_at, resolved_at);

-- Lists: of the first, three of four positions were drawn and one was seen; of the second nobody
-- tells what became of it.
insert into raw.exposure by name
select
    timestamptz '2025-03-05 12:00:00+00' as exposed_at, t.request_id, 'ranker' as model,
    t.platform, t.position, 'item' || t.position as item_id, true as is_served, t.is_rendered,
    t.is_viewed,
    'exposure' as _source, 'exports/exposure.csv' as _file, row_number() over () as _line,
    'exposure' as _load_id, timestamptz '2025-04-03 00:00:00+00' as _loaded_at
from (values
    ('q1', 'web', 1, true, true), ('q1', 'web', 2, true, false), ('q1', 'web', 3, true, false),
    ('q1', 'web', 4, false, false), ('q2', 'ios', 1, null, null), ('q2', 'ios', 2, null, null)
) as t (request_id, platform, position, is_rendered, is_viewed);

insert into raw.mlflow_runs by name
select
    t.run_id, 'exp' as experiment_name, 'FINISHED' as status,
    timestamptz '2025-03-03 00:00:00+00' as started_at,
    timestamptz '2025-03-03 01:00:00+00' as ended_at,
    cast('{"model": "ranker", "dataset": "holdout"}' as json) as params,
    'mlflow' as _source, 'exports/mlflow.csv' as _file, 'mlflow' as _load_id,
    timestamptz '2025-04-03 00:00:00+00' as _loaded_at
from (values ('run1'), ('run2')) as t (run_id);

-- The last step counts: a loss of 0.9, not the 1.2 before it.
insert into raw.mlflow_metrics by name
select
    t.run_id, t.metric_key, t.value, t.step, true as is_finite,
    timestamptz '2025-03-03 00:30:00+00' as logged_at,
    'mlflow' as _source, 'exports/mlflow.csv' as _file, 'mlflow' as _load_id,
    timestamptz '2025-04-03 00:00:00+00' as _loaded_at
from (values
    ('run1', 'ndcg@10', 0.30, 0), ('run1', 'val_loss', 1.2, 0), ('run1', 'val_loss', 0.9, 1),
    ('run2', 'ndcg@10', 0.34, 0), ('run2', 'val_loss', 0.8, 0)
) as t (run_id, metric_key, value, step);

-- Releases: the web shop goes back from 1.1 to 1.0 after twelve hours and mends it the next day.
insert into raw.releases by name
select
    t.model, t.version, cast(t.released_at as timestamptz) as released_at, t.run_id,
    'production' as environment,
    'releases' as _source, 'exports/releases.csv' as _file, row_number() over () as _line,
    'releases' as _load_id, timestamptz '2025-04-03 00:00:00+00' as _loaded_at
from (values
    ('ranker', '1', '2025-03-04 08:00:00+00', 'run1'),
    ('ranker', '2', '2025-03-06 08:00:00+00', 'run2'),
    ('web', '1.0', '2025-03-06 20:00:00+00', null),
    ('web', '1.1', '2025-03-08 08:00:00+00', null),
    ('web', '1.0', '2025-03-08 20:00:00+00', null),
    ('web', '1.1-hotfix', '2025-03-09 08:00:00+00', null)
) as t (model, version, released_at, run_id);

-- Work: W-2 came back from Done, W-3 went straight there, W-5 has no history, two are open. The
-- sprint begins on Tuesday at midnight UTC with W-1 and W-2; it is closed on Friday noon. A second
-- board calls its sprint alike, a second tracker numbers its sprint alike as well.
insert into raw.jira_sprints by name
select
    t.sprint_id, 'Sprint 1' as sprint_name, 'closed' as state,
    cast(t.started_at as timestamptz) as started_at,
    cast(t.closed_at as timestamptz) as ends_at, cast(t.closed_at as timestamptz) as completed_at,
    t._source, 'exports/jira.csv' as _file, row_number() over () as _line, 'jira' as _load_id,
    timestamptz '2025-04-03 00:00:00+00' as _loaded_at
from (values
    ('tracker', '1', '2025-03-04 00:00:00+00', '2025-03-07 12:00:00+00'),
    ('tracker', '7', '2025-03-04 12:00:00+00', '2025-03-06 12:00:00+00'),
    ('second', '1', '2025-03-05 00:00:00+00', '2025-03-08 12:00:00+00')
) as t (_source, sprint_id, started_at, closed_at);

insert into raw.jira_statuses by name
select
    '' as status_id, t.status_name, 'status_list' as origin, t.category,
    'tracker' as _source, 'exports/jira.csv' as _file, row_number() over () as _line,
    'jira' as _load_id, timestamptz '2025-04-03 00:00:00+00' as _loaded_at
from (values
    ('To Do', 'to_do'), ('In Progress', 'in_progress'), ('In Review', 'in_progress'),
    ('Done', 'done')
) as t (status_name, category);

insert into raw.jira_issues by name
select
    t.issue_key, t.issue_key as issue_id, 'WEB' as project, t.issue_type, t.status,
    cast(t.created_at as timestamptz) as created_at, cast(t.updated_at as timestamptz) as updated_at,
    cast(t.resolved_at as timestamptz) as resolved_at, cast(t.fix_versions as json) as fix_versions,
    case when t.is_in_sprint then json('["Sprint 1"]') end as sprints,
    case when t.is_in_sprint then json('["1"]') end as sprint_ids,
    'tracker' as _source, 'exports/jira.csv' as _file, row_number() over () as _line,
    'jira' as _load_id, timestamptz '2025-04-03 00:00:00+00' as _loaded_at
from (values
    ('W-1', 'Story', 'Done', '2025-03-03 08:00:00+00', '2025-03-06 08:00:00+00', '2025-03-06 08:00:00+00', '["web 1.0"]', true),
    ('W-2', 'Bug', 'Done', '2025-03-03 08:00:00+00', '2025-03-07 20:00:00+00', '2025-03-07 20:00:00+00', '["web 1.1"]', true),
    ('W-3', 'Story', 'Done', '2025-03-04 08:00:00+00', '2025-03-05 08:00:00+00', '2025-03-05 08:00:00+00', '["web 1.0"]', true),
    ('W-4', 'Story', 'In Progress', '2025-03-05 08:00:00+00', '2025-03-07 08:00:00+00', null, '[]', true),
    ('W-5', 'Task', 'Done', '2025-03-04 08:00:00+00', '2025-03-07 08:00:00+00', '2025-03-07 08:00:00+00', '[]', false),
    ('W-6', 'Story', 'To Do', '2025-03-06 08:00:00+00', '2025-03-09 12:00:00+00', null, '[]', false)
) as t (
    issue_key, issue_type, status, created_at, updated_at, resolved_at, fix_versions, is_in_sprint
);

-- P-1 and P-2 are in the second board's sprint, P-3 has no history. The second tracker tells
-- sprints by name and has no histories.
insert into raw.jira_issues by name
select
    t.issue_key, t.issue_key as issue_id, t.project, 'Story' as issue_type, t.status,
    t.category as status_category, timestamptz '2025-03-03 08:00:00+00' as created_at,
    timestamptz '2025-03-09 12:00:00+00' as updated_at,
    cast(t.resolved_at as timestamptz) as resolved_at, cast(t.sprints as json) as sprints,
    cast(t.sprint_ids as json) as sprint_ids,
    t._source, 'exports/jira.csv' as _file, row_number() over () as _line,
    'jira' as _load_id, timestamptz '2025-04-03 00:00:00+00' as _loaded_at
from (values
    ('tracker', 'PAY', 'P-1', 'Done', 'done', '2025-03-05 20:00:00+00', '["Sprint 1"]', '["7"]'),
    ('tracker', 'PAY', 'P-2', 'In Progress', 'in_progress', null, '["Sprint 1"]', '["7"]'),
    ('tracker', 'PAY', 'P-3', 'In Progress', 'in_progress', null, '[]', '[]'),
    ('second', 'OPS', 'O-1', 'Done', 'done', '2025-03-07 20:00:00+00', '["Sprint 1"]', null),
    ('second', 'OPS', 'O-2', 'In Progress', 'in_progress', null, '["Sprint 1"]', null),
    ('second', 'OPS', 'O-3', 'Doing', 'in_progress', null, '["Sprint 1"]', null)
) as t (_source, project, issue_key, status, category, resolved_at, sprints, sprint_ids);

insert into raw.jira_changelog by name
select
    t.issue_key, t.issue_key as issue_id, t.history_id, cast(t.changed_at as timestamptz) as changed_at,
    0 as item, 'status' as field, '' as from_id, t.status_before as from_value, '' as to_id, t.status_after as to_value,
    'tracker' as _source, 'exports/jira.csv' as _file, row_number() over () as _line,
    'jira' as _load_id, timestamptz '2025-04-03 00:00:00+00' as _loaded_at
from (values
    ('W-1', '1', '2025-03-04 08:00:00+00', 'To Do', 'In Progress'),
    ('W-1', '2', '2025-03-05 08:00:00+00', 'In Progress', 'In Review'),
    ('W-1', '3', '2025-03-06 08:00:00+00', 'In Review', 'Done'),
    ('W-2', '4', '2025-03-03 20:00:00+00', 'To Do', 'In Progress'),
    ('W-2', '5', '2025-03-05 08:00:00+00', 'In Progress', 'Done'),
    ('W-2', '6', '2025-03-05 20:00:00+00', 'Done', 'In Progress'),
    ('W-2', '7', '2025-03-07 20:00:00+00', 'In Progress', 'Done'),
    ('W-3', '8', '2025-03-05 08:00:00+00', 'To Do', 'Done'),
    ('W-4', '9', '2025-03-07 08:00:00+00', 'To Do', 'In Progress'),
    ('P-1', '10', '2025-03-04 08:00:00+00', 'To Do', 'In Progress'),
    ('P-1', '11', '2025-03-05 20:00:00+00', 'In Progress', 'Done'),
    ('P-2', '12', '2025-03-05 08:00:00+00', 'To Do', 'In Progress')
) as t (issue_key, history_id, changed_at, status_before, status_after);

insert into raw.jira_changelog_pages by name
select
    t.issue_key, t.issue_key as issue_id, 0 as first_entry, t.entries, t.entries as total_entries,
    'tracker' as _source, 'exports/jira.csv' as _file, 'jira' as _load_id,
    timestamptz '2025-04-03 00:00:00+00' as _loaded_at
from (values
    ('W-1', 3), ('W-2', 4), ('W-3', 1), ('W-4', 1), ('W-6', 0), ('P-1', 2), ('P-2', 1)
) as t (issue_key, entries);
