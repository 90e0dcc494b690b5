/* SPDX-License-Identifier: MIT */
/* Elements without markup text: everything that is shown goes through textContent and attributes. */

/** @typedef {string | number | Node | null | undefined | false} Child */

/**
 * @template {keyof HTMLElementTagNameMap} T
 * @param {T} tag
 * @param {Object<string, any> | null} [props] `class`, `text`, `on` (listeners), else attributes; true is "", false and null are left out
 * @param {...Child} children
 * @returns {HTMLElementTagNameMap[T]}
 */
export function el(tag, props, ...children) {
	const node = document.createElement(tag);

	for (const [key, value] of Object.entries(props || {})) {
		if (key === 'on') {
			for (const [type, listener] of Object.entries(value))
				node.addEventListener(type, listener);
		} else if (key === 'text') {
			node.textContent = String(value);
		} else if (value !== null && value !== undefined && value !== false) {
			node.setAttribute(key, value === true ? '' : String(value));
		}
	}
	addChildren(node, children);
	return node;
}

/**
 * @param {Node} node
 * @param {Child[]} children
 */
function addChildren(node, children) {
	for (const child of children) {
		if (child === null || child === undefined || child === false)
			continue;
		node.appendChild(child instanceof Node ? child : document.createTextNode(String(child)));
	}
}

/**
 * Give a node new children.
 * @param {Element} node
 * @param {...Child} children
 */
export function fill(node, ...children) {
	node.replaceChildren();
	addChildren(node, children);
}

/**
 * fill(), but the keyboard's focus stays on the control at the same place.
 * @param {Element} node
 * @param {...Child} children
 */
export function refill(node, ...children) {
	const controls = () => /** @type {HTMLElement[]} */ ([...node.querySelectorAll('button, input, select')]);
	const at = node.contains(document.activeElement) ? controls().indexOf(/** @type {HTMLElement} */ (document.activeElement)) : -1;

	fill(node, ...children);
	if (at >= 0)
		controls()[at]?.focus({ preventScroll: true });
}

/** Line drawings of 16 x 16, by name. */
const iconPath = {
	help: 'M6 6.2a2 2 0 1 1 2.9 1.8c-.6.3-.9.7-.9 1.3v.4M8 12v.4M8 14.5A6.5 6.5 0 1 0 8 1.5a6.5 6.5 0 0 0 0 13z',
	theme: 'M8 1.5a6.5 6.5 0 1 0 0 13zM8 1.5a6.5 6.5 0 0 1 0 13',
	save: 'M8 2v8M4.8 7 8 10.2 11.2 7M2.5 13.5h11',
	copy: 'M5.5 5.5h8v8h-8zM10.5 5.5v-3h-8v8h3',
	close: 'M3.5 3.5l9 9M12.5 3.5l-9 9',
	zoomOut: 'M1.5 8h13M4.5 5l-3 3 3 3M11.5 5l3 3-3 3',
	swap: 'M2 5.5h10M9.5 3 12 5.5 9.5 8M14 10.5H4M6.5 8 4 10.5 6.5 13',
	filter: 'M2 3h12L9.5 8.5V13l-3-1.5v-3z',
};

/**
 * @param {keyof typeof iconPath} name
 * @returns {SVGSVGElement}
 */
export function icon(name) {
	const ns = 'http://www.w3.org/2000/svg';
	const svg = document.createElementNS(ns, 'svg');
	const path = document.createElementNS(ns, 'path');

	svg.setAttribute('viewBox', '0 0 16 16');
	svg.setAttribute('class', 'icon');
	svg.setAttribute('aria-hidden', 'true');
	path.setAttribute('d', iconPath[name]);
	svg.appendChild(path);
	return svg;
}

/**
 * Offer bytes as a file to the reader.
 * @param {Blob} blob
 * @param {string} name
 */
export function download(blob, name) {
	const url = URL.createObjectURL(blob);
	const link = el('a', { href: url, download: name });

	document.body.appendChild(link);
	link.click();
	link.remove();
	setTimeout(() => URL.revokeObjectURL(url), 10000);
}
