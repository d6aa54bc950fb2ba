"""What does the text of a metric's value, unit or series name mean?

Panels write values for people (`12.5 ms`, `1.2 K`, `85%`, `2.1 MiB`); a duration becomes
milliseconds, a size bytes, a share percent, a rate per second, so that the cells of a column are
one unit. Series are named as queries name them: `requests_total{code="200"}`,
`avg:system.load.1{host:a,env:b}`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from functools import lru_cache

from assets.sources.metric_samples import Labels, labels_of

MISSING = ("", "null", "undefined", "none", "n/a", "na", "-", "--", "no data")
_NUMBER = re.compile(
    r"(?P<sign>[+-]?)(?P<number>\d[\d ,.\u00a0\u202f]*(?:[eE][+-]?\d{1,3})?|\.\d+)\s*"
    r"(?P<unit>[A-Za-zµμ%/°$€£]*(?:/[a-z]+)?)$"
)
_PLAIN = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,3})?$", re.ASCII)
_SPECIAL = ("nan", "inf", "+inf", "-inf", "infinity", "+infinity", "-infinity")
_SCALES: dict[str, tuple[float, str | None]] = {
    "": (1, None), "%": (1, "percent"),
    "ns": (1e-6, "ms"), "µs": (1e-3, "ms"), "μs": (1e-3, "ms"), "us": (1e-3, "ms"),
    "ms": (1, "ms"), "s": (1e3, "ms"), "sec": (1e3, "ms"), "secs": (1e3, "ms"),
    "min": (6e4, "ms"), "mins": (6e4, "ms"), "hour": (3.6e6, "ms"), "hours": (3.6e6, "ms"),
    "h": (3.6e6, "ms"), "day": (8.64e7, "ms"), "days": (8.64e7, "ms"),
    "B": (1, "bytes"), "kB": (1e3, "bytes"), "KB": (1e3, "bytes"), "MB": (1e6, "bytes"),
    "GB": (1e9, "bytes"), "TB": (1e12, "bytes"), "KiB": (2**10, "bytes"),
    "MiB": (2**20, "bytes"), "GiB": (2**30, "bytes"), "TiB": (2**40, "bytes"),
    "K": (1e3, None), "k": (1e3, None), "Mil": (1e6, None), "M": (1e6, None),
    "Bil": (1e9, None), "Tri": (1e12, None),
    "req/s": (1, "per_second"), "reqps": (1, "per_second"), "rps": (1, "per_second"),
    "ops/s": (1, "per_second"), "c/s": (1, "per_second"), "/s": (1, "per_second"),
    "B/s": (1, "bytes_per_second"), "kB/s": (1e3, "bytes_per_second"),
    "MB/s": (1e6, "bytes_per_second"), "KiB/s": (2**10, "bytes_per_second"),
    "MiB/s": (2**20, "bytes_per_second"),
}  # fmt: skip
_UNIT_ENDINGS = (
    ("ms", re.compile(r"(_ms|_millis|_milliseconds|\(ms\)|Ms|Millis)$")),
    ("us", re.compile(r"(_us|_micros|_microseconds)$")),
    ("ns", re.compile(r"(_ns|_nanos|_nanoseconds)$")),
    ("s", re.compile(r"(_seconds|_secs|_sec|\(s\))$")),
    ("bytes", re.compile(r"_bytes$")),
    ("percent", re.compile(r"(_percent|_pct|\(%\))$|cpu_utilization|CPUUtilization")),
    ("ratio", re.compile(r"_ratio$")),
)
_FAMILY = re.compile(r"(_total|_bucket|_count|_sum|_created|_max|_min|_avg|_mean|_p\d{2,3})$")
_SERIES = re.compile(r"(?P<name>[^{}]*)\{(?P<labels>.*)\}(?P<rest>[^{}]*)$", re.DOTALL)
_LABEL = re.compile(r'\s*(?P<key>[^=:,{}"]+?)\s*(?:=|:)\s*(?P<value>"(?:[^"\\]|\\.)*"|[^,{}]*)')
_UNIT_NAMES = {
    "seconds": "s", "second": "s", "milliseconds": "ms", "microseconds": "us", "percent": "percent",
    "bytes": "bytes", "count": "count", "none": None, "count/second": "per_second",
    "bytes/second": "bytes_per_second", "nanoseconds": "ns",
}  # fmt: skip


class NoNumber(Exception):
    """A text is no value of a metric."""


def parse_value(text: str, *, sign: str = ".") -> tuple[float | None, str | None]:
    """A value and the unit written beside it; NaN and infinity are no value. Raises `NoNumber`."""
    bare = text.strip()
    if bare.lower() in _SPECIAL:
        return None, None
    if sign == "." and _PLAIN.match(bare):
        value = float(bare)
        return (value if math.isfinite(value) else None), None
    match = _NUMBER.match(bare)
    if not match or match["unit"] not in _SCALES:
        raise NoNumber(text)
    scale, unit = _SCALES[match["unit"]]
    number = re.sub(r"[ \u00a0\u202f]", "", match["number"])
    thousands = "," if sign == "." else "."
    if thousands in number:
        whole = number.partition(sign)[0]
        if not re.fullmatch(rf"\d{{1,3}}(?:{re.escape(thousands)}\d{{3}})+", whole):
            raise NoNumber(text)
        number = number.replace(thousands, "")
    try:
        value = float(match["sign"] + number.replace(sign, ".")) * scale
    except ValueError:
        raise NoNumber(text) from None
    return (value, unit) if math.isfinite(value) else (None, unit)


def decimal_sign(cells: Iterable[str], *, delimiter: str) -> str:
    """The sign before the decimals: telemetry writes no thousands marks, so that a sign that
    stands alone in a file is it."""
    has_comma = has_point = False
    for cell in cells:
        has_comma = has_comma or "," in cell
        has_point = has_point or "." in cell
    return "," if has_comma and not has_point and delimiter != "," else "."


@lru_cache(maxsize=4096)
def unit_of(metric: str) -> str | None:
    """The unit that a metric's name ends with."""
    family = metric.strip()
    for _ in range(3):
        found = next((unit for unit, ending in _UNIT_ENDINGS if ending.search(family)), None)
        if found:
            return found
        family = _FAMILY.sub("", family)
    return None


def unit_name(written: str | None) -> str | None:
    """A declared unit in our words."""
    if not written:
        return None
    return _UNIT_NAMES.get(written.lower(), written)


def parse_series(name: str, *, metric: str | None = None) -> tuple[str, Labels]:
    """Metric and labels of a series as a column's header names it."""
    match = _SERIES.match(name.strip())
    if not match:
        return name.strip() or metric or "value", ()
    labels: dict[str, str] = {}
    for found in _LABEL.finditer(match["labels"]):
        value = found["value"].strip()
        if len(value) > 1 and value[0] == value[-1] == '"':
            value = value[1:-1].replace('\\"', '"').replace("\\\\", "\\")
        labels[found["key"].strip()] = value
    if not labels and match["labels"].strip() not in ("", "*"):
        return name.strip(), ()
    own = labels.pop("__name__", None)
    called = (match["name"] + match["rest"]).strip() or own or metric or "value"
    return called, labels_of(labels)
