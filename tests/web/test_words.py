"""Every word on the pages is in both languages, and none is written past the catalogue."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import read_mo
from babel.messages.pofile import read_po

WEB = Path(__file__).resolve().parents[2] / "web"
FOLDER = WEB / "translations" / "zh_Hans_CN" / "LC_MESSAGES"
TEMPLATES = sorted((WEB / "templates").rglob("*.html"))

NOT_WORDS = {"Forcemirror", "JSON", "Tessel Sneakers", "forcemirror --help"}
"""Names that are the same in every language, and the data of the page of components."""

PLACEHOLDER = re.compile(r"%\(\w+\)s")


def _catalogue() -> Catalog:
    with (FOLDER / "messages.po").open("rb") as file:
        return read_po(file, locale="zh_Hans_CN")


def _used(folder: Path) -> set[tuple[str, str | None]]:
    method_map = [("**.py", "python"), ("**.html", "jinja2")]
    found = extract_from_dir(folder, method_map, directory_filter=lambda _: True)
    return {
        (message if isinstance(message, str) else message[0], context) for _, _, message, _, context in found if message
    }


def test_every_text_is_translated() -> None:
    known = {
        (message.id if isinstance(message.id, str) else message.id[0], message.context): message.string
        for message in _catalogue()
        if message.id
    }
    used = _used(WEB)
    assert len(used) > 300
    missing = {
        key for key in used if not (known.get(key) if isinstance(known.get(key), str) else known.get(key, ("",))[0])
    }
    assert missing == set()


def test_the_check_above_sees_a_text_that_is_not_translated(tmp_path: Path) -> None:
    shutil.copytree(WEB / "templates", tmp_path / "templates")
    (tmp_path / "templates" / "_macros" / "new.html").write_text("{{ _('Nobody translated this') }}", encoding="utf-8")
    assert ("Nobody translated this", None) in _used(tmp_path)


def test_translations_keep_their_placeholders() -> None:
    for message in _catalogue():
        if not message.id:
            continue
        sources = [message.id] if isinstance(message.id, str) else list(message.id)
        targets = [message.string] if isinstance(message.string, str) else list(message.string)
        allowed = {name for source in sources for name in PLACEHOLDER.findall(source)}
        for target in targets:
            assert set(PLACEHOLDER.findall(target)) == allowed, message.id


def test_the_compiled_catalogue_is_that_of_the_text() -> None:
    with (FOLDER / "messages.mo").open("rb") as file:
        compiled = read_mo(file)
    assert _plain(compiled) == _plain(_catalogue())


def _plain(catalogue: Catalog) -> dict[tuple[str, str], tuple[str, ...]]:
    """A catalogue as values that compare: compiled ones have bytes and lists where text ones have neither."""
    found = {}
    for message in catalogue:
        if message.id:
            first = message.id if isinstance(message.id, str) else message.id[0]
            context = message.context.decode() if isinstance(message.context, bytes) else message.context or ""
            said = (message.string,) if isinstance(message.string, str) else tuple(message.string)
            found[first, context] = said
    return found


def test_chinese_prose_uses_full_width_marks() -> None:
    for message in _catalogue():
        strings = [message.string] if isinstance(message.string, str) else list(message.string)
        for text in strings if message.id else ():
            bare = re.sub(r"%\(\w+\)s|[A-Za-z0-9@./-]+", "x", text)
            assert not re.search(r"[\u4e00-\u9fff][,;:?!]", bare), text


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(WEB / "templates")))
def test_no_template_has_bare_text(path: Path) -> None:
    assert _bare(path.read_text(encoding="utf-8")) == set()


def test_the_check_above_sees_bare_text() -> None:
    assert _bare("<p>{{ _('Good') }} Bad text</p>") == {"Bad text"}
    assert _bare('<input placeholder="Bad">') == {"Bad"}


def _bare(template: str) -> set[str]:
    """What a person would read that does not come from an expression."""
    text = re.sub(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}", "\0", template, flags=re.DOTALL)
    attributes = re.findall(r'\b(?:placeholder|title|alt|aria-label)="([^"]*)"', text)
    between = re.split(r"<[^>]*>", re.sub(r"<!doctype html>", "", text))
    # A macro may make nothing but attributes.
    between = [re.sub(r'[\w-]+="[^"]*"', "", part) for part in between]
    pieces = [piece for part in (*between, *attributes) for piece in part.split("\0")]
    words = {re.sub(r"\s+", " ", piece).strip(" ·/:…→–=≠*|\n") for piece in pieces}
    return {word for word in words if re.search(r"[^\W\d_]{2,}", word)} - NOT_WORDS
