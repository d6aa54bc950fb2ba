"""What table does a CSV file hold? Its header and records, with nothing lost on the way.

Found by itself: encoding (byte order mark, UTF-8, UTF-16, Windows-1252), delimiter, line ends.
Repeated column names are all kept. A record knows its first physical line and its text, also when
a quoted cell spans lines. Rows of nothing but delimiters are blank. What cannot be a record of
this header is set aside with its reason: a record is loaded, rejected or blank, never dropped.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from assets.sources import quarantine
from assets.sources.quarantine import Rejected, readable
from assets.sources.requoted_lines import Requoted, unwrap_header

DELIMITERS = (",", ";", "\t", "|")
_SAMPLE_LINES = 60
_LONGEST_CELL = 1 << 30
_SURROGATE = re.compile(r"[\udc80-\udcff]")
_MULTIBYTE = re.compile(r"[^\x00-\x7f\udc80-\udcff]")


@dataclass(frozen=True)
class CsvRecord:
    """One record: its first physical line (1 = first of the file), its cells, its text."""

    line: int
    cells: list[str]
    raw: str
    is_open: bool = False


@dataclass
class CsvTable:
    """A parsed file. `header` is empty when the file holds no record at all.

    `repaired` are the lines of records that a spreadsheet had quoted as a whole.
    """

    header: list[str]
    encoding: str
    delimiter: str
    records: list[CsvRecord] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)
    blank: int = 0
    header_line: int = 1
    repaired: list[int] = field(default_factory=list)

    @property
    def count(self) -> int:
        """All records of the file below its header, blank ones included."""
        return len(self.records) + len(self.rejected) + self.blank

    def places(self, name: str) -> list[int]:
        """The positions of every column of that name, in order."""
        wanted = fold(name)
        return [place for place, title in enumerate(self.header) if fold(title) == wanted]


def fold(name: str) -> str:
    """A column name as it is compared: case, outer and repeated blanks do not matter."""
    return " ".join(name.split()).lower()


def read_table(
    data: bytes,
    *,
    delimiter: str | None = None,
    encoding: str | None = None,
    has_header: bool = True,
    wanted: Iterable[str] = (),
    skip_bytes: int = 0,
) -> CsvTable:
    """Parse a file's bytes.

    `wanted` are header names that help to tell the delimiter. The lines of the first
    `skip_bytes` bytes (loaded before) still decide the form but are not among the records.
    Raises `UnicodeDecodeError` or `LookupError` only for an `encoding` that was given.
    """
    text, used = decode(data, encoding)
    skip_lines = 0
    if skip_bytes:
        skip_lines = len(_lines(decode(data[:skip_bytes], used)[0]))
    lines = _lines(text)
    offset = 0
    if lines and (match := re.match(r"sep=(.)\r?\n", lines[0], re.IGNORECASE)):
        delimiter, offset = delimiter or match[1], 1
    mark = delimiter or find_delimiter(lines[offset : offset + _SAMPLE_LINES], wanted)
    table = CsvTable([], used, mark)
    _fill(table, lines, offset, skip_lines=skip_lines, has_header=has_header)
    return table


def decode(data: bytes, encoding: str | None = None) -> tuple[str, str]:
    """The text of a file and the encoding used.

    Bytes that do not fit a UTF-8 file stay as lone surrogates: their record is set aside. A file
    with such bytes and not one valid multi-byte character is taken for Windows-1252.
    """
    if data.startswith(b"\xef\xbb\xbf"):
        return data[3:].decode("utf-8", "surrogateescape"), "utf-8-sig"
    if encoding is not None and encoding not in ("utf-8", "utf-8-sig"):
        return data.decode(encoding, "surrogateescape"), encoding
    if encoding is None and data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return data.decode("utf-16", "replace"), "utf-16"
    if encoding is None and (wide := _utf16_without_mark(data)):
        return data.decode(wide, "replace"), wide
    text = data.decode("utf-8", "surrogateescape")
    is_broken = bool(_SURROGATE.search(text))
    if is_broken and encoding is None and not _MULTIBYTE.search(text):
        table = {byte: bytes([byte]).decode("latin-1") for byte in (0x81, 0x8D, 0x8F, 0x90, 0x9D)}
        western = data.decode("cp1252", "surrogateescape")
        return western.translate({0xDC00 + byte: sign for byte, sign in table.items()}), "cp1252"
    return text, "utf-8"


def _utf16_without_mark(data: bytes) -> str | None:
    """UTF-16 that no mark tells: nearly every second byte of Western text is zero then."""
    sample = data[:4096]
    half = len(sample) // 2
    if half < 4 or len(data) % 2:
        return None
    even, odd = sample[::2].count(0), sample[1::2].count(0)
    if odd >= 0.7 * half and not even:
        return "utf-16-le"
    return "utf-16-be" if even >= 0.7 * half and not odd else None


def find_delimiter(lines: Sequence[str], wanted: Iterable[str] = ()) -> str:
    """The delimiter under which the first lines look most like one table."""
    names = {fold(name) for name in wanted}

    def score(mark: str) -> tuple[int, int, int]:
        rows = [row for row in csv.reader(lines, delimiter=mark) if any(row)]
        if not rows:
            return (0, 0, 0)
        width = len(rows[0])
        known = len(names & {fold(cell) for cell in rows[0]})
        same = sum(len(row) == width for row in rows) if width > 1 else 0
        return (known, same, width)

    return max(DELIMITERS, key=score)


def _lines(text: str) -> list[str]:
    """Physical lines with their ends: LF, CR LF or CR, as the CSV reader sees them."""
    return list(io.StringIO(text, newline=""))


def _fill(
    table: CsvTable, lines: list[str], start: int, *, skip_lines: int, has_header: bool
) -> None:
    reading = _Reading(lines, start, table.delimiter)
    filling = _Filling(table, has_header=has_header)
    for record in reading:
        is_blank = not record.is_open and not any(cell.strip() for cell in record.cells)
        if not reading.width and has_header and record.is_open:
            return  # a header that cannot be trusted is none
        if not reading.width and not is_blank:
            reading.width = filling.start(record)
            if has_header:
                continue
        if record.line <= skip_lines or (has_header and not reading.width):
            continue
        filling.add(record, is_blank=is_blank)
    filling.finish()


class _Filling:
    """Tells records, blank ones, those to set aside, and lines that were quoted as a whole."""

    def __init__(self, table: CsvTable, *, has_header: bool) -> None:
        self.table = table
        self.width = 0
        self._has_header = has_header
        self._requoted = Requoted(table.delimiter, 0)
        self._held: list[tuple[CsvRecord, bool]] = []

    def start(self, record: CsvRecord) -> int:
        """Take the first record that is not blank; the width of the records to come."""
        cells, mark, is_all = record.cells, self.table.delimiter, False
        if self._has_header:
            found = unwrap_header(cells, find=find_delimiter)
            if found:
                (cells, mark), is_all = found, True
            self.table.header = [readable(cell.strip()) for cell in cells]
            self.table.header_line = record.line
            self.width = _used_width(self.table.header)
        else:
            self.width = len(cells)
            self.table.header = [""] * self.width
        self._requoted = Requoted(mark, len(self.table.header), is_all=is_all)
        return _used_width(record.cells) if is_all else self.width

    def add(self, record: CsvRecord, *, is_blank: bool) -> None:
        problem = None if is_blank else _problem(self.table, record, self.width, self._has_header)
        is_short = problem is not None and problem.reason == quarantine.WRONG_COLUMN_COUNT
        wrapped = (is_short or problem is None) and self._requoted.fits(record.cells)
        if self._has_header and (self._requoted.is_open or wrapped) and not record.is_open:
            self._held.append((record, is_blank))
            self._unwrap(record)
            return
        self.finish()
        self._keep(record, problem, is_blank=is_blank)

    def _unwrap(self, record: CsvRecord) -> None:
        try:
            cells = self._requoted.take(record.cells)
        except ValueError:
            self.finish()
            return
        if cells is None:
            return
        raw = "\n".join(held.raw for held, _ in self._held)
        whole = CsvRecord(self._held[0][0].line, cells, raw)
        self._held = []
        problem = _problem(self.table, whole, self.width, self._has_header)
        if problem is None:
            self.table.repaired.append(whole.line)
        self._keep(whole, problem, is_blank=False)

    def finish(self) -> None:
        """Lines that did not become a record are what they are."""
        held, self._held = self._held, []
        self._requoted.forget()
        for record, is_blank in held:
            problem = None if is_blank else self._alone(record)
            self._keep(record, problem, is_blank=is_blank)

    def _alone(self, record: CsvRecord) -> Rejected | None:
        problem = _problem(self.table, record, self.width, self._has_header)
        if problem is None and self._requoted.is_all:
            found, expected = "a line quoted as a whole", f"{self.width} cells within it"
            reason = quarantine.WRONG_COLUMN_COUNT
            return Rejected(record.line, reason, None, found, expected, record.raw)
        return problem

    def _keep(self, record: CsvRecord, problem: Rejected | None, *, is_blank: bool) -> None:
        if is_blank:
            self.table.blank += 1
        elif problem:
            self.table.rejected.append(problem)
        else:
            self.table.records.append(record)


def _used_width(header: list[str]) -> int:
    """A header's width without empty names at its end (a trailing delimiter)."""
    width = len(header)
    while width > 1 and not header[width - 1]:
        width -= 1
    return width


def _problem(table: CsvTable, record: CsvRecord, width: int, has_header: bool) -> Rejected | None:
    cells = record.cells

    def rejected(reason: str, found: str, expected: str) -> Rejected:
        return Rejected(record.line, reason, None, found, expected, record.raw)

    if record.is_open:
        return rejected(quarantine.UNCLOSED_QUOTE, "a quote that is not closed", f"{width} cells")
    if _SURROGATE.search(record.raw):
        return rejected(
            quarantine.ENCODING, "bytes that are no text", f"text encoded as {table.encoding}"
        )
    if has_header and [cell.strip() for cell in cells] == table.header:
        return rejected(quarantine.REPEATED_HEADER, "the header once more", "a record")
    if len(cells) < width or any(cell.strip() for cell in cells[len(table.header) :]):
        return rejected(
            quarantine.WRONG_COLUMN_COUNT,
            f"{len(cells)} cells",
            f"{width} cells, as in the header",
        )
    return None


class _Reading:
    """Records with their lines. A stray quote that swallows following lines costs one line."""

    def __init__(self, lines: list[str], start: int, delimiter: str) -> None:
        self.width = 0
        self._lines = lines
        self._place = start
        self._delimiter = delimiter
        csv.field_size_limit(_LONGEST_CELL)

    def __iter__(self) -> Iterator[CsvRecord]:
        while self._place < len(self._lines):
            yield from self._until_stray_quote()

    def _until_stray_quote(self) -> Iterator[CsvRecord]:
        feed = _Feed(self._lines, self._place)
        reader = csv.reader(feed, delimiter=self._delimiter)
        while self._place < len(self._lines):
            start = self._place
            try:
                cells = next(reader)
                is_stray = self._is_runaway(cells, start, feed.place)
            except csv.Error:
                cells, is_stray = [], True
            self._place = start + 1 if is_stray else feed.place
            raw = "".join(self._lines[start : self._place]).rstrip("\r\n")
            yield CsvRecord(start + 1, cells or [], raw, is_stray)
            if is_stray:
                return

    def _is_runaway(self, cells: list[str], start: int, end: int) -> bool:
        raw = self._lines[start:end]
        if end == len(self._lines) and sum(line.count('"') for line in raw) % 2:
            return True
        if len(raw) == 1 or not self.width or len(cells) == self.width:
            return False
        return len(self._one_line(start + 1)) == self.width

    def _one_line(self, place: int) -> list[str]:
        try:
            return next(csv.reader([self._lines[place]], delimiter=self._delimiter))
        except csv.Error:
            return []


class _Feed:
    """Lines for a CSV reader, counting how many it has taken."""

    def __init__(self, lines: list[str], place: int) -> None:
        self._lines = lines
        self.place = place

    def __iter__(self) -> _Feed:
        return self

    def __next__(self) -> str:
        if self.place >= len(self._lines):
            raise StopIteration
        self.place += 1
        return self._lines[self.place - 1]
