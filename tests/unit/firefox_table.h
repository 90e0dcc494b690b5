/* SPDX-License-Identifier: MIT */
/* For tests of Firefox Profiler files: the tables of a thread. Behind profile_files.h. */
#pragma once

#include <jansson.h>

/* All columns of a table are as long as it says. */
static inline void check_table(json_t *thread, const char *name)
{
	json_t *table = json_object_get(thread, name), *column;
	size_t n = (size_t)json_integer_value(json_object_get(table, "length"));
	const char *key;

	assert_non_null(table);
	json_object_foreach(table, key, column)
	{
		if (json_is_array(column))
			assert_int_equal(json_array_size(column), n);
	}
}

static inline size_t table_length(json_t *thread, const char *name)
{
	return (size_t)json_integer_value(json_object_get(json_object_get(thread, name), "length"));
}

static inline int64_t column_number(json_t *thread, const char *table, const char *column,
				    size_t row)
{
	json_t *c = json_object_get(json_object_get(thread, table), column);

	return json_integer_value(json_array_get(c, row));
}

static inline const char *column_text(json_t *thread, const char *table, const char *column,
				      size_t row)
{
	size_t text = (size_t)column_number(thread, table, column, row);

	return json_string_value(json_array_get(json_object_get(thread, "stringArray"), text));
}
