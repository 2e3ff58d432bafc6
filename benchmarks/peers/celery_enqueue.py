"""`python -m benchmarks.peers.celery_enqueue TASK FILE`: one task for each list of arguments in a JSON file.

Prints the moment (`perf_counter`) of the first one.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

from benchmarks.peers import celery_tasks


def main() -> None:
    name, file = sys.argv[1:]
    task = getattr(celery_tasks, name)
    calls = json.loads(Path(file).read_text())
    started = time.perf_counter()
    for arguments in calls:
        task.delay(*arguments)
    print(started)


if __name__ == "__main__":
    main()
