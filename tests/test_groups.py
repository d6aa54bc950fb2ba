"""Do tests that share an expensive set-up still run in one process?"""

import os

import pytest


def test_the_group_of_a_test_is_told_to_the_scheduler(request: pytest.FixtureRequest) -> None:
    if "PYTEST_XDIST_WORKER" not in os.environ:
        pytest.skip("one process runs all tests")
    # pytest-xdist schedules by what follows the last @; without it every test goes its own way
    assert request.node.nodeid.endswith(f"@{request.node.path}")
