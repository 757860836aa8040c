// SPDX-License-Identifier: MIT
#include "dat/thin.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"
#include "base/mem.h"
#include "dat/thin_survey.h"

static void *thin_work(void *context)
{
	struct thin *thin = context;

	thin->result = thin_copy(&thin->copy, &thin->e);
	if (thin->result == 0 && fdatasync(fileno(thin->copy.to)) != 0)
		thin->result = err_errno(&thin->e, "can't be written");
	atomic_store(&thin->done, true);
	return NULL;
}

/* Opens the old file again for reading, finds its present length, and opens a
 * stream to the new one. */
static int thin_open_streams(struct thin *thin, int fd, struct err *e)
{
	struct stat about;
	char self[64];
	int from_fd, to_fd;

	snprintf(self, sizeof(self), "/proc/self/fd/%d", fd);
	from_fd = open(self, O_RDONLY | O_CLOEXEC);
	if (from_fd >= 0)
		thin->copy.from = fdopen(from_fd, "r");
	if (!thin->copy.from || fstat(fd, &about) != 0)
		return err_errno(e, "can't be read");
	thin->copy.len = about.st_size;
	to_fd = fcntl(thin->beside.fd, F_DUPFD_CLOEXEC, 0);
	if (to_fd >= 0)
		thin->copy.to = fdopen(to_fd, "w");
	return thin->copy.to ? 0 : err_errno(e, "can't be written");
}

static void thin_copy_living(struct thin *thin, const struct thin_wish *wish)
{
	size_t len = wish->living_count;

	if (len == 0)
		return;
	thin->living = mem_zero(len, sizeof(thin->living[0]));
	memcpy(thin->living, wish->living, len * sizeof(thin->living[0]));
	qsort(thin->living, len, sizeof(thin->living[0]), thin_compare_numbers);
	thin->copy.living = thin->living;
	thin->copy.living_count = len;
}

int thin_begin(struct thin *thin, const struct thin_wish *wish, struct err *e)
{
	sigset_t all, before;

	*thin =
	    (struct thin){.copy = {.most = wish->most, .stop = &thin->stop}};
	if (beside_open(&thin->beside, wish->path, wish->fd, e) != 0)
		return -1;
	if (thin_open_streams(thin, wish->fd, e) != 0) {
		thin_abandon(thin);
		return -1;
	}
	thin_copy_living(thin, wish);
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	thin->threaded =
	    pthread_create(&thin->thread, NULL, thin_work, thin) == 0;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (!thin->threaded)
		thin_work(thin);
	return 0;
}

bool thin_is_done(const struct thin *thin)
{
	return atomic_load(&thin->done);
}

static void thin_join(struct thin *thin)
{
	if (thin->threaded)
		pthread_join(thin->thread, NULL);
	thin->threaded = false;
}

/* Copies what was recorded meanwhile. */
static int thin_copy_rest(struct thin *thin, struct err *e)
{
	int from = fileno(thin->copy.from), to = thin->beside.fd;
	off_t at = thin->copy.len;
	char bytes[16384];

	for (;;) {
		ssize_t len = pread(from, bytes, sizeof(bytes), at);

		if (len < 0 && errno == EINTR)
			continue;
		if (len < 0)
			return err_errno(e, "can't be read");
		if (len == 0)
			return 0;
		if (io_write_all(to, bytes, (size_t)len) != 0)
			return err_errno(e, "can't be written");
		at += len;
	}
}

/* The lock belongs to the open file: another descriptor keeps it. */
static int thin_replace(struct thin *thin, int *fd, struct err *e)
{
	int new_fd;

	if (thin_copy_rest(thin, e) != 0)
		return -1;
	new_fd = fcntl(thin->beside.fd, F_DUPFD_CLOEXEC, 0);
	if (new_fd < 0)
		return err_errno(e, "can't be written");
	if (beside_commit(&thin->beside, e) != 0) {
		close(new_fd);
		return -1;
	}
	close(*fd);
	*fd = new_fd;
	return 0;
}

int thin_commit(struct thin *thin, int *fd, struct err *e)
{
	int result;

	thin_join(thin);
	result = thin->result;
	if (result != 0)
		*e = thin->e;
	else
		result = thin_replace(thin, fd, e);
	thin_abandon(thin);
	return result;
}

void thin_abandon(struct thin *thin)
{
	atomic_store(&thin->stop, true);
	thin_join(thin);
	if (thin->copy.from)
		fclose(thin->copy.from);
	if (thin->copy.to)
		fclose(thin->copy.to);
	beside_finish(&thin->beside);
	free(thin->living);
	thin->copy.from = thin->copy.to = NULL;
	thin->living = NULL;
}
