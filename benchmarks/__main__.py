"""`python -m benchmarks [NAME…] [ARGUMENTS]`: run the named benchmarks, or all, one after the other."""

from __future__ import annotations

import itertools
import subprocess
import sys

NAMES = (
    "freeze",
    "validate",
    "count_targets",
    "sms",
    "email",
    "claims",
    "reports_in",
    "memory",
    "page_weight",
    "live",
    "tabs",
    "recipients",
    "exports",
    "peers",
)
_AT_MOST_S = 900


def main() -> int:
    named = list(itertools.takewhile(lambda word: not word.startswith("-"), sys.argv[1:]))
    arguments = sys.argv[1 + len(named) :]
    unknown = [name for name in named if name not in NAMES]
    if unknown or (arguments and not named):
        wrong = f"no benchmark {', '.join(unknown)}" if unknown else "arguments are for named benchmarks"
        print(f"{wrong}; there are: {', '.join(NAMES)}", file=sys.stderr)
        return 2
    # One process each: nothing that one leaves in memory slows the next.
    return max([_run(name, arguments) for name in named or NAMES])


def _run(name: str, arguments: list[str]) -> int:
    command = [sys.executable, "-m", f"benchmarks.{name}", *arguments]
    return subprocess.run(command, check=False, timeout=_AT_MOST_S).returncode


if __name__ == "__main__":
    sys.exit(main())
