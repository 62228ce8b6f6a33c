// What a rack consists of, worked out before anything is started: names, addresses, MACs, identities, file names.
// Pure: the same options give the same plan, so that a host keeps its identity from one run of the lab to the next.

import { join } from 'node:path'

/** `uefi-http`: the firmware is told to skip PXE over TFTP and to boot by HTTP (DHCP architecture 16). */
export type Firmware = 'bios' | 'uefi' | 'uefi-http'

export interface NodeSpec {
  /** At most 10 letters, digits and dashes; `node1`, `node2` … when left out. */
  readonly name?: string
  readonly memoryMiB?: number
  /** Sizes of empty sparse disks. */
  readonly disksMiB?: readonly number[]
  /** Network interfaces, all on the rack's bridge; only the first one has a boot ROM. */
  readonly nics?: number
  readonly firmware?: Firmware
  /** A feature that its CPU has not, in QEMU's words; the others have it. */
  readonly lacks?: string
  /** Boots from this and not from its NIC: a USB disk, or the USB CD that a BMC's virtual media are. */
  readonly stick?: Stick
}

export type Stick = 'disk' | 'cd'

export interface NodePlan {
  readonly name: string
  readonly firmware: Firmware
  readonly lacks: string | undefined
  /** The file is there before the power is switched on. */
  readonly stick: { readonly kind: Stick; readonly file: string } | undefined
  readonly memoryMiB: number
  readonly uuid: string
  readonly serial: string
  /** The address reserved for the node's boot NIC. */
  readonly address: string
  readonly mac: string
  readonly nics: readonly { readonly mac: string; readonly tap: string }[]
  readonly disks: readonly { readonly file: string; readonly bytes: number; readonly serial: string }[]
  readonly bmcAddress: string
  readonly consoleLog: string
  readonly consoleSocket: string
  readonly monitorSocket: string
  /** The node's own copy of OVMF's variables; unused with BIOS. */
  readonly variables: string
  /** What QEMU itself says. */
  readonly qemuLog: string
}

export interface Folders {
  /** Sockets, secrets and disks: removed with the rack. */
  readonly runtime: string
  /** Consoles and logs: kept. */
  readonly run: string
}

export const RACK_INTERFACE = 'rack0'
export const RACK_ADDRESS = '10.77.0.1'
export const RACK_PREFIX = 24
export const MOST_NODES = 16

const DEFAULT_DISKS_MIB: readonly number[] = [1024]
const DEFAULT_MEMORY_MIB = 2048

/** Throws a RangeError on names, counts or sizes that no rack can have. */
export function planNodes(specs: readonly NodeSpec[], firmware: Firmware, folders: Folders): readonly NodePlan[] {
  if (specs.length < 1 || specs.length > MOST_NODES) throw new RangeError(`a rack has 1 to ${MOST_NODES} nodes, not ${specs.length}`)
  const plans = specs.map((spec, index) => planNode(spec, index + 1, firmware, folders))
  const names = new Set(plans.map((plan) => plan.name))
  if (names.size !== plans.length) throw new RangeError('two nodes have the same name')
  return plans
}

function planNode(spec: NodeSpec, number: number, firmware: Firmware, folders: Folders): NodePlan {
  const name = spec.name ?? `node${number}`
  if (!/^[a-z][a-z0-9-]{0,9}$/.test(name)) throw new RangeError(`"${name}" is no node name: 1 to 10 of a-z, 0-9 and -`)
  const nics = Array.from({ length: spec.nics ?? 1 }, (_, nic) => ({ mac: macOf(number, nic), tap: nic === 0 ? name : `${name}.${nic}` }))
  const mac = nics[0]?.mac
  if (mac === undefined || nics.length > 8) throw new RangeError(`${name} cannot have ${nics.length} NICs: 1 to 8`)
  const sizes = spec.disksMiB ?? DEFAULT_DISKS_MIB
  return {
    name,
    firmware: spec.firmware ?? firmware,
    lacks: spec.lacks,
    stick: spec.stick && { kind: spec.stick, file: join(folders.runtime, `${name}.stick`) },
    memoryMiB: spec.memoryMiB ?? DEFAULT_MEMORY_MIB,
    uuid: `004c4142-0077-4077-8077-${mac.replaceAll(':', '')}`,
    serial: `LAB-${String(number).padStart(4, '0')}`,
    address: `10.77.0.${20 + number}`,
    mac,
    nics,
    disks: sizes.map((size, disk) => ({
      file: join(folders.run, `${name}.disk${disk}`),
      bytes: size * 1024 * 1024,
      serial: `${name}-disk${disk}`,
    })),
    bmcAddress: `10.78.0.${number}`,
    consoleLog: join(folders.run, `${name}.console.log`),
    consoleSocket: join(folders.runtime, `${name}.console`),
    monitorSocket: join(folders.runtime, `${name}.monitor`),
    variables: join(folders.runtime, `${name}.vars.fd`),
    qemuLog: join(folders.run, `${name}.qemu.log`),
  }
}

/** 52:54:00:77:00:01 is the boot NIC of the first node, 52:54:00:77:01:01 its second NIC. */
function macOf(number: number, nic: number): string {
  const hex = (value: number) => value.toString(16).padStart(2, '0')
  return `52:54:00:77:${hex(nic)}:${hex(number)}`
}
