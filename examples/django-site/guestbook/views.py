"""The JSON that the site speaks."""

import json
from functools import partial

from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_http_methods

from guestbook.models import Entry
from guestbook.tasks import count_words

NEWEST = 50


@require_GET
def health(_request: HttpRequest) -> JsonResponse:
    """Say that the process serves. Asks no database: restarting us does not cure one."""
    return JsonResponse({"status": "ok"})


# No cookies and no session here, so there is nothing that a forged request could use.
@csrf_exempt
@require_http_methods(["GET", "POST"])
def entries(request: HttpRequest) -> JsonResponse:
    """List the newest entries, or add one."""
    if request.method == "POST":
        return add_entry(request)
    return JsonResponse({"entries": [as_json(entry) for entry in Entry.objects.all()[:NEWEST]]})


def add_entry(request: HttpRequest) -> JsonResponse:
    """Store an entry, and leave the counting to the worker."""
    try:
        entry = parse_entry(request.body)
    except ValidationError as error:
        return JsonResponse({"errors": error.message_dict}, status=422)
    with transaction.atomic():
        entry.save()
        # Only after the commit: a worker that is faster would find no entry.
        transaction.on_commit(partial(count_words.delay, entry.pk))
    return JsonResponse({"id": entry.pk}, status=201)


def parse_entry(body: bytes) -> Entry:
    """Return an unsaved entry, or raise `ValidationError` with what is wrong, by field."""
    try:
        written = json.loads(body)
    except ValueError as error:
        raise ValidationError({"body": "this is not JSON"}) from error
    if not isinstance(written, dict):
        raise ValidationError({"body": "this is not a JSON object"})
    entry = Entry(author=written.get("author", ""), message=written.get("message", ""))
    entry.full_clean()
    return entry


def as_json(entry: Entry) -> dict[str, object]:
    """Return what a reader sees of an entry."""
    return {
        "id": entry.pk,
        "author": entry.author,
        "message": entry.message,
        "written_at": entry.written_at.isoformat(),
        "word_count": entry.word_count,
    }
