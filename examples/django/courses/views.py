# SPDX-License-Identifier: MIT
"""A dozen views, each with a way of its own to use memory."""
from django.db.models import Count
from django.http import JsonResponse
from django.shortcuts import get_object_or_404

from .models import Course, Department, Lesson

try:
    from memory_profiler import profile
except ImportError:  # neither under mprof nor with memory_profiler installed

    def profile(function):
        return function


# What lessons_kept() never lets go: the leak that `mprof leak` finds.
kept = []


def listed(rows):
    return JsonResponse({"rows": [row.as_json() for row in rows]})


def index(request):
    names = ("departments", "courses", "lessons", "search", "report")
    return JsonResponse({name: f"/{name}/" for name in names})


def departments(request):
    return listed(Department.objects.all())


def department(request, key):
    found = get_object_or_404(Department, pk=key)
    rows = [course.as_json() for course in found.course_set.all()]
    return JsonResponse({**found.as_json(), "courses": rows})


def courses(request):
    return listed(Course.objects.all())


def course(request, key):
    found = get_object_or_404(Course, pk=key)
    return JsonResponse(
        {**found.as_json(), "lessons": found.lesson_set.count()}
    )


def course_lessons(request, key):
    return listed(Lesson.objects.filter(course_id=key))


def lessons(request):
    """A page of fifty: what a list should be."""
    first = 50 * int(request.GET.get("page", 0))
    return listed(Lesson.objects.all()[first : first + 50])


def lesson(request, key):
    found = get_object_or_404(Lesson, pk=key)
    return JsonResponse({**found.as_json(), "text": found.text})


@profile
def lessons_all(request):
    """Every lesson at once: the peak of this site."""
    found = list(Lesson.objects.all())
    rows = [row.as_json() for row in found]
    return JsonResponse({"rows": rows})


def lessons_streamed(request):
    """The same count, with a hundred lessons in memory at a time."""
    words = 0
    for row in Lesson.objects.iterator(chunk_size=100):
        words += len(row.text.split())
    return JsonResponse({"words": words})


def lessons_kept(request):
    """Leaks on purpose: a hundred lessons more at each visit."""
    first = len(kept) % Lesson.objects.count()
    kept.extend(Lesson.objects.all()[first : first + 100])
    return JsonResponse({"kept": len(kept)})


def search(request):
    word = request.GET.get("word", "memory")
    return listed(Lesson.objects.filter(text__contains=word)[:200])


def report(request):
    """The database counts, Python holds a row a department."""
    rows = Department.objects.annotate(lessons=Count("course__lesson"))
    return JsonResponse({row.name: row.lessons for row in rows})
