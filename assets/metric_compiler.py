"""What SQL computes a metric at a grain and segment? MetricFlow as a compiler, nothing else.

MetricFlow's own source calls this interface unstable, so it is used in this module only and pinned.
What it wrote is kept beside the manifest it was written from: definitions seldom change, and
importing and asking MetricFlow takes seconds. What it refuses is never kept.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import threading
from collections.abc import Callable, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, cast

from assets.filter_meaning import with_unknown_segments
from assets.metric_catalogue import MetricDefinition, MetricError
from assets.ratio_sides import ratio_columns, with_narrowed_sides

if TYPE_CHECKING:
    from metricflow.engine.metricflow_engine import MetricFlowEngine

_MESSAGE = re.compile(r"Message:\n\n(.*?)\n\n", re.DOTALL)
_SUGGESTED = re.compile(r"""["'](Entity|Dimension)\('(\w+)'""")
_ASKED = re.compile(r"Object Builder Input:\n\s*(.+)")
_CUT_TO_DAYS = "DATE_TRUNC('day'"


def in_one_line(told: str) -> str:
    """What MetricFlow refuses, what was asked for and what it knows instead."""
    message = _MESSAGE.search(told)
    asked = _ASKED.search(told)
    all_known = dict.fromkeys(f"{kind}({name!r})" for kind, name in _SUGGESTED.findall(told))
    known = [name for name in all_known if not asked or name != asked[1].strip()]
    if asked and known:
        return f"no {asked[1].strip()}; it knows {', '.join(known)}."
    return " ".join((message[1] if message else told).split())


def _start_engine(manifest: str) -> MetricFlowEngine:
    """MetricFlow on a semantic manifest; it needs no connection to write SQL."""
    from metricflow.engine.metricflow_engine import MetricFlowEngine
    from metricflow.protocols.sql_client import SqlClient, SqlEngine
    from metricflow.sql.render.duckdb_renderer import DuckDbSqlPlanRenderer
    from metricflow_semantics.model.dbt_manifest_parser import (
        parse_manifest_from_dbt_generated_manifest,
    )
    from metricflow_semantics.model.semantic_manifest_lookup import SemanticManifestLookup

    class RenderOnly:
        """The least MetricFlow needs of a client."""

        sql_engine_type = SqlEngine.DUCKDB
        sql_plan_renderer = DuckDbSqlPlanRenderer()

        def close(self) -> None:
            """Nothing is open."""

    lookup = SemanticManifestLookup(parse_manifest_from_dbt_generated_manifest(manifest))
    return MetricFlowEngine(
        semantic_manifest_lookup=lookup, sql_client=cast(SqlClient, RenderOnly())
    )


def _question(metrics: Sequence[str], grain: str, group_by: Sequence[str]) -> list[object]:
    return ["sql", list(metrics), grain, list(group_by)]


def _renamed(by_days: str, grain: str) -> str:
    """SQL by days in which `day` as the grain of its rows reads `grain`."""
    cut = by_days.replace(_CUT_TO_DAYS, f"DATE_TRUNC('{grain}'")
    return re.sub(r"\bmetric_time__day\b", f"metric_time__{grain}", cut)


class MetricCompiler:
    """Compiles metrics of a parsed dbt project to SQL; safe to share between threads."""

    def __init__(self, target: Path) -> None:
        told = (target / "semantic_manifest.json").read_text()
        self._manifest = with_narrowed_sides(with_unknown_segments(told))
        written_by = f"{version('metricflow')}\0{self._manifest}"
        self._from = hashlib.sha256(written_by.encode()).hexdigest()
        self._file = target / "compiled_metrics.json"
        self._kept = self._read_kept()
        self._n_kept = len(self._kept)
        self._lock = threading.Lock()
        self._engine: MetricFlowEngine | None = None

    @property
    def semantic_manifest(self) -> str:
        """What dbt told of semantic models and metrics, as JSON."""
        return self._manifest

    def _read_kept(self) -> dict[str, str]:
        if not self._file.exists():
            return {}
        told = json.loads(self._file.read_text())
        return dict(told["written"]) if told["from"] == self._from else {}

    def keep(self) -> None:
        """Keep what was compiled for the next run on the same manifest."""
        with self._lock:
            if len(self._kept) == self._n_kept:
                return
            beside = self._file.with_suffix(f".{os.getpid()}")
            beside.write_text(json.dumps({"from": self._from, "written": self._kept}))
            beside.replace(self._file)
            self._n_kept = len(self._kept)

    def _known(self, asked: object, write: Callable[[MetricFlowEngine], str]) -> str:
        """What was written before for the same question, or is now."""
        question = json.dumps(asked)
        with self._lock:
            if question not in self._kept:
                self._engine = self._engine or _start_engine(self._manifest)
                self._kept[question] = write(self._engine)
            return self._kept[question]

    def group_by_name(
        self, metrics: Sequence[str], element: str, *, called: str = "segment"
    ) -> str:
        """MetricFlow's name for a segment or entity that all of `metrics` share.

        Raises `MetricError` naming what could be used instead.
        """

        def write(engine: MetricFlowEngine) -> str:
            items = engine.list_group_bys(list(metrics))
            names = {
                getattr(item, "dunder_name", item.name): item.name
                for item in items
                if not str(getattr(item, "type", "")).endswith("TIME")
            }
            fitting = sorted((full for full, name in names.items() if name == element), key=len)
            if not fitting:
                raise MetricError(
                    f"metric {', '.join(metrics)}: no {called} `{element}`; "
                    f"it can be split by {', '.join(sorted(set(names.values()))) or 'nothing'}."
                )
            return fitting[0]

        return self._known(["name", list(metrics), element], write)

    def sql(self, metrics: Sequence[str], *, grain: str, group_by: Sequence[str] = ()) -> str:
        """SQL with columns `metric_time__<grain>`, the group-by names and one per metric.

        Raises `MetricError` with what MetricFlow refuses.
        """
        told = self._told_by_days(metrics, grain, group_by) if group_by else None
        if told:
            return told

        def write(engine: MetricFlowEngine) -> str:
            from metricflow.engine.metricflow_engine import MetricFlowQueryRequest

            request = MetricFlowQueryRequest.create(
                metric_names=list(metrics), group_by_names=[f"metric_time__{grain}", *group_by]
            )
            try:
                return str(engine.explain(request).sql_statement.sql)
            except Exception as error:
                told = f"at {grain}: {in_one_line(str(error))}"
                raise MetricError(told) from error

        return self._known(_question(metrics, grain, group_by), write)

    def _told_by_days(
        self, metrics: Sequence[str], grain: str, group_by: Sequence[str]
    ) -> str | None:
        """The SQL by days with the grain renamed, where that is known to be the SQL of the grain.

        It is when the same renaming makes one of the other without the last segment, and the
        segment cuts no instant to days by itself. Asking MetricFlow takes a hundred times longer.
        """
        with self._lock:
            days, periods, split = (
                self._kept.get(json.dumps(_question(metrics, asked, by)))
                for asked, by in (
                    ("day", group_by[:-1]),
                    (grain, group_by[:-1]),
                    ("day", group_by),
                )
            )
        if not (days and periods and split) or _renamed(days, grain) != periods:
            return None
        if split.count(_CUT_TO_DAYS) != days.count(_CUT_TO_DAYS):
            return None
        return _renamed(split, grain)

    def described(self, definitions: Sequence[MetricDefinition]) -> tuple[MetricDefinition, ...]:
        """The definitions with the SQL that computes their daily value, where it compiles."""
        return tuple(d if d.is_precomputed else d.with_sql(self._daily_sql(d)) for d in definitions)

    def _daily_sql(self, definition: MetricDefinition) -> str:
        entity, sides = definition.entity_kind, (definition.numerator, definition.denominator)
        asked = sorted({side for side in sides if side}) or [definition.name]
        try:
            by = [] if entity == "company" else [self.group_by_name(asked, entity)]
            sql = self.sql(asked, grain="day", group_by=by)
        except MetricError:
            return ""
        return _of_sides(sql, definition, by) if all(sides) else sql


def _of_sides(sql: str, ratio: MetricDefinition, group_by: Sequence[str]) -> str:
    """The ratio, with both its parts as they are stored, over the SQL of its sides."""
    value, numerator, denominator = ratio_columns(ratio.numerator or "", ratio.denominator or "")
    keys = ", ".join(["metric_time__day", *group_by])
    return (
        f"SELECT {keys},\n  {value} AS {ratio.name},\n  {numerator} AS numerator,\n"
        f"  {denominator} AS denominator\nFROM (\n{sql}\n) sides"
    )
