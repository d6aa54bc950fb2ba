"""How is a large file of JSON lines read in bounded memory? Some lines at a time, as one table.

The first part decides how the others are read (names of members, forms of dates): a part that says
otherwise refuses the file. Smaller files, and those of other forms, are one part.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice

from assets.sources.content import UTF8_BOM, Unreadable, open_content
from assets.sources.json_records import BrokenDocument, Decoder, decode, read_json_records
from assets.sources.reading import Context, Delivery, Outcome
from assets.sources.record_table import RecordTable, is_json, json_table, read_records
from assets.sources.table_columns import TableSettings, Wanted

LINES_A_PART = 20_000


def read_parts(
    delivery: Delivery,
    context: Context,
    wanted: Sequence[Wanted],
    settings: TableSettings,
    *,
    list_keys: Sequence[str] = (),
) -> Iterator[RecordTable]:
    """The tables of a CSV or JSON delivery, one after the other. Raises `SourceError`."""
    if delivery.content.lines <= LINES_A_PART or not _is_lines(delivery):
        yield read_records(delivery, context, wanted, settings, list_keys=list_keys)
        return
    header: list[str] = []
    try:
        for number, data in _chunks(delivery):
            found = read_json_records(data, is_tail=True, first_line=number)
            part = json_table(found, delivery, context, header=header)
            header = header or part.table.header
            yield part
    except Unreadable as error:
        raise context.refuse(
            delivery.file,
            found=str(error),
            expected="a readable file",
            remedy="Deliver the file again.",
        ) from error


def part_of(delivery: Delivery, outcomes: Sequence[Outcome]) -> Delivery:
    """The delivery as its next part is read: like the parts before it."""
    is_first = not outcomes or delivery.before is not None
    return delivery if is_first else replace(delivery, before=outcomes[0].detected)


def joined(outcomes: Sequence[Outcome]) -> Outcome:
    """What became of all the parts of a delivery."""
    firsts = [outcome.first_at for outcome in outcomes if outcome.first_at]
    lasts = [outcome.last_at for outcome in outcomes if outcome.last_at]
    return replace(
        outcomes[0],
        records=sum(outcome.records for outcome in outcomes),
        loaded=sum(outcome.loaded for outcome in outcomes),
        blank=sum(outcome.blank for outcome in outcomes),
        rejected=[row for outcome in outcomes for row in outcome.rejected],
        first_at=min(firsts, default=None),
        last_at=max(lasts, default=None),
        resume_byte=outcomes[-1].resume_byte,
        resume_line=outcomes[-1].resume_line,
    )


def _is_lines(delivery: Delivery) -> bool:
    """Whether the first line is an object by itself."""
    if not is_json(delivery) or not delivery.content.samples:
        return False
    text = decode(delivery.content.samples[0]).strip()
    try:
        value, end = Decoder().at(text, 0)
    except BrokenDocument:
        return False
    return isinstance(value, dict) and end == len(text)


def _chunks(delivery: Delivery) -> Iterator[tuple[int, bytes]]:
    """The number of lines before each part, and the part's bytes."""
    number, left = delivery.start_line, delivery.content.content_bytes - delivery.start_byte
    with open_content(delivery.path) as (stream, _):
        stream.seek(delivery.start_byte)
        while left > 0 and (lines := list(islice(stream, LINES_A_PART))):
            data = b"".join(lines)[:left]
            yield number, data.removeprefix(UTF8_BOM) if not number else data
            number += len(lines)
            left -= len(data)
