# IPython's magics, as a notebook's cells run them; with the word peaks their
# peaks are right as well.
import os
import sys

os.environ["IPYTHONDIR"] = os.path.join(os.getcwd(), "ipython")
from IPython.core import page  # noqa: E402
from IPython.core.interactiveshell import InteractiveShell  # noqa: E402

page.page = print
with open("grown.py", "w") as file:
    file.write("def grow(n):\n    a = [0] * n\n    return len(a)\n")
sys.path.insert(0, os.getcwd())
shell = InteractiveShell.instance()


def cell(text):
    result = shell.run_cell(text)
    assert result.success, text
    return result.result


cell("%load_ext memory_profiler")
cell("from grown import grow")
cell("%memit grow(3000000)")
found = cell("%memit -r 2 -o -q grow(3000000)")
assert len(found.mem_usage) == 2
assert "peaks" not in sys.argv or max(found.mem_usage) > found.baseline + 20
assert str(found).startswith("peak memory: ")
cell("%%memit -i 0.01 n = 5\ngrow(n)\ngrow(n)")
cell("%mprun -f grow -T table.txt grow(3000)")
assert "[0] * n" in open("table.txt").read()
prof = cell("%mprun -r -c -f grow grow(3)")
assert type(prof).__name__ == "LineProfiler"
cell("%%mprun -f grow k = 4\ngrow(k)\ngrow(k)")
assert cell("k") == 4
shell.run_cell("%mprun -f nothing_of_that_name 1")
print("whole")
