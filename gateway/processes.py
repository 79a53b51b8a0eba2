"""What the supervisor and the processes that it starts know of each other. Starts nothing and needs nothing."""

KEEPER = "keeper"  # a role; those of gateway processes are numbered
DRAIN_SECONDS = 60.0  # for messages whose content is under way; their senders try the others again
CONFIG_EXIT = 78  # EX_CONFIG of sysexits.h: starting again would not help


class CannotStart(Exception):
    """The configuration asks for something this machine does not give: a port in use, a folder not writable."""
