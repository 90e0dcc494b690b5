/* SPDX-License-Identifier: MIT */
/* Expat tells elements by depth: domstatus > domain > name, uuid and domstatus > vcpus > vcpu. */
#include "names/libvirt_state.h"

#include <dirent.h>
#include <expat.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>

#include "base/buf.h"
#include "base/file.h"

#define FILE_MAX  (4u << 20)
#define FILES_MAX 16384u

/* Where character data goes. */
enum place { NOWHERE, IN_NAME, IN_UUID };

struct reader {
	struct libvirt_domain *d;
	unsigned int depth;
	bool status, domain, vcpus; /* inside of which elements of depth 1, 2 */
	enum place place;
	size_t len; /* of the text so far */
	int error;
};

static const char *attribute(const char **attr, const char *name)
{
	for (; *attr; attr += 2)
		if (!strcmp(attr[0], name))
			return attr[1];
	return NULL;
}

static bool read_number(const char *s, uint32_t *ret)
{
	uint64_t v = 0;

	if (!s || !*s)
		return false;
	for (; *s >= '0' && *s <= '9'; s++) {
		v = v * 10 + (uint64_t)(*s - '0');
		if (v > UINT32_MAX)
			return false;
	}
	*ret = (uint32_t)v;
	return !*s;
}

static void add_vcpu(struct reader *r, const char **attr)
{
	struct libvirt_domain *d = r->d;
	struct libvirt_vcpu v;

	if (!read_number(attribute(attr, "id"), &v.id) ||
	    !read_number(attribute(attr, "pid"), &v.tid) || !v.tid ||
	    d->n_vcpus >= LIBVIRT_VCPUS_MAX)
		return;
	if ((d->n_vcpus & (d->n_vcpus - 1)) == 0) {
		struct libvirt_vcpu *grown = reallocarray(
			d->vcpu, d->n_vcpus ? 2 * (size_t)d->n_vcpus : 1, sizeof(*grown));

		if (!grown) {
			r->error = -ENOMEM;
			return;
		}
		d->vcpu = grown;
	}
	d->vcpu[d->n_vcpus++] = v;
}

static void XMLCALL on_start(void *ctx, const char *name, const char **attr)
{
	struct reader *r = ctx;

	r->place = NOWHERE;
	r->len = 0;
	if (r->depth == 0 && !strcmp(name, "domstatus")) {
		r->status = true;
		if (!read_number(attribute(attr, "pid"), &r->d->pid))
			r->d->pid = 0;
	} else if (r->depth == 1 && r->status) {
		r->domain = !strcmp(name, "domain");
		r->vcpus = !strcmp(name, "vcpus");
	} else if (r->depth == 2 && r->domain) {
		r->place = !strcmp(name, "name")   ? IN_NAME
			   : !strcmp(name, "uuid") ? IN_UUID
						   : NOWHERE;
	} else if (r->depth == 2 && r->vcpus && !strcmp(name, "vcpu")) {
		add_vcpu(r, attr);
	}
	r->depth++;
}

static void XMLCALL on_end(void *ctx, const char *name)
{
	struct reader *r = ctx;

	(void)name;
	r->place = NOWHERE;
	r->depth--;
	if (r->depth == 1)
		r->domain = r->vcpus = false;
}

static void XMLCALL on_text(void *ctx, const char *s, int n)
{
	struct reader *r = ctx;
	char *to = r->place == IN_NAME ? r->d->name : r->d->uuid;
	size_t size = r->place == IN_NAME ? sizeof(r->d->name) : sizeof(r->d->uuid);

	if (r->place == NOWHERE)
		return;
	for (int i = 0; i < n && r->len + 1 < size; i++)
		to[r->len++] = s[i];
	to[r->len] = '\0';
}

/* A document type is never in these files; entities only make trouble. */
static void XMLCALL on_doctype(void *ctx, const char *name, const char *system_id,
			       const char *public_id, int subset)
{
	struct reader *r = ctx;

	(void)name;
	(void)system_id;
	(void)public_id;
	(void)subset;
	r->error = -EBADMSG;
}

void libvirt_domain_done(struct libvirt_domain *d)
{
	free(d->vcpu);
	*d = (struct libvirt_domain){ 0 };
}

int libvirt_domain_parse(const char *xml, size_t n, struct libvirt_domain *ret, struct err *e)
{
	struct libvirt_domain d = { 0 };
	struct reader r = { .d = &d };
	XML_Parser p = XML_ParserCreate(NULL);
	int rc = 0;

	if (!p)
		return err_set(e, -ENOMEM, "no memory");
	XML_SetUserData(p, &r);
	XML_SetElementHandler(p, on_start, on_end);
	XML_SetCharacterDataHandler(p, on_text);
	XML_SetStartDoctypeDeclHandler(p, on_doctype);
	if (n > FILE_MAX)
		rc = err_set(e, -EBADMSG, "more than %u bytes", FILE_MAX);
	else if (XML_Parse(p, xml, (int)n, 1) != XML_STATUS_OK)
		rc = err_set(e, -EBADMSG, "line %lu: %s", XML_GetCurrentLineNumber(p),
			     XML_ErrorString(XML_GetErrorCode(p)));
	else if (r.error)
		rc = err_set(e, r.error, "%s",
			     r.error == -ENOMEM ? "no memory" : "a document type, not libvirt's");
	else if (!r.status || !d.pid)
		rc = err_set(e, -ENOENT, "no domstatus element with a pid");
	XML_ParserFree(p);
	if (rc < 0)
		libvirt_domain_done(&d);
	else
		*ret = d;
	return rc;
}

void libvirt_state_done(struct libvirt_state *s)
{
	for (size_t i = 0; i < s->n; i++)
		libvirt_domain_done(&s->domain[i]);
	free(s->domain);
	*s = (struct libvirt_state){ 0 };
}

static int read_domain(int dir_fd, const char *file, struct libvirt_state *s)
{
	struct libvirt_domain d;
	auto_buf b;

	buf_init(&b, FILE_MAX);
	if (file_read_at(dir_fd, file, &b) < 0)
		return 0;
	int r = libvirt_domain_parse(buf_str(&b), b.len, &d, NULL);

	if (r < 0)
		return r == -ENOMEM ? r : 0;
	struct libvirt_domain *grown = reallocarray(s->domain, s->n + 1, sizeof(*grown));

	if (!grown) {
		libvirt_domain_done(&d);
		return -ENOMEM;
	}
	s->domain = grown;
	s->domain[s->n++] = d;
	return 0;
}

int libvirt_state_read(int root_fd, struct libvirt_state *ret)
{
	struct libvirt_state s = { 0 };
	int fd = openat(root_fd, "run/libvirt/qemu", O_RDONLY | O_DIRECTORY | O_CLOEXEC), r = 0;
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);

	if (!dir && fd >= 0)
		close(fd);
	for (struct dirent *d; r >= 0 && dir && s.n < FILES_MAX && (d = readdir(dir));) {
		size_t n = strlen(d->d_name);

		/* A FIFO would keep us waiting. */
		if (n > 4 && !strcmp(d->d_name + n - 4, ".xml") && d->d_type == DT_REG)
			r = read_domain(dirfd(dir), d->d_name, &s);
	}
	if (dir)
		closedir(dir);
	if (r < 0)
		libvirt_state_done(&s);
	else
		*ret = s;
	return r;
}

const struct libvirt_domain *libvirt_state_find(const struct libvirt_state *s, uint32_t pid)
{
	for (size_t i = 0; i < s->n; i++)
		if (s->domain[i].pid == pid)
			return &s->domain[i];
	return NULL;
}
