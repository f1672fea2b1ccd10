"""Tokens: what stands for a password that was proven, so that pages need not keep the password."""

from __future__ import annotations

import hashlib
import secrets
from collections import OrderedDict
from collections.abc import Sequence

from ngair.model.limits import TOKEN_IDLE_S, TOKENS_MAX

HEADER = b"x-ngair-token"


class Tokens:
    """The tokens that hold. Time is an argument."""

    def __init__(self) -> None:
        self._used_s: OrderedDict[bytes, float] = OrderedDict()
        """By hash, so that how long a look takes tells nothing of a token; the longest unused first."""

    def issue(self, now_s: float) -> str:
        """A new one: 32 hex digits that nobody can guess. The longest unused one goes when there are too many."""
        token = secrets.token_hex(16)
        self._used_s[_hash(token.encode("ascii"))] = now_s
        if len(self._used_s) > TOKENS_MAX:
            self._used_s.popitem(last=False)
        return token

    def holds(self, token: bytes, now_s: float) -> bool:
        """Whether it is one of them; used, it holds for as long again."""
        hashed = _hash(token)
        used_s = self._used_s.get(hashed)
        if used_s is None:
            return False
        if now_s - used_s > TOKEN_IDLE_S:
            del self._used_s[hashed]
            return False
        self._used_s[hashed] = now_s
        self._used_s.move_to_end(hashed)
        return True

    def drop(self, token: bytes) -> None:
        """It holds no more."""
        self._used_s.pop(_hash(token), None)

    def drop_all(self) -> None:
        """None holds any more."""
        self._used_s.clear()


def carried(headers: Sequence[tuple[bytes, bytes]]) -> bytes | None:
    """The token that a request carries, once."""
    sent = [value for name, value in headers if name == HEADER]
    return sent[0] if len(sent) == 1 else None


def _hash(token: bytes) -> bytes:
    return hashlib.sha256(token).digest()
