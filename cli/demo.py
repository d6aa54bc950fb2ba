"""What does the hub say of a shop whose truths are known? Write its files, run, serve."""

from __future__ import annotations

import json
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from cli.console import fail, print_table, say, told_clearly
from cli.findings import interval_text, read_findings
from cli.run import execute, exit_code, print_summary
from hub.config import load_config
from hub.home import HubHome
from hub.warehouse import published_build


@told_clearly
def run_demo(given: Path, *, serve: bool, port: int, seed: int | None, small: bool) -> int:
    """Write the shop unless it is there, run, print findings; returns the exit code."""
    home = HubHome(given.resolve())
    if not _write_shop(home, seed=seed, small=small):
        return fail(
            f"{home.root} holds another hub or another demo shop; name an empty folder with --home."
        )
    summary = execute(home, load_config(home.root))
    print_summary(summary, home=home, build=published_build(home))
    if summary.succeeded:
        _print_truths(home)
    if exit_code(summary) or not serve:
        if not serve:
            print(f"See the pages: {sys.argv[0]} up --home {given}")
        return exit_code(summary)
    from cli.up import serve_dashboards

    return serve_dashboards(home, port=port)


def _write_shop(home: HubHome, *, seed: int | None, small: bool) -> bool:
    """Write the demo shop's files; False when the folder holds something else."""
    from demo.files import write_home
    from demo.plan import ShopPlan
    from demo.shop import simulate

    default = ShopPlan.default()
    plan = ShopPlan.small(default.seed if seed is None else seed) if small else default
    plan = plan if seed is None else replace(plan, seed=seed)
    stamp, told = home.var / "demo_shop.json", repr(plan)
    if stamp.exists():
        return bool(json.loads(stamp.read_text())["plan"] == told)
    if home.root.exists() and any(home.root.iterdir()):
        return False
    started = time.monotonic()
    say("Writing the demo shop's files, as its systems would export them …")
    write_home(simulate(plan), home.root, progress=lambda text: say(f"  {text}"))
    home.make_var()
    stamp.write_text(json.dumps({"plan": told}))
    say(f"  done in {time.monotonic() - started:.1f} s")
    return True


def _print_truths(home: HubHome) -> None:
    """What was planted beside what was found; the pipeline never reads the truth."""
    truth = json.loads((home.root / "truth.json").read_text())
    links = {
        (link["entity"], link["metric_name"]): link
        for link in read_findings(home)["links"]
        if link["kpi"] == "revenue"
    }
    planted = [t for t in truth["truths"].values() if isinstance(t, dict) and "kpi" in t]
    rows = [_truth_row(one, links) for one in planted]
    print_table(
        ("planted truth", "the hub says", "effect [95 %]"),
        rows,
        title="What was planted, and what the hub made of it (it never sees the truth)",
    )
    print()


def _truth_row(
    planted: dict[str, Any], links: dict[tuple[str, str], dict[str, Any]]
) -> tuple[str, str, str]:
    link = links.get((planted["model"], planted["metric"]))
    statement = _statement(planted)
    if link is None:
        return statement, "no link was computed", "–"
    effect = interval_text(link["effect"], link["effect_low"], link["effect_high"])
    return statement, link["verdict"], effect


def _statement(planted: dict[str, Any]) -> str:
    name = f"{planted['model']} {planted['metric'].replace('_at_', '@')}"
    if planted["elasticity"]:
        return (
            f"{name} moves {planted['kpi']}: elasticity {planted['elasticity']}, "
            f"{planted['lag_days']} days later"
        )
    if planted.get("reaction"):
        return f"{name} has no effect; its gains were shipped after {planted['kpi']} had risen"
    return f"{name} has no effect on {planted['kpi']}"
