"""Do published capacity, cost, incidents, lists, sessions and models agree with the source files?

Everything is computed anew in pandas from the files that the demo shop wrote; the warehouse is not
looked at. Each helper reads one kind of file.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from datetime import datetime

import duckdb
import numpy as np
import pandas as pd
import pytest

from hub.home import HubHome
from hub.warehouse import open_published

ZONE = "Europe/Berlin"
CLOSE = 1e-9

pytestmark = pytest.mark.pipeline


@pytest.fixture(scope="module")
def con(shop: HubHome) -> Iterator[duckdb.DuckDBPyConnection]:
    with open_published(shop) as connection:
        yield connection


def _observed(
    con: duckdb.DuckDBPyConnection,
    metric: str,
    *,
    grain: str = "day",
    segment: str = "__all__",
    column: str = "metric_value",
) -> pd.Series:
    """Values by entity, segment value and first day of the period."""
    frame = con.execute(
        f"""
        select entity, segment_value, period_start, {column} as value
        from metrics.observations
        where metric_name = ? and grain = ? and segment_name = ?
        """,
        [metric, grain, segment],
    ).df()
    assert len(frame), metric
    frame["period_start"] = pd.to_datetime(frame["period_start"])
    return frame.set_index(["entity", "segment_value", "period_start"])["value"].astype(float)


def _of(observed: pd.Series, entity: str, segment_value: str = "__all__") -> pd.Series:
    return observed.xs((entity, segment_value), level=("entity", "segment_value")).sort_index()


def _agree(found: pd.Series, expected: pd.Series) -> None:
    """The same days or periods, and the same values."""
    assert len(expected)
    wanted = expected.astype(float).sort_index()
    wanted.index = pd.DatetimeIndex(wanted.index).as_unit("us")
    found.index = pd.DatetimeIndex(found.index).as_unit("us")
    pd.testing.assert_series_equal(
        found, wanted, rtol=CLOSE, atol=CLOSE, check_names=False, check_freq=False
    )


def _local_day(stamps: pd.Series) -> pd.Series:
    local = pd.to_datetime(stamps, utc=True, format="ISO8601").dt.tz_convert(ZONE)
    return local.dt.tz_localize(None).dt.normalize()


def _samples(home: HubHome, metric: str) -> pd.DataFrame:
    """Samples of a metric on the local clock, a column a service."""
    file = home.exports / "metrics" / "services.csv.gz"
    frame = pd.read_csv(file, parse_dates=["timestamp"])
    wide = frame[frame["metric"] == metric].pivot(
        index="timestamp", columns="service", values="value"
    )
    wide.index = pd.DatetimeIndex(wide.index).tz_convert(ZONE)
    return wide


def _by_the_hour(samples: pd.DataFrame) -> pd.DataFrame:
    """What held in each hour: samples come every two hours and speak for two; the last for none."""
    hours = pd.date_range(samples.index[0], samples.index[-1], freq="h", inclusive="left")
    return samples.reindex(hours).ffill(limit=1)


def _daily(hours: pd.DataFrame | pd.Series) -> pd.Series:
    return pd.Series(pd.DatetimeIndex(hours.index).tz_localize(None).normalize(), hours.index)


def test_instances_and_cpu_are_means_over_the_time_that_samples_hold(
    shop: HubHome, con: duckdb.DuckDBPyConnection
) -> None:
    for metric, name, scale in (
        ("instances", "instances", 1.0),
        ("cpu_utilization", "cpu_used_ratio", 0.01),
    ):
        hours = _by_the_hour(_samples(shop, metric)) * scale
        days = hours.groupby(_daily(hours)).mean()
        observed = _observed(con, name)
        for service in hours:
            _agree(_of(observed, str(service)), days[service].dropna())
    weeks = _observed(con, "instance_hours", grain="week")
    hours = _by_the_hour(_samples(shop, "instances"))
    week = _daily(hours).dt.to_period("W-SUN").dt.start_time
    for service in hours:
        _agree(_of(weeks, str(service)), hours[service].groupby(week).sum())


def test_a_silent_half_day_is_left_out_and_is_no_zero(
    shop: HubHome, con: duckdb.DuckDBPyConnection
) -> None:
    hours = _by_the_hour(_samples(shop, "instances"))
    silent = _daily(hours)[hours["fraud-api"].isna()].iloc[0]
    known = hours["fraud-api"][_daily(hours) == silent].notna().sum()
    assert 0 < known < 24
    (row,) = con.execute(
        "select instances, instances_known_hours, instances_fewest from marts.mart_capacity_days "
        "where service = 'fraud-api' and day = ?",
        [silent.date()],
    ).fetchall()
    assert row[0] >= row[2] > 0
    assert row[1] == pytest.approx(known, abs=CLOSE)


def test_every_autoscaling_step_is_told_with_its_numbers(
    shop: HubHome, con: duckdb.DuckDBPyConnection
) -> None:
    samples = _samples(shop, "instances").iloc[:-1]  # nothing is known after the last sample
    before = samples.shift()
    for service in samples:
        is_step = (samples[service] != before[service]) & before[service].notna()
        expected = [
            (at.tz_convert("UTC").to_pydatetime(), was, now)
            for at, was, now in zip(
                samples.index[is_step], before[service][is_step], samples[service][is_step],
                strict=True,
            )
        ]  # fmt: skip
        found = con.execute(
            "select changed_at, instances_before, instances_after from marts.mart_scaling_steps "
            "where service = ? order by changed_at",
            [service],
        ).fetchall()
        assert found == expected
        assert len(found) > 50


def test_counters_are_requests_across_resets_and_gaps(
    shop: HubHome, con: duckdb.DuckDBPyConnection
) -> None:
    samples = _samples(shop, "http_requests_total")
    rise = samples.diff()
    came = rise.where(rise >= 0, samples).iloc[1:]
    width = samples.index.to_series().diff().iloc[1:].dt.total_seconds() / 3600
    spread = [
        came.iloc[[at]].div(hours).set_axis([came.index[at] - pd.Timedelta(hours=back + 1)])
        for at, hours in enumerate(width)
        for back in range(int(hours))
    ]
    hours = pd.concat(spread).sort_index()
    observed = _observed(con, "metered_requests")
    for service in hours:
        _agree(_of(observed, str(service)), hours[service].groupby(_daily(hours)).sum())
    total = observed.groupby(level="entity").sum()
    np.testing.assert_allclose(total[hours.columns], came.sum(), rtol=CLOSE)


def _cost(home: HubHome) -> pd.DataFrame:
    files = sorted((home.exports / "cost").glob("*.csv"))
    frame = pd.concat([pd.read_csv(file, parse_dates=["day"]) for file in files])
    assert set(frame["currency"]) == {"EUR"}
    return frame


def _predictions(home: HubHome) -> pd.Series:
    """Requests by service and day that a model answered; broken and repeated lines left out."""
    found: list[tuple[str, str]] = []
    for file in sorted((home.exports / "logs").glob("*.jsonl*")):
        if "redelivered" in file.name:
            continue
        raw = file.read_bytes()
        data = gzip.decompress(raw) if file.suffix == ".gz" else raw
        for line in data.split(b"\n"):
            row = _log_row(line)
            if row and row.get("model") and not row.get("fallback"):
                found.append((row["service"], row["ts"]))
    frame = pd.DataFrame(found, columns=["service", "ts"])
    return frame.groupby(["service", _local_day(frame["ts"])]).size()


def _log_row(line: bytes) -> dict[str, str] | None:
    try:
        row = json.loads(line.decode("utf-8"))
    except ValueError:
        return None
    try:
        datetime.fromisoformat(row["ts"])
    except (KeyError, TypeError, ValueError):
        return None
    status, latency = row.get("status"), row.get("latency_ms")
    if not isinstance(status, int) or not 100 <= status <= 599:
        return None
    is_number = isinstance(latency, int | float) and latency >= 0 and row.get("service")
    kept: dict[str, str] | None = row if is_number else None
    return kept


def test_cost_adds_up_by_day_and_category(shop: HubHome, con: duckdb.DuckDBPyConnection) -> None:
    cost = _cost(shop)
    observed = _observed(con, "service_cost")
    split = _observed(con, "service_cost", grain="month", segment="category")
    for service, rows in cost.groupby("service"):
        _agree(_of(observed, str(service)), rows.groupby("day")["cost"].sum())
        for category, part in rows.groupby("category"):
            month = part["day"].dt.to_period("M").dt.start_time
            _agree(_of(split, str(service), str(category)), part["cost"].groupby(month).sum())


def test_a_thousand_predictions_cost_what_bills_and_log_lines_say(
    shop: HubHome, con: duckdb.DuckDBPyConnection
) -> None:
    cost = _cost(shop).groupby(["service", "day"])["cost"].sum()
    predictions = _predictions(shop)
    predictions.index = predictions.index.set_names(["service", "day"])
    both = pd.concat({"cost": cost, "predictions": predictions}, axis=1, join="inner")
    for grain, frequency in (("day", "D"), ("month", "M")):
        observed = _observed(con, "cost_per_thousand_predictions", grain=grain)
        for service, rows in both.groupby(level="service"):
            days = rows.droplevel("service")
            period = pd.DatetimeIndex(days.index).to_period(frequency).start_time
            sums = days.groupby(period).sum()
            _agree(_of(observed, str(service)), 1000 * sums["cost"] / sums["predictions"])


def test_minutes_under_incident_are_those_of_the_list(
    shop: HubHome, con: duckdb.DuckDBPyConnection
) -> None:
    rows = pd.read_csv(shop.exports / "incidents" / "incidents.csv")
    minutes, started = _observed(con, "incident_minutes"), _observed(con, "incidents")
    for service, own in rows.groupby("service"):
        seconds: set[int] = set()
        for _, one in own.iterrows():
            start, end = (pd.Timestamp(one[name]) for name in ("started_at", "resolved_at"))
            seconds.update(range(int(start.timestamp()), int(end.timestamp())))
        stamps = pd.to_datetime(pd.Series(sorted(seconds)), unit="s", utc=True)
        expected = stamps.groupby(stamps.dt.tz_convert(ZONE).dt.tz_localize(None).dt.normalize())
        found = _of(minutes, str(service))
        assert (found == 0).sum() > 300
        _agree(found[found > 0], expected.size() / 60)
        begun = _of(started, str(service))
        _agree(begun[begun > 0], own.groupby(_local_day(own["started_at"])).size())


def test_lists_are_served_drawn_and_seen_as_their_records_say(
    shop: HubHome, con: duckdb.DuckDBPyConnection
) -> None:
    found = []
    packed = (shop.exports / "exposure" / "recommendations.jsonl.gz").read_bytes()
    for line in gzip.decompress(packed).splitlines():
        one = json.loads(line)
        for position, item in enumerate(one["items"], start=1):
            is_drawn, is_seen = item in one["rendered"], item in one["viewed"]
            found.append((one["ts"], position, 1, int(is_drawn), int(is_seen)))
    frame = pd.DataFrame(found, columns=["ts", "position", "served", "rendered", "viewed"])
    frame["day"] = _local_day(frame["ts"])
    counts = frame.groupby(["day", "position"])[["served", "rendered", "viewed"]].sum()
    mart = con.execute(
        "select day, position, served, rendered, viewed from marts.mart_exposure_positions"
    ).df()
    mart["day"] = pd.to_datetime(mart["day"]).astype(frame["day"].dtype)
    pd.testing.assert_frame_equal(
        mart.set_index(["day", "position"]).sort_index(), counts, check_dtype=False,
        check_index_type=False,
    )  # fmt: skip
    months = frame.groupby(frame["day"].dt.to_period("M").dt.start_time)[
        ["served", "rendered", "viewed"]
    ].sum()
    for stage in ("rendered", "viewed"):
        observed = _observed(con, f"list_{stage}_ratio", grain="month")
        _agree(_of(observed, "recommender"), months[stage] / months["served"])


def test_sessions_and_what_people_did_are_those_of_the_events(
    shop: HubHome, con: duckdb.DuckDBPyConnection
) -> None:
    files = sorted((shop.exports / "events").glob("*.csv.gz"))
    events = pd.concat([pd.read_csv(file) for file in files]).sort_values("ts", kind="stable")
    events["day"] = _local_day(events["ts"])
    sessions = events.groupby("session_id").agg(day=("day", "first"), country=("country", "first"))
    for name in ("view", "click", "hide", "purchase"):
        of_name = events[events["event"] == name].groupby("session_id").size()
        sessions[name] = of_name.reindex(sessions.index).fillna(0)
    by_day, by_country = sessions.groupby("day"), sessions.groupby(["country", "day"])
    _agree(_of(_observed(con, "sessions"), "company"), by_day.size())
    for name in ("view", "click", "hide"):
        _agree(_of(_observed(con, f"session_{name}s"), "company"), by_day[name].sum())
        split = _observed(con, f"session_{name}s", segment="country")
        _agree(_of(split, "company", "DE"), by_country[name].sum()["DE"])
    ordered = _observed(con, "conversion_rate", column="numerator")
    known = _observed(con, "conversion_rate", column="denominator")
    _agree(_of(ordered, "company"), by_day["purchase"].agg(lambda bought: (bought > 0).sum()))
    _agree(_of(known, "company"), by_day.size())


def _run_values(home: HubHome, metric: str) -> dict[str, float]:
    """The value at the last step of every run that finished, by run."""
    values = {}
    for file in (home.exports / "mlruns").glob(f"*/*/metrics/{metric}"):
        run = file.parents[1]
        if "status: 3" in (run / "meta.yaml").read_text():
            steps = [line.split() for line in file.read_text().splitlines()]
            values[run.name] = float(max(steps, key=lambda row: int(row[2]))[1])
    return values


def test_the_offline_value_of_a_day_is_that_of_the_version_that_was_live(
    shop: HubHome, con: duckdb.DuckDBPyConnection
) -> None:
    releases = pd.read_csv(shop.exports / "releases" / "releases.csv")
    releases["day"] = _local_day(releases["released_at"])
    through = json.loads((shop.root / "truth.json").read_text())["data_ends_at"][:10]
    gaps = 0
    for model, metric in (("recommender", "ndcg_at_10"), ("fraud", "auc")):
        values = _run_values(shop, metric)
        own = releases[releases["model"] == model].sort_values("released_at")
        live = own.groupby("day")["run_id"].last()
        days = pd.date_range(live.index[0], through, freq="D")
        expected = live.fillna("").reindex(days, method="ffill").map(values)
        gaps += int(expected.isna().sum())
        _agree(_of(_observed(con, metric), model), expected.dropna())
    assert gaps > 0  # a release without a run leaves a gap, not the value before it


def test_a_release_without_a_gain_is_a_release(
    shop: HubHome, con: duckdb.DuckDBPyConnection
) -> None:
    releases = pd.read_csv(shop.exports / "releases" / "releases.csv")
    told = con.execute(
        "select model, version, released_at from marts.mart_releases order by 1, 3"
    ).df()
    expected = releases.assign(released_at=pd.to_datetime(releases["released_at"], utc=True))
    expected = expected.sort_values(["model", "released_at"])
    assert list(told["version"]) == list(expected["version"])
    assert list(told["model"]) == list(expected["model"])
