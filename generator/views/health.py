"""`/healthz`: whether this site can compose."""

from __future__ import annotations

import redis
from django.db import DatabaseError, connection
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from generator import broker

QUEUES = ("compose", "io")


@require_safe
@never_cache
def healthz(request: HttpRequest) -> JsonResponse:
    """200 when database, broker and a worker of each queue answer; else 503 and what is wrong."""
    wrong = {**database(), **queues()}
    if wrong:
        answer = JsonResponse({"status": "unwell", "reasons": wrong}, status=503)
        answer._has_been_logged = True  # type: ignore[attr-defined]  # an answer, not an error of ours
        return answer
    return JsonResponse({"status": "ok"})


def database() -> dict[str, str]:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM generator_job LIMIT 1")
    except DatabaseError as error:
        return {"database": f"The database does not answer ({type(error).__name__}); is it migrated?"}
    return {}


def queues() -> dict[str, str]:
    """What the broker knows of the workers' heartbeats."""
    try:
        silent = [queue for queue in QUEUES if not broker.workers(queue)]
    except (redis.RedisError, OSError) as error:
        return {"broker": f"The broker does not answer ({type(error).__name__}); is REDIS_URL right?"}
    return {f"worker {queue}": "No worker serves this queue." for queue in silent}
