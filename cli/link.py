"""What is the verdict on one model metric and one KPI? The card, from the published insights."""

from __future__ import annotations

import difflib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb

from cli.console import fail, print_json, print_table, told_clearly
from cli.findings import doubt_sentence, interval_text, lag_text, money_text
from cli.marks import doubted_links
from cli.published_rows import read_rows
from hub.home import find_home
from hub.warehouse import open_published

Row = dict[str, Any]
MEANING = {
    "moves": "{kpi} changed with {metric}, by more than chance explains",
    "confounded": (
        "{kpi} had already moved before {metric} did, so nobody can tell which followed which"
    ),
    "no evidence": "an effect of {metric} on {kpi} that matters would have shown, and did not",
    "not enough data": "nothing can be said yet of {metric} and {kpi}",
    "invalid data": "nothing can be said of {metric} and {kpi} until the data is repaired",
}


@told_clearly
def print_link(
    metric: str, kpi: str, *, home: Path | None, as_json: bool, again: bool = False
) -> int:
    """Print the verdict card; returns the exit code.

    `again` works the estimate out anew from the published observations and says whether it is the
    same; where it is not, the exit code is 1.
    """
    con = open_published(find_home(home))
    try:
        links = read_rows(con, "select * from insights.links")
        entity, _, name = metric.rpartition("/")
        asked = [
            link
            for link in links
            if link["metric_name"] == name
            and link["kpi"] == kpi
            and (not entity or link["entity"] == entity)
        ]
        if not asked:
            return fail(_unknown(metric, kpi, links))
        cards = [_card(con, link, again=again) for link in asked]
    except (duckdb.CatalogException, duckdb.BinderException):
        return fail(
            "the published build was made by an earlier version and lacks what a card needs now. "
            "Run `bellwether run` once."
        )
    finally:
        con.close()
    if as_json:
        print_json(cards)
    else:
        for card in cards:
            _print_card(card)
    return int(any(card.get("differences") for card in cards))


def _card(con: Any, link: Row, *, again: bool) -> Row:
    """The link with its evidence, what is said if it fades, and its releases' trend."""
    key = link["link_id"]
    evidence = read_rows(con, "select * from insights.evidence order by rank")
    notes = read_rows(con, "select * from insights.link_notes")
    trends = read_rows(con, "select * from insights.link_gain_trends")
    invalid = {"invalid_data": doubted_links(con).get(key, [])}
    card = link | {
        **invalid,
        "caveats": _texts(link["caveats"]),
        "disagreements": _texts(link["disagreements"]),
        "evidence": [
            row | invalid | {"caveats": _texts(row["caveats"])}
            for row in evidence
            if row["link_id"] == key
        ],
        "fading": next((row for row in notes if row["link_id"] == key), None),
        "gain_trend": next((row for row in trends if row["link_id"] == key), None),
    }
    if again:
        from assets.reproduction import differences

        card["differences"] = differences(con, key)
    return card


def _texts(stored: str | None) -> list[str]:
    return list(json.loads(stored or "[]"))


def _unknown(metric: str, kpi: str, links: Sequence[Row]) -> str:
    metrics = sorted({f"{link['entity']}/{link['metric_name']}" for link in links})
    kpis = sorted({link["kpi"] for link in links})
    told = [f"no link of `{metric}` and `{kpi}` in the last build."]
    if metric not in metrics:
        near = difflib.get_close_matches(metric, metrics, n=3)
        which = f"did you mean {' or '.join(near)}" if near else f"linked are {_named(metrics)}"
        told.append(f"No model metric is called `{metric}`; {which}.")
    if kpi not in kpis:
        told.append(
            f"`{kpi}` is no KPI of it: linked are company metrics with `role: kpi`, "
            f"here {_named(kpis)}."
        )
    return " ".join(told)


def _named(names: Sequence[str]) -> str:
    return ", ".join(names) or "none"


def _print_card(card: Row) -> None:
    name = f"{card['entity']} {card['metric_label']}"
    print(f"\n{name} → {card['kpi_label']}\n")
    said = (sentence(card), worth_sentence(card), doubt_sentence(card))
    for line in (*said, *card["disagreements"]):
        if line:
            print(f"  {line}")
    print()
    _print_evidence(card)
    print_table(("", "the verdict rests on"), [*_facts(card), *_doubts(card)])
    print()
    _print_again(card)


def sentence(card: Mapping[str, Any]) -> str:
    """The verdict as a sentence that needs no statistics."""
    metric = f"{card['entity']} {card['metric_label']}"
    said = MEANING[card["verdict"]].format(metric=metric, kpi=card["kpi_label"])
    return f"{card['verdict'].upper()}: {said}. {card['verdict_reason']}"


def worth_sentence(card: Mapping[str, Any]) -> str:
    """What the releases were worth; for other verdicts that the figure is not established."""
    if card["money_month"] is None:
        return ""
    releases = f"all {card['n_releases']} releases together" if card["n_releases"] else "its gains"
    if card["verdict"] == "moves":
        after = f", {lag_text(dict(card))} after a release" if card["lag_days"] is not None else ""
        return f"Worth {money_text(dict(card))} a month (95 % interval), {releases}{after}."
    return (
        f"Best guess for {releases}, not established: {money_text(dict(card))} a month "
        "(95 % interval)."
    )


def _print_evidence(card: Row) -> None:
    print_table(
        (
            "evidence, best first",
            "says",
            "effect [95 %]",
            "money a month [95 %]",
            "would have shown",
            "rests on",
        ),
        [
            (
                f"{row['grade']}{' (gives the verdict)' if row['gives_verdict'] else ''}",
                row["verdict"],
                interval_text(row["effect"], row["effect_low"], row["effect_high"]),
                money_text(row),
                _number(row["smallest_detectable_effect"]),
                row["size"],
            )
            for row in card["evidence"]
        ],
    )
    silent = {"experiments", "releases", "series"} - {row["grade"] for row in card["evidence"]}
    if "experiments" in silent:
        print("\n  No experiment has measured this pair.")
    print()


def _facts(card: Row) -> list[tuple[str, str]]:
    detectable = _number(card["smallest_detectable_effect"])
    if card["smallest_detectable_money_month"] is not None:
        money = card["smallest_detectable_money_month"]
        detectable += f" or {money:,.0f} {card['currency']} a month"
        detectable += " (invalid data)" if card["invalid_data"] else ""
    used = [
        f"{card[name]:,} {noun}"
        for name, noun in (
            ("n_experiments", "experiments"),
            ("n_releases", "releases"),
            ("n_days", "days"),
        )
        if card[name]
    ]
    return [
        ("effect is in", str(card["effect_unit"])),
        ("lag", f"{lag_text(card)}  {card['lag_reason'] or ''}"),
        ("data", f"{', '.join(used)}; {_day(card['first_day'])} to {_day(card['last_day'])}"),
        ("p, q", _chance(card)),
        (
            "did the KPI move first?",
            f"lead placebo p = {_p(card['lead_p_value'])}, "
            f"pre-release test p = {_p(card['pre_release_p_value'])}",
        ),
        ("smallest detectable effect", detectable),
        ("smallest effect that matters", _number(card["smallest_effect"])),
        ("more needed", card["more_needed"] or "–"),
    ]


def _chance(card: Row) -> str:
    if card["evidence_grade"] == "experiments":
        return f"{_p(card['p_value'])}; experiments are not part of the search over pairs"
    return f"{_p(card['p_value'])}, {_p(card['q_value'])} after all pairs searched are counted"


def _doubts(card: Row) -> list[tuple[str, str]]:
    """What a careful reader must know: fading, caveats of each grade, method, how to repeat it."""
    fading, trend = card["fading"] or {}, card["gain_trend"] or {}
    rows = []
    if fading.get("fading_shape"):
        told = fading["fading_note"] or {
            "permanent": "No: a lasting effect fits clearly better than one that fades.",
        }.get(fading["fading_shape"], "The data cannot tell a lasting effect from a fading one.")
        rows.append(("does it fade?", told))
    if trend.get("verdict_reason"):
        rows.append(("do later releases add less?", trend["verdict_reason"]))
    rows += [("caveat", caveat) for caveat in card["caveats"]]
    others = [row for row in card["evidence"] if not row["gives_verdict"]]
    rows += [(f"caveat, {row['grade']}", text) for row in others for text in row["caveats"]]
    rows += [("method", str(card["method"]))]
    rows += [(f"method, {row['grade']}", str(row["method"])) for row in others]
    address = f"{card['entity']}/{card['metric_name']} {card['kpi']}"
    return [
        *rows,
        ("inputs of build", f"{card['inputs_build_id']}, fingerprint {card['fingerprint']}"),
        ("work it out again", f"bellwether link {address} --again"),
    ]


def _print_again(card: Row) -> None:
    if "differences" not in card:
        return
    found = card["differences"]
    if not found:
        print("  Worked out again from the published observations: the same in every figure.\n")
        return
    print("  Worked out again from the published observations, it DIFFERS:")
    for line in found:
        print(f"    {line}")
    print()


def _p(value: float | None) -> str:
    return "–" if value is None else f"{value:.2g}" if value < 0.0001 else f"{value:.4f}"


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.3g}"


def _day(value: Any) -> str:
    return str(value)[:10] if value is not None else "–"
