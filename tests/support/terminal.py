"""Run the command line in this process, as a person in a terminal without a language setting would."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from click.testing import CliRunner

from forcemirror.cli import main


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """What it printed, read as JSON."""
        return json.loads(self.out)


def run(*args: object, project: Path | None = None, answer: str | None = None, **environ: str) -> Ended:
    """Run ``forcemirror`` with arguments; ``environ`` is added to the environment."""
    chosen = ["--project", str(project)] if project else []
    clean = {"LC_ALL": "C", "FORCEMIRROR_LANGUAGE": None, **environ}
    result = CliRunner().invoke(main, [*chosen, *map(str, args)], input=answer, env=clean, prog_name="forcemirror")
    return Ended(result.exit_code, result.stdout, result.stderr)
