# SPDX-License-Identifier: MIT
"""As little as a site on one's own machine needs."""
import os
from pathlib import Path

BASE_DIR = Path(__file__).resolve().parent.parent
SECRET_KEY = "an example has no secrets"
DEBUG = os.environ.get("SCHOOL_DEBUG") == "1"
ALLOWED_HOSTS = ["127.0.0.1", "localhost"]
ROOT_URLCONF = "school.urls"
INSTALLED_APPS = ["courses"]
MIDDLEWARE = [
    "django.middleware.common.CommonMiddleware",
    "school.heap.heap_of_url",
]
USE_TZ = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": os.environ.get("SCHOOL_DB", str(BASE_DIR / "school.sqlite3")),
    }
}
