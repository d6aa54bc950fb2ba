"""hub.yml: what is accepted, and how each mistake is told."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from hub.config import ConfigError, HubConfig, load_config, target_on
from hub.source_settings import SalesSource

HEAD = "company: Test\ntime_zone: Europe/Berlin\ncurrency: EUR\n"
SALES = "sources:\n  - {name: orders, kind: sales, path: 'exports/*.csv'}\n"


def load(tmp_path: Path, text: str) -> HubConfig:
    (tmp_path / "hub.yml").write_text(text)
    return load_config(tmp_path)


def refusal(tmp_path: Path, text: str) -> str:
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, text)
    return str(caught.value)


def test_a_small_configuration_is_typed_and_has_defaults(tmp_path: Path) -> None:
    config = load(tmp_path, HEAD + SALES)
    assert isinstance(config.sources[0], SalesSource)
    assert config.link.max_lag_days == 14
    assert config.zone.key == "Europe/Berlin"


@pytest.mark.parametrize(
    ("text", "line", "key", "words"),
    [
        (HEAD + "sources:\n  - name: a\n    kind: salez\n    path: x\n", 5, "sources[1]", "sales"),
        (HEAD + SALES + "colour: red\n", 6, "colour", "unknown key"),
        (HEAD.replace("Europe/Berlin", "Berlin") + SALES, 2, "time_zone", "IANA"),
        (HEAD + SALES + "link:\n  max_lag_days: many\n", 7, "link.max_lag_days", "integer"),
        (HEAD + "sources:\n  - name: a\n    kind: sales\n", 5, "sources[1].path", "missing"),
        (HEAD + SALES + "currency: USD\n", 6, "currency", "first given on line 3"),
        (HEAD, 1, "sources", "missing"),
    ],
)
def test_an_error_names_line_key_and_expectation(
    tmp_path: Path, text: str, line: int, key: str, words: str
) -> None:
    message = refusal(tmp_path, text)
    assert f"line {line}" in message
    assert f"`{key}`" in message
    assert words in message


def test_all_problems_are_told_at_once(tmp_path: Path) -> None:
    message = refusal(tmp_path, HEAD.replace("EUR", "euro") + SALES + "keep_builds: 0\n")
    assert len(message.splitlines()) == 2


def test_two_sources_of_one_name_are_refused(tmp_path: Path) -> None:
    twice = SALES + "  - {name: orders, kind: jira, path: exports/*.csv}\n"
    assert "orders stands more than once" in refusal(tmp_path, HEAD + twice)


def test_a_service_promises_once_for_a_window_and_has_one_apdex_latency(tmp_path: Path) -> None:
    slos = "slos:\n  - {service: api, objective: 0.99}\n  - {service: api, objective: 0.9%s}\n"
    assert "one objective for each service and window_days" in refusal(
        tmp_path, HEAD + SALES + slos % ""
    )
    assert "the same apdex_ms" in refusal(
        tmp_path, HEAD + SALES + slos % ", window_days: 7, apdex_ms: 200"
    )


def test_a_target_holds_from_its_day_until_the_next_one(tmp_path: Path) -> None:
    target = "  - {metric: revenue, grain: month, value: %d, since: %s}\n"
    both = "targets:\n" + target % (100, "2025-01-01") + target % (120, "2026-01-01")
    targets = load(tmp_path, HEAD + SALES + both).targets
    days = [date(2024, 12, 1), date(2025, 12, 1), date(2026, 1, 1)]
    assert [target_on(targets, day) for day in days] == [None, 100, 120]


def test_two_targets_at_one_time_are_refused(tmp_path: Path) -> None:
    target = "  - {metric: revenue, grain: month, value: 100%s}\n"
    for first, second in (("", ", since: 2025-01-01"), (", since: 2025-01-01",) * 2):
        told = refusal(tmp_path, f"{HEAD}{SALES}targets:\n{target % first}{target % second}")
        assert "revenue by month has 2" in told


def test_no_file_says_how_to_begin(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="bellwether init"):
        load_config(tmp_path)


def test_broken_yaml_names_the_place(tmp_path: Path) -> None:
    assert "line 5" in refusal(tmp_path, HEAD + "sources: [\n")


def test_a_variable_is_replaced_and_redacted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHOP_TOKEN", "s3cret-folder")
    config = load(tmp_path, HEAD + SALES.replace("exports", "${SHOP_TOKEN}"))
    assert config.sources[0].path == "s3cret-folder/*.csv"
    assert config.redact("cannot read s3cret-folder/a.csv") == "cannot read ${SHOP_TOKEN}/a.csv"


def test_a_closed_source_names_its_last_day(tmp_path: Path) -> None:
    line = "sources:\n  - {name: fair, kind: sales, path: x, fresh_within: 2d, ended: 2024-08-20}\n"
    (source,) = load(tmp_path, HEAD + line).sources
    assert source.ended == date(2024, 8, 20)
    assert source.fresh_within_hours is None  # nothing newer can come


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("kind: sales, path: x, ended: 2999-01-01", "not one to come; found"),
        ("kind: sales, path: x, ended: soon", "key `sources[1].ended`: expected "),
        ("kind: releases, path: x, ended: 2024-08-20", "`ended` with a source of service_logs, "),
        ("kind: releases, path: x, ended: 2024-08-20", "such as releases is delivered whole"),
    ],
)
def test_an_end_that_cannot_be_is_refused(tmp_path: Path, source: str, expected: str) -> None:
    message = refusal(tmp_path, HEAD + f"sources:\n  - {{name: fair, {source}}}\n")
    assert expected in message
    assert "line 5" in message


def test_a_secret_never_stands_in_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOP_TOKEN", "s3cret")
    line = "  - {name: orders, kind: sales, path: x, fresh_within: '${SHOP_TOKEN}'}\n"
    message = refusal(tmp_path, HEAD + "sources:\n" + line)
    assert "s3cret" not in message
    assert "${SHOP_TOKEN}" in message


def test_a_missing_variable_is_named_with_its_line(tmp_path: Path) -> None:
    message = refusal(tmp_path, HEAD + SALES.replace("exports", "${NOT_SET_ANYWHERE}"))
    assert "NOT_SET_ANYWHERE is not set" in message
    assert "line 5" in message
