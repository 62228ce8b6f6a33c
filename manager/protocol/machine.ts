// The sections of an inventory about the machine itself: board, CPUs, memory, health, hypervisor, kernel.

import { z } from 'zod'
import { section } from './section.ts'
import { bytes, count, hexWord, list, name, path, record, text, uuid, word, wwid } from './values.ts'

export const memoryModule = record({
  slot: word(64),
  bytes,
  manufacturer: word(64).exactOptional(),
  part: word(64).exactOptional(),
  serial: word(64).exactOptional(),
  /** Configured, in MT/s. */
  speed: count.exactOptional(),
})

/** SMBIOS types 0 to 3 and 17; fields that the firmware left empty or filled with a placeholder are missing. */
export const dmi = record({
  systemUuid: uuid.exactOptional(),
  manufacturer: word(128).exactOptional(),
  product: word(128).exactOptional(),
  serial: word(128).exactOptional(),
  assetTag: word(128).exactOptional(),
  board: word(128).exactOptional(),
  boardSerial: word(128).exactOptional(),
  chassisSerial: word(128).exactOptional(),
  firmwareVendor: word(128).exactOptional(),
  firmwareVersion: word(128).exactOptional(),
  /** As SMBIOS writes it: `04/01/2014`. */
  firmwareDate: word(32).exactOptional(),
  /** RAM alone: no flash, ROM or persistent memory, but for the part of it that is used as RAM. */
  memoryModules: list(memoryModule, 1024),
})

export const cpus = record({
  /** CPUID's twelve letters: `GenuineIntel`. */
  vendor: word(16).exactOptional(),
  model: word(128).exactOptional(),
  family: count.exactOptional(),
  modelNumber: count.exactOptional(),
  stepping: count.exactOptional(),
  /** Hexadecimal without 0x: `f0002ac`. */
  microcode: word(16).exactOptional(),
  sockets: count.exactOptional(),
  cores: count.exactOptional(),
  /** Logical CPUs that Xen runs. */
  threads: count.exactOptional(),
  kilohertz: count.exactOptional(),
  /** Of dom0's /proc/cpuinfo: masked by Xen, for people to read. Whether a guest may move is `cpuPolicy`'s to say. */
  flags: list(word(32), 1024),
})

/** A row of `xen-cpuid`: `Host`, `HVM Max`. Each word is named by the same place in `key`; trailing words may be missing. */
export const cpuPolicyRow = record({
  row: word(32),
  words: list(hexWord, 64),
  /** Largest leaf of CPUID 0, of the extended range (0x80000000), and largest subleaf of leaf 7; missing where `xen-cpuid -p` is. */
  maxBasicLeaf: count.exactOptional(),
  maxExtendedLeaf: count.exactOptional(),
  maxStructuredSubleaf: count.exactOptional(),
})

/** Xen's CPU policies; `rows` is empty when they could not be read. */
export const cpuPolicy = record({
  xenVersion: word(64).exactOptional(),
  vendor: word(16).exactOptional(),
  family: count.exactOptional(),
  model: count.exactOptional(),
  stepping: count.exactOptional(),
  microcode: word(16).exactOptional(),
  /** Bit 20 of word e1d in row Host; missing when there is no such row. */
  nx: z.boolean().exactOptional(),
  /** `hvm`, `hap`, … */
  virtCaps: list(word(32), 64),
  /** Names of the words, as xen-cpuid's KEY line has them: `1d`, `1c`, `e1d`. */
  key: list(word(16), 64),
  rows: list(cpuPolicyRow, 32),
})

/** Logical CPUs that are reported of a host. */
export const MOST_CPUS = 4096

export const numaNode = record({
  node: count,
  bytes,
  freeBytes: bytes.exactOptional(),
  /** Logical CPUs, as Xen numbers them. */
  cpus: list(count, MOST_CPUS),
  /** To node 0, 1, …; 10 is local. */
  distances: list(count, 256),
})

export const memory = record({
  /** What the machine has, as Xen sees it; of dom0 alone where there is no Xen. */
  totalBytes: bytes.exactOptional(),
  dom0TotalBytes: bytes.exactOptional(),
  dom0SwapBytes: bytes.exactOptional(),
})

export const sensor = record({
  /** The driver's name and the hwmon directory: `coretemp.hwmon2`. */
  chip: name,
  /** The label, or the file's name: `Package id 0`, `fan2`. */
  label: word(64),
  quantity: z.enum(['temperature', 'voltage', 'fan', 'power', 'current', 'humidity']),
  /** °C, V, revolutions a minute, W, A, %. */
  value: z.number(),
  low: z.number().exactOptional(),
  high: z.number().exactOptional(),
  critical: z.number().exactOptional(),
  alarm: z.boolean().exactOptional(),
})

/** What a disk says of itself (SMART, NVMe's health log). */
export const diskHealth = record({
  device: path,
  /** Where the device is a RAID controller: which of its disks, as smartctl's `-d` names it (`megaraid,8`). */
  behind: word(64).exactOptional(),
  wwid: wwid.exactOptional(),
  serial: word(128).exactOptional(),
  model: word(128).exactOptional(),
  /** False: the disk foretells its own failure. */
  passed: z.boolean().exactOptional(),
  celsius: z.number().exactOptional(),
  powerOnHours: count.exactOptional(),
  reallocatedSectors: count.exactOptional(),
  pendingSectors: count.exactOptional(),
  uncorrectableErrors: count.exactOptional(),
  /** NVMe's percentage used, may go beyond 100. */
  wearPercent: count.exactOptional(),
  /** NVMe's critical warning bits, 0 when all is well. */
  criticalWarning: count.exactOptional(),
})

export const xen = record({
  version: word(64).exactOptional(),
  changeset: text(128).exactOptional(),
  commandLine: text(2048).exactOptional(),
  virtCaps: list(word(32), 64),
  xenCaps: list(word(64), 64),
  scheduler: word(32).exactOptional(),
  totalBytes: bytes.exactOptional(),
  freeBytes: bytes.exactOptional(),
})

export const kernel = record({
  release: word(128).exactOptional(),
  version: word(256).exactOptional(),
  machine: word(32).exactOptional(),
  /** Without what is secret on it: the token in `hl.boot` is left out. */
  commandLine: text(4096).exactOptional(),
})

export type Dmi = z.output<typeof dmi>
export type Cpus = z.output<typeof cpus>
export type CpuPolicy = z.output<typeof cpuPolicy>
export type CpuPolicyRow = z.output<typeof cpuPolicyRow>
export type NumaNode = z.output<typeof numaNode>
export type Memory = z.output<typeof memory>
export type Sensor = z.output<typeof sensor>
export type DiskHealth = z.output<typeof diskHealth>
export type Xen = z.output<typeof xen>
export type Kernel = z.output<typeof kernel>

export const machineSections = {
  dmi: section(dmi, { memoryModules: [] }),
  cpus: section(cpus, { flags: [] }),
  cpuPolicy: section(cpuPolicy, { virtCaps: [], key: [], rows: [] }),
  numa: section(list(numaNode, 256), []),
  memory: section(memory, {}),
  sensors: section(list(sensor, 2048), []),
  xen: section(xen, { virtCaps: [], xenCaps: [] }),
  kernel: section(kernel, {}),
} as const
