// What kind of program sent a DHCP request: from options 93 (RFC 4578), 77 (RFC 3004 and iPXE's bare string), 60 and 175.
import type { Mac } from '../wire/addresses.ts'

export type Processor = 'ia32' | 'x64' | 'arm32' | 'arm64'

export type Firmware =
  | { readonly kind: 'bios-pxe' }
  | { readonly kind: 'uefi-pxe'; readonly processor: Processor }
  | { readonly kind: 'uefi-http'; readonly processor: Processor }
  /** `http`: whether this build can fetch by HTTP (it says so in option 175; one that does not send 175 is taken to). */
  | { readonly kind: 'ipxe'; readonly platform: 'bios' | 'uefi' | 'unknown'; readonly http: boolean }
  | { readonly kind: 'raspberry-pi' }
  /** No firmware at all: an initramfs, an installed system. `vendor` is option 60 as sent, hostile text. */
  | { readonly kind: 'os'; readonly vendor: string }
  /** Asks to be booted, but by an architecture that we cannot read. */
  | { readonly kind: 'unknown'; readonly reason: string }

/** The raw data of the options that tell; undefined where the client did not send one. */
export interface BootIdentity {
  readonly mac: Mac
  /** Option 93. */
  readonly architectures: Buffer | undefined
  /** Option 77. */
  readonly userClass: Buffer | undefined
  /** Option 60. */
  readonly vendorClass: Buffer | undefined
  /** Option 175. */
  readonly etherboot: Buffer | undefined
}

type Architecture = Extract<Firmware, { kind: 'bios-pxe' | 'uefi-pxe' | 'uefi-http' }>
/** unknown: one that we do not know · untold: neither option 93 nor the vendor class says one */
type Read = Architecture | { readonly kind: 'unknown'; readonly reason: string } | { readonly kind: 'untold'; readonly reason: string }

/** IANA "Processor Architecture Types". 7 and 9 both mean x64: an erratum of RFC 4578 swapped them. */
const ARCHITECTURES: ReadonlyMap<number, Architecture> = new Map<number, Architecture>([
  [0, { kind: 'bios-pxe' }],
  [6, { kind: 'uefi-pxe', processor: 'ia32' }],
  [7, { kind: 'uefi-pxe', processor: 'x64' }],
  [9, { kind: 'uefi-pxe', processor: 'x64' }],
  [10, { kind: 'uefi-pxe', processor: 'arm32' }],
  [11, { kind: 'uefi-pxe', processor: 'arm64' }],
  [15, { kind: 'uefi-http', processor: 'ia32' }],
  [16, { kind: 'uefi-http', processor: 'x64' }],
  [18, { kind: 'uefi-http', processor: 'arm32' }],
  [19, { kind: 'uefi-http', processor: 'arm64' }],
])

/** The Raspberry Pi's own MAC prefixes (IEEE registry). */
const RASPBERRY_PI_PREFIXES = ['28:cd:c1', '2c:cf:67', '88:a2:9e', 'b8:27:eb', 'd8:3a:dd', 'dc:a6:32', 'e4:5f:01']

/** Suboption of 175 by which iPXE says that it speaks HTTP. */
const IPXE_FEATURE_HTTP = 0x13

export function classifyFirmware(identity: BootIdentity): Firmware {
  const vendor = identity.vendorClass?.toString('latin1') ?? ''
  const features = identity.etherboot && ipxeFeatures(identity.etherboot)
  // gPXE sends 175 too but cannot run our script: a user class of another name decides against iPXE, and it is chainloaded.
  if (identity.userClass === undefined ? features !== undefined : isIpxe(identity.userClass)) {
    const http = features?.has(IPXE_FEATURE_HTTP) ?? true
    return { kind: 'ipxe', platform: platformOf(readArchitectures(identity.architectures, vendor)), http }
  }
  const wantsPxe = vendor.startsWith('PXEClient')
  const wantsHttp = vendor.startsWith('HTTPClient')
  if (!wantsPxe && !wantsHttp) return { kind: 'os', vendor }

  const told = readArchitectures(identity.architectures, vendor)
  // ROMs older than RFC 4578 do not send 93, or send it broken: all of them are BIOS.
  const read: Read = told.kind === 'untold' && wantsPxe ? { kind: 'bios-pxe' } : told
  if (read.kind === 'untold') return { kind: 'unknown', reason: read.reason }
  if (read.kind === 'unknown') return read
  // A vendor class and an architecture that contradict each other: what it accepts as an answer is decided by the class.
  if (wantsHttp && read.kind === 'bios-pxe') return { kind: 'unknown', reason: 'an HTTPClient with an architecture that has no HTTP boot' }
  if (wantsHttp && read.kind === 'uefi-pxe') return { kind: 'uefi-http', processor: read.processor }
  if (wantsPxe && read.kind === 'uefi-http') return { kind: 'uefi-pxe', processor: read.processor }
  const isPi = RASPBERRY_PI_PREFIXES.includes(identity.mac.slice(0, 8))
  return isPi && read.kind === 'bios-pxe' ? { kind: 'raspberry-pi' } : read
}

/** For people: `UEFI x64 PXE`, `iPXE on BIOS`. */
export function describeFirmware(firmware: Firmware): string {
  switch (firmware.kind) {
    case 'bios-pxe':
      return 'BIOS PXE'
    case 'uefi-pxe':
      return `UEFI ${firmware.processor} PXE`
    case 'uefi-http':
      return `UEFI ${firmware.processor} HTTP`
    case 'ipxe':
      return firmware.platform === 'unknown' ? 'iPXE' : `iPXE on ${firmware.platform === 'bios' ? 'BIOS' : 'UEFI'}`
    case 'raspberry-pi':
      return 'Raspberry Pi'
    case 'os':
      return 'operating system'
    case 'unknown':
      return 'unknown firmware'
  }
}

/** Which program of a boot this is: what the timeline tells apart. */
export function programOf(firmware: Firmware): 'firmware' | 'ipxe' | 'initramfs' {
  switch (firmware.kind) {
    case 'ipxe':
      return 'ipxe'
    case 'os':
      return 'initramfs'
    case 'bios-pxe':
    case 'uefi-pxe':
    case 'uefi-http':
    case 'raspberry-pi':
    case 'unknown':
      return 'firmware'
  }
}

/** RFC 3004 wants items with a length each; iPXE sends its name bare. */
export function userClasses(data: Buffer): readonly string[] {
  const items: string[] = []
  let offset = 0
  while (offset < data.length) {
    const length = data[offset] ?? 0
    const end = offset + 1 + length
    if (length === 0 || end > data.length) return [data.toString('latin1')]
    items.push(data.toString('latin1', offset + 1, end))
    offset = end
  }
  return items
}

function isIpxe(userClass: Buffer): boolean {
  return userClass.toString('latin1') === 'iPXE' || userClasses(userClass).includes('iPXE')
}

/** The suboption codes of option 175; undefined when it is empty or malformed, as only iPXE and gPXE send it well. */
function ipxeFeatures(data: Buffer): ReadonlySet<number> | undefined {
  const codes = new Set<number>()
  let offset = 0
  while (offset + 1 < data.length && data[offset] !== 255) {
    codes.add(data[offset] ?? 0)
    offset += 2 + (data[offset + 1] ?? 0)
  }
  return codes.size > 0 && offset <= data.length ? codes : undefined
}

/**
 * Option 93 is a list: the first entry that we have a loader for, else the first that we know. Where it cannot be read, or names none that we
 * know, the class tells.
 */
function readArchitectures(data: Buffer | undefined, vendor: string): Read {
  const told = data && codesIn(data)
  const ofClass = codesInVendorClass(vendor)
  const codes =
    told?.some((code) => ARCHITECTURES.has(code)) || ofClass.every((code) => !ARCHITECTURES.has(code)) ? (told ?? ofClass) : ofClass
  if (codes.length === 0) {
    return { kind: 'untold', reason: data ? `option 93 is malformed (${data.length} bytes)` : 'it names no architecture' }
  }
  const known = codes.flatMap((code) => ARCHITECTURES.get(code) ?? [])
  const chosen = known.find((entry) => entry.kind === 'bios-pxe' || entry.processor === 'x64') ?? known[0]
  return chosen ?? { kind: 'unknown', reason: `architecture ${codes.slice(0, 4).join(', ')} is not known` }
}

function codesIn(data: Buffer): readonly number[] | undefined {
  if (data.length === 0 || data.length % 2 !== 0) return undefined
  return Array.from({ length: data.length / 2 }, (_, index) => data.readUInt16BE(index * 2))
}

/** `PXEClient:Arch:00007:UNDI:003000` tells it too, for ROMs without option 93. */
function codesInVendorClass(vendor: string): readonly number[] {
  const match = /^(?:PXE|HTTP)Client:Arch:(\d{1,5})(?!\d)/.exec(vendor)
  return match ? [Number(match[1])] : []
}

function platformOf(read: Read): 'bios' | 'uefi' | 'unknown' {
  switch (read.kind) {
    case 'bios-pxe':
      return 'bios'
    case 'uefi-pxe':
    case 'uefi-http':
      return 'uefi'
    case 'unknown':
    case 'untold':
      return 'unknown'
  }
}
