// SPDX-License-Identifier: MIT
// Exported profiles as the packages that know these formats read them; each is left out where its
// package is not installed (npm install --prefix tests/e2e).
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, test } from 'node:test';
import { gunzipSync } from 'node:zlib';

const source = process.env.KYMO_SOURCE ?? '.';
const kymo = process.env.KYMO ?? 'build/src/cmd/kymo';
const require = createRequire(join(process.env.NODE_MODULES_FROM ?? join(source, 'tests/e2e'), 'x.js'));
const folder = mkdtempSync(join(tmpdir(), 'kymo-exports-'));
after(() => rmSync(folder, { recursive: true }));

function load(...names) {
	try {
		return names.map((name) => require(name));
	} catch {
		return null;
	}
}

function convert(input, output) {
	const path = join(folder, output);
	execFileSync(kymo, ['convert', '--quiet', join(source, 'tests/fixtures', input), '-o', path]);
	return readFileSync(path);
}

const stacks = readFileSync(join(source, 'tests/fixtures/profiles/small.folded'), 'utf8').trim().split('\n').sort();

test('pprof-format reads the same stacks', (t) => {
	const packages = load('pprof-format');
	if (!packages)
		return t.skip('pprof-format is not installed');
	const profile = packages[0].Profile.decode(gunzipSync(convert('profiles/small.folded', 'small.pb.gz')));
	const text = (i) => profile.stringTable.strings[Number(i)];
	const byId = (list) => new Map(list.map((x) => [Number(x.id), x]));
	const location = byId(profile.location), fn = byId(profile.function);
	assert.deepEqual(profile.sampleType.map((v) => [text(v.type), text(v.unit)]), [['samples', 'count']]);
	const got = profile.sample.map((s) => {
		const names = s.locationId.map((id) => text(fn.get(Number(location.get(Number(id)).line[0].functionId)).name));
		const comm = s.label.find((l) => text(l.key) === 'comm');
		return `${[text(comm.str), ...names.reverse()].join(';')} ${s.value[0]}`;
	});
	assert.deepEqual(got.sort(), stacks);
});

test('speedscope files are valid by its schema', (t) => {
	const packages = load('ajv', 'speedscope/dist/release/file-format-schema.json');
	if (!packages)
		return t.skip('ajv and speedscope are not installed');
	const Ajv = packages[0].default ?? packages[0];
	const validate = new Ajv({ strict: false }).compile(packages[1]);
	for (const input of ['profiles/small.folded', 'profiles/inlined.pb.gz']) {
		const file = JSON.parse(convert(input, 'x.speedscope.json'));
		assert.ok(validate(file), JSON.stringify(validate.errors));
		assert.ok(!validate({ ...file, profiles: [{ type: 'sampled' }] }));
	}
});

// Fields of Perfetto's public definitions that are checked here.
const perfettoProto = `syntax = "proto2";
message Trace { repeated Packet packet = 1; }
message Packet { optional Bundle ftrace_events = 1; optional Tree process_tree = 2; optional uint64 timestamp = 8;
  optional uint32 trusted_packet_sequence_id = 10; optional Interned interned_data = 12; optional uint32 sequence_flags = 13;
  optional PerfSample perf_sample = 66; }
message Bundle { optional uint32 cpu = 1; repeated Event event = 2; optional bool lost_events = 3; }
message Event { optional uint64 timestamp = 1; optional uint32 pid = 2; optional Switch sched_switch = 4; optional Waking sched_waking = 20; }
message Switch { optional string prev_comm = 1; optional int32 prev_pid = 2; optional int32 prev_prio = 3; optional int64 prev_state = 4;
  optional string next_comm = 5; optional int32 next_pid = 6; optional int32 next_prio = 7; }
message Waking { optional string comm = 1; optional int32 pid = 2; optional int32 prio = 3; optional int32 success = 4; optional int32 target_cpu = 5; }
message Tree { repeated Process processes = 1; repeated Thread threads = 2; }
message Process { optional int32 pid = 1; optional int32 ppid = 2; repeated string cmdline = 3; }
message Thread { optional int32 tid = 1; optional string name = 2; optional int32 tgid = 3; }
message Interned { repeated Text function_names = 5; repeated Frame frames = 6; repeated Callstack callstacks = 7; }
message Text { optional uint64 iid = 1; optional bytes str = 2; }
message Frame { optional uint64 iid = 1; optional uint64 function_name_id = 2; optional uint64 mapping_id = 3; }
message Callstack { optional uint64 iid = 1; repeated uint64 frame_ids = 2; }
message PerfSample { optional uint32 cpu = 1; optional uint32 pid = 2; optional uint32 tid = 3; optional uint64 callstack_iid = 4; }`;

test('Perfetto traces hold the switches and the stacks', (t) => {
	const packages = load('protobufjs');
	if (!packages)
		return t.skip('protobufjs is not installed');
	const Trace = packages[0].parse(perfettoProto, { keepCase: true }).root.lookupType('Trace');
	const switches = Trace.decode(convert('demo.kymo', 'demo.perfetto-trace')).packet.flatMap((p) => p.ftrace_events?.event ?? [])
		.filter((e) => e.sched_switch);
	const told = JSON.parse(execFileSync(kymo, ['info', '--json', join(source, 'tests/fixtures/demo.kymo')]));
	const rows = told.tracks?.find((x) => x.track === 'switch' || x.name === 'switch')?.rows;
	assert.ok(switches.length > 10000);
	if (rows !== undefined)
		assert.equal(switches.length, rows);
	assert.ok(switches.every((e) => e.sched_switch.prev_comm && e.sched_switch.next_comm));

	const names = new Map(), frames = new Map(), chains = new Map(), got = [], threads = new Map();
	for (const p of Trace.decode(convert('profiles/small.folded', 'small.perfetto-trace')).packet) {
		for (const x of p.process_tree?.threads ?? [])
			threads.set(x.tid, x.name);
		for (const x of p.interned_data?.function_names ?? [])
			names.set(Number(x.iid), Buffer.from(x.str).toString());
		for (const x of p.interned_data?.frames ?? [])
			frames.set(Number(x.iid), names.get(Number(x.function_name_id)));
		for (const x of p.interned_data?.callstacks ?? [])
			chains.set(Number(x.iid), x.frame_ids.map((id) => frames.get(Number(id))));
		if (p.perf_sample)
			got.push([threads.get(p.perf_sample.tid), ...chains.get(Number(p.perf_sample.callstack_iid))].join(';'));
	}
	assert.deepEqual(got.sort(), stacks.map((s) => s.replace(/ \d+$/, '')));
});
