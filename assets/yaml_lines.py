"""What does a YAML file say, and on which line does each thing stand?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import yaml

# libyaml's parser where PyYAML was built with it: ten times faster.
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_MERGE = "tag:yaml.org,2002:merge"
_TAB = "Indent with spaces."
_BRACES = "Put a text that holds {{ }} between double quotes."
_USUAL = "Look at the quotes and the indentation of this line and of the one before it."


class YamlFault(Exception):
    """A file that is no YAML, or says one thing twice; knows its `line` and `column` from 1."""

    def __init__(self, told: str, *, line: int, column: int) -> None:
        super().__init__(told)
        self.line, self.column = line, column


class Block(dict[str, Any]):
    """A mapping that knows the line it begins on and the line of each key."""

    def __init__(self, line: int) -> None:
        super().__init__()
        self.line = line
        self.lines: dict[str, int] = {}

    def line_of(self, key: str) -> int:
        """The line of a key; where the mapping has no such key, the line it begins on."""
        return self.lines.get(key, self.line)


def read_yaml(text: str) -> Any:
    """Mappings as `Block`, lists and scalars as they are; None for a file that says nothing.

    Raises `YamlFault` for what is no YAML and for a key that stands twice in one mapping.
    """
    loader = _Loader(text)
    try:
        node = loader.get_single_node()
        return None if node is None else _value(node, loader)
    except yaml.MarkedYAMLError as error:
        raise _fault(error, text) from error
    finally:
        loader.dispose()


def _fault(error: yaml.MarkedYAMLError, text: str) -> YamlFault:
    mark = error.problem_mark or error.context_mark
    line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
    lines = text.splitlines()
    stands = lines[line - 1] if line <= len(lines) else ""
    advice = _TAB if "\t" in stands else _BRACES if "{{" in stands else _USUAL
    told = f"column {column}: this is no YAML: {error.problem or error.context}. {advice}"
    return YamlFault(told, line=line, column=column)


def _value(node: yaml.Node, loader: Any) -> Any:
    if isinstance(node, yaml.MappingNode):
        return _block(node, loader)
    if isinstance(node, yaml.SequenceNode):
        return [_value(each, loader) for each in node.value]
    return loader.construct_object(node)


def _block(node: yaml.MappingNode, loader: Any) -> Block:
    block = Block(node.start_mark.line + 1)
    for key_node, value_node in node.value:
        line, column = key_node.start_mark.line + 1, key_node.start_mark.column + 1
        if key_node.tag == _MERGE:
            for merged in _merged(value_node, loader):
                block.update({key: merged[key] for key in merged if key not in block})
            continue
        key = str(_value(key_node, loader))
        if key in block.lines:
            told = f"column {column}: `{key}` stands here and on line {block.lines[key]}. Keep one."
            raise YamlFault(told, line=line, column=column)
        block[key] = _value(value_node, loader)
        block.lines[key] = line
    return block


def _merged(node: yaml.Node, loader: Any) -> Iterator[Block]:
    """The mappings that `<<:` takes in; a key of the mapping itself comes before theirs."""
    nodes = node.value if isinstance(node, yaml.SequenceNode) else [node]
    return (each for each in (_value(node, loader) for node in nodes) if isinstance(each, Block))
