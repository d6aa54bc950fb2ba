"""What does a line of a web server's, proxy's or application server's own log say?

Each form turns a line into one flat object, with the names and units that its documentation gives:
a request's time, method, path, status and duration, and the rest under names of their own.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from assets.sources.access_log import parse_access, request_parts

# Parts of a request that no column of ours takes: left out unless `keep_unknown: always`.
LEFT_OUT = ("client_address", "ident", "user", "bytes", "referer", "user_agent", "query")
NOTHING: tuple[dict[str, Any], ...] = ()  # a line that holds no record: a directive, a comment
_MONTHS = {
    name: f"{number:02}"
    for number, name in enumerate(
        ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"), 1
    )
}


@dataclass(frozen=True)
class TextForm:
    """A form of log lines.

    `parse` gives a line's objects: none for a directive, None for a line of another form.
    `duration` is the unit and its evidence, `zone` the time zone that the form fixes and its
    evidence, `other` recognises lines of the same log that tell of no request.
    """

    name: str
    told_by: str
    parse: Callable[[str], Sequence[dict[str, Any]] | None]
    duration: tuple[str, str] | None = None
    zone: tuple[str, str] | None = None
    other: re.Pattern[str] | None = None
    given: Mapping[str, str] = field(default_factory=dict)


_HAPROXY = re.compile(
    r"(?:.*?haproxy\[\d+\]: )?(?P<client>\S+):\d+ \[(?P<time>[^\]]+)\] (?P<frontend>\S+) "
    r"(?P<backend>[^\s/]+)/(?P<server>\S+) (?P<timers>(?:-?\d+/){3,4}\+?-?\d+) (?P<status>-?\d+) "
    r'\+?(?P<bytes>\d+) \S+ \S+ (?P<state>\S{4}) \S+ \S+ (?:.*?)"(?P<request>[^"]*)"?\s*$'
)
_HAPROXY_TIME = re.compile(r"(\d{1,2})/([A-Z][a-z]{2})/(\d{4}):(\d\d:\d\d:\d\d(?:\.\d+)?)$")


def _haproxy(line: str) -> Sequence[dict[str, Any]] | None:
    match = _HAPROXY.match(line)
    when = _HAPROXY_TIME.match(match["time"]) if match else None
    if match is None or when is None or when[2] not in _MONTHS:
        return None
    total = match["timers"].rpartition("/")[2].lstrip("+")
    return [
        {
            "time": f"{when[3]}-{_MONTHS[when[2]]}-{int(when[1]):02}T{when[4]}",
            "service": match["backend"],
            "status": None if match["status"].startswith("-") else match["status"],
            "duration": None if total.startswith("-") else total,
            "frontend": match["frontend"],
            "server": match["server"],
            "timers": match["timers"],
            "termination_state": match["state"],
            "client_address": match["client"],
            "bytes": match["bytes"],
            **request_parts(match["request"]),
        }
    ]


_UWSGI = re.compile(
    r"\[pid: (?P<pid>\d+)\|app: [^|]*\|req: [^\]]*\] (?P<client>\S+) \((?P<user>[^)]*)\) "
    r"\{[^}]*\} \[\w{3} (?P<month>\w{3}) +(?P<day>\d+) (?P<clock>[\d:]+) (?P<year>\d{4})\] "
    r"(?P<method>\S+) (?P<uri>\S*) => generated (?P<bytes>\d+) bytes in (?P<n>\d+) "
    r"(?P<unit>msecs|micros|secs|nsecs) (?:via \S+ )?\(HTTP/\S+ (?P<status>\d+)\)"
)
_UWSGI_UNITS = {"msecs": "ms", "micros": "us", "secs": "s", "nsecs": "ns"}


def _uwsgi(line: str) -> Sequence[dict[str, Any]] | None:
    match = _UWSGI.match(line)
    if match is None or match["month"] not in _MONTHS:
        return None
    path, _, query = match["uri"].partition("?")
    day = f"{match['year']}-{_MONTHS[match['month']]}-{int(match['day']):02}"
    return [
        {
            "time": f"{day}T{match['clock']}",
            "method": match["method"],
            "path": path,
            "status": match["status"],
            "duration": match["n"] + _UWSGI_UNITS[match["unit"]],
            "client_address": match["client"],
            "user": match["user"],
            "bytes": match["bytes"],
            "query": query,
        }
    ]


_UVICORN = re.compile(
    r"(?:\[?(?P<time>\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z| ?[+-]\d\d:?\d\d)?)\]?,?"
    r"[\s|-]+)?(?:\S+[\s|-]+)??\[?(?P<level>INFO|DEBUG|WARNING|ERROR)\]?:?[\s|-]+"
    r"(?:uvicorn\.access[\s:|-]+)?(?P<client>\S+:\d+) - "
    r'"(?P<request>[A-Z]+ .*? HTTP/[\d.]+)" (?P<status>\d{3})(?: [A-Za-z][\w \'-]*)?\s*$'
)
_UVICORN_OTHER = re.compile(
    r"(?:\[?\d{4}-\d\d-\d\d[T ][^A-Z]*)?\[?(?:INFO|DEBUG|WARNING|ERROR|CRITICAL)\]?:?\s"
)


def _uvicorn(line: str) -> Sequence[dict[str, Any]] | None:
    match = _UVICORN.match(line)
    if match is None:
        return None
    return [
        {
            "time": match["time"],
            "level": match["level"],
            "status": match["status"],
            "client_address": match["client"],
            **request_parts(match["request"]),
        }
    ]


_ALB = re.compile(
    r"(?:(?P<type>https?|h2|grpcs|wss?) )?(?P<time>\d{4}-\d\d-\d\dT\S+Z) (?P<balancer>\S+) "
    r"(?P<client>\S+) (?P<target>\S+) (?P<before>-?[\d.]+) (?P<within>-?[\d.]+) (?P<after>-?[\d.]+)"
    r" (?P<status>\d{3}|-) (?P<target_status>\d{3}|-) (?P<received>\d+|-) (?P<sent>\d+|-) "
    r'"(?P<request>(?:[^"\\]|\\.)*)" "(?P<user_agent>(?:[^"\\]|\\.)*)" \S+ \S+(?P<rest>.*)$'
)
_ALB_TRACE = re.compile(r'"(?:[^"]*;)?Root=([^";]+)')


def _alb(line: str) -> Sequence[dict[str, Any]] | None:
    match = _ALB.match(line)
    if match is None:
        return None
    parts = [float(match[name]) for name in ("before", "within", "after")]
    trace = _ALB_TRACE.search(match["rest"])
    return [
        {
            "time": match["time"],
            "service": match["balancer"].removeprefix("app/").partition("/")[0],
            "status": match["status"],
            # -1 stands where the target never answered: there is no duration then
            "duration": None if min(parts) < 0 else round(sum(parts), 6),
            "request_id": trace[1] if trace else None,
            "target": match["target"],
            "target_status": match["target_status"],
            "client_address": match["client"],
            "bytes": match["sent"],
            "user_agent": match["user_agent"],
            **request_parts(match["request"]),
        }
    ]


HAPROXY = TextForm(
    "haproxy", "HAProxy's HTTP log: accept date, frontend, backend/server, timers", _haproxy,
    duration=("ms", "HAProxy writes its timers in milliseconds; the last one is the total"),
    other=re.compile(r".*haproxy\[\d+\]: "),
)  # fmt: skip
UWSGI = TextForm(
    "uwsgi", "uWSGI's request log: `[pid: …] … generated … bytes in …`", _uwsgi,
    other=re.compile(r"\*\*\*|spawned |WSGI app |[a-z ]*worker|mapped |your "),
)  # fmt: skip
UVICORN = TextForm(
    "uvicorn", "Uvicorn's access log: `client:port - \"request\" status`", _uvicorn,
    other=_UVICORN_OTHER,
)  # fmt: skip
ALB = TextForm(
    "aws_elb", "AWS load balancer log: time, balancer, client, target, three durations", _alb,
    duration=("s", "AWS writes the three durations in seconds; their sum is taken"),
)  # fmt: skip
ACCESS = TextForm(
    "access_log", "an access log in common or combined form", parse_access,
    other=re.compile(r"\d{4}/\d\d/\d\d \d\d:\d\d:\d\d \[\w+\]|\[\w{3} \w{3} +\d+ "),
)  # fmt: skip
STATELESS: tuple[TextForm, ...] = (ACCESS, ALB, HAPROXY, UWSGI, UVICORN)
