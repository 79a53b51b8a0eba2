"""The forms around a secret: each has a specimen, and a gate that lets it through."""

from rules.identifiers.secret_shapes import SHAPE_GATES, SHAPES
from rules.patterns import compile_patterns

SPECIMENS = {
    "code of a lock or an alarm": ("The gate code for the yard is 4471#", "Disarm code 2290"),
    "key of a wireless network": ("WiFi CityHall, key: blue-otter-77",),
    "user and password": ("Login: ann / Harbor#22", "Credentials: ann Harbor#22", "login is ann, pw Harbor#22"),
    "password on a command line": ("curl -u ann:Harbor#22 x", "net use z: /user:ann Harbor#22"),
    "key in a header field": ("Authorization: Basic YW5uOkhhcmJvcg==",),
    "community of a network device": ("snmp-server community c1ty-ro",),
    "hash of a password": ("ann:$apr1$x1x1x1x1$abcdefghijklmnop",),
    "codes that stand for a password": ("Recovery codes: 48219933, 11824455",),
}


def test_every_form_has_a_specimen() -> None:
    assert {shape.what for shape in SHAPES} == set(SPECIMENS)
    texts = [text for several in SPECIMENS.values() for text in several]
    assert all(any(shape.pattern.search(text) for text in texts) for shape in SHAPES)


def test_a_gate_never_hides_what_its_pattern_would_find() -> None:
    gates = compile_patterns(SHAPE_GATES)
    for what, texts in SPECIMENS.items():
        for text in texts:
            fitting = {index for index, shape in enumerate(SHAPES) if shape.pattern.search(text)}
            assert fitting and fitting <= set(gates.fires(text)), text
            assert what in {SHAPES[index].what for index in fitting}
