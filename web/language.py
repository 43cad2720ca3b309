"""The language and the theme of a page: asked for by ``?lang=`` and ``?theme=``, kept in a cookie."""

from __future__ import annotations

from urllib.parse import urlencode

from flask import Flask, Response, g, request
from flask_babel import Babel  # type: ignore[import-untyped]

from web.words import gettext

LANGUAGES = {"en": ("en", "EN"), "zh_CN": ("zh-Hans", "中文")}
"""Languages by name: what HTML calls them, and the word on the switch."""

THEMES = ("light", "dark")
YEAR_S = 365 * 24 * 3600

_SHORT = {"zh": "zh_CN", "zh-CN": "zh_CN", "zh-Hans": "zh_CN", "zh_cn": "zh_CN"}


def install(app: Flask, preferred: str = "") -> None:
    """Choose language and theme for each request. ``preferred`` holds until a reader chooses; empty: the browser's."""
    Babel(app, default_locale="en", default_translation_directories="translations", locale_selector=_present)

    @app.before_request
    def choose() -> None:
        g.language = _chosen("lang") or _known(preferred) or _accepted()
        theme = request.args.get("theme") or request.cookies.get("theme")
        g.theme = theme if theme in THEMES else None

    @app.after_request
    def remember(response: Response) -> Response:
        if _known(request.args.get("lang")):
            _keep(response, "lang", g.language)
        if request.args.get("theme") in THEMES:
            _keep(response, "theme", request.args["theme"])
        return response


def _chosen(name: str) -> str | None:
    return _known(request.args.get(name)) or _known(request.cookies.get(name))


def _known(name: str | None) -> str | None:
    name = _SHORT.get(name or "", name)
    return name if name in LANGUAGES else None


def _accepted() -> str:
    best = request.accept_languages.best_match(["en", "zh", "zh-CN", "zh-Hans", "zh-Hans-CN"])
    return "zh_CN" if best and best.startswith("zh") else "en"


def _keep(response: Response, name: str, value: str) -> None:
    response.set_cookie(name, value, max_age=YEAR_S, httponly=True, samesite="Strict", path="/")


def here(**changes: str) -> str:
    """This page's address with some of its query changed."""
    query = {name: values for name, values in request.args.lists() if name not in ("lang", "theme")}
    query.update({name: [value] for name, value in changes.items()})
    path = request.full_path.split("?")[0] if request.method in ("GET", "HEAD") else "/"
    return f"{path}?{urlencode(query, doseq=True)}" if query else path


def switch() -> list[dict[str, object]]:
    """The language switch."""
    return [
        {"text": word, "lang": html, "href": here(lang=name), "current": name == g.language}
        for name, (html, word) in LANGUAGES.items()
    ]


def other_theme() -> dict[str, str]:
    """The link to the other theme."""
    if g.theme == "dark":
        return {"href": here(theme="light"), "text": gettext("Light theme")}
    return {"href": here(theme="dark"), "text": gettext("Dark theme")}


def _present() -> str:
    # A request that was refused before the language was chosen is answered in English.
    return str(g.get("language", "en"))
