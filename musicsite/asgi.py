"""HTTP and sockets in one application."""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "musicsite.settings")
http = get_asgi_application()  # fills the app registry, which the imports below need

from channels.auth import AuthMiddlewareStack  # noqa: E402
from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402

from generator.routing import websocket_urlpatterns  # noqa: E402
from musicsite.tokens import BearerSocketMiddleware  # noqa: E402

application = ProtocolTypeRouter(
    {"http": http, "websocket": AuthMiddlewareStack(BearerSocketMiddleware(URLRouter(websocket_urlpatterns)))}
)
