// SPDX-License-Identifier: MIT
//
// Fontconfig passes over a folder that it can't read, and the next font takes
// the place of those in it.
#include "render/cairo/text.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#ifdef HAVE_FONTCONFIG
#include <fontconfig/fontconfig.h>

/* A folder that is configured and isn't there is none that was meant. */
static int text_folder_check(const char *folder, struct err *e)
{
	int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd >= 0)
		close(fd);
	if (fd >= 0 || errno == ENOENT || errno == ENOTDIR)
		return 0;
	return err_set(e,
	    "%s: can't be read, %s: its fonts are missing in the picture; make "
	    "the folder readable, or name another in fontconfig's fonts.conf",
	    folder, strerror(errno));
}

int text_folders_check(struct err *e)
{
	FcStrList *folders = FcConfigGetFontDirs(NULL);
	const FcChar8 *folder;
	int got = 0;

	while (got == 0 && folders && (folder = FcStrListNext(folders)))
		got = text_folder_check((const char *)folder, e);
	if (folders)
		FcStrListDone(folders);
	return got;
}
#else
int text_folders_check(struct err *e)
{
	(void)e;
	return 0;
}
#endif
