"""One file a technology; the stores behind quarantine.ports."""
