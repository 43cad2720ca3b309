"""Project folders: made, found, read, and their settings set without touching the rest."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from config import settings
from config.problems import ConfigurationError
from forcemirror import project as projects
from forcemirror.errors import NoProject, ProjectUnusable
from forcemirror.project import edited

posix_only = pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="the superuser may write everywhere")


def test_a_new_project_has_the_default_settings(tmp_path: Path) -> None:
    project = projects.create(tmp_path / "acme")
    assert project.settings == settings.parse("")
    assert "password" not in project.file.read_text(encoding="utf-8").replace("password,", "").replace('"password"', "")


def test_a_projects_state_keeps_itself_out_of_version_control(tmp_path: Path) -> None:
    project = projects.create(tmp_path / "acme")
    assert (project.state / ".gitignore").read_text(encoding="utf-8") == "*\n"


def test_a_project_is_found_upward(tmp_path: Path) -> None:
    project = projects.create(tmp_path / "acme")
    deep = project.folder / "reports" / "2026"
    deep.mkdir(parents=True)
    assert projects.find(deep) == project


def test_no_project_is_said_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(NoProject, match="forcemirror init"):
        projects.find(tmp_path)


def test_a_project_is_not_made_over_another(tmp_path: Path) -> None:
    project = projects.create(tmp_path / "acme")
    project.set("web.port", 9000)
    with pytest.raises(ProjectUnusable, match="already"):
        projects.create(tmp_path / "acme")
    assert projects.find(project.folder).settings.web_port == 9000


@posix_only
def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(ProjectUnusable, match="Permission denied"):
            projects.create(tmp_path / "acme")
    finally:
        tmp_path.chmod(0o700)


def test_a_file_in_the_way_of_the_folder_is_said(tmp_path: Path) -> None:
    (tmp_path / "acme").write_text("", encoding="utf-8")
    with pytest.raises(ProjectUnusable):
        projects.create(tmp_path / "acme")


def test_a_broken_settings_file_is_told_with_its_path(tmp_path: Path) -> None:
    project = projects.create(tmp_path / "acme")
    project.file.write_text("[web]\nport = 'x'\nhots = 1\n", encoding="utf-8")
    with pytest.raises(ConfigurationError) as caught:
        _ = projects.find(project.folder).settings
    assert [(problem.file, problem.key) for problem in caught.value.problems] == [
        (str(project.file), "web.port"),
        (str(project.file), "web.hots"),
    ]


def test_a_settings_file_in_another_encoding_is_told(tmp_path: Path) -> None:
    project = projects.create(tmp_path / "acme")
    project.file.write_bytes("# 设置".encode("gb18030"))
    with pytest.raises(ConfigurationError, match="is not UTF-8 text"):
        _ = projects.find(project.folder).settings


def test_a_settings_file_written_by_a_windows_editor_is_read(tmp_path: Path) -> None:
    project = projects.create(tmp_path / "acme")
    project.file.write_bytes(b"\xef\xbb\xbf[web]\r\nport = 9000\r\n")
    assert projects.find(project.folder).settings.web_port == 9000


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("sqlite:///.forcemirror/mirror.db", "sqlite:///{folder}/.forcemirror/mirror.db"),
        ("sqlite:////var/lib/mirror.db", "sqlite:////var/lib/mirror.db"),
        ("postgresql+psycopg://db/mirror", "postgresql+psycopg://db/mirror"),
    ],
)
@pytest.mark.skipif(os.name != "posix", reason="paths of this form")
def test_a_relative_database_lies_in_the_project_folder(tmp_path: Path, url: str, expected: str) -> None:
    project = projects.create(tmp_path / "acme")
    project.set("mirror.database", url)
    assert project.database_url == expected.format(folder=project.folder)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("[web]\n# port = 8765\n# host = 1\n", "[web]\nport = 9\n# host = 1\n"),
        ("[web]\nport = 1 # mine\n[sync]\n", "[web]\nport = 9\n[sync]\n"),
        ("[web]\n[sync]\nport = 1\n", "[web]\nport = 9\n[sync]\nport = 1\n"),
        ("[sync]\n", "[sync]\n\n[web]\nport = 9\n"),
        ("", "\n\n[web]\nport = 9\n"),
        ("[web]\n# export = 1\n", "[web]\nport = 9\n# export = 1\n"),
    ],
)
def test_one_setting_is_set_and_the_rest_stays(before: str, after: str) -> None:
    assert edited(before, "web.port", 9) == after


def test_every_setting_can_be_set_in_a_new_file(tmp_path: Path) -> None:
    project = projects.create(tmp_path / "acme")
    for setting in settings.SETTINGS:
        project.set(setting.name, setting.default)
    assert projects.find(project.folder).settings == settings.parse("")
    lines = project.file.read_text(encoding="utf-8").splitlines()
    assert not [line for line in lines if line.startswith("# ") and " = " in line and "[" not in line][
        : -len(projects.FOOTER.splitlines())
    ]


def test_an_unknown_stage_mapping_is_told_with_its_key(tmp_path: Path) -> None:
    project = projects.create(tmp_path / "acme")
    project.set("stages.mapping", "nine")
    with pytest.raises(ConfigurationError, match=r"stages\.mapping: names 'nine'.*plain_six"):
        _ = project.stage_mapping


def test_a_project_may_bring_its_own_stage_mapping(tmp_path: Path) -> None:
    project = projects.create(tmp_path / "acme")
    (project.folder / "ours.toml").write_text(
        'name = "ours"\n[[stage]]\nkey = "all"\noutcome = "open"\nname.en = "All"\n', encoding="utf-8"
    )
    project.set("stages.mapping", "ours.toml")
    assert [stage.key for stage in project.stage_mapping.stages] == ["all"]
