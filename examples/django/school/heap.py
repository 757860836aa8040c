# SPDX-License-Identifier: MIT
"""Prints what each request of one URL leaves behind, under mprof run."""
import builtins
import contextlib
import os


def heap_of_url(get_response):
    url = os.environ.get("SCHOOL_HEAP_URL")
    profile = getattr(builtins, "profile", None)

    def middleware(request):
        counted = profile and request.path == url
        with profile.heap(url) if counted else contextlib.nullcontext():
            return get_response(request)

    return middleware
