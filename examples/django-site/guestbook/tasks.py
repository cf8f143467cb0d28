"""What the worker does."""

from celery import shared_task

from guestbook.models import Entry


@shared_task
def count_words(entry_id: int) -> None:
    """Store how many words an entry has. Running twice does no harm, as a queue may do that."""
    for entry in Entry.objects.filter(pk=entry_id):
        entry.word_count = len(entry.message.split())
        entry.save(update_fields=["word_count"])
