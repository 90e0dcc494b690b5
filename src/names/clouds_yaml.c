/* SPDX-License-Identifier: MIT */
/* libyaml makes a document of nodes; we go down three levels of it: clouds, the cloud, auth. */
#include <errno.h>
#include <string.h>
#include <yaml.h>

#include "names/cloud_config.h"

static const char *scalar(const yaml_node_t *n, size_t *ret_len)
{
	if (!n || n->type != YAML_SCALAR_NODE)
		return NULL;
	*ret_len = n->data.scalar.length;
	return (const char *)n->data.scalar.value;
}

static bool is_key(const yaml_node_t *n, const char *name)
{
	size_t len = 0;
	const char *s = scalar(n, &len);

	return s && len == strlen(name) && !memcmp(s, name, len);
}

/* The mapping's value of key @name, or NULL. */
static yaml_node_t *member(yaml_document_t *doc, const yaml_node_t *map, const char *name)
{
	if (!map || map->type != YAML_MAPPING_NODE)
		return NULL;
	for (const yaml_node_pair_t *p = map->data.mapping.pairs.start;
	     p < map->data.mapping.pairs.top; p++)
		if (is_key(yaml_document_get_node(doc, p->key), name))
			return yaml_document_get_node(doc, p->value);
	return NULL;
}

static bool is_false(const char *s, size_t n)
{
	static const char *const word[] = { "false", "no", "off", "False", "No", "Off", "FALSE" };

	for (size_t i = 0; i < ARRAY_SIZE(word); i++)
		if (n == strlen(word[i]) && !memcmp(s, word[i], n))
			return true;
	return false;
}

/* All settings of a mapping. */
static int take_settings(yaml_document_t *doc, const yaml_node_t *map, struct cloud_config *c)
{
	if (!map || map->type != YAML_MAPPING_NODE)
		return 0;
	for (const yaml_node_pair_t *p = map->data.mapping.pairs.start;
	     p < map->data.mapping.pairs.top; p++) {
		const yaml_node_t *key = yaml_document_get_node(doc, p->key);
		size_t n = 0, key_len = 0;
		const char *value = scalar(yaml_document_get_node(doc, p->value), &n);
		const char *name = scalar(key, &key_len);
		int r = 0;

		if (!value || !name || memchr(value, 0, n) || memchr(name, 0, key_len))
			continue;
		int setting = cloud_setting_by_yaml(name);

		if (!strcmp(name, "verify"))
			r = cloud_config_set(c, CLOUD_INSECURE,
					     is_false(value, n) ? "true" : "false",
					     is_false(value, n) ? 4 : 5);
		else if (setting >= 0)
			r = cloud_config_set(c, (enum cloud_setting)setting, value, n);
		if (r < 0)
			return r;
	}
	return 0;
}

/* The cloud's mapping; NULL: words are there. */
static const yaml_node_t *find_cloud(yaml_document_t *doc, const char *cloud, struct err *e)
{
	const yaml_node_t *clouds = member(doc, yaml_document_get_root_node(doc), "clouds");

	if (!clouds || clouds->type != YAML_MAPPING_NODE) {
		err_set(e, -EBADMSG, "no 'clouds' in it");
		return NULL;
	}
	const yaml_node_pair_t *first = clouds->data.mapping.pairs.start;
	size_t n = (size_t)(clouds->data.mapping.pairs.top - first);
	const yaml_node_t *found = cloud    ? member(doc, clouds, cloud)
				   : n == 1 ? yaml_document_get_node(doc, first->value)
					    : NULL;

	if (!found && cloud)
		err_set(e, -ENOENT, "no cloud '%s' in it", cloud);
	else if (!found)
		err_set(e, -EINVAL, "it has %zu clouds (try: --os-cloud NAME)", n);
	return found;
}

int clouds_yaml_parse(const char *text, size_t n, const char *cloud, struct cloud_config *c,
		      struct err *e)
{
	yaml_parser_t parser;
	yaml_document_t doc;
	struct err own = { 0 };

	if (!yaml_parser_initialize(&parser))
		return err_set(e, -ENOMEM, "no memory");
	yaml_parser_set_input_string(&parser, (const unsigned char *)text, n);
	if (!yaml_parser_load(&parser, &doc)) {
		err_set(&own, parser.error == YAML_MEMORY_ERROR ? -ENOMEM : -EBADMSG,
			"line %zu: %s", parser.problem_mark.line + 1,
			parser.problem ? parser.problem : "no YAML");
		yaml_parser_delete(&parser);
		return err_set(e, own.code, "%s", own.text);
	}
	const yaml_node_t *found = find_cloud(&doc, cloud, &own);

	if (found && (take_settings(&doc, found, c) < 0 ||
		      take_settings(&doc, member(&doc, found, "auth"), c) < 0))
		err_set(&own, -ENOMEM, "no memory");
	yaml_document_delete(&doc);
	yaml_parser_delete(&parser);
	return own.code ? err_set(e, own.code, "%s", own.text) : 0;
}
