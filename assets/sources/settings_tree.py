"""Which settings does a JSON or YAML document hold? Each leaf by its path, as JSON text.

Members are joined with dots; the entries of a list go by their `name`, `key` or `id` when all of
them have one, else the whole list is one setting. The same settings in another order or layout
are the same. An empty document is one setting: nothing.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

import yaml

from assets.sources.json_records import BrokenDocument, Decoder, decode, looks_like_json, position

MOST_SETTINGS = 20_000
_DEEPEST = 40
_NAMES = ("name", "key", "id")


def read_settings(data: bytes) -> tuple[str, dict[str, str]]:
    """The form (`json` or `yaml`) and the settings by path. Raises `BrokenDocument`."""
    text = decode(data)
    if any("\ud800" <= sign <= "\udfff" for sign in text):
        raise BrokenDocument("bytes that are no UTF-8 text", 1, 1)
    if looks_like_json(data[:200]):
        try:
            return "json", _leaves(_json(text))
        except BrokenDocument:
            if not text.lstrip().startswith("{"):
                raise
            try:  # a flow mapping of YAML also begins with a brace
                return "yaml", _leaves(_yaml(text))
            except BrokenDocument:
                pass
            raise
    return "yaml", _leaves(_yaml(text))


def _json(text: str) -> Any:
    start = len(text) - len(text.lstrip())
    decoder = Decoder()
    value, end = decoder.at(text, start)
    if text[end:].strip():
        raise BrokenDocument("more text after the document", *position(text, end))
    if decoder.twice is not None:
        raise BrokenDocument(f"the key `{decoder.twice}` twice", 1, 1)
    return value


class _Loader(yaml.SafeLoader):
    """YAML without keys that stand twice, and without a value that contains itself."""


def _mapping(loader: _Loader, node: yaml.MappingNode) -> dict[Any, Any]:
    loader.flatten_mapping(node)
    made: dict[Any, Any] = {}
    for key_node, value_node in node.value:
        # `on` and `yes` are names of settings, not what YAML 1.1 takes them for
        is_text = isinstance(key_node, yaml.ScalarNode)
        key = key_node.value if is_text else loader.construct_object(key_node, deep=True)
        mark = key_node.start_mark
        if isinstance(key, dict | list | set):
            raise BrokenDocument("a key that is no text", mark.line + 1, mark.column + 1)
        if key in made:
            raise BrokenDocument(f"the key `{key}` twice", mark.line + 1, mark.column + 1)
        made[key] = loader.construct_object(value_node, deep=True)
    return made


_Loader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _mapping)


def _yaml(text: str) -> Any:
    try:
        documents = list(yaml.load_all(text, Loader=_Loader))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        raise BrokenDocument(error.problem or "no valid YAML", line, column) from error
    except (yaml.YAMLError, ValueError, OverflowError, RecursionError, TypeError) as error:
        raise BrokenDocument(f"no valid YAML ({str(error)[:100]})", 1, 1) from error
    documents = [document for document in documents if document is not None]
    if len(documents) > 1:
        raise BrokenDocument("several documents in one file", 1, 1)
    return documents[0] if documents else {}


def _leaves(tree: Any) -> dict[str, str]:
    if not isinstance(tree, dict | list):
        raise BrokenDocument(f"a single {type(tree).__name__}", 1, 1)
    found: dict[str, str] = {}
    for path, value in _walk(tree, "", 0):
        if path in found:
            raise BrokenDocument(f"the setting `{path}` twice", 1, 1)
        found[path] = _text(value)
        if len(found) > MOST_SETTINGS:
            raise BrokenDocument(f"more than {MOST_SETTINGS:,} settings", 1, 1)
    return found


def _walk(value: Any, path: str, depth: int) -> Iterator[tuple[str, Any]]:
    if depth > _DEEPEST:
        raise BrokenDocument(f"settings nested deeper than {_DEEPEST} levels", 1, 1)
    if isinstance(value, dict) and value:
        for key, member in value.items():
            name = str(key) if isinstance(key, str) else _text(key)
            yield from _walk(member, f"{path}.{name}" if path else name, depth + 1)
        return
    named = _named(value) if isinstance(value, list) else None
    if named is None:
        yield path or "settings", value
        return
    for key, member in named.items():
        yield from _walk(member, f"{path}[{key}]", depth + 1)


def _named(entries: list[Any]) -> dict[str, Any] | None:
    """The entries of a list by name; None when one has none or two share one."""
    if not entries or not all(isinstance(entry, dict) for entry in entries):
        return None
    for name in _NAMES:
        names = [entry.get(name) for entry in entries]
        is_text = all(isinstance(n, str | int) for n in names)
        if is_text and len({str(n) for n in names}) == len(names):
            rest = [{k: v for k, v in entry.items() if k != name} for entry in entries]
            return {str(n): entry for n, entry in zip(names, rest, strict=True)}
    return None


def _text(value: Any) -> str:
    """A leaf as JSON text with sorted members. Raises `BrokenDocument` for what JSON has not."""
    try:
        return json.dumps(value, ensure_ascii=False, sort_keys=True, default=_plain)
    except (ValueError, TypeError, RecursionError) as error:
        raise BrokenDocument(f"a value that JSON cannot write ({error})", 1, 1) from error


def _plain(value: Any) -> Any:
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, set):
        return sorted(map(str, value))
    return str(value)
