"""Next hops by name, as the configuration lists them."""

from pathlib import Path
from typing import Any

import pytest

from gateway.config import NextHop, Tls
from gateway.egress import Shipment
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
