# -*- coding: utf-8 -*-
from memory_profiler import profile


@profile
def grüße(text):
    wörter = text * 1000000  # Größe in 漢字, العربية
    return len(wörter)


print(grüße("ö"))
