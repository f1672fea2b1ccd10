"""Who is let in: what has to be proven for a request, and whether it is."""

from __future__ import annotations

import asyncio
import math
import re
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable

from ngair.adapters.http.asgi import Scope, Send, send_problem
from ngair.adapters.http.basic import CHALLENGE, USER, credentials
from ngair.adapters.http.token import Tokens, carried
from ngair.adapters.password import Passwords
from ngair.api.queries import LockDocument
from ngair.api.wishes import Refused
from ngair.device.attempts import Attempts
from ngair.model.limits import PASSWORD_CHECKS_WAITING_MAX, PASSWORDS_WRONG_MAX


class Locked(Refused, frozen=True):
    """Why somebody is not let in, with what HTTP says of it."""

    headers: tuple[tuple[bytes, bytes], ...] = ()


class Locks:
    """Lets in whoever proves the password: by HTTP Basic, or by a token that was given for it."""

    def __init__(
        self,
        passwords: Passwords,
        *,
        read_lock: bool = False,
        https_port: int | None = None,
        is_setup: Callable[[Scope], bool] = lambda scope: False,
        now_s: Callable[[], float] = time.monotonic,
    ) -> None:
        """`read_lock`: reading has to be proven, too. With `https_port` nothing is proven without TLS.

        `is_setup` tells whether a request comes from somebody who is setting the box up.
        """
        self.read_lock = read_lock
        self.passwords = passwords
        self._https_port = https_port
        self.is_setup = is_setup
        self._now_s = now_s
        self._attempts = Attempts()
        self._tokens = Tokens()
        self._token_of_programs = ""
        self._generation = passwords.generation
        self._trying: dict[_Try, asyncio.Task[bool]] = {}
        self._wrong: OrderedDict[_Try, None] = OrderedDict()

    async def admit(self, scope: Scope, *, reading: bool) -> Locked | None:
        """Why a request is not let in; `None` if it is. `reading`: it changes nothing."""
        if reading and self._is_open(scope):
            return None
        refused = await self._closed(scope)
        if refused is not None:
            return refused
        token = carried(scope["headers"])
        if token is not None and self._tokens.holds(token, self._now_s()):
            return None
        sent = credentials(scope["headers"])
        if sent == "twice":
            return Locked(400, "A request has one Authorization header.")
        if sent is None:
            return _unproven(scope, _NOT_SENT if token is None else _NO_TOKEN)
        # Who is wrong by the name alone takes as long as who is wrong by the password: no password begins with NUL.
        return await self._prove(scope, sent.password if sent.user == USER else "\0" + sent.password)

    def stay(self) -> Callable[[], Awaitable[bool]]:
        """What tells, later, whether who is let in to read now would still be: not when the password is another one."""
        generation = self._generation

        async def may_stay() -> bool:
            if self.read_lock:
                await self._look()
            return not self.read_lock or generation == self._generation

        return may_stay

    async def login(self, scope: Scope, password: str) -> str | Locked:
        """A token for the password."""
        refused = await self._closed(scope) or await self._prove(scope, password)
        return refused or self._tokens.issue(self._now_s())

    async def change_password(self, scope: Scope, old: str, new: str) -> str | Locked:
        """Set another password, and a token for it. Raises `PasswordError`, and `OSError` where it cannot be kept."""
        refused = await self._closed(scope) or await self._prove(scope, old)
        if refused is not None:
            return refused
        # Of two who change it at once, the second has proven what holds no more.
        if not await self.passwords.replace(self.passwords.mark(old), new):
            return _unproven(scope, _WRONG)
        self._notice()
        return self._tokens.issue(self._now_s())

    def logout(self, scope: Scope) -> None:
        """The token that a request carries holds no more."""
        self._tokens.drop(carried(scope["headers"]) or b"")

    def token_of_programs(self) -> str:
        """The token that programs share: whoever asks for it each minute must not use up those of pages."""
        if not self._token_of_programs or not self._tokens.holds(self._token_of_programs.encode(), self._now_s()):
            self._token_of_programs = self._tokens.issue(self._now_s())
        return self._token_of_programs

    async def document(self, scope: Scope) -> LockDocument:
        """What has to be proven, and where."""
        await self._look()
        return LockDocument(self.passwords.is_set, self.read_lock, self._https_port, self.is_setup(scope))

    def _is_open(self, scope: Scope) -> bool:
        """Whether this may be read without proof. By the access point, which is open to the street, the setup page."""
        path: str = scope["path"]
        return not self.read_lock if not self.is_setup(scope) else path == "/setup" or path.startswith(_OF_SETUP)

    async def _closed(self, scope: Scope) -> Locked | None:
        """Why nothing that is sent here can be proof."""
        if self._https_port is not None and scope.get("scheme") != "https" and not self.is_setup(scope):
            return _sent_to(_https(scope, self._https_port), scope)
        await self._look()
        if self.passwords.is_damaged:
            return Locked(403, _DAMAGED)
        return None if self.passwords.is_set else Locked(403, _NO_PASSWORD)

    async def _prove(self, scope: Scope, password: str) -> Locked | None:
        """Why this password is not taken. The same one by the same peer costs one attempt, however often it is sent."""
        peer = str(scope["client"][0]) if scope.get("client") else ""
        this = peer, self.passwords.mark(password)
        if this in self._wrong:
            return _unproven(scope, _WRONG)
        trying = self._trying.get(this)
        if trying is None:
            now_s = self._now_s()
            wait_s = self._attempts.begin(peer, now_s)
            if wait_s > 0:
                return Locked(429, _TOO_MANY.format(wait_s=math.ceil(wait_s)), _retry_after(wait_s))
            if self.passwords.is_proven(this[1]):
                self._attempts.succeeded(peer, now_s)
                return None
            if len(self._trying) >= PASSWORD_CHECKS_WAITING_MAX:
                self._attempts.give_back(peer, now_s)
                return Locked(503, "Others wait for their password to be checked: try again.", _retry_after(1))
            trying = self._trying[this] = asyncio.create_task(self._try(*this, password))
        # It may be another one since it was proven, with all that was given for it gone.
        right = await asyncio.shield(trying) and self.passwords.is_proven(this[1])
        return None if right else _unproven(scope, _WRONG)

    async def _try(self, peer: str, mark: bytes, password: str) -> bool:
        generation = self._generation
        try:
            right = await self.passwords.verify(password)
        finally:
            del self._trying[peer, mark]
        if right:
            self._attempts.succeeded(peer, self._now_s())
        elif generation == self.passwords.generation:
            self._wrong[peer, mark] = None
            if len(self._wrong) > PASSWORDS_WRONG_MAX:
                self._wrong.popitem(last=False)
        return right

    async def _look(self) -> None:
        await self.passwords.look()
        self._notice()

    def _notice(self) -> None:
        """Whatever was proven with another password is proven no more."""
        if self._generation != self.passwords.generation:
            self._generation = self.passwords.generation
            self._tokens.drop_all()
            self._token_of_programs = ""
            self._wrong.clear()


async def send_refused(send: Send, refused: Refused, *, close: bool) -> None:
    """Send why something is refused. `close`: nobody reads the rest of what came with the request."""
    headers = refused.headers if isinstance(refused, Locked) else ()
    await send_problem(send, refused.status, refused.detail, headers=headers, close=close)


_Try = tuple[str, bytes]
"""Who, and the mark of what."""


def _unproven(scope: Scope, detail: str) -> Locked:
    """The box's own page asks for the password itself: a browser that is told how would ask in a window of its own."""
    own = any(name == b"x-ngair-page" for name, _ in scope["headers"])
    return Locked(401, detail, () if own else (CHALLENGE,))


def _retry_after(wait_s: float) -> tuple[tuple[bytes, bytes], ...]:
    return ((b"retry-after", b"%d" % math.ceil(wait_s)),)


def _sent_to(where: str, scope: Scope) -> Locked:
    """Why nothing is proven here. Whoever types the box's name means its page, which is led there."""
    is_page = scope["path"] == "/" and scope["method"] in ("GET", "HEAD") and where.startswith("https:")
    headers = ((b"location", where.encode("latin-1")),) if is_page else ()
    return Locked(307 if is_page else 403, _BY_HTTPS.format(where=where), headers)


def _https(scope: Scope, port: int) -> str:
    """Where the same is served by TLS, as far as a request tells by which name it came."""
    host = b"".join(value for name, value in scope["headers"] if name == b"host").decode("latin-1")
    match = _HOST.fullmatch(host)
    return f"https://{match[1]}:{port}/" if match else f"https, port {port}"


_OF_SETUP = ("/assets/", "/icon")
_HOST = re.compile(r"([A-Za-z0-9.-]{1,255}|\[[0-9A-Fa-f:.]{2,45}\])(?::[0-9]{0,5})?")
_NO_PASSWORD = (
    "This needs the box's password, and it has none yet: set one with `ngair password` on the box, or in setup mode."
)
_DAMAGED = "This box cannot read its password, so nobody can prove it: set it anew with `ngair password` on the box."
_BY_HTTPS = "The password and changes are taken by HTTPS only: {where}."
_NOT_SENT = (
    "This needs the password: by HTTP Basic as user ctek, or as X-Ngair-Token the token that POST /api/v1/login gives."
)
_NO_TOKEN = "This token holds no more: ask for another one with POST /api/v1/login."
_WRONG = "User or password is wrong. The user is ctek; `ngair password` on the box sets another password."
_TOO_MANY = "Too many wrong passwords: try again in {wait_s} s."
