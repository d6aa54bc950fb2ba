"""What stands where in a log file, in the database's words? Columns of ours over its readers.

A layout says how the database reads a file line by line and which expression gives the text of
each of our columns. JSON is read by its own reader; an access log as lines that are cut at quotes
and spaces, which costs an eighth of a regular expression.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from assets.sources.access_log import AccessShape, Place
from assets.sources.log_fields import LogFields

LONGEST_LINE_BYTES = 16 << 20
_SEPARATOR = "\x01"  # stands in no line; where it does, the strict reader refuses the file
_CLF_TIME = "[%d/%b/%Y:%H:%M:%S %z]"


@dataclass(frozen=True)
class Layout:
    """`reader` is the FROM clause, `texts` our column -> its text, `extra` the JSON of fields
    nobody declared. `time` is an expression over `text_logged_at`, None for the general one."""

    reader: str
    texts: Mapping[str, str]
    extra: str
    unit: str
    time: str | None = None


def json_layout(fields: LogFields, *, path: str, compression: str) -> Layout:
    """One JSON object a line, whose fields are decided."""
    used = [name for names in fields.sources.values() for name in names]
    texts = {ours: _json_value(fields, names) for ours, names in fields.sources.items()}
    parents = [fields.paths[name][0] for name in used if name in fields.paths]
    plain = [name for name in used if name in fields.top or name not in fields.paths]
    columns: dict[str, tuple[str, str]] = {}
    for name, kind in [
        *((name, "JSON") for name in (*parents, *fields.extra)),
        *((name, "VARCHAR") for name in plain),
    ]:
        columns.setdefault(name.lower(), (name, kind))
    declared = ", ".join(f"{literal(name)}: '{kind}'" for name, kind in columns.values())
    return Layout(
        reader=(
            f"read_json({literal(path)}, columns = {{{declared}}},"
            " format = 'newline_delimited', records = true, ignore_errors = true,"
            f" maximum_object_size = {LONGEST_LINE_BYTES}, compression = '{compression}')"
        ),
        texts=texts,
        extra=_json_of({name: identifier(name) for name in fields.extra}),
        unit=fields.unit,
    )


def json_keys_query(*, path: str, compression: str) -> str:
    """Every field that a line of the file has."""
    return (
        "SELECT DISTINCT unnest(json_keys(json)) FROM read_ndjson_objects("
        f"{literal(path)}, ignore_errors = true, maximum_object_size = {LONGEST_LINE_BYTES},"
        f" compression = '{compression}')"
    )


def access_layout(
    fields: LogFields, shape: AccessShape, *, path: str, compression: str
) -> Layout | None:
    """Lines of an access log that all have one shape; None where a field is not among them."""
    known = {name: _place(place) for name, place in shape.places.items()}
    request = "string_split(pieces[2], ' ')"
    is_request = f"len({request}) = 3"
    known |= {
        "time": f"concat({known['time']}, ' ', {known['zone']})",
        "method": f"CASE WHEN {is_request} THEN {request}[1] END",
        "path": f"CASE WHEN {is_request} THEN {_path(f'{request}[2]')} END",
        "query": f"CASE WHEN {is_request} THEN split_part({request}[2], '?', 2) END",
        "request": f"CASE WHEN NOT {is_request} AND pieces[2] <> '-' THEN pieces[2] END",
    }
    if "service" in known:
        known["service"] = f"split_part({known['service']}, ':', 1)"
    if not {name for names in fields.sources.values() for name in names} <= set(known):
        return None
    texts = {
        ours: known[names[0]]
        if len(names) == 1
        else f"coalesce({', '.join(known[name] for name in names)})"
        for ours, names in fields.sources.items()
    }
    texts["logged_at"] = f"CASE WHEN {_has_shape(shape)} THEN {texts['logged_at']} END"
    extra = {name: f"to_json({known[name]})" for name in fields.extra if name in known}
    return Layout(
        reader=_pieces(path, compression),
        texts=texts,
        extra=_json_of(extra),
        unit=fields.unit,
        time=f"try_strptime(text_logged_at, {literal(_CLF_TIME)})",
    )


def _pieces(path: str, compression: str) -> str:
    """A row a line: its pieces between quotes. Blank lines are rows too; lines that the strict
    reader cannot keep whole make it fail."""
    return (
        "(SELECT CASE WHEN NOT contains(line, '\\\"') THEN string_split(line, '\"') END AS pieces"
        f" FROM read_csv({literal(path)}, columns = {{'line': 'VARCHAR'}}, header = false,"
        f" delim = {literal(_SEPARATOR)}, quote = '', escape = '', auto_detect = false,"
        f" strict_mode = true, compression = '{compression}'))"
    )


def _has_shape(shape: AccessShape) -> str:
    """Whether a line is cut as the sampled ones are: only then are its pieces what they seem."""
    checks = [f"len(pieces) = {shape.pieces}"]
    checks += [
        f"pieces[{piece}] = ''"
        if words == 1
        else f"len(string_split(pieces[{piece}], ' ')) = {words}"
        for piece, words in shape.words.items()
    ]
    checks += [
        f"starts_with(string_split(pieces[{place.piece}], ' ')[{place.word}],"
        f" {literal(place.prefix)})"
        for place in shape.places.values()
        if place.prefix
    ]
    return " AND ".join(checks)


def _place(place: Place) -> str:
    if not place.word:
        return f"pieces[{place.piece}]"
    word = f"string_split(pieces[{place.piece}], ' ')[{place.word}]"
    return f"substr({word}, {len(place.prefix) + 1})" if place.prefix else word


def _path(target: str) -> str:
    path = f"split_part({target}, '?', 1)"
    bare = f"coalesce(nullif(regexp_replace({path}, '^[a-z]+://[^/]*', ''), ''), '/')"
    return f"CASE WHEN starts_with({path}, '/') THEN {path} ELSE {bare} END"


def _json_value(fields: LogFields, names: Sequence[str]) -> str:
    values = []
    for name in names:
        if name in fields.top or name not in fields.paths:
            values.append(identifier(name))
        if name in fields.paths:
            parent, *keys = fields.paths[name]
            path = "$" + "".join("." + json.dumps(key, ensure_ascii=False) for key in keys)
            values.append(f"json_extract_string({identifier(parent)}, {literal(path)})")
    return values[0] if len(values) == 1 else f"coalesce({', '.join(values)})"


def _json_of(values: Mapping[str, str]) -> str:
    """JSON text of those values that are there; NULL without any."""
    if not values:
        return "NULL::JSON"
    pairs = ", ".join(
        f"{literal(json.dumps(name, ensure_ascii=False) + ':')} || nullif({value}::VARCHAR, 'null')"
        for name, value in values.items()
    )
    return f"nullif(concat('{{', concat_ws(',', {pairs}), '}}'), '{{}}')::JSON"


def literal(text: str | None) -> str:
    """A text as SQL; NULL for None."""
    return "NULL" if text is None else "'" + text.replace("'", "''") + "'"


def identifier(name: str) -> str:
    """A name as SQL."""
    return '"' + name.replace('"', '""') + '"'
