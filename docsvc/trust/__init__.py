"""The trust store of an installation: what an administrator decided to trust, and why."""
