"""What Bulk API 1.0 answers when it refuses."""

from __future__ import annotations


class BulkError(Exception):
    """A refusal by its ``exceptionCode`` and text. Nearly all of them are 400."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.status = status


class BatchRefused(Exception):
    """A batch that fails as a whole; ``message`` is its ``stateMessage``."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message
