"""Addresses of the generator's pages and files."""

from django.urls import path, re_path

from generator.views import files, health, studio

app_name = "generator"

urlpatterns = [
    path("", studio.studio, name="studio"),
    re_path(r"^t/([0-9a-z]+)\.(mid|musicxml|pdf|wav|ogg|mp3)$", files.file, name="file"),
    path("healthz", health.healthz, name="healthz"),
]
