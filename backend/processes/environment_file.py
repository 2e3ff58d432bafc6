"""`DATA_DIR/run/environment`: how a command in another terminal meets the running product.

Read by `backend.settings` through python-dotenv, whose rules the quoting follows.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from pathlib import Path


def write_environment_file(path: Path, variables: Mapping[str, str]) -> None:
    """Replace the file in one step, readable by this user only (0600)."""
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=path.name)  # mkstemp makes it 0600
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.writelines(f"{key}={quoted(value)}\n" for key, value in variables.items())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def quoted(value: str) -> str:
    r"""A value that python-dotenv reads back as it is.

    Inside single quotes it knows the escapes `\\` and `\'` and nothing else; but it fills in `${NAME}`
    even there. `${:-$}` is a variable without a name whose default is a dollar sign.
    """
    escaped = value.replace("\\", "\\\\").replace("'", "\\'").replace("${", "${:-$}{")
    return f"'{escaped}'"
