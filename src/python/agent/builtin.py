# SPDX-License-Identifier: MIT
#
# The name `profile` among the builtins, at almost no cost: the module behind
# it is imported when it is used for the first time.
import builtins


class Profile:
    __slots__ = ()

    def _real(self):
        import _mprof_profile

        if builtins.__dict__.get("profile") is self:
            builtins.profile = _mprof_profile._builtin
        return _mprof_profile._builtin

    def __call__(self, *args, **named):
        return self._real()(*args, **named)

    def __getattr__(self, name):
        return getattr(self._real(), name)

    def __enter__(self):
        return self._real().__enter__()

    def __exit__(self, *error):
        return self._real().__exit__(*error)


if "profile" not in builtins.__dict__:
    builtins.profile = Profile()
