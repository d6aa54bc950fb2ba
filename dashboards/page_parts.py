"""What do all pages show in the same way? Header, chart with its table, empty states."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from functools import lru_cache
from typing import Any, NotRequired, TypedDict, Unpack

import pandas as pd
import streamlit as st

from dashboards import address, queries
from dashboards.drawn import CLOSED_CHART
from dashboards.freshness import data_through, how_old, stale_sources
from dashboards.mark_words import INVALID, LISTED_BY, MOST_NAMED, STALE
from dashboards.opened import when_opened
from dashboards.table_columns import GAP
from dashboards.table_columns import columns as written_columns
from dashboards.table_columns import shown as written_table
from dashboards.tokens import Theme, theme
from dashboards.wording import age, joined, moment, plain
from hub.config import ConfigError, HubConfig, load_config
from hub.failure_note import FailedRun, failed_since
from hub.home import HubHome, find_home
from hub.warehouse import PublishedBuild, published_build

PLOTLY_CONFIG = {
    "displaylogo": False,
    "responsive": True,
    "toImageButtonOptions": {"format": "png", "scale": 2},
    # days on axes as the text writes them: 6 Sep, not Sep 6
    "locale": "en-GB",
    # and shares too: 98 %, not 98%; `$` in a chart's format stands for this sign
    "locales": {
        "en-GB": {
            "format": {
                "dayMonth": "%-d %b",
                "dayMonthYear": "%-d %b %Y",
                # the year on a second line, once: side by side four of `Jan 2025` turn on a phone
                "month": "%b\n%Y",
                "currency": ["", "\N{NO-BREAK SPACE}%"],
            }
        }
    },
}
# In the session: the name of the page that is being shown, as exposures call it.
PAGE_SHOWN = "page_shown"
SOURCE_EXAMPLES = {
    "sales": "- {name: shop_orders, kind: sales, path: 'exports/sales/*.csv'}",
    "service_logs": "- {name: service_logs, kind: service_logs, path: 'exports/logs/*.jsonl*'}",
    "jira": "- {name: jira, kind: jira, path: 'exports/jira/*.csv'}",
    "mlflow": "- {name: mlflow, kind: mlflow, path: 'exports/mlruns'}",
    "releases": "- {name: releases, kind: releases, path: 'exports/releases/*.csv'}",
    "events": "- {name: events, kind: events, path: 'exports/events/*.csv*'}",
    "exposure": "- {name: exposure, kind: exposure, path: 'exports/exposure/*.jsonl*'}",
    "experiments": "- {name: experiments, kind: experiments, path: 'exports/experiments/*.csv'}",
}
OLDER_BUILD = "This build was made by an older version of the code"
_FORMULA = re.compile(r"^[=+@\t\r-]")


@dataclass(frozen=True)
class Hub:
    """What a page works with: the home, its settings, the published build, theme and clock."""

    home: HubHome
    config: HubConfig | None
    build: PublishedBuild
    theme: Theme
    now: datetime

    @property
    def zone(self) -> tzinfo:
        return self.config.zone if self.config else UTC

    @property
    def currency(self) -> str:
        return self.config.currency if self.config else ""


def begin(question: str) -> Hub:
    """Say the page's question, whose data this is and how old; stop when there is no build."""
    address.arrive(question)
    home = find_home()
    config, problem = settings(home)
    st.title(question)
    build = published_build(home)
    failed = failed_since(home, build.built_at if build else None)
    if build is None:
        _no_build(home, config, problem, failed)
        st.stop()
    hub = Hub(home, config, build, theme(st.context.theme.type), datetime.now(UTC))
    sources = queries.data_health(build, "sources")
    company = plain(config.company) if config else "Company not known"
    old = how_old(sources, config, hub.now)
    st.caption(
        f"**{company}** · Data through {plain(data_through(sources, hub.zone))}"
        f"{plain(f' ({old})' if old else '')} · "
        f"built {plain(moment(build.built_at, hub.zone))} {plain(hub.zone)} "
        f"(build {plain(build.build_id)})"
    )
    if problem:
        st.warning(plain(problem), icon=":material/settings_alert:")
    if failed:
        _failed_run(hub.home, config, failed)
    page = str(st.session_state.get(PAGE_SHOWN, ""))
    if told := queries.invalid(build, "page", [page], most=MOST_NAMED):
        st.error(
            f"**{INVALID}:** numbers of this page rest on what does not hold: {plain(told)}. They "
            f"are marked. `{LISTED_BY}` lists all; repair the source, then `bellwether run`.",
            icon=":material/gpp_bad:",
        )
    stale = stale_sources(sources, config, hub.now) if config else []
    if stale:
        text = "; ".join(plain(each) for each in stale)
        st.warning(
            f"**Stale:** {text}. Put newer files where hub.yml looks for them, then "
            f"`bellwether run --home {home.root}`.",
            icon=":material/schedule:",
        )
    return hub


def settings(home: HubHome) -> tuple[HubConfig | None, str]:
    """The home's settings, or what is wrong with them; read again when the file has changed."""
    try:
        now = home.hub_yml.stat()
        return _settings_at(home, now.st_mtime_ns, now.st_size)
    except OSError:
        return _settings_at(home, 0, 0)


@lru_cache(maxsize=4)
def _settings_at(home: HubHome, _changed_at: int, _size: int) -> tuple[HubConfig | None, str]:
    try:
        return load_config(home.root), ""
    except ConfigError as error:
        return None, str(error)


def _no_build(
    home: HubHome, config: HubConfig | None, problem: str, failed: FailedRun | None
) -> None:
    st.info(
        "**Nothing has been published here yet.** Pages show the last good build of a hub; "
        "this home has none.",
        icon=":material/inventory_2:",
    )
    if problem:
        st.warning(plain(problem), icon=":material/settings_alert:")
        st.markdown(f"Mend `{home.hub_yml}` first. A source is named there like this, for example:")
        st.code(f"sources:\n  {SOURCE_EXAMPLES['sales']}", language="yaml")
    if failed:
        _failed_run(home, config, failed, is_shown=False)
    if config:
        names = joined([f"{source.name} ({source.kind})" for source in config.sources])
        st.markdown(f"`{home.hub_yml}` names the sources {plain(names)}.")
    first = "See what they find, load" if config else "Then load"
    st.markdown(f"{first} the sources, build the layers and publish with")
    st.code(
        f"bellwether check --home {home.root}\nbellwether run --home {home.root}", language="sh"
    )
    st.caption("Then reload this page; nothing needs a restart.")


def _failed_run(
    home: HubHome, config: HubConfig | None, failed: FailedRun, *, is_shown: bool = True
) -> None:
    """A run after the build that is shown, if one is, published nothing."""
    zone = config.zone if config else UTC
    reason = (config.redact(failed.reason) if config else failed.reason).rstrip(".")
    why = f" {plain(reason)}." if reason else ""
    before = "; what is shown is from before it" if is_shown else ""
    st.warning(
        f"**The last run failed** ({plain(moment(failed.at, zone))}) and published nothing"
        f"{before}.{why} Mend that, then "
        f"`bellwether run --home {home.root}`, which tells all of it.",
        icon=":material/sync_problem:",
    )


def missing(hub: Hub, what: str, *kinds: str) -> None:
    """An empty state: what is not there, which source would bring it, and the commands."""
    st.info(f"**{plain(what)}**", icon=":material/database_off:")
    sources = queries.data_health(hub.build, "sources")
    delivered = set(sources.loc[sources["loaded"].fillna(0) > 0, "kind"])
    absent = [kind for kind in kinds if kind not in delivered]
    if absent:
        names = " and ".join(f"`{kind}`" for kind in absent)
        st.markdown(
            f"No source of kind {names} has delivered anything. Under `sources:` of "
            f"`{plain(hub.home.hub_yml)}` there should be, for example,"
        )
        st.code("\n".join(SOURCE_EXAMPLES[kind] for kind in absent), language="yaml")
        st.markdown("Put its files there, then")
    else:
        names = " and ".join(f"`{kind}`" for kind in kinds)
        st.markdown(f"If files of kind {names} came late, put them with the others, then")
    st.code(
        f"bellwether check --home {hub.home.root}\nbellwether run --home {hub.home.root}",
        language="sh",
    )


def no_links(hub: Hub) -> None:
    """The empty state of every page about links."""
    missing(
        hub,
        "No model metric could be linked to a KPI yet: that takes sales, MLflow runs and "
        "the releases that name them.",
        "sales",
        "mlflow",
        "releases",
    )


def older_build(absent: str) -> None:
    """The build that is published was made by an older version of the code and lacks `absent`."""
    home = find_home()
    st.warning(
        f"**{OLDER_BUILD}.** The page shows {plain(absent)}, which the build does not have.",
        icon=":material/extension:",
    )
    st.markdown("Make a new build from the sources with")
    st.code(f"bellwether run --home {home.root}", language="sh")
    st.caption("Then reload this page; nothing needs a restart, and nothing loaded is lost.")


def answer(sentence: str) -> None:
    """The page's answer: one sentence with a number (Markdown)."""
    st.markdown(f"##### {sentence}")


def named_select(label: str, words: Mapping[str, str], *, key: str) -> str:
    """A choice of metrics by their words; the name of the chosen one is behind a question mark."""
    return address.select(
        label,
        list(words),
        key=key,
        named=lambda each: words[each],
        helped=lambda each: f"`{each}`, as in hub.yml, in files and in the address.",
    )


def invalid_mark(told: str) -> None:
    """The mark of a number that rests on a failed check, with check, model and command."""
    if told:
        st.markdown(f":red-badge[✕ {INVALID}] {plain(told)}. `{LISTED_BY}` lists what rests on it.")


def stale_mark(told: str) -> None:
    """The mark of a number whose source is older than it may be, with its age."""
    if told:
        st.markdown(f":orange-badge[◷ {STALE}] {plain(told)}.")


class Told(TypedDict):
    """What every chart is told with, drawn at once or when it is opened.

    `alt` is read aloud instead of the picture, `table` is what is behind it, `invalid` says which
    check fails below the numbers; what their table knows of itself is added. `unit` is that of the
    metric whose values the table holds.
    """

    key: str
    alt: str
    how_to_read: str
    table: pd.DataFrame
    definition: NotRequired[str]
    invalid: NotRequired[str]
    unit: NotRequired[str | None]


def chart(figure: Any, **told: Unpack[Told]) -> None:
    """A chart, how to read it, what it is made of, and the table behind it."""
    _chart_mark(told)
    _drawn(figure, told)


def chart_when_opened(draw: Callable[[], Any], *, label: str, **told: Unpack[Told]) -> None:
    """A chart behind what the page says in words, drawn when its reader asks for it.

    `draw` gives the figure, `label` says what it shows; the mark of invalid data is not hidden.
    """
    _chart_mark(told)
    when_opened(
        f"{CLOSED_CHART}{label}",
        lambda: _drawn(draw(), told),
        key=f"chart_{told['key']}",
        icon=":material/monitoring:",
    )


def _chart_mark(told: Told) -> None:
    invalid_mark(told.get("invalid") or str(told["table"].attrs.get("invalid", "")))


def _drawn(figure: Any, told: Told) -> None:
    key = told["key"]
    name = {**PLOTLY_CONFIG["toImageButtonOptions"], "filename": key}  # type: ignore[dict-item]
    config = {**PLOTLY_CONFIG, "toImageButtonOptions": name}
    st.plotly_chart(figure, theme=None, key=f"chart_{key}", config=config, alt=told["alt"])
    below = f"**How to read it:** {told['how_to_read']}"
    if definition := told.get("definition"):
        below += f"  \n**Definition:** {definition}"
    st.caption(below)
    table_when_opened("Table", told["table"], key=key, unit=told.get("unit"))


def table_when_opened(
    label: str, table: pd.DataFrame, *, key: str, unit: str | None = None
) -> None:
    """A table behind what the page says or draws."""
    when_opened(label, lambda: show_table(table, key=key, unit=unit), key=key)


def show_table(
    table: pd.DataFrame,
    *,
    key: str,
    columns: dict[str, Any] | None = None,
    first: Sequence[str] = (),
    unit: str | None = None,
) -> None:
    """A table that can be sorted and searched, and downloaded as CSV.

    The columns `first` stand before the others: on a phone hardly more than two are in sight.
    `unit` is that of the metric whose values it holds. The CSV has the names and values of the
    build, in full.
    """
    table = table[[*first, *(each for each in table.columns if each not in first)]]
    config, _ = settings(find_home())
    currency, zone = (config.currency, config.zone) if config else ("", UTC)
    known = written_columns(table, unit=unit, currency=currency, zone=zone)
    st.dataframe(
        written_table(table, unit=unit, currency=currency, zone=zone),
        hide_index=True,
        column_config={**known, **(columns or {})},
        key=f"table_{key}",
        placeholder=GAP,
    )
    st.download_button(
        "Download CSV",
        data=lambda: csv(table),
        file_name=f"{key}.csv",
        mime="text/csv",
        key=f"csv_{key}",
        icon=":material/download:",
        on_click="ignore",
    )


def csv(table: pd.DataFrame) -> bytes:
    """UTF-8 CSV in which no text can be taken for a spreadsheet formula."""
    safe = table.copy()
    for column in safe.columns:
        if not pd.api.types.is_numeric_dtype(safe[column]):
            safe[column] = [
                f"'{cell}" if isinstance(cell, str) and _FORMULA.match(cell) else cell
                for cell in safe[column]
            ]
    return safe.to_csv(index=False).encode("utf-8-sig")


def local_times(frame: pd.DataFrame, columns: Sequence[str], zone: tzinfo) -> pd.DataFrame:
    """The frame with these UTC columns on the hub's clock."""
    local = {
        column: pd.to_datetime(frame[column], utc=True).dt.tz_convert(zone) for column in columns
    }
    return frame.assign(**local)


def built_ago(hub: Hub) -> str:
    """How long ago the build was made."""
    return age(hub.now - hub.build.built_at)
