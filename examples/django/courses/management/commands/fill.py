# SPDX-License-Identifier: MIT
"""Fills the database: 5 departments, 150 courses, 10,050 lessons."""
from django.core.management.base import BaseCommand
from django.db import transaction

from courses.models import Course, Department, Lesson

SUBJECTS = ("Chemistry", "Computing", "History", "Mathematics", "Music")
COURSES_EACH = 30
LESSONS_EACH = 67
SENTENCE = "Lesson {} of {} is about memory, page {} and what follows. "


class Command(BaseCommand):
    help = __doc__

    @transaction.atomic
    def handle(self, *args, **options):
        Department.objects.all().delete()
        for subject in SUBJECTS:
            self.fill_department(Department.objects.create(name=subject))
        self.stdout.write(f"{Lesson.objects.count()} lessons")

    def fill_department(self, department):
        for number in range(1, COURSES_EACH + 1):
            course = Course.objects.create(
                department=department, title=f"{department.name} {number}"
            )
            Lesson.objects.bulk_create(self.lessons_of(course))

    def lessons_of(self, course):
        for number in range(1, LESSONS_EACH + 1):
            yield Lesson(
                course=course,
                number=number,
                title=f"{course.title}, lesson {number}",
                text="".join(
                    SENTENCE.format(number, course.title, page)
                    for page in range(20)
                ),
            )
