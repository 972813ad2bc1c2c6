"""Addresses of the generator's pages and files."""

from django.urls import path

from generator.views import health

app_name = "generator"

urlpatterns = [
    path("healthz", health.healthz, name="healthz"),
]
