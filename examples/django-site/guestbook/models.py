"""The tables."""

from django.db import models


class Entry(models.Model):
    """What a visitor left. The worker counts the words later."""

    author = models.CharField(max_length=80)
    message = models.TextField(max_length=2000)
    written_at = models.DateTimeField(auto_now_add=True)
    word_count = models.PositiveIntegerField(null=True, blank=True)

    class Meta:
        """Newest first, as a guestbook is read."""

        ordering = ("-written_at", "-id")
        verbose_name_plural = "entries"

    def __str__(self) -> str:
        """Return who wrote it, and how it begins."""
        return f"{self.author}: {self.message[:40]}"
