# SPDX-License-Identifier: MIT
# What this machine allows: the words differ, the shape does not.
kymo doctor >text
echo "exit $?"
kymo doctor --json >json
echo "exit $?"
python3 - <<'PY'
import json
answer = json.load(open("json"))
rows = answer if isinstance(answer, list) else next(v for v in answer.values() if isinstance(v, list))
assert len(rows) > 5
for row in rows:
    assert row["state"] in ("ok", "limited", "missing"), row
    assert row["name"] and row["found"], row
    if row["state"] == "missing" and not row.get("fix"):
        print("no fix for", row["name"])
print("every facility has a name, a state and what was found")
PY
t kymo doctor word
