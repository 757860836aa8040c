# SPDX-License-Identifier: MIT
from django.urls import path

from courses import views

urlpatterns = [
    path("", views.index),
    path("departments/", views.departments),
    path("departments/<int:key>/", views.department),
    path("courses/", views.courses),
    path("courses/<int:key>/", views.course),
    path("courses/<int:key>/lessons/", views.course_lessons),
    path("lessons/", views.lessons),
    path("lessons/<int:key>/", views.lesson),
    path("lessons/all/", views.lessons_all),
    path("lessons/streamed/", views.lessons_streamed),
    path("lessons/kept/", views.lessons_kept),
    path("search/", views.search),
    path("report/", views.report),
]
