"""Has one block of YAML the form of a metric? Every fault with the line of what is wrong."""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Iterator, Sequence
from typing import Any

from assets.filter_meaning import problem_of_filter
from assets.metric_catalogue import faults_of_meta
from assets.metric_rules import refusals
from assets.yaml_lines import Block

_TYPES = ("simple", "ratio", "derived", "cumulative", "conversion")
_NEEDED = ("name", "label", "type", "type_params")
_KEYS = (*_NEEDED, "description", "filter", "time_granularity", "meta", "tags", "config")
_KEYS_OF_META = (
    "layer", "unit", "direction", "owner", "role", "entity", "segments", "source_kinds", "format",
    "hidden",
)  # fmt: skip
_KEYS_OF_PARAMS = (
    "measure", "numerator", "denominator", "expr", "window", "grain_to_date", "metrics",
    "conversion_type_params", "cumulative_type_params",
)  # fmt: skip
_NEEDED_BY_TYPE = {
    "simple": ("measure",),
    "ratio": ("numerator", "denominator"),
    "derived": ("expr", "metrics"),
    "cumulative": ("measure",),
    "conversion": ("conversion_type_params",),
}
_KEYS_OF_METRIC_READ = ("name", "filter", "alias", "offset_window", "offset_to_grain")
_KEYS_OF_MEASURE_READ = ("name", "filter", "alias", "join_to_timespine", "fill_nulls_with")
_GRAINS_OF_DBT = ("day", "week", "month", "quarter", "year")
_WINDOW = re.compile(rf"[1-9]\d* ({'|'.join(_GRAINS_OF_DBT)})s?")
_KEYS_OF_CUMULATIVE = ("window", "grain_to_date", "period_agg")
_KEYS_OF_CONVERSION = (
    "base_measure", "conversion_measure", "entity", "calculation", "window", "constant_properties",
)  # fmt: skip
_NEEDED_OF_CONVERSION = ("base_measure", "conversion_measure", "entity")
_CALCULATIONS = ("conversion_rate", "conversions")
MEASURES_OF_CONVERSION = ("base_measure", "conversion_measure")
_NAME = re.compile(r"[a-z](?:[a-z0-9]|_(?!_))*[a-z0-9]")
# Words that MetricFlow keeps for itself.
_RESERVED = (
    "metric_time", "mf_internal_uuid", "nanosecond", "microsecond", "millisecond", "second",
    "minute", "hour", "day", "week", "month", "quarter", "year",
)  # fmt: skip
_RESERVED_BEGINNINGS = ("filtered_numerator_of_", "filtered_denominator_of_")

Fault = tuple[int, str]


def misspelt(key: str, known: Collection[str]) -> str:
    """`Did you mean …?` where a known key is near, else nothing."""
    near = difflib.get_close_matches(key, known, n=1)
    return f"Did you mean `{near[0]}`?" if near else ""


def faults_of_form(block: Block) -> Iterator[Fault]:
    """Line and rule of everything in which a block differs from the form of a metric."""
    yield from _unknown_keys(block, _KEYS, of="a metric")
    for key in _NEEDED:
        if block.get(key) is None:
            yield block.line_of(key), f"`{key}` is missing. {_SAY[key]}"
    yield from _faults_of_texts(block)
    yield from _faults_of_filter(block)
    yield from _faults_of_config(block)
    parts, kind = block.get("type_params"), block.get("type")
    if kind is not None and kind not in _TYPES:
        near = misspelt(str(kind), _TYPES)
        told = f"type `{kind}`; expected one of {', '.join(_TYPES)}."
        yield block.line_of("type"), f"{told} {near}".rstrip()
    elif isinstance(parts, Block) and kind is not None:
        yield from _faults_of_params(parts, kind)
    elif parts is not None:
        told = f"`type_params` is `{parts}`, where keys were expected. {_SAY['type_params']}"
        yield block.line_of("type_params"), told


_SAY = {
    "name": "Give a name in lower case, such as `- name: returns_per_order`.",
    "label": "Say how people call it, such as `label: Returns per order`.",
    "type": f"Say one of {', '.join(_TYPES)}.",
    "type_params": (
        "Say what it is made of, such as `type_params: {numerator: returns_value, "
        "denominator: orders}` of a ratio or `type_params: {measure: orders}` of a simple metric."
    ),
}


def _unknown_keys(block: Block, known: Collection[str], *, of: str) -> Iterator[Fault]:
    for key in block:
        if key in known:
            continue
        near = misspelt(key, known)
        if key in (*_KEYS_OF_PARAMS, "agg"):
            near = "What a metric is made of stands under `type_params`."
        elif key in _KEYS_OF_META:
            near = f"`{key}` stands under `config:`, there under `meta:`."
        expected = near or f"Expected of {', '.join(known)}."
        yield block.line_of(key), f"`{key}` is no key of {of}. {expected}"


def _faults_of_texts(block: Block) -> Iterator[Fault]:
    for key in ("name", "label", "description"):
        given = block.get(key)
        if given is not None and not isinstance(given, str):
            yield block.line_of(key), f"`{key}` is `{given}`, which is no text. Put it in quotes."
    name = block.get("name")
    if isinstance(name, str) and (problem := _problem_of_name(name)):
        yield block.line_of("name"), problem


def _problem_of_name(name: object) -> str | None:
    """Why MetricFlow would not take the name of a metric or an alias, or None."""
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        return (
            f"`{name}` is no name of a metric: two or more lower-case letters, digits and single "
            f"underscores, a letter first. Write `{_as_name(str(name))}`."
        )
    if name in _RESERVED or name.startswith(_RESERVED_BEGINNINGS):
        return f"`{name}`: the hub uses this name itself. Choose another one."
    return None


def _as_name(text: str) -> str:
    """A name near to the text that has the form of one."""
    words = re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_")
    return words if _NAME.fullmatch(words) else f"my_{words}".rstrip("_")


def _faults_of_filter(part: Block) -> Iterator[Fault]:
    given = part.get("filter")
    for condition in given if isinstance(given, list) else [given]:
        line = part.line_of("filter")
        if condition is None:
            continue
        if not isinstance(condition, str):
            yield line, f"`filter` is {condition}, which is no text. {_FILTER}"
        elif problem := _broken_template(condition) or problem_of_filter(condition):
            yield line, f"the filter cannot be read: {problem}. {_FILTER}"


_FILTER = """Write it as `filter: "{{ Entity('country') }} = 'DE'"`."""


def _broken_template(text: str) -> str | None:
    from jinja2 import Environment, TemplateSyntaxError

    try:
        Environment().parse(text)
    except TemplateSyntaxError as error:
        return (error.message or "it is no template").rstrip(".")
    return None


def _faults_of_config(block: Block) -> Iterator[Fault]:
    line = block.line_of("meta" if "meta" in block else "config")
    config = block.get("config")
    meta = config.get("meta") if isinstance(config, Block) else None
    if "meta" in block:
        yield line, "`meta` stands beside `config`. Put it below: `config:`, there `meta:`."
    elif not isinstance(meta, Block):
        yield line, f"`config` holds no `meta` with keys. Put there {', '.join(_KEYS_OF_META)}."
    else:
        for key in meta:
            if key not in _KEYS_OF_META and (near := misspelt(key, _KEYS_OF_META)):
                yield meta.line_of(key), f"`{key}` is no key of `meta`. {near}"
        for key, fault in () if meta.get("hidden") else faults_of_meta(meta):
            yield meta.line_of(key) if key else line, fault


def _faults_of_params(parts: Block, kind: str) -> Iterator[Fault]:
    yield from _unknown_keys(parts, _KEYS_OF_PARAMS, of="`type_params`")
    for key in _NEEDED_BY_TYPE[kind]:
        if parts.get(key) is None:
            needed = " and ".join(f"`{each}`" for each in _NEEDED_BY_TYPE[kind])
            yield parts.line, f"`type_params` of a {kind} metric lacks `{key}`; give {needed}."
    if parts.get("metrics") is not None and not isinstance(parts["metrics"], list):
        yield parts.line_of("metrics"), "`metrics` is no list. Write `metrics: [orders, units]`."
        return
    yield from _faults_of_kind(parts)
    for keys, rule in refusals(kind, parts):
        yield _line_at(parts, keys), rule
    if kind == "derived":
        yield from _faults_of_aliases(parts)
    for place, part, line in _parts_read(parts):
        keys = _KEYS_OF_MEASURE_READ if "measure" in place else _KEYS_OF_METRIC_READ
        yield from _faults_of_part(part, line, place=place, keys=keys)


def _faults_of_kind(parts: Block) -> Iterator[Fault]:
    """What a cumulative or a conversion metric says of its window, grain and calculation."""
    for key, keys, needed in (
        ("cumulative_type_params", _KEYS_OF_CUMULATIVE, ()),
        ("conversion_type_params", _KEYS_OF_CONVERSION, _NEEDED_OF_CONVERSION),
    ):
        given = parts.get(key)
        if given is None:
            continue
        if not isinstance(given, Block):
            yield parts.line_of(key), f"`{key}` is `{given}`; expected keys of {', '.join(keys)}."
            continue
        yield from _unknown_keys(given, keys, of=f"`{key}`")
        for lacking in (each for each in needed if given.get(each) is None):
            yield given.line, f"`{key}` lacks `{lacking}`; give {' and '.join(needed)}."
        yield from _faults_of_words(given)
    yield from _faults_of_words(parts)


def _faults_of_words(given: Block) -> Iterator[Fault]:
    for key, known in (
        ("grain_to_date", _GRAINS_OF_DBT),
        ("offset_to_grain", _GRAINS_OF_DBT),
        ("calculation", _CALCULATIONS),
    ):
        if given.get(key) is not None and given[key] not in known:
            told = f"{key} is `{given[key]}`; expected {' or '.join(known)}."
            yield given.line_of(key), told
    for key in ("window", "offset_window"):
        window = given.get(key)
        if window is not None and not _WINDOW.fullmatch(str(window)):
            yield given.line_of(key), f"{key} is `{window}`; expected such as `7 days`."
    if given.get("offset_window") and given.get("offset_to_grain"):
        told = "it has an `offset_window` and an `offset_to_grain`. Keep one of them."
        yield given.line_of("offset_window"), told


def _line_at(block: Block, keys: Sequence[str]) -> int:
    """The line of what the keys lead to, or of the last of them that is there."""
    line = block.line
    for key in keys:
        line = block.line_of(key) if key in block else line
        inner = block.get(key)
        if not isinstance(inner, Block):
            return line
        block = inner
    return line


def _faults_of_aliases(parts: Block) -> Iterator[Fault]:
    """Names by which an expression could not tell its metrics apart."""
    read = [part for part in parts.get("metrics") or () if isinstance(part, str | Block)]
    names = {part if isinstance(part, str) else part.get("name") for part in read}
    taken: set[str] = set()
    for part in read:
        own = part if isinstance(part, str) else part.get("name")
        alias = part.get("alias") if isinstance(part, Block) else None
        line = part.line_of("alias") if isinstance(part, Block) else parts.line_of("metrics")
        called = str(alias or own)
        if alias in names:
            yield line, f"alias `{alias}` is the name of a metric it reads. Choose another one."
        elif called in taken:
            yield line, f"`{called}` stands twice among its metrics. Give each an `alias`."
        taken.add(called)


def _faults_of_part(part: Any, line: int, *, place: str, keys: Collection[str]) -> Iterator[Fault]:
    if isinstance(part, str):
        return
    if not isinstance(part, Block):
        yield line, f"`{place}` is `{part}`; expected a name, or keys of which one is `name`."
        return
    yield from _unknown_keys(part, keys, of=f"`{place}`")
    yield from _faults_of_filter(part)
    yield from _faults_of_words(part)
    if not isinstance(part.get("name"), str):
        yield part.line, f"`{place}` lacks `name`: what it counts."
    if part.get("alias") is not None and (problem := _problem_of_name(part["alias"])):
        yield part.line_of("alias"), f"alias {problem}"
    for key in ("fill_nulls_with", "join_to_timespine"):
        if part.get(key) is not None and part[key] is not False:
            told = "would make zeros of days without data; a gap is never zero. Take it out."
            yield part.line_of(key), f"`{key}` {told}"


def _parts_read(parts: Block) -> Iterator[tuple[str, Any, int]]:
    """Each metric or measure that a block is made of: its place, what stands there, its line."""
    for place in ("measure", "numerator", "denominator"):
        if parts.get(place) is not None:
            yield place, parts[place], parts.line_of(place)
    listed = parts.get("metrics")
    for part in listed if isinstance(listed, list) else ():
        yield "metrics", part, part.line if isinstance(part, Block) else parts.line_of("metrics")
    conversion = parts.get("conversion_type_params")
    if isinstance(conversion, Block):
        for place in MEASURES_OF_CONVERSION:
            if conversion.get(place) is not None:
                yield place, conversion[place], conversion.line_of(place)


def splits_read(block: Block) -> Iterator[tuple[str, str, int]]:
    """`Entity`, `Dimension` or `segments`, name and line of all that a block in form splits by."""
    parts = [part for _, part, _ in _parts_read(block["type_params"]) if isinstance(part, Block)]
    for part in (block, *parts):
        given = part.get("filter")
        for condition in given if isinstance(given, list) else [given or ""]:
            for kind, name in _SPLIT.findall(condition):
                yield kind, name, part.line_of("filter")
    meta = block["config"]["meta"]
    for name in meta.get("segments") or ():
        yield "segments", str(name), meta.line_of("segments")


_SPLIT = re.compile(r"\b(Entity|Dimension)\(\s*['\"]([^'\"]*)['\"]")


def metrics_read(block: Block) -> Iterator[tuple[str, str, int]]:
    """`metric` or `measure`, name and line of all that a block in form is made of."""
    for place, part, line in _parts_read(block["type_params"]):
        kind = "measure" if "measure" in place else "metric"
        if isinstance(part, Block):
            yield kind, part["name"], part.line_of("name")
        else:
            yield kind, part, line
