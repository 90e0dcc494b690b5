/* SPDX-License-Identifier: MIT */
/*
 * A colour per exit reason. Those that matter on most machines have fixed ones, by what they mean and not by
 * instruction set, so that charts can be compared; the others take what is left in numeric order.
 */

/** Slots of the task colours, by meaning. */
const INTERRUPT = 0;
const PAGE_FAULT = 1;
const IO = 2;
const EXCEPTION = 3;
const HALT = 4;
const MSR = 5;
const MMIO = 6;
const CONTROL = 7;
const APIC_ACCESS = 8;
const APIC_WRITE = 11;
const freeSlots = [9, 10];
const SLOT_COUNT = 12;

/**
 * Meanings by instruction set (numbers of src/model/kvm_track.h): first and last reason, slot.
 * @type {Object<number, [number, number, number][]>}
 */
const meanings = {
	1: [[0, 0, EXCEPTION], [1, 1, INTERRUPT], [12, 12, HALT], [28, 28, CONTROL], [30, 30, IO], [32, 32, MSR], [44, 44, APIC_ACCESS],
		[48, 48, PAGE_FAULT], [49, 49, MMIO], [56, 56, APIC_WRITE]],
	2: [[0, 0x1f, CONTROL], [0x40, 0x5f, EXCEPTION], [0x60, 0x60, INTERRUPT], [0x78, 0x78, HALT], [0x7b, 0x7b, IO], [0x7c, 0x7c, MSR],
		[0x400, 0x400, PAGE_FAULT], [0x401, 0x401, APIC_WRITE], [0x402, 0x402, APIC_ACCESS]],
	3: [[0x01, 0x01, HALT], [0x16, 0x17, IO], [0x18, 0x18, MSR], [0x20, 0x21, PAGE_FAULT], [0x24, 0x25, PAGE_FAULT], [0x100, 0x100, INTERRUPT]],
	4: [[1, 1, EXCEPTION], [2, 2, IO], [5, 5, HALT], [6, 6, MMIO], [10, 10, INTERRUPT], [29, 30, MSR]],
};

/** @param {number} isa @param {number} reason @returns {number} slot, or -1 */
function fixedSlot(isa, reason) {
	/* VMX: flags above the basic reason. */
	const basic = isa === 1 ? reason % 65536 : reason;
	const found = (meanings[isa] || []).find(([first, last]) => basic >= first && basic <= last);

	return found ? found[2] : -1;
}

/**
 * Slots of all reasons of the page.
 * @param {[number, number][]} reasons isa and reason
 * @returns {Map<string, number>} by "isa reason"
 */
export function exitSlots(reasons) {
	/** @type {Map<string, number>} */
	const slots = new Map();
	const fixed = reasons.map(([isa, reason]) => fixedSlot(isa, reason));
	/** Those that nobody has a claim on, then those that nobody here uses, then all again. */
	const rest = [...freeSlots, ...Array.from({ length: SLOT_COUNT }, (_, i) => i).filter(i => !freeSlots.includes(i) && !fixed.includes(i))];
	const order = reasons.map((_, i) => i).sort((a, b) => reasons[a][0] - reasons[b][0] || reasons[a][1] - reasons[b][1]);
	let next = 0;

	for (const i of order) {
		const key = reasons[i].join(' ');

		if (!slots.has(key))
			slots.set(key, fixed[i] >= 0 ? fixed[i] : rest[next++ % rest.length]);
	}
	return slots;
}
