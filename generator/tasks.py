"""Celery's entrance. The argument of a task is an id, and the worker's modules are imported by the worker only."""

from celery import shared_task
from django.utils.module_loading import import_string

from generator import jobs, tracks


@shared_task
def run_job(job_id: str) -> None:
    """Run one job of this queue."""
    import_string("generator.running.run")(job_id)


@shared_task
def reap() -> int:
    """Take care of jobs whose worker died (every JOB_REAP_EVERY seconds)."""
    return jobs.reap()


@shared_task
def sweep() -> int:
    """Delete takes nobody kept, tracks whose deletion can no longer be undone, and logs of old jobs (hourly)."""
    return tracks.sweep() + tracks.forget_jobs()
