"""Every address of the site. The one API of the whole site is put together here."""

from django.contrib import admin
from django.urls import include, path
from django.views.i18n import JavaScriptCatalog
from ninja import NinjaAPI

from generator import api as generator
from generator.errors import add_error_handlers

api = NinjaAPI(title="Partita", version="1", docs_url="/docs", urls_namespace="api", auth=generator.Visitor())
api.add_router("", generator.router)
add_error_handlers(api)

urlpatterns = [
    path("", include("generator.urls")),
    path("api/v1/", api.urls),
    path("accounts/", include("allauth.urls")),
    path("admin/", admin.site.urls),
    path("i18n/", include("django.conf.urls.i18n")),
    path("jsi18n/", JavaScriptCatalog.as_view(packages=["generator", "recommender", "musicsite"]), name="jsi18n"),
]
