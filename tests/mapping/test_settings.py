"""The settings of a project: one table, one file, every mistake at once."""

from __future__ import annotations

import dataclasses
import tomllib

import pytest

from config import settings
from config.problems import ConfigurationError
from config.settings import SETTINGS, FieldSettings, Settings


def test_every_line_of_the_table_is_an_attribute_and_the_other_way_round() -> None:
    attributes = {item.name for item in dataclasses.fields(Settings)} - {"objects"}
    assert {setting.name.replace(".", "_") for setting in SETTINGS} == attributes


def test_every_default_passes_its_own_check() -> None:
    for setting in SETTINGS:
        assert setting.check(setting.default) == setting.default, setting.name


def test_an_empty_file_gives_the_defaults() -> None:
    parsed = settings.parse("")
    assert parsed.web_port == 8765
    assert [item.name for item in parsed.objects if not item.read_only] == [
        "Account",
        "Contact",
        "Opportunity",
        "OpportunityContactRole",
    ]
    assert len(parsed.objects) == 13


def test_the_example_file_with_every_setting_uncommented_parses_to_the_defaults() -> None:
    lines = [line.removeprefix("# ") if " = " in line else line for line in settings.example().splitlines()]
    assert settings.parse("\n".join(lines)) == settings.parse("")


def test_all_problems_are_told_at_once_with_file_and_key() -> None:
    text = """
        web = { port = "8080", prot = 1 }
        [salesforce]
        login_url = "http://login.salesforce.com"
        api_version = 67.0
        [sync]
        deletes_share_max = 5
        [objects.Account]
        policy = "mine"
        fields.Name = { direction = "sideways" }
        [objects."No Such"]
    """
    with pytest.raises(ConfigurationError) as caught:
        settings.parse(text, "acme/forcemirror.toml")
    assert {problem.file for problem in caught.value.problems} == {"acme/forcemirror.toml"}
    assert {problem.key for problem in caught.value.problems} == {
        "web.port",
        "web.prot",
        "salesforce.login_url",
        "salesforce.api_version",
        "sync.deletes_share_max",
        "objects.Account.policy",
        "objects.Account.fields.Name.direction",
        "objects.No Such",
    }


def test_a_mistyped_key_is_answered_with_the_nearest_one() -> None:
    with pytest.raises(ConfigurationError, match=r"web\.prot: is not a setting\. Did you mean web\.port\?"):
        settings.parse("[web]\nprot = 1")


@pytest.mark.parametrize("text", ["[web", "port = ", 'a = "', "\x00"])
def test_what_is_not_toml_is_a_problem_of_the_file(text: str) -> None:
    with pytest.raises(ConfigurationError, match=r"forcemirror\.toml: is not valid TOML"):
        settings.parse(text)


@pytest.mark.parametrize("text", ["objects = 1", "[objects]\nAccount = 1", "[objects.Account]\nfields = 1", "web = 1"])
def test_a_value_in_the_place_of_a_table_is_a_problem(text: str) -> None:
    with pytest.raises(ConfigurationError):
        settings.parse(text)


def test_an_object_can_be_added_left_out_and_decided_about() -> None:
    parsed = settings.parse(
        """
        [objects.Campaign]
        [objects.Event]
        mirrored = false
        [objects.Opportunity]
        policy = "newest"
        fields.Description = { direction = "pull", policy = "salesforce" }
        """
    )
    found = {item.name: item for item in parsed.objects}
    assert "Event" not in found
    assert found["Campaign"].read_only
    assert found["Opportunity"].policy == "newest"
    assert not found["Opportunity"].read_only
    assert found["Opportunity"].fields == {"Description": FieldSettings("pull", "salesforce")}


@pytest.mark.parametrize("value", ["plain", 'with "quotes"', "back\\slash", "line\nbreak", True, 12, 0.25])
def test_a_value_is_written_as_toml_reads_it(value: object) -> None:
    assert tomllib.loads(f"x = {settings.toml_value(value)}")["x"] == value
