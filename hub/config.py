"""What does the user's `hub.yml` say? The only configuration, validated once, here.

Every problem is reported with the line of `hub.yml`, the key and what was expected.
`${NAME}` inside a string is replaced by the environment variable of that name; such values are
treated as secrets: they never appear in an error or a printed configuration (`redact`).
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo

import yaml
from pydantic import (
    Field,
    PrivateAttr,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic_core import ErrorDetails

from hub.source_base import Strict, known_zone
from hub.source_settings import SOURCE_KINDS, SourceConfig

_VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")


class ConfigError(Exception):
    """`hub.yml` cannot be used; the message names file, line, key and what was expected."""


class Target(Strict):
    """What a KPI should reach in each period of a grain that begins on the day `since` or later.

    The next target of the same metric and grain takes its place. Without `since` it says nothing
    of the past: it holds for the newest complete period and what comes after.
    """

    metric: str
    grain: Literal["day", "week", "month"]
    value: float
    since: date | None = None


def target_on(targets: Iterable[Target], day: date) -> float | None:
    """What the targets of one metric and grain ask of a current period that begins on `day`."""
    held = [each for each in targets if each.since is None or each.since <= day]
    return max(held, key=lambda each: each.since or date.min).value if held else None


class Slo(Strict):
    """The share of good requests a service promises over a window.

    `apdex_ms`: up to this latency a request satisfies (T of Apdex); one setting a service.
    `least_requests`: a burn-rate alert needs so many requests in its long window.
    """

    service: str
    objective: float = Field(gt=0, lt=1)
    window_days: int = Field(default=28, ge=1, le=366)
    apdex_ms: float = Field(default=500, gt=0, allow_inf_nan=False)
    least_requests: int = Field(default=100, ge=1)


class Pair(Strict):
    """A model metric and a KPI declared before looking: a confirmatory question."""

    metric: str
    kpi: str


class LinkSettings(Strict):
    """How links are asked. `smallest_gain_per_month` is in the hub's currency.

    `draw_pairs`: for how many pairs the charts are kept. `experiment_gains`: whether experiments
    record offline gains as differences of the metric or of its logarithm.
    """

    smallest_gain_per_month: float = Field(default=1000, gt=0)
    max_lag_days: int = Field(default=14, ge=0, le=60)
    kpis: list[str] | None = None
    primary: list[Pair] = Field(default_factory=list)
    draw_pairs: int = Field(default=300, ge=0)
    experiment_gains: Literal["difference", "log"] = "difference"


class GuardrailSetting(Strict):
    """A metric that no experiment may harm by more than `margin`, a share of the control's mean.

    `direction` says which way is good; without it the metric's definition does, else up is good.
    """

    metric: str
    margin: float = Field(default=0.01, gt=0, lt=1)
    direction: Literal["up", "down"] | None = None


class DeliverySettings(Strict):
    """How deliveries are judged. An incident that names no release belongs to the last production
    deploy before it, but to none that is older than `incident_gap_hours`."""

    incident_gap_hours: float = Field(default=24, gt=0, le=24 * 90)


class Retention(Strict):
    """What is kept for how long; None keeps everything."""

    raw_log_days: int | None = Field(default=None, ge=1)


class HubConfig(Strict):
    """The whole of `hub.yml`.

    `data_end` is the last day of data that will ever come, for what is closed or simulated.
    """

    company: str = Field(min_length=1)
    time_zone: str
    currency: str = Field(pattern=r"^[A-Z]{3}$")
    sources: list[SourceConfig] = Field(min_length=1)
    targets: list[Target] = Field(default_factory=list)
    slos: list[Slo] = Field(default_factory=list)
    link: LinkSettings = Field(default_factory=LinkSettings)
    guardrails: list[GuardrailSetting] = Field(default_factory=list)
    delivery: DeliverySettings = Field(default_factory=DeliverySettings)
    retention: Retention = Field(default_factory=Retention)
    keep_builds: int = Field(default=5, ge=1)
    data_end: date | None = None

    _zone = field_validator("time_zone")(known_zone)
    _secrets: dict[str, str] = PrivateAttr(default_factory=dict)

    @model_validator(mode="after")
    def _names_once(self) -> HubConfig:
        names = [source.name for source in self.sources]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"source names that differ; {', '.join(twice)} stands more than once")
        return self

    @model_validator(mode="after")
    def _one_target_at_a_time(self) -> HubConfig:
        began: dict[tuple[str, str], list[date | None]] = {}
        for target in self.targets:
            began.setdefault((target.metric, target.grain), []).append(target.since)
        for (metric, grain), days in began.items():
            if len(days) > 1 and (None in days or len(set(days)) < len(days)):
                raise ValueError(
                    f"targets with a `since` that differs where a metric and grain has several; "
                    f"{metric} by {grain} has {len(days)}"
                )
        return self

    @model_validator(mode="after")
    def _one_promise_a_service(self) -> HubConfig:
        windows = [(slo.service, slo.window_days) for slo in self.slos]
        if len(set(windows)) < len(windows):
            raise ValueError("slos with one objective for each service and window_days")
        latencies = {(slo.service, slo.apdex_ms) for slo in self.slos}
        if len({service for service, _ in latencies}) < len(latencies):
            raise ValueError("slos of one service with the same apdex_ms")
        return self

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)

    def judged_at(self, now: datetime) -> datetime:
        """The moment to which the age of data is counted: now, or the end of `data_end`."""
        if self.data_end is None:
            return now
        return min(now, datetime.combine(self.data_end + timedelta(days=1), time(), self.zone))

    def redact(self, text: str) -> str:
        """`text` with every value that came from the environment put back as `${NAME}`."""
        return _redact(text, self._secrets)


def _redact(text: str, secrets: dict[str, str]) -> str:
    for name, value in secrets.items():
        if value:
            text = text.replace(value, f"${{{name}}}")
    return text


@dataclass(frozen=True)
class _Document:
    """The parsed YAML with the line of each node, addressed by its path of keys."""

    file: Path
    data: Any
    lines: dict[tuple[str | int, ...], int]

    def line(self, path: tuple[str | int, ...]) -> int:
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)


def load_config(root: Path) -> HubConfig:
    """Read and check `<root>/hub.yml`. Raises `ConfigError`."""
    file = root / "hub.yml"
    document = _parse(file)
    secrets: dict[str, str] = {}
    data = _expand(document.data, (), document, secrets)
    try:
        config = HubConfig.model_validate(data)
    except ValidationError as error:
        problems = [_explain(document, data, detail, secrets) for detail in error.errors()]
        raise ConfigError("\n".join(dict.fromkeys(problems))) from None
    config._secrets.update(secrets)
    return config


def _parse(file: Path) -> _Document:
    try:
        text = file.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise ConfigError(
            f"{file}: no hub.yml here. Make a home with `bellwether init DIR`, "
            "or name one with --home or BELLWETHER_HOME."
        ) from None
    except UnicodeDecodeError as error:
        raise ConfigError(f"{file}: not UTF-8 text (byte {error.start}).") from None
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        data = yaml.safe_load(text)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        where = f"line {mark.line + 1}, column {mark.column + 1}" if mark else "somewhere"
        raise ConfigError(f"{file}, {where}: not valid YAML: {error.problem}.") from None
    if not isinstance(data, dict):
        raise ConfigError(f"{file}, line 1: expected keys such as `company:` and `sources:`.")
    lines: dict[tuple[str | int, ...], int] = {}
    _index(node, (), lines, file)
    return _Document(file, data, lines)


def _index(
    node: yaml.Node | None,
    path: tuple[str | int, ...],
    lines: dict[tuple[str | int, ...], int],
    file: Path,
) -> None:
    if node is None:
        return
    lines.setdefault(path, node.start_mark.line + 1)
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            child = (*path, str(key.value))
            if child in lines:
                raise ConfigError(
                    f"{file}, line {key.start_mark.line + 1}: key `{key.value}` stands twice; "
                    f"it was first given on line {lines[child]}."
                )
            lines[child] = key.start_mark.line + 1
            _index(value, child, lines, file)
    elif isinstance(node, yaml.SequenceNode):
        for position, value in enumerate(node.value):
            _index(value, (*path, position), lines, file)


def _expand(
    value: Any, path: tuple[str | int, ...], document: _Document, secrets: dict[str, str]
) -> Any:
    if isinstance(value, dict):
        return {k: _expand(v, (*path, str(k)), document, secrets) for k, v in value.items()}
    if isinstance(value, list):
        return [_expand(v, (*path, i), document, secrets) for i, v in enumerate(value)]
    if not isinstance(value, str):
        return value

    def replace(match: re.Match[str]) -> str:
        name = match[1]
        if name not in os.environ:
            raise ConfigError(
                f"{document.file}, line {document.line(path)}, key `{_dotted(path)}`: "
                f"the environment variable {name} is not set."
            )
        secrets[name] = os.environ[name]
        return os.environ[name]

    return _VARIABLE.sub(replace, value)


def _dotted(path: tuple[str | int, ...]) -> str:
    text = ""
    for part in path:
        text += f"[{part + 1}]" if isinstance(part, int) else f".{part}" if text else part
    return text or "hub.yml"


def _explain(document: _Document, data: Any, detail: ErrorDetails, secrets: dict[str, str]) -> str:
    """One line of an error: file, line, key, what was expected, what was found."""
    # pydantic puts the discriminator's value into the location of a union's member
    path: tuple[str | int, ...] = tuple(
        part
        for position, part in enumerate(detail["loc"])
        if not (position == 2 and detail["loc"][0] == "sources" and part in SOURCE_KINDS)
    )
    kind = detail["type"]
    key = _dotted(path)
    where = f"{document.file}, line {document.line(path)}, key `{key}`"
    if kind == "missing":
        return f"{where}: missing; expected a value for it."
    if kind == "extra_forbidden":
        return f"{where}: unknown key; remove it or correct its spelling."
    if kind.startswith("union_tag"):
        return f"{where}.kind: expected one of {', '.join(SOURCE_KINDS)}."
    expected = detail["msg"].removeprefix("Value error, ")
    found = "" if isinstance(detail["input"], dict | list) else f"; found {detail['input']!r}"
    if kind == "value_error" and not path:
        found = ""
    return _redact(f"{where}: expected {_lower(expected)}{found}.", secrets)


def _lower(text: str) -> str:
    text = text.removeprefix("Input should be ").removeprefix("String should ")
    return text[:1].lower() + text[1:] if text[:2] != text[:2].upper() else text
