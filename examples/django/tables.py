# SPDX-License-Identifier: MIT
"""Prints what one statement leaves behind, with and without select_related:
for manage.py shell, under mprof run --python."""
from courses.models import Lesson

list(Lesson.objects.select_related("course__department")[:1])  # Django's caches

with profile.heap("all"):
    lessons = list(Lesson.objects.all())

del lessons

with profile.heap("select_related"):
    lessons = list(Lesson.objects.select_related("course__department"))
