"""The socket of a job: whatever its log holds beyond what this client has."""

from __future__ import annotations

import asyncio
import json
import logging
from typing import Any
from urllib.parse import parse_qs, urlsplit

from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncWebsocketConsumer
from django.conf import settings
from django.http import Http404
from redis.exceptions import RedisError

from generator import access
from generator.access import Requester
from generator.models import Job

log = logging.getLogger(__name__)
GONE = 4404  # not there, not yours, or not yours any more
REFUSED = 4400  # a message that is not {"after": n}
GREETING = 0.5  # seconds a client has to say where it left off before it gets the log from its first line
BATCH = 50
BROKER = 2.0  # seconds to wait for the broker
LONGEST = 200  # characters of a client's message


class JobConsumer(AsyncWebsocketConsumer):
    """Sends a job's events in order. A nudge, a question and the connection itself all end in `catch_up`.

    A client that was here before says so in the address (`?after=n`), or in its first message.

    Nudges only make it quicker: with the broker away a client still hears everything by asking.
    """

    who = Requester()
    after = 0
    greeting: asyncio.Task[None] | None = None
    greeted = False  # before that a nudge waits: the client may be about to say what it has

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.turn = asyncio.Lock()

    async def connect(self) -> None:
        await self.accept()
        self.group = f"job.{self.scope['url_route']['kwargs']['job_id']}"
        if not (self.scope.get("bearer") or same_origin(self.scope)):
            await self.close(GONE)
            return
        self.who = await database_sync_to_async(access.scope_requester)(self.scope)
        if await self.read() is None:
            await self.close(GONE)
            return
        await self._join(self.channel_layer.group_add)
        said = parse_qs(self.scope["query_string"].decode("latin-1")).get("after", [""])[0]
        if said.isdecimal() and len(said) < 10:
            self.greeted, self.after = True, int(said)
            await self.catch_up()
        else:
            self.greeting = asyncio.create_task(self._greet())

    async def _greet(self) -> None:
        await asyncio.sleep(GREETING)
        self.greeted = True
        await self.catch_up()

    async def _join(self, join: Any) -> None:
        """Enter or leave the group of the job's sockets."""
        try:
            async with asyncio.timeout(BROKER):
                await join(self.group, self.channel_name)
        except (RedisError, OSError) as error:
            log.warning("The group %s cannot be reached: %s", self.group, error)

    async def disconnect(self, code: int) -> None:
        if self.greeting:
            self.greeting.cancel()
        await self._join(self.channel_layer.group_discard)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        after = asked(text_data)
        if after is None:
            await self.close(REFUSED)
            return
        if self.greeting and not self.greeted:
            self.greeting.cancel()
        self.greeted = True
        async with self.turn:
            self.after = after
            await self._send_missing()

    async def nudge(self, event: dict[str, Any]) -> None:
        """A message of the group: the log may have grown, or access may be lost."""
        if self.greeted:
            await self.catch_up()

    async def catch_up(self) -> None:
        """Check access, then send every event after the last one sent; close when no more can follow."""
        async with self.turn:
            await self._send_missing()

    async def _send_missing(self) -> None:
        while (found := await self.read()) is not None:
            active, messages = found
            for message in messages:
                await self.send(json.dumps(message))
                self.after = message["seq"]
            if len(messages) < BATCH:
                if not active:
                    await self.close(1000)
                return
        await self.close(GONE)

    @database_sync_to_async
    def read(self) -> tuple[bool, list[dict[str, Any]]] | None:
        """(whether the job goes on, the next events); None without access."""
        if not access.still_signed_in(self.scope):
            return None
        try:
            job: Job = access.job(self.who, self.scope["url_route"]["kwargs"]["job_id"])
        except Http404:
            return None
        return job.active, [event.message() for event in job.events.filter(seq__gt=self.after)[:BATCH]]


def asked(text: str | None) -> int | None:
    """The n of `{"after": n}`; None for anything else."""
    if text is None or len(text) > LONGEST:
        return None
    try:
        message = json.loads(text)
    except ValueError:
        return None
    after = message.get("after") if isinstance(message, dict) and len(message) == 1 else None
    return after if type(after) is int and 0 <= after < 2**31 else None


def same_origin(scope: dict[str, Any]) -> bool:
    """Whether the page that opened this socket is ours: a session cookie alone proves nothing of that."""
    headers = dict(scope["headers"])
    origin = headers.get(b"origin", b"").decode("latin-1")
    host = headers.get(b"host", b"").decode("latin-1")
    return bool(origin) and (urlsplit(origin).netloc == host or origin in settings.CSRF_TRUSTED_ORIGINS)
