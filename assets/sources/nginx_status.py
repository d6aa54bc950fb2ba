"""How is the status of NGINX Plus read? One JSON object a line, each number a sample.

Names of zones, upstreams and servers become labels, the path to a number its metric. Which
numbers are states and which only count up is what the module's documentation says
(https://nginx.org/en/docs/http/ngx_http_status_module.html).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from assets.sources import quarantine
from assets.sources.epoch_times import epoch_time
from assets.sources.json_records import JsonRecord
from assets.sources.metric_samples import Sample, Samples, is_number, labels_of
from assets.sources.quarantine import Rejected

FORM = "nginx_plus_status"
_STATES = frozenset((
    "active", "idle", "current", "processing", "keepalive", "zombies", "weight", "max_conns",
    "size", "max_size", "queue", "overflows_current", "used", "free", "pages_used", "pages_free",
    "downstart", "selected", "unhealthy_now", "id", "connect_time", "first_byte_time",
    "response_time", "header_time", "version", "generation", "pid", "ppid", "load_timestamp",
))  # fmt: skip
_GROUPS = {"server_zones": "server_zone", "upstreams": "upstream", "caches": "cache"}
_DEEPEST = 12


def is_status(value: Mapping[str, Any]) -> bool:
    """Whether an object is the module's answer."""
    return "nginx_version" in value and "timestamp" in value and "connections" in value


def read_status(records: Sequence[JsonRecord]) -> Samples:
    """The samples of a file of answers."""
    found = Samples(FORM)
    workers: list[str] = []
    for record in records:
        at = record.value.get("timestamp")
        when = (
            epoch_time(at, "ms")
            if at is not None and is_number(at) and is_status(record.value)
            else None
        )
        if when is None:
            found.rejected.append(
                Rejected(record.line, quarantine.BAD_TIMESTAMP, "timestamp", str(at)[:200],
                         "an answer with its timestamp in milliseconds", record.raw)
            )  # fmt: skip
            continue
        words: dict[str, Any] = {}
        samples = []
        for path, labels, value in _numbers(record.value, (), {}, words, 0):
            name = "nginx_" + "_".join(path)
            kind = "gauge" if path[-1] in _STATES else "counter"
            unit = "bytes" if path[-1] in ("sent", "received", "size", "max_size") else None
            samples.append(
                Sample(when, name, value, labels_of(labels), kind, unit, None, record.line,
                       None, "the documentation of NGINX")
            )  # fmt: skip
        if samples and words:  # what is no number is kept with the answer's first sample
            samples[0] = replace(samples[0], extra=words)
        found.samples += samples
        workers += [str(record.value.get("pid", ""))] * len(samples)
    _split_by_worker(found, workers)
    return found


def _split_by_worker(found: Samples, workers: Sequence[str]) -> None:
    """Counts of TLS that jump back and forth are each worker's own: the worker becomes a label."""
    places = [n for n, row in enumerate(found.samples) if row.metric.startswith("nginx_ssl_")]
    alone: dict[tuple[str, str], float] = {}
    joint: dict[str, float] = {}
    falls_joint = falls_alone = 0
    for place in places:
        row, worker = found.samples[place], workers[place]
        value = row.value or 0.0
        falls_joint += value < joint.get(row.metric, value)
        falls_alone += value < alone.get((row.metric, worker), value)
        joint[row.metric] = alone[row.metric, worker] = value
    if not falls_joint or falls_alone:
        return
    found.detected["nginx_ssl"] = f"a count a worker: as one it would fall {falls_joint} times"
    for place in places:
        row = found.samples[place]
        labels = labels_of({**dict(row.labels), "worker": workers[place]})
        found.samples[place] = replace(row, labels=labels)


def _numbers(
    value: Any,
    path: tuple[str, ...],
    labels: dict[str, str],
    words: dict[str, Any],
    depth: int,
) -> Iterator[tuple[tuple[str, ...], dict[str, str], float]]:
    """Path, labels and value of every number; anything else goes into `words`."""
    if isinstance(value, dict) and depth < _DEEPEST:
        for key, member in value.items():
            group = _GROUPS.get(str(key))
            if group and isinstance(member, dict):
                for name, one in member.items():
                    named = {**labels, group: str(name)}
                    yield from _numbers(one, (*path, str(key)), named, words, depth + 1)
            elif path or key != "timestamp":
                yield from _numbers(member, (*path, str(key)), labels, words, depth + 1)
    elif isinstance(value, list) and value and all(isinstance(v, dict) for v in value):
        for place, member in enumerate(value):
            server = str(member.get("server", place))
            named = {**labels, "server": server, "server_id": str(member.get("id", place))}
            yield from _numbers(member, path, named, words, depth + 1)
    elif is_number(value):
        yield path, labels, float(value)
    elif not isinstance(value, dict | list) or value:
        words[".".join([*labels.values(), *path])] = value
