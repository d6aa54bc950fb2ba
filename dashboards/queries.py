"""What do the pages read? Parameterised reads of the marts of one published build.

Every read is cached under the id and the file of its build. A page asks which build is the
published one on every rerun, so a new build is seen at once and old entries age out.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import streamlit as st

from dashboards.build_columns import MartMissing, check_whole, lacking
from dashboards.mark_words import failed_words
from hub.warehouse import PublishedBuild, open_build

MOST_READS_KEPT = 256
MOST_BUILDS_OPEN = 2
TOTAL = "__all__"

_TABLES = re.compile(r"\bmarts\.(mart_\w+)")


@st.cache_resource(max_entries=MOST_BUILDS_OPEN, show_spinner=False)
def _opened(build_id: str, path: str, built_at: datetime) -> duckdb.DuckDBPyConnection:
    """One connection for all reads of a build: opening its file costs more than most reads.

    One that is dropped is not closed by hand, for that would end the reads of its cursors; its
    file is closed with the last of them.
    """
    return open_build(PublishedBuild(build_id, Path(path), built_at))


@st.cache_data(max_entries=MOST_READS_KEPT, show_spinner=False)
def _cached(
    build_id: str, path: str, built_at: datetime, sql: str, given: tuple[Any, ...]
) -> pd.DataFrame:
    con = _opened(build_id, path, built_at).cursor()
    try:
        con.execute("set TimeZone = 'UTC'")
        frame = con.execute(sql, list(given)).df()
    except (duckdb.CatalogException, duckdb.BinderException) as error:
        absent = lacking(sql, str(error))
        if absent is None:
            raise
        raise absent from None
    finally:
        con.close()
    check_whole(sql, list(frame.columns))
    return frame


def read(build: PublishedBuild, sql: str, *given: Any) -> pd.DataFrame:
    """The rows of one query. Raises `MartMissing` when the build lacks a table or column of it.

    `attrs["invalid"]` says of the rows which check fails below the tables they are from.
    """
    frame = _cached(build.build_id, str(build.path), build.built_at, sql, given)
    told = invalid(build, "table", _TABLES.findall(sql))
    if told:
        frame.attrs["invalid"] = told
    return frame


def marked(build: PublishedBuild) -> pd.DataFrame:
    """What rests on a failed check: a row per metric, table or page and check.

    Empty in a build of a version that marked nothing.
    """
    return _marked(build.build_id, str(build.path), build.built_at)


@st.cache_data(max_entries=MOST_READS_KEPT, show_spinner=False)
def _marked(build_id: str, path: str, built_at: datetime) -> pd.DataFrame:
    sql = "select * from meta.marks order by check_name, subject_kind, subject"
    try:
        return _cached(build_id, path, built_at, sql, ())
    except MartMissing:
        return pd.DataFrame(columns=["subject_kind", "subject", "check_name", "model"])


def invalid(build: PublishedBuild, kind: str, names: Sequence[str], *, most: int = 1) -> str:
    """Which checks fail below these metrics, tables or pages, in words; empty when none does.

    More checks than `most` are counted: the head of the page names more, Data health all.
    """
    every = marked(build)
    if every.empty:
        return ""
    mine = every[(every["subject_kind"] == kind) & every["subject"].isin(list(names))]
    return failed_words(mine, most=most)


def kpis(build: PublishedBuild) -> pd.DataFrame:
    """One row per KPI: its name, label, definition, unit and good direction.

    `adds_up`: its days sum to its months, so that a change may be told a day. `is_ratio`: a value
    over another, such as a share or an average, which is none of a day.
    """
    return read(
        build,
        """
        select
            metric_name, any_value(label) as label, any_value(description) as description,
            any_value(unit) as unit, any_value(direction) as direction,
            any_value(owner) as owner, any_value(role) as role, any_value(format) as format,
            max(target) is not null as has_target,
            any_value(adds_up) as adds_up, max(denominator) is not null as is_ratio
        from marts.mart_success_metrics
        group by metric_name
        order by any_value(role) <> 'kpi', metric_name
        """,
    )


def kpi_periods(build: PublishedBuild, grain: str, segment: tuple[str, str]) -> pd.DataFrame:
    """Every KPI's value in every period of a grain, for one segment."""
    return read(
        build,
        """
        select
            metric_name, period_start, value, numerator, denominator, is_complete,
            previous_period_start, previous_value, year_ago_period_start, year_ago_value, target
        from marts.mart_success_metrics
        where grain = ? and segment_name = ? and segment_value = ?
        order by metric_name, period_start
        """,
        grain,
        *segment,
    )


def segments(build: PublishedBuild) -> pd.DataFrame:
    """Which segments are known: segment_name, segment_value, largest first within a name."""
    return read(
        build,
        """
        select segment_name, segment_value, count(*) as periods
        from marts.mart_success_metrics
        where segment_name <> ?
            and segment_name in (
                select segment_name from marts.mart_success_metrics
                where segment_value <> '__null__'
            )
        group by all
        order by segment_name, periods desc, segment_value
        """,
        TOTAL,
    )


def segment_values(
    build: PublishedBuild, metric: str, grain: str, segment_name: str, starts: Sequence[object]
) -> pd.DataFrame:
    """A KPI's value by segment, and of the whole company, in the periods that start then."""
    return read(
        build,
        """
        select segment_name, segment_value, period_start, value, denominator
        from marts.mart_success_metrics
        where metric_name = ? and grain = ? and segment_name in (?, ?)
            and list_contains(cast(? as date[]), period_start)
        order by period_start, segment_value
        """,
        metric,
        grain,
        TOTAL,
        segment_name,
        [str(start)[:10] for start in starts],
    )


def links(build: PublishedBuild) -> pd.DataFrame:
    """Every pair of a model metric and a KPI: what moves first, then what was declared."""
    return read(
        build,
        """
        select *
        from marts.mart_what_moves_sales
        order by
            verdict <> 'moves', is_primary desc,
            case verdict
                when 'confounded' then 1 when 'no evidence' then 2
                when 'not enough data' then 3 else 4
            end,
            abs(money_month) desc nulls last, q_value nulls last, link_id
        """,
    )


def link_rows(build: PublishedBuild, mart: str, link_id: str) -> pd.DataFrame:
    """One link's rows of a mart that holds what is drawn of it, in the order of reading."""
    order = {
        "mart_link_evidence": "rank",
        "mart_link_gains": "place",
        "mart_link_gain_trends": "link_id",
        "mart_link_notes": "link_id",
        "mart_link_lags": "lag_days",
        "mart_link_series": "day",
        "mart_link_releases": "released_on",
    }[mart]
    rows = read(build, f"select * from marts.{mart} where link_id = ? order by {order}", link_id)
    about = read(
        build,
        "select kpi, verdict, verdict_reason from marts.mart_what_moves_sales where link_id = ?",
        link_id,
    )
    # an experiment may still give the verdict where the KPI's own series cannot be trusted
    if told := invalid(build, "metric", [str(each) for each in about["kpi"]]):
        rows.attrs["invalid"] = told
    elif len(about) and about["verdict"].iloc[0] == "invalid data":
        rows.attrs["invalid"] = str(about["verdict_reason"].iloc[0]).rstrip(".")
    return rows


def link_evidence(build: PublishedBuild) -> pd.DataFrame:
    """What every grade of evidence says of every link, most trusted first."""
    return read(build, "select * from marts.mart_link_evidence order by link_id, rank")


def release_impacts(build: PublishedBuild) -> pd.DataFrame:
    """What every model release did to a KPI, newest first."""
    return read(
        build, "select * from marts.mart_release_impacts order by released_on desc, impact_id"
    )


def release_impact_days(build: PublishedBuild, impact_id: str) -> pd.DataFrame:
    """The days around one release: the KPI, and what it would have been without."""
    return read(
        build,
        "select * from marts.mart_release_impact_series where impact_id = ? order by day",
        impact_id,
    )


def experiment_overlaps(build: PublishedBuild) -> pd.DataFrame:
    """Experiments that ran on the same users, and whether they changed each other's effects."""
    return read(
        build, "select * from marts.mart_experiment_overlaps order by metric, first, second"
    )


def experiments(build: PublishedBuild) -> pd.DataFrame:
    """One row per experiment, metric and variant, newest first."""
    return read(
        build,
        """
        select * from marts.mart_experiments
        order by started_on desc, experiment, metric desc, variant
        """,
    )


def offline_experiments(
    build: PublishedBuild, model: str, offline_metric: str, metric: str
) -> pd.DataFrame:
    """The read-outs of a model's experiments on one offline metric and one business metric."""
    return read(
        build,
        """
        select * from marts.mart_experiments
        where model = ? and offline_metric = ? and metric = ?
        order by started_on, experiment, variant
        """,
        model,
        offline_metric,
        metric,
    )


def experiment_links(
    build: PublishedBuild, model: str, offline_metric: str, metric: str
) -> pd.DataFrame:
    """What all of a model's experiments on these two metrics say together: a row, or none."""
    return read(
        build,
        """
        select * from marts.mart_experiment_links
        where model = ? and offline_metric = ? and metric = ?
        """,
        model,
        offline_metric,
        metric,
    )


def releases(build: PublishedBuild) -> pd.DataFrame:
    """What was released when, oldest first."""
    return read(build, "select * from marts.mart_releases order by released_at")


def calendar(build: PublishedBuild) -> pd.DataFrame:
    """Promotions, holidays, outages and price changes by day."""
    return read(build, "select day, kind, name, country from marts.mart_calendar order by day")


def services(build: PublishedBuild) -> list[str]:
    """The services that logs tell of: least error budget left first, then busiest."""
    rows = read(
        build,
        """
        select service from marts.mart_service_days
        left join (
            select service, min(budget_left) as budget_left
            from marts.mart_service_slo group by service
        ) as slo using (service)
        group by service
        order by min(slo.budget_left) asc nulls last, sum(requests) desc nulls last
        """,
    )
    return [str(name) for name in rows["service"]]


_SERVICE_ORDER = {
    "mart_service_hours": "hour_start",
    "mart_service_days": "day",
    "mart_service_versions": "first_seen desc",
    "mart_service_errors": "lines desc",
    "mart_service_platforms": "day, platform",
}


def service_rows(
    build: PublishedBuild, mart: str, service: str, *, since: object | None = None
) -> pd.DataFrame:
    """One service's rows of a service mart; `since` (a day) limits those by hour."""
    order = _SERVICE_ORDER[mart]
    if mart == "mart_service_hours":
        return read(
            build,
            f"select * from marts.{mart} where service = ? "
            f"and local_day >= cast(? as date) order by {order}",
            service,
            str(since)[:10],
        )
    return read(build, f"select * from marts.{mart} where service = ? order by {order}", service)


def service_slo(build: PublishedBuild) -> pd.DataFrame:
    """The error budget of every service with an objective."""
    return read(build, "select * from marts.mart_service_slo order by budget_left, service")


def days_of(build: PublishedBuild, mart: str, column: str = "day") -> tuple[Any, Any]:
    """The first and the last day in a mart's column; both NaT of an empty one."""
    rows = read(build, f"select min({column}) as first, max({column}) as last from marts.{mart}")
    return rows["first"].iloc[0], rows["last"].iloc[0]


def delivery_weeks(build: PublishedBuild) -> pd.DataFrame:
    """Flow by project and week."""
    return read(build, "select * from marts.mart_delivery_weeks order by project, week_start")


def delivery_open_items(build: PublishedBuild) -> pd.DataFrame:
    """What is open, oldest first."""
    return read(build, "select * from marts.mart_delivery_open_items order by age_days desc")


def data_health(build: PublishedBuild, part: str) -> pd.DataFrame:
    """One part of the data's health: sources, files, quarantine, gaps, checks, releases, kpis."""
    order = {
        "sources": "kind, source",
        "rhythm": "kind, source",
        "files": "source, loaded_at desc, file",
        "quarantine": "rows desc, source, reason",
        "gaps": "source, gap_day",
        "checks": "status in ('pass'), check_name",
        "releases": "released_at desc",
        "kpis": "label, source",
    }[part]
    return read(build, f"select * from marts.mart_data_health_{part} order by {order}")
