"""What does a line of an access log say? nginx, Apache, Traefik and all who write like them.

The common form is `client ident user [time] "request" status bytes`; the combined one adds referer
and user agent. A virtual host may stand before, and further fields anywhere after the status: they
are numbered in their order (`extra_1`, …), or carry the name they have (`rt=0.012`).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from assets.sources.log_units import number_of, unit_from_values

_LINE = re.compile(
    r"(?:(?P<vhost>[A-Za-z0-9_.*-]+(?::\d+)?) (?=\S*[.:]))?(?P<client>\S+) (?P<ident>\S+) "
    r'(?P<user>\S.*?) \[(?P<time>[^\]\[]+)\] "(?P<request>(?:[^"\\]|\\.)*)" '
    r"(?P<status>\d{3}|-) (?P<bytes>\d+|-)(?P<rest>(?: .*)?)$"
)
_TOKEN = re.compile(r'([\w-]+=)?(?:"((?:[^"\\]|\\.)*)"|(\S+))')
_NAMED = re.compile(r"([\w-]+)=")
_TIME = re.compile(
    r"(\d\d)/([A-Z][a-z]{2})/(\d{4})[: ](\d\d:\d\d:\d\d(?:[.,]\d+)?)(?: ?([+-]\d{4}))?$"
)
_MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
_SCHEME = re.compile(r"[a-z]+://[^/]*")
_DECIMALS = re.compile(r"\d+\.\d{3}(?:, \d+\.\d{3})*$")
_WITH_UNIT = re.compile(r"\d+(?:\.\d+)?(?:ns|us|µs|μs|ms|s)$")
# names that nginx' own examples and common configurations give to $request_time
_NGINX_NAMES = ("rt", "request_time", "req_time", "reqtime")


def parse_access(line: str) -> list[dict[str, Any]] | None:
    """The request of a line, or None for a line of another form."""
    match = _LINE.match(line)
    when = clf_time(match["time"]) if match else None
    if match is None or when is None:
        return None
    host = match["vhost"]
    return [
        {
            "time": when,
            **({"service": host.partition(":")[0]} if host else {}),
            "status": match["status"],
            "client_address": match["client"],
            "ident": match["ident"],
            "user": match["user"],
            "bytes": match["bytes"],
            **request_parts(match["request"]),
            **_rest(match["rest"]),
        }
    ]


def clf_time(text: str) -> str | None:
    """`17/May/2015:10:05:03 +0000` as ISO 8601; ISO stays; None for anything else."""
    if match := _TIME.match(text):
        if match[2] not in _MONTHS:
            return None
        month = _MONTHS.index(match[2]) + 1
        return f"{match[3]}-{month:02}-{match[1]}T{match[4]}{match[5] or ''}"
    return text if text[:4].isdigit() and text[4:5] == "-" else None


def request_parts(request: str) -> dict[str, Any]:
    """Method, path and query of `GET /path?query HTTP/1.1`; what is no request stays whole."""
    words = request.split(" ")
    if len(words) != 3:
        return {"request": request} if request not in ("", "-") else {}
    path, _, query = words[1].partition("?")
    return {"method": words[0], "path": _SCHEME.sub("", path, count=1) or "/", "query": query}


def _rest(text: str) -> dict[str, Any]:
    """The fields after the bytes: referer and user agent, the rest numbered or named."""
    found: dict[str, Any] = {}
    quoted = extra = 0
    for name, in_quotes, bare in _TOKEN.findall(text):
        value = in_quotes or bare
        if name:
            found[name[:-1]] = value
        elif not bare and quoted < 2:
            found[("referer", "user_agent")[quoted]] = value
            quoted += 1
        else:
            extra += 1
            found[f"extra_{extra}"] = value
    return found


@dataclass(frozen=True)
class DurationField:
    """Which further field is the duration, in which unit, and how that was told; `open` names the
    fields that may be one, when nothing tells."""

    name: str | None = None
    unit: str | None = None
    told_by: str = ""
    open: tuple[str, ...] = ()


def find_duration(objects: Sequence[Mapping[str, Any]]) -> DurationField:
    """The duration among the further fields of sampled requests."""
    extras = dict.fromkeys(key for line in objects for key in line if key.startswith("extra_"))
    named = [key for key in _NGINX_NAMES if any(key in line for line in objects)]
    if named:
        return DurationField(named[0], "s", f"the field is called {named[0]}: nginx's request time")
    values = {key: _values(objects, key) for key in extras}
    if written := [key for key in extras if _all_match(_WITH_UNIT, values[key])]:
        return DurationField(written[0], None, "each value names its unit")
    if decimals := [key for key in extras if _all_match(_DECIMALS, values[key])]:
        largest = max(decimals, key=lambda key: sum(_last(value) for value in values[key]))
        told = f"{largest} has three decimals, as nginx writes $request_time in seconds"
        return DurationField(largest, "s", told)
    return _told_by_size(values)


def _told_by_size(values: Mapping[str, Sequence[str]]) -> DurationField:
    maybe = []
    for key, texts in values.items():
        numbers = [n for text in texts if (n := number_of(text)) is not None and n >= 0]
        if not numbers or len(numbers) < len(texts):
            continue
        maybe.append(key)
        has_decimals = any("." in text for text in texts)
        if has_decimals and (told := unit_from_values([n for n in numbers if n > 0])):
            return DurationField(key, told[0], f"{key}: {told[1]}")
    return DurationField(open=tuple(maybe))


def _values(objects: Iterable[Mapping[str, Any]], key: str) -> list[str]:
    return [line[key] for line in objects if line.get(key) not in (None, "", "-")]


def _all_match(pattern: re.Pattern[str], values: Sequence[str]) -> bool:
    return bool(values) and all(pattern.match(value) for value in values)


def _last(value: str) -> float:
    return number_of(value.rpartition(", ")[2]) or 0.0


@dataclass(frozen=True)
class Place:
    """Where a field stands: the piece between quotes (from 1), the word of a bare piece (from 1, 0
    for the whole of a quoted one) and the name before its value (`rt=`)."""

    piece: int
    word: int = 0
    prefix: str = ""


@dataclass(frozen=True)
class AccessShape:
    """How most lines are cut at quotes and spaces: `words` says how many a bare piece has."""

    pieces: int
    words: Mapping[int, int]
    places: Mapping[str, Place]


def find_shape(lines: Sequence[str]) -> AccessShape | None:
    """The commonest shape of lines that cutting alone reads right; None when there is none."""
    shapes: Counter[tuple[tuple[int, int], ...]] = Counter()
    first: dict[tuple[tuple[int, int], ...], str] = {}
    for line in lines:
        pieces = line.split('"')
        if "\\" not in line and len(pieces) > 2 and parse_access(line) is not None:
            key = tuple((n, len(p.split(" "))) for n, p in enumerate(pieces, 1) if n % 2)
            shapes[key] += 1
            first.setdefault(key, line)
    if not shapes:
        return None
    key = shapes.most_common(1)[0][0]
    return _shape(first[key], dict(key))


def _shape(line: str, words: Mapping[int, int]) -> AccessShape | None:
    pieces = line.split('"')
    parsed = parse_access(line)
    if words[1] not in (6, 7) or not parsed or not _TIME.match(_time_of(pieces[0])):
        return None
    places = _places(pieces, shift=words[1] - 6)
    cut = {name: _at(pieces, place) for name, place in places.items()}
    own = ("time", "service", "method", "path", "query", "request")
    is_read_right = all(cut.get(key) == value for key, value in parsed[0].items() if key not in own)
    return AccessShape(len(pieces), words, places) if is_read_right else None


def _places(pieces: Sequence[str], *, shift: int) -> dict[str, Place]:
    """`shift` is 1 where a virtual host stands before the client."""
    names = (*(["service"] if shift else []), "client_address", "ident", "user", "time", "zone")
    places = {name: Place(1, word) for word, name in enumerate(names, 1)}
    places["request"] = Place(2)
    bare, quoted, extra = ["status", "bytes"], ["referer", "user_agent"], 0
    before_quotes = ""
    for number, piece in enumerate(pieces[2:], 3):
        words = enumerate(piece.split(" "), 1) if number % 2 else [(0, piece)]
        for at, word in words:
            if not at and before_quotes:
                places[before_quotes] = Place(number)
                before_quotes = ""
            elif at and word.endswith("=") and number < len(pieces):
                before_quotes = word[:-1]
            elif at and (named := _NAMED.match(word)):
                places[named[1]] = Place(number, at, named[0])
            elif word or not at:
                known = bare if at else quoted
                extra += not known
                places[known.pop(0) if known else f"extra_{extra}"] = Place(number, at)
    return places


def _at(pieces: Sequence[str], place: Place) -> str:
    piece = pieces[place.piece - 1]
    word = piece.split(" ")[place.word - 1] if place.word else piece
    return word.removeprefix(place.prefix)


def _time_of(piece: str) -> str:
    return piece.partition("[")[2].partition("]")[0]
