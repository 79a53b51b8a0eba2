"""A city whose mail server asks a milter, for tests of what the doctor says to such servers' settings."""

from pathlib import Path

from gateway.config import Config, MilterListener, NextHop
from rules.transaction import ListenerKind

DEPLOY = Path(__file__).parents[3] / "deploy"
MILTER = MilterListener(name="mta", kind=ListenerKind.EDGE, next_hop="release")
CONFIG = Config(
    domains=("city.example",), next_hops=(NextHop(name="release", host="127.0.0.1", port=10026),), milters=(MILTER,)
)
