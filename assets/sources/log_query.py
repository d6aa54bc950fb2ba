"""How does the database read a log file? The SQL for one file's fields.

Numbers and times are read as text and cast with care, so that a value that is there but cannot be
read is told from one that is missing. Line numbers are those of the JSON reader's order.
"""

from __future__ import annotations

from collections.abc import Sequence

from assets.sources.log_fields import UNIT_IN_MS, LogFields

TEXT_COLUMNS = (
    "service", "endpoint", "method", "version", "level", "message", "request_id", "caller",
    "platform", "model", "model_version",
)  # fmt: skip
COUNT_COLUMNS = ("k_asked", "k_served", "k_rendered", "k_viewed")
CHECKED_COLUMNS = ("logged_at", "status", "latency_ms", *COUNT_COLUMNS, "is_fallback")
EARLIEST, LATEST = "1990-01-01", "2200-01-01"
LONGEST_LINE_BYTES = 16 << 20


class LogQuery:
    """SQL over one file whose fields are decided."""

    def __init__(
        self, fields: LogFields, *, path: str, compression: str, zone: str, service: str | None
    ) -> None:
        self._fields = fields
        self._path = path
        self._compression = compression
        self._zone = zone
        self._service = service

    def count(self) -> str:
        return f"SELECT count(*) FROM {self._reader(self._fields.sources['logged_at'])}"

    def insert(self, *, has_line_map: bool) -> str:
        """Append every good line. Parameters: source, file, load id, time of load, and the lines
        of the file before the first (0 with a line map: a table `line_map`)."""
        line = "line_map.line" if has_line_map else "typed.ordinal"
        joined = "JOIN line_map ON line_map.ordinal = typed.ordinal" if has_line_map else ""
        names = [*self._present(), *(["service"] if self._service else [])]
        values = [*self._present(), *([_literal(self._service)] if self._service else [])]
        return (
            f"INSERT INTO raw.service_logs ({', '.join(names)}, _source, _file, _load_id,"
            " _loaded_at, _line, _extra)"
            f" SELECT {', '.join(values)}, $source, $file, $load_id, $now::TIMESTAMPTZ,"
            f" $first_line + {line}, _extra FROM ({self._rows()}) AS typed {joined}"
            f" WHERE NOT ({' OR '.join(self._is_bad(name) for name in self._checked())})"
        )

    def bad(self) -> str:
        """Ordinal and texts of the lines that `insert` leaves out, in order."""
        flags = [f"({self._is_bad(name)})" for name in self._checked()]
        texts = [
            f"CASE WHEN {flag} THEN {_text(name)} END"
            for name, flag in zip(self._checked(), flags, strict=True)
        ]
        return (
            f"SELECT ordinal, {', '.join(texts)} FROM ({self._rows()}) AS typed"
            f" WHERE {' OR '.join(flags)} ORDER BY ordinal"
        )

    def checked(self) -> list[str]:
        """Our names of the columns of `bad` after the ordinal."""
        return self._checked()

    def _present(self) -> list[str]:
        return [name for name in self._fields.sources if name != "service" or not self._service]

    def _checked(self) -> list[str]:
        return [name for name in CHECKED_COLUMNS if name in self._fields.sources]

    def _reader(self, fields: Sequence[str], extra: Sequence[str] = ()) -> str:
        declared = [f"{_literal(field)}: 'VARCHAR'" for field in fields]
        declared += [f"{_literal(field)}: 'JSON'" for field in extra]
        return (
            f"read_json({_literal(self._path)}, columns = {{{', '.join(declared)}}},"
            " format = 'newline_delimited', records = true, ignore_errors = true,"
            f" maximum_object_size = {LONGEST_LINE_BYTES},"
            f" compression = '{self._compression}')"
        )

    def _texts(self) -> str:
        """The fields as text, one column per column of ours, and the line's ordinal."""
        present = self._present()
        fields = [field for name in present for field in self._fields.sources[name]]
        columns = [f"{self._value(name)} AS {_text(name)}" for name in present]
        extra = [_identifier(field) for field in self._fields.extra]
        source = self._reader(list(dict.fromkeys(fields)), self._fields.extra)
        return (
            f"SELECT {', '.join([*columns, *extra])}, row_number() OVER () AS ordinal FROM {source}"
        )

    def _value(self, name: str) -> str:
        fields = [_identifier(field) for field in self._fields.sources[name]]
        value = fields[0] if len(fields) == 1 else f"coalesce({', '.join(fields)})"
        if name in TEXT_COLUMNS or name == "logged_at":
            return value
        return f"CASE WHEN {value} NOT IN ('', '-') THEN {value} END"

    def _rows(self) -> str:
        """Every line: typed values under our names beside their texts."""
        typed = [f"{self._typed(name)} AS {name}" for name in self._present()]
        texts = [_text(name) for name in self._checked()]
        columns = ", ".join([*typed, *texts, f"{self._extra()} AS _extra", "ordinal"])
        return f"SELECT {columns} FROM ({self._texts()}) AS texts"

    def _typed(self, name: str) -> str:
        text = _text(name)
        if name == "logged_at":
            return _time(text, self._zone)
        if name == "latency_ms":
            return f"try_cast({text} AS DOUBLE) * {UNIT_IN_MS[self._fields.unit]!r}"
        if name == "is_fallback":
            return f"try_cast({text} AS BOOLEAN)"
        if name == "status" or name in COUNT_COLUMNS:
            return f"try_cast({text} AS INTEGER)"
        return text

    def _is_bad(self, name: str) -> str:
        """No time, or a value that is there but cannot be what it should. Never NULL."""
        if name == "logged_at":
            bounds = f"TIMESTAMPTZ '{EARLIEST}' AND TIMESTAMPTZ '{LATEST}'"
            return f"NOT coalesce({name} BETWEEN {bounds}, false)"
        text = _text(name)
        valid = "true"
        if name == "status":
            valid = f"{name} BETWEEN 100 AND 599 AND length({text}) = 3"
        elif name == "latency_ms":
            valid = f"{name} >= 0 AND isfinite({name})"
        elif name in COUNT_COLUMNS:
            valid = f"{name} >= 0 AND NOT contains({text}, '.')"
        return f"{text} IS NOT NULL AND NOT coalesce({name} IS NOT NULL AND {valid}, false)"

    def _extra(self) -> str:
        if not self._fields.extra:
            return "NULL::JSON"
        pairs = ", ".join(f"{_literal(f)}, {_identifier(f)}" for f in self._fields.extra)
        return f"nullif(json_merge_patch('{{}}', json_object({pairs})), '{{}}')"


def _text(name: str) -> str:
    return f"text_{name}"


def _time(text: str, zone: str) -> str:
    """ISO with offset, ISO local to the zone, or an epoch whose unit its size tells."""
    point = f"replace({text}, ',', '.')"
    number = f"try_cast({text} AS DOUBLE)"
    micros = f"""CASE
        WHEN regexp_full_match({text}, '[0-9]{{18,19}}') THEN try_cast({text} AS BIGINT) // 1000
        WHEN {number} >= 1e17 AND {number} < 1e20 THEN ({number} / 1e3)::BIGINT
        WHEN {number} >= 1e14 AND {number} < 1e17 THEN {number}::BIGINT
        WHEN {number} >= 1e11 AND {number} < 1e14 THEN ({number} * 1e3)::BIGINT
        WHEN {number} >= 1e8 AND {number} < 1e11 THEN ({number} * 1e6)::BIGINT END"""
    iso = r"\d{4}-\d{2}-\d{2}[T ]\d{1,2}:\d{2}(:\d{2}([.,]\d{1,9})?)?"
    return f"""CASE
        WHEN suffix({text}, 'Z') THEN try_cast({text} AS TIMESTAMPTZ)
        WHEN regexp_full_match({text}, '{iso} ?(UTC|z|[+-]\\d{{2}}(:?\\d{{2}})?)')
            THEN try_cast(replace({point}, 'z', 'Z') AS TIMESTAMPTZ)
        WHEN regexp_full_match({text}, '{iso}')
            THEN timezone({_literal(zone)}, try_cast({point} AS TIMESTAMP))
        ELSE make_timestamptz({micros}) END"""


def _literal(text: str | None) -> str:
    if text is None:
        return "NULL"
    return "'" + text.replace("'", "''") + "'"


def _identifier(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
