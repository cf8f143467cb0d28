"""Create the table of entries."""

from typing import ClassVar

from django.db import migrations, models
from django.db.migrations.operations.base import Operation


class Migration(migrations.Migration):
    """The first step."""

    initial = True
    dependencies: ClassVar[list[tuple[str, str]]] = []
    operations: ClassVar[list[Operation]] = [
        migrations.CreateModel(
            name="Entry",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("author", models.CharField(max_length=80)),
                ("message", models.TextField(max_length=2000)),
                ("written_at", models.DateTimeField(auto_now_add=True)),
                ("word_count", models.PositiveIntegerField(blank=True, null=True)),
            ],
            options={
                "verbose_name_plural": "entries",
                "ordering": ("-written_at", "-id"),
            },
        ),
    ]
