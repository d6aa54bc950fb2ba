"""Does the benchmark of pages judge each page against its target and keep to its time?"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace

import pytest

from benchmarks import pages
from benchmarks.pages import PageTimes, crowds, lines, p95, rounds, verdicts
from benchmarks.process_work import Work


def _times(page: str, *, warm: list[float], acted: list[float], times: int = 20) -> PageTimes:
    return PageTimes(
        page,
        times,
        cold_words=0.4,
        cold=2.0,
        warm=warm,
        interaction=acted,
        opening=[each + 0.1 for each in acted],
        server=[0.2],
        drawing=[Work(0.2, 0.7)],
        acting=[Work(0.1, 0.25)],
        running=[Work(0.15, 0.0)],
    )


FAST = _times("delivery", warm=[0.9, 1.0, 3.0], acted=[0.5, 0.2, 0.6])
SLOW = _times("service-health", warm=[1.2, 0.8, 1.1], acted=[0.51])
STILL = _times("data-health", warm=[0.5], acted=[])


def test_the_95th_percentile_of_few_is_the_largest() -> None:
    assert p95([3.0, 1.0, 2.0]) == 3.0
    assert p95([float(each) for each in range(100)]) == 95.0


def test_a_page_is_judged_by_its_median() -> None:
    header, fast, slow, still = lines([FAST, SLOW, STILL])
    assert fast.split()[4:] == [
        *("1.00", "3.00", "reached", "0.50", "0.60", "reached"),
        *("0.60", "0.20", "0.15", "0.70", "0.35"),
    ]
    assert slow.split().count("MISSED") == 2
    assert still.split()[7:11] == ["-", "-", "-", "-"]
    assert len({len(each) for each in (header, fast, slow, still)}) == 1


def test_the_end_names_what_misses_a_target_and_counts_no_page_without_a_choice() -> None:
    other = _times("delivery", warm=[9.0], acted=[9.0], times=1)
    warm, acted, opened = verdicts([FAST, SLOW, STILL, other], times=20)
    assert "2 of 3 pages; missed: service-health 1.10 s" in warm
    assert "1 of 2 pages; missed: service-health 0.51 s" in acted
    assert "0 of 2 pages; missed: delivery 0.60 s, service-health 0.61 s" in opened


def test_one_round_is_measured_though_the_time_is_over() -> None:
    now = time.monotonic()
    assert list(rounds(4, now - 1)) == [0]
    assert list(rounds(4, now + 60)) == [0, 1, 2, 3]


def test_viewers_are_doubled_until_the_95th_percentile_doubles(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(pages, "crowd", lambda _, viewers, **__: [0.1 * max(1, viewers / 3)])
    found = list(crowds("", seconds=0, pause=0, until=time.monotonic() + 60))
    assert [viewers for viewers, _, _ in found] == [1, 2, 4, 8]
    over = list(crowds("", seconds=0, pause=0, until=time.monotonic() - 1))
    assert [viewers for viewers, _, _ in over] == [1]


def test_every_viewer_of_a_crowd_is_counted_though_its_run_outlasts_the_crowd(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    @contextmanager
    def slow_viewer(*_: str) -> Iterator[SimpleNamespace]:
        def run() -> SimpleNamespace:
            time.sleep(0.05)
            return SimpleNamespace(seconds=0.05)

        yield SimpleNamespace(run=run)

    monkeypatch.setattr(pages, "viewer", slow_viewer)
    assert len(pages.crowd("", 3, seconds=0.0, pause=0.0)) == 3
