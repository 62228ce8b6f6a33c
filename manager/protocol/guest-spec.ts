// A guest as people write it: YAML with these keys, the same in command line, API and page. What is left out has the value that is said
// here, so that what is shown can be given back as it is. Pure.
import { z } from 'zod'
import { guestBoot } from './guest-boot.ts'
import { vgName } from './guest-disk.ts'
import { guestSeed, secretless } from './guest-seed.ts'
import { GROUP_NAME, LONGEST_NOTES, MOST_GROUPS, UNPRINTABLE_NOTES } from './host.ts'
import { guestName, restartPolicy, XL_KEYS } from './requests/guest-config.ts'
import { readSize, writeSize } from './size.ts'
import { strict } from './strict.ts'
import { list, mac, uuid, word } from './values.ts'

const MIB = 2 ** 20
const TIB = 2 ** 40

/** `8G`, `512M`, or bytes. */
const size = (most: number) =>
  z.union([z.string().max(32), z.number()], 'is no size: say 512M or 8G').transform((given, context) => {
    const bytes = typeof given === 'number' ? given : readSize(given)
    const fault = bytes === undefined || !Number.isSafeInteger(bytes) ? 'is no size: say 512M or 8G' : faultOf(bytes, most)
    if (fault !== undefined) context.addIssue({ code: 'custom', message: fault })
    return fault === undefined ? (bytes ?? 0) : 0
  })

function faultOf(bytes: number, most: number): string | undefined {
  if (bytes <= 0 || bytes > most) return `is not from 1M to ${writeSize(most)}`
  return bytes % MIB === 0 ? undefined : 'is no whole number of MiB'
}

export const vdev = z.string().regex(/^xvd[a-z]$/, 'is no name of a disk on the bus: xvda … xvdz')
export const networkName = z.string().regex(/^[a-z0-9][a-z0-9_.-]{0,31}$/, 'is no name of a network: 1 to 32 of a-z 0-9 _ . -')

export const diskSpec = strict({
  /** Left out: the first that is free. */
  vdev: vdev.optional(),
  size: size(64 * TIB),
  /** A VG of the host, or what operators call one on all hosts. */
  pool: vgName,
  thinPool: vgName.optional(),
  /** What it begins with, by name or id; left out: zeros. */
  image: word(128).optional(),
  access: z.enum(['read-write', 'read-only']).default('read-write'),
})

export const nicSpec = strict({
  network: networkName,
  /** Left out: one of Xen's, that nobody has. */
  mac: mac.optional(),
  /** Kilobytes a second that it may send. */
  rateKBps: z.int().min(1).max(100_000_000).optional(),
  /** `mac`: nothing leaves it that comes from another MAC, and its MAC is nowhere else behind that host; left out: no filter. */
  filter: z.enum(['mac'], 'is no filter: say mac, or leave it out').optional(),
})

const vcpus = z.int('is no whole number').min(1).max(512)
const tag = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_.:=/-]{0,127}$/, 'is no tag: 1 to 128 of A-Z a-z 0-9 _ . : = / -')
const xlValue = z
  .union([z.string().max(256), z.int()])
  .transform(String)
  .pipe(z.string().regex(/^[A-Za-z0-9,^-]*$/, 'has characters that xl.cfg is not given'))

export const guestSpec = strict({
  name: guestName,
  /** Who it is, whatever it is called; given when it is made. */
  uuid: uuid.optional(),
  notes: z
    .string()
    .max(LONGEST_NOTES)
    .refine((notes) => !UNPRINTABLE_NOTES.test(notes), 'has characters that are not printable')
    .default(''),
  tags: list(tag, 64).default([]),
  groups: list(z.string().regex(GROUP_NAME, 'is no group name: 1 to 63 of a-z 0-9 _ . -'), MOST_GROUPS).default([]),
  vcpus: vcpus.default(1),
  /** Left out: vcpus. */
  maxVcpus: vcpus.optional(),
  memory: size(16 * TIB),
  /** Left out: memory. */
  maxMemory: size(16 * TIB).optional(),
  disks: list(diskSpec, 26).default([]),
  nics: list(nicSpec, 16).default([]),
  boot: guestBoot.default('grub'),
  /** For cloud-init, when it is made. */
  seed: guestSeed.optional(),
  /** `pool`: what all hosts of its host's maker give, so that it can go to each of them while it runs; `host`: all that its host gives. */
  cpu: z.enum(['pool', 'host']).default('pool'),
  restart: restartPolicy.default('on-failure'),
  /** After a power cut: those of a lower number first; then so many seconds before the next. */
  startOrder: z.int().min(0).max(9999).default(0),
  startDelay: z.int().min(0).max(3600).default(0),
  /** Of xl.cfg(5), as it is. */
  xl: strict(Object.fromEntries(XL_KEYS.map((key) => [key, xlValue.optional()]))).default({}),
}).superRefine(({ vcpus: now, maxVcpus = now, memory, maxMemory = memory, disks, nics }, context) => {
  const fault = (path: string, message: string) => context.addIssue({ code: 'custom', path: [path], message })
  if (maxVcpus < now) fault('maxVcpus', `is less than the ${now} vCPUs that it has`)
  if (maxMemory < memory) fault('maxMemory', `is less than the ${writeSize(memory)} of memory that it has`)
  const twice = firstTwice(disks.flatMap((disk) => disk.vdev ?? []))
  if (twice !== undefined) fault('disks', `has two disks at ${twice}`)
  const mac = firstTwice(nics.flatMap((nic) => nic.mac ?? []))
  if (mac !== undefined) fault('nics', `has MAC ${mac} twice`)
})

/** As it is written. */
export type GuestSpecText = z.input<typeof guestSpec>
/** Sizes in bytes. */
export type GuestSpec = z.output<typeof guestSpec>
export type DiskSpec = z.output<typeof diskSpec>
export type NicSpec = z.output<typeof nicSpec>

/** As people read it: sizes in the greatest unit that keeps them whole, nothing that is not said, and no secret. */
export function writeSpec(spec: GuestSpec): GuestSpecText {
  const { memory, maxMemory, disks, nics, seed, ...rest } = spec
  return {
    ...rest,
    ...(seed ? { seed: secretless(seed) } : {}),
    memory: writeSize(memory),
    ...(maxMemory === undefined ? {} : { maxMemory: writeSize(maxMemory) }),
    disks: disks.map((disk) => ({ ...disk, size: writeSize(disk.size) })),
    nics: [...nics],
  }
}

function firstTwice(words: readonly string[]): string | undefined {
  return words.find((word, at) => words.indexOf(word) !== at)
}
