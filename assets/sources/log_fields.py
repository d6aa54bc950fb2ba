"""Which field of a log line means what, and in which unit is its duration?

Decided per file from sampled lines. A field is known by its name; the unit of a duration by its
name, by the values where only one unit makes sense of them, by earlier files of the source, or by
`hub.yml`. Where none of these tells, the file is refused rather than read a thousand times wrong.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

# our column -> the names it goes by, in the order in which they are preferred
ALIASES: dict[str, tuple[str, ...]] = {
    "logged_at": (
        "ts", "timestamp", "@timestamp", "time", "asctime", "datetime", "date", "logged_at",
        "event_time", "eventTime", "Timestamp", "StartUTC", "EdgeStartTimestamp",
    ),
    "service": (
        "service", "service_name", "service.name", "serviceName", "app", "application",
        "ClientRequestHost",
    ),
    "endpoint": (
        "endpoint", "path", "route", "url", "uri", "request_path", "http_path", "RequestPath",
        "ClientRequestURI", "ClientRequestPath",
    ),
    "method": (
        "method", "http_method", "request_method", "verb", "RequestMethod", "ClientRequestMethod",
    ),
    "status": (
        "status", "status_code", "statusCode", "http_status", "response_status", "code",
        "response_code", "DownstreamStatus", "EdgeResponseStatus",
    ),
    "latency_ms": (
        "latency_ms", "duration_ms", "elapsed_ms", "response_time_ms", "durationMs", "latencyMs",
        "took_ms", "duration_s", "duration_seconds", "latency_s", "elapsed_s", "duration_us",
        "latency_us", "duration_ns", "latency_ns", "request_time", "duration", "latency",
        "elapsed", "response_time", "responseTime", "took", "Duration",
    ),
    "version": ("version", "app_version", "service_version", "service.version", "release"),
    "level": ("level", "levelname", "severity", "log_level", "log.level"),
    "message": ("message", "msg", "event"),
    "request_id": (
        "request_id", "requestId", "req_id", "x_request_id", "trace_id", "traceId", "RayID",
    ),
    "caller": ("caller", "client", "consumer"),
    "platform": ("platform", "device_platform", "client_platform"),
    "model": ("model", "model_name"),
    "model_version": ("model_version", "modelVersion"),
    "k_asked": ("k_asked", "k", "limit"),
    "k_served": ("k_served", "served", "n_results"),
    "k_rendered": ("k_rendered", "rendered"),
    "k_viewed": ("k_viewed", "viewed"),
    "is_fallback": ("is_fallback", "fallback"),
}  # fmt: skip
UNIT_IN_MS = {"ns": 1e-6, "us": 1e-3, "ms": 1.0, "s": 1e3}
# names whose unit their format fixes: nginx writes $request_time in seconds, Traefik nanoseconds
_FIXED_UNITS = {"request_time": "s", "upstream_response_time": "s", "Duration": "ns"}
_UNIT_ENDINGS = (
    ("ns", re.compile(r"(_ns|_nanos|_nanoseconds|Ns|Nanos)$")),
    ("us", re.compile(r"(_us|_micros|_microseconds|Us|Micros)$")),
    ("ms", re.compile(r"(_ms|_msec|_millis|_milliseconds|Ms|Millis)$")),
    ("s", re.compile(r"(_s|_sec|_secs|_seconds|Seconds|Secs)$")),
)
_OFFSET = re.compile(r"(Z|[+-]\d{2}:?\d{2}|[+-]\d{2})$")
_NAIVE = re.compile(r"\d{4}-\d{2}-\d{2}[T ]\d{1,2}:\d{2}")
EPOCH_UNITS = (("s", 1e8, 1e11), ("ms", 1e11, 1e14), ("us", 1e14, 1e17), ("ns", 1e17, 1e20))


class Undecided(Exception):
    """A file's fields do not say what they mean; carries column, found, expected, remedy."""

    def __init__(self, column: str, found: str, expected: str, remedy: str) -> None:
        self.column, self.found, self.expected, self.remedy = column, found, expected, remedy
        super().__init__(found)


@dataclass(frozen=True)
class LogFields:
    """How a file's lines are read.

    `sources`: our column -> fields of the file, the first with a value counts. `unit` is that of
    the duration, `unit_evidence` says how it was told. `extra` are fields nobody declared.
    """

    sources: dict[str, tuple[str, ...]]
    time_form: str
    unit: str
    unit_evidence: str
    extra: tuple[str, ...]

    def detected(self) -> dict[str, Any]:
        told: dict[str, Any] = {
            "fields": {ours: list(theirs) for ours, theirs in self.sources.items()},
            "time": self.time_form,
            "extra_fields": list(self.extra),
        }
        if "latency_ms" in self.sources:
            told["duration"] = {"unit": self.unit, "told_by": self.unit_evidence}
        return told


def sampled_objects(lines: Iterable[bytes]) -> list[dict[str, Any]]:
    """The sampled lines that are JSON objects."""
    objects = []
    for line in lines:
        try:
            value = json.loads(line)
        except (ValueError, RecursionError):
            continue
        if isinstance(value, dict):
            objects.append(value)
    return objects


def decide_fields(
    objects: Sequence[Mapping[str, Any]],
    *,
    given: Mapping[str, str],
    duration_unit: str | None,
    earlier: Mapping[str, Any],
    without: Sequence[str] = (),
) -> LogFields:
    """Decide from sampled objects. `given` maps our column to a field and wins over names;
    `earlier` is what was detected in an earlier file; columns `without` a field are not looked
    for. Raises `Undecided`."""
    seen = [key for key in dict.fromkeys(key for line in objects for key in line) if _usable(key)]
    sources = _find_sources(seen, objects, given)
    sources = {ours: theirs for ours, theirs in sources.items() if ours not in without}
    if "logged_at" not in sources:
        raise Undecided(
            "logged_at",
            f"lines with the fields {', '.join(seen)[:300]}",
            f"a time in one of {', '.join(ALIASES['logged_at'])}",
            "Name the field in hub.yml: `fields: {logged_at: <field>}`.",
        )
    unit, evidence = "ms", "no duration"
    if fields := sources.get("latency_ms"):
        unit, evidence = _decide_unit(fields, objects, duration_unit, earlier)
    used = {field for fields in sources.values() for field in fields}
    return LogFields(
        sources,
        _time_form(_samples(objects, sources["logged_at"])),
        unit,
        evidence,
        _distinct_ignoring_case(seen, used),
    )


def _find_sources(
    seen: Sequence[str], objects: Sequence[Mapping[str, Any]], given: Mapping[str, str]
) -> dict[str, tuple[str, ...]]:
    unknown = sorted(set(given) - set(ALIASES))
    if unknown:
        raise Undecided(
            unknown[0],
            f"`fields: {{{unknown[0]}: …}}` in hub.yml",
            "one of " + ", ".join(ALIASES),
            "Correct the name on the left of the mapping.",
        )
    taken: set[str] = set(given.values())
    folded: set[str] = {field.lower() for field in taken}
    sources: dict[str, tuple[str, ...]] = {}
    for ours, names in ALIASES.items():
        if ours in given:
            sources[ours] = (given[ours],)
            continue
        fields = []
        for name in names:
            if name in seen and name.lower() not in folded and _fits(ours, name, objects):
                fields.append(name)
                folded.add(name.lower())
        if ours == "latency_ms":
            fields = fields[:1]  # a second field may have another unit
        if fields:
            sources[ours] = tuple(fields)
    return sources


def _fits(ours: str, name: str, objects: Sequence[Mapping[str, Any]]) -> bool:
    """Whether a field's values are of the kind its name promises (`status: "completed"` is no
    HTTP status, `event: {...}` no message)."""
    values = [line[name] for line in objects if line.get(name) not in (None, "", "-")]
    if not values:
        return True
    if ours in ("status", "latency_ms", "k_asked", "k_served", "k_rendered", "k_viewed"):
        return sum(_number(value) is not None for value in values) * 2 >= len(values)
    return sum(isinstance(value, dict | list) for value in values) * 2 <= len(values)


def _usable(field: str) -> bool:
    """Whether the database can be asked for a field: its name holds no control characters."""
    return field.isprintable() and bool(field)


def _distinct_ignoring_case(seen: Iterable[str], used: Iterable[str]) -> tuple[str, ...]:
    """Fields besides the used ones; of names that differ only in case the database reads one."""
    folded = {field.lower() for field in used}
    extra = []
    for field in seen:
        if field.lower() not in folded:
            folded.add(field.lower())
            extra.append(field)
    return tuple(extra)


def _samples(objects: Sequence[Mapping[str, Any]], fields: Sequence[str]) -> list[Any]:
    found = []
    for line in objects:
        value = next((line[name] for name in fields if line.get(name) is not None), None)
        if value is not None and value != "":
            found.append(value)
    return found


def _time_form(values: Sequence[Any]) -> str:
    """How times are written: `iso`, or an epoch with its unit, told by the values' size."""
    numbers = [number for value in values if (number := _number(value)) is not None]
    if len(numbers) * 2 > len(values):
        middle = median(numbers)
        for unit, least, most in EPOCH_UNITS:
            if least <= middle < most:
                return f"epoch_{unit}"
    naive = [
        value
        for value in values
        if isinstance(value, str) and _NAIVE.match(value) and not _OFFSET.search(value[10:])
    ]
    return "local" if len(naive) * 2 > len(values) else "iso"


def _decide_unit(
    fields: Sequence[str],
    objects: Sequence[Mapping[str, Any]],
    given: str | None,
    earlier: Mapping[str, Any],
) -> tuple[str, str]:
    name = fields[0]
    if given:
        return given, "hub.yml"
    if name in _FIXED_UNITS:
        return _FIXED_UNITS[name], f"the field is called {name}"
    for unit, ending in _UNIT_ENDINGS:
        if ending.search(name):
            return unit, f"the field is called {name}"
    before = earlier.get("duration", {}).get("unit")
    told = _unit_from_values(
        [n for value in _samples(objects, fields) if (n := _number(value)) is not None and n > 0]
    )
    if told is None and before is None:
        raise Undecided(
            name,
            f"durations without a unit, whose size does not tell it ({_examples(objects, name)})",
            "a field whose name ends in its unit, such as duration_ms",
            "Say it in hub.yml: `duration_unit: ms` (or ns, us, s).",
        )
    if told is None:
        return str(before), "earlier files of this source"
    if before is not None and before != told[0]:
        raise Undecided(
            name,
            f"durations that look like {told[0]} ({told[1]}), while earlier files had {before}",
            "one unit in all files of a source",
            "Say it in hub.yml with `duration_unit`, in two sources if the unit really changed.",
        )
    return told


def _unit_from_values(values: Sequence[float]) -> tuple[str, str] | None:
    """The unit under which a median request takes between about 0.2 ms and 20 s, if only one."""
    if len(values) < 5:
        return None
    middle = median(values)
    if any(value != int(value) for value in values):
        if middle < 0.2:
            return "s", f"median {middle:.4g}, with decimals"
        return ("ms", f"median {middle:.4g}, with decimals") if 20 <= middle < 20_000 else None
    for unit, least, most in (("ms", 1, 5e3), ("us", 5e3, 2e6), ("ns", 2e6, 2e10)):
        if least <= middle < most:
            return unit, f"median {middle:.4g}, whole numbers"
    return None


def _number(value: Any) -> float | None:
    if isinstance(value, bool):
        return None
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return number if abs(number) < 1e300 else None


def _examples(objects: Sequence[Mapping[str, Any]], name: str) -> str:
    return ", ".join(str(value)[:20] for value in _samples(objects, [name])[:3])
