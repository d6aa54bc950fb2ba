"""Generated experiments taken together, in the columns of their mart."""

from __future__ import annotations

import json

import pandas as pd

Frames = dict[str, pd.DataFrame]


def together() -> Frames:
    """What all experiments of the ranker say of NDCG and revenue."""
    row = {
        "model": "ranker",
        "offline_metric": "ndcg_at_10",
        "metric": "revenue",
        "effect": 1.2,
        "effect_low": 0.4,
        "effect_high": 2.0,
        "effect_unit": "relative lift per log offline gain",
        "p_value": 0.01,
        "reliability": 0.5,
        "heterogeneity": 0.01,
        "side_effect": 0.001,
        "naive_effect": 0.6,
        "naive_side_effect": 0.02,
        "experiments_needed": 20,
        "n_experiments": 9,
        "n_withheld": 1,
        "verdict": "moves",
        "verdict_reason": "The lift rose with the offline gain.",
        "method": "meta-regression",
        "caveats": json.dumps(["Winners only mislead."]),
    }
    return {"mart_experiment_links": pd.DataFrame([row])}


CUT_ON = pd.Timestamp("2025-01-20")


def exposure() -> Frames:
    """Ten served positions of the ranker's lists, of which five are drawn since the cut."""
    days = pd.date_range(CUT_ON - pd.Timedelta(days=5), CUT_ON + pd.Timedelta(days=5))
    rows = [
        {
            "source": "exposure",
            "surface": "home",
            "model": "ranker",
            "model_version": "1.0",
            "day": day,
            "position": position,
            "served": 4,
            "served_where_rendered": 4,
            "rendered": 4 if position <= 5 or day < CUT_ON else 0,
            "served_where_viewed": 4,
            "viewed": 2 if position <= 5 or day < CUT_ON else 0,
            "clicked": 0,
        }
        for day in days
        for position in range(1, 11)
    ]
    positions = pd.DataFrame(rows)
    return {
        "mart_exposure_positions": positions,
        "mart_exposure_releases": _under_one_release(positions),
    }


def _under_one_release(positions: pd.DataFrame) -> pd.DataFrame:
    """The positions under the version of the ranker that all records name."""
    summed = positions.groupby(["surface", "position"], as_index=False)[
        ["served", "rendered", "viewed"]
    ].sum()
    return summed.assign(
        component="ranker",
        version="1.0",
        since=positions["day"].min(),
        served_ratio=1.0,
        rendered_ratio=summed["rendered"] / summed["served"],
        viewed_ratio=summed["viewed"] / summed["served"],
    )


NET = 'select sum(net) as revenue from "warehouse"."company"."company_revenue_days"'


def catalogue() -> Frames:
    """Two metrics, of which revenue has been redefined once, and their stored values."""
    revenue = {
        "metric_name": "revenue",
        "label": "Revenue",
        "description": "Value of what was ordered.",
        "layer": "company",
        "unit": "EUR",
        "direction": "up",
        "owner": "Sales",
        "role": "kpi",
        "aggregation": "simple",
        "entity_kind": "company",
        "segments": json.dumps(["country"]),
        "source_kinds": json.dumps(["sales"]),
        "definition_sql": NET,
        "definition_hash": "new",
        "defined_in": "models/metrics/company_metrics.yml:1",
        "format": ",.0f",
    }
    ndcg = revenue | {
        "metric_name": "ndcg_at_10",
        "label": "NDCG@10",
        "layer": "platform",
        "unit": "score",
        "owner": "Models",
        "role": "model_metric",
        "entity_kind": "model",
        "segments": json.dumps([]),
        "source_kinds": json.dumps(["mlflow", "releases"]),
        "definition_sql": "select * from {{ ref('platform_offline_values') }}",
    }
    told = ["metric_name", "unit", "description", "definition_sql", "defined_in"]
    now = {name: revenue[name] for name in told} | {
        "definition_hash": "new",
        "used_from": pd.Timestamp("2025-03-01", tz="UTC"),
        "build_id": "build-1",
        "upstream": '{"company_orders": "b2", "stg_sales_lines": "a1"}',
        "changed": "its own SQL, company_orders",
    }
    past = now | {
        "definition_hash": "old",
        "upstream": '{"company_orders": "b1", "stg_sales_lines": "a1"}',
        "changed": "first definition",
        "definition_sql": NET.replace("net", "gross"),
        "used_from": pd.Timestamp("2025-01-01", tz="UTC"),
    }
    total = {"segment_name": "__all__", "segment_value": "__all__", "grain": "month"}
    at = {"metric_name": "revenue", "entity": "company", "period_start": pd.Timestamp("2025-01-01")}
    redefined = (
        at
        | total
        | {
            "unit": "EUR",
            "value_before": 30000.0,
            "unit_before": "EUR",
            "definition_before": "old",
            "value_now": 29000.0,
            "definition_now": "new",
        }
    )
    columns = [
        ("sales", "order_id", "VARCHAR", "Order no", 990, 990, None),
        ("sales", "amount", "DECIMAL(18,4)", None, 990, 495, None),
        ("sales", "status", "VARCHAR", None, 990, 0, None),
        ("sales", None, None, None, 990, 12, 3),
    ]
    names = ["table_name", "column_name", "data_type", "field", "rows", "filled", "fields"]
    return {
        "meta.source_columns": pd.DataFrame(columns, columns=names).assign(source="orders"),
        "metrics.catalogue": pd.DataFrame([revenue, ndcg]),
        "metrics.lineage": _ways(),
        "metrics.definitions": pd.DataFrame([now, past]),
        "metrics.redefined_values": pd.DataFrame([redefined]),
        "metrics.observations": pd.concat(
            [pd.DataFrame([at | total | {"metric_value": 29000.0, "is_complete": True}]), _days()]
        ).assign(numerator=float("nan"), denominator=float("nan"), sample_size=float("nan")),
    }


def _ways() -> pd.DataFrame:
    """The way of both metrics from the files of the shop and of MLflow to pages."""
    revenue = [
        ("file", "orders", "sales, 1 file: exports/sales/*.csv", []),
        ("raw", "raw.sales", "as delivered", ["orders"]),
        ("staging", "stg_sales_lines", "One row per order line", ["raw.sales"]),
        ("layer", "company_orders", "One row per order", ["stg_sales_lines"]),
        ("layer", "company_revenue_days", "One row per day", ["stg_sales_lines", "company_orders"]),
        ("metric", "revenue", "Revenue", ["company_revenue_days"]),
        ("mart", "mart_success_metrics", "One row per KPI and period", ["revenue"]),
        ("mart", "mart_what_moves_sales", "One row per pair", ["revenue"]),
        ("page", "Success metrics", "Are we on target?", ["mart_success_metrics"]),
        ("page", "What moves sales", "Which gains did?", ["mart_what_moves_sales"]),
    ]
    ndcg = [
        ("file", "mlflow", "nothing delivered", []),
        ("raw", "raw.mlflow_metrics", "nothing delivered", []),
        ("layer", "platform_offline_values", "One row per metric", ["raw.mlflow_metrics"]),
        ("metric", "ndcg_at_10", "NDCG@10", ["platform_offline_values"]),
    ]
    return pd.DataFrame(
        [
            (name, place, stage, at, about, json.dumps(reads))
            for name, way in (("revenue", revenue), ("ndcg_at_10", ndcg))
            for place, (stage, at, about, reads) in enumerate(way)
        ],
        columns=["metric_name", "place", "stage", "name", "about", "reads"],
    )


def _days() -> pd.DataFrame:
    """Complete days of revenue, and of the ranker's NDCG on its data set."""
    days = pd.date_range("2025-01-01", periods=40)
    of = {
        ("revenue", "company", "__all__", "__all__"): 900.0,
        ("ndcg_at_10", "ranker", "dataset", "holdout"): 0.3,
    }
    return pd.concat(
        pd.DataFrame(
            {
                "metric_name": metric,
                "entity": entity,
                "segment_name": name,
                "segment_value": value,
                "grain": "day",
                "period_start": days,
                "metric_value": level,
                "is_complete": True,
            }
        )
        for (metric, entity, name, value), level in of.items()
    )
