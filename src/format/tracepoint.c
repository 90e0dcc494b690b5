/* SPDX-License-Identifier: MIT */
/*
 * Reads tracepoint `format` texts. They come from the running kernel, but also out of files from
 * other machines, so nothing in them is believed: numbers are range-checked here, and offsets
 * against the record on every access.
 */
#include "format/tracepoint.h"

#include <ctype.h>

#include "base/bytes.h"

/* Skip @word at *@p; false, nothing moved, when something else stands there. */
static bool skip_word(char **p, const char *word)
{
	size_t n = strlen(word);

	if (strncmp(*p, word, n))
		return false;
	*p += n;
	return true;
}

static bool parse_u32(char **p, uint32_t *ret)
{
	uint64_t v = 0;

	if (!isdigit((unsigned char)**p))
		return false;
	for (; isdigit((unsigned char)**p); (*p)++) {
		v = v * 10 + (uint64_t)(**p - '0');
		if (v > UINT32_MAX)
			return false;
	}
	*ret = (uint32_t)v;
	return true;
}

/* Cut blanks off the end of [@begin, @end), put a NUL there, return @begin without leading ones. */
static char *trim(char *begin, char *end)
{
	while (end > begin && isspace((unsigned char)end[-1]))
		end--;
	*end = '\0';
	while (isspace((unsigned char)*begin))
		begin++;
	return begin;
}

/*
 * "unsigned short common_type", "char prev_comm[16]", "__data_loc char[] name". The name is the
 * last identifier; what stands before it is the type.
 */
static int parse_declaration(char *decl, struct tracepoint_field *f)
{
	char *end = decl + strlen(decl);

	if (skip_word(&decl, "__data_loc "))
		f->where = TRACEPOINT_DATA_LOC;
	else if (skip_word(&decl, "__rel_loc "))
		f->where = TRACEPOINT_REL_LOC;

	while (end > decl && isspace((unsigned char)end[-1]))
		*--end = '\0';
	if (end > decl && end[-1] == ']') {
		char *open = strrchr(decl, '[');

		if (!open)
			return -EINVAL;
		char *digits = open + 1;

		/* A length that is no plain number (an enum's name) is found from the size later.
		 */
		if (!parse_u32(&digits, &f->count) || *digits != ']')
			f->count = UINT32_MAX;
		end = open;
		*end = '\0';
	}
	char *name = end;

	while (name > decl && (isalnum((unsigned char)name[-1]) || name[-1] == '_'))
		name--;
	if (name == end || name == decl)
		return -EINVAL;
	f->name = name;
	/* The type needs a NUL of its own: the blank between, or the '*' and ']' moved one to the
	 * left. */
	if (!isspace((unsigned char)name[-1])) {
		memmove(decl - 1, decl, (size_t)(name - decl));
		decl--;
	}
	char *type = trim(decl, name - 1);
	size_t n = strlen(type);

	/* "char[]": what the location points to is an array anyway. */
	if (f->where != TRACEPOINT_INLINE && n > 2 && !strcmp(type + n - 2, "[]"))
		type[n - 2] = '\0';
	f->type = type;
	return 0;
}

/* "field:TYPE NAME;\toffset:N;\tsize:N;\tsigned:N;" */
static int parse_field(char *line, struct tracepoint_field *f)
{
	if (!skip_word(&line, "field:"))
		return -EINVAL;
	char *end = strchr(line, ';');

	if (!end)
		return -EINVAL;
	*end = '\0';

	char *p = end + 1;
	uint32_t sign = 0;

	while (isspace((unsigned char)*p))
		p++;
	if (!skip_word(&p, "offset:") || !parse_u32(&p, &f->offset) || !skip_word(&p, ";"))
		return -EINVAL;
	while (isspace((unsigned char)*p))
		p++;
	if (!skip_word(&p, "size:") || !parse_u32(&p, &f->size) || !skip_word(&p, ";"))
		return -EINVAL;
	while (isspace((unsigned char)*p))
		p++;
	/* Kernels before 2.6.32 did not say. */
	if (skip_word(&p, "signed:") && !parse_u32(&p, &sign))
		return -EINVAL;
	if (f->offset > UINT16_MAX || f->size > UINT16_MAX)
		return -EINVAL;
	f->is_signed = sign != 0;

	int r = parse_declaration(line, f);

	if (r < 0)
		return r;
	f->is_common = !strncmp(f->name, "common_", 7);
	return 0;
}

static int add_field(struct tracepoint *t, char *line, unsigned int *cap)
{
	if (t->n_fields == TRACEPOINT_MAX_FIELDS)
		return -E2BIG;
	if (t->n_fields == *cap) {
		unsigned int more = *cap ? *cap * 2 : 16;
		struct tracepoint_field *field = reallocarray(t->field, more, sizeof(t->field[0]));

		if (!field)
			return -ENOMEM;
		t->field = field;
		*cap = more;
	}
	struct tracepoint_field *f = &t->field[t->n_fields];

	*f = (struct tracepoint_field){ 0 };
	int r = parse_field(line, f);

	if (r < 0)
		return r;
	t->n_fields++;
	if (t->size < f->offset + f->size)
		t->size = f->offset + f->size;
	return 0;
}

static int parse_line(struct tracepoint *t, char *line, unsigned int *cap, bool *have_id)
{
	while (isspace((unsigned char)*line))
		line++;
	if (skip_word(&line, "name:")) {
		t->name = trim(line, line + strlen(line));
		return 0;
	}
	if (skip_word(&line, "ID:")) {
		while (*line == ' ')
			line++;
		*have_id = parse_u32(&line, &t->id);
		return *have_id ? 0 : -EINVAL;
	}
	if (!strncmp(line, "field:", 6))
		return add_field(t, line, cap);
	/* "format:" and whatever later kernels may add. */
	return 0;
}

int tracepoint_parse(const char *text, size_t len, struct tracepoint **ret, struct err *e)
{
	if (len > TRACEPOINT_MAX_BYTES)
		return err_set(e, -E2BIG, "tracepoint format text of %zu bytes is too long", len);
	auto_ptr(tracepoint) t = calloc(1, sizeof(*t));

	if (!t || !(t->text = malloc(len + 1)))
		return -ENOMEM;
	memcpy(t->text, text, len);
	t->text[len] = '\0';
	t->name = t->print = t->text + len;

	unsigned int line_number = 0, cap = 0;
	bool have_id = false;

	for (char *line = t->text, *next; line; line = next) {
		line_number++;
		char *p = line;

		if (skip_word(&p, "print fmt:")) {
			t->print = trim(p, t->text + len);
			break;
		}
		next = strchr(line, '\n');
		if (next)
			*next++ = '\0';
		int r = parse_line(t, line, &cap, &have_id);

		if (r == -ENOMEM)
			return r;
		if (r < 0)
			return err_set(e, r, "tracepoint format '%s', line %u: %s", t->name,
				       line_number,
				       r == -E2BIG ? "too many fields" : "not understood");
	}
	if (!*t->name || !have_id || !t->n_fields)
		return err_set(e, -EINVAL, "tracepoint format '%s': no %s", t->name,
			       !*t->name  ? "name"
			       : !have_id ? "ID"
					  : "fields");
	*ret = steal_ptr(t);
	return 0;
}

struct tracepoint *tracepoint_free(struct tracepoint *t)
{
	if (t) {
		free(t->field);
		free(t->text);
		free(t);
	}
	return NULL;
}

const struct tracepoint_field *tracepoint_field(const struct tracepoint *t, const char *name)
{
	for (unsigned int i = 0; i < t->n_fields; i++)
		if (!strcmp(t->field[i].name, name))
			return &t->field[i];
	return NULL;
}

int tracepoint_int(const struct tracepoint_field *f, const void *raw, size_t len, bool big_endian,
		   int64_t *ret)
{
	if (f->where != TRACEPOINT_INLINE || f->count)
		return -EINVAL;
	if (f->offset > len || f->size > len - f->offset)
		return -ENODATA;
	const uint8_t *p = (const uint8_t *)raw + f->offset;

	switch (f->size) {
	case 1:
		*ret = f->is_signed ? (int8_t)*p : *p;
		return 0;
	case 2: {
		uint16_t v = big_endian ? get_be16(p) : get_le16(p);

		*ret = f->is_signed ? (int16_t)v : v;
		return 0;
	}
	case 4: {
		uint32_t v = big_endian ? get_be32(p) : get_le32(p);

		*ret = f->is_signed ? (int32_t)v : (int64_t)v;
		return 0;
	}
	case 8:
		*ret = (int64_t)(big_endian ? get_be64(p) : get_le64(p));
		return 0;
	}
	return -EINVAL;
}

int tracepoint_str(const struct tracepoint_field *f, const void *raw, size_t len, bool big_endian,
		   const char **ret, size_t *ret_len)
{
	if (f->offset > len || f->size > len - f->offset)
		return -ENODATA;
	size_t offset = f->offset, size = f->size;

	if (f->where != TRACEPOINT_INLINE) {
		if (f->size != 4)
			return -EINVAL;
		const uint8_t *p = (const uint8_t *)raw + f->offset;
		uint32_t v = big_endian ? get_be32(p) : get_le32(p);

		offset = v & 0xffff;
		size = v >> 16;
		if (f->where == TRACEPOINT_REL_LOC)
			offset += f->offset + 4;
		if (offset > len || size > len - offset)
			return -ENODATA;
	} else if (!f->count || !strstr(f->type, "char")) {
		return -EINVAL;
	}
	*ret = (const char *)raw + offset;
	*ret_len = strnlen(*ret, size);
	return 0;
}
