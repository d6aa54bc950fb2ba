"""How is the text exposition of Prometheus and OpenMetrics read? One sample a line.

`# TYPE` and `# UNIT` declare what a family is; other comments say nothing. Times are seconds in
OpenMetrics (which ends with `# EOF`) and milliseconds in the older form; a count of milliseconds
is told from its size as well. A sample without a time cannot be placed and is set aside; a file
without any is refused.
Forms: https://prometheus.io/docs/instrumenting/exposition_formats/ and the OpenMetrics 1.0
specification.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal, InvalidOperation
from functools import lru_cache

from assets.sources import quarantine
from assets.sources.content import Unreadable, read_content
from assets.sources.epoch_times import epoch_time, epoch_unit
from assets.sources.json_records import decode
from assets.sources.metric_samples import Labels, Sample, Samples, labels_of
from assets.sources.metric_values import unit_name, unit_of
from assets.sources.quarantine import Rejected
from assets.sources.reading import Context, Delivery

FORM = "openmetrics"
_NAME = r"[a-zA-Z_:][a-zA-Z0-9_:.]*"
_COMMENT = re.compile(r"#\s*(?P<what>TYPE|UNIT)\s+(?P<name>\S+)\s+(?P<rest>\S+)\s*$")
_SAMPLE = re.compile(
    rf"(?P<name>{_NAME})?\s*(?P<labels>\{{(?:[^\"}}]|\"(?:[^\"\\]|\\.)*\")*\}})?"
    r"\s+(?P<value>[^\s#{}]+)(?:\s+(?P<time>[-+0-9.eE]+))?\s*(?P<exemplar>#\s.*)?$"
)
_LABEL = re.compile(
    r'\s*(?P<key>[a-zA-Z_][a-zA-Z0-9_.]*|"(?:[^"\\]|\\.)*")\s*=\s*"(?P<value>(?:[^"\\]|\\.)*)"\s*'
    r"(?:,|$)"
)
_QUOTED_NAME = re.compile(r'\s*"(?P<name>(?:[^"\\]|\\.)*)"\s*(?:,|$)')
_ESCAPED = re.compile(r'\\(["\\n])')
_SUFFIXES = ("_total", "_bucket", "_count", "_sum", "_gcount", "_gsum", "_created", "_info")
_BY_TYPE = {
    "gauge": "gauge", "info": "gauge", "stateset": "gauge", "gaugehistogram": "gauge",
    "counter": "counter", "histogram": "counter", "summary": "summary",
}  # fmt: skip


class _NoSample(Exception):
    def __init__(self, reason: str, column: str | None, found: str, expected: str) -> None:
        self.reason, self.column, self.found, self.expected = reason, column, found, expected
        super().__init__(found)


@dataclass
class _Families:
    """What the comments declare of each family."""

    types: dict[str, str] = field(default_factory=dict)
    units: dict[str, str] = field(default_factory=dict)

    def family(self, name: str) -> str:
        if name in self.types:
            return name
        bare = next((name.removesuffix(s) for s in _SUFFIXES if name.endswith(s)), name)
        return bare if bare in self.types or bare in self.units else name

    def kind(self, name: str) -> str | None:
        """The kind that the declared type gives a sample of this name; None without one."""
        family = self.family(name)
        declared = _BY_TYPE.get(self.types.get(family, ""))
        if name.endswith("_created") and family != name:
            return "gauge"
        if self.types.get(family) == "histogram" and name.endswith("_bucket"):
            return "histogram"
        if declared == "summary" and name != family:
            return "counter"
        return declared

    def unit(self, name: str) -> str | None:
        return unit_name(self.units.get(self.family(name))) or unit_of(name)


def looks_like_exposition(lines: tuple[bytes, ...]) -> bool:
    """Whether sampled lines are those of an exposition: by its comments, else by its samples."""
    texts = [line.decode("utf-8", "replace").strip() for line in lines[:200]]
    if any(re.match(r"# (TYPE|HELP|UNIT) \S+|# EOF$", text) for text in texts):
        return True
    told = [m for text in texts if text and text[0] != "#" and (m := _SAMPLE.match(text))]
    bare = [text for text in texts if text and text[0] != "#"]
    return bool(told) and 2 * sum(_is_value(m["value"]) for m in told) > len(bare)


def read_exposition(delivery: Delivery, context: Context) -> Samples:
    """The samples of a file; of a grown one those of its tail. Raises `SourceError`."""
    try:
        text = decode(read_content(delivery.path, delivery.content.content_bytes))
    except Unreadable as error:
        raise context.refuse(
            delivery.file, found=str(error), expected="a readable file",
            remedy="Deliver the file again.",
        ) from error  # fmt: skip
    lines = text.split("\n")
    if not lines[-1]:
        lines.pop()
    found = Samples(FORM)
    families = _Families()
    in_seconds = any(line.strip() == "# EOF" for line in lines[-3:])
    for number, line in enumerate(lines, start=1):
        bare = line.strip()
        if bare.startswith("#"):
            _declare(families, bare)
        elif number <= delivery.start_line:
            continue
        elif not bare:
            found.blank += 1
        else:
            _take(found, families, bare, number, line, in_seconds)
    if not found.samples and found.rejected and _all_without_time(found.rejected):
        raise context.refuse(
            delivery.file,
            line=found.rejected[0].line,
            found="samples without times",
            expected="a time after each value",
            remedy="Export with times: `promtool tsdb dump-openmetrics`, or a range query.",
        )
    found.detected = {
        "times": {"unit": "s" if in_seconds else "ms, or s by their size",
                  "told_by": "# EOF" if in_seconds else "no # EOF"},
        "declared_types": len(families.types),
    }  # fmt: skip
    return found


def _all_without_time(rejected: list[Rejected]) -> bool:
    return all(
        row.reason == quarantine.MISSING_REQUIRED and row.column == "measured_at"
        for row in rejected
    )


def _declare(families: _Families, comment: str) -> None:
    if match := _COMMENT.match(comment):
        known = families.types if match["what"] == "TYPE" else families.units
        known[match["name"].strip('"')] = match["rest"].lower()


def _take(
    found: Samples, families: _Families, bare: str, number: int, line: str, in_seconds: bool
) -> None:
    try:
        found.samples.append(_sample(families, bare, number, in_seconds))
    except _NoSample as problem:
        found.rejected.append(
            Rejected(number, problem.reason, problem.column, problem.found, problem.expected, line)
        )


def _sample(families: _Families, bare: str, number: int, in_seconds: bool) -> Sample:
    if any("\udc80" <= sign <= "\udcff" for sign in bare):
        raise _NoSample(quarantine.ENCODING, None, "bytes that are no text", "UTF-8 text")
    match = _SAMPLE.match(bare)
    if not match:
        raise _NoSample(quarantine.BAD_VALUE, None, "no sample", "name{labels} value time")
    quoted, labels = _labels(match["labels"])
    name = match["name"] or quoted
    if not name:
        raise _NoSample(quarantine.MISSING_REQUIRED, "metric", "no name", "a metric's name")
    if not _is_value(match["value"]):
        raise _NoSample(quarantine.BAD_NUMBER, "value", match["value"], "a number")
    value = float(match["value"])
    kind = families.kind(name)
    return Sample(
        _time(match["time"], in_seconds), name, value if math.isfinite(value) else None,
        labels, kind, families.unit(name), None, number,
        None if math.isfinite(value) else {"value": match["value"]},
        f"# TYPE {families.family(name)}" if kind else "the file",
    )  # fmt: skip


@lru_cache(maxsize=65_536)
def _labels(text: str | None) -> tuple[str | None, Labels]:
    """The metric's name, where it stands quoted among the labels, and the labels."""
    inside = (text or "{}")[1:-1]
    quoted, place = None, 0
    labels: dict[str, str] = {}
    if match := _QUOTED_NAME.match(inside):
        quoted, place = _plain(match["name"]), match.end()
    while inside[place:].strip():
        match = _LABEL.match(inside, place)
        if not match:
            raise _NoSample(quarantine.BAD_VALUE, "labels", inside[place:], 'name="value"')
        key = match["key"].strip('"')
        if key in labels:
            raise _NoSample(quarantine.DUPLICATE_KEY, "labels", key, "each label once")
        labels[key] = _plain(match["value"])
        place = match.end()
    return quoted, labels_of(labels)


def _plain(text: str) -> str:
    return _ESCAPED.sub(lambda m: "\n" if m[1] == "n" else m[1], text)


def _is_value(text: str) -> bool:
    if "_" in text:
        return False
    try:
        float(text)
    except ValueError:
        return False
    return True


def _time(text: str | None, in_seconds: bool) -> datetime:
    if not text:
        raise _NoSample(quarantine.MISSING_REQUIRED, "measured_at", "no time", "a time")
    try:
        count = Decimal(text)
    except InvalidOperation:
        count = Decimal("NaN")
    unit = "s" if in_seconds else (epoch_unit(count) if count.is_finite() else None)
    when = epoch_time(count, unit) if unit else None
    if when is None or (in_seconds and epoch_unit(count) != "s"):
        raise _NoSample(
            quarantine.BAD_TIMESTAMP, "measured_at", text, "seconds or milliseconds since 1970"
        )
    return when
