"""Settings of Partita. Every environment variable is read here, and listed in README.md.

Name               Default                        Meaning
-----------------  -----------------------------  -----------------------------------------------------------
DATA_DIR           ./data                         Database, stored files and the secret key
PORT               8000                           Where the web process listens
SECRET_KEY         generated into DATA_DIR        Signs sessions and tokens
DEBUG              0                              Django's debug pages
HTTPS              0                              1 behind TLS: secure cookies, HSTS, redirect to https
ALLOWED_HOSTS      localhost,127.0.0.1,[::1]      Host names served, separated by commas
ORIGINS            (none)                         Further trusted origins, such as https://music.example.org
TRUSTED_PROXIES    0                              Reverse proxies whose X-Forwarded-For is believed
DATABASE_URL       sqlite in DATA_DIR             Such as postgres://user:password@host/name
REDIS_URL          unix socket in RUNTIME_DIR     Such as redis://host:6379/0 or unix:///path/valkey.sock
RUNTIME_DIR        /tmp/partita-UID-HASH          Short private folder of the Valkey socket
CACHE_URL          (memory of each process)       A redis:// address shared by several web processes
STORAGE_BACKEND    Django's FileSystemStorage     Dotted path of a storage class for scores and sound
STORAGE_OPTIONS    {}                             Its options, as JSON
WORKER_DEVICE      cpu                            Where engines run: cpu, cuda, cuda:1
WORKER_THREADS     0                              Threads that decode; 0 leaves it to torch
IO_CONCURRENCY     2                              Threads of the io worker
WARM_ENGINES       transformer                    Engines the compose worker loads at its start
JOB_GUEST_RUNNING  1                              Jobs of one guest that run at once
JOB_GUEST_WAITING  3                              Jobs of one guest that wait
JOB_MEMBER_RUNNING 3                              Jobs of one member that run at once
JOB_MEMBER_WAITING 10                             Jobs of one member that wait
JOB_ADDRESS_ACTIVE 12                             Guests' jobs from one network address, running or waiting
JOB_SILENCE        30                             Seconds without a heartbeat after which a worker is given up
JOB_RESEND         30                             Seconds after which a waiting job is sent to the queue again
JOB_REAP_EVERY     15                             Seconds between two looks for lost jobs
SOUNDFONT          pretty_midi's own              Path of the SoundFont that renders audio exports
EMAIL_HOST         (mail goes to the console)     SMTP server; also EMAIL_PORT, EMAIL_HOST_USER,
                                                  EMAIL_HOST_PASSWORD, EMAIL_USE_TLS, DEFAULT_FROM_EMAIL
LOG_LEVEL          INFO                           Of Partita's own loggers
"""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path

import dj_database_url
from csp.constants import NONE, SELF, WASM_UNSAFE_EVAL
from django.core.management.utils import get_random_secret_key


def flag(name: str, default: bool = False) -> bool:
    """An on-off environment variable: 1, true, yes or on switch it on."""
    return os.environ.get(name, str(int(default))).lower() in {"1", "true", "yes", "on"}


def number(name: str, default: int) -> int:
    return int(os.environ.get(name, default))


def names(name: str, default: str = "") -> list[str]:
    """A list separated by commas."""
    return [part.strip() for part in os.environ.get(name, default).split(",") if part.strip()]


BASE_DIR = Path(__file__).resolve().parent.parent
DATA_DIR = Path(os.environ.get("DATA_DIR") or BASE_DIR / "data").resolve()
DATA_DIR.mkdir(parents=True, exist_ok=True)
PORT = number("PORT", 8000)


def secret_key(folder: Path) -> str:
    """SECRET_KEY, or one drawn once and kept in `folder`, readable by its owner only."""
    if given := os.environ.get("SECRET_KEY"):
        return given
    path = folder / "secret_key"
    try:
        with os.fdopen(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as file:
            file.write("".join(get_random_secret_key() for _ in range(2)))
    except FileExistsError:
        pass
    return path.read_text()


def runtime_dir(folder: Path) -> Path:
    """A short folder of one's own for sockets, whose paths may not pass 107 bytes."""
    mark = hashlib.sha256(str(folder).encode()).hexdigest()[:8]
    path = Path(os.environ.get("RUNTIME_DIR") or f"/tmp/partita-{os.getuid()}-{mark}")
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path


SECRET_KEY = secret_key(DATA_DIR)
RUNTIME_DIR = runtime_dir(DATA_DIR)
DEBUG = flag("DEBUG")
HTTPS = flag("HTTPS")
ALLOWED_HOSTS = names("ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]")
CSRF_TRUSTED_ORIGINS = names("ORIGINS")
TRUSTED_PROXIES = number("TRUSTED_PROXIES", 0)

INSTALLED_APPS = [
    "daphne",
    "musicsite",
    "generator",
    "recommender",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "channels",
    "csp",
    "django_vite",
    "ninja",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "servestatic.middleware.ServeStaticMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "musicsite.tokens.BearerMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "musicsite.views.errors.AwayMiddleware",
]

ROOT_URLCONF = "musicsite.urls"
ASGI_APPLICATION = "musicsite.asgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "musicsite.views.languages.catalogue_context",
            ]
        },
    }
]


# -- Database -------------------------------------------------------------------


def database(url: str) -> dict[str, object]:
    """Django's entry for `url`. SQLite gets a write-ahead log and takes its write lock when a transaction begins."""
    entry: dict[str, object] = {**dj_database_url.parse(url)}
    if entry["ENGINE"] == "django.db.backends.sqlite3":
        entry["OPTIONS"] = {
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
        }
    return entry


DATABASES = {"default": database(os.environ.get("DATABASE_URL") or f"sqlite:///{DATA_DIR / 'partita.sqlite3'}")}


# -- Broker and sockets -----------------------------------------------------------


def broker_urls(url: str) -> tuple[str, str]:
    """One REDIS_URL in the words of Celery and of Channels: (broker, channel layer host).

    Celery calls a unix socket `redis+socket://` and its database `virtual_host`.
    """
    if not url.startswith("unix://"):
        return url, url
    path, _, query = url.removeprefix("unix://").partition("?")
    base = query.removeprefix("db=") or "0"
    return f"redis+socket://{path}?virtual_host={base}", url


REDIS_URL = os.environ.get("REDIS_URL") or f"unix://{RUNTIME_DIR / 'valkey.sock'}"
CELERY_BROKER_URL, _channels_host = broker_urls(REDIS_URL)
CELERY_BROKER_CONNECTION_TIMEOUT = 2
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {"socket_connect_timeout": 2, "socket_timeout": 10, "socket_keepalive": True}
CELERY_TASK_PUBLISH_RETRY = False
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_DEFAULT_QUEUE = "io"
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SCHEDULE_FILENAME = str(DATA_DIR / "beat-schedule")
CELERY_BEAT_SCHEDULE = {
    "reap": {"task": "generator.tasks.reap", "schedule": number("JOB_REAP_EVERY", 15), "options": {"expires": 15}},
    "sweep": {"task": "generator.tasks.sweep", "schedule": 3600, "options": {"expires": 3600}},
}

CHANNEL_LAYERS = {
    "default": {
        "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
        "CONFIG": {"hosts": [{"address": _channels_host, "socket_connect_timeout": 2}], "prefix": "partita"},
    }
}

CACHES = {
    "default": (
        {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": os.environ["CACHE_URL"]}
        if os.environ.get("CACHE_URL")
        else {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
    )
}


# -- Jobs and engines -------------------------------------------------------------

WORKER_DEVICE = os.environ.get("WORKER_DEVICE", "cpu")
WORKER_THREADS = number("WORKER_THREADS", 0)
if WORKER_THREADS:  # torch and numpy read these when they are imported
    os.environ.update(
        dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"), str(WORKER_THREADS))
    )
WARM_ENGINES = names("WARM_ENGINES", "transformer")
JOB_LIMITS = {
    "guest": {"running": number("JOB_GUEST_RUNNING", 1), "waiting": number("JOB_GUEST_WAITING", 3)},
    "member": {"running": number("JOB_MEMBER_RUNNING", 3), "waiting": number("JOB_MEMBER_WAITING", 10)},
}
JOB_ADDRESS_ACTIVE = number("JOB_ADDRESS_ACTIVE", 12)
JOB_SILENCE = number("JOB_SILENCE", 30)
JOB_RESEND = number("JOB_RESEND", 30)
TAKE_DAYS = 7  # takes nobody kept
UNDO_DAYS = 30  # deleted tracks
EXPORT_WAIT = 20  # seconds a download waits for the io worker
EVALUATIONS = {"transformer": "generator.training.evaluate.run"}


# -- Files --------------------------------------------------------------------------

MEDIA_ROOT = DATA_DIR / "files"
STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
STATIC_ROOT.mkdir(exist_ok=True)
VITE_DIST = BASE_DIR / "static" / "dist"
VITE_DIST.mkdir(parents=True, exist_ok=True)
STATICFILES_DIRS = [VITE_DIST]
STORAGES = {
    "default": {
        "BACKEND": os.environ.get("STORAGE_BACKEND") or "django.core.files.storage.FileSystemStorage",
        "OPTIONS": json.loads(os.environ.get("STORAGE_OPTIONS") or "{}"),
    },
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
DJANGO_VITE = {"default": {"dev_mode": False, "manifest_path": VITE_DIST / "manifest.json"}}
SERVESTATIC_USE_FINDERS = True
SERVESTATIC_AUTOREFRESH = DEBUG
# Vite names its files name-HASH.ext; those never change.
SERVESTATIC_IMMUTABLE_FILE_TEST = r"^.+[-.][0-9a-zA-Z_-]{8,12}\..+$"


# -- People ---------------------------------------------------------------------------

AUTH_USER_MODEL = "musicsite.User"
AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("UserAttributeSimilarityValidator", "MinimumLengthValidator", "CommonPasswordValidator")
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "/"
CSRF_FAILURE_VIEW = "musicsite.views.errors.csrf_failure"
ACCOUNT_LOGIN_METHODS = {"username", "email"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "email*", "password1*"]
ACCOUNT_ADAPTER = "musicsite.accounts.Adapter"
ACCOUNT_EMAIL_VERIFICATION = "optional"  # an account works at once; the mailed link only proves the address
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_UNIQUE_EMAIL = True
ACCOUNT_CHANGE_EMAIL = True
ACCOUNT_USERNAME_MIN_LENGTH = 2
ACCOUNT_USERNAME_BLACKLIST = ["admin", "partita", "guest", "anonymous"]
ACCOUNT_FORMS = {
    name: f"musicsite.forms.{form}"
    for name, form in {
        "login": "LoginForm",
        "signup": "SignupForm",
        "reset_password": "ResetPasswordForm",
        "reset_password_from_key": "ResetPasswordKeyForm",
        "change_password": "ChangePasswordForm",
        "set_password": "SetPasswordForm",
        "add_email": "AddEmailForm",
        "reauthenticate": "ReauthenticateForm",
    }.items()
}
ALLAUTH_TRUSTED_PROXY_COUNT = TRUSTED_PROXIES

EMAIL_HOST = os.environ.get("EMAIL_HOST", "")
EMAIL_PORT = number("EMAIL_PORT", 587)
EMAIL_HOST_USER = os.environ.get("EMAIL_HOST_USER", "")
EMAIL_HOST_PASSWORD = os.environ.get("EMAIL_HOST_PASSWORD", "")
EMAIL_USE_TLS = flag("EMAIL_USE_TLS", True)
EMAIL_BACKEND = f"django.core.mail.backends.{'smtp' if EMAIL_HOST else 'console'}.EmailBackend"
DEFAULT_FROM_EMAIL = os.environ.get("DEFAULT_FROM_EMAIL", "Partita <partita@localhost>")


# -- Languages -------------------------------------------------------------------------

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("de", "Deutsch")]  # each in its own tongue
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"


# -- Safety ----------------------------------------------------------------------------

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF, WASM_UNSAFE_EVAL],
        "worker-src": [SELF, "blob:"],
        "style-src": [SELF],
        "img-src": [SELF, "data:", "blob:"],
        "media-src": [SELF, "blob:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = HTTPS
SECURE_REDIRECT_EXEMPT = [r"^healthz$"]
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
DATA_UPLOAD_MAX_MEMORY_SIZE = 4 * 2**20

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": "WARNING"},
    "loggers": {
        name: {"level": os.environ.get("LOG_LEVEL", "INFO")} for name in ("generator", "musicsite", "recommender")
    },
}
