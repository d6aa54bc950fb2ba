"""Where will the KPIs stand at the period's end, and when is the open work done? As rows.

Only complete days count as seen. How good such forecasts were is asked again only when another
period is over or the past was delivered anew; until then the last answer stands.
"""

from __future__ import annotations

import hashlib
import json
import math
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import duckdb
import numpy as np
import pandas as pd

from analytics.delivery_forecast import DeliveryForecast, delivery_forecast
from analytics.forecast import GRAINS, PeriodForecast, to_period_end
from analytics.forecast_back_test import BackTest, back_test
from analytics.forecast_chance import tempered_chance
from assets.gate import code_fingerprint
from assets.input_checks import REPAIR, Faults, faults_of
from assets.link_inputs import read_calendar
from hub.config import HubConfig, target_on

USUAL_GRAIN = "month"
BACK_TEST_PERIODS = 8
BACK_TEST_PATHS = 500
COMING_WEEKS = (4, 12)
SAME_SUM = 1e-6
Row = dict[str, Any]

NO_SUM = (
    "Days of this figure do not add up to its {grain}: {why}. A forecast of the sum would be "
    "wrong, and one of the {grain}'s own figure is not made."
)
A_RATIO = "it is a ratio or a median, not a count or a sum"
COUNTED_ONCE = "it counts the same one once in every day it is seen, and once in the {grain}"


@dataclass(frozen=True, eq=False)
class _Asked:
    """One KPI and the grain of the period whose end is asked for."""

    name: str
    label: str
    unit: str
    format: str
    grain: str
    target: float | None
    values: pd.Series
    problem: str

    @property
    def seed(self) -> int:
        """The same data gives the same answer: paths are drawn by the question's name."""
        return zlib.crc32(f"{self.name} by {self.grain}".encode())


def forecast_tables(
    con: duckdb.DuckDBPyConnection, *, config: HubConfig, build: str, faults: Faults
) -> dict[str, pd.DataFrame]:
    """Rows of the tables of forecasts, by the table's name; none of what rests on a failed check.

    A source that is merely stale takes no forecast away: it begins where the data ends.
    """
    calendar = read_calendar(con)
    rows: list[Row] = []
    days: list[pd.DataFrame] = []
    tests: list[pd.DataFrame] = []
    for asked in _asked(con, config, faults):
        made, shown = _forecast(asked, calendar)
        row, table = _tested(con, asked, calendar)
        rows.append(made | row | _chance(made, table))
        days.append(shown)
        tests.append(table)
    tables = {
        "forecasts": pd.DataFrame(rows),
        "forecast_days": _stacked(days),
        "forecast_back_tests": _stacked(tests),
        "delivery_forecasts": pd.DataFrame(list(_delivery(con, faults))),
    }
    return {name: frame.assign(build_id=build) for name, frame in tables.items()}


def _stacked(frames: list[pd.DataFrame]) -> pd.DataFrame:
    filled = [frame for frame in frames if len(frame)]
    return pd.concat(filled, ignore_index=True) if filled else pd.DataFrame()


def _asked(con: duckdb.DuckDBPyConnection, config: HubConfig, faults: Faults) -> Iterator[_Asked]:
    """Every KPI by month, and by the grain of each of its targets."""
    described = con.execute(
        "select metric_name, label, unit, format, aggregation from metrics.catalogue "
        "where role = 'kpi' and entity_kind = 'company' order by 1"
    ).fetchall()
    for name, label, unit, shown, aggregation in described:
        values = _by_day(con, name)
        if values.empty:
            continue
        mine = [target for target in config.targets if target.metric == name]
        for grain in dict.fromkeys((USUAL_GRAIN, *(t.grain for t in mine if t.grain in GRAINS))):
            problem = _invalid([f"metric {name}", "table insights.forecasts"], faults)
            problem = problem or _problem(con, name, str(aggregation), grain, values)
            filling = (values.index[-1] + pd.Timedelta(days=1)).to_period(GRAINS[grain])
            held = target_on([t for t in mine if t.grain == grain], filling.start_time.date())
            yield _Asked(name, label, unit, shown or "", grain, held, values, problem)


def _invalid(names: list[str], faults: Faults) -> str:
    fault = faults_of(names, faults)
    return f"Invalid data: {fault} {REPAIR}" if fault else ""


def _by_day(con: duckdb.DuckDBPyConnection, name: str) -> pd.Series:
    """Values of the complete days on a grid without holes."""
    frame = con.execute(
        "select period_start, metric_value from metrics.observations where metric_name = ? "
        "and entity = 'company' and segment_name = '__all__' and grain = 'day' and is_complete "
        "and metric_value is not null order by 1",
        [name],
    ).df()
    index = pd.DatetimeIndex(pd.to_datetime(frame["period_start"])).as_unit("us")
    values = pd.Series(frame["metric_value"].to_numpy(dtype=np.float64), index=index)
    if values.empty:
        return values
    return values.reindex(pd.date_range(index[0], index[-1], freq="D"))


def _problem(
    con: duckdb.DuckDBPyConnection, name: str, aggregation: str, grain: str, values: pd.Series
) -> str:
    """Why the days do not add up to the period; empty where they do."""
    if aggregation != "simple":
        return NO_SUM.format(grain=grain, why=A_RATIO)
    periods = con.execute(
        "select period_start, metric_value from metrics.observations where metric_name = ? "
        "and entity = 'company' and segment_name = '__all__' and grain = ? and is_complete "
        "and metric_value is not null",
        [name, grain],
    ).fetchall()
    labels = pd.DatetimeIndex(values.index).to_period(GRAINS[grain])
    sums = values.groupby(labels.start_time.normalize()).sum()
    told = {pd.Timestamp(start): float(value) for start, value in periods}
    inside = [start for start in told if start > values.index[0]]
    differs = any(
        abs(sums.get(start, 0.0) - told[start]) > SAME_SUM * max(abs(told[start]), 1.0)
        for start in inside
    )
    return NO_SUM.format(grain=grain, why=COUNTED_ONCE.format(grain=grain)) if differs else ""


def _forecast(asked: _Asked, calendar: pd.DataFrame | None) -> tuple[Row, pd.DataFrame]:
    about: Row = {
        "metric_name": asked.name,
        "label": asked.label,
        "unit": asked.unit,
        "format": asked.format,
        "grain": asked.grain,
        "data_through": asked.values.index[-1],
        "target": asked.target,
    }
    if asked.problem:
        return about | {"reason": asked.problem, "more_needed": "", "caveats": "[]"}, pd.DataFrame()
    made = to_period_end(
        asked.values,
        rng=np.random.default_rng(asked.seed),
        calendar=calendar,
        grain=asked.grain,
        target=asked.target,
    )
    return about | _period_row(made), _day_rows(asked, made)


def _chance(made: Row, past: pd.DataFrame) -> Row:
    """The chance of the target, no surer than earlier forecasts allow."""
    simulated = made.get("chance_simulated")
    if made["target"] is None or simulated is None or math.isnan(simulated):
        return {}
    found = tempered_chance(
        simulated,
        target=made["target"],
        expected=made["expected"],
        interval=(made["low_95"], made["high_95"]),
        past=past,
    )
    return {
        "chance_of_target": found.chance,
        "chance_is_bound": found.is_bound,
        "n_as_far_off": found.n_as_far,
    }


def _period_row(made: PeriodForecast) -> Row:
    return {
        "period_start": made.period_start,
        "period_end": made.period_end,
        "so_far": made.so_far,
        "days_seen": made.days_seen,
        "days_missing": made.days_missing,
        "days_left": made.days_left,
        "expected": made.expected,
        **_ends(made.intervals),
        "chance_simulated": made.chance_of_target,
        "reason": made.reason,
        "more_needed": made.more_needed,
        "method": made.method,
        "caveats": json.dumps(made.caveats),
    }


def _ends(intervals: dict[float, tuple[float, float]]) -> Row:
    return {
        f"{end}_{level:.0%}".rstrip("%"): value
        for level in (0.8, 0.95)
        for end, value in zip(("low", "high"), intervals[level], strict=True)
    }


def _day_rows(asked: _Asked, made: PeriodForecast) -> pd.DataFrame:
    if not made.has_forecast:
        return pd.DataFrame()
    shown = made.days.rename(columns=lambda name: name.rstrip("%"))
    return (
        shown.rename_axis("day")
        .reset_index()
        .assign(metric_name=asked.name, grain=asked.grain)
        .drop(columns=["low_50", "high_50"])
    )


def _tested(
    con: duckdb.DuckDBPyConnection, asked: _Asked, calendar: pd.DataFrame | None
) -> tuple[Row, pd.DataFrame]:
    """Coverage and error of earlier forecasts; the last build's where nothing of it changed."""
    if asked.problem:
        return {"fingerprint": "", "back_test_reason": asked.problem}, pd.DataFrame()
    over = _periods_over(asked)
    fingerprint = _fingerprint(asked, over, calendar)
    seen = _seen(con, asked, fingerprint)
    if seen is not None:
        return seen
    tested = back_test(
        over,
        rng=np.random.default_rng(asked.seed),
        calendar=calendar,
        grain=asked.grain,
        n_periods=BACK_TEST_PERIODS,
        n_paths=BACK_TEST_PATHS,
    )
    return _test_row(tested) | {"fingerprint": fingerprint}, _test_rows(asked, tested)


def _periods_over(asked: _Asked) -> pd.Series:
    """The days of periods whose last day has been seen."""
    days = pd.DatetimeIndex(asked.values.index)
    ends = days.to_period(GRAINS[asked.grain]).end_time.normalize()
    return asked.values[ends <= days[-1]]


def _fingerprint(asked: _Asked, over: pd.Series, calendar: pd.DataFrame | None) -> str:
    digest = hashlib.sha256(f"{code_fingerprint()}|{asked.seed}".encode())
    digest.update(pd.DatetimeIndex(over.index).asi8.tobytes() + over.to_numpy().tobytes())
    if calendar is not None and len(over):
        past = calendar[calendar.index <= over.index[-1]]
        digest.update("|".join(map(str, past.columns)).encode())
        digest.update(pd.DatetimeIndex(past.index).asi8.tobytes() + past.to_numpy().tobytes())
    return digest.hexdigest()[:32]


_TEST_COLUMNS = ("n_back_tests", "coverage_80", "coverage_95", "error", "naive_error")


def _seen(
    con: duckdb.DuckDBPyConnection, asked: _Asked, fingerprint: str
) -> tuple[Row, pd.DataFrame] | None:
    names = (*_TEST_COLUMNS, "back_test_reason", "fingerprint")
    found = con.execute(
        f"select {', '.join(names)} from insights.forecasts where fingerprint = ? "
        "and metric_name = ? and grain = ?",
        [fingerprint, asked.name, asked.grain],
    ).fetchall()
    if not found:
        return None
    table = con.execute(
        "select * exclude (build_id) from insights.forecast_back_tests "
        "where metric_name = ? and grain = ? order by period_start, origin",
        [asked.name, asked.grain],
    ).df()
    return dict(zip(names, found[0], strict=True)), table


def _test_row(tested: BackTest) -> Row:
    return {
        "n_back_tests": tested.n,
        "coverage_80": tested.coverage[0.8],
        "coverage_95": tested.coverage[0.95],
        "error": tested.error,
        "naive_error": tested.naive_error,
        "back_test_reason": tested.reason,
    }


def _test_rows(asked: _Asked, tested: BackTest) -> pd.DataFrame:
    if not tested.n:
        return pd.DataFrame()
    table = tested.table.rename(columns=lambda name: name.rstrip("%"))
    return table.assign(metric_name=asked.name, grain=asked.grain).drop(
        columns=["low_50", "high_50"]
    )


def _delivery(con: duckdb.DuckDBPyConnection, faults: Faults) -> Iterator[Row]:
    """Per project: when are the open items done, and how many will be in the coming weeks?"""
    invalid = _invalid(["table insights.delivery_forecasts"], faults)
    frame = con.execute(
        "select project, week_start, finished, open_items, is_complete "
        "from team.team_flow_weeks order by project, week_start"
    ).df()
    for project, rows in frame.groupby("project", sort=True):
        over = rows[rows["is_complete"].astype(bool)]
        weeks = pd.DatetimeIndex(pd.to_datetime(over["week_start"]))
        throughput = pd.Series(over["finished"].to_numpy(dtype=np.float64), index=weeks)
        remaining = int(rows["open_items"].iloc[-1])
        rng = np.random.default_rng(zlib.crc32(str(project).encode()))
        if remaining:
            made = _delivery_forecast(throughput, invalid, rng=rng, remaining=remaining)
            yield from _delivery_rows(str(project), "when done", made, throughput)
        for coming in COMING_WEEKS:
            made = _delivery_forecast(throughput, invalid, rng=rng, weeks=coming)
            yield from _delivery_rows(str(project), "how many", made, throughput)


def _delivery_forecast(throughput: pd.Series, invalid: str, **asked: Any) -> DeliveryForecast:
    if not invalid:
        return delivery_forecast(throughput, **asked)
    return replace(delivery_forecast(throughput.head(0), **asked), reason=invalid)


def _delivery_rows(
    project: str, question: str, made: DeliveryForecast, throughput: pd.Series
) -> Iterator[Row]:
    for certainty, answer in made.at.items():
        yield {
            "project": project,
            "question": question,
            "remaining": made.remaining,
            "weeks": made.weeks,
            "certainty": certainty,
            "answer_weeks": answer if made.weeks is None else None,
            "answer_items": answer if made.remaining is None else None,
            "finish_by": made.finish_by.get(certainty),
            "n_weeks": made.n_weeks,
            "items_per_week": made.items_per_week if made.n_weeks else math.nan,
            "last_week": throughput.index[-1] if len(throughput) else None,
            "reason": made.reason,
            "method": made.method,
            "caveats": json.dumps(made.caveats),
        }
