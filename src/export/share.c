// SPDX-License-Identifier: MIT
#include "export/share.h"

void share_write(struct json *json, const struct share *share)
{
	if (!share) {
		json_text(json, NULL);
		return;
	}
	json_open(json, '{');
	json_key(json, "time_s");
	json_number(json, share->time_s);
	json_key(json, "rss_mib");
	json_number(json, share->mib);
	json_key(json, "pss_mib");
	json_number(json, share->pss_mib);
	json_key(json, "processes");
	if (share->processes > 0)
		json_whole(json, share->processes);
	else
		json_text(json, NULL);
	json_close(json, '}');
}
