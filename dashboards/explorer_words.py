"""What does the explorer say in words of a pair: answer, evidence, diagnostics?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from analytics.vocabulary import EvidenceGrade
from dashboards.link_cards import GOT_WORSE, basis, more_needed, rests_on, worth_name, worth_note
from dashboards.wording import (
    AGAINST,
    estimate,
    is_missing,
    lag,
    link_words,
    money,
    money_month,
    p_said,
    probability,
    rounded_money,
    told_apart,
    unit_word,
)


def metric_address(row: Any, links: pd.DataFrame) -> str:
    """`ranker/ndcg_at_10` as in hub.yml, with the data set where a metric has several."""
    return _address(row, _with_several(links))


def metric_addresses(links: pd.DataFrame) -> list[str]:
    """The address of every link's model metric, in the links' order."""
    several = _with_several(links)
    return [_address(row, several) for row in _named(links)]


def _named(rows: pd.DataFrame) -> list[Any]:
    return rows[["entity", "metric_name", "dataset"]].to_dict("records")


def _with_several(links: pd.DataFrame) -> set[tuple[str, str]]:
    """Which metrics of which entity are measured on several data sets."""
    counted = links.groupby(["entity", "metric_name"])["dataset"].nunique(dropna=False)
    return set(counted[counted > 1].index)


def _address(row: Any, several: set[tuple[str, str]]) -> str:
    address = f"{row['entity']}/{row['metric_name']}"
    if (row["entity"], row["metric_name"]) in several and not is_missing(row["dataset"]):
        return f"{address} on {row['dataset']}"
    return address


def metrics_by_address(links: pd.DataFrame, known: pd.DataFrame) -> dict[str, Any]:
    """Model metrics by address, estimated ones first; `known` is every one in the catalogue.

    Rows have metric_name, label, entity and dataset; a metric without values has no entity.
    """
    estimated = links.rename(columns={"metric_label": "label"})
    rows = pd.concat([estimated, known], ignore_index=True)
    several, places = _with_several(links), dict[str, int]()
    for at, row in enumerate(_named(rows)):
        bare = str(row["metric_name"])
        places.setdefault(bare if is_missing(row["entity"]) else _address(row, several), at)
    return {address: rows.iloc[at] for address, at in places.items()}


def metric_names(metrics: Mapping[str, Any]) -> dict[str, str]:
    """The words for each address: `ranker NDCG@10`, with the data set where it is in the address.

    `metrics` is from `metrics_by_address`.
    """
    words = {}
    for address, row in metrics.items():
        entity = "" if is_missing(row["entity"]) else f"{row['entity']} "
        on = f" on {row['dataset']}" if " on " in address else ""
        words[address] = f"{entity}{row['label']}{on}"
    return told_apart(words)


def kpis_by_name(links: pd.DataFrame, known: pd.DataFrame) -> dict[str, Any]:
    """Metrics of the company by name, estimated ones first: metric_name, label and role."""
    estimated = pd.DataFrame({"metric_name": links["kpi"], "label": links["kpi_label"]})
    rows = pd.concat([estimated.assign(role="kpi"), known], ignore_index=True)
    rows = rows.drop_duplicates("metric_name")
    return {str(row["metric_name"]): row for _, row in rows.iterrows()}


def answer_words(row: Any) -> str:
    """The answer in a sentence, its number first."""
    words = link_words(row)
    if is_missing(row["effect"]):
        number = "0 estimates"
    elif is_missing(row["money_month"]):
        number = f"{_effect(row)}"
    else:
        number = money_month(row)
    pair = f"{row['entity']} {row['metric_label']} → {row['kpi_label']}"
    note = f", {worth_note(row)}" if worth_note(row) else ""
    word = f"{words.word} ({GOT_WORSE})" if words.word == AGAINST else words.word
    return f"{number}{note}. {words.sign} {word}: {pair}, from {basis(row)}."


def evidence_words(
    evidence: pd.DataFrame, *, metric_direction: Any = None, kpi_direction: Any = None
) -> list[tuple[str, list[str]]]:
    """For every grade, most trusted first, its name and what it says, or that there is none.

    The directions are those of the pair; without them nothing is said to go against a gain.
    """
    evidence = evidence.assign(metric_direction=metric_direction, kpi_direction=kpi_direction)
    told = []
    for grade in EvidenceGrade:
        rows = evidence[evidence["grade"] == grade.value]
        lines = ["None for this pair."] if rows.empty else _grade_lines(rows.iloc[0])
        told.append((grade.value.capitalize(), lines))
    return told


def _grade_lines(row: Any) -> list[str]:
    words = link_words(row)
    gives = " (gives the verdict)" if bool(row["gives_verdict"]) else ""
    lines = [f"{words.sign} {words.word}{gives}", f"Effect: {_effect(row)}"]
    if not is_missing(row["money_month"]):
        lines.append(f"{worth_name(row)}: {money_month(row)}")
    lines.append(f"{p_said(row['p_value'])}, {p_said(row['q_value'], 'q')}")
    lines.append(f"Rests on: {row['size']}")
    if needed := more_needed(row):
        lines.append(f"More data: {needed}")
    return lines


def _effect(row: Any) -> str:
    return estimate(
        row["effect"], row["effect_low"], row["effect_high"], unit_word(row["effect_unit"])
    )


def diagnostics(row: Any, note: Any | None = None) -> pd.DataFrame:
    """Everything that was tested of a pair: `what`, `value`, `how to take it`.

    `note` is its row of mart_link_notes, where its charts are kept.
    """
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
        ("rests on", rests_on(row), ""),
        *([] if note is None else _of_series(note)),
    ]
    return pd.DataFrame(rows, columns=["what", "value", "how to take it"])


def _of_series(note: Any) -> list[tuple[str, str, str]]:
    """What was tested of the daily values themselves; nothing in a build from before it was."""
    if "naive_effect" not in note:
        return []
    rows = [
        (
            "p, a step before each release",
            probability(note["timing_p_value"]),
            "small: steps before the releases fit better than steps after them",
        ),
        (
            "p, whitening left noise",
            probability(note["whiteness_p_value"]),
            "small: days still tell of later days, so intervals are too narrow",
        ),
    ]
    for lag_days, name in ((1, "the day before"), (7, "a week before")):
        before, after = note[f"autocorrelation_{lag_days}"], _left(note, lag_days)
        if not is_missing(before):
            rows.append(
                (
                    f"correlation of the KPI's days with {name}",
                    f"{float(before):.2f} as it is, {after} whitened".replace("-", "−"),
                    "whitened it should be near 0",
                )
            )
    return [
        *rows,
        ("plain regression", naive_words(note), "carries no verdict: see the last chart"),
    ]


def _left(note: Any, lag_days: int) -> str:
    left = note[f"whitened_autocorrelation_{lag_days}"]
    return "not known" if is_missing(left) else f"{float(left):.2f}"


def naive_words(note: Any) -> str:
    """The slope of a plain regression with the interval it gives itself; empty without one."""
    if "naive_effect" not in note or is_missing(note["naive_effect"]):
        return ""
    return estimate(note["naive_effect"], note["naive_effect_low"], note["naive_effect_high"])
