"""The site from outside."""

import pytest
from django.core.management import call_command
from django.test import Client

from guestbook.models import Entry
from guestbook.tasks import count_words

ADA = {"author": "Ada", "message": "I was here"}


def test_health(client: Client) -> None:
    """A site that is up says so, with or without a database."""
    assert client.get("/health").json() == {"status": "ok"}


@pytest.mark.django_db(transaction=True)
def test_an_entry_is_stored_and_counted(client: Client) -> None:
    """What was posted is listed; the task ran after the commit."""
    created = client.post("/entries", ADA, content_type="application/json")
    assert created.status_code == 201
    (entry,) = client.get("/entries").json()["entries"]
    assert (entry["author"], entry["message"], entry["word_count"]) == ("Ada", "I was here", 3)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("body", "field"),
    [
        ("no json", "body"),
        ("[]", "body"),
        ('{"message": "I was here"}', "author"),
        ('{"author": "Ada", "message": ""}', "message"),
    ],
)
def test_a_wrong_entry_is_refused(client: Client, body: str, field: str) -> None:
    """The caller learns which field is wrong, and nothing is stored."""
    response = client.post("/entries", body, content_type="application/json")
    assert response.status_code == 422
    assert field in response.json()["errors"]
    assert not Entry.objects.exists()


@pytest.mark.django_db
def test_a_task_for_a_missing_entry_does_nothing() -> None:
    """An entry may be gone before the worker comes to it."""
    count_words.delay(404)


@pytest.mark.django_db
def test_every_model_has_its_migration() -> None:
    """A model that was changed without a migration fails here."""
    call_command("makemigrations", check=True, dry_run=True)
