// SPDX-License-Identifier: MIT
/* glibc has sigabbrev_np(), musl has not. */
#include "base/signal_name.h"

#include <signal.h>
#include <stddef.h>

#define NAME(signal) [signal] = #signal

static const char *const names[NSIG] = {
    NAME(SIGHUP),
    NAME(SIGINT),
    NAME(SIGQUIT),
    NAME(SIGILL),
    NAME(SIGTRAP),
    NAME(SIGABRT),
    NAME(SIGBUS),
    NAME(SIGFPE),
    NAME(SIGKILL),
    NAME(SIGUSR1),
    NAME(SIGSEGV),
    NAME(SIGUSR2),
    NAME(SIGPIPE),
    NAME(SIGALRM),
    NAME(SIGTERM),
    NAME(SIGCHLD),
    NAME(SIGCONT),
    NAME(SIGSTOP),
    NAME(SIGTSTP),
    NAME(SIGTTIN),
    NAME(SIGTTOU),
    NAME(SIGURG),
    NAME(SIGXCPU),
    NAME(SIGXFSZ),
    NAME(SIGVTALRM),
    NAME(SIGPROF),
    NAME(SIGWINCH),
    NAME(SIGIO),
    NAME(SIGSYS),
};

const char *signal_name(int number)
{
	return (unsigned)number < NSIG ? names[number] : NULL;
}
