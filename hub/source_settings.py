"""What may `hub.yml` say of each kind of source? One model a kind, and their union."""

from __future__ import annotations

import re
import string
from datetime import date
from typing import Annotated, Any, Literal, get_args

from pydantic import Field, NonNegativeInt, PositiveInt, field_validator, model_validator

from hub.source_base import SourceBase, Strict, ZonedSource


class ServiceLogsSource(ZonedSource):
    """Logs of services: JSON, access logs, logs of known servers and proxies, known by content.

    `fields` maps our column to a field of the file. `keep_unknown` says which fields nobody
    declared are kept: those found in sampled lines, all of them (one pass more), or none.
    `callers` are names of callers that may be shown: components, no people. Services that write
    logs themselves need not be named; any other caller is shown as a hash. `known_platforms` are
    the platforms that the models know; without them, those of a service's first seven days.
    """

    kind: Literal["service_logs"]
    callers: tuple[str, ...] = ()
    known_platforms: tuple[str, ...] = ()
    service: str | None = None
    keep_unknown: Literal["sampled", "always", "never"] = "sampled"
    duration_unit: Literal["ns", "us", "ms", "s"] | None = None
    fields: dict[str, str] = Field(default_factory=dict)


class JiraSource(ZonedSource):
    """Issues of Jira: CSV or XML exports, or JSON of its REST interface, known by content.

    `columns` maps our name to a header (CSV) or a field's name or id (JSON). Issues of
    `incident_types`, or with one of `incident_labels`, are read as incidents too. In
    `waiting_statuses` an item is in progress and nobody works on it; without them flow efficiency
    is not known.
    """

    kind: Literal["jira"]
    date_order: Literal["dmy", "mdy", "ymd"] | None = None
    columns: dict[str, str] = Field(default_factory=dict)
    status_categories: dict[str, Literal["to_do", "in_progress", "done"]] = Field(
        default_factory=dict
    )
    incident_types: tuple[str, ...] = ("Incident",)
    incident_labels: tuple[str, ...] = ()
    waiting_statuses: tuple[str, ...] = ()


class ExclusionRule(Strict):
    """Order lines that are no sales: those whose `column` is one of `matches` (`*` stands for any
    characters; upper and lower case are the same)."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    column: Literal[
        "order_id", "line_id", "customer_id", "product_id", "description", "country", "channel",
        "status", "quantity", "unit_price", "amount",
    ]  # fmt: skip
    matches: list[str] = Field(min_length=1)

    @field_validator("matches", mode="before")
    @classmethod
    def _as_text(cls, values: Any) -> Any:
        """Codes that YAML takes for numbers are texts."""
        if not isinstance(values, list):
            return values
        return [str(v) if isinstance(v, int | float) else v for v in values]

    @model_validator(mode="after")
    def _numbers(self) -> ExclusionRule:
        if self.column in ("quantity", "unit_price", "amount"):
            for text in self.matches:
                if not re.fullmatch(r"-?\d+(\.\d+)?", text):
                    raise ValueError(f"numbers to match `{self.column}`, such as 0; found {text!r}")
        return self


class SalesSource(ZonedSource):
    """Orders or order lines: CSV, JSON, Parquet, or text of fixed widths, known by content.

    `columns` maps our name to the header in the file; `widths` names the columns of a file of
    fixed widths, in their order, with their characters, and `skip_lines` its lines before the
    first record. `rows: orders` says that each row is an order of its own (needed where no column
    numbers the orders). `exclude` are lines that are no sales, `cancelled_orders` order ids
    (`C*`) whose lines are returns whatever their sign. `swapped_days` settles dates in which day
    and month stand swapped where the day is 12 or less. `repeated_lines` says whether lines that
    several files hold count once or each time; `allow_twins` takes a file that looks like sales
    delivered before with other dates or order ids.
    """

    kind: Literal["sales"]
    columns: dict[str, str] = Field(default_factory=dict)
    widths: dict[str, PositiveInt] = Field(default_factory=dict)
    skip_lines: NonNegativeInt = 0
    rows: Literal["orders", "lines"] | None = None
    date_format: str | None = None
    date_order: Literal["dmy", "mdy", "ymd"] | None = None
    swapped_days: Literal["as_written", "restore"] | None = None
    delimiter: str | None = None
    decimal: Literal[".", ","] | None = None
    encoding: str | None = None
    currency: str | None = Field(default=None, pattern=r"^[A-Z]{3}$")
    exclude: list[ExclusionRule] = Field(default_factory=list)
    cancelled_orders: tuple[str, ...] = ()
    repeated_lines: Literal["once", "all"] = "once"
    allow_twins: bool = False


class MetricName(Strict):
    """Metrics whose whole key fits `pattern` (a regular expression) go by `name`; `{k}` in it is
    what the pattern's group `(?P<k>…)` found."""

    pattern: str = Field(min_length=1)
    name: str = Field(min_length=1)

    @model_validator(mode="after")
    def _fits(self) -> MetricName:
        try:
            groups = re.compile(self.pattern).groupindex
        except re.error as error:
            raise ValueError(f"a regular expression ({error})") from error
        named = {part for _, part, _, _ in string.Formatter().parse(self.name) if part is not None}
        if unknown := sorted(named - set(groups)):
            raise ValueError(f"a group (?P<{unknown[0]}>…) in the pattern for {{{unknown[0]}}}")
        return self


class MlflowSource(ZonedSource):
    """Runs and their metrics: an MLflow file store (the `mlruns` folder), its SQLite database, or
    tables of runs or metrics, known by content.

    `live_stages` and `live_aliases` name what marks the live version in the model registry: its
    changes are then releases.
    """

    kind: Literal["mlflow"]
    columns: dict[str, str] = Field(default_factory=dict)
    metric_names: list[MetricName] = Field(default_factory=list)
    live_stages: tuple[str, ...] = ()
    live_aliases: tuple[str, ...] = ()


class TagComponent(Strict):
    """Tags that fit `pattern` (a regular expression) whole release `model`, or what the pattern's
    group `(?P<model>…)` found; the version is the group `(?P<version>…)`, else the tag."""

    pattern: str = Field(min_length=1)
    model: str | None = None

    @model_validator(mode="after")
    def _names_a_model(self) -> TagComponent:
        try:
            groups = re.compile(self.pattern).groupindex
        except re.error as error:
            raise ValueError(f"a regular expression ({error})") from error
        if self.model is None and "model" not in groups:
            raise ValueError("`model`, or a group (?P<model>…) in the pattern")
        return self


class ReleasesSource(ZonedSource):
    """What was released when: a CSV, a list of git tags, or deployments, releases and runs as
    GitHub, GitLab and Jenkins write them.

    `model` is what is released where the file does not say. `components` tell apart what several
    components of one repository tag; tags that fit none go by `model`, or are no releases without
    one. `workflows` are the workflows or jobs that deploy. Release candidates are no releases to
    production unless `candidates: release`.
    """

    kind: Literal["releases"]
    columns: dict[str, str] = Field(default_factory=dict)
    format: Literal["csv", "git_tags"] | None = None
    model: str | None = None
    environment: str | None = None
    components: list[TagComponent] = Field(default_factory=list)
    workflows: tuple[str, ...] = ()
    candidates: Literal["pre_release", "release"] = "pre_release"


class ExperimentsSource(ZonedSource):
    """Experiments as aggregates per variant, as snapshots of sums that grow, or as rows of users.

    `control` names the control variant, `started_on` the first day of an experiment, each by
    experiment (`*`: of all others), for files that do not tell; `outcomes` are the columns of
    users' rows that hold an outcome, where they are not called `value`.
    """

    kind: Literal["experiments"]
    columns: dict[str, str] = Field(default_factory=dict)
    model: str | None = None
    control: dict[str, str] = Field(default_factory=dict)
    started_on: dict[str, date] = Field(default_factory=dict)
    outcomes: tuple[str, ...] = ()


class Holidays(Strict):
    """Whose public holidays count: countries by ISO code, and parts of them (`DE: [BY]`)."""

    countries: list[str] = Field(min_length=1)
    subdivisions: dict[str, list[str]] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _are_known(self) -> Holidays:
        import holidays  # takes a while to import, and few need it

        known = holidays.list_supported_countries()
        for country in [*self.countries, *self.subdivisions]:
            if country not in known:
                raise ValueError(f"a country by its ISO code such as DE, not {country!r}")
        for country, parts in self.subdivisions.items():
            if country not in self.countries:
                raise ValueError(f"{country} among `countries`, for its subdivisions")
            if unknown := [part for part in parts if part not in known[country]]:
                told = ", ".join(known[country]) or "none"
                raise ValueError(f"one of {told} for {country}, not {unknown[0]!r}")
        return self


class CalendarSource(SourceBase):
    """Promotions, holidays, outages, price changes: a day and a kind a row. `holidays` adds the
    public holidays of countries; `path` may be left out then."""

    kind: Literal["calendar"]
    path: str = Field(default="exports/calendar/*.csv", min_length=1)
    columns: dict[str, str] = Field(default_factory=dict)
    holidays: Holidays | None = None


class ServiceMetricsSource(ZonedSource):
    """Metrics of services, from any monitoring system. `metric` and `unit` are for files that
    name none; `metric_kinds` says of a metric whether it counts up for ever (`counter`), within
    an interval (`delta`), or is a state (`gauge`); `labels` are columns that tell series apart."""

    kind: Literal["service_metrics"]
    service: str | None = None
    metric: str | None = None
    unit: str | None = None
    metric_kinds: dict[
        str, Literal["counter", "gauge", "delta", "rate", "histogram", "summary"]
    ] = Field(default_factory=dict)
    labels: list[str] = Field(default_factory=list)
    columns: dict[str, str] = Field(default_factory=dict)
    date_format: str | None = None
    delimiter: str | None = None
    decimal: Literal[".", ","] | None = None
    encoding: str | None = None


class EventsSource(ZonedSource):
    """What people did: sessions, views, clicks, hides, purchases; CSV or JSON."""

    kind: Literal["events"]
    columns: dict[str, str] = Field(default_factory=dict)
    date_format: str | None = None
    delimiter: str | None = None
    decimal: Literal[".", ","] | None = None
    encoding: str | None = None


class ExposureSource(ZonedSource):
    """Which items were served, rendered and viewed at which position; CSV or JSON."""

    kind: Literal["exposure"]
    columns: dict[str, str] = Field(default_factory=dict)
    date_format: str | None = None
    delimiter: str | None = None


class IncidentsSource(ZonedSource):
    """Incidents of services: CSV, or JSON as PagerDuty writes it."""

    kind: Literal["incidents"]
    columns: dict[str, str] = Field(default_factory=dict)
    date_format: str | None = None


class CostSource(SourceBase):
    """A day's cost of a service or model. `currency` and `service` are for files without them."""

    kind: Literal["cost"]
    columns: dict[str, str] = Field(default_factory=dict)
    service: str | None = None
    currency: str | None = Field(default=None, pattern=r"^[A-Z]{3}$")
    date_format: str | None = None
    delimiter: str | None = None
    decimal: Literal[".", ","] | None = None


class RatesSource(SourceBase):
    """Exchange rates: what a unit of a currency is worth in the hub's, or the other way round."""

    kind: Literal["rates"]
    columns: dict[str, str] = Field(default_factory=dict)
    quoted: Literal["in_hub_currency", "per_hub_currency"] = "in_hub_currency"
    date_format: str | None = None
    delimiter: str | None = None
    decimal: Literal[".", ","] | None = None


class SettingsSource(ZonedSource):
    """Flags and settings, JSON or YAML. `document` names what all its files are versions of."""

    kind: Literal["settings"]
    document: str | None = None


SourceConfig = Annotated[
    ServiceLogsSource
    | JiraSource
    | SalesSource
    | MlflowSource
    | ReleasesSource
    | ExperimentsSource
    | CalendarSource
    | ServiceMetricsSource
    | EventsSource
    | ExposureSource
    | IncidentsSource
    | CostSource
    | RatesSource
    | SettingsSource,
    Field(discriminator="kind"),
]

SOURCE_KINDS: tuple[str, ...] = tuple(
    get_args(model.model_fields["kind"].annotation)[0]
    for model in get_args(get_args(SourceConfig)[0])
)
