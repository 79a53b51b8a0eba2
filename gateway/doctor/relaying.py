"""A Postfix on this machine that hands mail to our listeners, or that takes it from us: what of its settings is unsafe.

It trusts this machine, and so believes what we pass on: a second message hidden in the first is let in by whichever of
the two reads line ends more laxly.
"""

from collections import ChainMap
from collections.abc import Iterator, Mapping

from gateway.config import Config
from gateway.doctor.beside import LEAST_CONTENT, port_of, releases_at, seconds_of
from gateway.doctor.note import Note, good, unsafe
from gateway.doctor.postfix import BARE_NEWLINE_OFF, PostfixSettings, Service

HERE = ("127.", "localhost", "::1")
HANDED_OVER = ("content_filter", "relayhost", "default_transport", "relay_transport")


def judge_relaying(settings: PostfixSettings, config: Config) -> tuple[Note, ...]:
    """Pure; nothing where Postfix has nothing to do with us. What several services share is said once."""
    notes: list[Note] = []
    for service in settings.services:
        values = ChainMap(dict(service.options), dict(settings.main))
        notes += [*_before_us(service, values, config), *_behind_us(service, values, config)]
    return tuple(dict.fromkeys(notes))


def _before_us(service: Service, values: Mapping[str, str], config: Config) -> Iterator[Note]:
    proxied = _is_ours(values.get("smtpd_proxy_filter", ""), config)
    if not proxied and not any(_is_ours(values.get(name, ""), config) for name in HANDED_OVER):
        return
    name, says = (
        ("smtpd_proxy_timeout", "Postfix waits {} for us, a proxy filter")
        if proxied
        else ("smtp_data_done_timeout", "Postfix waits {} for our answer to a message")
    )
    seconds = seconds_of(values.get(name, ""))
    if seconds is None or seconds < LEAST_CONTENT:
        said = says.format(values.get(name) or "an unknown time")
        yield unsafe(f"{said}, and asks again while we are at work: copies come twice", f"{name} = 100s or more")
    else:
        yield good(says.format(values[name]))
    if values.get("smtpd_forbid_bare_newline", "") in BARE_NEWLINE_OFF:
        said = (
            f"Postfix before us ({service.name}): a bare line feed may end a message, and hide a second one behind it"
        )
        yield unsafe(said, "smtpd_forbid_bare_newline = normalize; Postfix 3.7.10, 3.8.5 and later")


def _behind_us(service: Service, values: Mapping[str, str], config: Config) -> Iterator[Note]:
    takes_ours = any(
        hop.port == port_of(service.name) and _is_here(hop.host or "") for hop in config.next_hops
    ) and not releases_at(config, port_of(service.name))  # those are judged with the milters
    if takes_ours and values.get("smtpd_forbid_bare_newline", "") in BARE_NEWLINE_OFF:
        said = f"Postfix behind us ({service.name}): a bare line feed may end a message; what we pass on holds none"
        yield unsafe(said, "smtpd_forbid_bare_newline = normalize, for whoever else connects there")


def _is_ours(text: str, config: Config) -> bool:
    """`127.0.0.1:2525`, `smtp:[127.0.0.1]:2525`, `inet:localhost:2525`."""
    return _is_here(text) and port_of(text) in {listener.port for listener in config.listeners}


def _is_here(text: str) -> bool:
    return any(name in text for name in HERE)
