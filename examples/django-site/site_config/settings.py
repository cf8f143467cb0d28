"""Django's settings. What differs between machines comes from the environment."""

import os
from pathlib import Path

import dj_database_url
from django.core.exceptions import ImproperlyConfigured
from django.core.management.utils import get_random_secret_key

BASE_DIR = Path(__file__).parent.parent
DEBUG = os.environ.get("DJANGO_DEBUG", "").lower() in {"1", "true", "yes"}


def secret_key() -> str:
    """Return the secret. Only a development server may make one up: it is new at each start."""
    if key := os.environ.get("SECRET_KEY"):
        return key
    if DEBUG:
        return get_random_secret_key()
    raise ImproperlyConfigured("set SECRET_KEY, or DJANGO_DEBUG=true on your own machine")


SECRET_KEY = secret_key()
ALLOWED_HOSTS = os.environ.get("ALLOWED_HOSTS", "localhost,127.0.0.1").split(",")

INSTALLED_APPS = ["guestbook"]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.common.CommonMiddleware",
]
ROOT_URLCONF = "site_config.urls"
WSGI_APPLICATION = "site_config.wsgi.application"

# /tmp is the one place that stays writable when the root file system is read-only.
DATABASES = {
    "default": dj_database_url.config(
        default="sqlite:////tmp/guestbook.db", conn_max_age=60, conn_health_checks=True
    )
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
TIME_ZONE = "UTC"

# Without a broker, a task runs where it is called: nothing else has to be up to try the site.
NO_BROKER = "memory://localhost"
CELERY_BROKER_URL = os.environ.get("CELERY_BROKER_URL", NO_BROKER)
CELERY_TASK_ALWAYS_EAGER = CELERY_BROKER_URL == NO_BROKER
CELERY_TASK_IGNORE_RESULT = True
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True

# Containers log to the console, and nowhere else.
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"console": {"class": "logging.StreamHandler"}},
    "root": {"handlers": ["console"], "level": "INFO"},
}
