"""What does the card of a link between a model metric and a KPI say?"""

from __future__ import annotations

import json
from typing import Any

import pandas as pd

from analytics.vocabulary import EvidenceGrade
from dashboards.charts_links import link_name
from dashboards.wording import (
    AGAINST,
    count,
    day_name,
    estimate,
    is_against_gain,
    is_missing,
    joined,
    lag,
    link_words,
    money,
    money_month,
    moves_by_gain,
    p_said,
    rounded_money,
    share,
    unit_word,
)

SIGNIFICANT_BELOW = 0.05
MOST_NAMED = 3
NOT_ESTABLISHED = "not established"
THE_OTHER_WAY = "while the metric went the other way"
GOT_WORSE = "the KPI got worse where the metric got better"
TOLD_ELSEWHERE = ["caveats", "disagreements", "fingerprint", "build_id"]


def sentence(links: pd.DataFrame, *, among: pd.DataFrame | None = None) -> str:
    """The page's answer: how many of how many links move their KPI, and the best of them.

    `among` are the links that `links` were chosen from by their verdict; of such a choice nothing
    is said but how many have it, for a choice cannot tell what there is not.
    """
    if among is not None:
        return _with_the_verdict(links, among)
    models = list(dict.fromkeys(str(entity) for entity in links["entity"]))
    moving, against = _moving(links)
    if moving.empty:
        one = f"{models[0]} is not" if len(models) == 1 else f"None of {len(models)} models is"
        by_gain = " by its gain" if len(against) else ""
        return (
            f"{one} shown to have moved {_kpis(links, any_of=True)}{by_gain}: "
            f"{_tally(links)} of {count(len(links), 'link')}."
        )
    movers = moving["entity"].nunique()
    others = against[~against["entity"].isin(moving["entity"])]
    also = against_clause(others, counted="entity")
    one = models[0] if len(models) == 1 else f"{movers} of {len(models)} models"
    return f"{one} moved {_kpis(links, any_of=True)}: {_best(moving, links)}{also}."


def _with_the_verdict(links: pd.DataFrame, among: pd.DataFrame) -> str:
    """`7 of 9 links to revenue have the verdict “not enough data”`, and what they move."""
    verdict = joined([f"“{each}”" for each in dict.fromkeys(links["verdict"])])
    have = "has" if len(links) == 1 else "have"
    said = (
        f"{len(links)} of {count(len(among), 'link')} to {_kpis(among)} {have} the verdict "
        f"{verdict}"
    )
    moving, against = _moving(links)
    first = f", first {_best(moving, links)}" if len(moving) else ""
    return f"{said}{first}{against_clause(against, which='of them')}."


def _moving(links: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The links that move their KPI by their metric's gain, and those that move it against it."""
    is_gain = moves_by_gain(links)
    return links[is_gain], links[(links["verdict"] == "moves") & ~is_gain]


def _best(moving: pd.DataFrame, links: pd.DataFrame) -> str:
    """The first of the links that move, with its KPI where `links` are of several."""
    best = moving.iloc[0]
    several = links["kpi"].nunique() > 1
    name = link_name(best) if several else f"{best['entity']} {best['metric_label']}"
    return f"{name}, worth {money_month(best)}"


def _kpis(links: pd.DataFrame, *, any_of: bool = False) -> str:
    """`revenue`; of several `at least one of revenue, orders, units and 4 more KPIs`, or those."""
    names = [str(label).lower() for label in dict.fromkeys(links["kpi_label"])]
    rest = [count(len(names) - MOST_NAMED, "more KPI")] if len(names) > MOST_NAMED else []
    lead = "at least one of " if any_of and len(names) > 1 else ""
    return lead + joined([*names[:MOST_NAMED], *rest])


def against_clause(links: pd.DataFrame, *, counted: str = "link_id", which: str = "more") -> str:
    """`; 1 more goes the wrong way (…): fraud recall → Revenue`, no gain; empty without any.

    Counted are the different `counted` of the links; `which` are they: `more`, or `of them`.
    """
    if links.empty:
        return ""
    number, names = links[counted].nunique(), [link_name(row) for _, row in links.iterrows()]
    rest = [f"{len(names) - MOST_NAMED} more"] if len(names) > MOST_NAMED else []
    return (
        f"; {number} {which} {'goes' if number == 1 else 'go'} the wrong way ({GOT_WORSE}): "
        f"{joined([*names[:MOST_NAMED], *rest])}"
    )


def overlap(links: pd.DataFrame) -> str:
    """A warning when several metrics of one model move the same KPI; else nothing."""
    moving = links[moves_by_gain(links)]
    crowded = moving.groupby(["entity", "kpi"]).size()
    models = list(dict.fromkeys(str(entity) for entity, _ in crowded[crowded > 1].index))
    if not models:
        return ""
    return (
        f"Several metrics of {joined(models)} changed with the same releases: each amount is an "
        "estimate of the same gain, so they must not be added up."
    )


def _tally(links: pd.DataFrame) -> str:
    is_other = (links["verdict"] == "moves") & ~moves_by_gain(links)
    tally = links["verdict"].mask(is_other, AGAINST).value_counts()
    return joined([f"{verdict} for {number}" for verdict, number in tally.items()])


def worth_note(row: Any) -> str:
    """Why the amount of a link, or of one kind of its evidence, is not its worth; else nothing."""
    if row["verdict"] != "moves":
        return NOT_ESTABLISHED
    return THE_OTHER_WAY if is_against_gain(row) else ""


def worth_name(row: Any) -> str:
    """The amount is for all releases together, and only established when the link moves."""
    names = {
        NOT_ESTABLISHED: f"Best guess, {NOT_ESTABLISHED}",
        THE_OTHER_WAY: f"In money, {THE_OTHER_WAY}",
    }
    known = row.get("n_releases")
    number = 0 if is_missing(known) else int(known)
    worth = f"Worth, all {number} releases together" if number > 1 else "Worth"
    return names.get(worth_note(row), worth)


def facts(row: Any) -> list[tuple[str, str]]:
    """What is known of a link, as (name, words) pairs in reading order."""
    detectable = estimate(row["smallest_detectable_effect"], None, None)
    if not is_missing(row["smallest_detectable_money_month"]):
        amount = rounded_money(row["smallest_detectable_money_month"])
        detectable += f" or {money(amount, str(row['currency'] or ''))}/month"
    return [
        (worth_name(row), money_month(row)),
        (
            "Effect",
            estimate(
                row["effect"], row["effect_low"], row["effect_high"], unit_word(row["effect_unit"])
            ),
        ),
        ("After", lag(row) if row["verdict"] == "moves" else "not known"),
        ("Smallest effect that would have shown", detectable),
        ("Verdict by", _verdict_by(row)),
        ("Effect is in", str(row["effect_unit"] or "no unit")),
        ("Rests on", rests_on(row)),
        ("p and q", f"{p_said(row['p_value'])}, {p_said(row['q_value'], 'q')}"),
    ]


def evidence(rows: pd.DataFrame) -> list[str]:
    """What every grade of evidence says by itself, a line each, most trusted first."""
    lines = [_evidence_line(row) for _, row in rows.sort_values("rank").iterrows()]
    if "experiments" not in set(rows["grade"]):
        lines.append("experiments: none has measured this pair")
    return lines


def _evidence_line(row: Any) -> str:
    parts = [f"{row['verdict']}", _effect(row)]
    if not is_missing(row["money_month"]):
        parts.append(money_month(row))
    parts.append(str(row["size"]))
    said = "; ".join(part for part in parts if part)
    leads = " (gives the verdict)" if bool(row["gives_verdict"]) else ""
    return f"{EvidenceGrade(str(row['grade'])).value}{leads}: {said}"


def _effect(row: Any) -> str:
    return (
        ""
        if is_missing(row["effect"])
        else (f"effect {estimate(row['effect'], row['effect_low'], row['effect_high'])}")
    )


def disagreements(row: Any) -> list[str]:
    """Where kinds of evidence contradict each other, in sentences."""
    return _sentences(row.get("disagreements"))


def fading(row: Any) -> str:
    """What is said where the effect fades; else nothing."""
    note = row.get("fading_note")
    return "" if is_missing(note) else str(note)


def release_sentence(impacts: pd.DataFrame) -> str:
    """How many releases stand out by themselves, and why most cannot."""
    if (impacts["verdict"] == "invalid data").any():
        lost = int((impacts["verdict"] == "invalid data").sum())
        return (
            f"{lost} of {count(len(impacts), 'model release')} cannot be judged: invalid data. "
            "What stands below is not established."
        )
    moving = impacts[impacts["verdict"] == "moves"]
    told = (
        f"{len(moving)} of {count(len(impacts), 'model release')} stand out by themselves, "
        "corrected for looking at all of them."
    )
    known = impacts["smallest_detectable_effect"].dropna()
    is_log = impacts["effect_unit"].astype(str).str.startswith("log").all()
    if known.empty or not is_log:
        return told
    least, most = (share(float(each)) for each in (known.min(), known.max()))
    shows = f"about {least}" if least == most else f"{least} (the best known one) to {most}"
    return (
        f"{told} A single release shows only from {shows} of the KPI on; "
        "smaller ones take many releases together, as above."
    )


def trend_sentence(trends: pd.DataFrame) -> str:
    """Whether later releases gain less; nothing where that was not looked at."""
    return "" if trends.empty else str(trends["verdict_reason"].iloc[0])


def _verdict_by(row: Any) -> str:
    """The grade that gave the verdict, in plain words."""
    grade = EvidenceGrade(str(row["evidence_grade"]))
    return f"{grade.value}. {grade.meaning}"


def basis(row: Any) -> str:
    """What the verdict rests on: experiments alone, or releases and days, from when to when."""
    return ", ".join(_counted(row)[str(row["evidence_grade"])]) or "nothing yet"


def beside(row: Any) -> str:
    """What was looked at besides and has no say in the verdict; empty without any."""
    counted, grade = _counted(row), str(row["evidence_grade"])
    if grade == EvidenceGrade.EXPERIMENTS.value:
        return ", ".join(counted[EvidenceGrade.RELEASES.value])
    return ", ".join(counted[EvidenceGrade.EXPERIMENTS.value])


def _counted(row: Any) -> dict[str, list[str]]:
    """By grade of evidence how much of it there is, in words."""
    named = (("n_experiments", "experiment"), ("n_releases", "release"), ("n_days", "day"))
    experiments, releases, days = (
        [] if is_missing(row[column]) or not row[column] else [count(int(row[column]), noun)]
        for column, noun in named
    )
    if not is_missing(row["first_day"]) and not is_missing(row["last_day"]):
        days.append(f"{day_name(row['first_day'])} to {day_name(row['last_day'])}")
    return {
        EvidenceGrade.EXPERIMENTS.value: experiments,
        EvidenceGrade.RELEASES.value: [*releases, *days],
        EvidenceGrade.SERIES.value: days,
    }


def rests_on(row: Any) -> str:
    """What the verdict rests on, and what was looked at besides."""
    besides = beside(row)
    return f"{basis(row)}{f'; looked at besides, without a say: {besides}' if besides else ''}"


def disagreement(row: Any) -> str:
    """What to go by where interval and test disagree about zero; else nothing."""
    low, high, p = row["effect_low"], row["effect_high"], row["p_value"]
    if row["verdict"] == "moves" or any(is_missing(each) for each in (low, high, p)):
        return ""
    if float(low) <= 0 <= float(high) or float(p) < SIGNIFICANT_BELOW:
        return ""
    return (
        "The interval leaves zero out, but the test over all lags does not call that more than "
        f"chance ({p_said(p)}): go by the verdict."
    )


def more_needed(row: Any) -> str:
    """How much more data would do; nothing where the sentence is about the pair taken alone.

    A pair that passes alone and not among all pairs that were searched needs no more of its own
    data to pass alone, which would read as if it had been shown.
    """
    if is_missing(row["more_needed"]):
        return ""
    passes_alone = not is_missing(row["p_value"]) and float(row["p_value"]) < SIGNIFICANT_BELOW
    if passes_alone and row["verdict"] in ("not enough data", "no evidence"):
        return ""
    return str(row["more_needed"])


def caveats(row: Any) -> list[str]:
    """The caveats of a link, each a sentence."""
    return _sentences(row["caveats"])


def _sentences(given: Any) -> list[str]:
    """A list of sentences that a table holds as a list or as JSON."""
    if isinstance(given, str):
        given = json.loads(given)
    return [str(each) for each in given] if isinstance(given, list | tuple) else []


def table(links: pd.DataFrame) -> pd.DataFrame:
    """All links as a table with the words of the cards beside the numbers."""
    words = pd.DataFrame(
        {
            "link": [link_name(row) for _, row in links.iterrows()],
            "in money": [money_month(row) for _, row in links.iterrows()],
            "in words": [link_words(row).word for _, row in links.iterrows()],
        },
        index=links.index,
    )
    return pd.concat([words, links.drop(columns=TOLD_ELSEWHERE, errors="ignore")], axis=1)
