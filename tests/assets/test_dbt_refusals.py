"""What dbt prints of a file of the home becomes one line with the place, the rule and advice."""

from __future__ import annotations

from pathlib import Path

import pytest

from assets.dbt_refusals import ADVICE, run_told_plainly, told_plainly

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


def test_a_long_page_is_cut(tmp_path: Path) -> None:
    (tmp_path / "mine.yml").write_text(FILE)
    told = told_plainly("in metric rate (x)\n" + "long " * 500, tmp_path)
    assert len(told) < 600


def test_a_fault_of_the_project_is_told_as_dbt_tells_it(tmp_path: Path) -> None:
    (tmp_path / "mine.yml").write_text(FILE)
    page = "Compilation Error in model stg_sales_lines (models/staging/stg_sales_lines.sql)\n  x"
    assert told_plainly(page, tmp_path) == f"dbt refused the project:\n{page}"


def test_a_fault_of_a_homes_own_model_names_its_file(tmp_path: Path) -> None:
    file = tmp_path / "mine.sql"
    file.write_text("select 1 {% if %}")
    page = (
        f"00:01:02  Encountered an error:\nCompilation Error in model mine ({file})\n  expected x"
    )
    assert told_plainly(page, tmp_path) == f"{file}: dbt refuses it: expected x. {ADVICE}"


def test_a_fault_in_the_template_of_a_homes_own_model_has_its_line(tmp_path: Path) -> None:
    file = tmp_path / "own.sql"
    file.write_text("with o as (\n    select * from x\n)\n\nselect {% if x } 1\nfrom o\n")
    page = (
        f"03:21:39  Encountered an error:\nCompilation Error in model own ({file})\n"
        "  unexpected '}'\n    line 5\n      select {% if x } 1"
    )
    assert told_plainly(page, tmp_path).startswith(f"{file}:5: dbt refuses it: unexpected '}}'")


def test_a_model_that_a_homes_own_model_asks_for_in_vain_has_its_line(tmp_path: Path) -> None:
    file = tmp_path / "own.sql"
    file.write_text("with o as (\n    select * from {{ ref('company_ordres') }}\n)\n")
    page = (
        f"Compilation Error\n  Model 'model.bellwether.own' ({file}) depends on a node named "
        "'company_ordres' which was not found"
    )
    assert told_plainly(page, tmp_path).startswith(f"{file}:2: dbt refuses it: Model ")


def test_a_metrics_line_is_that_of_the_name_that_nobody_knows(tmp_path: Path) -> None:
    file = tmp_path / "mine.yml"
    file.write_text(f"{FILE}    type_params:\n      numerator: nought\n".replace("semantic", "x"))
    page = "Parsing Error in metric my_days (x)\n  The metric `nought` does not exist."
    assert told_plainly(page, tmp_path).startswith(f"{file}:12: metric `my_days`: dbt refuses it: ")


RAN = (
    "Building the layers (dbt): dagster_dbt.errors.DagsterDbtCliRuntimeError: The dbt CLI process "
    "with command\n\n`dbt build`\n\nfailed with exit code `1`.\n\nErrors parsed from dbt logs:\n\n"
    "1 of 1 ERROR creating sql table model home.own ........ [ERROR in 0.31s]\n\n"
    "Failure in model own ({file})\n\n  Runtime Error in model own ({file})\n"
    '  Parser Error: syntax error at or near "1"\n  \n  LINE 14: select selct 1 as a,\n'
    "                          ^"
)


def test_what_duckdb_refuses_of_a_homes_own_model_is_one_line_with_its_place(
    tmp_path: Path,
) -> None:
    file = tmp_path / "own.sql"
    file.write_text("with o as (\n    select * from x\n)\n\nselect selct 1 as a,\nfrom o o o\n")
    told = run_told_plainly(RAN.format(file=file), tmp_path)
    assert told == (
        f"{file}:5: model `own`: it cannot be computed: Parser Error: syntax error at or near "
        '"1", in: select selct 1 as a,.'
    )


@pytest.mark.parametrize(
    "also",
    [
        "Done. PASS=0\n\n  Runtime Error in model stg (models/stg.sql)\n  Binder Error: x",
        "Failure in test key_is_unique (models/stg.yml)\n\n  Got 3 results, configured to fail",
    ],
)
def test_what_failed_beside_a_homes_own_model_is_not_left_out(tmp_path: Path, also: str) -> None:
    (tmp_path / "own.sql").write_text("select selct 1 as a,\n")
    told = f"{RAN}\n\n{also}".format(file=tmp_path / "own.sql")
    assert run_told_plainly(told, tmp_path) == told


def test_a_failed_step_that_is_not_about_a_homes_own_files_is_told_as_it_is(tmp_path: Path) -> None:
    for told in (RAN.format(file="models/a.sql"), "KeyError: 'a'"):
        assert run_told_plainly(told, tmp_path) == told
