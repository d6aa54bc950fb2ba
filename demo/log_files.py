"""How do the services write their log files, good lines and broken ones?"""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from demo.plan import ShopPlan
from demo.shop import Shop
from demo.tally import FileCount, count_reasons, write_bytes
from demo.traffic import SERVICES, Requests, requests

FOLDER = "exports/logs"
ERROR_TEXT = {
    500: "unhandled error while ranking for customer {n}: list index out of range",
    502: "bad gateway: connection reset by 10.20.{a}.{b}",
    503: "upstream feature store 10.20.4.{b}:6379 unavailable for anna.weber{a}@mail.example",
    504: "upstream timeout after 3000 ms for customer {n}",
}
MIXER_ERROR = "CandidateMixer: slot {a} has no candidates for customer {n} (pool 0x{n:06x})"


def write_logs(shop: Shop, folder: Path) -> list[FileCount]:
    """Writes monthly `.jsonl.gz` files, then one plain `.jsonl` a day; returns their counts.

    Files turn over at local midnight. The lost day has no file; one day is delivered twice.
    """
    lines, day = _lines_by_time(shop)
    counts = []
    for name, first_day, end_day in log_spans(shop):
        start, stop = np.searchsorted(day, [first_day, end_day])
        broken = _broken_lines(shop.plan, first_day, end_day, lines[start])
        written = _mixed(lines[start:stop], [text for _, text in broken])
        text = "\n".join(written) + "\n"
        reasons = [why for why, _ in broken]
        if first_day == shop.moments.truncated_log_day:
            text += lines[stop - 1][:97]
            reasons.append("truncated")
        data = text.encode("utf-8", "surrogateescape")
        if name.endswith(".gz"):
            data = gzip.compress(data, compresslevel=4, mtime=0)
        write_bytes(folder, name, data)
        blank = reasons.count("blank")
        refused = count_reasons([why for why in reasons if why != "blank"])
        counts.append(FileCount("service_logs", name, int(stop - start), refused, blank))
        if first_day == shop.moments.duplicated_log_day:
            again = name.replace(".jsonl", "_redelivered.jsonl")
            write_bytes(folder, again, data)
            counts.append(FileCount("service_logs", again, 0, duplicate_of=name))
    return counts


def log_spans(shop: Shop) -> Iterator[tuple[str, int, int]]:
    """Name, first day and the day after the last of every log file, in order of time."""
    plan, when = shop.plan, shop.moments
    first = 0
    while first < when.daily_logs_from_day:
        end = first + 1
        while end < when.daily_logs_from_day and plan.day(end).day != 1:
            end += 1
        yield f"{FOLDER}/services-{plan.day(first):%Y-%m}.jsonl.gz", first, end
        first = end
    for day in range(first, plan.n_days):
        if day != when.logs_missing_day:
            yield f"{FOLDER}/services-{plan.day(day):%Y-%m-%d}.jsonl", day, day + 1


def _lines_by_time(shop: Shop) -> tuple[list[str], np.ndarray]:
    """Every good line and its local day, in order of time."""
    answered = [requests(shop, service) for service in SERVICES]
    at_ms = np.concatenate([r.at_ms for r in answered])
    day = np.concatenate([r.day for r in answered])
    lines: list[str] = []
    for part in answered:
        lines += _lines(shop.plan, part)
    order = np.argsort(at_ms, kind="stable")
    return [lines[i] for i in order.tolist()], day[order]


def _lines(plan: ShopPlan, rows: Requests) -> list[str]:
    """One JSON object per request, without a line end."""
    ids = plan.rng(f"request ids/{rows.service.name}").bytes(16 * len(rows.at_ms)).hex()
    times = np.datetime_as_string(rows.at_ms.astype("datetime64[ms]")).tolist()
    places = [
        f'"service":"{rows.service.name}","endpoint":"{path}","method":"{method}"'
        for path, method, _, _ in rows.service.endpoints
    ]
    columns = zip(
        range(0, len(ids), 32),
        times,
        rows.endpoint.tolist(),
        rows.status.tolist(),
        rows.latency_ms.tolist(),
        rows.version.tolist(),
        rows.caller.tolist(),
        rows.platform.tolist(),
        _tails(rows),
        strict=True,
    )
    return [
        f'{{"ts":"{at}Z",{places[place]},"status":{status},"latency_ms":{latency},'
        f'"version":"{version}","request_id":"{ids[i : i + 8]}-{ids[i + 8 : i + 12]}-'
        f'{ids[i + 12 : i + 16]}-{ids[i + 16 : i + 20]}-{ids[i + 20 : i + 32]}",'
        f'"caller":"{caller}","platform":"{platform}"{tail}}}'
        for i, at, place, status, latency, version, caller, platform, tail in columns
    ]


def _tails(rows: Requests) -> list[str]:
    """What a service adds about its model, its answer, and its failure."""
    columns = zip(
        rows.status.tolist(),
        rows.model_version.tolist(),
        rows.k.tolist(),
        rows.served.tolist(),
        rows.rendered.tolist(),
        rows.viewed.tolist(),
        rows.fallback.tolist(),
        strict=True,
    )
    is_page = rows.service.model is None
    tails = []
    for status, version, k, served, rendered, viewed, fallback in columns:
        tail = "" if is_page else f',"model":"{rows.service.model}","model_version":"{version}"'
        if status == 200 and k:
            tail += f',"k":{k},"served":{served}'
            if is_page:
                tail += f',"rendered":{rendered},"viewed":{viewed}'
        if status == 200 and not is_page:
            tail += ',"fallback":true' if fallback else ',"fallback":false'
        tails.append(tail)
    for i in np.flatnonzero(rows.status >= 500).tolist():
        tails[i] += f',"level":"ERROR","message":"{_message(rows, i)}"'
    return tails


def _message(rows: Requests, i: int) -> str:
    n = int(rows.noise[i])
    text = ERROR_TEXT[int(rows.status[i])]
    if rows.service.name == "recommender-api" and rows.latency_ms[i] > 90 and n % 3:
        text = MIXER_ERROR
    return text.format(n=n, a=n % 10, b=n % 250)


def _mixed(good: list[str], broken: list[str]) -> list[str]:
    """The good lines with the broken ones spread evenly among them, the last line a good one."""
    if not broken:
        return good
    mixed: list[str] = []
    edges = np.linspace(0, len(good), len(broken) + 2).astype(int).tolist()
    for text, start, stop in zip(broken, edges[:-2], edges[1:-1], strict=True):
        mixed += [*good[start:stop], text]
    return mixed + good[edges[-2] :]


def _broken_lines(plan: ShopPlan, first: int, end: int, good: str) -> list[tuple[str, str]]:
    """Reason and text of the lines that spoil the file of these days."""
    share_of_days = {0.12: 0, 0.37: 1, 0.62: 2, 0.83: 3}
    planted = [kind for share, kind in share_of_days.items() if first <= share * plan.n_days < end]
    planted += [plan.n_days - d for d in (41, 26, 8) if first == plan.n_days - d]
    broken: list[tuple[str, str]] = []
    for kind in planted:
        broken += _BROKEN[kind % len(_BROKEN)](good)
    return broken


def _half_lines(good: str) -> list[tuple[str, str]]:
    return [("malformed_json", good[:60]), ("malformed_json", good[40:]), ("blank", "")]


def _stack_trace(good: str) -> list[tuple[str, str]]:
    trace = (
        "Traceback (most recent call last):",
        '  File "/srv/app/candidate_mixer.py", line 88, in mix',
        "KeyError: 'slot'",
    )
    return [*(("malformed_json", line) for line in trace), ("blank", "")]


def _wrong_values(good: str) -> list[tuple[str, str]]:
    rest = good[good.index('"service"') :]
    before, status, after = good.partition('"status":')
    return [
        ("missing_required", "{" + rest),
        ("bad_timestamp", '{"ts":"2025-02-30T25:61:00Z",' + rest),
        ("bad_status", before + status + '"OK"' + after[after.index(",") :]),
        ("bad_number", _with_latency(good, '"n/a"')),
    ]


def _wrong_encoding(good: str) -> list[tuple[str, str]]:
    return [("encoding", good.replace('"caller":"', '"caller":"caf\udce9-')), ("blank", "")]


_BROKEN = (_half_lines, _stack_trace, _wrong_values, _wrong_encoding)


def _with_latency(good: str, value: str) -> str:
    before, name, after = good.partition('"latency_ms":')
    return before + name + value + after[after.index(",") :]
