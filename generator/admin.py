"""What those who run a site look at: tracks, and jobs that went wrong."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from generator import jobs, tracks
from generator.models import Job, Track


@admin.register(Track)
class TrackAdmin(admin.ModelAdmin):
    list_display = ["code", "title", "owner", "engine", "visibility", "kept", "created_at", "deleted_at"]
    list_filter = ["visibility", "kept", "engine"]
    search_fields = ["code", "title", "owner__username"]
    autocomplete_fields = ["owner"]
    actions = ["hide"]

    @admin.action(description=_("Delete the selected tracks (can be undone for 30 days)"))
    def hide(self, request: HttpRequest, queryset: QuerySet[Track]) -> None:
        for track in queryset:
            tracks.delete(track)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False


@admin.register(Job)
class JobAdmin(admin.ModelAdmin):
    """Read only: a job's state changes in `generator.jobs` alone."""

    list_display = ["id", "kind", "status", "owner", "attempt", "worker", "created_at", "finished_at", "error"]
    list_filter = ["status", "kind"]
    search_fields = ["id", "owner__username"]
    actions = ["cancel"]

    @admin.action(description=_("Cancel the selected jobs"))
    def cancel(self, request: HttpRequest, queryset: QuerySet[Job]) -> None:
        for job in queryset:
            jobs.cancel(job)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Job | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Job | None = None) -> bool:
        return False
