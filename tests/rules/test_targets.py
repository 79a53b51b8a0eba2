"""Targets of links as browsers read them."""

import pytest

from rules.targets import browsed, host_of


@pytest.mark.parametrize(
    ("target", "host"),
    [
        ("https://www.bank.example@evil.example/x", "evil.example"),
        ("HTTP://A.Example:8080/", "a.example"),
        ("www.a.example/go?to=https://b.example/", "www.a.example"),
        ("www.a.example?https://b.example/", "www.a.example"),
        ("https://a.example\\@b.example/", "a.example"),
        ("https:\\\\a.example\\x", "a.example"),
        ("https://a.example./", "a.example"),
        ("https://user:word@[2001:db8::1]:8080/", "2001:db8::1"),
        ("https://evil%2eexample/", "evil.example"),
        ("https://\uff45vil\u3002ex\u00adample/", "evil.example"),
        ("http://[broken", ""),
        ("http:///a.example/path", "a.example"),
        ("http://", ""),
    ],
)
def test_the_host_that_a_browser_would_ask(target: str, host: str) -> None:
    assert host_of(target) == host


@pytest.mark.parametrize("more", [0, 1])
def test_a_target_that_is_too_long_keeps_its_host(more: int) -> None:
    user = "a" * (2_000 - len("https://@evil.example/") + more)
    kept = user[:100] if more else user
    assert browsed(f"https://{user}@evil.example/") == f"https://{kept}@evil.example/"
