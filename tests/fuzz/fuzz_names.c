/* SPDX-License-Identifier: MIT */
/*
 * Where names come from, but for maps: the first byte says what the others are. q: a command line
 * of QEMU, g: /proc/TID/cgroup, x: libvirt's state, y: clouds.yaml, r: an openrc file.
 */
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "names/cloud_config.h"
#include "names/libvirt_state.h"
#include "names/qemu.h"
#include "names/vm_cgroup.h"

static void check_text(const char *s, size_t size)
{
	if (strnlen(s, size) >= size)
		abort();
}

static void read_qemu(const char *p, size_t n)
{
	struct qemu_cmdline c;

	qemu_cmdline_parse(p, n, &c);
	check_text(c.name, sizeof(c.name));
	check_text(c.uuid, sizeof(c.uuid));
	if (strspn(c.uuid, "0123456789abcdefABCDEF-") != strlen(c.uuid))
		abort();
}

static void read_cgroup(const char *p, size_t n)
{
	struct vm_cgroup g;

	if (!vm_cgroup_find(p, n, &g))
		return;
	check_text(g.instance, sizeof(g.instance));
	check_text(g.type, sizeof(g.type));
	if (!g.instance[0])
		abort();
}

static void read_libvirt(const char *p, size_t n)
{
	struct libvirt_domain d;
	struct err e = { 0 };

	if (libvirt_domain_parse(p, n, &d, &e) < 0) {
		if (!e.text[0])
			abort();
		return;
	}
	check_text(d.name, sizeof(d.name));
	check_text(d.uuid, sizeof(d.uuid));
	if (!d.pid || d.n_vcpus > LIBVIRT_VCPUS_MAX)
		abort();
	libvirt_domain_done(&d);
}

static void read_yaml(const char *p, size_t n)
{
	static const char *const cloud[] = { "lab", NULL };

	for (size_t i = 0; i < ARRAY_SIZE(cloud); i++) {
		auto_cloud_config c = { 0 };
		struct err e = { 0 };

		if (clouds_yaml_parse(p, n, cloud[i], &c, &e) < 0 && !e.text[0])
			abort();
	}
}

static void read_openrc(const char *p, size_t n)
{
	auto_cloud_config c = { 0 };

	if (openrc_parse(p, n, &c) < 0)
		abort();
	for (size_t i = 0; i < CLOUD_SETTINGS; i++)
		if (c.value[i] && c.value[i][0] == '$')
			abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static const struct {
		char letter;
		void (*read)(const char *p, size_t n);
	} reader[] = {
		{ 'q', read_qemu }, { 'g', read_cgroup }, { 'x', read_libvirt },
		{ 'y', read_yaml }, { 'r', read_openrc },
	};

	for (size_t i = 0; n && i < ARRAY_SIZE(reader); i++)
		if (data[0] == (uint8_t)reader[i].letter)
			reader[i].read((const char *)data + 1, n - 1);
	return 0;
}
