"""What was read from bytes of unknown size, kept as long as it weighs no more than a limit."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


class ByteCache(Generic[Key, Value]):
    """Values by key, the least recently used dropped first; safe to share among threads."""

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._bytes = 0
        self._kept: OrderedDict[Key, tuple[int, Value]] = OrderedDict()
        self._lock = Lock()

    def get(self, key: Key, weight: int, make: Callable[[Key], Value]) -> Value:
        """Return the value of a key, made now if it is not kept.

        Args:
            key: what to make the value of.
            weight: bytes that the value holds; heavier than the limit, it is not kept.
            make: makes the value; two threads may both make it, outside the lock.
        """
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key][1]
        value = make(key)
        with self._lock:
            if key not in self._kept and weight <= self._max_bytes:
                self._kept[key] = (weight, value)
                self._bytes += weight
            while self._bytes > self._max_bytes:
                self._bytes -= self._kept.popitem(last=False)[1][0]
        return value
