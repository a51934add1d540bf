"""Forgeries of our own documents: every published class of attack on PDF signatures.

``ATTACKS`` maps a name to what makes the file from a ``victim.Victim``; ``MANIFEST.toml`` says of
each which code has to be among the reasons of the attacked signature, or of the file.
"""

import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType

from attacks import certification, forgery, incremental, shadow, structure, wrapping
from attacks.victim import Victim

ATTACKS: Mapping[str, Callable[[Victim], bytes]] = MappingProxyType(
    {
        **incremental.ATTACKS,
        **wrapping.ATTACKS,
        **forgery.ATTACKS,
        **shadow.ATTACKS,
        **certification.ATTACKS,
        **structure.ATTACKS,
    }
)


def manifest() -> dict[str, str]:
    """Return the code that each attack has to be refused with, by its name."""
    text = Path(__file__).with_name("MANIFEST.toml").read_text(encoding="utf-8")
    return {one["name"]: one["code"] for one in tomllib.loads(text)["attack"]}
