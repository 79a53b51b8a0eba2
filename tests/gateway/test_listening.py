"""Two that listen at one place are told; any free port and other addresses are not."""

import pytest

from gateway.listening import Listening, shared


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (("127.0.0.1", 25), ("127.0.0.1", 25), True),
        (("127.0.0.1", 25), ("127.0.0.1", 26), False),
        (("127.0.0.1", 25), ("127.0.0.2", 25), False),
        (("0.0.0.0", 25), ("127.0.0.2", 25), True),
        (("127.0.0.2", 25), ("::", 25), True),
        (("127.0.0.1", 0), ("127.0.0.1", 0), False),
    ],
)
def test_places_that_two_would_share(one, other, same):
    places = [Listening(("first",), *one), Listening(("second",), *other)]
    assert list(shared(iter(places))) == ([places[1]] if same else [])
