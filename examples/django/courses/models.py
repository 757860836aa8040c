# SPDX-License-Identifier: MIT
from django.db import models


class Department(models.Model):
    name = models.CharField(max_length=80)

    def as_json(self):
        return {"id": self.pk, "name": self.name}


class Course(models.Model):
    department = models.ForeignKey(Department, models.CASCADE)
    title = models.CharField(max_length=120)

    def as_json(self):
        return {
            "id": self.pk,
            "department": self.department_id,
            "title": self.title,
        }


class Lesson(models.Model):
    course = models.ForeignKey(Course, models.CASCADE)
    number = models.PositiveIntegerField()
    title = models.CharField(max_length=160)
    text = models.TextField()

    def as_json(self):
        return {
            "id": self.pk,
            "course": self.course_id,
            "number": self.number,
            "title": self.title,
            "words": len(self.text.split()),
        }
