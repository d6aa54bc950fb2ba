"""How are events read? What people did: sessions, views, clicks, hides, purchases.

One CSV row or JSON object an event. The names of events are kept as they are written; staging
tells which kind each one is.
"""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal

import duckdb

from assets.sources.mapped_table import (
    AMOUNT,
    INTEGER,
    TIME,
    TableSettings,
    Wanted,
    load_mapped,
    map_table,
)
from assets.sources.reading import Context, Delivery, Outcome
from assets.sources.record_parts import joined, part_of, read_parts
from assets.sources.record_table import json_settings

WANTED = (
    Wanted(
        "occurred_at", TIME,
        ("ts", "timestamp", "@timestamp", "time", "event_time", "event_timestamp", "created_at",
         "occurred", "date", "datetime"),
        is_required=True, is_filled=True,
    ),
    Wanted(
        "event", headers=("event_name", "event_type", "type", "action", "name"),
        is_required=True, is_filled=True,
    ),
    Wanted("event_id", headers=("uuid", "message_id", "insert_id", "messageId", "id")),
    Wanted("session_id", headers=("session", "sessionId", "visit_id", "user_session",
                                  "context.session_id")),
    Wanted("user_id", headers=("user", "userId", "customer_id", "customer", "visitor_id",
                               "visitorId", "anonymous_id", "anonymousId", "user.id",
                               "user_pseudo_id")),
    Wanted("item_id", headers=("item", "itemId", "product_id", "product", "sku",
                               "properties.product_id", "properties.item_id")),
    Wanted("order_id", headers=("order", "transaction_id", "transactionid",
                                "properties.order_id")),
    Wanted("request_id", headers=("requestId", "impression_id", "properties.request_id")),
    Wanted("position", INTEGER, ("rank", "slot", "properties.position")),
    Wanted("surface", headers=("widget", "placement", "list", "properties.surface")),
    Wanted("page", headers=("url", "path", "page_url", "context.page.url", "properties.url")),
    Wanted("value", AMOUNT, ("revenue", "price", "amount", "properties.value",
                             "properties.revenue")),
    Wanted("currency", headers=("properties.currency",)),
    Wanted("variant", headers=("experiment_variant", "arm")),
    Wanted("model", headers=("model_name",)),
    Wanted("model_version", headers=("modelVersion",)),
    Wanted("platform", headers=("device", "device_platform", "device.category")),
    Wanted("country", headers=("country_code", "geo.country")),
    Wanted("channel", headers=("traffic_source", "utm_source", "context.campaign.source")),
)  # fmt: skip
_STEP = Decimal("0.0001")
LIST_KEYS = ("events", "data", "records", "results", "batch")


def read(con: duckdb.DuckDBPyConnection, delivery: Delivery, context: Context) -> Outcome:
    """Load one file of events, or the tail of a grown one. See `reading.Reader`."""
    source = context.source
    settings = TableSettings(
        columns=source.columns,
        delimiter=source.delimiter,
        encoding=source.encoding,
        decimal=source.decimal,
        date_format=source.date_format,
    )
    outcomes: list[Outcome] = []
    for found in read_parts(delivery, context, WANTED, settings, list_keys=LIST_KEYS):
        part = part_of(delivery, outcomes)
        mapped = map_table(found.table, part, context, WANTED, json_settings(settings, found))
        if mapped.columns:
            values = mapped.columns["value"]
            mapped.columns["value"] = [v and v.quantize(_STEP, ROUND_HALF_EVEN) for v in values]
        outcomes.append(
            load_mapped(
                con, "events", mapped, part, context, form=found.form, times=("occurred_at",),
                resume=(found.resume_byte, found.resume_line),
            )
        )  # fmt: skip
    return joined(outcomes)
