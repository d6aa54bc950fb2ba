"""What is the verdict on one model metric and one KPI? The card, from the published insights."""

from __future__ import annotations

import difflib
import json
from pathlib import Path
from typing import Any

from cli.console import fail, print_json, print_table, told_clearly
from cli.findings import interval_text, lag_text, money_text, read_findings
from hub.home import find_home


@told_clearly
def print_link(metric: str, kpi: str, *, home: Path | None, as_json: bool) -> int:
    """Print the verdict card; returns the exit code."""
    links = read_findings(find_home(home))["links"]
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
    if as_json:
        print_json([_card(link) for link in asked])
        return 0
    for link in asked:
        _print_card(link)
    return 0


def _card(link: dict[str, Any]) -> dict[str, Any]:
    return link | {"caveats": json.loads(link["caveats"] or "[]")}


def _unknown(metric: str, kpi: str, links: list[dict[str, Any]]) -> str:
    metrics = sorted({f"{link['entity']}/{link['metric_name']}" for link in links})
    kpis = sorted({link["kpi"] for link in links})
    near = difflib.get_close_matches(metric, metrics, n=3) or metrics[:8]
    return (
        f"no link of `{metric}` and `{kpi}` in the last build; "
        f"model metrics: {', '.join(near) or 'none'}; KPIs: {', '.join(kpis) or 'none'}."
    )


def _print_card(link: dict[str, Any]) -> None:
    print_table(
        ("", f"{link['entity']} {link['metric_label']} → {link['kpi_label']}"),
        [
            ("verdict", f"{link['verdict']}: {link['verdict_reason']}"),
            (
                "effect [95 %]",
                interval_text(link["effect"], link["effect_low"], link["effect_high"])
                + f"  ({link['effect_unit']})",
            ),
            ("money a month [95 %]", money_text(link)),
            ("lag", lag_text(link)),
            ("p, q", f"{_p(link['p_value'])}, {_p(link['q_value'])} after correction"),
            (
                "did the KPI move first?",
                f"lead placebo p = {_p(link['lead_p_value'])}, "
                f"pre-release test p = {_p(link['pre_release_p_value'])}",
            ),
            ("smallest detectable effect", _number(link["smallest_detectable_effect"])),
            ("smallest effect that matters", _number(link["smallest_effect"])),
            ("rests on", f"{link['n_releases']} releases, {link['n_days']} days"),
            ("from, to", f"{_day(link['first_day'])} to {_day(link['last_day'])}"),
            ("evidence", str(link["evidence_grade"])),
            ("more needed", link["more_needed"] or "–"),
            ("method", str(link["method"])),
            *(("caveat", caveat) for caveat in json.loads(link["caveats"] or "[]")),
        ],
    )
    print()


def _p(value: float | None) -> str:
    return "–" if value is None else f"{value:.4f}"


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}"


def _day(value: Any) -> str:
    return str(value)[:10] if value is not None else "–"
