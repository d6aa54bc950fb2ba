"""How much processor time do the models of a dbt run take, and how much does dbt itself?

`python -m benchmarks.dbt_clock <file> <dbt arguments>` runs dbt in this process, one model after
the other, and writes to the file, as JSON, processor seconds: `startup` until the first model
starts, `models` by name, and `rest` from the last model's end (the warehouse is closed, and dbt
writes its own files).
"""

from __future__ import annotations

import gc
import json
import sys
import time
from pathlib import Path

from dbt.cli.main import dbtRunner
from dbt_common.events.base_types import EventMsg


class NodeClock:
    """Listens to dbt's events and adds up this process's time, all threads, from start to end."""

    def __init__(self) -> None:
        self.startup: float | None = None
        self.models: dict[str, float] = {}
        self.ended = 0.0
        self._started: dict[str, float] = {}

    def __call__(self, event: EventMsg) -> None:
        now = time.process_time()
        if event.info.name == "NodeStart":
            self.startup = now if self.startup is None else self.startup
            self._started[event.data.node_info.unique_id] = now
        elif event.info.name == "NodeFinished":
            node = event.data.node_info
            self.models[node.node_name] = now - self._started[node.unique_id]
            self.ended = now


def main(file: Path, arguments: list[str]) -> int:
    """Run dbt and write what it took; returns the exit code."""
    clock = NodeClock()
    result = dbtRunner(callbacks=[clock]).invoke([*arguments, "--threads", "1"])
    success = result.success
    del result
    gc.collect()
    rest = time.process_time() - clock.ended
    told = {"startup": clock.startup, "models": clock.models, "rest": rest}
    file.write_text(json.dumps(told))
    return 0 if success else 1


if __name__ == "__main__":
    raise SystemExit(main(Path(sys.argv[1]), sys.argv[2:]))
