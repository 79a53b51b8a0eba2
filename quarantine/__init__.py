"""Keeps: holds, lists, releases, deletes and reports. Knows `rules`, never `gateway`."""
