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
RUN = "generator.running.run"
PAUSE = 5  # seconds between two heartbeats


class Presence(bootsteps.StartStopStep):
    """At a worker's start: load its engines before it takes work, then say every few seconds that it lives.

    Who runs no engines takes work at once, and imports what that needs beside.
    """

    requires = ("celery.worker.components:Pool",)

    def __init__(self, parent: Any, **options: Any) -> None:
        super().__init__(parent, **options)
        self.stopped = threading.Event()

    def start(self, parent: Any) -> None:
        queues = list(parent.app.amqp.queues.consume_from)
        if "compose" in queues:
            warm_up(settings.WARM_ENGINES)
        else:
            threading.Thread(target=import_string, args=(RUN,), name="imports", daemon=True).start()
        threading.Thread(target=self.beat, args=(queues,), name="presence", daemon=True).start()

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
    """Engines are loaded before the first job; one without weights only says so in the log."""
    warm = import_string("generator.running.warm")
    for name in engines:
        try:
            warm(name)
        except FileNotFoundError as error:
            log.warning("The engine %s has no weights yet: %s", name, error)
        except Exception:
            log.exception("The engine %s could not be loaded", name)


app.steps["worker"].add(Presence)
