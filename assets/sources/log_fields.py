"""Which field of a log line means what, and how are times and durations written?

Decided per file from sampled lines. A field is known by its name, also within nested objects
(`http.request.method`); unit and time zone by evidence (`log_units`) or by `hub.yml`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from statistics import median
from typing import Any

from assets.sources.log_units import Undecided, decide_unit, number_of

__all__ = ["ALIASES", "EPOCH_UNITS", "LogFields", "Undecided", "decide_fields", "sampled_objects"]

# our column -> the names it goes by, in the order in which they are preferred
ALIASES: dict[str, tuple[str, ...]] = {
    "logged_at": (
        "ts", "timestamp", "@timestamp", "time", "asctime", "datetime", "date", "logged_at",
        "event_time", "eventTime", "Timestamp", "@t", "time_iso8601", "time_local", "msec",
        "StartUTC", "EdgeStartTimestamp", "timeUnixNano", "startTimeUnixNano",
        "observedTimeUnixNano",
    ),
    "service": (
        "service", "service_name", "service.name", "serviceName", "ServiceName", "app",
        "application", "ClientRequestHost", "request.host",
    ),
    "endpoint": (
        "endpoint", "path", "route", "http.route", "url", "uri", "url.path", "http.target",
        "request_path", "http_path", "RequestPath", "request.uri", "request.path", "request.url",
        "req.url", "http.url", "url.original", "request_uri", "ClientRequestURI",
        "ClientRequestPath",
    ),
    "method": (
        "method", "http_method", "request_method", "verb", "RequestMethod", "ClientRequestMethod",
        "http.request.method", "http.method", "request.method", "req.method",
    ),
    "status": (
        "status", "status_code", "statusCode", "http_status", "response_status", "code",
        "response_code", "DownstreamStatus", "EdgeResponseStatus", "http.response.status_code",
        "http.status_code", "response.status", "response.status_code", "res.statusCode",
    ),
    "latency_ms": (
        "latency_ms", "duration_ms", "elapsed_ms", "response_time_ms", "durationMs", "latencyMs",
        "took_ms", "duration_s", "duration_seconds", "latency_s", "elapsed_s", "duration_us",
        "latency_us", "duration_ns", "latency_ns", "request_time", "event.duration",
        "http.server.request.duration", "http.server.duration", "duration", "latency",
        "elapsed", "response_time", "responseTime", "took", "Duration", "Elapsed",
    ),
    "version": ("version", "app_version", "service_version", "service.version", "release"),
    "level": ("level", "levelname", "severity", "log_level", "log.level", "severityText", "@l"),
    "message": ("message", "msg", "event", "body", "@m", "@mt"),
    "request_id": (
        "request_id", "requestId", "req_id", "x_request_id", "request.id", "http.request.id",
        "trace_id", "traceId", "trace.id", "RayID",
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
    "span_kind": ("span_kind", "span.kind", "spanKind"),
    "parent_span_id": ("parent_span_id", "parentSpanId"),
}  # fmt: skip
_OFFSET = re.compile(r"(Z|z|UTC|[+-]\d{2}:?\d{2}|[+-]\d{2})$")
_NAIVE = re.compile(r"\d{4}-\d{2}-\d{2}[T ]\d{1,2}:\d{2}")
EPOCH_UNITS = (("s", 1e8, 1e11), ("ms", 1e11, 1e14), ("us", 1e14, 1e17), ("ns", 1e17, 1e20))
_DEEPEST = 4
# what a log of requests should tell; check names those that a file does not
_WANTED = ("service", "endpoint", "status", "latency_ms", "version")


@dataclass(frozen=True)
class LogFields:
    """How a file's lines are read.

    `sources`: our column -> fields of the file, the first with a value counts. `paths`: those
    fields that (also) stand within nested objects, with the keys that lead there; `top` are the
    fields of the lines themselves. `unit` is that of the duration, `unit_evidence` says how it was
    told. `extra` are fields nobody declared, `left_out` those that are not kept.
    """

    sources: dict[str, tuple[str, ...]]
    time_form: str
    unit: str
    unit_evidence: str
    extra: tuple[str, ...]
    paths: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    top: frozenset[str] = frozenset()
    left_out: tuple[str, ...] = ()

    def detected(self) -> dict[str, Any]:
        """What is noted with a load and shown by a check."""
        told: dict[str, Any] = {
            "fields": {ours: list(theirs) for ours, theirs in self.sources.items()},
            "extra_fields": list(self.extra),
        }
        if "latency_ms" in self.sources:
            told["duration"] = {"unit": self.unit, "told_by": self.unit_evidence}
        if missing := [name for name in _WANTED if name not in self.sources]:
            told["not_in_the_lines"] = missing
        if self.left_out:
            told["left_out"] = list(self.left_out)
        return told

    def with_extra(self, keys: Sequence[str]) -> LogFields:
        """The same with those `keys` that are neither used nor left out as further extra ones."""
        used = {name for fields in self.sources.values() for name in fields}
        found = _distinct_ignoring_case(
            [*self.extra, *(key for key in keys if _usable(key))], {*used, *self.left_out}
        )
        return replace(self, extra=found)


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
    of_form: Mapping[str, str] | None = None,
    hint: tuple[str, str] | None = None,
    leave_out: Sequence[str] = (),
) -> LogFields:
    """Decide from sampled objects. `given` maps our column to a field and wins over names;
    `earlier` is what was detected in an earlier file; columns `without` a field are not looked
    for. `of_form` and `hint` are the fields and the unit that the log's form fixes; fields to
    `leave_out` are no extra ones. Raises `Undecided`."""
    top = [key for key in dict.fromkeys(key for line in objects for key in line) if _usable(key)]
    paths = _nested_paths(objects)
    seen = [*top, *(name for name in paths if name not in top)]
    flat = [_flat(line, paths) for line in objects]
    _check_given(given)
    chosen = {**(of_form or {}), **given}
    sources = _find_sources(seen, flat, chosen)
    sources = {ours: theirs for ours, theirs in sources.items() if ours not in without}
    if "logged_at" not in sources:
        raise _no_time(seen)
    unit, evidence = "ms", "no duration"
    if fields := sources.get("latency_ms"):
        unit, evidence = decide_unit(
            fields[0],
            _samples(flat, fields),
            given=duration_unit,
            hint=hint if chosen.get("latency_ms") == (of_form or {}).get("latency_ms") else None,
            beside=seen,
            earlier=earlier,
        )
    used = {name for fields in sources.values() for name in fields}
    return LogFields(
        sources,
        _time_form(_samples(flat, sources["logged_at"])),
        unit,
        evidence,
        tuple(name for name in _distinct_ignoring_case(top, used) if name not in leave_out),
        {name: paths[name] for name in used if name in paths},
        frozenset(top),
        tuple(name for name in leave_out if name in top and name not in used),
    )


def time_told(
    form: str, zone: str, *, is_of_source: bool, of_form: tuple[str, str] | None
) -> dict[str, str]:
    """How times are written, in which zone, and the evidence. `of_form` is the zone that the form
    of the log fixes, with the reason."""
    if of_form is not None:
        return {"form": form, "zone": of_form[0], "told_by": of_form[1]}
    if form.startswith("epoch"):
        return {"form": form, "zone": "UTC", "told_by": "counted since 1970"}
    if form == "iso":
        return {"form": form, "zone": "of each line", "told_by": "an offset in the sampled lines"}
    whose = "the source's" if is_of_source else "the hub's"
    return {"form": form, "zone": zone, "told_by": f"hub.yml, {whose} time_zone: no offset"}


def _no_time(seen: Sequence[str]) -> Undecided:
    return Undecided(
        "logged_at",
        f"lines with the fields {', '.join(seen)[:300]}",
        f"a time in one of {', '.join(ALIASES['logged_at'])}",
        "Name the field in hub.yml: `fields: {logged_at: <field>}`.",
    )


def _check_given(given: Mapping[str, str]) -> None:
    unknown = sorted(set(given) - set(ALIASES))
    if unknown:
        raise Undecided(
            unknown[0],
            f"`fields: {{{unknown[0]}: …}}` in hub.yml",
            "one of " + ", ".join(ALIASES),
            "Correct the name on the left of the mapping.",
        )


def _nested_paths(objects: Sequence[Mapping[str, Any]]) -> dict[str, tuple[str, ...]]:
    """Dotted name -> keys, of the values within nested objects that have a usable name."""
    return {
        ".".join(path): path
        for line in objects
        for path, _ in _leaves(line, ())
        if len(path) > 1 and all(_usable(key) for key in path)
    }


def _leaves(
    value: Mapping[str, Any], path: tuple[str, ...]
) -> Iterator[tuple[tuple[str, ...], Any]]:
    for key, inner in value.items():
        if isinstance(inner, dict) and len(path) < _DEEPEST:
            yield from _leaves(inner, (*path, key))
        else:
            yield (*path, key), inner


def _flat(line: Mapping[str, Any], paths: Mapping[str, tuple[str, ...]]) -> dict[str, Any]:
    """A line with its nested values under dotted names too; its own fields win."""
    nested = {".".join(path): value for path, value in _leaves(line, ()) if len(path) > 1}
    return {**{name: value for name, value in nested.items() if name in paths}, **line}


def _find_sources(
    seen: Sequence[str], objects: Sequence[Mapping[str, Any]], given: Mapping[str, str]
) -> dict[str, tuple[str, ...]]:
    folded: set[str] = {name.lower() for name in given.values()}
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


_NUMBERS = ("status", "k_asked", "k_served", "k_rendered", "k_viewed")
_DURATION = re.compile(r"\d+(?:\.\d+)?\s?(?:ns|us|µs|μs|ms|s)$")


def _fits(ours: str, name: str, objects: Sequence[Mapping[str, Any]]) -> bool:
    """Whether a field's values are of the kind its name promises (`status: "completed"` is no
    HTTP status, `event: {...}` no message)."""
    values = [line[name] for line in objects if line.get(name) not in (None, "", "-")]
    if not values:
        return True
    if ours == "latency_ms":
        return 2 * sum(_is_duration(value) for value in values) >= len(values)
    if ours in _NUMBERS:
        return sum(number_of(value) is not None for value in values) * 2 >= len(values)
    return sum(isinstance(value, dict | list) for value in values) * 2 <= len(values)


def _is_duration(value: Any) -> bool:
    if isinstance(value, str) and _DURATION.match(value.strip()):
        return True
    return number_of(value) is not None


def _usable(name: str) -> bool:
    """Whether the database can be asked for a field: its name holds no control characters."""
    return name.isprintable() and bool(name)


def _distinct_ignoring_case(seen: Iterable[str], used: Iterable[str]) -> tuple[str, ...]:
    """Fields besides the used ones; of names that differ only in case the database reads one."""
    folded = {name.lower() for name in used}
    extra = []
    for name in seen:
        if name.lower() not in folded:
            folded.add(name.lower())
            extra.append(name)
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
    numbers = [number for value in values if (number := number_of(value)) is not None]
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
