"""The pages people see while an app asks for access: English and Simplified Chinese, no scripts."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from jinja2 import Environment, FileSystemLoader, Template

if TYPE_CHECKING:
    from playground.login.apps import ConnectedApp
    from playground.org import Org

LANGUAGES = ("en", "zh")
HEADERS = MappingProxyType(
    {
        "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
        "X-Frame-Options": "DENY",
        "Referrer-Policy": "no-referrer",
        "Cache-Control": "no-cache, no-store",
    }
)
_WORDS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "title": "Log in to the playground org",
        "asks": "{app} asks to act for you:",
        "code": "Code that your device shows",
        "username": "User name",
        "password": "Password",
        "hint": "User names and the password are in playground.json.",
        "allow": "Allow",
        "deny": "Deny",
        "wrong_login": "The user name or the password is wrong. Nothing was allowed; try again.",
        "wrong_code": "No device waits with this code. Look at the device again, or let it ask for a new one.",
        "allowed": "Allowed. You can close this page and go back to your device.",
        "denied": "Denied. The device was told.",
        "logged_in": "The app may now act for you. You can close this page.",
    },
    "zh": {
        "title": "登录练习组织",
        "asks": "{app} 请求代表您执行以下操作：",
        "code": "设备上显示的代码",
        "username": "用户名",
        "password": "密码",
        "hint": "用户名和密码在 playground.json 中。",
        "allow": "允许",
        "deny": "拒绝",
        "wrong_login": "用户名或密码不正确。未授予任何权限，请重试。",
        "wrong_code": "没有设备在等待此代码。请再查看设备，或让它重新请求代码。",
        "allowed": "已允许。您可以关闭此页面，返回设备。",
        "denied": "已拒绝，并已告知设备。",
        "logged_in": "该应用现在可以代表您操作。您可以关闭此页面。",
    },
}
_SCOPES: Mapping[str, Mapping[str, str]] = {
    "en": {
        "api": "read and change your data through the API",
        "id": "know who you are",
        "web": "open pages in your browser",
        "refresh_token": "act for you at any time, until you withdraw it",
        "offline_access": "act for you at any time, until you withdraw it",
        "openid": "know who you are, by OpenID",
        "full": "do all that you may do",
    },
    "zh": {
        "api": "通过 API 读取和更改您的数据",
        "id": "获知您的身份",
        "web": "在浏览器中打开页面",
        "refresh_token": "随时代表您操作，直到您撤销",
        "offline_access": "随时代表您操作，直到您撤销",
        "openid": "通过 OpenID 获知您的身份",
        "full": "执行您有权执行的所有操作",
    },
}


def login_page(
    org: Org,
    language: str,
    action: str,
    *,
    app: ConnectedApp | None = None,
    scope: str = "",
    hidden: Mapping[str, str] | None = None,
    username: str = "",
    user_code: str | None = None,
    problem: str = "",
) -> bytes:
    """The form that people log in and decide with; ``user_code`` is asked for unless it is None."""
    active = org.store.select("User", "IsActive ORDER BY Username")
    return _page(
        language,
        action=action,
        app=app,
        scopes=[_SCOPES[language].get(item, item) for item in scope.split()],
        hidden=hidden or {},
        username=username,
        asks_code=user_code is not None,
        user_code=user_code or "",
        people=[str(user["Username"]) for user in active],
        problem=word(language, problem) if problem else "",
        done="",
    )


def last_page(language: str, key: str) -> bytes:
    """A page that says how it ended."""
    return _page(language, done=word(language, key), problem="")


def word(language: str, key: str) -> str:
    """A text of these pages."""
    return _WORDS[language][key]


def _page(language: str, **values: object) -> bytes:
    tag = "zh-CN" if language == "zh" else "en"
    return _template().render(language=tag, word=_WORDS[language], **values).encode("utf-8")


@cache
def _template() -> Template:
    loader = FileSystemLoader(Path(__file__).with_name("pages"))
    return Environment(loader=loader, autoescape=True).get_template("login.html")
