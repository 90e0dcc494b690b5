/* SPDX-License-Identifier: MIT */
/* Three tables. */
#include "store/registry_file.h"

#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/utf8.h"

/* "KYLR": so that another program's database is not taken for one. */
#define APPLICATION_ID 0x4b594c52
#define VERSION	       1

static const char schema[] =
	"CREATE TABLE users (id INTEGER PRIMARY KEY AUTOINCREMENT, email TEXT NOT NULL UNIQUE,"
	" admin INTEGER NOT NULL, created INTEGER NOT NULL);"
	"CREATE TABLE sites (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL,"
	" created INTEGER NOT NULL);"
	"CREATE TABLE licences (id INTEGER PRIMARY KEY AUTOINCREMENT,"
	" created_by INTEGER REFERENCES users(id), timestamp INTEGER NOT NULL,"
	" internal_version INTEGER NOT NULL, external_version INTEGER NOT NULL,"
	" site_id INTEGER NOT NULL, site_name TEXT NOT NULL, unique_id TEXT NOT NULL,"
	" not_before INTEGER NOT NULL, duration_days REAL NOT NULL, expiration INTEGER NOT NULL,"
	" short_id TEXT NOT NULL, token TEXT NOT NULL);"
	"PRAGMA application_id = 1264143442;"
	"PRAGMA user_version = 1;";

struct registry {
	sqlite3 *db;
	char *path;
};

static int fail(struct registry *r, const char *what, struct err *e)
{
	int code = sqlite3_extended_errcode(r->db);
	int error = code == SQLITE_CONSTRAINT_UNIQUE ? -EEXIST
		    : code == SQLITE_NOMEM	     ? -ENOMEM
		    : (code & 0xff) == SQLITE_BUSY   ? -EBUSY
		    : (code & 0xff) == SQLITE_FULL   ? -ENOSPC
		    : (code & 0xff) == SQLITE_NOTADB || (code & 0xff) == SQLITE_CORRUPT
			    ? -EMEDIUMTYPE
			    : -EIO;

	return err_set(e, error, "'%s': cannot %s: %s", r->path, what, sqlite3_errmsg(r->db));
}

/* ---- opening ---- */

static int integer_of(struct registry *r, const char *sql, int64_t *ret)
{
	sqlite3_stmt *s = NULL;
	int rc = sqlite3_prepare_v2(r->db, sql, -1, &s, NULL);

	if (rc == SQLITE_OK)
		rc = sqlite3_step(s);
	*ret = rc == SQLITE_ROW ? sqlite3_column_int64(s, 0) : 0;
	sqlite3_finalize(s);
	return rc == SQLITE_ROW ? 0 : -EIO;
}

struct content {
	int64_t application, version, tables;
};

static bool is_empty(const struct content *c)
{
	return !c->application && !c->version && !c->tables;
}

/* At one moment: others may be making the tables. Leaves the transaction open. */
static int look(struct registry *r, const char *begin, struct content *ret, struct err *e)
{
	if (sqlite3_exec(r->db, begin, NULL, NULL, NULL) != SQLITE_OK ||
	    integer_of(r, "PRAGMA application_id", &ret->application) < 0 ||
	    integer_of(r, "PRAGMA user_version", &ret->version) < 0 ||
	    integer_of(r, "SELECT count(*) FROM sqlite_master", &ret->tables) < 0)
		return fail(r, "read it", e);
	return 0;
}

static int prepare_file(struct registry *r, struct err *e)
{
	struct content c;

	if (sqlite3_exec(r->db, "PRAGMA foreign_keys = ON; PRAGMA synchronous = FULL;", NULL, NULL,
			 NULL) != SQLITE_OK)
		return fail(r, "read it", e);
	int rc = look(r, "BEGIN", &c, e);

	if (rc >= 0 && is_empty(&c)) {
		sqlite3_exec(r->db, "ROLLBACK", NULL, NULL, NULL);
		rc = look(r, "BEGIN IMMEDIATE", &c, e);
		if (rc >= 0 && is_empty(&c)) {
			if (sqlite3_exec(r->db, schema, NULL, NULL, NULL) != SQLITE_OK)
				return fail(r, "make its tables", e);
			c = (struct content){ .application = APPLICATION_ID, .version = VERSION };
		}
	}
	if (rc >= 0 && sqlite3_exec(r->db, "COMMIT", NULL, NULL, NULL) != SQLITE_OK)
		return fail(r, "make its tables", e);
	if (rc < 0)
		return rc;
	if (c.application != APPLICATION_ID)
		return err_set(e, -EMEDIUMTYPE, "'%s' is another program's database", r->path);
	if (c.version > VERSION)
		return err_set(e, -EMEDIUMTYPE,
			       "'%s' is a registry of version %lld (this kymo "
			       "reads %d)",
			       r->path, (long long)c.version, VERSION);
	return 0;
}

int registry_open(const char *path, bool create, struct registry **ret, struct err *e)
{
	auto_ptr(registry) r = calloc(1, sizeof(*r));

	if (!r)
		return err_set(e, -ENOMEM, "no memory");
	r->path = strdup(path);
	if (!r->path)
		return err_set(e, -ENOMEM, "no memory");
	/* SQLite would make it with the umask's permissions. */
	int fd = open(path, O_RDWR | O_CLOEXEC | (create ? O_CREAT : 0), 0600);

	if (fd < 0)
		return err_set(e, -errno, "cannot open the registry '%s': %s%s", path,
			       strerror(errno),
			       errno == ENOENT && !create ? " (try: perflicense --createdb)" : "");
	close(fd);
	if (sqlite3_open_v2(path, &r->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_EXRESCODE, NULL) !=
	    SQLITE_OK)
		return fail(r, "open it", e);
	sqlite3_busy_timeout(r->db, 5000);
	int rc = prepare_file(r, e);

	if (rc < 0)
		return rc;
	*ret = steal_ptr(r);
	return 0;
}

struct registry *registry_free(struct registry *r)
{
	if (r) {
		sqlite3_close(r->db);
		free(r->path);
		free(r);
	}
	return NULL;
}

/* ---- adding ---- */

/* A parameter of a statement: a number, or a text. */
struct value {
	const char *text; /* NULL: the number */
	uint64_t number;
	bool null;
};

static int insert(struct registry *r, const char *what, const char *sql, const struct value *v,
		  int n, uint64_t *ret_id, struct err *e)
{
	sqlite3_stmt *s = NULL;
	int rc = sqlite3_prepare_v2(r->db, sql, -1, &s, NULL);

	for (int i = 0; i < n && rc == SQLITE_OK; i++)
		rc = v[i].null	 ? sqlite3_bind_null(s, i + 1)
		     : v[i].text ? sqlite3_bind_text(s, i + 1, v[i].text, -1, SQLITE_STATIC)
				 : sqlite3_bind_int64(s, i + 1, (sqlite3_int64)v[i].number);
	if (rc == SQLITE_OK)
		rc = sqlite3_step(s);
	int result = rc == SQLITE_DONE ? 0 : fail(r, what, e);

	sqlite3_finalize(s);
	if (result >= 0)
		*ret_id = (uint64_t)sqlite3_last_insert_rowid(r->db);
	return result;
}

static uint64_t now(void)
{
	return (uint64_t)time(NULL);
}

/* What is shown on terminals later. */
static int check_text(const char *what, const char *text, struct err *e)
{
	return utf8_is_name(text, strlen(text))
		       ? 0
		       : err_set(e, -EINVAL, "%s is not UTF-8 without control characters", what);
}

int registry_add_user(struct registry *r, const char *email, bool admin, uint64_t *ret_id,
		      struct err *e)
{
	const struct value v[] = { { .text = email }, { .number = admin }, { .number = now() } };
	int rc = check_text("the address", email, e);

	return rc < 0 ? rc
		      : insert(r, "add the user",
			       "INSERT INTO users (email, admin, created) VALUES (?, ?, ?)", v, 3,
			       ret_id, e);
}

int registry_add_site(struct registry *r, const char *name, uint64_t *ret_id, struct err *e)
{
	const struct value v[] = { { .text = name }, { .number = now() } };
	int rc = check_text("the name", name, e);

	return rc < 0 ? rc
		      : insert(r, "add the site", "INSERT INTO sites (name, created) VALUES (?, ?)",
			       v, 2, ret_id, e);
}

int registry_add_licence(struct registry *r, struct registry_licence *l, struct err *e)
{
	char days[32];
	const struct value v[] = {
		{ .number = l->created_by, .null = !l->created_by },
		{ .number = l->created },
		{ .number = l->external_version },
		{ .number = l->site },
		{ .text = l->site_name },
		{ .text = l->hosts },
		{ .number = l->not_before },
		{ .text = days },
		{ .number = l->not_after },
		{ .text = l->short_id },
		{ .text = l->token },
	};

	(void)snprintf(days, sizeof(days), "%.6f", (double)(l->not_after - l->not_before) / 86400);
	int rc = insert(r, "add the licence",
			"INSERT INTO licences (created_by, timestamp, internal_version,"
			" external_version, site_id, site_name, unique_id, not_before,"
			" duration_days, expiration, short_id, token)"
			" VALUES (?, ?, 1, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
			v, ARRAY_SIZE(v), &l->id, e);

	if (rc < 0 && sqlite3_extended_errcode(r->db) == SQLITE_CONSTRAINT_FOREIGNKEY)
		return err_set(e, -ENOENT, "'%s': there is no user %llu", r->path,
			       (unsigned long long)l->created_by);
	return rc;
}

/* ---- reading ---- */

static const char *text_of(sqlite3_stmt *s, int column)
{
	const char *text = (const char *)sqlite3_column_text(s, column);

	return text ? text : "";
}

static uint64_t number_of(sqlite3_stmt *s, int column)
{
	return (uint64_t)sqlite3_column_int64(s, column);
}

/* Calls @row for each row of @sql. */
static int each(struct registry *r, const char *sql, int (*row)(sqlite3_stmt *s, void *ctx),
		void *ctx, struct err *e)
{
	sqlite3_stmt *s = NULL;
	int result = 0, rc = sqlite3_prepare_v2(r->db, sql, -1, &s, NULL);

	while (rc == SQLITE_OK || rc == SQLITE_ROW) {
		rc = sqlite3_step(s);
		if (rc != SQLITE_ROW)
			break;
		result = row(s, ctx);
		if (result < 0)
			break;
	}
	if (result >= 0 && rc != SQLITE_DONE)
		result = fail(r, "read it", e);
	sqlite3_finalize(s);
	return result;
}

struct user_call {
	int (*each)(void *ctx, const struct registry_user *u);
	void *ctx;
};

static int user_row(sqlite3_stmt *s, void *ctx)
{
	const struct user_call *c = ctx;
	const struct registry_user u = { .id = number_of(s, 0),
					 .email = text_of(s, 1),
					 .admin = number_of(s, 2) };

	return c->each(c->ctx, &u);
}

int registry_each_user(struct registry *r, int (*fn)(void *ctx, const struct registry_user *u),
		       void *ctx, struct err *e)
{
	struct user_call c = { fn, ctx };

	return each(r, "SELECT id, email, admin FROM users ORDER BY id", user_row, &c, e);
}

struct site_call {
	int (*each)(void *ctx, const struct registry_site *s);
	void *ctx;
};

static int site_row(sqlite3_stmt *s, void *ctx)
{
	const struct site_call *c = ctx;
	const struct registry_site site = { .id = number_of(s, 0), .name = text_of(s, 1) };

	return c->each(c->ctx, &site);
}

int registry_each_site(struct registry *r, int (*fn)(void *ctx, const struct registry_site *s),
		       void *ctx, struct err *e)
{
	struct site_call c = { fn, ctx };

	return each(r, "SELECT id, name FROM sites ORDER BY id", site_row, &c, e);
}

struct licence_call {
	int (*each)(void *ctx, const struct registry_licence *l);
	void *ctx;
};

static int licence_row(sqlite3_stmt *s, void *ctx)
{
	const struct licence_call *c = ctx;
	const struct registry_licence l = {
		.id = number_of(s, 0),
		.created_by = number_of(s, 1),
		.created = number_of(s, 2),
		.external_version = number_of(s, 3),
		.site = number_of(s, 4),
		.site_name = text_of(s, 5),
		.hosts = text_of(s, 6),
		.not_before = number_of(s, 7),
		.not_after = number_of(s, 8),
		.short_id = text_of(s, 9),
		.token = text_of(s, 10),
	};

	return c->each(c->ctx, &l);
}

int registry_each_licence(struct registry *r,
			  int (*fn)(void *ctx, const struct registry_licence *l), void *ctx,
			  struct err *e)
{
	struct licence_call c = { fn, ctx };

	return each(r,
		    "SELECT id, created_by, timestamp, external_version, site_id, site_name,"
		    " unique_id, not_before, expiration, short_id, token FROM licences ORDER BY id",
		    licence_row, &c, e);
}
