/* SPDX-License-Identifier: MIT */
/* Lines of /proc/net/rpc. */
#include "collect/rpc_lines.h"

#include <stdio.h>

#include "collect/proc_file.h"

static const char *const nfs2[] = {
	"null", "getattr",    "setattr", "root",   "lookup",  "readlink",
	"read", "writecache", "write",	 "create", "remove",  "rename",
	"link", "symlink",    "mkdir",	 "rmdir",  "readdir", "statfs",
};
const struct rpc_procedures rpc_nfs2 = { "proc2", "v2", nfs2, ARRAY_SIZE(nfs2) };

static const char *const nfs3[] = {
	"null",	   "getattr",	  "setattr", "lookup", "access",   "readlink", "read",	 "write",
	"create",  "mkdir",	  "symlink", "mknod",  "remove",   "rmdir",    "rename", "link",
	"readdir", "readdirplus", "fsstat",  "fsinfo", "pathconf", "commit",
};
const struct rpc_procedures rpc_nfs3 = { "proc3", "v3", nfs3, ARRAY_SIZE(nfs3) };

static void take_procedures(struct readings *r, const struct rpc_procedures *of,
			    unsigned int metric, const char *p)
{
	uint64_t n, v;

	if (!scan_u64(&p, &n))
		return;
	for (unsigned int i = 0; i < n && scan_u64(&p, &v); i++) {
		char name[64];
		int len = i < of->n_names && of->name[i]
				  ? snprintf(name, sizeof(name), "%s %s", of->version, of->name[i])
				  : snprintf(name, sizeof(name), "%s %u", of->version, i);

		if (v)
			readings_put(r, readings_instance(r, READINGS_NO_CPU, name, (size_t)len),
				     metric, v);
	}
}

static void take_numbers(struct readings *r, const struct rpc_line *l, const char *p)
{
	uint32_t at = readings_instance(r, READINGS_NO_CPU, "", 0);
	uint64_t v;

	for (unsigned int i = 0; i < ARRAY_SIZE(l->metric) && scan_u64(&p, &v); i++)
		if (l->metric[i] >= 0)
			readings_put(r, at, (unsigned int)l->metric[i], v);
}

void rpc_scan(struct readings *r, const char *p, const struct rpc_layout *layout)
{
	for (; *p; p = next_line(p)) {
		const char *word;
		size_t n = scan_word(&p, &word);

		for (unsigned int i = 0; i < layout->n_lines; i++)
			if (word_is(word, n, layout->line[i].word))
				take_numbers(r, &layout->line[i], p);
		for (unsigned int i = 0; i < layout->n_procedures; i++)
			if (word_is(word, n, layout->procedures[i]->word))
				take_procedures(r, layout->procedures[i], layout->metric, p);
	}
}
