"""Is each field taken for what it is, and each duration for its unit?"""

from __future__ import annotations

from typing import Any

import pytest

from assets.sources.log_fields import Undecided, decide_fields


def _decide(
    lines: list[dict[str, Any]],
    *,
    unit: str | None = None,
    earlier: dict[str, Any] | None = None,
    **given: str,
) -> Any:
    lines = [{"ts": "2025-03-01T09:00:00Z"} | line for line in lines]
    return decide_fields(lines, given=given, duration_unit=unit, earlier=earlier or {})


@pytest.mark.parametrize(
    ("name", "unit"),
    [
        ("latency_ms", "ms"), ("durationMs", "ms"), ("duration_s", "s"), ("latency_us", "us"),
        ("duration_ns", "ns"), ("request_time", "s"), ("event.duration", "ns"),
    ],
)  # fmt: skip
def test_a_name_tells_the_unit(name: str, unit: str) -> None:
    fields = _decide([{name: 5}])
    assert fields.sources["latency_ms"] == (name,)
    assert fields.unit == unit


@pytest.mark.parametrize(
    ("values", "unit"),
    [
        ([0.012, 0.03, 0.041, 0.05, 1.2], "s"),
        ([35.2, 41.7, 50.1, 60.0, 900.5], "ms"),
        ([12, 41, 55, 80, 900], "ms"),
        ([12_000, 41_000, 55_000, 80_000, 900_000], "us"),
        ([12_000_000, 41_000_000, 55_000_000, 80_000_000, 900_000_000], "ns"),
    ],
)
def test_the_size_of_the_values_tells_the_unit_where_the_name_does_not(
    values: list[float], unit: str
) -> None:
    fields = _decide([{"duration": value} for value in values])
    assert fields.unit == unit
    assert "median" in fields.unit_evidence


def test_a_duration_that_may_be_seconds_or_milliseconds_is_refused() -> None:
    with pytest.raises(Undecided) as caught:
        _decide([{"duration": value} for value in (1.5, 2.5, 3.5, 2.2, 1.1)])
    assert "duration_unit" in caught.value.remedy


def test_the_configuration_and_earlier_files_settle_an_open_unit() -> None:
    lines = [{"duration": value} for value in (1.5, 2.5, 3.5, 2.2, 1.1)]
    assert _decide(lines, unit="ms").unit == "ms"
    fields = _decide(lines, earlier={"duration": {"unit": "s"}})
    assert (fields.unit, fields.unit_evidence) == ("s", "earlier files of this source")


def test_a_unit_that_contradicts_earlier_files_is_refused() -> None:
    lines = [{"duration": value} for value in (0.012, 0.03, 0.041, 0.05, 1.2)]
    with pytest.raises(Undecided, match="look like s"):
        _decide(lines, earlier={"duration": {"unit": "ms"}})


def test_a_status_in_words_is_no_http_status() -> None:
    fields = _decide([{"status": "completed", "code": 200}])
    assert fields.sources["status"] == ("code",)
    assert "status" in fields.extra


def test_two_names_of_one_thing_are_both_read() -> None:
    fields = _decide([{"status": 200}, {"status_code": 404}])
    assert fields.sources["status"] == ("status", "status_code")


def test_an_unknown_name_in_the_mapping_is_refused() -> None:
    with pytest.raises(Undecided, match=r"fields: \{when"):
        _decide([{}], when="ts")
