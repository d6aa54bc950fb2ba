"""What is known of a pair without an estimate: both series, releases, and what is missing?"""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd
import streamlit as st

from dashboards import queries_explorer as queries
from dashboards.charts import marked_as
from dashboards.charts_explorer import course_chart
from dashboards.deep_links import link_to
from dashboards.page_parts import Hub, answer, chart, table_when_opened
from dashboards.wording import count, is_missing, plain
from hub.config import HubConfig

PAGE = "link_explorer"
FEWEST_DAYS = 2


@dataclass(frozen=True)
class Asked:
    """A pair as it was chosen, and how much of it is known by day."""

    metric: str
    entity: str | None
    dataset: str | None
    metric_days: int
    kpi: str
    metric_said: str
    kpi_said: str
    kpi_role: str
    kpi_days: int
    days_of_both: int
    n_releases: int

    @property
    def address(self) -> str:
        return f"{self.entity}/{self.metric}" if self.entity else self.metric


def why(asked: Asked, config: HubConfig | None) -> list[tuple[str, str]]:
    """What stands between the pair and an estimate, each with what to do about it."""
    found: list[tuple[str, str]] = []
    if asked.entity is None or not asked.metric_days:
        found.append(
            (
                f"{asked.metric_said} has no value by day for a model: an offline metric is known "
                "from the day on which a version with a run is released",
                "deliver releases that name their run (a source of kind releases, and one of "
                "kind mlflow)",
            )
        )
    elif not asked.n_releases:
        found.append(
            (f"no release of {asked.entity} is known", "deliver its releases (kind releases)")
        )
    if asked.kpi_role != "kpi":
        found.append(
            (
                f"{asked.kpi_said} has the role {asked.kpi_role}, and only metrics with the role "
                "kpi are held against models",
                f"give {asked.kpi} `role: kpi` in the YAML that the catalogue names",
            )
        )
    elif config is not None and config.link.kpis is not None and asked.kpi not in config.link.kpis:
        found.append(
            (
                f"`link.kpis` in hub.yml does not name {asked.kpi_said}",
                f"add {asked.kpi} to `link.kpis`",
            )
        )
    if not asked.kpi_days:
        found.append(
            (
                f"{asked.kpi_said} has no complete day for the whole company: a pair is estimated "
                "day by day",
                "store it at the grain day, without a segment",
            )
        )
    elif asked.metric_days and asked.days_of_both < FEWEST_DAYS:
        found.append(
            (
                f"there are {count(asked.days_of_both, 'day')} on which both are known",
                "deliver days of both for the same time",
            )
        )
    return found or [("this build was made before both were there", "make a new build")]


def show(hub: Hub, metric: pd.Series, kpi: pd.Series) -> None:
    """Both series and the releases of a pair without an estimate, and why there is none.

    `metric` is a row of `queries.model_metrics`, `kpi` one of `queries.company_metrics`.
    """
    entity = None if is_missing(metric["entity"]) else str(metric["entity"])
    dataset = None if is_missing(metric["dataset"]) else str(metric["dataset"])
    names = str(metric["metric_name"]), str(kpi["metric_name"])
    series = queries.both_series(hub.build, names[0], entity or "", dataset or "", names[1])
    releases = queries.releases_of(hub.build, entity or "")
    known = series[["metric_value", "kpi_value"]].notna()
    asked = Asked(
        metric=names[0],
        entity=entity,
        dataset=dataset,
        metric_days=int(known["metric_value"].sum()),
        kpi=names[1],
        metric_said=" ".join([*([entity] if entity else []), str(metric["label"])]),
        kpi_said=str(kpi["label"]),
        kpi_role=str(kpi["role"]),
        kpi_days=int(known["kpi_value"].sum()),
        days_of_both=int(known.all(axis=1).sum()),
        n_releases=len(releases),
    )
    both = f"{count(asked.days_of_both, 'day')} of both and {count(asked.n_releases, 'release')}"
    answer(plain(f"0 estimates of {asked.metric_said} → {asked.kpi_said}; {both} are known"))
    _reasons(hub, asked)
    _series(hub, asked, series, releases, kpi)
    link_to("catalogue", f"What {kpi['label']} is", metric=asked.kpi)
    link_to("catalogue", f"What {metric['label']} is", metric=asked.metric)


def _reasons(hub: Hub, asked: Asked) -> None:
    lines = [
        f"- {plain(reason)}. **To do:** {remedy}." for reason, remedy in why(asked, hub.config)
    ]
    st.info("**No verdict has been given.**  \n" + "\n".join(lines), icon=":material/database_off:")
    st.markdown("Then make a new build and ask for the pair:")
    st.code(
        f"bellwether run --home {hub.home.root}\n"
        f"bellwether link {asked.address} {asked.kpi} --home {hub.home.root}",
        language="sh",
    )


def _series(
    hub: Hub, asked: Asked, series: pd.DataFrame, releases: pd.DataFrame, kpi: pd.Series
) -> None:
    st.subheader("What did both do?")
    if not asked.metric_days and not asked.kpi_days:
        st.caption("0 days of either are known.")
    else:
        chart(
            course_chart(
                series,
                releases,
                hub.theme,
                metric=asked.metric_said,
                kpi=asked.kpi_said,
                unit=str(kpi["unit"] or ""),
            ),
            key=f"{PAGE}_both",
            alt=f"{asked.metric_said} and {asked.kpi_said} by day",
            how_to_read=(
                "Above the metric of the live version, "
                f"{marked_as(releases['released_on'])} are its releases; below the "
                "other by day. No effect has been estimated: what looks alike here may share no "
                "more than the passing of time."
            ),
            table=series,
        )
    if len(releases):
        table_when_opened(count(len(releases), "release"), releases, key=f"{PAGE}_known_releases")
