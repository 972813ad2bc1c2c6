"""Addresses of the generator's sockets."""

from django.urls import path

from generator.consumers import JobConsumer

websocket_urlpatterns = [
    path("ws/jobs/<uuid:job_id>/", JobConsumer.as_asgi()),
]
