"""Track and its Versions: what is kept. Job and its JobEvents: the log of how it was made."""

from __future__ import annotations

import secrets
import uuid
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"  # nothing that reads like something else


def new_code() -> str:
    """Ten letters and digits (49 bits): short enough to read out, too many to guess."""
    return "".join(secrets.choice(ALPHABET) for _ in range(10))


def version_path(version: Version, name: str) -> str:
    return f"tracks/{version.track.code}/{version.number}/{name}"


class Visibility(models.TextChoices):
    PRIVATE = "private", _("Only me")
    UNLISTED = "unlisted", _("Everybody with the link")
    PUBLIC = "public", _("Everybody")


class TrackSet(models.QuerySet["Track"]):
    def present(self) -> TrackSet:
        """Not deleted."""
        return self.filter(deleted_at=None)

    def kept(self) -> TrackSet:
        return self.present().filter(kept=True)

    def listed(self) -> TrackSet:
        """What anybody may come across."""
        return self.kept().filter(visibility=Visibility.PUBLIC)

    def restorable(self) -> TrackSet:
        """Deleted so lately that it can be undone."""
        return self.filter(deleted_at__gt=timezone.now() - timedelta(days=settings.UNDO_DAYS))


class Track(models.Model):
    """One piece of music, with a link of its own. What it sounds like is its head Version."""

    code = models.CharField(max_length=10, unique=True, default=new_code, editable=False)
    title = models.CharField(_("title"), max_length=200)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, null=True, blank=True, related_name="tracks", verbose_name=_("owner")
    )
    guest_id = models.CharField(max_length=32, blank=True, db_index=True, editable=False)
    visibility = models.CharField(_("visibility"), max_length=8, choices=Visibility, default=Visibility.PRIVATE)
    kept = models.BooleanField(_("kept"), default=False)
    engine = models.CharField(_("engine"), max_length=40, blank=True)
    brief = models.JSONField(default=dict, editable=False)
    provenance = models.JSONField(default=dict, editable=False)  # weights, backend, versions, take
    job = models.ForeignKey("Job", models.SET_NULL, null=True, editable=False, related_name="tracks")
    take = models.PositiveSmallIntegerField(default=0, editable=False)
    head = models.ForeignKey("Version", models.RESTRICT, null=True, editable=False, related_name="+")
    parent = models.ForeignKey("Version", models.SET_NULL, null=True, editable=False, related_name="remixes")
    rating_count = models.PositiveIntegerField(default=0, editable=False)
    rating_mean = models.FloatField(null=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    deleted_at = models.DateTimeField(null=True, blank=True, db_index=True)

    objects = TrackSet.as_manager()

    class Meta:
        verbose_name = _("track")
        ordering = ["-created_at", "-pk"]
        indexes = [
            models.Index(fields=["owner", "kept", "-created_at"]),
            models.Index(fields=["visibility", "kept", "-created_at"]),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return f"/t/{self.code}"

    @property
    def current(self) -> Version:
        """The head; only while a track is being made has it none."""
        assert self.head is not None
        return self.head

    @property
    def is_audio(self) -> bool:
        """Sound without a score: only sound can be exported."""
        return bool(self.current.sound) and not self.current.piece

    @property
    def formats(self) -> tuple[str, ...]:
        sound = ("wav", "ogg", "mp3")
        return sound if self.is_audio else ("mid", "performance.mid", "musicxml", "pdf", *sound)


class Version(models.Model):
    """What a Track was at one time. Versions are only ever added."""

    track = models.ForeignKey(Track, models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    cause = models.CharField(max_length=40)  # composed, duplicated, edited, restored ...
    job = models.ForeignKey("Job", models.SET_NULL, null=True, editable=False, related_name="versions")
    piece = models.JSONField(default=dict)  # generator.music.serial
    bars = models.PositiveIntegerField(default=0)
    seconds = models.FloatField(default=0)
    features = models.JSONField(default=dict)  # generator.music.features
    midi = models.FileField(upload_to=version_path, max_length=200, blank=True)
    musicxml = models.FileField(upload_to=version_path, max_length=200, blank=True)
    sound = models.FileField(upload_to=version_path, max_length=200, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("version")
        ordering = ["number"]
        constraints = [models.UniqueConstraint(fields=["track", "number"], name="version_number_once_a_track")]

    def __str__(self) -> str:
        return f"{self.track_id}/{self.number}"


class Job(models.Model):
    """Work for a worker. Its state changes only in `generator.jobs`."""

    class Status(models.TextChoices):
        QUEUED = "queued", _("waiting")
        RUNNING = "running", _("running")
        DONE = "done", _("done")
        FAILED = "failed", _("failed")
        CANCELLED = "cancelled", _("cancelled")

    class Kind(models.TextChoices):
        COMPOSE = "compose", _("composing")
        EXPORT = "export", _("exporting")

    ACTIVE = (Status.QUEUED, Status.RUNNING)

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.COMPOSE)
    status = models.CharField(max_length=10, choices=Status, default=Status.QUEUED)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, null=True, blank=True, related_name="jobs")
    guest_id = models.CharField(max_length=32, blank=True, db_index=True)
    address = models.CharField(max_length=64, blank=True)  # a keyed hash of the guest's network address
    request = models.JSONField(default=dict)  # a brief; for an export {version, format, paper, title}
    progress = models.FloatField(default=0)  # 0..1
    seq = models.PositiveIntegerField(default=0)  # number of the last event
    error = models.TextField(blank=True)
    attempt = models.PositiveSmallIntegerField(default=1)
    worker = models.CharField(max_length=100, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    sent_at = models.DateTimeField(default=timezone.now)
    heartbeat_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("job")
        ordering = ["-created_at"]
        indexes = [
            models.Index(
                fields=["status", "sent_at"], name="job_waiting", condition=Q(status__in=["queued", "running"])
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.id}"

    @property
    def active(self) -> bool:
        return self.status in self.ACTIVE

    @property
    def queue(self) -> str:
        return "compose" if self.kind == self.Kind.COMPOSE else "io"

    @property
    def group(self) -> str:
        """The channel group of the sockets that follow this job."""
        return f"job.{self.id}"


class JobEvent(models.Model):
    """One numbered line of a job's log; `generator.events` has the schema of every kind."""

    job = models.ForeignKey(Job, models.CASCADE, related_name="events")
    seq = models.PositiveIntegerField()
    kind = models.CharField(max_length=12)
    data = models.JSONField(default=dict)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["seq"]
        constraints = [models.UniqueConstraint(fields=["job", "seq"], name="event_number_once_a_job")]

    def __str__(self) -> str:
        return f"{self.job_id} {self.seq} {self.kind}"

    def message(self) -> dict[str, Any]:
        """As a socket sends it."""
        return {"seq": self.seq, "kind": self.kind, **self.data}
