"""What SQL computes a metric at a grain and segment? MetricFlow as a compiler, nothing else.

MetricFlow's own source calls this interface unstable, so it is used in this module only and pinned.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import cast

from metricflow.engine.metricflow_engine import MetricFlowEngine, MetricFlowQueryRequest
from metricflow.protocols.sql_client import SqlClient, SqlEngine
from metricflow.sql.render.duckdb_renderer import DuckDbSqlPlanRenderer
from metricflow_semantics.model.dbt_manifest_parser import (
    parse_manifest_from_dbt_generated_manifest,
)
from metricflow_semantics.model.semantic_manifest_lookup import SemanticManifestLookup

from assets.metric_catalogue import MetricDefinition, MetricError

_MESSAGE = re.compile(r"Message:\n\n(.*?)\n\n", re.DOTALL)
_SUGGESTED = re.compile(r"""["'](Entity|Dimension)\('(\w+)'""")
_ASKED = re.compile(r"Object Builder Input:\n\s*(.+)")


def in_one_line(told: str) -> str:
    """What MetricFlow refuses, what was asked for and what it knows instead."""
    message = _MESSAGE.search(told)
    asked = _ASKED.search(told)
    all_known = dict.fromkeys(f"{kind}({name!r})" for kind, name in _SUGGESTED.findall(told))
    known = [name for name in all_known if not asked or name != asked[1].strip()]
    if asked and known:
        return f"no {asked[1].strip()}; it knows {', '.join(known)}."
    return " ".join((message[1] if message else told).split())


class _RenderOnly:
    """The least MetricFlow needs of a client to write SQL: no connection."""

    sql_engine_type = SqlEngine.DUCKDB
    sql_plan_renderer = DuckDbSqlPlanRenderer()

    def close(self) -> None:
        """Nothing is open."""


class MetricCompiler:
    """Compiles metrics of a parsed dbt project to SQL; safe to share between threads."""

    def __init__(self, target: Path) -> None:
        manifest = parse_manifest_from_dbt_generated_manifest(
            (target / "semantic_manifest.json").read_text()
        )
        self._lock = threading.Lock()
        self._engine = MetricFlowEngine(
            semantic_manifest_lookup=SemanticManifestLookup(manifest),
            sql_client=cast(SqlClient, _RenderOnly()),
        )

    def group_by_name(self, metrics: Sequence[str], element: str) -> str:
        """MetricFlow's name for a segment or entity that all of `metrics` share.

        Raises `MetricError` naming what could be used instead.
        """
        with self._lock:
            items = self._engine.list_group_bys(list(metrics))
        names = {
            getattr(item, "dunder_name", item.name): item.name
            for item in items
            if not str(getattr(item, "type", "")).endswith("TIME")
        }
        fitting = sorted((full for full, name in names.items() if name == element), key=len)
        if not fitting:
            raise MetricError(
                f"metric {', '.join(metrics)}: no segment `{element}`; "
                f"it can be split by {', '.join(sorted(set(names.values()))) or 'nothing'}."
            )
        return fitting[0]

    def sql(self, metrics: Sequence[str], *, grain: str, group_by: Sequence[str] = ()) -> str:
        """SQL with columns `metric_time__<grain>`, the group-by names and one per metric."""
        request = MetricFlowQueryRequest.create(
            metric_names=list(metrics), group_by_names=[f"metric_time__{grain}", *group_by]
        )
        with self._lock:
            try:
                return str(self._engine.explain(request).sql_statement.sql)
            except Exception as error:
                told = f"at {grain}: {in_one_line(str(error))}"
                raise MetricError(told) from error

    def described(self, definitions: Sequence[MetricDefinition]) -> tuple[MetricDefinition, ...]:
        """The definitions with the SQL that computes their daily value, where it compiles."""
        return tuple(d if d.is_precomputed else d.with_sql(self._daily_sql(d)) for d in definitions)

    def _daily_sql(self, definition: MetricDefinition) -> str:
        entity = definition.entity_kind
        try:
            by = [] if entity == "company" else [self.group_by_name([definition.name], entity)]
            return self.sql([definition.name], grain="day", group_by=by)
        except MetricError:
            return ""
