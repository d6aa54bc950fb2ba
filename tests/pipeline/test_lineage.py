"""Does a build tell the whole way of a metric, from the shop's files to the pages?"""

from __future__ import annotations

from hub.home import HubHome
from hub.warehouse import open_published

NET_REVENUE = {
    "file": ["shop_orders"],
    "raw": ["raw.rates", "raw.sales"],
    "staging": [
        "stg_rates",
        "stg_sales_delivered_lines",
        "stg_sales_lines",
        "stg_sales_repeats",
    ],
    "layer": ["company_order_lines", "company_orders", "company_revenue_days"],
    "metric": ["revenue_net"],
}


def test_every_step_of_net_revenue_is_published(shop: HubHome) -> None:
    with open_published(shop) as con:
        found = dict(
            con.execute(
                "select stage, list(name order by name) from metrics.lineage "
                "where metric_name = 'revenue_net' group by stage"
            ).fetchall()
        )
    assert found | NET_REVENUE == found
    assert {"mart_success_metrics", "mart_forecasts"} <= set(found["mart"])
    assert {"Success metrics", "What moves sales", "Link explorer"} <= set(found["page"])


def test_every_metric_has_a_way_from_a_source_to_itself_with_no_step_unknown(
    shop: HubHome,
) -> None:
    with open_published(shop) as con:
        without = con.execute(
            "select metric_name from metrics.catalogue where metric_name not in ("
            "select metric_name from metrics.lineage where stage in ('file', 'layer', 'metric') "
            "group by metric_name having count(distinct stage) = 3)"
        ).fetchall()
        steps = con.execute(
            "select metric_name, name, cast(reads as varchar[]) from metrics.lineage order by "
            "metric_name, place"
        ).fetchall()
    passed: dict[str, set[str]] = {}
    unknown = []
    for metric, name, reads in steps:
        before = passed.setdefault(metric, set())
        unknown += [(metric, name, each) for each in reads if each not in before]
        before.add(name)
    assert without == []
    assert unknown == []
