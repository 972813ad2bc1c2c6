"""The Celery application. Queues: `compose` runs engines, `io` parses, exports and tidies."""

from __future__ import annotations

import logging
import os
import threading
from typing import Any

from celery import Celery, bootsteps
from django.conf import settings
from django.utils.module_loading import import_string

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "musicsite.settings")

app = Celery("partita")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()

log = logging.getLogger(__name__)
PAUSE = 5  # seconds between two heartbeats


class Presence(bootsteps.StartStopStep):
    """At a worker's start: load its engines before it takes work, then say every few seconds that it lives."""

    requires = ("celery.worker.components:Pool",)

    def __init__(self, parent: Any, **options: Any) -> None:
        super().__init__(parent, **options)
        self.stopped = threading.Event()

    def start(self, parent: Any) -> None:
        queues = list(parent.app.amqp.queues.consume_from)
        warm_up(settings.WARM_ENGINES if "compose" in queues else [])
        thread = threading.Thread(target=self.beat, args=(queues,), name="presence", daemon=True)
        thread.start()

    def stop(self, parent: Any) -> None:
        self.stopped.set()

    def beat(self, queues: list[str]) -> None:
        """Until the worker stops. A broker that is away for a while is no reason to end."""
        beat = import_string("generator.broker.beat")  # the app registry is filled by now
        while True:
            try:
                for queue in queues:
                    beat(queue)
            except Exception:
                log.warning("A heartbeat could not be written; is the broker away?")
            if self.stopped.wait(PAUSE):
                return


def warm_up(engines: list[str]) -> None:
    """Libraries and engines are loaded before the first job; one without weights only says so in the log."""
    warm = import_string("generator.running.warm")
    for name in engines:
        try:
            warm(name)
        except FileNotFoundError as error:
            log.warning("The engine %s has no weights yet: %s", name, error)
        except Exception:
            log.exception("The engine %s could not be loaded", name)


app.steps["worker"].add(Presence)
