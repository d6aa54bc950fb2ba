"""In which unit is a log's duration? Told by evidence that is named, or refused.

Evidence is, in this order: the unit written with each value, `hub.yml`, what the form of the log
fixes, the field's name, the sizes of the values where only one unit makes sense of them, and
earlier files of the source. Where none tells, or two disagree, the file is refused: a duration
read a thousand times wrong is worse than none.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from statistics import median
from typing import Any

UNIT_IN_MS = {"ns": 1e-6, "us": 1e-3, "ms": 1.0, "s": 1e3}
WRITTEN = "written"
# What a format's own documentation fixes: nginx's $request_time and $upstream_response_time are
# seconds, ECS' event.duration nanoseconds, OpenTelemetry's http.server.request.duration seconds,
# its older http.server.duration milliseconds.
_FIXED = {
    "request_time": ("s", "nginx writes it in seconds"),
    "upstream_response_time": ("s", "nginx writes it in seconds"),
    "event.duration": ("ns", "the Elastic Common Schema has it in nanoseconds"),
    "http.server.request.duration": ("s", "OpenTelemetry has it in seconds"),
    "http.server.duration": ("ms", "OpenTelemetry had it in milliseconds"),
    "http.client.request.duration": ("s", "OpenTelemetry has it in seconds"),
}
# Fields whose name many formats share: fixed only beside fields that give the format away.
_FIXED_BESIDE = {
    "Duration": (
        "ns",
        "Traefik writes it in nanoseconds",
        {"RouterName", "DownstreamStatus", "OriginDuration", "RequestPath", "ClientAddr"},
    ),
}
_ENDINGS = (
    ("ns", re.compile(r"(_ns|_nanos|_nanoseconds|Ns|Nano|Nanos|UnixNano)$")),
    ("us", re.compile(r"(_us|_micros|_microseconds|Us|Micros)$")),
    ("ms", re.compile(r"(_ms|_msec|_millis|_milliseconds|Ms|Millis)$")),
    ("s", re.compile(r"(_s|_sec|_secs|_seconds|Seconds|Secs)$")),
)
_CADDY = {"request.remote_ip", "request.proto", "resp_headers", "bytes_read"}
_WITH_UNIT = re.compile(r"\d+(?:\.\d+)?\s?(?:ns|us|µs|μs|ms|s)$")
_FEWEST = 5
_LONGEST_MEDIAN_S = 300


class Undecided(Exception):
    """A file's fields do not say what they mean; carries column, found, expected, remedy."""

    def __init__(self, column: str, found: str, expected: str, remedy: str) -> None:
        self.column, self.found, self.expected, self.remedy = column, found, expected, remedy
        super().__init__(found)


def decide_unit(
    name: str,
    values: Sequence[Any],
    *,
    given: str | None,
    hint: tuple[str, str] | None = None,
    beside: Collection[str] = (),
    earlier: Mapping[str, Any],
) -> tuple[str, str]:
    """The unit (ns, us, ms, s, or `written` with each value) and its evidence.

    `values` are sampled; `given` is hub.yml's unit, `hint` what the form of the log fixes,
    `beside` the other fields, `earlier` what was detected before. Raises `Undecided`.
    """
    if _are_written(values):
        return WRITTEN, f"each value names its unit ({str(values[0])[:20]})"
    if given:
        return given, "hub.yml"
    numbers = [number for value in values if (number := number_of(value)) is not None]
    if told := hint or _fixed(name, beside):
        _check_size(name, numbers, told)
        return told
    for unit, ending in _ENDINGS:
        if ending.search(name):
            return unit, f"the field is called {name}"
    return _from_values(name, values, numbers, beside, earlier)


def number_of(value: Any) -> float | None:
    """A finite number, or None; true and false are none."""
    if isinstance(value, bool):
        return None
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return number if abs(number) < 1e300 else None


def unit_from_values(values: Sequence[float]) -> tuple[str, str] | None:
    """The unit under which a median request takes between about 0.2 ms and 20 s, if only one."""
    if len(values) < _FEWEST:
        return None
    middle = median(values)
    if any(value != int(value) for value in values):
        told = f"median {middle:.4g}, with decimals"
        if middle < 0.2:
            return "s", told
        return ("ms", told) if 20 <= middle < 20_000 else None
    for unit, least, most in (("ms", 1, 5e3), ("us", 5e3, 2e6), ("ns", 2e6, 2e10)):
        if least <= middle < most:
            return unit, f"median {middle:.4g}, whole numbers"
    return None


def _are_written(values: Sequence[Any]) -> bool:
    texts = [value for value in values if isinstance(value, str)]
    written = sum(_WITH_UNIT.match(text.strip()) is not None for text in texts)
    return written * 2 > len(values)


def _fixed(name: str, beside: Collection[str]) -> tuple[str, str] | None:
    if name in _FIXED:
        unit, why = _FIXED[name]
        return unit, f"the field is called {name}: {why}"
    unit, why, company = _FIXED_BESIDE.get(name, ("", "", set()))
    found = sorted(company & set(beside))
    return (unit, f"the field is called {name}, beside {found[0]}: {why}") if found else None


def _check_size(name: str, numbers: Sequence[float], told: tuple[str, str]) -> None:
    """Refuse seconds that cannot be: a field called as in nginx, written in another unit."""
    if told[0] != "s" or len(numbers) < _FEWEST or median(numbers) < _LONGEST_MEDIAN_S:
        return
    raise Undecided(
        name,
        f"a median of {median(numbers):.4g}, which are no seconds ({told[1]})",
        "one unit that name and values agree on",
        "Say it in hub.yml: `duration_unit: ms` (or ns, us, s).",
    )


def _from_values(
    name: str,
    values: Sequence[Any],
    numbers: Sequence[float],
    beside: Collection[str],
    earlier: Mapping[str, Any],
) -> tuple[str, str]:
    before = (earlier.get("duration") or {}).get("unit")
    if name == "duration" and _CADDY & set(beside) and any(n != int(n) for n in numbers):
        told: tuple[str, str] | None = (
            "s", f"Caddy writes seconds with decimals ({_examples(values)})"
        )  # fmt: skip
    else:
        told = unit_from_values([number for number in numbers if number > 0])
    if told is None and before is None:
        raise Undecided(
            name,
            f"durations without a unit, whose size does not tell it ({_examples(values)})",
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


def _examples(values: Sequence[Any]) -> str:
    return ", ".join(str(value)[:20] for value in values[:3])
