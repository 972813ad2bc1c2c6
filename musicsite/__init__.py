"""Wiring and accounts. The Celery application is made here so that every process finds its tasks."""

from musicsite.celery import app as celery_app

__all__ = ["celery_app"]
