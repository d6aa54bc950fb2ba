"""What does a metric's filter say of rows whose segment is unknown?

In SQL `channel <> 'app'` is neither true nor false where the channel is unknown, so the row is
lost without a word. Here the unknown is a segment like the others, called `__null__`: it is not
`app`, so `<>`, `not in` and every other negation keep it, and `= '__null__'` asks for it. The
filters are written so before the compiler reads them; one that loses nothing stays as it is.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from assets.metric_catalogue import MetricError

if TYPE_CHECKING:
    from sqlglot import exp

UNKNOWN = "__null__"
_TEMPLATE = "where_sql_template"
_BRACES = re.compile(r"\{\{.*?\}\}", re.DOTALL)
_OF_SPLIT = re.compile(r"\{\{-?\s*(?:Entity|Dimension)\s*\(")
_SPLIT, _OTHER = "split_in_braces_", "value_in_braces_"
_PLACEHOLDER = re.compile(rf"(?:{_SPLIT}|{_OTHER})(\d+)_")


def with_unknown_segments(semantic_manifest: str) -> str:
    """The manifest with every filter in which an unknown segment is one, too.

    A manifest without such filters comes back as it is. Raises `MetricError` for a filter that
    is no condition of SQL.
    """
    told = json.loads(semantic_manifest)
    changed = False
    for holder in _holders(told):
        meant = two_valued(holder[_TEMPLATE])
        changed |= meant != holder[_TEMPLATE]
        holder[_TEMPLATE] = meant
    return json.dumps(told) if changed else semantic_manifest


def two_valued(template: str) -> str:
    """A filter that is true or false of every segment, the unknown one included.

    Raises `MetricError` for what is no condition of SQL.
    """
    from sqlglot import exp

    root = exp.Paren(this=_parsed(template))
    before = root.copy()
    for node in reversed(list(root.find_all(exp.Expression))):  # what is inside comes first
        if node is not root and _splits(node):
            node.replace(_meant(node))
    return template if root == before else _in_braces(root.this.sql("duckdb"), template)


def problem_of_filter(template: str) -> str | None:
    """Why a filter cannot be read, or None."""
    try:
        _parsed(template)
    except MetricError as error:
        return str(error)
    return None


def _holders(told: Any) -> Iterator[dict[str, str]]:
    """Every object of a manifest that holds the text of a filter."""
    if isinstance(told, dict) and isinstance(told.get(_TEMPLATE), str):
        yield told
    values = told.values() if isinstance(told, dict) else told if isinstance(told, list) else ()
    for value in values:
        yield from _holders(value)


def _parsed(template: str) -> exp.Condition:
    """The condition, with a column in the place of everything in braces."""
    import sqlglot
    from sqlglot import exp

    if "{%" in template:
        raise MetricError("it has a `{% … %}`, where one condition was expected")
    count = iter(range(len(template)))

    def column(found: re.Match[str]) -> str:
        return f"{_SPLIT if _OF_SPLIT.match(found[0]) else _OTHER}{next(count)}_"

    try:
        parsed = sqlglot.parse_one(_BRACES.sub(column, template), dialect="duckdb")
    except sqlglot.errors.ParseError as error:
        told = error.errors[0]
        near = _in_braces(str(told.get("highlight") or ""), template)
        raise MetricError(f"it is no condition of SQL; look at `{near}`") from error
    except sqlglot.errors.SqlglotError as error:
        raise MetricError("it is no condition of SQL; look at its quotes") from error
    if not isinstance(parsed, exp.Condition):
        raise MetricError("it is no condition of SQL")
    return parsed


def _in_braces(sql: str, template: str) -> str:
    given = _BRACES.findall(template)
    return _PLACEHOLDER.sub(lambda found: given[int(found[1])], sql)


def _splits(node: exp.Expression) -> bool:
    """Whether something that metrics are split by stands in the node."""
    from sqlglot import exp

    return any(each.name.startswith(_SPLIT) for each in node.find_all(exp.Column))


def _meant(node: exp.Expression) -> exp.Expression:
    """One comparison or negation, as it is meant of unknown segments."""
    from sqlglot import exp

    if isinstance(node, exp.EQ | exp.NullSafeEQ | exp.NEQ | exp.NullSafeNEQ):
        return _compared(node)
    if isinstance(node, exp.In):
        return _listed(node)
    if isinstance(node, exp.Not):
        return _negated(node.this)
    if node.args.get("negate"):  # `not like`, of which the parser makes one node
        told = node.copy()
        told.set("negate", None)
        return _negated(told)
    return node


def _compared(node: exp.Expression) -> exp.Expression:
    from sqlglot import exp

    sides = [node.this, node.expression]
    is_equal = isinstance(node, exp.EQ | exp.NullSafeEQ)
    for side, other in (sides, sides[::-1]):
        if _is_unknown(other):
            asked = exp.Is(this=side.copy(), expression=exp.Null())
            return asked if is_equal else exp.Not(this=asked)
        is_false = isinstance(other, exp.Boolean) and not other.this
        if is_equal and is_false and isinstance(side.unnest(), exp.Predicate):
            return _negated(side)
    if not isinstance(node, exp.NEQ):
        return node
    if any(side.name.lower() in ("all", "any") for side in sides):
        return exp.Coalesce(this=node.copy(), expressions=[exp.true()])
    return exp.NullSafeNEQ(this=node.this.copy(), expression=node.expression.copy())


def _listed(node: exp.In) -> exp.Expression:
    """A list that names the unknown segment: the others, or unknown."""
    from sqlglot import exp

    others = [each for each in node.expressions if not _is_unknown(each)]
    if len(others) == len(node.expressions):
        return node
    asked = exp.Is(this=node.this.copy(), expression=exp.Null())
    if not others:
        return asked
    known = exp.In(this=node.this.copy(), expressions=[each.copy() for each in others])
    return exp.Paren(this=exp.Or(this=known, expression=asked))


def _negated(told: exp.Expression) -> exp.Expression:
    """What is not known to be so, is not so."""
    from sqlglot import exp

    inner = told.unnest()
    if isinstance(inner, exp.Is | exp.NullSafeEQ | exp.NullSafeNEQ | exp.Not | exp.Exists):
        return exp.Not(this=told.copy())
    return exp.Not(this=exp.Coalesce(this=inner.copy(), expressions=[exp.false()]))


def _is_unknown(node: exp.Expression) -> bool:
    from sqlglot import exp

    return isinstance(node, exp.Literal) and node.is_string and node.name == UNKNOWN
