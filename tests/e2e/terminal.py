"""Commands of the product, each in a new process that need not import the product again.

Most of the second that a command takes is its imports. A server process does them once and forks for each
command, which so begins with nothing of another's but the modules.
"""

from __future__ import annotations

import multiprocessing
import os
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from backend import cli

_ROOT = Path(__file__).resolve().parents[2]
_WITHIN_S = 60
_forks = multiprocessing.get_context("forkserver")
_forks.set_forkserver_preload([__name__])


class CommandError(Exception):
    """What a command that failed printed on standard error."""


def run_command(arguments: tuple[str, ...], environment: Mapping[str, str]) -> str:
    """What `unisoft …` prints in this environment. Raises `CommandError` unless it ends well."""
    with tempfile.NamedTemporaryFile() as output, tempfile.NamedTemporaryFile() as errors:
        process = _forks.Process(target=_command, args=(arguments, dict(environment), output.name, errors.name))
        process.start()
        process.join(_WITHIN_S)
        if process.exitcode != 0:
            process.kill()
            raise CommandError(f"{arguments} ended with {process.exitcode}: {errors.read().decode()}")
        return output.read().decode()


def _command(arguments: tuple[str, ...], environment: dict[str, str], output: str, errors: str) -> None:
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(_ROOT)
    for number, name in ((1, output), (2, errors)):
        os.dup2(os.open(name, os.O_WRONLY), number)
    sys.argv = ["unisoft", *arguments]
    cli.main()
