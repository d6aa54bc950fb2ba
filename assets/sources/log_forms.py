"""In which form is a log file written? Told from its content, whatever its name.

The form that most sampled lines have is taken. Files that hold no requests are refused by name,
with the kind of source that reads them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from assets.sources.access_log import AccessShape, DurationField, find_duration, find_shape
from assets.sources.log_json_forms import (
    PREFIX,
    cut_prefix,
    is_otlp,
    otlp_records,
    parse_json,
    parse_otlp,
)
from assets.sources.log_text_forms import ACCESS, STATELESS, UVICORN, TextForm
from assets.sources.log_units import Undecided
from assets.sources.log_w3c import W3cLog, first_header

JSON_LINES, JSON_LIST, OTLP = "json_lines", "json_list", "otlp_json"
_TRUST = 0.1  # of the sampled lines at least these must have the form
_METRICS = "Declare the file as a source of kind service_metrics."
_TEXT_FORMS = "JSON lines or a JSON list, an access log, or a log of a known server or proxy"


class UnknownForm(Exception):
    """No form fits; carries what was found, what was expected and what to do."""

    def __init__(self, found: str, expected: str = _TEXT_FORMS, remedy: str = "") -> None:
        self.found, self.expected = found, expected
        self.remedy = remedy or "Have the service log JSON lines, or convert the file."
        super().__init__(found)


@dataclass(frozen=True)
class LogForm:
    """How a file is read: its name, the evidence, and a sample of its records.

    `parse` turns a line into objects (None: as it stands, one JSON object a line). `is_by_line` is
    false where records and lines are not one to one. `given` and `duration` are what the form fixes
    of fields and unit, `zone` of the time zone. `is_dirty`: some sampled lines are of no record.
    """

    name: str
    told_by: str
    objects: Sequence[dict[str, Any]]
    parse: Callable[[str], Sequence[dict[str, Any]] | None] | None = None
    is_by_line: bool = True
    text: TextForm | None = None
    shape: AccessShape | None = None
    given: Mapping[str, str] = field(default_factory=dict)
    duration: tuple[str, str] | None = None
    zone: tuple[str, str] | None = None
    is_dirty: bool = False
    notes: Mapping[str, Any] = field(default_factory=dict)


def decide_form(samples: Sequence[bytes], head: bytes, before: Mapping[str, Any]) -> LogForm:
    """Decide from sampled lines and the file's first bytes; `before` is what was detected when the
    file's beginning was loaded. Raises `UnknownForm`, `Undecided`."""
    lines = [line.decode("utf-8", "backslashreplace").rstrip("\r\n") for line in samples]
    if told := _json_document(head):
        return told
    objects = [found[0] for line in lines if (found := parse_json(line))]
    prefixed = [line for line in lines if PREFIX.match(line)]
    if not objects and 2 * len(prefixed) > len(lines):
        return _prefixed([cut_prefix(line) for line in lines], prefixed[0], before)
    text = _text_form(lines, before)
    fitting = text[1] if text else []
    if len(objects) >= max(1, len(fitting)):
        return _json_form(objects, lines)
    if text is None or len(fitting) < _TRUST * len(lines):
        raise _unknown(lines, head)
    return _as_log_form(text[0], fitting, lines)


def _json_document(head: bytes) -> LogForm | None:
    """A list of objects, or objects that each take several lines."""
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    first_line = start.split(b"\n", 1)[0].strip()
    if start[:1] == b"[" and start[1:].lstrip()[:1] in (b"{", b"]"):
        return LogForm(JSON_LIST, "the file begins with `[{`", (), is_by_line=False)
    if first_line == b"{":
        told = "the file begins with `{` on a line of its own"
        return LogForm(JSON_LIST, told, (), is_by_line=False)
    return None


def _json_form(objects: Sequence[dict[str, Any]], lines: Sequence[str]) -> LogForm:
    is_dirty = len(objects) < len(lines)
    if any(is_otlp(line) for line in objects):
        records = [record for line in objects for record in otlp_records(line) or ()]
        return LogForm(
            OTLP, "lines with `resourceLogs` or `resourceSpans`", records, parse_otlp, False
        )
    refuse_metrics(objects)
    told = f"{len(objects)} of {len(lines)} sampled lines are JSON objects"
    return LogForm(JSON_LINES, told, objects, is_dirty=is_dirty)


def refuse_metrics(objects: Sequence[Mapping[str, Any]]) -> None:
    """Refuse JSON that holds metrics, no requests. Raises `UnknownForm`."""
    for line in objects:
        if "resourceMetrics" in line:
            raise UnknownForm("OpenTelemetry metrics", "requests, one a record", _METRICS)
        if "nginx_version" in line and "connections" in line:
            raise UnknownForm(
                "status snapshots of NGINX Plus: counters, not requests",
                "requests, one a record",
                _METRICS,
            )


def _prefixed(lines: Sequence[str], example: str, before: Mapping[str, Any]) -> LogForm:
    """A container's log: what stands behind the prefix has a form of its own."""
    inner = decide_form([line.encode() for line in lines], b"", before)
    parse = inner.parse or parse_json

    def behind(line: str) -> Sequence[dict[str, Any]] | None:
        return parse(cut_prefix(line))

    prefix = example[: len(example) - len(cut_prefix(example))]
    return LogForm(
        f"prefixed_{inner.name}", f"`{prefix.strip()}` before each line; {inner.told_by}",
        inner.objects, behind, inner.is_by_line, inner.text, None, inner.given, inner.duration,
        inner.zone, True, inner.notes,
    )  # fmt: skip


def _text_form(
    lines: Sequence[str], before: Mapping[str, Any]
) -> tuple[TextForm, list[tuple[str, dict[str, Any]]]] | None:
    """The text form that most lines have, with those lines and their records."""
    header = first_header(lines) or before.get("w3c_fields")
    candidates = list(STATELESS)
    if header:
        candidates.append(W3cLog(header).form())
    best: tuple[TextForm, list[tuple[str, dict[str, Any]]]] | None = None
    for form in candidates:
        fitting = [(line, found[0]) for line in lines if (found := form.parse(line))]
        if fitting and (best is None or len(fitting) > len(best[1])):
            best = (form, fitting)
    return best


def _as_log_form(
    form: TextForm, fitting: Sequence[tuple[str, dict[str, Any]]], lines: Sequence[str]
) -> LogForm:
    objects = [found for _, found in fitting]
    if form is UVICORN and not any(line["time"] for line in objects):
        raise _uvicorn_without_time(len(objects))
    told = f"{form.told_by} ({len(objects)} of {len(lines)} sampled lines)"
    notes: dict[str, Any] = {}
    given, duration, shape = dict(form.given), form.duration, None
    parse = form.parse
    if form.name == "w3c_extended":
        header = first_header(lines)
        notes["w3c_fields"] = header or _w3c_fields(form)
        parse = W3cLog(notes["w3c_fields"]).parse
    if form is ACCESS:
        found = find_duration(objects)
        shape = find_shape([line for line, _ in fitting])
        given, duration = _given_duration(found)
        if found.open:
            notes["may_be_a_duration"] = _open_duration(found)
    return LogForm(
        form.name, told, objects, parse, True, form, shape, given, duration, form.zone,
        len(objects) < len(lines), notes,
    )  # fmt: skip


def _w3c_fields(form: TextForm) -> list[str]:
    owner = getattr(form.parse, "__self__", None)
    return list(owner.first_fields) if isinstance(owner, W3cLog) else []


def _given_duration(found: DurationField) -> tuple[dict[str, str], tuple[str, str] | None]:
    given = {"latency_ms": found.name} if found.name else {}
    return given, (found.unit, found.told_by) if found.unit else None


def _open_duration(found: DurationField) -> str:
    name = found.open[0]
    return (
        f"{', '.join(found.open)}: nothing tells whether and in which unit; if so, say in hub.yml "
        f"`fields: {{latency_ms: {name}}}` and `duration_unit` (Apache's %D is us, %T is s)"
    )


def _uvicorn_without_time(lines: int) -> Undecided:
    return Undecided(
        "logged_at",
        f"Uvicorn's access log as it comes: {lines} sampled lines with method, path and status, "
        "but neither time nor duration, so that nothing of it can be loaded",
        "a time on every line",
        "Give Uvicorn's `access` formatter `%(asctime)s` at its start (then all but the duration "
        "is loaded), or log JSON lines with a duration from a middleware.",
    )


def _unknown(lines: Sequence[str], head: bytes) -> UnknownForm:
    first = lines[0] if lines else head[:100].decode("utf-8", "backslashreplace")
    if first.startswith(("# HELP ", "# TYPE ")):
        return UnknownForm("OpenMetrics text", "requests, one a record", _METRICS)
    if first.lower().replace('"', "").startswith(("timestamp,", "time,value")):
        return UnknownForm("a table of a metric over time", "requests, one a record", _METRICS)
    return UnknownForm(f"lines of no known form, such as `{first[:80]}`")
