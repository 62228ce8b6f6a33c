// Who is this, and what shall it boot? Pure: host, platform, images and lease go in, a plan or a refusal with
// its reason comes out. The reason is read on the host's console and in `hostless attempts`.
import type { OnceOrder } from '../../manager/protocol/once.ts'
import type { Ipv4, Mac } from '../wire/addresses.ts'
import type { Generation, ImageName } from '../wire/generation.ts'

/** What runs the boot script: iPXE on BIOS or on UEFI. */
export type Platform = 'bios' | 'uefi'
export type RootMode = 'nfs' | 'ram'

/** A host as the config has it; `config.hosts[n]` is one. */
export interface KnownHost {
  readonly name: string
  readonly image?: ImageName
  readonly root?: RootMode
  readonly vlan?: number
  readonly bond?: { readonly mode: string; readonly members: readonly Mac[] }
  readonly maintenance: boolean
  /** As the manager told last; missing where only the config knows it. */
  readonly standing?: 'known' | 'pending' | 'rejected'
  /** What it shall boot once, as the manager told last. */
  readonly once?: OnceOrder
}

/** What all boots have in common; `config.boot` is one. */
export interface BootDefaults {
  readonly image: ImageName
  readonly root: RootMode
  /** MiB */
  readonly dom0Memory: number
  readonly xenArguments: readonly string[]
  readonly kernelArguments: readonly string[]
}

/** A generation on disk that can be served. */
export interface BootableGeneration {
  readonly image: ImageName
  readonly generation: Generation
  /** The files of contract/interfaces.md that it has. */
  readonly files: readonly string[]
  /** SHA-256 of root.squashfs in base64url, where there is one. */
  readonly squashfsSha256?: string
}

/** Where the appliance answers. */
export interface ServerAddress {
  readonly address: Ipv4
  readonly httpPort: number
  readonly nfsPort: number
  readonly tftpPort: number
}

export interface BootLease {
  readonly address: Ipv4
  /** Of the subnet, in bits. */
  readonly prefix: number
  readonly router?: Ipv4
  readonly dns: readonly Ipv4[]
}

export interface PlanRequest {
  readonly mac: Mac
  /** undefined: the config does not know this MAC. */
  readonly host: KnownHost | undefined
  readonly defaults: BootDefaults
  readonly server: ServerAddress
  /** undefined: another DHCP server gave the address. */
  readonly lease: BootLease | undefined
  /** undefined: not known yet; the script then decides for itself. */
  readonly platform: Platform | undefined
  /** The generation that this attempt began with, if it is still on disk. It wins over a newer one. */
  readonly pinned: BootableGeneration | undefined
  /** The published generation of an image. */
  readonly published: (image: ImageName) => BootableGeneration | undefined
}

export type PlannedAddress =
  | { readonly kind: 'static'; readonly address: Ipv4; readonly prefix: number; readonly router?: Ipv4; readonly dns?: Ipv4 }
  | { readonly kind: 'dhcp' }

export interface PlannedNetwork {
  /** Of the NIC that boots. */
  readonly mac: Mac
  readonly address: PlannedAddress
  readonly vlan?: number
  readonly bond?: { readonly mode: string; readonly members: readonly Mac[] }
}

export interface BootPlan {
  readonly kind: 'boot'
  readonly name: string
  readonly image: ImageName
  readonly generation: Generation
  readonly root: { readonly kind: 'nfs' } | { readonly kind: 'ram'; readonly sha256: string }
  /** For BIOS alone where the generation has no xen.efi. */
  readonly platforms: readonly Platform[]
  readonly network: PlannedNetwork
  /** MiB */
  readonly dom0Memory: number
  readonly xenArguments: readonly string[]
  readonly kernelArguments: readonly string[]
  readonly server: ServerAddress
}

export interface BootRefusal {
  readonly kind: 'refused'
  readonly name: string
  readonly reason: string
}

/** The name of a host that the config does not know: `host-525400770001`. */
export function nameOfUnknown(mac: Mac): string {
  return `host-${mac.replaceAll(':', '')}`
}

export function planBoot(request: PlanRequest): BootPlan | BootRefusal {
  const { mac, host, defaults, pinned } = request
  const name = host?.name ?? nameOfUnknown(mac)
  const refuse = (reason: string): BootRefusal => ({ kind: 'refused', name, reason })

  const kept = keptOut(host)
  if (kept !== undefined) return refuse(kept)
  const image = host?.image ?? defaults.image
  const chosen = pinned ?? request.published(image)
  if (!chosen)
    return refuse(
      `image ${image} has no published generation: run hostless image build ${image}, or hostless image publish ${image} if it is built`,
    )
  const missing = ['xen', 'vmlinuz', 'initrd.img'].filter((file) => !chosen.files.includes(file))
  if (missing.length > 0)
    return refuse(`generation ${chosen.generation} of ${chosen.image} lacks ${missing.join(', ')}: build or import it anew`)

  const platforms: readonly Platform[] = chosen.files.includes('xen.efi') ? ['bios', 'uefi'] : ['bios']
  if (request.platform && !platforms.includes(request.platform)) return refuse(withoutEfi(chosen))
  const mode = host?.root ?? defaults.root
  if (mode === 'ram' && (!chosen.squashfsSha256 || !chosen.files.includes('root.squashfs'))) {
    return refuse(
      `root: ram needs root.squashfs, which generation ${chosen.generation} of ${chosen.image} lacks: build it anew, or set root: nfs`,
    )
  }
  return {
    kind: 'boot',
    name,
    image: chosen.image,
    generation: chosen.generation,
    root: mode === 'ram' && chosen.squashfsSha256 ? { kind: 'ram', sha256: chosen.squashfsSha256 } : { kind: 'nfs' },
    platforms,
    network: planNetwork(mac, host, request.lease),
    dom0Memory: defaults.dom0Memory,
    xenArguments: defaults.xenArguments,
    kernelArguments: defaults.kernelArguments,
    server: request.server,
  }
}

/** Why a host is not to be one of ours now, whatever it boots of ours. */
export function keptOut(host: KnownHost | undefined): string | undefined {
  const { name, maintenance, standing } = host ?? {}
  if (maintenance) return `host ${name} is in maintenance: remove "maintenance: true" from its entry in the config to boot it`
  return standing === 'rejected' && name !== undefined ? rejected(name).reason : undefined
}

/** Whatever it is to boot. */
export function rejected(name: string): BootRefusal {
  return { kind: 'refused', name, reason: `an admin has rejected ${name}: hostless host approve ${name} lets it boot again` }
}

/** Why a UEFI machine cannot boot this generation. */
export function withoutEfi({ image, generation }: { readonly image: ImageName; readonly generation: Generation }): string {
  return `generation ${generation} of ${image} has no xen.efi, which UEFI needs: build it anew or import it with --xen-efi, or set this host to BIOS boot`
}

export function planNetwork(mac: Mac, host: KnownHost | undefined, lease: BootLease | undefined): PlannedNetwork {
  return {
    mac,
    address: lease ? planAddress(lease) : { kind: 'dhcp' },
    ...(host?.vlan === undefined ? {} : { vlan: host.vlan }),
    ...(host?.bond ? { bond: host.bond } : {}),
  }
}

function planAddress({ address, prefix, router, dns }: BootLease): PlannedAddress {
  const [first] = dns
  return { kind: 'static', address, prefix, ...(router ? { router } : {}), ...(first ? { dns: first } : {}) }
}
