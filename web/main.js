/* SPDX-License-Identifier: MIT */
/* Begins when the page has been read. */

import { startApp } from './app.js';

if (document.readyState === 'loading')
	document.addEventListener('DOMContentLoaded', () => void startApp());
else
	void startApp();
