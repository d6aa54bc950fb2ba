"""Where does a metric come from and go to, and what does a source say of itself?"""

from __future__ import annotations

import json
import re
from typing import Any

import pandas as pd

from dashboards.wording import count, is_missing

# which page shows the rows of which table; "of" tells which of its rows
PAGES_OF = {
    "mart_success_metrics": ("Success metrics",),
    "mart_success_products": ("Success metrics",),
    "mart_success_cohorts": ("Success metrics",),
    "mart_what_moves_sales": ("What moves sales", "Link explorer"),
    "mart_experiments": ("Experiments",),
    "mart_onsets of the company": ("Success metrics",),
    "mart_onsets of services": ("Service health",),
    "mart_exposure of lists": ("Exposure audit",),
    "mart_service": ("Service health",),
    "mart_delivery": ("Delivery",),
}
_READS = re.compile(
    r"""ref\(\s*['"](\w+)['"]\s*\)|\b(?:from|join)\s+(?:"?\w+"?\.)?"?(?:company|platform|team)"?"""
    r"""\."?(\w+)"?""",
    re.IGNORECASE,
)

# how the type of a column is said
TYPES = {
    "VARCHAR": "text",
    "TIMESTAMP WITH TIME ZONE": "time",
    "DATE": "day",
    "DOUBLE": "number",
    "DECIMAL": "exact number",
    "BIGINT": "whole number",
    "INTEGER": "whole number",
    "BOOLEAN": "yes or no",
    "JSON": "list or object",
}


def found(metrics: pd.DataFrame, wanted: str) -> pd.DataFrame:
    """The metrics in whose name, label, description, owner or layer every word occurs."""
    texts = metrics[["metric_name", "label", "description", "owner", "layer", "unit"]]
    joined = texts.fillna("").astype(str).agg(" ".join, axis=1).str.lower()
    kept = pd.Series(True, index=metrics.index)
    for word in wanted.lower().split():
        kept &= joined.str.contains(word, regex=False)
    return metrics[kept]


def models_read(definition_sql: Any) -> list[str]:
    """The models that a metric's SQL reads, in order."""
    if is_missing(definition_sql):
        return []
    pairs = _READS.findall(str(definition_sql))
    return list(dict.fromkeys(first or second for first, second in pairs))


def listed(given: Any) -> list[str]:
    """A list that a cell holds as a list or as JSON."""
    if isinstance(given, str):
        given = json.loads(given)
    return [str(each) for each in given] if isinstance(given, list | tuple) else []


def pages_using(uses: pd.DataFrame) -> list[str]:
    """The pages that show a metric, from the tables that hold it."""
    pages: list[str] = []
    for mart, rows in zip(uses["mart"], uses["rows"], strict=True):
        if is_missing(rows) or rows > 0:
            for prefix, names in PAGES_OF.items():
                if str(mart).startswith(prefix):
                    pages += names
    return list(dict.fromkeys(pages))


def lineage(metric: Any, sources: pd.DataFrame, uses: pd.DataFrame) -> pd.DataFrame:
    """The way of a metric: one row a node, with `stage`, `name` and `about`, first to last."""
    kinds = listed(metric["source_kinds"])
    feeding = sources[sources["kind"].isin(kinds)]
    nodes = [
        ("source", str(row["source"]), f"{row['kind']}, {count(float(row['files']), 'file')}")
        for _, row in feeding.iterrows()
    ]
    nodes += [
        ("source", kind, "nothing delivered") for kind in kinds if kind not in set(feeding["kind"])
    ]
    nodes += [("model", name, "table") for name in models_read(metric["definition_sql"])]
    nodes.append(("metric", str(metric["metric_name"]), str(metric["label"])))
    nodes += [("page", name, "page") for name in pages_using(uses)]
    return pd.DataFrame(nodes, columns=["stage", "name", "about"])


def answer_words(metrics: pd.DataFrame, sources: pd.DataFrame, redefined: pd.DataFrame) -> str:
    """How many metrics and sources there are, and how much has been redefined."""
    delivered = sources[sources["loaded"].fillna(0) > 0]
    told = f"{count(len(metrics), 'metric')} from {count(len(delivered), 'source')}"
    if redefined.empty:
        return f"{told}; 0 published values were redefined."
    values = count(float(redefined["redefined_values"].sum()), "published value")
    return f"{told}; {values} of {count(len(redefined), 'metric')} were redefined."


def settings_table(source: Any) -> pd.DataFrame:
    """What hub.yml says of a source: one row a setting, its columns a row each."""
    rows: list[tuple[str, str]] = []
    for name, value in source.model_dump(exclude_none=True).items():
        if isinstance(value, dict):
            rows += [(f"{name}: {key}", str(each)) for key, each in value.items()]
        elif value not in ([], (), ""):
            rows.append((name, str(value)))
    return pd.DataFrame(rows, columns=["setting", "value"])


def columns_table(told: pd.DataFrame) -> pd.DataFrame:
    """The columns of a source: table, column, type, field of hub.yml, and where it is filled."""
    named = told[told["column_name"].notna()]
    types = [TYPES.get(str(kind).partition("(")[0], str(kind)) for kind in named["data_type"]]
    table = pd.DataFrame(
        {
            "table": named["table_name"],
            "column": named["column_name"],
            "type": types,
            "field_in_hub.yml": named["field"].fillna(""),
            "filled_ratio": named["filled"] / named["rows"],
            "rows_filled": named["filled"],
            "rows_loaded": named["rows"],
        }
    )
    return table if named["field"].notna().any() else table.drop(columns="field_in_hub.yml")


def columns_words(told: pd.DataFrame | None) -> str:
    """How many columns of a source are filled, and how much stands in fields nobody declared."""
    if told is None:
        return "This build did not count columns; the next build does."
    if told.empty:
        return "0 columns are filled: no row of this source is loaded."
    named, others = told[told["column_name"].notna()], told[told["column_name"].isna()]
    filled = int((named["filled"] > 0).sum())
    tables = named["table_name"].nunique()
    where = f", in {count(tables, 'table')}" if tables > 1 else ""
    words = f"{filled} of {count(len(named), 'column')} are filled{where}."
    for _, each in others.iterrows():
        words += (
            f" {int(each['filled']):,} of {count(int(each['rows']), 'row')} of "
            f"{each['table_name']} also carry fields that no column is declared for, "
            f"of at least {count(int(each['fields']), 'name')}; they are kept, and not named here."
        )
    return words
