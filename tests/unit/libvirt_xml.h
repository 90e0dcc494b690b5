/* SPDX-License-Identifier: MIT */
/* A machine's state as libvirt keeps it, as far as we read it. */
#pragma once

static const char libvirt_xml[] =
	"<!--\nWARNING: THIS IS AN AUTO-GENERATED FILE.\n-->\n"
	"<domstatus state='running' reason='booted' pid='1234'>\n"
	"  <taint flag='x'/>\n"
	"  <monitor path='/var/lib/libvirt/qemu/domain-1-web/monitor.sock' type='unix'/>\n"
	"  <vcpus>\n"
	"    <vcpu id='0' pid='1236'/>\n"
	"    <vcpu id='1' pid='1237'/>\n"
	"  </vcpus>\n"
	"  <domain type='kvm' id='1'>\n"
	"    <name>web &amp; co</name>\n"
	"    <uuid>8f810000-0000-4000-8000-000000000001</uuid>\n"
	"    <devices><interface><name>eth0</name></interface></devices>\n"
	"  </domain>\n"
	"</domstatus>\n";
