"""Where credentials and tokens may go (security paper 3.2, fault F62, invariant 40)."""

import pytest

from connector.salesforce.errors import ForeignOrigin
from connector.salesforce.origin import Origin, Profile, check_url, is_plain_path, parse_origin

PINNED = Origin("acme.my.salesforce.com")


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("https://login.salesforce.com", Origin("login.salesforce.com")),
        ("https://test.salesforce.com/", Origin("test.salesforce.com")),
        ("https://acme.my.salesforce.com", Origin("acme.my.salesforce.com")),
        ("https://acme--dev.sandbox.my.salesforce.com", Origin("acme--dev.sandbox.my.salesforce.com")),
        ("https://acme.my.salesforce.mil", Origin("acme.my.salesforce.mil")),
        ("https://ACME.my.salesforce.com:443", Origin("acme.my.salesforce.com")),
        ("https://acme.my.salesforce.com:8443", Origin("acme.my.salesforce.com", 8443)),
    ],
)
def test_addresses_of_salesforce_are_taken(url: str, origin: Origin) -> None:
    assert parse_origin(url, Profile.SALESFORCE) == origin


@pytest.mark.parametrize(
    "url",
    [
        "http://acme.my.salesforce.com",
        "https://acme.my.salesforce.com.evil.test",
        "https://evil.test/acme.my.salesforce.com",
        "https://acme.my.salesforce.com@evil.test",
        "https://evil.test\\.my.salesforce.com",
        "https://evil.test%2f.my.salesforce.com",
        "https://my.salesforce.com.",
        "https://notsalesforce.com",
        "https://evilsalesforce.com",
        "https://acme.my.salesforce.com/elsewhere",
        "https://acme.my.salesforce.com:99999",
        "https://аcme.my.salesforce.com",
        "https://acme..my.salesforce.com",
        "https://acme\n.my.salesforce.com",
        "acme.my.salesforce.com",
        "",
    ],
)
def test_every_other_address_is_refused(url: str) -> None:
    with pytest.raises(ForeignOrigin):
        parse_origin(url, Profile.SALESFORCE)


@pytest.mark.parametrize(
    "url", ["https://127.0.0.1:8443", "https://localhost:9", "https://playground.test", "https://[::1]:7"]
)
def test_a_playground_is_on_this_machine_and_only_with_its_own_profile(url: str) -> None:
    assert parse_origin(url, Profile.PLAYGROUND)
    with pytest.raises(ForeignOrigin):
        parse_origin(url, Profile.SALESFORCE)


@pytest.mark.parametrize("url", ["https://login.salesforce.com", "https://10.0.0.1", "https://127.0.0.1.evil.com"])
def test_playground_credentials_never_leave_this_machine(url: str) -> None:
    with pytest.raises(ForeignOrigin):
        parse_origin(url, Profile.PLAYGROUND)


@pytest.mark.parametrize(
    "url",
    [
        "https://acme.my.salesforce.com/services/data/v67.0/query/01g-2000?x=1",
        "https://acme.my.salesforce.com:443/id/00D/005",
    ],
)
def test_requests_below_the_pinned_origin_pass(url: str) -> None:
    check_url(url, PINNED)


@pytest.mark.parametrize(
    "url",
    [
        "https://acme.my.salesforce.com@evil.test/services/data",
        "https://acme.my.salesforce.com.evil.test/services/data",
        "https://acme.my.salesforce.com:8443/services/data",
        "http://acme.my.salesforce.com/services/data",
        "https://acme.my.salesforce.com//evil.test/services/data",
        "https://acme.my.salesforce.com/services//evil",
        "https://acme.my.salesforce.com/\\evil.test/services",
        "https://acme.my.salesforce.com/secur/frontdoor.jsp",
        "https://other.my.salesforce.com/services/data",
        "https://user:pass@acme.my.salesforce.com/services/data",
        "https://acme.my.salesforce.com/services/data#x",
    ],
)
def test_requests_anywhere_else_are_stopped(url: str) -> None:
    with pytest.raises(ForeignOrigin):
        check_url(url, PINNED)


def test_a_next_page_is_a_plain_path() -> None:
    assert is_plain_path("/services/data/v67.0/query/01g5g00000ABCDE-2000")
    for path in ("//evil.test/services", "@evil.test/services", ".evil.test/services", "/services/../x", "\\services"):
        assert not is_plain_path(path)
