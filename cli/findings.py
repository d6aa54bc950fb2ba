"""What did the last build find? The findings as a person reads them, from the published copy."""

from __future__ import annotations

from collections import Counter
from typing import Any

from cli.console import print_table
from cli.marks import doubted_links
from cli.published_rows import read_rows
from hub.home import HubHome
from hub.warehouse import open_published

_ORDER = {"moves": 0, "confounded": 1, "no evidence": 2, "not enough data": 3, "invalid data": 4}
SHOWN = 8
_CURRENCY_SIGNS = {"EUR": "€", "USD": "$", "GBP": "£", "JPY": "¥"}


def read_findings(home: HubHome) -> dict[str, list[dict[str, Any]]]:
    """Link cards and experiment read-outs of the last build, as lists of dicts.

    `invalid_data` of a link says what is wrong below its amounts, whatever gives the verdict.
    """
    con = open_published(home)
    try:
        found = {
            name: read_rows(con, f"select * from insights.{name}")
            for name in ("links", "experiments", "experiment_links")
        }
        doubted = doubted_links(con)
    finally:
        con.close()
    links = [link | {"invalid_data": doubted.get(link["link_id"], [])} for link in found["links"]]
    return found | {"links": links}


def print_findings(home: HubHome) -> None:
    """The findings table: the pairs declared in hub.yml first, then what else was found."""
    found = read_findings(home)
    links = sorted(found["links"], key=_rank)
    primary = [link for link in links if link["is_primary"]]
    others = [link for link in links if not link["is_primary"]]
    if not links:
        print(
            "No model metric and KPI to join yet: that takes sales, releases, and the MLflow runs"
        )
        print("that the releases name. `bellwether check` shows what each source holds.")
    if primary:
        _print_links(primary, "What moved the business (questions asked beforehand)")
        _print_reasons(primary)
    if others:
        moving = [link for link in others if link["verdict"] == "moves"]
        _print_links(moving[:SHOWN], "Found by searching all other pairs, corrected for the search")
        _print_counts(others, hidden=len(moving) - SHOWN)
    _print_experiments(found["experiments"], found["experiment_links"])


def _rank(link: dict[str, Any]) -> tuple[int, int, str]:
    return (0 if link["is_primary"] else 1, _ORDER.get(link["verdict"], 9), link["link_id"])


def _print_links(links: list[dict[str, Any]], title: str) -> None:
    if not links:
        return
    print_table(
        (
            "model metric → KPI",
            "verdict",
            "effect [95 %]",
            "money a month [95 %]",
            "lag",
            "releases",
        ),
        [
            (
                f"{link['entity']} {link['metric_label']} → {link['kpi_label']}",
                link["verdict"],
                interval_text(link["effect"], link["effect_low"], link["effect_high"]),
                money_text(link),
                lag_text(link),
                str(link["n_releases"] or 0),
            )
            for link in links
        ],
        title=title,
        right=("releases",),
    )
    print()


def _print_reasons(links: list[dict[str, Any]]) -> None:
    for link in links:
        print(f"  {link['entity']} {link['metric_label']}: {link['verdict_reason']}")
        if told := doubt_sentence(link):
            print(f"    {told}")
        if link["verdict"] == "not enough data" and link["more_needed"]:
            print(f"    {link['more_needed']}")
    print()


def _print_counts(links: list[dict[str, Any]], *, hidden: int) -> None:
    counts = Counter(link["verdict"] for link in links if link["verdict"] != "moves")
    told = [f"{hidden} more move"] if hidden > 0 else []
    told += [f"{count} {verdict}" for verdict, count in counts.most_common()]
    if told:
        print(f"  The other pairs: {', '.join(told)}.\n")


def interval_text(value: float | None, low: float | None, high: float | None) -> str:
    """`1.21 [0.87, 1.54]`, or a dash where there is no estimate."""
    if value is None:
        return "–"
    return f"{value:.2f} [{_bound(low, '−∞')}, {_bound(high, '∞')}]"


def _bound(value: float | None, unbounded: str) -> str:
    return unbounded if value is None else f"{value:.2f}"


def money_text(link: dict[str, Any]) -> str:
    """`+12,300 € [8,100, 16,400]`, or a dash where the KPI is not money or not estimated.

    An amount that rests on a check that failed is said to be invalid data.
    """
    if link["money_month"] is None:
        return "–"
    sign = _CURRENCY_SIGNS.get(link["currency"], link["currency"])
    bounds = [link["money_month_low"], link["money_month_high"]]
    low, high = ("unbounded" if bound is None else f"{bound:,.0f}" for bound in bounds)
    mark = " INVALID DATA" if link.get("invalid_data") else ""
    return f"{link['money_month']:+,.0f} {sign} [{low}, {high}]{mark}"


def doubt_sentence(link: dict[str, Any]) -> str:
    """Why a link's amounts are invalid data though its verdict stands; empty where they are not."""
    told = link.get("invalid_data")
    if not told or link["money_month"] is None or link["verdict"] == "invalid data":
        return ""
    return f"The amount is invalid data, the verdict of experiments stands: {'; '.join(told)}."


def lag_text(link: dict[str, Any]) -> str:
    """`5 days (4–6)`: the best lag and the set that the data cannot tell apart."""
    if link["lag_days"] is None or link["verdict"] != "moves":
        return "–"
    low, high = link["lag_set_low"], link["lag_set_high"]
    around = f" ({low:.0f}–{high:.0f})" if low is not None and low != high else ""
    return f"{link['lag_days']:.0f} days{around}"


def _print_experiments(experiments: list[dict[str, Any]], joined: list[dict[str, Any]]) -> None:
    if not experiments:
        return
    withheld = [row for row in experiments if row["status"] == "withheld"]
    names = {row["experiment"] for row in experiments}
    print(f"{len(names)} experiments read; {len({w['experiment'] for w in withheld})} withheld.")
    for row in {row["experiment"]: row for row in withheld}.values():
        print(f"  {row['experiment']}: {row['withheld_reason']}")
    for row in joined:
        effect = interval_text(row["effect"], row["effect_low"], row["effect_high"])
        print(
            f"  across {row['n_experiments']} experiments, {row['model']} {row['offline_metric']}"
            f" → {row['metric']}: {row['verdict']}, {effect}"
        )
    print()
