"""Which settings does the hub need for this shop?"""

from __future__ import annotations

from demo.experiment_files import GUARDRAIL, GUARDRAIL_MARGIN
from demo.plan import COMPANY, TIME_ZONE
from demo.shop import Shop

REVENUE_TARGET_PER_MONTH = 420_000
SMALLEST_GAIN_PER_MONTH = 8_000

_TEMPLATE = """\
# {company}: a simulated online shop (seed {seed}, {n_days} days from {first_day}).
# What is true of it is written in truth.json; the hub never reads that file.
company: {company}
time_zone: {time_zone}          # days, weeks and months begin here
currency: EUR
data_end: {data_end}           # simulated: no newer data will come

# Every path is a pattern relative to this file.
sources:
  - name: service_logs
    kind: service_logs
    path: "exports/logs/*.jsonl*"      # monthly .gz files, then one plain file a day
    owner: platform
    callers: [app-bff, mailer, browser, app, partner-site]    # others are shown as a hash
  - name: jira
    kind: jira
    path: "exports/jira/*"             # one project as CSV, one from the REST interface (JSON)
    owner: delivery
    status_categories: {{"In Review": in_progress}}
    waiting_statuses: ["In Review"]    # in progress, but nobody works on it
  - name: shop_orders
    kind: sales
    path: "exports/sales/*.csv"
    owner: shop
    columns:                           # our name: the column in the files
      order_id: order_id
      line_id: line
      ordered_at: order_date
      customer_id: customer
      product_id: sku
      quantity: quantity
      unit_price: unit_price
      currency: currency
      country: country
      channel: channel
  - name: mlflow
    kind: mlflow
    path: "exports/mlruns"
    owner: data science
  - name: releases
    kind: releases
    path: "exports/releases/*.csv"
    owner: platform
  - name: experiments
    kind: experiments
    path: "exports/experiments/*.csv"    # sums over users, and one file of single users
    owner: data science
  - name: calendar
    kind: calendar
    path: "exports/calendar/*.csv"
    owner: marketing
  - name: events
    kind: events
    path: "exports/events/*.csv.gz"    # a sample of sessions
    owner: shop
  - name: exposure
    kind: exposure
    path: "exports/exposure/*.jsonl.gz"    # a sample of recommended lists
    owner: shop
  - name: incidents
    kind: incidents
    path: "exports/incidents/*.csv"
    owner: platform
  - name: cost
    kind: cost
    path: "exports/cost/*.csv"
    owner: platform
  - name: service_metrics
    kind: service_metrics
    path: "exports/metrics/*.csv.gz"       # instances, CPU and counted requests
    owner: platform
  - name: settings
    kind: settings
    path: "exports/settings/*.json"
    owner: shop

targets:
  - {{metric: revenue, grain: month, value: {target}, since: {target_since}}}

slos:
  - {{service: recommender-api, objective: 0.995, window_days: 28}}
  - {{service: search-api, objective: 0.995, window_days: 28}}
  - {{service: fraud-api, objective: 0.999, window_days: 28}}
  - {{service: shop-frontend, objective: 0.995, window_days: 28}}

guardrails:                          # what no experiment may harm by more than a share
  - {{metric: {guardrail}, margin: {guardrail_margin}, direction: down}}

link:
  smallest_gain_per_month: {smallest_gain}      # EUR; about 2 % of a month's revenue
  max_lag_days: 14
  primary:                           # the questions asked before looking at any data
    - {{metric: recommender/ndcg_at_10, kpi: revenue}}
    - {{metric: fraud/auc, kpi: revenue}}
    - {{metric: search_ranker/ndcg_at_10, kpi: revenue}}

keep_builds: 5
"""


def hub_yml(shop: Shop) -> str:
    """The text of the shop's hub.yml."""
    return _TEMPLATE.format(
        company=COMPANY,
        seed=shop.plan.seed,
        n_days=shop.plan.n_days,
        first_day=shop.plan.first_day.isoformat(),
        time_zone=TIME_ZONE,
        data_end=shop.plan.day(shop.plan.n_days - 1).isoformat(),
        target=REVENUE_TARGET_PER_MONTH,
        target_since=shop.plan.day(shop.plan.n_days - 1).replace(month=1, day=1).isoformat(),
        smallest_gain=SMALLEST_GAIN_PER_MONTH,
        guardrail=GUARDRAIL,
        guardrail_margin=GUARDRAIL_MARGIN,
    )
