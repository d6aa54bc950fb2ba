"""What dbt prints of a file of the home becomes one line with the place, the rule and advice."""

from __future__ import annotations

from pathlib import Path

import pytest

from assets.dbt_refusals import ADVICE, told_plainly

FILE = "version: 2\nmetrics:\n  - name: so_far\n    label: So far\n  - name: rate\n"
FILE += "    type: ratio\n    unit: \"{{ var('currncy') }}\"\n    period_agg: lst\n"
FILE += "semantic_models:\n  - name: my_days\n"
# Pages that dbt 1.11 printed, with the file's name put in.
PAGES = {
    "00:19:02  Encountered an error:\nCompilation Error\n"
    "  Semantic_Model 'semantic_model.p.my_days' ({file}) depends on a node named 'nope_days' "
    "which was not found": (
        ":10: dbt refuses it: Semantic_Model 'semantic_model.p.my_days' ({file}) depends on a node "
        "named 'nope_days' which was not found."
    ),
    "23:36:14  Encountered an error:\n"
    "Parsing Error in metric rate ({file})\n"
    "  The metric `x` does not exist but was referenced by metric `rate`.": (
        ":5: metric `rate`: dbt refuses it: The metric `x` does not exist but was referenced by "
        "metric `rate`."
    ),
    "23:48:40  Can't use label `Revenue` for  metric `so_far` as it's already used for metric "
    "`revenue`\n23:48:40  Encountered an error:\nParsing Error\n"
    "  Semantic Manifest validation failed.": (
        ":3: metric `so_far`: dbt refuses it: Can't use label `Revenue` for metric `so_far` as "
        "it's already used for metric `revenue`."
    ),
    "23:37:07  Encountered an error:\nParsing Error\n  Invalid metrics config given in "
    "FilePath(searched_path='{folder}', relative_path='mine.yml', modification_time=17.04, "
    "project_root='/p') @ metrics: {{'name': 'rate', 'type': 'ratio'}} - at path []: 'label' is a "
    "required property": (
        ":5: metric `rate`: dbt refuses it: Invalid metrics config given: 'label' is a required "
        "property."
    ),
    "23:35:53  Encountered an error:\nParsing Error\n  Error reading bellwether: mine.yml - "
    "Runtime Error\n    Syntax error near line 8": (
        ": dbt refuses it: Error reading bellwether: mine.yml - Runtime Error Syntax error near "
        "line 8."
    ),
    "23:57:16  Encountered an error:\nCompilation Error\n"
    "  Could not render {{{{ var('currncy') }}}}: Required var 'currncy' not found in config:\n"
    "\n  Vars supplied to <Configuration> = {{ }}": (
        ":7: dbt refuses it: Could not render {{{{ var('currncy') }}}}: Required var 'currncy' not "
        "found in config."
    ),
    "23:57:24  Encountered an error:\nInvalid enum value: `lst` in enum PeriodAggregation\n"
    "23:57:24  Traceback (most recent call last):\n  File x": (
        ":8: dbt refuses it: Invalid enum value: `lst` in enum PeriodAggregation."
    ),
    "23:38:08  Encountered an error:\nParsing Error\n  The schema file at {file} is invalid "
    "because the value of 'metrics' is not a list": (
        ": dbt refuses it: The schema file at {file} is invalid because the value of 'metrics' is "
        "not a list."
    ),
    "23:39:36  Encountered an error:\nMetric(name='rate', resource_type=<NodeType.Metric: "
    "'metric'>) has nothing to count\n23:39:36  Traceback (most recent call last):\n  File x": (
        ":5: metric `rate`: dbt refuses it: Metric(name='rate', resource_type=<NodeType.Metric: "
        "'metric'>) has nothing to count."
    ),
}


@pytest.mark.parametrize("page", PAGES)
def test_a_fault_of_a_homes_metric_is_one_line_with_its_place(tmp_path: Path, page: str) -> None:
    file = tmp_path / "mine.yml"
    file.write_text(FILE)
    told = told_plainly(page.format(file=file, folder=tmp_path), tmp_path)
    assert told == f"{file}{PAGES[page].format(file=file)} {ADVICE}"


@pytest.mark.parametrize(
    ("told", "line"),
    [
        ("Entity: nobody not found in base semantic model: my_days.", ":12"),
        ("Invalid time granularity 'foos' in window: '7 foos'", ":14"),
        ("Alias 'rate' for input metric: 'x' is already being used.", ":5"),
        ("There is something wrong.", ""),
    ],
)
def test_what_the_semantic_layer_does_not_take_is_looked_up_in_the_files(
    tmp_path: Path, told: str, line: str
) -> None:
    """Its validation names neither file nor metric; with two files nothing is guessed."""
    (file := tmp_path / "mine.yml").write_text(
        f"{FILE}    description: foos and nobody\n    entity: nobody\n    # 7 foos\n"
        "    offset_window: 7 foos\n"
    )
    page = f"07:03:02  {told}\n07:03:02  Encountered an error:\nParsing Error\n"
    page += "  Semantic Manifest validation failed."
    assert told_plainly(page, tmp_path).startswith(f"{file}{line}: dbt refuses it: {told[:-1]}")
    (tmp_path / "other.yml").write_text("version: 2\n")
    is_found = told_plainly(page, tmp_path).startswith(f"{file}{line}: dbt")
    assert is_found == bool(line)


def test_a_long_page_is_cut(tmp_path: Path) -> None:
    (tmp_path / "mine.yml").write_text(FILE)
    told = told_plainly("in metric rate (x)\n" + "long " * 500, tmp_path)
    assert len(told) < 600


def test_a_fault_of_the_project_is_told_as_dbt_tells_it(tmp_path: Path) -> None:
    (tmp_path / "mine.yml").write_text(FILE)
    page = "Compilation Error in model stg_sales_lines (models/staging/stg_sales_lines.sql)\n  x"
    assert told_plainly(page, tmp_path) == f"dbt refused the project:\n{page}"


def test_a_metrics_line_is_that_of_the_name_that_nobody_knows(tmp_path: Path) -> None:
    file = tmp_path / "mine.yml"
    file.write_text(f"{FILE}    type_params:\n      numerator: nought\n".replace("semantic", "x"))
    page = "Parsing Error in metric my_days (x)\n  The metric `nought` does not exist."
    assert told_plainly(page, tmp_path).startswith(f"{file}:12: metric `my_days`: dbt refuses it: ")


def test_a_model_that_is_asked_for_in_vain_has_the_line_that_asks_for_it(tmp_path: Path) -> None:
    file = tmp_path / "mine.yml"
    file.write_text(f"{FILE}    model: ref('nope_days')\n")
    page = (
        f"Compilation Error\n  Semantic_Model 'semantic_model.p.my_days' ({file}) depends on a "
        "node named 'nope_days' which was not found"
    )
    assert told_plainly(page, tmp_path).startswith(f"{file}:11: dbt refuses it: Semantic_Model ")
