"""Addresses of the generator's pages and files."""

from django.urls import path, re_path

from generator.views import engines, files, health, library, studio, track

app_name = "generator"

urlpatterns = [
    path("", studio.studio, name="studio"),
    re_path(r"^t/([0-9a-z]+)\.(mid|performance\.mid|musicxml|pdf|wav|ogg|mp3)$", files.file, name="file"),
    path("t/<slug:code>", track.track, name="track"),
    path("t/<slug:code>/score", track.score, name="score"),
    path("library", library.library, name="library"),
    path("library/deleted", library.deleted, name="deleted"),
    path("engines/", engines.index, name="engines"),
    path("engines/<slug:name>", engines.engine, name="engine"),
    path("healthz", health.healthz, name="healthz"),
]
