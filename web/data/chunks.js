/* SPDX-License-Identifier: MIT */
/* Long work in short pieces, so that the page stays alive: await pause() now and then. */

const SLICE_MS = 12;
let sliceStart = performance.now();

/** True when the work since the last pause has lasted long enough. */
export function tired() {
	return performance.now() - sliceStart > SLICE_MS;
}

/**
 * Give way to input and painting.
 * @returns {Promise<void>}
 */
export function pause() {
	return new Promise(resolve => {
		const channel = new MessageChannel();

		channel.port1.onmessage = () => {
			channel.port1.close();
			sliceStart = performance.now();
			resolve();
		};
		channel.port2.postMessage(0);
	});
}
