/* SPDX-License-Identifier: MIT */
/* Names of exit reasons as tables by number. */
#include "model/kvm_reason.h"

#include <errno.h>
#include <stdio.h>

#include "base/attr.h"

#define VMX_BASIC	0xffffu
#define VMX_FAILED	(1u << 31)
#define VMX_FAILED_TEXT "failed entry: "
#define VMX_HLT		12u
#define SVM_HLT		0x78u
#define SVM_IDLE_HLT	0xa6u
#define ARM64_WFX	1u
#define ARM64_NO_TRAP	0x100u
#define USER_HLT	5u

/* Intel SDM volume 3, appendix C. */
static const char *const vmx[] = {
	[0] = "Exception or NMI",
	[1] = "External Interrupt",
	[2] = "Triple Fault",
	[3] = "INIT",
	[4] = "Startup IPI",
	[5] = "I/O SMI",
	[6] = "Other SMI",
	[7] = "Interrupt Window",
	[8] = "NMI window",
	[9] = "Task Switch",
	[10] = "CPUID",
	[11] = "GETSEC",
	[12] = "HLT",
	[13] = "INVD",
	[14] = "INVLPG",
	[15] = "RDPMC",
	[16] = "RDTSC",
	[17] = "RSM",
	[18] = "VMCALL",
	[19] = "VMCLEAR",
	[20] = "VMLAUNCH",
	[21] = "VMPTRLD",
	[22] = "VMPTRST",
	[23] = "VMREAD",
	[24] = "VMRESUME",
	[25] = "VMWRITE",
	[26] = "VMXOFF",
	[27] = "VMXON",
	[28] = "CR Access",
	[29] = "MOV DR",
	[30] = "I/O Instruction",
	[31] = "RDMSR",
	[32] = "WRMSR",
	[33] = "VM Entry Failure (invalid guest state)",
	[34] = "VM Entry Failure (MSR loading)",
	[36] = "MWAIT",
	[37] = "Monitor trap flag",
	[39] = "MONITOR",
	[40] = "PAUSE",
	[41] = "VM Entry Failure (machine check)",
	[43] = "TPR below threshold",
	[44] = "APIC Access",
	[45] = "Virtualized EOI",
	[46] = "Access to GDTR or IDTR",
	[47] = "Access to LDTR or TR",
	[48] = "EPT violation",
	[49] = "EPT misconfiguration",
	[50] = "INVEPT",
	[51] = "RDTSCP",
	[52] = "VMX preemption timer expired",
	[53] = "INVVPID",
	[54] = "WBINVD",
	[55] = "XSETBV",
	[56] = "APIC_WRITE",
	[57] = "RDRAND",
	[58] = "INVPCID",
	[59] = "VMFUNC",
	[60] = "ENCLS",
	[61] = "RDSEED",
	[62] = "PML full",
	[63] = "XSAVES",
	[64] = "XRSTORS",
	[65] = "PCONFIG",
	[66] = "SPP",
	[67] = "UMWAIT",
	[68] = "TPAUSE",
	[69] = "LOADIWKEY",
	[70] = "ENCLV",
	[72] = "ENQCMD PASID translation",
	[73] = "ENQCMDS PASID translation",
	[74] = "BUS_LOCK",
	[75] = "NOTIFY",
	[76] = "SEAMCALL",
	[77] = "TDCALL",
	[84] = "RDMSR immediate",
	[85] = "WRMSRNS immediate",
};

/* AMD APM volume 2, appendix C; names as KVM prints them. Those of registers are made: svm_made().
 */
static const char *const svm[] = {
	[0x40] = "DE excp",
	[0x41] = "DB excp",
	[0x43] = "BP excp",
	[0x44] = "OF excp",
	[0x45] = "BR excp",
	[0x46] = "UD excp",
	[0x47] = "NM excp",
	[0x48] = "DF excp",
	[0x4a] = "TS excp",
	[0x4b] = "NP excp",
	[0x4c] = "SS excp",
	[0x4d] = "GP excp",
	[0x4e] = "PF excp",
	[0x50] = "MF excp",
	[0x51] = "AC excp",
	[0x52] = "MC excp",
	[0x53] = "XF excp",
	[0x60] = "interrupt",
	[0x61] = "nmi",
	[0x62] = "smi",
	[0x63] = "init",
	[0x64] = "vintr",
	[0x65] = "cr0_sel_write",
	[0x66] = "read_idtr",
	[0x67] = "read_gdtr",
	[0x68] = "read_ldtr",
	[0x69] = "read_rt",
	[0x6a] = "write_idtr",
	[0x6b] = "write_gdtr",
	[0x6c] = "write_ldtr",
	[0x6d] = "write_rt",
	[0x6e] = "rdtsc",
	[0x6f] = "rdpmc",
	[0x70] = "pushf",
	[0x71] = "popf",
	[0x72] = "cpuid",
	[0x73] = "rsm",
	[0x74] = "iret",
	[0x75] = "swint",
	[0x76] = "invd",
	[0x77] = "pause",
	[0x78] = "hlt",
	[0x79] = "invlpg",
	[0x7a] = "invlpga",
	[0x7b] = "io",
	[0x7c] = "msr",
	[0x7d] = "task_switch",
	[0x7e] = "ferr_freeze",
	[0x7f] = "shutdown",
	[0x80] = "vmrun",
	[0x81] = "hypercall",
	[0x82] = "vmload",
	[0x83] = "vmsave",
	[0x84] = "stgi",
	[0x85] = "clgi",
	[0x86] = "skinit",
	[0x87] = "rdtscp",
	[0x88] = "icebp",
	[0x89] = "wbinvd",
	[0x8a] = "monitor",
	[0x8b] = "mwait",
	[0x8c] = "mwait_cond",
	[0x8d] = "xsetbv",
	[0x8e] = "rdpru",
	[0x8f] = "write_efer_trap",
	[0xa0] = "invlpgb",
	[0xa1] = "invlpgb_illegal",
	[0xa2] = "invpcid",
	[0xa3] = "mcommit",
	[0xa4] = "tlbsync",
	[0xa5] = "buslock",
	[SVM_IDLE_HLT] = "idle_hlt",
};

struct named {
	uint32_t reason;
	const char *name;
};

static const struct named svm_high[] = {
	{ 0x400, "npf" },
	{ 0x401, "avic_incomplete_ipi" },
	{ 0x402, "avic_unaccelerated_access" },
	{ 0x403, "vmgexit" },
	{ 0xffffffff, "invalid_guest_state" },
	{ 0xfffffffe, "busy" },
	{ 0xfffffffd, "idle_required" },
	{ 0xfffffffc, "invalid_pmc" },
};

/* Arm ARM D17, ESR_ELx.EC; names: arch/arm64/include/asm/esr.h and kvm_arm.h. */
static const char *const arm64[] = {
	[0x00] = "UNKNOWN",	[ARM64_WFX] = "WFx",	[0x03] = "CP15_32",
	[0x04] = "CP15_64",	[0x05] = "CP14_MR",	[0x06] = "CP14_LS",
	[0x07] = "FP_ASIMD",	[0x08] = "CP10_ID",	[0x09] = "PAC",
	[0x0a] = "OTHER",	[0x0c] = "CP14_64",	[0x0d] = "BTI",
	[0x0e] = "ILL",		[0x11] = "SVC32",	[0x12] = "HVC32",
	[0x13] = "SMC32",	[0x15] = "SVC64",	[0x16] = "HVC64",
	[0x17] = "SMC64",	[0x18] = "SYS64",	[0x19] = "SVE",
	[0x1a] = "ERET",	[0x1c] = "FPAC",	[0x1d] = "SME",
	[0x1f] = "IMP_DEF",	[0x20] = "IABT_LOW",	[0x21] = "IABT_CUR",
	[0x22] = "PC_ALIGN",	[0x24] = "DABT_LOW",	[0x25] = "DABT_CUR",
	[0x26] = "SP_ALIGN",	[0x27] = "MOPS",	[0x28] = "FP_EXC32",
	[0x2c] = "FP_EXC64",	[0x2d] = "GCS",		[0x2f] = "SERROR",
	[0x30] = "BREAKPT_LOW", [0x31] = "BREAKPT_CUR", [0x32] = "SOFTSTP_LOW",
	[0x33] = "SOFTSTP_CUR", [0x34] = "WATCHPT_LOW", [0x35] = "WATCHPT_CUR",
	[0x38] = "BKPT32",	[0x3a] = "VECTOR32",	[0x3c] = "BRK64",
};

/* What ended the run of the guest without a trap: kvm_arm.h, ARM_EXCEPTION_*. */
static const struct named arm64_high[] = {
	{ ARM64_NO_TRAP + 0, "IRQ" },
	{ ARM64_NO_TRAP + 1, "SError interrupt" },
	{ ARM64_NO_TRAP + 3, "illegal return" },
	{ ARM64_NO_TRAP + 0x11, "hypervisor gone" },
};

/* linux/kvm.h without KVM_EXIT_. */
static const char *const user[] = {
	"UNKNOWN",
	"EXCEPTION",
	"IO",
	"HYPERCALL",
	"DEBUG",
	"HLT",
	"MMIO",
	"IRQ_WINDOW_OPEN",
	"SHUTDOWN",
	"FAIL_ENTRY",
	"INTR",
	"SET_TPR",
	"TPR_ACCESS",
	"S390_SIEIC",
	"S390_RESET",
	"DCR",
	"NMI",
	"INTERNAL_ERROR",
	"OSI",
	"PAPR_HCALL",
	"S390_UCONTROL",
	"WATCHDOG",
	"S390_TSCH",
	"EPR",
	"SYSTEM_EVENT",
	"S390_STSI",
	"IOAPIC_EOI",
	"HYPERV",
	"ARM_NISV",
	"X86_RDMSR",
	"X86_WRMSR",
	"DIRTY_RING_FULL",
	"AP_RESET_HOLD",
	"X86_BUS_LOCK",
	"XEN",
	"RISCV_SBI",
	"RISCV_CSR",
	"NOTIFY",
	"LOONGARCH_IOCSR",
	"MEMORY_FAULT",
	"TDX",
	"ARM_SEA",
};

static const char *user_name(uint32_t reason, char *buf)
{
	if (reason < ARRAY_SIZE(user))
		return user[reason];
	if (reason == KVM_REASON_ERRNO + EINTR)
		return "signal";
	if (reason <= KVM_REASON_ERRNO || reason - KVM_REASON_ERRNO > 4095)
		return NULL;
	(void)snprintf(buf, KVM_REASON_MAX, "error %u", reason - KVM_REASON_ERRNO);
	return buf;
}

static const char *number(uint32_t reason, char *buf)
{
	(void)snprintf(buf, KVM_REASON_MAX, "reason 0x%x", reason);
	return buf;
}

static const char *in_list(const struct named *list, size_t n, uint32_t reason)
{
	for (size_t i = 0; i < n; i++)
		if (list[i].reason == reason)
			return list[i].name;
	return NULL;
}

static const char *vmx_name(uint32_t reason, char *buf)
{
	uint32_t basic = reason & VMX_BASIC;
	const char *name = basic < ARRAY_SIZE(vmx) ? vmx[basic] : NULL;

	if (!(reason & VMX_FAILED))
		return name ? name : number(basic, buf);
	if (name)
		(void)snprintf(buf, KVM_REASON_MAX, VMX_FAILED_TEXT "%s", name);
	else
		(void)snprintf(buf, KVM_REASON_MAX, VMX_FAILED_TEXT "reason 0x%x", basic);
	return buf;
}

/* Sixteen codes in a row for the sixteen registers. */
static const char *svm_made(uint32_t reason, char *buf)
{
	static const struct {
		uint32_t first;
		const char *before, *behind;
	} group[] = {
		{ 0x00, "read_cr", "" },  { 0x10, "write_cr", "" },	 { 0x20, "read_dr", "" },
		{ 0x30, "write_dr", "" }, { 0x90, "write_cr", "_trap" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(group); i++) {
		if (reason < group[i].first || reason - group[i].first > 15)
			continue;
		(void)snprintf(buf, KVM_REASON_MAX, "%s%u%s", group[i].before,
			       reason - group[i].first, group[i].behind);
		return buf;
	}
	return NULL;
}

static const char *svm_name(uint32_t reason, char *buf)
{
	const char *name = reason < ARRAY_SIZE(svm) ? svm[reason] : NULL;

	if (!name)
		name = in_list(svm_high, ARRAY_SIZE(svm_high), reason);
	if (!name)
		name = svm_made(reason, buf);
	return name ? name : number(reason, buf);
}

const char *kvm_reason_name(unsigned int isa, uint32_t reason, char *buf)
{
	const char *name = NULL;

	switch (isa) {
	case KVM_ISA_VMX:
		return vmx_name(reason, buf);
	case KVM_ISA_SVM:
		return svm_name(reason, buf);
	case KVM_ISA_ARM64:
		name = reason < ARRAY_SIZE(arm64)
			       ? arm64[reason]
			       : in_list(arm64_high, ARRAY_SIZE(arm64_high), reason);
		break;
	case KVM_ISA_USER:
		name = user_name(reason, buf);
		break;
	default:
		break;
	}
	return name ? name : number(reason, buf);
}

const char *kvm_isa_name(unsigned int isa)
{
	static const char *const name[] = { [KVM_ISA_VMX] = "VMX",
					    [KVM_ISA_SVM] = "SVM",
					    [KVM_ISA_ARM64] = "ARM64",
					    [KVM_ISA_USER] = "user space" };

	return isa < ARRAY_SIZE(name) && name[isa] ? name[isa] : "unknown";
}

int kvm_reason_is_halt(unsigned int isa, uint32_t reason)
{
	switch (isa) {
	case KVM_ISA_VMX:
		return (reason & VMX_BASIC) == VMX_HLT;
	case KVM_ISA_SVM:
		return reason == SVM_HLT || reason == SVM_IDLE_HLT;
	case KVM_ISA_ARM64:
		return reason == ARM64_WFX;
	case KVM_ISA_USER:
		return reason == USER_HLT;
	default:
		return 0;
	}
}
