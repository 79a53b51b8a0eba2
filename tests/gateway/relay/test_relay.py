"""Next hops by name, as the configuration lists them."""

from pathlib import Path
from typing import Any

import pytest

from gateway.config import NextHop, Route, Tls
from gateway.egress import Abilities, Shipment
from gateway.relay import NextHops
from rules.transaction import Envelope, Recipient


async def test_each_name_leads_to_its_own_server(
    serve: Any, tmp_path: Path, envelope: Envelope, people: tuple[Recipient, ...]
) -> None:
    first, second = await serve(), await serve()
    hops = NextHops(
        (
            NextHop(name="inside", host="127.0.0.1", port=first.port, tls=Tls.OFF),
            NextHop(name="outside", host="127.0.0.1", port=second.port, tls=Tls.OFF),
            NextHop(name="folder", maildir=tmp_path),
        ),
        "gw.city.example",
    )
    shipment = Shipment(recipients=people[:1], pieces=(b"Subject: x\r\n\r\n",))
    for name in ("outside", "folder"):
        egress = hops.egress(name)
        assert [one.reply.code for one in await egress.send(envelope, shipment)] == [250]
        await egress.close()
    assert (len(first.arrived), len(second.arrived), len(list((tmp_path / "new").iterdir()))) == (0, 1, 1)
    assert {name: health.connects for name, health in hops.health().items()} == {"inside": 0, "outside": 1}
    assert second.commands[0] == "EHLO gw.city.example"
    with pytest.raises(KeyError):
        hops.egress("nowhere")
    await hops.close()


ALL = "250-mx\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250-DSN\r\n250 SIZE 500"
NONE = "250-mx\r\n250 SIZE 400"
OPEN = "250-mx\r\n250 SIZE"
CAN = Abilities(octets=500)
CANNOT = Abilities(eight_bit=False, smtputf8=False, dsn=False, octets=400)


@pytest.mark.parametrize(
    ("ehlos", "abilities"),
    [
        ([ALL], CAN),
        ([NONE], CANNOT),
        ([OPEN], Abilities(eight_bit=False, smtputf8=False, dsn=False)),
        ([ALL, NONE], Abilities(dsn=False, octets=500)),
        ([NONE, OPEN], Abilities(eight_bit=False, smtputf8=False, dsn=False)),
    ],
)
@pytest.mark.parametrize("way", ["otherwise", "route"])
async def test_mail_may_need_what_one_of_its_next_hops_can(
    serve: Any, ehlos: list[str], abilities: Abilities, way: str
) -> None:
    """But for DSN, which all must have."""
    servers = [await serve({"EHLO": ehlo}) for ehlo in ehlos]
    more: dict[str, Any] = {"otherwise": "hop1"} if way == "otherwise" and len(servers) > 1 else {}
    routes = [Route(domains=("school.example",), next_hop=f"hop{len(servers) - 1}")] if way == "route" else []
    hops = NextHops(
        [
            NextHop(
                name=f"hop{number}", host="127.0.0.1", port=server.port, tls=Tls.OFF, **(more if not number else {})
            )
            for number, server in enumerate(servers)
        ],
        "gw.city.example",
        routes,
    )
    assert hops.abilities("hop0") == Abilities()
    await hops.greet()
    assert hops.abilities("hop0") == abilities
    await hops.close()


async def test_what_a_next_hop_offers_anew_is_known_from_then_on(serve: Any, people: tuple[Recipient, ...]) -> None:
    """Mail for `first` may need what either can, so that what `second` says changes it too."""
    first, second = await serve({"EHLO": NONE}), await serve({"EHLO": [NONE, ALL]})
    hops = NextHops(
        [
            NextHop(name="first", host="127.0.0.1", port=first.port, tls=Tls.OFF, otherwise="second"),
            NextHop(name="second", host="127.0.0.1", port=second.port, tls=Tls.OFF),
        ],
        "gw.city.example",
    )
    await hops.greet()
    before = hops.abilities("first")
    assert before == CANNOT and hops.abilities("first") is before, "not worked out for each session anew"
    for writer in second.writers:
        writer.close()
    egress = hops.egress("second")
    assert (await egress.offer(Envelope(reverse_path=None, recipients=()), people[0])).accepted
    await egress.close()
    assert second.connections == 2
    assert hops.abilities("first") == Abilities(dsn=False, octets=500)
    await hops.close()


async def test_a_folder_takes_everything_and_reports_nothing(tmp_path: Path) -> None:
    hops = NextHops((NextHop(name="folder", maildir=tmp_path),), "gw.city.example")
    assert hops.abilities("folder") == Abilities(dsn=False)
