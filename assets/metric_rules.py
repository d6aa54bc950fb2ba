"""What may a metric be made of? The same rules for a block of YAML and for what dbt read of it.

Both hold `type_params` under the same keys; a rule knows the keys to what it refuses, so that the
block's line can be told, and nothing of files.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sqlglot import exp

from assets.ratio_sides import SIDES

# The keys within `type_params` that lead to what is refused, and the rule.
Refusal = tuple[tuple[str, ...], str]
_SHIFTS = ("offset_window", "offset_to_grain")
_CUMULATIVE = "cumulative_type_params"
_LINEAR = (
    "A derived metric adds and subtracts metrics and multiplies them by numbers; for one over "
    "another use `type: ratio` with a numerator and a denominator."
)


def refusals(kind: str, parts: Mapping[str, Any]) -> Iterator[Refusal]:
    """Where and why a metric of this type and these `type_params` cannot be kept in its parts."""
    if kind == "ratio":
        yield from _of_ratio(parts)
    elif kind == "derived" and parts.get("expr") is not None:
        inputs = [name for name in map(_called, parts.get("metrics") or ()) if name]
        if problem := problem_of_expression(parts["expr"], inputs):
            yield ("expr",), problem
    elif kind == "cumulative":
        yield from _of_cumulative(parts)


def problem_of_expression(expression: object, inputs: Sequence[str]) -> str | None:
    """Why an expression is no sum of multiples of its inputs, or None.

    A product, quotient or function of metrics would be stored without what it is made of, and
    could be of any size where one of them is a ratio's hidden denominator.
    """
    import sqlglot

    text = str(expression)
    try:
        parsed = sqlglot.parse_one(text, dialect="duckdb")
    except sqlglot.errors.SqlglotError:
        return f"expr is `{text}`, which cannot be read. {_LINEAR}"
    fault = _not_linear(parsed)
    if fault is not None:
        told = fault.sql("duckdb")
        what = "divides in an expression, which hides its parts" if _divides(fault) else (
            f"has `{told}` in its expression, which hides what it is made of"
        )  # fmt: skip
        return f"it {what}. {_LINEAR}"
    known = {name.lower() for name in inputs}
    unknown = [each.name for each in _columns(parsed) if each.name.lower() not in known]
    if unknown and known:
        return (
            f"its expression names `{unknown[0]}`, which is none of its metrics: "
            f"{', '.join(inputs)}. Name it under `metrics`, or by its alias."
        )
    return None


def _not_linear(node: exp.Expr) -> exp.Expr | None:
    """The first part of an expression that is not linear in its columns."""
    from sqlglot import exp

    if isinstance(node, exp.Add | exp.Sub | exp.Mul):
        if isinstance(node, exp.Mul) and _columns(node.this) and _columns(node.expression):
            return node
        return _not_linear(node.this) or _not_linear(node.expression)
    if isinstance(node, exp.Neg | exp.Paren):
        return _not_linear(node.this)
    is_number = isinstance(node, exp.Literal) and not node.is_string
    is_metric = isinstance(node, exp.Column) and not node.table
    return None if is_number or is_metric else node


def _columns(node: exp.Expr) -> list[exp.Column]:
    from sqlglot import exp

    return list(node.find_all(exp.Column))


def _divides(node: exp.Expr) -> bool:
    from sqlglot import exp

    return isinstance(node, exp.Div | exp.IntDiv)


def _of_ratio(parts: Mapping[str, Any]) -> Iterator[Refusal]:
    for side in SIDES:
        given = parts.get(side)
        shifted = [key for key in _SHIFTS if isinstance(given, Mapping) and given.get(key)]
        if shifted:
            yield (
                (side, shifted[0]),
                f"its {side} has an `{shifted[0]}`, so that the two sides would count different "
                "periods and no longer add up. Take it out; pages compare every metric with "
                "earlier periods anyway.",
            )


def _of_cumulative(parts: Mapping[str, Any]) -> Iterator[Refusal]:
    given = parts.get(_CUMULATIVE) or {}
    if not isinstance(given, Mapping):
        return
    told = given.get("period_agg")
    if str(told or "").lower() != "last":
        is_told = "" if told is None else f" (it is `{told}`)"
        yield (
            (_CUMULATIVE, "period_agg"),
            f"it is cumulative without `period_agg: last`{is_told}: its week or month would not "
            f"show the value it ends with. Add `period_agg: last` under `{_CUMULATIVE}`.",
        )
    windows = [each for each in (given, parts) if each.get("window")]
    if windows and any(each.get("grain_to_date") for each in (given, parts)):
        yield (
            (_CUMULATIVE, "window"),
            "it has a `window` and a `grain_to_date`. Keep one of them.",
        )


def _called(part: object) -> str | None:
    """The name by which an expression calls an input: its alias, else its own."""
    if isinstance(part, Mapping):
        return str(part.get("alias") or part.get("name"))
    return part if isinstance(part, str) else None
