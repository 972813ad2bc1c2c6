"""Every address of the site. The one API of the whole site is put together here."""

from django.contrib import admin
from django.urls import include, path
from ninja import NinjaAPI

from generator import api as generator
from generator.errors import add_error_handlers
from musicsite.views import about, account, languages

api = NinjaAPI(title="Partita", version="1", docs_url="/docs", urls_namespace="api", auth=generator.Visitor())
api.add_router("", generator.router)
add_error_handlers(api)

urlpatterns = [
    path("", include("generator.urls")),
    path("api/v1/", api.urls),
    path("accounts/", account.account, name="account"),
    path("accounts/tokens/", account.create_token, name="create_token"),
    path("accounts/tokens/<int:token_id>/revoke/", account.revoke_token, name="revoke_token"),
    path("accounts/data.zip", account.data, name="account_data"),
    path("accounts/delete/", account.delete, name="delete_account"),
    path("accounts/", include("allauth.urls")),
    path("admin/", admin.site.urls),
    path("i18n/", include("django.conf.urls.i18n")),
    path("i18n/<slug:language>.<slug:digest>.js", languages.serve, name="catalogue"),
    path("about", about.about, name="about"),
    path("robots.txt", about.robots, name="robots"),
    path("favicon.ico", about.favicon, name="favicon"),
]

handler400 = "musicsite.views.errors.bad_request"
handler403 = "musicsite.views.errors.forbidden"
handler404 = "musicsite.views.errors.not_found"
handler429 = "musicsite.views.errors.too_many"
handler500 = "musicsite.views.errors.broken"
