"""What does Jira's XML (RSS) export hold? Issues as in the REST interface, without a history.

The document is read as data alone: entities and external references are refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from xml.etree.ElementTree import Element, ParseError

import duckdb
from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

from assets.sources.jira_gathering import Gathering
from assets.sources.jira_items import ISSUE, ISSUE_PAGE, UNKNOWN, Item, Place
from assets.sources.reading import Context, Delivery, Outcome

FORM = "jira_xml"
_WEEKDAY = re.compile(r"^[^\W\d_]+\.?,\s*")
_TIMES = {"created": "created", "updated": "updated", "resolved": "resolutiondate"}
_NAMED = {"type": "issuetype", "priority": "priority", "resolution": "resolution"}
_UNRESOLVED = "-1"
_OLD_CONTROL = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f]")


def read_xml(
    con: duckdb.DuckDBPyConnection, data: bytes, delivery: Delivery, context: Context
) -> Outcome:
    """Load an XML export. See `reading.Reader`."""
    root = _parse(data, delivery, context)
    gathering = Gathering(delivery, context, form=FORM)
    channel = root.find("channel")
    items = [] if channel is None else channel.findall("item")
    page = None if channel is None else channel.find("issue")
    if channel is None or (not items and page is None):
        raise context.refuse(
            delivery.file,
            line=1,
            found=f"an XML document <{root.tag}> without issues",
            expected="Jira's XML export: <rss><channel><item>…",
            remedy="Export the issues from Jira as XML, or as CSV (all fields).",
        )
    if page is not None:
        told = {name: int(text) for name, text in page.attrib.items() if text.isdigit()}
        gathering.add(Item(ISSUE_PAGE, told | {"found": len(items)}, Place()))
    for number, item in enumerate(items, start=1):
        place, issue = Place(), _issue(item)
        if issue is None:
            shape = {"item": number, "tags": [child.tag for child in item]}
            gathering.add(Item(UNKNOWN, shape, place))
        else:
            gathering.add(Item(ISSUE, issue, place))
    return gathering.write(con)


def _parse(data: bytes, delivery: Delivery, context: Context) -> Element:
    try:
        return fromstring(data)
    except ParseError as error:
        line, column = error.position
        found, remedy = f"{str(error).partition(':')[0]} at column {column}", "Export it again."
        if control := _OLD_CONTROL.search(data):
            remedy = f"A text holds the control character {control[0]!r}: remove it, or export CSV."
        raise context.refuse(
            delivery.file, line=line, found=found, expected="a whole XML document", remedy=remedy
        ) from error
    except (DefusedXmlException, ValueError, LookupError) as error:
        raise context.refuse(
            delivery.file,
            found=f"an XML document that cannot be read safely ({type(error).__name__})",
            expected="a plain XML document without entities of its own",
            remedy="Export the issues from Jira again.",
        ) from error


def _issue(item: Element) -> dict[str, Any] | None:
    """An item in the form of the REST interface; None when it has no key."""
    key = item.find("key")
    if key is None or not (key.text or "").strip():
        return None
    project = item.find("project")
    fields: dict[str, Any] = {
        "project": None if project is None else {"key": project.get("key"), "name": project.text},
        "summary": item.findtext("summary"),
        "status": _status(item),
        "assignee": _person(item.find("assignee")),
        "reporter": _person(item.find("reporter")),
        "labels": _texts(item, "labels/label"),
        "fixVersions": _texts(item, "fixVersion"),
        "components": _texts(item, "component"),
        "comment": {"comments": _texts(item, "comments/comment")},
    }
    for tag, name in _NAMED.items():
        found = item.find(tag)
        if found is not None and found.get("id") != _UNRESOLVED:
            fields[name] = {"id": found.get("id"), "name": found.text}
    for tag, name in _TIMES.items():
        if text := (item.findtext(tag) or "").strip():
            fields[name] = _WEEKDAY.sub("", text)
    return {"key": (key.text or "").strip(), "id": key.get("id"), "fields": fields | _custom(item)}


def _status(item: Element) -> dict[str, Any] | None:
    status, category = item.find("status"), item.find("statusCategory")
    if status is None:
        return None
    told: dict[str, Any] = {"id": status.get("id"), "name": status.text}
    if category is not None:
        told["statusCategory"] = dict(category.attrib)
    return told


def _person(found: Element | None) -> dict[str, Any] | None:
    """An account's id or name; no account ("-1") is nobody."""
    if found is None or found.get("username") == _UNRESOLVED:
        return None
    return {"accountId": found.get("accountid"), "key": found.get("username")}


def _texts(item: Element, path: str) -> list[str]:
    return [text for found in item.findall(path) if (text := (found.text or "").strip())]


def _custom(item: Element) -> dict[str, Any]:
    """Custom fields by their names; one value alone, or a list."""
    found: dict[str, Any] = {}
    for name, values in _custom_values(item):
        found[name] = values[0] if len(values) == 1 else values
    return found


def _custom_values(item: Element) -> Iterator[tuple[str, list[Any]]]:
    for field in item.findall("customfields/customfield"):
        name = (field.findtext("customfieldname") or field.get("id") or "").strip()
        told = [_custom_value(v) for v in field.findall("customfieldvalues/customfieldvalue")]
        if name and (values := [value for value in told if value]):
            yield name, values


def _custom_value(value: Element) -> Any:
    """Its text; of a thing with an id of its own, such as a sprint, the id and the name."""
    text = (value.text or "").strip()
    return {"id": value.get("id"), "name": text} if text and value.get("id") else text
