"""Which order lines are no sales: fees, postage, adjustments, bad debt, what was never paid?

The rules of `hub.yml` decide, by name. They are counted here for people to see; the rows are
loaded all the same, and staging (`excluded_by`) leaves them out, so that a changed rule holds for
everything that was ever loaded. Proposals are shown with what they would exclude, never applied.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from functools import cache
from typing import Any

from hub.source_settings import ExclusionRule

NUMBERS = ("quantity", "unit_price", "amount")


def _rule(name: str, column: Any, *matches: str) -> ExclusionRule:
    return ExclusionRule(name=name, column=column, matches=list(matches))


PROPOSALS = (
    _rule("postage", "product_id", "POST", "POSTAGE", "DOT", "C2", "SHIP", "SHIPPING", "FREIGHT",
          "DELIVERY", "VERSAND", "PORTO", "PORT", "FRAIS DE PORT"),
    _rule("fees", "product_id", "BANK CHARGES", "AMAZONFEE", "CRUK", "S", "FEE", "FEES", "GEBUEHR"),
    _rule("adjustments", "product_id", "M", "D", "B", "ADJUST*", "MANUAL", "DISCOUNT", "TEST*"),
    _rule("gift_cards", "product_id", "GIFT_*", "GIFTCARD*", "GIFT CARD*"),
    _rule("bad_debt", "description", "*bad debt*", "*write-off*", "*write off*"),
    _rule("postage_by_name", "description", "postage", "shipping*", "carriage", "delivery fee*",
          "versand*", "frais de port*", "gastos de env*"),
    _rule("fees_by_name", "description", "*bank charges*", "*amazon fee*", "*payment fee*"),
    _rule("not_sold", "status", "cancelled", "canceled", "voided", "failed", "pending", "expired",
          "unpaid", "test", "draft", "declined"),
)  # fmt: skip


@dataclass
class Matched:
    """What a rule takes out of a file: rows, their amount per currency, the values it met."""

    rows: int = 0
    amounts: dict[str, Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    values: Counter[str] = field(default_factory=Counter)

    def __str__(self) -> str:
        worth = " + ".join(f"{amount:,.2f} {code}" for code, amount in self.amounts.items())
        return f"{self.rows:,} rows, {worth or '0.00'}"


def is_like(text: str, pattern: str) -> bool:
    """Whether a text is a pattern: `*` stands for any characters, case does not matter."""
    return bool(_compiled(pattern).fullmatch(text.lower()))


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    parts = (re.escape(part) for part in pattern.strip().lower().split("*"))
    return re.compile(".*".join(parts), re.DOTALL)


def match_rules(
    rules: Sequence[ExclusionRule], columns: Mapping[str, Sequence[Any]]
) -> list[str | None]:
    """For each row the name of the first rule that excludes it."""
    names: list[str | None] = [None] * len(columns["amount"])
    for rule in rules:
        cells = columns[rule.column]
        hits = {cell for cell in set(cells) if cell is not None and _fits(rule, cell)}
        for row, cell in enumerate(cells):
            if cell in hits and names[row] is None:
                names[row] = rule.name
    return names


def _fits(rule: ExclusionRule, cell: Any) -> bool:
    if rule.column in NUMBERS:
        return any(_number(text) == cell for text in rule.matches)
    return any(is_like(cell, pattern) for pattern in rule.matches)


def _number(text: str) -> Decimal | None:
    try:
        return Decimal(text)
    except InvalidOperation:
        return None


def count_rules(
    rules: Sequence[ExclusionRule], columns: Mapping[str, Sequence[Any]]
) -> dict[str, Matched]:
    """What each rule excludes, every rule of `hub.yml` named even when it excludes nothing."""
    found = {rule.name: Matched() for rule in rules}
    by_name = {rule.name: rule for rule in rules}
    for row, name in enumerate(match_rules(rules, columns)):
        if name is None:
            continue
        matched = found[name]
        matched.rows += 1
        matched.amounts[columns["currency"][row]] += columns["amount"][row]
        matched.values[str(columns[by_name[name].column][row])] += 1
    return found


def propose_rules(
    rules: Sequence[ExclusionRule], columns: Mapping[str, Sequence[Any]]
) -> list[tuple[ExclusionRule, Matched]]:
    """Proposals that would exclude rows no rule excludes yet, narrowed to the values they met."""
    open_rows = [row for row, name in enumerate(match_rules(rules, columns)) if name is None]
    left = {name: [cells[row] for row in open_rows] for name, cells in columns.items()}
    counted = count_rules(PROPOSALS, left)
    return [
        (rule.model_copy(update={"matches": sorted(counted[rule.name].values)}), matched)
        for rule in PROPOSALS
        if (matched := counted[rule.name]).rows
    ]
