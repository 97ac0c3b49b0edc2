"""What the runs and figures of one command share, until the next command."""

import functools
from collections.abc import Callable

_CACHES: list = []


def kept(count: int) -> Callable:
    """Keeps the last `count` values of a function, by its arguments."""

    def keep(function):
        cached = functools.lru_cache(count)(function)
        _CACHES.append(cached)
        return cached

    return keep


def forget() -> None:
    """Forgets them all: the files behind them may have changed."""
    for cached in _CACHES:
        cached.cache_clear()
