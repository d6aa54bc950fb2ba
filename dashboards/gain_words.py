"""What are a model's gains worth to a KPI: one amount a model, however many measures it has?"""

from __future__ import annotations

from typing import Any

import pandas as pd

from analytics.vocabulary import EvidenceGrade, Verdict
from dashboards.wording import is_missing, joined, money_month, moves_by_gain

_GRADES = {grade.value: grade.rank for grade in EvidenceGrade}
NOT_BY_ITSELF = "its gain times the effect of all releases together, not measured by itself"


def movers(links: pd.DataFrame, kpi: str) -> pd.DataFrame:
    """The links whose metric's gain moves the KPI, in the order of `links`."""
    mine = links[(links["kpi"] == kpi) & (links["verdict"] == Verdict.MOVES.value)]
    return mine[moves_by_gain(mine)]


def headlines(links: pd.DataFrame, kpi: str) -> pd.DataFrame:
    """One link for each model whose gain moves the KPI, in the order of `links`.

    Several measures of a model estimate one gain, so one of them speaks for it: the one declared
    beforehand, else that of the best evidence, else of the smallest p-value; never the largest.
    """
    moved = movers(links, kpi)
    ranked = moved.assign(
        _undeclared=~moved["is_primary"].astype(bool),
        _grade=moved["evidence_grade"].map(_GRADES),
    ).sort_values(["_undeclared", "_grade", "p_value"], kind="stable")
    return moved[moved.index.isin(ranked.drop_duplicates("entity").index)]


def releases_of(row: Any) -> str:
    """`all 30 releases of ranker together`, or `the gain of ranker` where they are not counted."""
    number = 0 if is_missing(row["n_releases"]) else int(row["n_releases"])
    if number > 1:
        return f"all {number} releases of {row['entity']} together"
    return f"the gain of {row['entity']}"


def measured_by(row: Any) -> str:
    """By which measure the amount was estimated: `by ndcg@10, chosen before looking`."""
    return f"by {row['metric_label']}{', chosen before looking' if row['is_primary'] else ''}"


def others_of(links: pd.DataFrame, row: Any) -> pd.DataFrame:
    """The other links of the same model and KPI that estimate the same gain."""
    moved = movers(links, str(row["kpi"]))
    return moved[(moved["entity"] == row["entity"]) & (moved["link_id"] != row["link_id"])]


def one_gain(links: pd.DataFrame, row: Any) -> str:
    """A model's one amount, and in the same breath what its other measures make of that gain."""
    others = others_of(links, row)
    if is_missing(row["money_month"]):
        names = joined([str(each) for each in others["metric_label"]])
        return f"Seen {measured_by(row)}{f'; the same gain by {names}, too' if names else ''}."
    said = f"{_worth(row)}, {measured_by(row)}."
    if others.empty:
        return said
    told = joined(
        [f"{money_month(each)} by {each['metric_label']}" for _, each in others.iterrows()]
    )
    estimates = "another estimate" if len(others) == 1 else "other estimates"
    return f"{said} The same gain, measured otherwise: {told}; {estimates} of it, not more money."


def marked_releases(heads: pd.DataFrame, number: int, kpi_label: str) -> str:
    """What stands above the names of marked releases: which they are, and the one amount of all.

    `heads` are the links of their models. What single releases carry is a share of that one
    amount, by their gains, so that a list of them would be read as a bill.
    """
    if number == 1:
        said = f"Marked: the release with the largest gain in {kpi_label}: {NOT_BY_ITSELF}."
    else:
        each = NOT_BY_ITSELF.replace("its gain", "each gain", 1)
        said = f"Marked: the {number} releases with the largest gains in {kpi_label}: {each}."
    return " ".join([said, *(f"{_worth(row)}." for _, row in heads.iterrows())])


def moves(kpi_label: str, word: str) -> str:
    """A verdict as a sentence of its own: `It moves Revenue, with a gain.`"""
    return f"It {word.replace('moves it', f'moves {kpi_label}', 1)}."


def _worth(row: Any) -> str:
    """`All 30 releases of ranker together: 12,000 €/month [95 %: 8,000 to 16,000]`."""
    who = releases_of(row)
    return f"{who[0].upper()}{who[1:]}: {money_month(row)}"
