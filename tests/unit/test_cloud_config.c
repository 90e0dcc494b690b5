/* SPDX-License-Identifier: MIT */
/* Tests of src/names/cloud_config. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "machine_tree.h"
#include "names/cloud_config.h"

static void test_openrc(void **state)
{
	(void)state;
	static const char rc[] = "#!/bin/sh\n"
				 "export OS_AUTH_URL=http://x:5000/v3\n"
				 "  export  OS_USERNAME=\"me\"\r\n"
				 "export OS_TENANT_NAME='lab 1'\n"
				 "echo \"password\"; read -sr X\n"
				 "export OS_PASSWORD=$OS_PASSWORD_INPUT\n"
				 "export OS_NOTHING=1\n"
				 "OS_REGION_NAME=no\n"
				 "export OS_INTERFACE=\n"
				 "export OS_INSECURE";
	auto_cloud_config c = { 0 };

	assert_int_equal(openrc_parse(rc, strlen(rc), &c), 0);
	assert_string_equal(c.value[CLOUD_AUTH_URL], "http://x:5000/v3");
	assert_string_equal(c.value[CLOUD_USERNAME], "me");
	assert_string_equal(c.value[CLOUD_PROJECT_NAME], "lab 1");
	assert_null(c.value[CLOUD_PASSWORD]);
	assert_null(c.value[CLOUD_REGION]);
	assert_null(c.value[CLOUD_INTERFACE]);
	assert_null(c.value[CLOUD_INSECURE]);
}

static const char yaml[] = "clouds:\n"
			   "  lab:\n"
			   "    auth:\n"
			   "      auth_url: http://lab:5000\n"
			   "      username: \"me\"\n"
			   "      project_name: p\n"
			   "    region_name: west\n"
			   "    verify: false\n"
			   "    networks: [ {name: a} ]\n"
			   "  other: { auth: { auth_url: http://other } }\n";

static void test_clouds_yaml(void **state)
{
	(void)state;
	auto_cloud_config c = { 0 };
	struct err e = { 0 };

	assert_int_equal(clouds_yaml_parse(yaml, strlen(yaml), "lab", &c, &e), 0);
	assert_string_equal(c.value[CLOUD_AUTH_URL], "http://lab:5000");
	assert_string_equal(c.value[CLOUD_USERNAME], "me");
	assert_string_equal(c.value[CLOUD_REGION], "west");
	assert_string_equal(c.value[CLOUD_INSECURE], "true");
	assert_null(c.value[CLOUD_PASSWORD]);
	assert_int_equal(clouds_yaml_parse(yaml, strlen(yaml), "none", &c, &e), -ENOENT);
	assert_string_equal(e.text, "no cloud 'none' in it");
	assert_int_equal(clouds_yaml_parse(yaml, strlen(yaml), NULL, &c, &e), -EINVAL);
	assert_non_null(strstr(e.text, "it has 2 clouds"));
	assert_int_equal(clouds_yaml_parse("clouds: {a: {}}", 15, NULL, &c, &e), 0);
}

static void test_bad_yaml(void **state)
{
	(void)state;
	static const char *const bad[] = { "clouds:\n\t- x", "a: [",	"",
					   "clouds: 3",	     "- 1",	"clouds: &x [*x]",
					   "clouds: *y",     "\xff\xfe" };

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		auto_cloud_config c = { 0 };
		struct err e = { 0 };

		assert_int_equal(clouds_yaml_parse(bad[i], strlen(bad[i]), "x", &c, &e), -EBADMSG);
		assert_string_not_equal(e.text, "");
	}
}

/* ---- where from ---- */

static struct machine_tree tree;

static int set_up(void **state)
{
	static const char *const variable[] = {
		"OS_AUTH_URL", "OS_USERNAME",		"OS_PASSWORD",
		"OS_CLOUD",    "OS_PROJECT_NAME",	"OS_TENANT_NAME",
		"OS_TOKEN",    "OS_CLIENT_CONFIG_FILE", "OS_CLIENT_SECURE_FILE"
	};
	char path[128];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(variable); i++)
		unsetenv(variable[i]);
	unsetenv("XDG_CONFIG_HOME");
	machine_tree_make(&tree);
	setenv("HOME", tree.dir, 1);
	machine_tree_put(&tree, ".config/openstack/clouds.yaml", yaml);
	machine_tree_put(&tree, ".config/openstack/secure.yaml",
			 "clouds: {lab: {auth: {password: hidden}}}\n");
	machine_tree_put(&tree, "rc",
			 "export OS_AUTH_URL=http://rc\nexport OS_USERNAME=rc\n"
			 "export OS_PASSWORD=from-rc\nexport OS_PROJECT_NAME=p\n");
	snprintf(path, sizeof(path), "%s/rc", tree.dir);
	return setenv("TEST_RC", path, 1);
}

static int tear_down(void **state)
{
	(void)state;
	machine_tree_remove(&tree);
	return 0;
}

static void test_a_cloud_with_its_secret_elsewhere(void **state)
{
	(void)state;
	auto_cloud_config c = { 0 }, d = { 0 };
	struct err e = { 0 };

	assert_int_equal(cloud_config_load("lab", NULL, NULL, &c, &e), 0);
	assert_string_equal(c.value[CLOUD_AUTH_URL], "http://lab:5000");
	assert_string_equal(c.value[CLOUD_PASSWORD], "hidden");
	setenv("OS_CLOUD", "lab", 1);
	assert_int_equal(cloud_config_load(NULL, NULL, "mine", &d, &e), 0);
	assert_string_equal(d.value[CLOUD_PASSWORD], "mine");
}

static void test_the_order_of_sources(void **state)
{
	(void)state;
	auto_cloud_config c = { 0 }, d = { 0 }, f = { 0 };
	struct err e = { 0 };

	setenv("OS_PASSWORD", "from-env", 1);
	setenv("OS_USERNAME", "env", 1);
	setenv("OS_REGION_NAME", "east", 1);
	assert_int_equal(cloud_config_load(NULL, getenv("TEST_RC"), NULL, &c, &e), 0);
	assert_string_equal(c.value[CLOUD_USERNAME], "rc");
	assert_string_equal(c.value[CLOUD_PASSWORD], "from-rc");
	assert_string_equal(c.value[CLOUD_REGION], "east"); /* the file does not say */
	assert_int_equal(cloud_config_load(NULL, getenv("TEST_RC"), "given", &d, &e), 0);
	assert_string_equal(d.value[CLOUD_PASSWORD], "given");
	setenv("OS_AUTH_URL", "http://env", 1);
	setenv("OS_TENANT_NAME", "p", 1);
	assert_int_equal(cloud_config_load(NULL, NULL, NULL, &f, &e), 0);
	assert_string_equal(f.value[CLOUD_AUTH_URL], "http://env");
	assert_string_equal(f.value[CLOUD_PASSWORD], "from-env");
	unsetenv("OS_REGION_NAME");
}

static void test_what_is_missing_is_named(void **state)
{
	(void)state;
	auto_cloud_config c = { 0 };
	struct err e = { 0 };

	setenv("OS_AUTH_URL", "http://env", 1);
	assert_int_equal(cloud_config_load(NULL, NULL, NULL, &c, &e), -EINVAL);
	assert_non_null(strstr(e.text, "OS_USERNAME is not set"));
	setenv("OS_USERNAME", "me", 1);
	assert_int_equal(cloud_config_load(NULL, NULL, NULL, &c, &e), -EINVAL);
	assert_non_null(strstr(e.text, "OS_PASSWORD is not set"));
	setenv("OS_PASSWORD", "x", 1);
	assert_int_equal(cloud_config_load(NULL, NULL, NULL, &c, &e), -EINVAL);
	assert_non_null(strstr(e.text, "OS_PROJECT_NAME is not set"));
	assert_int_equal(cloud_config_load(NULL, "/proc/nonexistent", NULL, &c, &e), -ENOENT);
	assert_non_null(strstr(e.text, "'/proc/nonexistent'"));
	assert_int_equal(cloud_config_load("none", NULL, NULL, &c, &e), -ENOENT);
	assert_non_null(strstr(e.text, "no cloud 'none'"));
	setenv("OS_CLIENT_CONFIG_FILE", "/proc/nonexistent.yaml", 1);
	assert_int_equal(cloud_config_load("lab", NULL, NULL, &c, &e), -ENOENT);
	assert_non_null(strstr(e.text, "'/proc/nonexistent.yaml'"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_openrc),
		cmocka_unit_test(test_clouds_yaml),
		cmocka_unit_test(test_bad_yaml),
		cmocka_unit_test_setup_teardown(test_a_cloud_with_its_secret_elsewhere, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(test_the_order_of_sources, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_what_is_missing_is_named, set_up, tear_down),
	};

	return cmocka_run_group_tests_name("cloud_config", tests, NULL, NULL);
}
