"""How does the database load a log file whose layout is known? The SQL, for good lines and bad.

Numbers and times are read as text and cast with care, so that a value that is there but cannot be
read is told from one that is missing. Line numbers are those of the reader's order.
"""

from __future__ import annotations

from assets.sources.log_layout import Layout, literal
from assets.sources.log_units import UNIT_IN_MS, WRITTEN

TEXT_COLUMNS = (
    "service", "endpoint", "method", "version", "level", "message", "request_id", "caller",
    "platform", "model", "model_version", "span_kind", "parent_span_id",
)  # fmt: skip
COUNT_COLUMNS = ("k_asked", "k_served", "k_rendered", "k_viewed")
CHECKED_COLUMNS = ("logged_at", "status", "latency_ms", *COUNT_COLUMNS, "is_fallback")
EARLIEST, LATEST = "1990-01-01", "2200-01-01"
BAD_LINE = "a line that cannot be loaded"


class LogQuery:
    """SQL over one file. `zone` is that of times without an offset, `service` a constant name."""

    def __init__(self, layout: Layout, *, zone: str, service: str | None) -> None:
        self._layout = layout
        self._zone = zone
        self._service = service

    def count(self) -> str:
        return f"SELECT count(*) FROM {self._layout.reader}"

    def insert(self, *, is_strict: bool = False, has_line_map: bool = False) -> str:
        """Append every good line; a bad one is left out, or (strictly) makes the whole fail, which
        spares a clean file the filter. Parameters: source, file, load id, time of load, and the
        lines of the file before the first (0 with a line map: a table
        `line_map` with the `line` of each row)."""
        line = "line_map.line" if has_line_map else "typed.ordinal"
        joined = "POSITIONAL JOIN line_map" if has_line_map else ""
        names = self._present()
        values = [self._checked_value(name) if is_strict else name for name in names]
        if self._service:
            names, values = [*names, "service"], [*values, literal(self._service)]
        return (
            f"INSERT INTO raw.service_logs ({', '.join(names)}, _source, _file, _load_id,"
            " _loaded_at, _line, _extra)"
            f" SELECT {', '.join(values)}, $source, $file, $load_id, $now::TIMESTAMPTZ,"
            f" $first_line + {line}, _extra FROM ({self._rows()}) AS typed {joined}"
            + ("" if is_strict else " WHERE NOT is_bad")
        )

    def bad(self) -> str:
        """Ordinal and texts of the lines that `insert` leaves out, in order."""
        texts = [
            f"CASE WHEN {self._is_bad(name)} THEN {_text(name)} END" for name in self.checked()
        ]
        return (
            f"SELECT ordinal, {', '.join(texts)} FROM ({self._rows()}) AS typed"
            " WHERE is_bad ORDER BY ordinal"
        )

    def checked(self) -> list[str]:
        """Our names of the columns of `bad` after the ordinal."""
        return [name for name in CHECKED_COLUMNS if name in self._layout.texts]

    def _present(self) -> list[str]:
        return [name for name in self._layout.texts if name != "service" or not self._service]

    def _checked_value(self, name: str) -> str:
        if name not in CHECKED_COLUMNS:
            return name
        return f"CASE WHEN {self._is_bad(name)} THEN error('{BAD_LINE}') ELSE {name} END"

    def _texts(self) -> str:
        """The fields as text, one column per column of ours."""
        columns = [f"{self._value(name)} AS {_text(name)}" for name in self._present()]
        return (
            f"SELECT {', '.join(columns)}, {self._layout.extra} AS _extra"
            f" FROM {self._layout.reader}"
        )

    def _value(self, name: str) -> str:
        value = self._layout.texts[name]
        if name in TEXT_COLUMNS or name == "logged_at":
            return value
        return f"CASE WHEN {value} NOT IN ('', '-') THEN {value} END"

    def _rows(self) -> str:
        """Every line in order: its ordinal, typed values under our names beside their texts, and
        whether it is bad. Rows are numbered last: the database would otherwise work out every
        value twice, once more for a filter."""
        typed = [f"{self._typed(name)} AS {name}" for name in self._present()]
        texts = [_text(name) for name in self.checked()]
        values = f"SELECT {', '.join([*typed, *texts, '_extra'])} FROM ({self._texts()}) AS texts"
        is_bad = " OR ".join(self._is_bad(name) for name in self.checked())
        return (
            f"SELECT *, row_number() OVER () AS ordinal"
            f" FROM (SELECT *, {is_bad} AS is_bad FROM ({values}) AS valued) AS judged"
        )

    def _typed(self, name: str) -> str:
        text = _text(name)
        if name == "logged_at":
            return self._layout.time or _time(text, self._zone)
        if name == "latency_ms":
            return _duration_ms(text, self._layout.unit)
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


def missing_lines() -> str:
    """Numbers of the lines from $first to $last that a load did not take."""
    return (
        "SELECT line FROM range($first::BIGINT, $last::BIGINT + 1) AS numbered(line)"
        " ANTI JOIN (SELECT _line AS line FROM raw.service_logs"
        " WHERE _loaded_at = $now::TIMESTAMPTZ AND _load_id = $load_id) AS taken USING (line)"
        " ORDER BY line"
    )


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
    clf = r"\d{2}/[A-Z][a-z]{2}/\d{4}:\d{2}:\d{2}:\d{2}"
    return f"""CASE
        WHEN suffix({text}, 'Z') THEN try_cast({text} AS TIMESTAMPTZ)
        WHEN regexp_full_match({text}, '{iso} ?(UTC|z|[+-]\\d{{2}}(:?\\d{{2}})?)')
            THEN try_cast(replace({point}, 'z', 'Z') AS TIMESTAMPTZ)
        WHEN regexp_full_match({text}, '{iso}')
            THEN timezone({literal(zone)}, try_cast({point} AS TIMESTAMP))
        WHEN regexp_full_match({text}, '{clf} [+-]\\d{{4}}')
            THEN try_strptime({text}, '%d/%b/%Y:%H:%M:%S %z')
        ELSE make_timestamptz({micros}) END"""


def _duration_ms(text: str, unit: str) -> str:
    if unit != WRITTEN:
        return f"try_cast({text} AS DOUBLE) * {UNIT_IN_MS[unit]!r}"
    number = f"try_cast(regexp_extract({text}, '^[0-9]+([.][0-9]+)?') AS DOUBLE)"
    factor = f"""CASE regexp_extract({text}, '^[0-9.]+ ?(ns|us|µs|μs|ms|s)$', 1)
        WHEN 'ns' THEN 1e-6 WHEN 'us' THEN 1e-3 WHEN 'µs' THEN 1e-3 WHEN 'μs' THEN 1e-3
        WHEN 'ms' THEN 1 WHEN 's' THEN 1e3 END"""
    return f"{number} * {factor}"
