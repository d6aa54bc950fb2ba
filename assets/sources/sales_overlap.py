"""Were the lines of a file delivered before, in another file, as they are or in disguise?

Exports overlap: January to March, then February to April. Lines that are the same in every respect
count once (staging takes the delivery that came last); lines of an order that changed count as
delivered last; both are named here. A file most of whose lines came before under other dates, under
other order ids or from another source is refused as a twin: counted beside the first it would
double the sales, and nobody could tell later.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import duckdb

from assets.sources.reading import Context, Delivery

_LINE = (
    "coalesce(line_id, '')", "coalesce(customer_id, '')", "coalesce(product_id, '')",
    "coalesce(quantity, 0)", "amount", "currency",
)  # fmt: skip
_ORDER, _TIME = "coalesce(order_id, '')", "ordered_at"
# Rows of the time that the new file covers: the database skips the blocks of other times.
_SPAN = (
    " AND ordered_at BETWEEN (SELECT min(ordered_at) FROM raw.sales WHERE _load_id = $load)"
    " AND (SELECT max(ordered_at) FROM raw.sales WHERE _load_id = $load)"
)
_SAMPLE = 60
_FEW_LINES, _MANY_LINES = 3, 20
_HALF, _NEARLY_ALL = 0.5, 0.9


@dataclass(frozen=True)
class Shared:
    """Lines of the new file that another delivery holds too, with the days between their dates."""

    source: str
    file: str
    lines: int
    days: int = 0


def delivery_of(con: duckdb.DuckDBPyConnection, delivery: Delivery, context: Context) -> str:
    """The id under which lines are told from those of other deliveries: a grown file keeps its
    own. '' when lines that several files hold count each time."""
    if context.source.repeated_lines == "all":
        return ""
    if delivery.after_load_id is None:
        return delivery.load_id
    rows = con.execute(
        "SELECT any_value(delivery_id) FROM raw.sales WHERE _load_id = ?", [delivery.after_load_id]
    ).fetchall()
    return str(rows[0][0] or delivery.after_load_id)


def find_overlap(
    con: duckdb.DuckDBPyConnection,
    delivery: Delivery,
    context: Context,
    *,
    delivery_id: str,
    loaded: int,
) -> list[str]:
    """Notes on lines that came before; call it when the rows are in. Raises `SourceError`."""
    search = _Search(con, delivery, context, delivery_id)
    if not loaded or not search.has_others():
        return []
    same = search.shared((_ORDER, _TIME, *_LINE))
    if not context.source.allow_twins:
        _refuse_twins(search, same, loaded)
    notes = [
        f"{found.lines:,} lines are in {found.file} too"
        + (" and count once" if delivery_id else " and count each time, as hub.yml says")
        for found in same
        if found.source == context.source.name
    ]
    changed = search.changed()
    notes += [
        f"{count:,} lines of orders in {file} have changed (such as order {example}); "
        + ("the last delivery counts" if delivery_id else "both count, as hub.yml says")
        for file, count, example in changed
    ]
    return notes


def _refuse_twins(search: _Search, same: Sequence[Shared], loaded: int) -> None:
    context, file = search.context, search.delivery.file

    def refuse(found: str, remedy: str) -> Exception:
        return context.refuse(
            file,
            found=found,
            expected="sales that were not delivered before",
            remedy=f"{remedy} If these are other sales all the same, say `allow_twins: true` in "
            "hub.yml.",
        )

    for shared in same:
        is_other = shared.source != context.source.name
        if is_other and shared.lines >= max(_FEW_LINES, _HALF * loaded):
            raise refuse(
                f"{shared.lines:,} of {loaded:,} lines that source `{shared.source}` delivered "
                f"already in {shared.file}",
                "Keep one of the two sources, or one of the two files.",
            )
    moved = search.shifted() if search.may_be_shifted() else []
    if shifted := _most_shifted(moved, loaded):
        when = f"{shifted.days:+,} days" if shifted.days else "some hours"
        raise refuse(
            f"{shifted.lines:,} of {loaded:,} lines that are in {shifted.file} already with other "
            f"dates (these are shifted by {when})",
            "Keep the file whose dates are right.",
        )
    for shared in search.shared((_TIME, *_LINE), is_renumbered=True):
        if shared.lines >= max(_MANY_LINES, _NEARLY_ALL * loaded):
            raise refuse(
                f"{shared.lines:,} of {loaded:,} lines that are in {shared.file} already under "
                "other order ids",
                "Keep one of the two files.",
            )


def _most_shifted(found: Sequence[tuple[Shared, bool]], loaded: int) -> Shared | None:
    """The file whose lines make up half of this one with other dates.

    Without order ids a line alone proves little: then one shift must explain nearly all of them.
    """
    by_file: dict[tuple[str, str, bool], list[Shared]] = defaultdict(list)
    for shared, has_order in found:
        by_file[(shared.source, shared.file, has_order)].append(shared)
    for (source, file, has_order), shifts in by_file.items():
        lines = sum(shared.lines for shared in shifts)
        most = max(shifts, key=lambda shared: shared.lines)
        near = sum(s.lines for s in shifts if abs(s.days - most.days) <= 1)
        fewest = _FEW_LINES if has_order else _MANY_LINES
        if lines >= max(fewest, _HALF * loaded) and (has_order or near >= _NEARLY_ALL * lines):
            return Shared(source, file, lines, most.days)
    return None


@dataclass(frozen=True)
class _Search:
    """Compares the rows of one load with those of all other deliveries that count."""

    con: duckdb.DuckDBPyConnection
    delivery: Delivery
    context: Context
    delivery_id: str

    @property
    def _values(self) -> dict[str, str]:
        after = self.delivery.after_load_id or ""
        return {"load": self.delivery.load_id, "delivery": self.delivery_id, "after": after}

    @property
    def _others(self) -> str:
        """A condition on `raw.sales`: rows that count, of another file than this one."""
        return (
            "_load_id NOT IN ($load, $after) AND ($delivery = '' OR"
            " delivery_id IS DISTINCT FROM $delivery) AND _load_id IN"
            " (SELECT load_id FROM raw.loads WHERE status = 'loaded' AND kind = 'sales')"
        )

    def _run(self, sql: str) -> list[tuple[object, ...]]:
        return self.con.execute(sql, self._values).fetchall()

    def has_others(self) -> bool:
        return bool(self._run(f"SELECT 1 FROM raw.sales WHERE {self._others} LIMIT 1"))

    def shared(self, keys: Sequence[str], *, is_renumbered: bool = False) -> list[Shared]:
        """Per file, how many lines agree in all the keys (the time among them), each counted as
        often as both have it.

        `is_renumbered`: lines that name a product or customer, and stand under another order id.
        """
        names = [f"k{place}" for place in range(len(keys))]
        listed = ", ".join(f"{key} AS {name}" for key, name in zip(keys, names, strict=True))
        renumbered = (
            " AND order_id IS NOT NULL AND (product_id IS NOT NULL OR customer_id IS NOT NULL)"
            if is_renumbered
            else ""
        )
        differ = " AND here.first_order <> there.first_order" if is_renumbered else ""
        rows = self._run(
            f"SELECT there._source, there._file, sum(least(here.n, there.n))::BIGINT FROM"
            f" (SELECT {listed}, count(*) AS n, min(order_id) AS first_order FROM raw.sales"
            f"  WHERE _load_id = $load{renumbered} GROUP BY ALL) AS here"
            f" JOIN (SELECT {listed}, _source, _file, count(*) AS n, min(order_id) AS first_order"
            f"  FROM raw.sales WHERE {self._others}{_SPAN}{renumbered} GROUP BY ALL) AS there"
            f" USING ({', '.join(names)}) WHERE true{differ} GROUP BY ALL ORDER BY 3 DESC, 2"
        )
        return [Shared(str(row[0]), str(row[1]), int(str(row[2]))) for row in rows]

    def may_be_shifted(self) -> bool:
        """Whether any of a sample of this file's orders came before; True without order ids.

        Half of the lines of a twin did, so that a sample that finds none settles it.
        """
        load = self.delivery.load_id
        ((without, rows),) = self.con.execute(
            "SELECT count(*) FILTER (order_id IS NULL), count(*) FROM raw.sales WHERE _load_id = ?",
            [load],
        ).fetchall()
        if without >= _HALF * rows:
            return True
        sample = self.con.execute(
            "SELECT order_id FROM raw.sales WHERE _load_id = ? AND order_id IS NOT NULL"
            f" GROUP BY order_id ORDER BY hash(order_id) LIMIT {_SAMPLE}",
            [load],
        ).fetchall()
        marks = ", ".join("?" for _ in sample)
        return bool(
            self.con.execute(
                f"SELECT 1 FROM raw.sales WHERE order_id IN ({marks}) AND _load_id <> ? LIMIT 1",
                [*(row[0] for row in sample), load],
            ).fetchall()
        )

    def shifted(self) -> list[tuple[Shared, bool]]:
        """Lines that agree in all but the time, per file and days between; whether under an
        order id."""
        names = ", ".join(f"k{place}" for place in range(len(_LINE)))
        listed = ", ".join(f"{key} AS k{place}" for place, key in enumerate(_LINE))
        named = "(order_id IS NOT NULL OR product_id IS NOT NULL OR customer_id IS NOT NULL)"
        rows = self._run(
            "SELECT there._source, there._file, here.order_key <> '' AS has_order,"
            " round((epoch(here.at) - epoch(there.at)) / 86400)::BIGINT AS days,"
            " sum(least(here.n, there.n))::BIGINT FROM"
            f" (SELECT {_ORDER} AS order_key, {listed}, min(ordered_at) AS at, count(*) AS n"
            f"  FROM raw.sales WHERE _load_id = $load AND {named} GROUP BY ALL) AS here"
            f" JOIN (SELECT {_ORDER} AS order_key, {listed}, _source, _file,"
            "  min(ordered_at) AS at, count(*) AS n FROM raw.sales AS earlier"
            f"  WHERE {self._others} AND {named} AND (amount, coalesce(order_id, '')) IN"
            "   (SELECT (amount, coalesce(order_id, '')) FROM raw.sales WHERE _load_id = $load)"
            f"  GROUP BY ALL) AS there USING (order_key, {names})"
            " WHERE here.at <> there.at GROUP BY ALL ORDER BY 5 DESC, 2, 4"
        )
        return [
            (Shared(str(row[0]), str(row[1]), int(str(row[4])), int(str(row[3]))), bool(row[2]))
            for row in rows
        ]

    def changed(self) -> list[tuple[str, int, str]]:
        """Per file: lines of the same order, time and product whose quantity, price or amount
        differ from this file's; and an order."""
        keys = "_source, order_id, ordered_at, k_line, k_product, is_return"
        listed = (
            "_source, order_id, ordered_at, coalesce(line_id, '') AS k_line,"
            " coalesce(product_id, '') AS k_product,"
            " (coalesce(quantity, 0) < 0 OR amount < 0) AS is_return,"
            " list_sort(list((quantity, unit_price, amount))) AS held, count(*) AS n"
        )
        rows = self._run(
            "SELECT there._file, sum(here.n)::BIGINT, min(order_id) FROM"
            f" (SELECT {listed} FROM raw.sales WHERE _load_id = $load AND order_id IS NOT NULL"
            "  GROUP BY ALL) AS here JOIN"
            f" (SELECT {listed}, _file FROM raw.sales WHERE {self._others}"
            f"  AND order_id IS NOT NULL{_SPAN} GROUP BY ALL) AS there USING ({keys})"
            " WHERE here.held <> there.held GROUP BY ALL ORDER BY 1"
        )
        return [(str(row[0]), int(str(row[1])), str(row[2])) for row in rows]
