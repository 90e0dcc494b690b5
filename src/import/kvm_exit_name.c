/* SPDX-License-Identifier: MIT */
/* Exit reasons by the names that event text has for them. */
#include "import/kvm_exit_name.h"

#include <ctype.h>
#include <string.h>

#include "base/attr.h"
#include "import/script_line.h"

#define NAME_MAX_BYTES	  40
#define VMX_FAILED_ENTRY  UINT32_C(0x80000000)
#define PLUGIN_SVM_PREFIX "EXIT_"

struct exit_name {
	const char *name;
	uint32_t reason;
};

/* Linux 6.18, and PENDING_INTERRUPT of before 5.6. Sorted: see find_in(). */
static const struct exit_name vmx_names[] = {
	{ "APIC_ACCESS", 44 },
	{ "APIC_WRITE", 56 },
	{ "BUS_LOCK", 74 },
	{ "CPUID", 10 },
	{ "CR_ACCESS", 28 },
	{ "DR_ACCESS", 29 },
	{ "ENCLS", 60 },
	{ "EOI_INDUCED", 45 },
	{ "EPT_MISCONFIG", 49 },
	{ "EPT_VIOLATION", 48 },
	{ "EXCEPTION_NMI", 0 },
	{ "EXTERNAL_INTERRUPT", 1 },
	{ "GDTR_IDTR", 46 },
	{ "HLT", 12 },
	{ "INIT_SIGNAL", 3 },
	{ "INTERRUPT_WINDOW", 7 },
	{ "INVALID_STATE", 33 },
	{ "INVD", 13 },
	{ "INVEPT", 50 },
	{ "INVLPG", 14 },
	{ "INVPCID", 58 },
	{ "INVVPID", 53 },
	{ "IO_INSTRUCTION", 30 },
	{ "LDTR_TR", 47 },
	{ "MCE_DURING_VMENTRY", 41 },
	{ "MONITOR_INSTRUCTION", 39 },
	{ "MONITOR_TRAP_FLAG", 37 },
	{ "MSR_LOAD_FAIL", 34 },
	{ "MSR_READ", 31 },
	{ "MSR_READ_IMM", 84 },
	{ "MSR_WRITE", 32 },
	{ "MSR_WRITE_IMM", 85 },
	{ "MWAIT_INSTRUCTION", 36 },
	{ "NMI_WINDOW", 8 },
	{ "NOTIFY", 75 },
	{ "PAUSE_INSTRUCTION", 40 },
	{ "PENDING_INTERRUPT", 7 },
	{ "PML_FULL", 62 },
	{ "PREEMPTION_TIMER", 52 },
	{ "RDPMC", 15 },
	{ "RDRAND", 57 },
	{ "RDSEED", 61 },
	{ "RDTSC", 16 },
	{ "RDTSCP", 51 },
	{ "SIPI_SIGNAL", 4 },
	{ "TASK_SWITCH", 9 },
	{ "TDCALL", 77 },
	{ "TPAUSE", 68 },
	{ "TPR_BELOW_THRESHOLD", 43 },
	{ "TRIPLE_FAULT", 2 },
	{ "UMWAIT", 67 },
	{ "VMCALL", 18 },
	{ "VMCLEAR", 19 },
	{ "VMFUNC", 59 },
	{ "VMLAUNCH", 20 },
	{ "VMOFF", 26 },
	{ "VMON", 27 },
	{ "VMPTRLD", 21 },
	{ "VMPTRST", 22 },
	{ "VMREAD", 23 },
	{ "VMRESUME", 24 },
	{ "VMWRITE", 25 },
	{ "WBINVD", 54 },
	{ "XRSTORS", 64 },
	{ "XSAVES", 63 },
	{ "XSETBV", 55 },
};

/* Linux 6.18; EXIT_*: names of libtraceevent that are not the kernel's in upper case. */
static const struct exit_name svm_names[] = {
	{ "AC excp", 0x51 },
	{ "BP excp", 0x43 },
	{ "BR excp", 0x45 },
	{ "DB excp", 0x41 },
	{ "DE excp", 0x40 },
	{ "DF excp", 0x48 },
	{ "EXIT_ERR", 0xffffffff },
	{ "EXIT_EXCP_AC", 0x51 },
	{ "EXIT_EXCP_BP", 0x43 },
	{ "EXIT_EXCP_BR", 0x45 },
	{ "EXIT_EXCP_DB", 0x41 },
	{ "EXIT_EXCP_DE", 0x40 },
	{ "EXIT_EXCP_DF", 0x48 },
	{ "EXIT_EXCP_GP", 0x4d },
	{ "EXIT_EXCP_MC", 0x52 },
	{ "EXIT_EXCP_MF", 0x50 },
	{ "EXIT_EXCP_NM", 0x47 },
	{ "EXIT_EXCP_NP", 0x4b },
	{ "EXIT_EXCP_OF", 0x44 },
	{ "EXIT_EXCP_PF", 0x4e },
	{ "EXIT_EXCP_SS", 0x4c },
	{ "EXIT_EXCP_TS", 0x4a },
	{ "EXIT_EXCP_UD", 0x46 },
	{ "EXIT_EXCP_XF", 0x53 },
	{ "EXIT_GDTR_READ", 0x67 },
	{ "EXIT_GDTR_WRITE", 0x6b },
	{ "EXIT_IDTR_READ", 0x66 },
	{ "EXIT_IDTR_WRITE", 0x6a },
	{ "EXIT_INTR", 0x60 },
	{ "EXIT_IOIO", 0x7b },
	{ "EXIT_LDTR_READ", 0x68 },
	{ "EXIT_LDTR_WRITE", 0x6c },
	{ "EXIT_MWAIT_COND", 0x8c },
	{ "EXIT_TR_READ", 0x69 },
	{ "EXIT_TR_WRITE", 0x6d },
	{ "EXIT_VMMCALL", 0x81 },
	{ "GP excp", 0x4d },
	{ "MC excp", 0x52 },
	{ "MF excp", 0x50 },
	{ "NM excp", 0x47 },
	{ "NP excp", 0x4b },
	{ "OF excp", 0x44 },
	{ "PF excp", 0x4e },
	{ "SS excp", 0x4c },
	{ "TS excp", 0x4a },
	{ "UD excp", 0x46 },
	{ "XF excp", 0x53 },
	{ "avic_incomplete_ipi", 0x401 },
	{ "avic_unaccelerated_access", 0x402 },
	{ "buslock", 0xa5 },
	{ "clgi", 0x85 },
	{ "cpuid", 0x72 },
	{ "cr0_sel_write", 0x65 },
	{ "ferr_freeze", 0x7e },
	{ "hlt", 0x78 },
	{ "hypercall", 0x81 },
	{ "icebp", 0x88 },
	{ "idle-halt", 0xa6 },
	{ "init", 0x63 },
	{ "interrupt", 0x60 },
	{ "invalid_guest_state", 0xffffffff },
	{ "invd", 0x76 },
	{ "invlpg", 0x79 },
	{ "invlpga", 0x7a },
	{ "invpcid", 0xa2 },
	{ "io", 0x7b },
	{ "iret", 0x74 },
	{ "monitor", 0x8a },
	{ "msr", 0x7c },
	{ "mwait", 0x8b },
	{ "nmi", 0x61 },
	{ "npf", 0x400 },
	{ "pause", 0x77 },
	{ "popf", 0x71 },
	{ "pushf", 0x70 },
	{ "rdpmc", 0x6f },
	{ "rdtsc", 0x6e },
	{ "rdtscp", 0x87 },
	{ "read_cr0", 0x0 },
	{ "read_cr2", 0x2 },
	{ "read_cr3", 0x3 },
	{ "read_cr4", 0x4 },
	{ "read_cr8", 0x8 },
	{ "read_dr0", 0x20 },
	{ "read_dr1", 0x21 },
	{ "read_dr2", 0x22 },
	{ "read_dr3", 0x23 },
	{ "read_dr4", 0x24 },
	{ "read_dr5", 0x25 },
	{ "read_dr6", 0x26 },
	{ "read_dr7", 0x27 },
	{ "read_gdtr", 0x67 },
	{ "read_idtr", 0x66 },
	{ "read_ldtr", 0x68 },
	{ "read_rt", 0x69 },
	{ "rsm", 0x73 },
	{ "shutdown", 0x7f },
	{ "skinit", 0x86 },
	{ "smi", 0x62 },
	{ "stgi", 0x84 },
	{ "swint", 0x75 },
	{ "task_switch", 0x7d },
	{ "vintr", 0x64 },
	{ "vmgexit", 0x403 },
	{ "vmgexit_ap_creation", 0x80000013 },
	{ "vmgexit_ap_hlt_loop", 0x80000004 },
	{ "vmgexit_ap_jump_table", 0x80000005 },
	{ "vmgexit_ext_guest_request", 0x80000012 },
	{ "vmgexit_guest_request", 0x80000011 },
	{ "vmgexit_hypervisor_feature", 0x8000fffd },
	{ "vmgexit_mmio_read", 0x80000001 },
	{ "vmgexit_mmio_write", 0x80000002 },
	{ "vmgexit_nmi_complete", 0x80000003 },
	{ "vmgexit_page_state_change", 0x80000010 },
	{ "vmload", 0x82 },
	{ "vmrun", 0x80 },
	{ "vmsave", 0x83 },
	{ "wbinvd", 0x89 },
	{ "write_cr0", 0x10 },
	{ "write_cr0_trap", 0x90 },
	{ "write_cr2", 0x12 },
	{ "write_cr3", 0x13 },
	{ "write_cr4", 0x14 },
	{ "write_cr4_trap", 0x94 },
	{ "write_cr8", 0x18 },
	{ "write_cr8_trap", 0x98 },
	{ "write_dr0", 0x30 },
	{ "write_dr1", 0x31 },
	{ "write_dr2", 0x32 },
	{ "write_dr3", 0x33 },
	{ "write_dr4", 0x34 },
	{ "write_dr5", 0x35 },
	{ "write_dr6", 0x36 },
	{ "write_dr7", 0x37 },
	{ "write_efer_trap", 0x8f },
	{ "write_gdtr", 0x6b },
	{ "write_idtr", 0x6a },
	{ "write_ldtr", 0x6c },
	{ "write_rt", 0x6d },
	{ "xsetbv", 0x8d },
};

static const struct exit_name *find_in(const struct exit_name *list, size_t n, const char *name)
{
	size_t from = 0, to = n;

	while (from < to) {
		size_t mid = from + (to - from) / 2;
		int order = strcmp(name, list[mid].name);

		if (!order)
			return &list[mid];
		if (order < 0)
			to = mid;
		else
			from = mid + 1;
	}
	return NULL;
}

static const struct exit_name *find_svm(const char *name)
{
	const struct exit_name *found = find_in(svm_names, ARRAY_SIZE(svm_names), name);
	size_t prefix = strlen(PLUGIN_SVM_PREFIX);
	char lower[NAME_MAX_BYTES] = "";

	if (found || strncmp(name, PLUGIN_SVM_PREFIX, prefix))
		return found;
	for (size_t i = 0; name[prefix + i]; i++)
		lower[i] = (char)tolower((unsigned char)name[prefix + i]);
	return find_in(svm_names, ARRAY_SIZE(svm_names), lower);
}

static bool find_whole(const char *text, size_t len, enum kvm_isa *ret_isa, uint32_t *ret_reason)
{
	char name[NAME_MAX_BYTES] = "";
	struct script_value v;

	if (script_scan(text, len, "0x%x", &v) || script_scan(text, len, "UNKNOWN (%d)", &v)) {
		*ret_isa = KVM_ISA_UNKNOWN;
		*ret_reason = (uint32_t)v.number;
		return true;
	}
	if (len >= sizeof(name))
		return false;
	memcpy(name, text, len);
	const struct exit_name *vmx = find_in(vmx_names, ARRAY_SIZE(vmx_names), name);
	const struct exit_name *found = vmx ? vmx : find_svm(name);

	if (!found)
		return false;
	*ret_isa = vmx ? KVM_ISA_VMX : KVM_ISA_SVM;
	*ret_reason = found->reason;
	return true;
}

/* The high bits of a VMX reason, which the kernel prints as words behind its name. */
static bool read_flag(const char *p, size_t len, uint32_t *flags)
{
	struct script_value v;

	if (len == 14 && !memcmp(p, "FAILED_VMENTRY", 14)) {
		*flags |= VMX_FAILED_ENTRY;
		return true;
	}
	if (!script_scan(p, len, "0x%x", &v))
		return false;
	*flags |= (uint32_t)v.number;
	return true;
}

bool kvm_exit_name_find(const char *name, size_t len, enum kvm_isa *ret_isa, uint32_t *ret_reason)
{
	uint32_t flags = 0;

	for (const char *blank; (blank = memrchr(name, ' ', len));) {
		if (!read_flag(blank + 1, len - (size_t)(blank + 1 - name), &flags))
			break;
		len = (size_t)(blank - name);
	}
	if (!find_whole(name, len, ret_isa, ret_reason))
		return false;
	*ret_reason |= flags;
	return true;
}

const char *kvm_exit_name_at(enum kvm_isa isa, unsigned int i, uint32_t *ret_reason)
{
	const struct exit_name *list = isa == KVM_ISA_VMX ? vmx_names : svm_names;
	size_t n = isa == KVM_ISA_VMX ? ARRAY_SIZE(vmx_names) : ARRAY_SIZE(svm_names);

	if (i >= n)
		return NULL;
	*ret_reason = list[i].reason;
	return list[i].name;
}
