"""Where does a metric come from and go to, and what does a source say of itself?"""

from __future__ import annotations

import json
from typing import Any

import pandas as pd

from dashboards.wording import count, joined, plain

# the steps of a metric's way from left to right, and how each is called
STEPS = {
    "file": "Files",
    "raw": "Raw tables",
    "staging": "Staging models",
    "layer": "Models of the layers",
    "metric": "Metric",
    "mart": "Tables of pages",
    "page": "Pages",
}

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
    said = texts.fillna("").astype(str).agg(" ".join, axis=1).str.lower()
    kept = pd.Series(True, index=metrics.index)
    for word in wanted.lower().split():
        kept &= said.str.contains(word, regex=False)
    return metrics[kept]


def listed(given: Any) -> list[str]:
    """A list that a cell holds as a list or as JSON."""
    if isinstance(given, str):
        given = json.loads(given)
    return [str(each) for each in given] if isinstance(given, list | tuple) else []


def named_in(way: pd.DataFrame, step: str) -> list[str]:
    """What a metric's way passes in one of its steps, in order."""
    return [str(name) for name in way.loc[way["stage"] == step, "name"]]


def way_words(way: pd.DataFrame) -> list[str]:
    """The way of a metric in Markdown, a numbered line a step, none left out."""
    lines = []
    for number, (step, label) in enumerate(STEPS.items(), start=1):
        part = way[way["stage"] == step]
        names = [_told(step, row) for _, row in part.iterrows()]
        lines.append(f"**{number} {label}:** {plain(joined(names) or 'none')}")
    return lines


def way_table(way: pd.DataFrame) -> pd.DataFrame:
    """The way of a metric: one row a model, file or page, with what it reads in words."""
    reads = [joined(listed(each)) for each in way["reads"]]
    table = way.assign(step=way["stage"].map(STEPS), reads=reads)
    return table[["step", "name", "about", "reads"]]


def _told(step: str, row: Any) -> str:
    return f"{row['name']} ({row['about']})" if step in ("file", "metric") else str(row["name"])


def answer_words(metrics: pd.DataFrame, sources: pd.DataFrame, redefined: pd.DataFrame) -> str:
    """How many metrics and sources there are, and how much has been redefined."""
    delivered = sources[sources["loaded"].fillna(0) > 0]
    told = f"{count(len(metrics), 'metric')} from {count(len(delivered), 'source')}"
    if redefined.empty:
        return f"{told}; 0 published values were redefined."
    number = float(redefined["redefined_values"].sum())
    values = f"{count(number, 'published value')} of {count(len(redefined), 'metric')}"
    return f"{told}; {values} {'was' if number == 1 else 'were'} redefined."


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
