"""The `bellwether` command: what can be asked of a hub, one function a command.

Heavy imports stay inside the commands, so that `--help` answers at once.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Literal

import typer

# Before anything imports numpy: see assets.launch.ONE_THREAD.
os.environ.update(
    dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1")
)

app = typer.Typer(
    name="bellwether",
    help="Which model's offline gains moved the business? Exports in, honest answers out.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

Home = Annotated[
    Path | None,
    typer.Option(
        "--home",
        help="The hub's home: the folder of hub.yml. Else BELLWETHER_HOME, else this folder.",
        file_okay=False,
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]


@app.command()
def demo(
    home: Annotated[Path, typer.Option("--home", help="Where the demo shop is written.")] = Path(
        "var/demo"
    ),
    serve: Annotated[bool, typer.Option(help="Serve the dashboards afterwards.")] = True,
    port: Annotated[int, typer.Option(help="The dashboards' port on 127.0.0.1.")] = 8501,
    seed: Annotated[int | None, typer.Option(help="Another shop than the default one.")] = None,
    small: Annotated[
        bool, typer.Option(help="A shop with far fewer log lines and orders.")
    ] = False,
) -> None:
    """Write the demo shop, run the pipeline on it, print the findings, serve the pages."""
    from cli.demo import run_demo

    raise typer.Exit(run_demo(home, serve=serve, port=port, seed=seed, small=small))


@app.command()
def init(
    directory: Annotated[Path, typer.Argument(help="The folder that becomes a hub home.")],
) -> None:
    """Write a new home with a commented hub.yml."""
    from cli.init import make_home

    raise typer.Exit(make_home(directory))


@app.command()
def check(
    home: Home = None,
    json: AsJson = False,
    folder: Annotated[
        Path | None,
        typer.Option("--folder", help="Say of every file of this folder what it seems to be."),
    ] = None,
) -> None:
    """Look at every source without loading it; non-zero when something is wrong."""
    from cli.check import check_folder, check_home

    if folder is not None:
        raise typer.Exit(check_folder(folder, given=home, as_json=json))
    raise typer.Exit(check_home(home, as_json=json))


@app.command()
def run(home: Home = None, json: AsJson = False) -> None:
    """Load what is new, build the layers, analyse, publish; print a summary."""
    from cli.run import run_home

    raise typer.Exit(run_home(home, as_json=json))


@app.command()
def up(
    home: Home = None,
    port: Annotated[int, typer.Option(help="The dashboards' port.")] = 8501,
    dagster_port: Annotated[int, typer.Option(help="The port of Dagster's pages.")] = 3000,
) -> None:
    """Start Dagster's web pages and daemon and the dashboards; stop all of them together."""
    from cli.up import serve_home

    raise typer.Exit(serve_home(home, port=port, dagster_port=dagster_port))


@app.command()
def export(
    page: Annotated[str, typer.Argument(help="A page, as its address has it: `success-metrics`.")],
    format_: Annotated[
        Literal["html", "pdf"], typer.Option("--format", help="PDF takes Chromium or Chrome.")
    ] = "html",
    out: Annotated[
        Path | None, typer.Option("--out", help="The file. Else the page's name, in this folder.")
    ] = None,
    view: Annotated[
        str,
        typer.Option(
            "--view",
            help="Period, grain, comparison and segment: what stands behind the `?` of the page's "
            "address, or the address.",
        ),
    ] = "",
    home: Home = None,
) -> None:
    """Write a page to one file that needs no server: for mail and archives."""
    from cli.export import export_page

    raise typer.Exit(export_page(page, style=format_, out=out, home=home, view=view))


@app.command()
def query(
    metric: Annotated[str, typer.Argument(help="A metric: `revenue`, or `entity/metric`.")],
    grain: Annotated[Literal["day", "week", "month"], typer.Option(help="Period.")] = "day",
    from_: Annotated[str | None, typer.Option("--from", help="First day, YYYY-MM-DD.")] = None,
    to: Annotated[str | None, typer.Option("--to", help="Last day, YYYY-MM-DD.")] = None,
    by: Annotated[str | None, typer.Option("--by", help="A segment to split by.")] = None,
    format_: Annotated[
        Literal["table", "csv", "json"], typer.Option("--format", help="How to print.")
    ] = "table",
    home: Home = None,
) -> None:
    """Print a metric's observations from the last published build."""
    from cli.query import print_observations

    raise typer.Exit(
        print_observations(
            metric, home=home, grain=grain, first=from_, last=to, by=by, style=format_
        )
    )


@app.command()
def metrics(
    name: Annotated[
        str | None, typer.Argument(help="A metric, for all that is known of it.")
    ] = None,
    home: Home = None,
    json: AsJson = False,
) -> None:
    """List the metrics: definition, owner, sources, SQL, and what changed in a definition."""
    from cli.metrics import print_metrics

    raise typer.Exit(print_metrics(name, home=home, as_json=json))


@app.command()
def link(
    metric: Annotated[str, typer.Argument(help="A model's metric: `recommender/ndcg_at_10`.")],
    kpi: Annotated[str, typer.Argument(help="A KPI: `revenue`.")],
    home: Home = None,
    json: AsJson = False,
    again: Annotated[
        bool, typer.Option("--again", help="Work it out again from the published observations.")
    ] = False,
) -> None:
    """Print the verdict card of a model metric and a KPI."""
    from cli.link import print_link

    raise typer.Exit(print_link(metric, kpi, home=home, as_json=json, again=again))


@app.command()
def since(
    series: Annotated[
        str | None, typer.Argument(help="A series: `revenue`, `recommender-api/error_ratio`.")
    ] = None,
    home: Home = None,
    json: AsJson = False,
) -> None:
    """Print since when series are at their level, and what happened before they changed."""
    from cli.since import print_since

    raise typer.Exit(print_since(series, home=home, as_json=json))


@app.command()
def plan(
    kpi: Annotated[
        str | None, typer.Argument(help="A KPI: `revenue`. Without it all are compared.")
    ] = None,
    metric: Annotated[
        str | None,
        typer.Option("--metric", help="The model metric whose releases the plan is made like."),
    ] = None,
    releases: Annotated[
        int | None, typer.Option("--releases", help="Coming releases. Else those of a year.")
    ] = None,
    every: Annotated[
        int | None, typer.Option("--every", min=1, help="Days from one release to the next.")
    ] = None,
    gain: Annotated[
        float | None,
        typer.Option("--gain", help="By how many percent of the metric the gains differ."),
    ] = None,
    effect: Annotated[
        float | None,
        typer.Option("--effect", help="The effect to be shown: percent per percent of the metric."),
    ] = None,
    power: Annotated[
        float, typer.Option("--power", help="In which share of cases it should be shown.")
    ] = 0.8,
    rate: Annotated[
        float | None,
        typer.Option("--rate", help="For an experiment: percent of users who convert, or a mean."),
    ] = None,
    lift: Annotated[
        float | None, typer.Option("--lift", help="For an experiment: the lift in percent.")
    ] = None,
    spread: Annotated[
        float | None,
        typer.Option("--spread", help="Standard deviation between users, where --rate is a mean."),
    ] = None,
    home: Home = None,
    json: AsJson = False,
) -> None:
    """Before a metric is used: which effect would show, and how many releases or users it takes."""
    from cli.plan import Asked, print_plan

    asked = Asked(
        releases=releases,
        every_days=every,
        gain=gain,
        effect=effect,
        power=power,
        baseline=rate,
        lift=lift,
        spread=spread,
    )
    raise typer.Exit(print_plan(kpi, metric=metric, asked=asked, home=home, as_json=json))


@app.command()
def selftest(
    kpi: Annotated[
        str | None, typer.Argument(help="A KPI: `revenue`. Else the first declared one.")
    ] = None,
    metric: Annotated[
        str | None,
        typer.Option("--metric", help="The model metric whose releases are planted again."),
    ] = None,
    worlds: Annotated[
        int, typer.Option("--worlds", min=12, help="Planted worlds; half hold no effect.")
    ] = 800,
    seed: Annotated[int, typer.Option("--seed", min=0, help="The same seed, the same worlds.")] = 1,
    home: Home = None,
    json: AsJson = False,
) -> None:
    """Plant known effects and none into a KPI's own history; print how often the hub is right."""
    from cli.selftest import print_self_test

    raise typer.Exit(
        print_self_test(kpi, metric=metric, worlds=worlds, seed=seed, home=home, as_json=json)
    )


@app.command()
def status(home: Home = None, json: AsJson = False) -> None:
    """Print loads, quarantine, freshness and the last build."""
    from cli.status import print_status

    raise typer.Exit(print_status(home, as_json=json))


@app.command()
def forget(
    file: Annotated[str, typer.Argument(help="The file, as `bellwether status --json` names it.")],
    home: Home = None,
    keep_records: Annotated[
        bool,
        typer.Option(
            "--keep-records",
            help="What was loaded stays; what stands there now counts as new: for a log that was "
            "emptied and begun anew.",
        ),
    ] = False,
    json: AsJson = False,
) -> None:
    """Take back a wrongly delivered file: its records no longer count."""
    from cli.forget import forget as forget_one

    raise typer.Exit(forget_one(file, home=home, keep_records=keep_records, as_json=json))


quarantine = typer.Typer(
    help="Records that could not be loaded: count them, look at them, try them again.",
    no_args_is_help=True,
)
app.add_typer(quarantine, name="quarantine")
Source = Annotated[str | None, typer.Option("--source", help="Only this source of hub.yml.")]
OfFile = Annotated[str | None, typer.Option("--file", help="Only this file, as the list names it.")]


@quarantine.command("list")
def quarantine_list(home: Home = None, source: Source = None, json: AsJson = False) -> None:
    """Count what is in quarantine, by source, reason and file."""
    from cli.quarantine import list_quarantine

    raise typer.Exit(list_quarantine(home, source=source, as_json=json))


@quarantine.command("show")
def quarantine_show(
    home: Home = None,
    source: Source = None,
    reason: Annotated[str | None, typer.Option(help="Only records with this reason.")] = None,
    file: OfFile = None,
    limit: Annotated[int, typer.Option(min=1, help="At most so many records.")] = 20,
    json: AsJson = False,
) -> None:
    """Print records with their file, line, reason and text."""
    from cli.quarantine import show_quarantine

    raise typer.Exit(
        show_quarantine(home, source=source, reason=reason, file=file, limit=limit, as_json=json)
    )


@quarantine.command("retry")
def quarantine_retry(
    home: Home = None, source: Source = None, file: OfFile = None, json: AsJson = False
) -> None:
    """Read records again, after a mapping was put right; load what can be read now."""
    from cli.quarantine import retry_home

    raise typer.Exit(retry_home(home, source=source, file=file, as_json=json))


if __name__ == "__main__":
    app()
