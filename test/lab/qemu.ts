// The QEMU command line of a node. Pure. Each flag of the processor is there for a reason that was run into:
// svm and npt for PVH guests; no smap (PV dom0 crashes), no monitor (Xen panics), no rdtscp (PVH guests crash), no AVX
// or xsave (bookworm's dom0 gets corrupted registers); no cx16 (QEMU 7.2 leaves garbage as the flags of a cmpxchg16b, and a guest that is
// interrupted just then has it in its RFLAGS for good: its kernel dies at an iret, minutes later).

import type { NodePlan } from './plan.ts'

const CPU = 'EPYC,+svm,+npt,-smap,-monitor,-rdtscp,-avx,-avx2,-f16c,-fma,-bmi1,-bmi2,-adx,-xsave,-xsaveopt,-xsavec,-xgetbv1,-cx16'

export const QEMU = 'qemu-system-x86_64'
export const OVMF_CODE = '/usr/share/OVMF/OVMF_CODE_4M.fd'
export const OVMF_VARIABLES = '/usr/share/OVMF/OVMF_VARS_4M.fd'

/** Which device the firmware tries first, as the BMC's boot device says. */
export type BootDevice = 'network' | 'disk'

/**
 * Always plain emulation: a /dev/kvm that opens is no proof that Debian's kernel boots under it.
 * `graphics=off` makes SeaBIOS and iPXE speak on the serial port.
 */
export function qemuArguments(plan: NodePlan, boot: BootDevice): readonly string[] {
  return [
    ...['-name', plan.name, '-nodefaults', '-accel', 'tcg', '-machine', 'q35,graphics=off', '-smp', '1', '-m', String(plan.memoryMiB)],
    ...['-vga', 'none', '-display', 'none', '-cpu', plan.lacks === undefined ? CPU : `${CPU},-${plan.lacks}`],
    ...['-uuid', plan.uuid, '-smbios', `type=1,manufacturer=Hostless,product=Lab,serial=${plan.serial},uuid=${plan.uuid}`],
    ...firmwareArguments(plan, boot),
    ...plan.nics.flatMap((nic, index) => nicArguments(nic, index, plan, boot)),
    ...plan.disks.flatMap((disk, index) => [
      ...['-drive', `file=${escapeComma(disk.file)},if=none,id=disk${index},format=raw,discard=unmap`],
      ...['-device', `virtio-blk-pci,drive=disk${index},serial=${disk.serial}`],
    ]),
    ...stickArguments(plan),
    '-chardev',
    `socket,id=console,path=${escapeComma(plan.consoleSocket)},server=on,wait=off,logfile=${escapeComma(plan.consoleLog)},logappend=on`,
    ...['-serial', 'chardev:console', '-monitor', `unix:${escapeComma(plan.monitorSocket)},server=on,wait=off`],
  ]
}

/** A machine that begins where another one was saved (`migrateCommand`), and stands still until it is told to go on. */
export function incomingArguments(file: string): readonly string[] {
  return ['-S', '-incoming', `exec:cat ${shellWord(file)}`]
}

/** For the monitor: the memory and devices of a machine into a file, in the background. Pages of zeros take no room. */
export function migrateCommand(file: string): string {
  return `migrate -d "exec:cat > ${shellWord(file)}"`
}

/** QEMU hands both to a shell, and its monitor has a quoting of its own: a name that would need any is none of the lab's. */
function shellWord(file: string): string {
  if (!/^[\w./-]+$/.test(file)) throw new RangeError(`"${file}": a machine cannot be saved below a folder with such a name`)
  return file
}

/** With the power on it is there; what boots from it finds no network boot before it. */
function stickArguments({ stick }: NodePlan): readonly string[] {
  if (!stick) return []
  const media = stick.kind === 'cd' ? ',media=cdrom,readonly=on' : ''
  return [
    ...['-device', 'qemu-xhci,id=usb', '-drive', `file=${escapeComma(stick.file)},if=none,id=stick,format=raw${media}`],
    ...['-device', 'usb-storage,bus=usb.0,drive=stick,bootindex=0'],
  ]
}

function firmwareArguments(plan: NodePlan, boot: BootDevice): readonly string[] {
  if (plan.firmware === 'bios') return plan.stick ? [] : ['-boot', boot === 'network' ? 'n' : 'c']
  const skipPxe = ['IPv4PXESupport', 'IPv6PXESupport'].flatMap((key) => ['-fw_cfg', `name=opt/org.tianocore/${key},string=n`])
  return [
    ...['-drive', `if=pflash,unit=0,format=raw,readonly=on,file=${OVMF_CODE}`],
    ...['-drive', `if=pflash,unit=1,format=raw,file=${escapeComma(plan.variables)}`],
    ...(plan.firmware === 'uefi-http' ? skipPxe : []),
  ]
}

/** QEMU's boot ROM is iPXE, for UEFI too: without it the firmware's own network stack has to boot, as in a server. */
function nicArguments(nic: NodePlan['nics'][number], index: number, plan: NodePlan, boot: BootDevice): readonly string[] {
  const boots = index === 0 && !plan.stick
  const order = boots && plan.firmware !== 'bios' && boot === 'network' ? ',bootindex=0' : ''
  const rom = boots && plan.firmware === 'bios' ? '' : ',romfile='
  return [
    ...['-netdev', `tap,id=nic${index},ifname=${nic.tap},script=no,downscript=no`],
    ...['-device', `virtio-net-pci,netdev=nic${index},mac=${nic.mac}${order}${rom}`],
  ]
}

/** QEMU's option lists end a value at a comma; two stand for one. */
function escapeComma(value: string): string {
  return value.replaceAll(',', ',,')
}
