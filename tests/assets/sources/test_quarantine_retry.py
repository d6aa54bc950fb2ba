"""Does a record leave the quarantine once, with its file and line, and only when it can be read?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from assets.sources import quarantine
from assets.sources.ledger import Ledger
from assets.sources.retry import Retried, retry_quarantine

if TYPE_CHECKING:
    from tests.assets.sources.conftest import Hub

ORDERS = (
    "order_id,order_date,customer,sku,quantity,unit_price,currency\n"
    "1,2025-03-01 09:00:00,a,s1,2,9.50,EUR\n"
    '2,2025-03-01 10:00:00,b,"two\nlines",1,4.00,USD\n'
    "3,2025-03-01 11:00:00,c,s2,none,4.00,EUR\n"
    "4,2025-03-02 11:00:00,d,s2,3,4.00,USD\n"
)


def _retry(hub: Hub, kind: str, path: str = "in/*", **options: Any) -> list[Retried]:
    config, source = hub.config(kind, path, **options)
    return retry_quarantine(hub.con, source, home=hub.home, config=config, now=hub.now)


def _held(hub: Hub) -> list[tuple[Any, ...]]:
    return hub.rows(
        "SELECT line, reason FROM raw.quarantine WHERE resolved_at IS NULL ORDER BY line"
    )


def _sums(hub: Hub) -> tuple[Any, ...]:
    return hub.rows(
        "SELECT sum(records), sum(loaded), sum(quarantined), sum(blank) FROM raw.loads"
        " WHERE status = 'loaded'"
    )[0]


def _break_logs(hub: Hub, log_line: Any) -> None:
    """Six lines: number 2 has no JSON, number 4 calls its time `when`, number 5 is blank."""
    lines = [
        log_line(1), "no json\n", log_line(2), log_line(3, ts=None, when="2025-03-01T09:00:03Z"),
        "\n", log_line(4),
    ]  # fmt: skip
    hub.write("in/a.jsonl", "".join(lines))
    hub.load("service_logs")


MAPPED: dict[str, Any] = {"fields": {"logged_at": "when"}}


@pytest.mark.parametrize("is_there", [True, False])
def test_lines_that_a_mapping_makes_readable_are_loaded_with_their_file_and_line(
    hub: Hub, log_line: Any, is_there: bool
) -> None:
    _break_logs(hub, log_line)
    assert _held(hub) == [(2, "malformed_json"), (4, "missing_required")]
    if not is_there:
        (hub.home.root / "in/a.jsonl").unlink()
    (result,) = _retry(hub, "service_logs", **MAPPED)
    assert (result.loaded, result.left) == (1, 1), result.problem
    assert _held(hub) == [(2, "malformed_json")]
    assert hub.rows(
        "SELECT _file, _line, epoch(logged_at) % 60, _load_id = (SELECT load_id FROM raw.loads)"
        " FROM raw.service_logs WHERE _loaded_at > (SELECT loaded_at FROM raw.loads)"
    ) == [("in/a.jsonl", 4, 3.0, True)]
    assert _sums(hub) == (6, 4, 1, 1)


def test_a_second_retry_changes_nothing(hub: Hub, log_line: Any) -> None:
    _break_logs(hub, log_line)
    _retry(hub, "service_logs", **MAPPED)
    before = hub.rows("FROM raw.service_logs ORDER BY _line"), hub.rows("FROM raw.loads")
    (again,) = _retry(hub, "service_logs", **MAPPED)
    assert (again.loaded, again.left) == (0, 1)
    assert (hub.rows("FROM raw.service_logs ORDER BY _line"), hub.rows("FROM raw.loads")) == before


def test_without_a_correction_everything_stays(hub: Hub, log_line: Any) -> None:
    _break_logs(hub, log_line)
    before = hub.rows("FROM raw.quarantine ORDER BY line"), hub.rows("FROM raw.loads")
    (result,) = _retry(hub, "service_logs")
    assert (result.loaded, result.left) == (0, 2)
    assert (hub.rows("FROM raw.quarantine ORDER BY line"), hub.rows("FROM raw.loads")) == before


def test_a_retry_that_breaks_off_leaves_all_as_it_was(
    hub: Hub, log_line: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    _break_logs(hub, log_line)
    tables = ("service_logs", "quarantine", "loads")
    before = [hub.rows(f"FROM raw.{table} ORDER BY ALL") for table in tables]

    def stop(*_: object) -> None:
        assert hub.one("SELECT count(*) FROM raw.service_logs") == 4
        assert hub.one("SELECT loaded FROM raw.loads") == 4
        raise KeyboardInterrupt

    monkeypatch.setattr("assets.sources.read_again._tell_anew", stop)
    with pytest.raises(KeyboardInterrupt):
        _retry(hub, "service_logs", **MAPPED)
    monkeypatch.undo()
    assert [hub.rows(f"FROM raw.{table} ORDER BY ALL") for table in tables] == before
    assert [result.loaded for result in _retry(hub, "service_logs", **MAPPED)] == [1]
    assert list(hub.home.var.glob("retry-*")) == []


@pytest.mark.parametrize("is_there", [True, False])
def test_csv_records_are_read_with_the_header_of_their_file(hub: Hub, is_there: bool) -> None:
    path = hub.write("in/orders.csv", ORDERS)
    hub.load("sales")
    assert _held(hub) == [(3, "unknown_currency"), (5, "bad_number"), (6, "unknown_currency")]
    if not is_there:
        path.unlink()
    hub.currency = "USD"
    (result,) = _retry(hub, "sales")
    assert (result.loaded, result.left) == (2, 1), result.problem
    assert hub.rows(
        "SELECT order_id, product_id, amount::DOUBLE, _line FROM raw.sales ORDER BY _line"
    ) == [("1", "s1", 19.0, 2), ("2", "two\nlines", 4.0, 3), ("4", "s2", 12.0, 6)]
    assert _sums(hub) == (4, 3, 1, 0)
    assert _held(hub) == [(5, "bad_number")]


def test_records_of_a_grown_file_are_found_in_their_own_load(hub: Hub, log_line: Any) -> None:
    _break_logs(hub, log_line)
    text = (hub.home.root / "in/a.jsonl").read_text()
    hub.write("in/a.jsonl", text + log_line(5, ts=None, when="2025-03-01T09:00:05Z") + log_line(6))
    hub.load("service_logs")
    assert [result.loaded for result in _retry(hub, "service_logs", **MAPPED)] == [1, 1]
    assert hub.rows("SELECT records, loaded, quarantined FROM raw.loads ORDER BY loaded_at") == [
        (6, 4, 1), (2, 2, 0),
    ]  # fmt: skip
    assert hub.one("SELECT list(_line ORDER BY _line) FROM raw.service_logs") == [1, 3, 4, 6, 7, 8]


def test_a_record_that_only_its_file_explains_waits_for_the_file(hub: Hub) -> None:
    path = hub.write(
        "in/i.csv",
        "Issue key,Status,Created,Updated\n"
        "A-1,Open,2025-03-01 09:00,2025-03-02 09:00\nA-1,Done,2025-03-01 09:00,2025-03-03 09:00\n",
    )
    hub.load("jira")
    assert _held(hub) == [(2, "duplicate_key")]
    for is_there in (True, False):
        (result,) = _retry(hub, "jira")
        assert (result.loaded, result.left) == (0, 1)
        assert bool(result.problem) is not is_there
        path.unlink(missing_ok=True)
    assert hub.one("SELECT count(*) FROM raw.jira_issues") == 1


def test_a_file_that_its_reader_now_refuses_is_told_and_stays(hub: Hub) -> None:
    hub.write("in/orders.csv", ORDERS)
    hub.load("sales")
    (result,) = _retry(hub, "sales", columns={"order_id": "no such header"})
    assert (result.loaded, result.left) == (0, 3)
    assert "no such header" in (result.problem or "")
    assert _sums(hub) == (4, 1, 3, 0)


def test_a_run_folder_is_loaded_anew_in_its_own_place(hub: Hub) -> None:
    run = "mlruns/1/abc"
    hub.write(f"{run}/meta.yaml", "run_id: abc\nstatus: 3\nstart_time: 1740820502113\n")
    hub.write(f"{run}/metrics/ndcg", "1740820502113 0.5 0\nnot a point\n")
    hub.load("mlflow", "mlruns")
    assert [result.loaded for result in _retry(hub, "mlflow", "mlruns")] == [0]
    assert hub.one("SELECT count(*) FROM raw.loads") == 1
    original = "assets.sources.mlflow_store._point"
    from datetime import UTC, datetime

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(original, lambda _: (0.5, 0, datetime(2025, 3, 1, tzinfo=UTC)))
        assert [result.loaded for result in _retry(hub, "mlflow", "mlruns")] == [1]
    assert hub.rows("SELECT status, loaded, quarantined FROM raw.loads ORDER BY loaded_at") == [
        ("superseded", 2, 1), ("loaded", 3, 0),
    ]  # fmt: skip
    assert _held(hub) == []


def test_retried_records_are_later_than_every_load(hub: Hub, log_line: Any) -> None:
    _break_logs(hub, log_line)
    _retry(hub, "service_logs", **MAPPED)
    hub.write("in/b.jsonl", log_line(9))
    hub.load("service_logs")
    times = hub.rows("SELECT DISTINCT _loaded_at FROM raw.service_logs ORDER BY 1")
    assert len(times) == 3
    assert Ledger(hub.con, "service_logs", "service_logs").loads[-1].file == "in/b.jsonl"


def test_thousands_of_records_are_retried_in_one_go(hub: Hub, log_line: Any) -> None:
    lines = [
        log_line(n, ts=None, when="2025-03-01T09:00:03Z") if n % 2 else log_line(n)
        for n in range(6_000)
    ]
    hub.write("in/a.jsonl", "".join(lines))
    hub.load("service_logs")
    assert len(_held(hub)) == 3_000
    assert [result.loaded for result in _retry(hub, "service_logs", **MAPPED)] == [3_000]
    assert hub.one("SELECT count(DISTINCT _line) FROM raw.service_logs") == 6_000
    assert _sums(hub) == (6_000, 6_000, 0, 0)


def test_what_stays_has_the_reason_that_holds_now(hub: Hub) -> None:
    hub.write("in/orders.csv", ORDERS.replace("none,4.00,EUR", "none,4.00,GBP"))
    hub.load("sales")
    assert (5, "bad_number") in _held(hub)
    hub.write("in/orders.csv", ORDERS.replace("none,4.00,EUR", "none,4.00,GBP"))
    _retry(hub, "sales", columns={"quantity": "unit_price"})
    assert (5, "unknown_currency") in _held(hub)


def test_every_reason_has_its_meaning() -> None:
    reasons = {
        value
        for name, value in vars(quarantine).items()
        if name.isupper() and isinstance(value, str)
    }
    assert reasons == set(quarantine.MEANINGS)
    assert set(quarantine.MEANINGS) >= quarantine.TOLD_BY_FILE_ALONE
