"""How does a person take a wrongly delivered file back?"""

from __future__ import annotations

import difflib
from dataclasses import asdict
from pathlib import Path

from cli.console import fail, print_json, told_clearly
from cli.quarantine import opened_warehouse
from hub.config import load_config
from hub.home import find_home


@told_clearly
def forget(file: str, *, home: Path | None, keep_records: bool, as_json: bool) -> int:
    """Take a file back; returns 0, or 1 when it cannot be."""
    from assets.sources.forgetting import CannotForget, forget_file

    found = find_home(home)
    load_config(found.root)
    name = found.relative(Path(file)) if Path(file).is_absolute() else Path(file).as_posix()
    with opened_warehouse(found, f"forget {name}") as con:
        try:
            forgotten = forget_file(con, name, home=found, keep_records=keep_records)
        except CannotForget as error:
            known = con.execute("SELECT DISTINCT file FROM raw.loads").fetchall()
            near = difflib.get_close_matches(name, [row[0] for row in known if row[0] != name], 3)
            hint = (
                f" Near names: {', '.join(near)}." if near and "nothing that" in str(error) else ""
            )
            return fail(f"{error}{hint}")
    if as_json:
        print_json([asdict(part) for part in forgotten])
        return 0
    for part in forgotten:
        if keep_records:
            print(f"{part.source}: {name}: its records stay; what stands there now counts as new.")
            continue
        print(f"{part.source}: {name}: {part.records:,} records of {part.loads} loads taken back.")
        for copy in part.copies:
            print(f"  {copy} held the same: where it still stands, the next run loads it.")
    print("`bellwether run` takes this into the pages.")
    return 0
