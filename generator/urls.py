"""Addresses of the generator's pages and files."""

from django.urls import path, re_path

from generator.views import files, health, studio, track

app_name = "generator"

urlpatterns = [
    path("", studio.studio, name="studio"),
    re_path(r"^t/([0-9a-z]+)\.(mid|musicxml|pdf|wav|ogg|mp3)$", files.file, name="file"),
    path("t/<slug:code>", track.track, name="track"),
    path("t/<slug:code>/score", track.score, name="score"),
    path("healthz", health.healthz, name="healthz"),
]
