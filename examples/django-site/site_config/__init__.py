"""The site: settings, routes, and the two ways to run it (WSGI and Celery)."""

# `shared_task` looks for this application, in the site as in the worker.
from site_config.celery import app as celery_app

__all__ = ["celery_app"]
