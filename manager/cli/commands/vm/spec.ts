// The options of `vm create`, and YAML files, as the spec of a guest. Pure.
import { parse } from 'yaml'
import type { GuestSeed } from '../../../protocol/guest-seed.ts'
import { type GuestSpec, type GuestSpecText, guestSpec } from '../../../protocol/guest-spec.ts'
import { CommandFailure } from '../../engine/failure.ts'

export interface SpecOptions {
  readonly image?: string
  readonly memory?: string
  readonly maxMemory?: string
  readonly vcpus?: number
  readonly maxVcpus?: number
  readonly disk: readonly string[]
  readonly nic: readonly string[]
  readonly restart?: string
  readonly cpu?: string
  readonly kernel?: string
  readonly cmdline?: string
  readonly group: readonly string[]
  readonly notes?: string
}

/** Characters of a spec: more than one has with its seed. */
const LONGEST = 4 << 20

/** The first disk begins with the image. */
export function specOf(
  name: string,
  { image, memory = '512M', maxMemory, vcpus, maxVcpus, disk, nic, restart, cpu, kernel, cmdline, group, notes }: SpecOptions,
): GuestSpec {
  if (kernel === undefined && cmdline !== undefined)
    throw new CommandFailure('--cmdline is what a kernel is given: say --kernel NAME, too; without one the guest’s own GRUB has it', 2)
  return checked({
    ...{ name, memory, groups: group, nics: nic.map(nicOf) },
    disks: disk.map((one, at) => ({ ...diskOf(one), ...(at === 0 && image !== undefined ? { image } : {}) })),
    ...(maxMemory === undefined ? {} : { maxMemory }),
    ...(vcpus === undefined ? {} : { vcpus }),
    ...(maxVcpus === undefined ? {} : { maxVcpus }),
    ...(restart === undefined ? {} : { restart }),
    ...(cpu === undefined ? {} : { cpu }),
    ...(kernel === undefined ? {} : { boot: { kernel, cmdline } }),
    ...(notes === undefined ? {} : { notes }),
  })
}

export function specFrom(text: string, file: string): GuestSpec {
  if (text.length > LONGEST) throw new CommandFailure(`${file} has more than ${LONGEST} characters, and is no spec of a guest`, 2)
  try {
    return checked(parse(text, { maxAliasCount: 16 }))
  } catch (error) {
    if (error instanceof CommandFailure) throw new CommandFailure(`${file}: ${error.message}`, 2)
    throw new CommandFailure(`${file} is no YAML: ${error instanceof Error ? error.message.split('\n')[0] : String(error)}`, 2)
  }
}

/** With what options say of its first boot, in the place of what it says. */
export function seeded(spec: GuestSpec, seed: Partial<GuestSeed> | undefined): GuestSpec {
  return seed ? checked({ ...spec, seed: { ...spec.seed, ...seed } }) : spec
}

/** What goes over the wire: sizes as bytes. */
export function sent({ ...spec }: GuestSpec): GuestSpecText {
  return { ...spec, disks: [...spec.disks], nics: [...spec.nics] }
}

function checked(given: unknown): GuestSpec {
  const read = guestSpec.safeParse(given)
  if (read.success) return read.data
  const said = read.error.issues.slice(0, 5).map(({ path, message }) => {
    const where = path.map(String).join('.')
    return where === '' ? message : `${where} ${message}`
  })
  throw new CommandFailure(said.join('; '), 2)
}

/** `8G@data`, or `8G@data/thin`. */
export function diskOf(text: string): { readonly size: string; readonly pool: string; readonly thinPool?: string } {
  const [, size, pool, thinPool] = /^([^@]+)@([^/@]+)(?:\/([^/@]+))?$/.exec(text) ?? []
  if (size === undefined || pool === undefined) throw new CommandFailure(`--disk ${text}: say its size and its VG, as 8G@data`, 2)
  return { size, pool, ...(thinPool === undefined ? {} : { thinPool }) }
}

/** `lan`, `lan=00:16:3e:01:02:03`, and either with `,filter=mac`. */
export function nicOf(text: string): { readonly network: string; readonly mac?: string; readonly filter?: 'mac' } {
  const [named = '', ...more] = text.split(',')
  const odd = more.find((word) => word !== 'filter=mac')
  if (odd !== undefined) throw new CommandFailure(`NIC ${text}: ${JSON.stringify(odd)} is not known; say lan, lan=MAC or lan,filter=mac`, 2)
  const [network = '', mac] = named.split('=')
  return { network, ...(mac === undefined ? {} : { mac: mac.toLowerCase() }), ...(more.length === 0 ? {} : { filter: 'mac' }) }
}
