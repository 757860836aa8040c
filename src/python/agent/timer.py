# SPDX-License-Identifier: MIT
#
# A part of the module memory_profiler that hardly any program uses: a process
# that reads another one's memory until it is told to stop.
import multiprocessing as _multiprocessing

_get_memory = _late("_get_memory")


class MemTimer(_multiprocessing.Process):
    """Sends 0 through the pipe once it reads, and when something comes back,
    the values and how many readings there were."""

    def __init__(
        self, monitor_pid, interval, pipe, backend, max_usage=False, *args, **kw
    ):
        self.monitor_pid = monitor_pid
        self.interval = interval
        self.pipe = pipe
        self.cont = True
        self.backend = backend
        self.max_usage = max_usage
        self.timestamps = kw.pop("timestamps", False)
        self.include_children = kw.pop("include_children", False)
        self.mem_usage = [self._now()]
        self.n_measurements = 1
        super().__init__(*args, **kw)

    def _now(self):
        return _get_memory(
            self.monitor_pid, self.backend, self.timestamps,
            self.include_children,
        )

    def _take(self):
        self.n_measurements += 1
        if self.max_usage:
            self.mem_usage[0] = max(self.mem_usage[0], self._now())
        else:
            self.mem_usage.append(self._now())

    def run(self):
        self.pipe.send(0)
        self._take()
        while not self.pipe.poll(self.interval):
            self._take()
        self._take()
        self.pipe.send(self.mem_usage)
        self.pipe.send(self.n_measurements)
