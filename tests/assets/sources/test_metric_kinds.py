"""Are counters, deltas, rates and states told apart by name and values?"""

from __future__ import annotations

import pytest

from assets.sources.metric_kinds import decide_kind
from assets.sources.metric_values import NoNumber, parse_series, parse_value, unit_of

UP = [float(n * 3) for n in range(30)]
RESET = [*UP, *UP]
ZIGZAG = [float(n * 7 % 5) for n in range(30)]


@pytest.mark.parametrize(
    ("metric", "unit", "values", "kind"),
    [
        ("http_requests_total", None, UP, "counter"),
        ("http_requests_total", None, RESET, "counter"),
        ("http_requests_total", None, ZIGZAG, "delta"),
        ("latency_bucket", None, UP, "histogram"),
        ("jobs", None, UP, "counter"),
        ("jobs", None, RESET, "counter"),
        ("jobs", None, [n + 0.5 for n in UP], "gauge"),
        ("jobs", None, ZIGZAG, "gauge"),
        ("elb_request_count_8c", None, ZIGZAG, "delta"),
        ("request_latency", None, ZIGZAG, "gauge"),
        ("sum(rate(http_requests_total[5m]))", None, ZIGZAG, "rate"),
        ("increase(http_requests_total[5m])", None, ZIGZAG, "delta"),
        ("traffic", "per_second", UP, "rate"),
        ("api_rps", None, UP, "rate"),
        ("flat", None, [5.0] * 40, "gauge"),
    ],
)
def test_a_metric_is_told_by_name_and_values(
    metric: str, unit: str | None, values: list[float], kind: str
) -> None:
    found = decide_kind(metric, unit, [values])
    assert found.kind == kind
    assert found.told_by


def test_few_samples_of_an_untelling_name_are_not_certain() -> None:
    assert not decide_kind("jobs", None, [[1.0, 2.0, 3.0]]).is_certain


def test_a_gauge_that_only_rises_by_fractions_is_no_counter() -> None:
    assert decide_kind("disk", None, [[n + 0.25 for n in UP]]).kind == "gauge"


@pytest.mark.parametrize(
    ("text", "value", "unit"),
    [
        ("12.5", 12.5, None), ("1e3", 1000.0, None), ("-4", -4.0, None), ("85%", 85.0, "percent"),
        ("250 µs", 0.25, "ms"), ("1.5 s", 1500.0, "ms"), ("2 KiB", 2048.0, "bytes"),
        ("1.2 K", 1200.0, None), ("3 req/s", 3.0, "per_second"), ("1,234.5", 1234.5, None),
        ("NaN", None, None), ("+Inf", None, None), ("1e999", None, None),
    ],
)  # fmt: skip
def test_a_value_is_read_with_its_unit(text: str, value: float | None, unit: str | None) -> None:
    assert parse_value(text) == (value, unit)


@pytest.mark.parametrize("text", ["many", "1.2.3", "12 parsecs", "1,23", "--", "0x10", "1_000"])
def test_what_is_no_value_is_not_read(text: str) -> None:
    with pytest.raises(NoNumber):
        parse_value(text)


def test_units_stand_in_names() -> None:
    names = ["x_seconds_total", "x_ms", "memory_bytes", "cpu_percent", "hit_ratio", "requests"]
    assert [unit_of(name) for name in names] == ["s", "ms", "bytes", "percent", "ratio", None]


def test_series_are_named_as_queries_name_them() -> None:
    assert parse_series('up{job="a, b",x="}"}') == ("up", (("job", "a, b"), ("x", "}")))
    assert parse_series("avg:load{host:a}") == ("avg:load", (("host", "a"),))
    assert parse_series("avg:load{*}") == ("avg:load", ())
    assert parse_series("A-series") == ("A-series", ())
