"""What would give a person away, and where do real exports carry it? A home into which it is sown.

Every value is made up: documentation addresses (RFC 2606, RFC 5737, RFC 3849) and a name nobody
has.
"""

from __future__ import annotations

import json

from hub.home import HubHome

NAME = "Wilhelmina Quastenflosse"
LOGIN = "wquastenflosse"
MAIL = "w.quastenflosse@mail.example"
CUSTOMER = "kunde-4711-geheim"
ADDRESSES = ("203.0.113.77", "2001:db8:77::beef")
AGENT = "Quastenbrowser/9.1 (Tiefsee)"
NOWHERE = (NAME, LOGIN, MAIL, CUSTOMER, *ADDRESSES, "Quastenflosse", "Quastenbrowser")

_SOURCES = """
  - {name: people_orders, kind: sales, path: 'exports/people/orders.csv'}
  - {name: people_logs, kind: service_logs, path: 'exports/people/log.jsonl'}
  - {name: people_access, kind: service_logs, path: 'exports/people/access.log', service: www}
  - {name: people_jira, kind: jira, path: 'exports/people/jira.csv'}
  - {name: people_events, kind: events, path: 'exports/people/events.csv'}
  - {name: people_units, kind: experiments, path: 'exports/people/units.csv'}
  - {name: people_exposure, kind: exposure, path: 'exports/people/exposure.jsonl'}
  - {name: people_incidents, kind: incidents, path: 'exports/people/incidents.csv'}
  - {name: people_releases, kind: releases, path: 'exports/people/releases.csv'}
  - {name: people_days, kind: calendar, path: 'exports/people/days.csv'}
"""


def sow(home: HubHome) -> None:
    """Add sources to a home whose records name a person in every way that exports do."""
    folder = home.exports / "people"
    folder.mkdir()
    files = {
        "orders.csv": _orders(),
        "log.jsonl": _log(),
        "access.log": _access(),
        "jira.csv": _jira(),
        "events.csv": _events(),
        "units.csv": _units(),
        "exposure.jsonl": _exposure(),
        "incidents.csv": _incidents(),
        "releases.csv": _releases(),
        "days.csv": _days(),
    }
    for name, text in files.items():
        (folder / name).write_text(text)
    home.hub_yml.write_text(home.hub_yml.read_text().rstrip("\n") + _SOURCES)


def _orders() -> str:
    lines = [
        "order_id,order_date,customer,customer_name,email,ip,sku,quantity,unit_price,channel",
        f"p1,2026-05-04 10:00:00,{CUSTOMER},{NAME},{MAIL},{ADDRESSES[0]},s1,1,9.50,app",
        f"p2,2026-05-05 10:00:00,{MAIL},{NAME},{MAIL},{ADDRESSES[1]},s2,2,9.50,web",
        # refused: no such quantity, with the person in the refused line
        f"p3,2026-05-06 10:00:00,{CUSTOMER},{NAME},{MAIL},{ADDRESSES[0]},s3,{LOGIN},9.50,web",
    ]
    return "\n".join(lines) + "\n"


def _log() -> str:
    said = f"payment of {MAIL} from {ADDRESSES[0]} refused for {ADDRESSES[1]}"
    lines = [
        {
            "ts": f"2026-05-0{1 + n % 9}T10:00:0{n % 10}Z",
            "service": "api",
            "endpoint": f"/users/{MAIL}/orders" if n % 2 else "/pay",
            "status": 500 if n % 3 == 0 else 200,
            "latency_ms": 20 + n,
            "version": "1.0.0",
            "error": said if n % 3 == 0 else None,
            "client_ip": ADDRESSES[0],
            "user": LOGIN,
            "user_id": CUSTOMER,
            "user_agent": AGENT,
        }
        for n in range(24)
    ]
    return "\n".join(json.dumps(line) for line in lines) + f"\n{{broken for {MAIL}\n"


def _access() -> str:
    return "".join(
        f"{address} - {LOGIN} [0{day}/May/2026:10:00:00 +0000] "
        f'"GET /account?email={MAIL}&name={LOGIN} HTTP/1.1" 200 12 "-" "{AGENT}"\n'
        for day in range(1, 9)
        for address in ADDRESSES
    )


def _jira() -> str:
    return (
        "Summary,Issue key,Issue id,Issue Type,Status,Status Category,Project key,Assignee,"
        "Assignee Id,Reporter,Reporter Id,Created,Updated,Resolved,Fix versions,Description,"
        "Comment\n"
        f"Mend the basket,P-1,1,Bug,Done,Done,P,{NAME},{LOGIN},{NAME},{LOGIN},"
        "04/May/26 3:36 PM,06/May/26 3:20 PM,06/May/26 3:20 PM,api 1.0.0,"
        f'"{NAME} wrote from {MAIL}","04/May/26 4:00 PM;{LOGIN};{NAME} at {ADDRESSES[0]}"\n'
        f"Answer {MAIL},P-2,2,Task,To Do,To Do,P,{NAME},{LOGIN},{NAME},{LOGIN},"
        f"04/May/26 3:36 PM,06/May/26 3:20 PM,,,{MAIL},\n"
    )


def _events() -> str:
    return "ts,event,session_id,user_id,item_id\n" + "".join(
        f"2026-05-0{day}T18:08:47Z,{event},{CUSTOMER}-s{day},{CUSTOMER},s1\n"
        for day in range(1, 9)
        for event in ("view", "purchase")
    )


def _units() -> str:
    head = "experiment,model,user_id,variant,is_control,assigned_at,ended_at,metric,value\n"
    return head + "".join(
        f"exp-1,search,{CUSTOMER}-{n},{'a' if n % 2 else 'b'},{'true' if n % 2 else 'false'},"
        f"2026-05-01T06:00:00Z,2026-05-20T06:00:00Z,conversion,{n % 2}\n"
        for n in range(40)
    )


def _exposure() -> str:
    lines = [
        {
            "ts": f"2026-05-0{1 + n}T09:40:11Z",
            "request_id": f"r{n}",
            "surface": "home",
            "model": "search",
            "user_id": CUSTOMER,
            "ip": ADDRESSES[0],
            "items": ["s1", "s2"],
            "rendered": ["s1"],
        }
        for n in range(8)
    ]
    return "\n".join(map(json.dumps, lines)) + "\n"


def _incidents() -> str:
    return (
        "id,service,title,severity,status,started_at,acknowledged_at,resolved_at,assignee\n"
        f"I-1,api,{MAIL} reports errors from {ADDRESSES[0]},low,resolved,"
        f"2026-05-04T11:15:44+02:00,2026-05-04T11:20:44+02:00,2026-05-04T12:15:44+02:00,{NAME}\n"
    )


def _releases() -> str:
    return (
        "model,version,released_at,environment,run_id,note,author\n"
        f'search,1.0.0,2026-05-04T08:04:00+02:00,production,r1,"for {MAIL}, {NAME}",{NAME}\n'
    )


def _days() -> str:
    return f"day,kind,name,country\n2026-05-05,promotion,Ask {MAIL} at {ADDRESSES[0]},DE\n"
