# SPDX-License-Identifier: MIT
from django.db import migrations, models


def key():
    return models.BigAutoField(
        "ID", auto_created=True, primary_key=True, serialize=False
    )


def belongs_to(model):
    return models.ForeignKey(to=model, on_delete=models.CASCADE)


class Migration(migrations.Migration):
    initial = True
    operations = [
        migrations.CreateModel(
            "Department",
            [("id", key()), ("name", models.CharField(max_length=80))],
        ),
        migrations.CreateModel(
            "Course",
            [
                ("id", key()),
                ("department", belongs_to("courses.department")),
                ("title", models.CharField(max_length=120)),
            ],
        ),
        migrations.CreateModel(
            "Lesson",
            [
                ("id", key()),
                ("course", belongs_to("courses.course")),
                ("number", models.PositiveIntegerField()),
                ("title", models.CharField(max_length=160)),
                ("text", models.TextField()),
            ],
        ),
    ]
