"""Can every metric be computed? Asked before anything is loaded, of the compiler and of DuckDB."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from assets.metric_catalogue import GRAINS, MetricDefinition, MetricError
from assets.metric_needs import check_source_kinds
from assets.metric_place import fault_place
from hub.home import HubHome

if TYPE_CHECKING:
    from assets.metric_compiler import MetricCompiler

_OWN = "models/"
_QUOTES = (
    ". In a filter a text stands in single quotes and what it is compared with in braces, as in "
    "{{ Entity('country') }} = 'DE'."
)
_MISSING_TABLE = re.compile(r"Table with name|schema .* does not exist|Catalog \"", re.IGNORECASE)


def ensure_checked(definitions: Sequence[MetricDefinition], home: HubHome) -> None:
    """Check the metrics unless the same manifest passed before. Raises `MetricError`."""
    stamp = home.dbt_target / "metrics_checked_from"
    parsed_from = (home.dbt_target / "parsed_from").read_text()
    if stamp.exists() and stamp.read_text() == parsed_from:
        return
    check_source_kinds(definitions, home.dbt_target)
    check_definitions(definitions, target=home.dbt_target, warehouse=home.warehouse)
    stamp.write_text(parsed_from)


def check_definitions(
    definitions: Sequence[MetricDefinition], *, target: Path, warehouse: Path
) -> None:
    """Refuse metrics that cannot be computed. Raises `MetricError`, a line a metric.

    Every compiled metric is compiled at each grain and segment (an unknown segment, entity or
    measure shows here), and the daily query of a home's metric is explained by DuckDB where the
    tables it reads are there already (an unknown column shows here). The project's own metrics may
    rest on columns that this very run adds to the tables of an older one.
    """
    from assets.metric_compiler import MetricCompiler  # two seconds that most runs can do without

    compiler = MetricCompiler(target)
    problems = [
        problem
        for definition in definitions
        if not definition.is_precomputed
        for problem in _problems(definition, compiler, warehouse)
    ]
    if problems:
        raise MetricError("\n".join(dict.fromkeys(problems)))


def _problems(definition: MetricDefinition, compiler: MetricCompiler, warehouse: Path) -> list[str]:
    entity = [] if definition.entity_kind == "company" else [definition.entity_kind]
    try:
        for each in entity:
            compiler.group_by_name([definition.name], each, called="entity")
        for segment in (None, *definition.segments):
            elements = [*entity, *([segment] if segment else [])]
            by = [compiler.group_by_name([definition.name], element) for element in elements]
            queries = [
                compiler.sql([definition.name], grain=grain, group_by=by) for grain in GRAINS
            ]
            if not definition.defined_in.startswith(_OWN):
                _explain(queries[0], warehouse)
    except (MetricError, duckdb.Error) as error:
        told = " ".join(str(error).split("\n\n")[0].split())
        told += _QUOTES if isinstance(error, duckdb.BinderException) else ""
        place = fault_place(definition.defined_in, str(error))
        told = told.removeprefix(f"metric {definition.name}: ")
        return [f"{place}: metric `{definition.name}`: {told}"]
    return []


def _explain(query: str, warehouse: Path) -> None:
    """Let DuckDB plan the query; tables that are not made yet are no fault of the metric."""
    if not warehouse.exists():
        return
    try:
        con = duckdb.connect(str(warehouse), read_only=True)
    except duckdb.IOException:  # somebody writes just now; the run itself will tell
        return
    try:
        con.execute(f"explain {query}")
    except duckdb.CatalogException as error:
        if not _MISSING_TABLE.search(str(error)):
            raise
    finally:
        con.close()
