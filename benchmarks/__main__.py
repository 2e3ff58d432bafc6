"""`python -m benchmarks [NAME…]`: run the named benchmarks, or all, one after the other."""

from __future__ import annotations

import subprocess
import sys

NAMES = ("freeze", "sms", "email", "memory", "page_weight", "live")
_AT_MOST_S = 900


def main() -> int:
    chosen = sys.argv[1:] or list(NAMES)
    unknown = [name for name in chosen if name not in NAMES]
    if unknown:
        print(f"no benchmark {', '.join(unknown)}; there are: {', '.join(NAMES)}", file=sys.stderr)
        return 2
    # One process each: nothing that one leaves in memory slows the next.
    codes = [
        subprocess.run([sys.executable, "-m", f"benchmarks.{name}"], check=False, timeout=_AT_MOST_S).returncode
        for name in chosen
    ]
    return max(codes)


if __name__ == "__main__":
    sys.exit(main())
