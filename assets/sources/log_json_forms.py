"""How do JSON logs that are not one flat object a line become that?

A container's name before each object is cut off, the objects of a list are put one on each line,
and OpenTelemetry's export is taken apart into its records. Memory stays bounded: a list is read
piece by piece.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import IO, Any

# `docker compose logs` puts the container's name before, a container runtime its time and stream
PREFIX = re.compile(r"(?:[\w./-]+ +\| |\d{4}-\d\d-\d\dT\S+ std(?:out|err) [FP] )")
_PIECE_CHARACTERS = 1 << 20
_BETWEEN = re.compile(r"[\s,]*")
_LONGEST_OBJECT = 64 << 20
_SPAN_KINDS = ("unspecified", "internal", "server", "client", "producer", "consumer")


class BrokenList(Exception):
    """A list of objects breaks off (`at_end`) or holds something else; carries line, what was
    found and the text from there."""

    def __init__(self, line: int, found: str, rest: str = "", *, at_end: bool = False) -> None:
        self.line, self.found, self.rest, self.at_end = line, found, rest, at_end
        super().__init__(found)


def cut_prefix(line: str) -> str:
    """A line without a container's name or a runtime's time before it."""
    match = PREFIX.match(line)
    return line[match.end() :] if match else line


def parse_json(line: str) -> Sequence[dict[str, Any]] | None:
    """The object of a line; None when it holds none."""
    try:
        value = json.loads(line, parse_constant=_refuse)
    except (ValueError, RecursionError):
        return None
    return [value] if isinstance(value, dict) else None


def _refuse(constant: str) -> Any:
    raise ValueError(f"{constant} is no JSON")


def stream_objects(stream: IO[bytes]) -> Iterator[tuple[int, dict[str, Any]]]:
    """The objects of a JSON list, or of objects over several lines, each with its first line.

    Raises `BrokenList`; the objects before that place were given.
    """
    decoder = json.JSONDecoder()
    text = stream.read(_PIECE_CHARACTERS).decode("utf-8", "surrogateescape").lstrip("\ufeff")
    line, place, wanted = 1, 0, _PIECE_CHARACTERS
    is_list = text.lstrip()[:1] == "["
    is_open = False
    while True:
        start = _BETWEEN.match(text, place).end()  # type: ignore[union-attr]
        line += text.count("\n", place, start)
        place = start
        if is_list and not is_open and text[place : place + 1] == "[":
            is_open, place = True, place + 1
            continue
        if is_list and is_open and text[place : place + 1] == "]":
            _check_end(text[place + 1 :], stream, line)
            return
        try:
            value, end = decoder.raw_decode(text, place)
        except (ValueError, RecursionError) as error:
            more = stream.read(wanted)
            if more and len(text) - place < _LONGEST_OBJECT:
                text = text[place:] + more.decode("utf-8", "surrogateescape")
                place, wanted = 0, max(wanted, len(text))
                continue
            if place >= len(text) and not is_open:
                return
            rest = text[place:]
            raise BrokenList(
                line, _found(text, place), rest, at_end=_is_cut(error, text)
            ) from error
        if not isinstance(value, dict):
            raise BrokenList(line, f"{text[place:end][:60]} between objects")
        yield line, value
        line += text.count("\n", place, end)
        place = end


def _check_end(rest: str, stream: IO[bytes], line: int) -> None:
    if rest.strip() or stream.read(_PIECE_CHARACTERS).strip():
        raise BrokenList(line, "more text after the list")


def _is_cut(error: Exception, text: str) -> bool:
    """Whether an object broke off at the end of the text, not at something wrong within."""
    if not isinstance(error, json.JSONDecodeError):
        return False
    return error.pos >= len(text.rstrip()) or error.msg.startswith("Unterminated string")


def _found(text: str, place: int) -> str:
    rest = text[place : place + 60].strip()
    return f"`{rest}`, which is no whole object" if rest else "the end of the file within a list"


def parse_otlp(line: str) -> Sequence[dict[str, Any]] | None:
    """The records of a line of OpenTelemetry's JSON file export; None when it is none."""
    parsed = parse_json(line)
    return otlp_records(parsed[0]) if parsed else None


def otlp_records(export: Mapping[str, Any]) -> Sequence[dict[str, Any]] | None:
    """The log records, or spans, of one export.

    Attributes of resource and record become fields; a span's duration is its end minus its start,
    in nanoseconds.
    """
    if not is_otlp(export):
        return None
    records: list[dict[str, Any]] = []
    for group in _list(export.get("resourceLogs")) + _list(export.get("resourceSpans")):
        shared = _attributes(_dict(group.get("resource")).get("attributes"))
        for key in ("scopeLogs", "scopeSpans", "instrumentationLibraryLogs"):
            for scope in _list(group.get(key)):
                found = _list(scope.get("logRecords")) + _list(scope.get("spans"))
                records.extend(shared | _record(record) for record in found)
    return records


def is_otlp(value: Mapping[str, Any]) -> bool:
    """Whether an object is an export of logs or spans."""
    return isinstance(value.get("resourceLogs", value.get("resourceSpans")), list)


def _record(record: Mapping[str, Any]) -> dict[str, Any]:
    """One log record or span as a flat object."""
    told = {
        key: _any_value(value) if key == "body" else value
        for key, value in record.items()
        if key != "attributes" and not isinstance(value, list)
    }
    told |= _attributes(record.get("attributes"))
    start, end = record.get("startTimeUnixNano"), record.get("endTimeUnixNano")
    if str(start).isdigit() and str(end).isdigit():
        told["duration_ns"] = int(str(end)) - int(str(start))
        told["span_kind"] = _span_kind(record.get("kind"))
    observed = told.get("observedTimeUnixNano")
    if str(told.get("timeUnixNano", "0")) == "0" and observed:
        told["timeUnixNano"] = observed  # the protocol: 0 is unknown, then the observed time counts
    return told


def _span_kind(kind: Any) -> str:
    """What a span stands for: the protocol's number or name as one lower-case word."""
    if isinstance(kind, int) and 0 <= kind < len(_SPAN_KINDS):
        return _SPAN_KINDS[kind]
    return str(kind).removeprefix("SPAN_KIND_").lower() if kind else _SPAN_KINDS[0]


def _attributes(pairs: Any) -> dict[str, Any]:
    return {
        str(pair["key"]): _any_value(pair.get("value")) for pair in _list(pairs) if "key" in pair
    }


def _any_value(value: Any) -> Any:
    """The value of OpenTelemetry's `AnyValue`: an object with one key, its type."""
    if not isinstance(value, dict) or len(value) != 1:
        return value
    kind, inner = next(iter(value.items()))
    if kind == "arrayValue":
        return [_any_value(item) for item in _list_of_any(_dict(inner).get("values"))]
    if kind == "kvlistValue":
        return _attributes(_dict(inner).get("values"))
    return int(inner) if kind == "intValue" and str(inner).lstrip("-").isdigit() else inner


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> list[dict[str, Any]]:
    return [item for item in _list_of_any(value) if isinstance(item, dict)]


def _list_of_any(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
