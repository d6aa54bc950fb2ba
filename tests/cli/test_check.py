"""Does a look at a home also tell of metrics that would be refused?"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cli.check import check_home
from tests.pipeline.shop_builds import write_corner_shop

METRIC = """\
metrics:
  - name: sold_twice
    label: Sold twice
    type: simple
    type_params: {measure: ordres}
    config:
      meta: {layer: company, unit: orders, direction: up, owner: Sales, role: guardrail,
             source_kinds: [sales]}
"""


@pytest.mark.parametrize("as_json", [False, True])
def test_a_metric_in_no_form_is_told_with_its_line_before_any_run(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], as_json: bool
) -> None:
    home = write_corner_shop(tmp_path / "home")
    file = home.metrics / "mine.yml"
    file.write_text(METRIC.replace("ordres", "orders"))
    assert check_home(home.root, as_json=as_json) == 0
    file.write_text(METRIC)
    capsys.readouterr()
    assert check_home(home.root, as_json=as_json) == 1
    told = capsys.readouterr()
    assert f"{file}:5: metric `sold_twice`: no measure is called `ordres`" in told.err
    assert "Next: bellwether run" not in told.out
    if as_json:
        assert {check["source"] for check in json.loads(told.out)} == {"orders", "calendar"}
