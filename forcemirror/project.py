"""A project folder: ``forcemirror.toml``, fit for version control, and ``.forcemirror/``, which is not.

Found upward from the current folder, as git does.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from config import settings as configuration
from config import shipped
from config.problems import ConfigurationError, Problem
from config.settings import FILE_NAME, Settings
from forcemirror.errors import NoProject, ProjectUnusable
from mapping import load
from mapping.exercise import Exercise
from mapping.stages import StageMapping

STATE_FOLDER = ".forcemirror"

HEADER = """\
# Forcemirror: settings of this project. Fit for version control: no secrets here.
# Every setting stands below with its default; take away the # to change one.
"""

FOOTER = """
# Objects: the deals of Salesforce are mirrored from the start. Another object, and a decision about one:
# [objects.Campaign]
# read_only = true
# [objects.Opportunity]
# policy = "manual"                 # or salesforce, local, newest
# external_id = "Forcemirror_Id__c" # a unique external-id field of the org, so that no create can happen twice
# fields.Description = { direction = "pull" }
"""


@dataclass(frozen=True)
class Project:
    """One installation's folder."""

    folder: Path

    @property
    def file(self) -> Path:
        """The settings file."""
        return self.folder / FILE_NAME

    @property
    def state(self) -> Path:
        """Where the mirror, the credentials and reports of failures are kept."""
        return self.folder / STATE_FOLDER

    @cached_property
    def settings(self) -> Settings:
        """The settings, checked. Raises ``ConfigurationError`` with every problem, or ``ProjectUnusable``."""
        return configuration.parse(self._text(self.file), str(self.file))

    @property
    def database_url(self) -> str:
        """The mirror's database as an SQLAlchemy address; a relative SQLite path is taken from the folder."""
        url = self.settings.mirror_database
        relative = re.fullmatch(r"(sqlite(?:\+\w+)?):///(?!/)(.+)", url)
        if relative and not Path(relative[2]).is_absolute():
            return f"{relative[1]}:///{(self.folder / relative[2]).as_posix()}"
        return url

    @property
    def ca_file(self) -> Path | None:
        """The certificate authorities to trust instead of the usual ones."""
        name = self.settings.salesforce_ca_file
        return self.folder / name if name else None

    @property
    def stage_mapping(self) -> StageMapping:
        """The stage mapping that the settings name."""
        text, file = self._document(self.settings.stages_mapping, shipped.stage_set_texts(), "stages.mapping")
        return load.stage_mapping(text, file)

    @property
    def exercise(self) -> Exercise:
        """The exercise that the settings name."""
        text, file = self._document(self.settings.practice_exercise, shipped.exercise_texts(), "practice.exercise")
        return load.exercise(text, file)

    def set(self, name: str, value: object) -> None:
        """Write one setting into the file, leaving everything else as it stands."""
        self.file.write_text(edited(self._text(self.file), name, value), encoding="utf-8")
        self.__dict__.pop("settings", None)

    def _document(self, name: str, texts: dict[str, str], key: str) -> tuple[str, str]:
        if name in texts:
            return texts[name], f"{name}.toml"
        path = self.folder / name
        if not name.endswith(".toml") or not path.is_file():
            known = ", ".join(texts)
            problem = (
                f"names {name!r}, which is neither one that ships ({known}) nor a .toml file in the project folder"
            )
            raise ConfigurationError([Problem(str(self.file), key, problem)])
        return self._text(path), str(path)

    def _text(self, path: Path) -> str:
        try:
            return path.read_text(encoding="utf-8-sig")
        except UnicodeDecodeError as error:
            raise ConfigurationError([Problem(str(path), "", "is not UTF-8 text")]) from error
        except OSError as error:
            raise ProjectUnusable("Cannot read {path}: {why}.", path=path, why=error.strerror or error) from error


def find(start: Path) -> Project:
    """The project whose folder ``start`` is, or is in. Raises ``NoProject``."""
    for folder in (start, *start.resolve().parents):
        if (folder / FILE_NAME).is_file():
            return Project(folder.resolve())
    raise NoProject(
        "No forcemirror.toml in {folder} or any folder above it.",
        "Make a project with: forcemirror init NAME. Or name one with --project, or look around with: forcemirror demo",
        folder=start.resolve(),
    )


def create(folder: Path) -> Project:
    """Make a project folder. Raises ``ProjectUnusable`` when it is one already, or cannot be written."""
    project = Project(folder.resolve())
    if project.file.exists():
        raise ProjectUnusable("{folder} is a Forcemirror project already. Nothing was changed.", folder=folder)
    try:
        project.folder.mkdir(parents=True, exist_ok=True)
        # A copy of an org's data is for its owner alone.
        project.state.mkdir(mode=0o700, exist_ok=True)
        # The state holds credentials and data: it keeps itself out of version control.
        (project.state / ".gitignore").write_text("*\n", encoding="utf-8")
        project.file.write_text(f"{HEADER}\n{configuration.example()}{FOOTER}", encoding="utf-8")
    except OSError as error:
        raise ProjectUnusable(
            "Cannot make a project in {folder}: {why}.",
            "Choose a folder that you may write to.",
            folder=folder,
            why=error.strerror or error,
        ) from error
    return project


def edited(text: str, name: str, value: object) -> str:
    """A settings file's text with one setting set: in place where it stands, commented out or not, else added."""
    table, _, key = name.rpartition(".")
    line = f"{key} = {configuration.toml_value(value)}"
    head = re.search(rf"^\[{re.escape(table)}\][^\n]*\n", text, re.MULTILINE)
    if head is None:
        return f"{text.rstrip()}\n\n[{table}]\n{line}\n"
    following = re.search(r"^\[", text[head.end() :], re.MULTILINE)
    end = head.end() + following.start() if following else len(text)
    body = text[head.end() : end]
    place = re.search(rf"^{re.escape(key)}\s*=[^\n]*", body, re.MULTILINE)
    place = place or re.search(rf"^#\s*{re.escape(key)}\s*=[^\n]*", body, re.MULTILINE)
    body = f"{line}\n{body}" if place is None else body[: place.start()] + line + body[place.end() :]
    return text[: head.end()] + body + text[end:]


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner may read, whole or not at all."""
    draft = path.with_suffix(f"{path.suffix}.new")
    draft.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
        stream.write(text)
    draft.replace(path)
