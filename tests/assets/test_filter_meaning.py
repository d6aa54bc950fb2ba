"""A filter means of the unknown segment what it means of every other one."""

from __future__ import annotations

import json

import duckdb
import pytest

from assets.filter_meaning import problem_of_filter, two_valued, with_unknown_segments
from assets.metric_catalogue import MetricError

CHANNEL = "{{ Entity('channel') }}"
VALUES = "(values ('app'), ('web'), ('shop'), (null)) as orders (channel)"


def kept(condition: str) -> set[str]:
    """The channels that a filter keeps, the unknown one as `__null__`."""
    where = two_valued(condition.replace("channel", CHANNEL)).replace(CHANNEL, "channel")
    found = duckdb.execute(f"select coalesce(channel, '__null__') from {VALUES} where {where}")
    return {value for (value,) in found.fetchall()}


@pytest.mark.parametrize(
    ("condition", "channels"),
    [
        ("channel <> 'app'", "web shop __null__"),
        ("channel != 'app'", "web shop __null__"),
        ("'app' <> channel", "web shop __null__"),
        ("lower(channel) <> 'app'", "web shop __null__"),
        ("channel not in ('app', 'web')", "shop __null__"),
        ("not channel in ('app', 'web')", "shop __null__"),
        ("not (channel = 'app' or channel = 'web')", "shop __null__"),
        ("not (not channel = 'app')", "app"),
        ("not (channel <> 'app')", "app"),
        ("channel not like 'a%'", "web shop __null__"),
        ("channel not between 'a' and 'b'", "web shop __null__"),
        ("(channel = 'app') = false", "web shop __null__"),
        ("channel <> all (['app', 'web'])", "shop __null__"),
        ("case when channel <> 'app' then 1 end = 1", "web shop __null__"),
        ("channel <> 'app' and channel is not null", "web shop"),
        ("channel = '__null__'", "__null__"),
        ("channel in ('app', '__null__')", "app __null__"),
        ("channel in ('__null__')", "__null__"),
        ("channel <> '__null__'", "app web shop"),
        ("channel is distinct from '__null__'", "app web shop"),
        ("channel not in ('app', '__null__')", "web shop"),
    ],
)
def test_every_filter_is_true_or_false_of_the_unknown_segment(
    condition: str, channels: str
) -> None:
    assert kept(condition) == set(channels.split())


@pytest.mark.parametrize(
    "template",
    [
        f"{CHANNEL} = 'app'",
        f"{CHANNEL} in ('app',  'web') or lower({CHANNEL})='x'",
        f"{CHANNEL} is null",
        "{{ TimeDimension('metric_time', 'day') }} <> '2025-01-01'",
        "1 <> 2",
    ],
)
def test_a_filter_that_loses_no_segment_stays_as_it_was_written(template: str) -> None:
    assert two_valued(template) == template


def test_what_stands_in_braces_and_in_quotes_is_kept() -> None:
    told = two_valued("{{Entity('order__channel')}} <> 'it''s' and {{ Metric('orders') }} > 1")
    assert told == (
        "{{Entity('order__channel')}} IS DISTINCT FROM 'it''s' AND {{ Metric('orders') }} > 1"
    )


def test_every_filter_of_a_manifest_is_reached_and_others_leave_it_as_it_is() -> None:
    narrow = {"where_filters": [{"where_sql_template": f"{CHANNEL} <> 'app'"}]}
    sides = {"numerator": {"name": "orders", "filter": narrow}, "measure": {"filter": narrow}}
    told = {"metrics": [{"name": "share", "filter": narrow, "type_params": sides}]}
    meant = with_unknown_segments(json.dumps(told))
    assert meant.count("IS DISTINCT FROM 'app'") == 3
    assert "<>" not in meant
    plain = json.dumps(told, indent=3).replace("<>", "=")
    assert with_unknown_segments(plain) == plain


@pytest.mark.parametrize(
    ("template", "why"),
    [
        (f"{CHANNEL} <>", "it is no condition of SQL; look at `<>`"),
        (f"{CHANNEL} <> 'app", "it is no condition of SQL; look at its quotes"),
        ("select 1", "it is no condition of SQL"),
        ("{% if x %} 1 = 1 {% endif %}", "it has a `{% … %}`"),
    ],
)
def test_what_is_no_condition_is_refused_with_the_reason(template: str, why: str) -> None:
    assert (problem_of_filter(template) or "").startswith(why)
    with pytest.raises(MetricError):
        two_valued(template)
