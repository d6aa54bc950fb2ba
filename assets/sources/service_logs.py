"""How are a service's logs read, in whatever form they come?

The form is told from the file's content, fields, units and time zone by evidence that is noted with
the load. Lines are never dropped: each is loaded, blank or quarantined with its number, reason and
text, and the sum is checked against the file's lines.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

import duckdb

from assets.sources.content import UTF8_BOM, copy_content, file_fingerprint, open_content
from assets.sources.log_drift import describe_drift, drift_between, merge_schemas, schema_of
from assets.sources.log_fields import LogFields, Undecided, decide_fields, time_told
from assets.sources.log_forms import (
    JSON_LIST,
    OTLP,
    LogForm,
    UnknownForm,
    decide_form,
    refuse_metrics,
)
from assets.sources.log_insert import Inserter, Loaded, Part
from assets.sources.log_json_forms import (
    BrokenList,
    is_otlp,
    otlp_records,
    parse_json,
    stream_objects,
)
from assets.sources.log_layout import Layout, access_layout, json_keys_query, json_layout
from assets.sources.log_lines import Splitter, count_blank, keep_listed
from assets.sources.log_text_forms import LEFT_OUT
from assets.sources.log_w3c import W3cLog
from assets.sources.problem import SourceError
from assets.sources.reading import Context, Delivery, Outcome, ReadAgain

_SAMPLED_OBJECTS = 500
_NOTHING = "empty"


def read(con: duckdb.DuckDBPyConnection, delivery: Delivery, context: Context) -> Outcome:
    """Load one log file, or the tail of a grown one. See `reading.Reader`."""
    lines = delivery.content.lines - delivery.start_line
    form = _form(delivery, context)
    if form is None:
        return Outcome(lines, 0, lines, (), _NOTHING, {})
    fields = _fields(form, delivery, context, ()) if form.objects else None
    with _part(delivery, context, lines) as part:
        loaded = _load(con, delivery, context, form, fields, part)
        _check_unchanged(delivery, part)
    resume_byte, resume_line = _resume(delivery, loaded)
    first_at, last_at = con.execute(
        "SELECT min(logged_at), max(logged_at) FROM raw.service_logs"
        " WHERE _loaded_at = ?::TIMESTAMPTZ AND _load_id = ?",
        [context.now, delivery.load_id],
    ).fetchall()[0]
    records = lines if form.is_by_line else loaded.records
    return Outcome(
        records, loaded.loaded, loaded.blank, loaded.rejected, form.name,
        _detected(form, fields, delivery, context), first_at, last_at, resume_byte, resume_line,
    )  # fmt: skip


def _form(delivery: Delivery, context: Context) -> LogForm | None:
    """The file's form, None for one without any record. Raises `SourceError`."""
    content = delivery.content
    samples = content.samples or ((content.head,) if content.head.strip() else ())
    try:
        if not samples:
            _check_blank(delivery, context)
            return None
        form = decide_form(samples, content.head, delivery.before or {})
        if form.name == JSON_LIST:
            form = _sample_list(form, delivery)
    except UnknownForm as error:
        raise _refused(delivery, context, error, line=1) from error
    except Undecided as error:
        raise _undecided(delivery, context, error) from error
    if form.name == "w3c_extended":
        before = (delivery.before or {}).get("w3c_fields", ())
        form = replace(form, parse=W3cLog(before if delivery.start_byte else ()).parse)
    return form


def _check_blank(delivery: Delivery, context: Context) -> None:
    """A file without a sampled line is blank throughout, or refused."""
    _, line = count_blank(delivery.path)
    if line is not None:
        raise _refused(delivery, context, UnknownForm("a line too long to be looked at"), line=line)


def _sample_list(form: LogForm, delivery: Delivery) -> LogForm:
    """The form of a JSON list with its first objects; OpenTelemetry's are taken apart."""
    objects: list[dict[str, Any]] = []
    try:
        with open_content(delivery.path) as (stream, _):
            objects.extend(value for _, value in islice(stream_objects(stream), _SAMPLED_OBJECTS))
    except BrokenList:
        pass  # what stands before is looked at; the load says where it breaks off
    refuse_metrics(objects)
    if any(is_otlp(line) for line in objects):
        records = [record for line in objects for record in otlp_records(line) or ()]
        return replace(form, name=f"{form.name}_of_{OTLP}", objects=records)
    return replace(form, objects=objects)


def _load(
    con: duckdb.DuckDBPyConnection,
    delivery: Delivery,
    context: Context,
    form: LogForm,
    fields: LogFields | None,
    part: Part,
) -> Loaded:
    """Choose the quickest way that the form and what was seen of the file allow."""

    def fields_of(keys: Sequence[str]) -> LogFields:
        return _fields(form, delivery, context, keys)

    inserter = Inserter(con, delivery, context, fields_of, _constant_service(context))
    if form.name.startswith(JSON_LIST):
        return _load_list(inserter, delivery, context, form, part)
    splitter = _splitter(form)
    layout = _layout(con, form, fields, fields_of, context, part) if fields else None
    if layout is None or not form.is_by_line:
        return inserter.insert_split(part, splitter, is_by_line=form.is_by_line)
    if delivery.attempt == 0 and not form.is_dirty:
        return inserter.insert_whole(layout, part)
    return inserter.insert_good(layout, part, splitter)


def _load_list(
    inserter: Inserter, delivery: Delivery, context: Context, form: LogForm, part: Part
) -> Loaded:
    kept = part.folder / "kept.jsonl"
    try:
        scan = keep_listed(part.path, kept, None if form.name == JSON_LIST else otlp_records)
    except BrokenList as error:
        found = UnknownForm(error.found, "a JSON list of objects", "Write the list again, whole.")
        raise _refused(delivery, context, found, line=error.line) from error
    return inserter.insert_kept(kept, scan, original=None)


def _splitter(form: LogForm) -> Splitter:
    if form.text is None:
        return Splitter(form.parse or parse_json, is_json=True, expected=_expected(form))
    return Splitter(
        form.parse or form.text.parse, False, f"a line of {form.text.told_by}", form.text.other
    )


def _expected(form: LogForm) -> str:
    return "one whole JSON object on the line" if form.parse is None else f"a line of {form.name}"


def _layout(
    con: duckdb.DuckDBPyConnection,
    form: LogForm,
    fields: LogFields,
    fields_of: Callable[[Sequence[str]], LogFields],
    context: Context,
    part: Part,
) -> Layout | None:
    """How the database itself can read the file; None when it cannot."""
    path, compression = str(part.path), part.compression
    if form.shape is not None:
        return access_layout(fields, form.shape, path=path, compression=compression)
    if form.parse is not None:
        return None
    if context.source.keep_unknown == "always":
        with con.cursor() as probe:
            try:
                query = json_keys_query(path=path, compression=compression)
                keys = [row[0] for row in probe.execute(query).fetchall()]
            except duckdb.Error:
                return None
        fields = fields_of(sorted(keys))
    return json_layout(fields, path=path, compression=compression)


def _fields(form: LogForm, delivery: Delivery, context: Context, keys: Sequence[str]) -> LogFields:
    """What the fields mean; `keys` are those found besides the sampled ones."""
    keep = context.source.keep_unknown
    try:
        fields = decide_fields(
            form.objects,
            given=context.source.fields,
            duration_unit=context.source.duration_unit,
            earlier=delivery.before or context.earlier,
            without=("service",) if _constant_service(context) else (),
            of_form=form.given,
            hint=form.duration,
            leave_out=LEFT_OUT if form.text is not None and keep != "always" else (),
        )
    except Undecided as error:
        raise _undecided(delivery, context, error) from error
    if keep == "never":
        return replace(fields, extra=(), left_out=(*fields.left_out, *fields.extra))
    return fields.with_extra(keys)


def _constant_service(context: Context) -> str | None:
    """hub.yml's `service` names every line of the source, unless a field is mapped to it."""
    return None if "service" in context.source.fields else context.source.service


def _detected(
    form: LogForm, fields: LogFields | None, delivery: Delivery, context: Context
) -> dict[str, Any]:
    """What is noted with the load: form, fields, units and zone with their evidence, and how the
    fields differ from those of earlier files."""
    if fields is None:
        return {"form_told_by": form.told_by}
    before = (delivery.before or context.earlier).get("schema") or {}
    schema = schema_of(form.objects)
    told: dict[str, Any] = {"form_told_by": form.told_by, **fields.detected(), **form.notes}
    told["time"] = time_told(
        fields.time_form,
        context.zone.key,
        is_of_source=context.source.time_zone is not None,
        of_form=form.zone,
    )
    owner = getattr(form.parse, "__self__", None)
    if isinstance(owner, W3cLog):
        told["w3c_fields"] = owner.fields  # a tail of the file stands under the last header
    if drift := drift_between(before, schema):
        told |= {"drift": drift, "notes": describe_drift(drift)}
    return told | {"schema": merge_schemas(before, schema)}


def _refused(
    delivery: Delivery, context: Context, error: UnknownForm, *, line: int | None
) -> SourceError:
    return context.refuse(
        delivery.file, line=line, found=error.found, expected=error.expected, remedy=error.remedy
    )


def _undecided(delivery: Delivery, context: Context, error: Undecided) -> SourceError:
    return context.refuse(
        delivery.file,
        column=error.column,
        found=error.found,
        expected=error.expected,
        remedy=error.remedy,
    )


@contextmanager
def _part(delivery: Delivery, context: Context, lines: int) -> Iterator[Part]:
    """What to read: the file itself, or a copy of the part that counts (a tail, a file without
    its byte order mark, the inspected part of a file that still grows)."""
    content = delivery.content
    context.home.var.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="reading-", dir=context.home.var) as name:
        folder = Path(name)
        part = Part(delivery.path, content.compression, lines, folder)
        if delivery.start_byte or content.has_bom or delivery.attempt:
            start = delivery.start_byte or (len(UTF8_BOM) if content.has_bom else 0)
            part = replace(part, path=folder / "part.log", compression="none")
            copy_content(delivery.path, part.path, start=start, end=content.content_bytes)
        yield part


def _check_unchanged(delivery: Delivery, part: Part) -> None:
    if (
        part.path == delivery.path
        and file_fingerprint(delivery.path) != delivery.content.fingerprint
    ):
        raise ReadAgain("the file changed while it was read")


def _resume(delivery: Delivery, loaded: Loaded) -> tuple[int | None, int | None]:
    """A last line that was cut off is read again, whole, when the file has grown."""
    content = delivery.content
    cut = [row for row in loaded.rejected if row.line == content.lines]
    if content.last_line_byte is None or not cut:
        return None, None
    return content.last_line_byte, content.lines - 1
