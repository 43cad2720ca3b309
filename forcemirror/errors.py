"""What can go wrong above the parts: projects, credentials, child processes. And the exit codes of the command line."""

from __future__ import annotations

DONE = 0
FAILED = 1
WORK_TO_DO = 2
REFUSED = 3
USAGE = 64
INTERRUPTED = 130


class ForcemirrorError(Exception):
    """Something a person has to hear about: what happened, and what to do next.

    Both are templates, filled with ``values``, so that they can be said in another language.
    """

    exit_code = FAILED

    def __init__(self, happened: str, advice: str = "", **values: object) -> None:
        self.happened = happened
        self.advised = advice
        self.values = values
        super().__init__(f"{self.message} {self.advice}".strip())

    @property
    def message(self) -> str:
        """What happened, in English."""
        return self.happened.format(**self.values)

    @property
    def advice(self) -> str:
        """What to do next, in English."""
        return self.advised.format(**self.values)


class NoProject(ForcemirrorError):
    """There is no project folder here."""


class ProjectUnusable(ForcemirrorError):
    """The project folder cannot be read or written."""


class CredentialsUnusable(ForcemirrorError):
    """Credentials are missing, or lie open for others to read."""


class NotConnected(ForcemirrorError):
    """The project has not been connected to an org yet."""


class ConnectionDeclined(ForcemirrorError):
    """The org does not fit what the project was made for, or the person said no."""

    exit_code = REFUSED


class ServerNotStarted(ForcemirrorError):
    """The playground or the web pages could not be started."""


class Unanswerable(ForcemirrorError):
    """A question cannot be answered: an unknown object, stage, conflict or exercise."""


class ArrivalMissing(ForcemirrorError):
    """A change made on one side was not found on the other."""
