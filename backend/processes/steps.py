"""One command that has to succeed before the services start."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping

from backend.processes.errors import StartError
from backend.processes.plan import Step
from backend.processes.spawning import Guard, spawn


class StepRun:
    """A step under way."""

    def __init__(self, step: Step, environment: Mapping[str, str], guard: Guard) -> None:
        self.step = step
        # A file and not a pipe, which could fill up and block the command.
        self._output = tempfile.TemporaryFile() if step.take_output else None  # noqa: SIM115 - outlives this call
        self.process = spawn(step.command, environment, stdout=self._output, guard=guard)

    def finish(self) -> None:
        """Hand on what it printed. Raises StartError unless it ended well."""
        if self.process.returncode != 0:
            raise StartError(f"The step “{self.step.name}” failed (exit code {self.process.returncode}), see above.")
        if self._output and self.step.take_output:
            with self._output as file:
                file.seek(0)
                self.step.take_output(file.read().decode())
