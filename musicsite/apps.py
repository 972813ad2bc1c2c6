from django.apps import AppConfig


class MusicsiteConfig(AppConfig):
    name = "musicsite"
    verbose_name = "Accounts"
