# A notebook, run in a kernel of its own as Jupyter runs it. Prints what each
# cell shows, the pager's text included. The cells come on standard input, with
# a line of --- between them.
import sys

import nbformat
from nbclient import NotebookClient


def show(cell, cell_index, execute_reply):
    print("In:", cell.source.splitlines()[0])
    for output in cell.outputs:
        sys.stdout.write(
            output.get("text")
            or "%s: %s\n" % (output.get("ename"), output.get("evalue"))
        )
    for part in execute_reply["content"].get("payload", []):
        print(part["data"]["text/plain"])


notebook = nbformat.v4.new_notebook()
notebook.cells = [
    nbformat.v4.new_code_cell(text.strip())
    for text in sys.stdin.read().split("---\n")
]
# On a loaded machine a kernel starts late, and what it shows comes late.
NotebookClient(
    notebook,
    timeout=300,
    startup_timeout=300,
    iopub_timeout=300,
    allow_errors=True,
    on_cell_executed=show,
).execute()
