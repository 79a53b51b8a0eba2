from gateway.milter.protocol import CommandCode, ResponseCode, Right, Step


def test_each_code_is_one_octet() -> None:
    assert all(len(code.encode()) == 1 for code in (*CommandCode, *ResponseCode))


def test_the_rights_and_steps_are_those_that_postfix_offers() -> None:
    assert sum(Right) == 0x1FF
    assert sum(Step) == 0x1FFFFF
