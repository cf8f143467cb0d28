"""The site's settings as production has them, with a secret that protects nothing."""

# ruff: noqa: F403

import os

os.environ["SECRET_KEY"] = "for the tests only"
# What the developer exported to run the site is not for the tests.
os.environ.pop("CELERY_BROKER_URL", None)
os.environ.pop("DJANGO_DEBUG", None)

from site_config.settings import *
