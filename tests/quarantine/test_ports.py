"""What an attempt to deliver came to."""

import pytest

from quarantine.ports import Attempt
from rules.address import parse_address
from rules.transaction import Recipient

ANN = Recipient(address=parse_address("ann@city.example"))


@pytest.mark.parametrize(
    ("code", "in_doubt", "accepted", "permanent"),
    [
        (250, False, True, False),
        (251, False, True, False),
        (354, False, False, False),
        (451, False, False, False),
        (550, False, False, True),
        (250, True, False, False),
        (550, True, False, False),
    ],
)
def test_doubt_is_neither_acceptance_nor_refusal(code, in_doubt, accepted, permanent):
    attempt = Attempt(recipient=ANN, code=code, text=f"{code} so", in_doubt=in_doubt)
    assert (attempt.accepted, attempt.permanent) == (accepted, permanent)
