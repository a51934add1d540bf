"""Whoever holds a key: each signer differs from the others in its own module alone."""
