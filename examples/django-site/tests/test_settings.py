"""What the environment must say."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
OURS = {"DJANGO_SETTINGS_MODULE", "SECRET_KEY"}


def check(**variables: str) -> subprocess.CompletedProcess[str]:
    """Run `manage.py check` with these variables, and without those of the tests."""
    kept = {name: value for name, value in os.environ.items() if name not in OURS}
    return subprocess.run(
        [sys.executable, "manage.py", "check"],
        cwd=ROOT,
        env=kept | variables,
        capture_output=True,
        text=True,
    )


def test_production_needs_a_secret() -> None:
    """No default that somebody could forget to change."""
    refused = check()
    assert refused.returncode != 0
    assert "set SECRET_KEY" in refused.stderr


def test_a_secret_is_enough() -> None:
    """Everything else has a default."""
    assert check(SECRET_KEY="for the tests only").returncode == 0


def test_development_needs_none() -> None:
    """One that is made up does for a debug server."""
    assert check(DJANGO_DEBUG="true").returncode == 0
