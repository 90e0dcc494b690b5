/* SPDX-License-Identifier: MIT */
/* All views, in the order of the rail. A new view = its file and a word here. */

import { coremapView } from './coremap.js';
import { countersView } from './counters.js';
import { durationsView, guestView } from './durations.js';
import { flameView, offcpuView } from './flame.js';
import { hotspotsView } from './hotspots.js';
import { infoView } from './info.js';
import { kvmView } from './kvm.js';
import { latencyView } from './latency.js';
import { metricsView } from './metrics.js';
import { successorsView } from './successors.js';
import { switchesView } from './switches.js';
import { tasksView } from './tasks.js';
import { timelineView } from './timeline.js';
import { timemapView } from './timemap.js';
import { vmsView } from './vms.js';

export const viewList = [coremapView, switchesView, timelineView, durationsView, latencyView, successorsView, kvmView, guestView, vmsView,
	flameView, hotspotsView, timemapView, offcpuView, countersView, metricsView, tasksView];
/** Stands last, behind the views that the page brings along. */
export const lastView = infoView;
