"""What does the explorer say in words of a pair: answer, evidence, diagnostics?"""

from __future__ import annotations

from typing import Any

import pandas as pd

from analytics.vocabulary import EvidenceGrade
from dashboards.link_cards import basis, more_needed
from dashboards.wording import (
    estimate,
    is_missing,
    lag,
    money,
    money_month,
    probability,
    rounded_money,
    unit_word,
    verdict_words,
)


def metric_address(row: Any, links: pd.DataFrame) -> str:
    """`ranker/ndcg_at_10` as in hub.yml, with the data set where a metric has several."""
    address = f"{row['entity']}/{row['metric_name']}"
    same = links[(links["entity"] == row["entity"]) & (links["metric_name"] == row["metric_name"])]
    if same["dataset"].nunique(dropna=False) > 1 and not is_missing(row["dataset"]):
        return f"{address} on {row['dataset']}"
    return address


def answer_words(row: Any) -> str:
    """The answer in a sentence, its number first."""
    words = verdict_words(row["verdict"], gain=row["money_month"])
    if is_missing(row["effect"]):
        number = "0 estimates"
    elif is_missing(row["money_month"]):
        number = f"{_effect(row)}"
    else:
        number = money_month(row)
    pair = f"{row['entity']} {row['metric_label']} → {row['kpi_label']}"
    meaning = "" if row["verdict"] == "moves" else ", not established"
    return f"{number}{meaning}. {words.sign} {words.word}: {pair}, from {basis(row)}."


def evidence_words(evidence: pd.DataFrame) -> list[tuple[str, list[str]]]:
    """For every grade, most trusted first, its name and what it says, or that there is none."""
    told = []
    for grade in EvidenceGrade:
        rows = evidence[evidence["grade"] == grade.value]
        lines = ["None for this pair."] if rows.empty else _grade_lines(rows.iloc[0])
        told.append((grade.value.capitalize(), lines))
    return told


def _grade_lines(row: Any) -> list[str]:
    words = verdict_words(row["verdict"], gain=row["money_month"])
    gives = " (gives the verdict)" if bool(row["gives_verdict"]) else ""
    lines = [f"{words.sign} {words.word}{gives}", f"Effect: {_effect(row)}"]
    if not is_missing(row["money_month"]):
        lines.append(f"Worth: {money_month(row)}")
    lines.append(f"p {probability(row['p_value'])}, q {probability(row['q_value'])}")
    lines.append(f"Rests on: {row['size']}")
    if needed := more_needed(row):
        lines.append(f"More data: {needed}")
    return lines


def _effect(row: Any) -> str:
    return estimate(
        row["effect"], row["effect_low"], row["effect_high"], unit_word(row["effect_unit"])
    )


def diagnostics(row: Any) -> pd.DataFrame:
    """Everything that was tested of a pair: `what`, `value`, `how to take it`."""
    amount = row["smallest_detectable_money_month"]
    currency = str(row["currency"] or "")
    detectable = estimate(row["smallest_detectable_effect"], None, None)
    rows = [
        (
            "p, gains exchanged between the dates of releases",
            probability(row["p_value"]),
            "small: gains and steps go together more than by chance, over all lags",
        ),
        (
            "q, after all pairs that were looked at",
            probability(row["q_value"]),
            "below 0.05 is needed for a verdict",
        ),
        (
            "p, KPI before the releases",
            probability(row["pre_release_p_value"]),
            "small: larger gains were released when the KPI had already moved",
        ),
        (
            "p, lead placebo",
            probability(row["lead_p_value"]),
            "small: the KPI moved before the metric did",
        ),
        ("lag", lag(row), "days from the change to the KPI"),
        ("smallest effect that would have shown", detectable, "power 80 %"),
        (
            "the same in money",
            "none" if is_missing(amount) else f"{money(rounded_money(amount), currency)}/month",
            "smaller effects stay unseen with these data",
        ),
        (
            "smallest effect that matters",
            estimate(row["smallest_effect"], None, None),
            "from `link.smallest_gain_per_month` in hub.yml",
        ),
        ("how much more data", more_needed(row) or "none", "until such an effect would show"),
        ("rests on", basis(row), ""),
    ]
    return pd.DataFrame(rows, columns=["what", "value", "how to take it"])
