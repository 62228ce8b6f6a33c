// What a stick says to the machine that boots from it (`hostless image usb`): GRUB's configuration, iPXE's script, command lines. There
// is nothing secret in it: no token, which is given out on the network alone, and no key. Pure.
import type { Ipv4, Mac } from '../wire/addresses.ts'
import type { Generation, ImageName } from '../wire/generation.ts'
import { overLine } from './budget.ts'
import { type CommandLine, hostWords, lineOf, type Word, xenCommandLine } from './commandline.ts'
import { type BootLease, type KnownHost, planNetwork } from './plan.ts'
import { consoleText, type FillTemplate } from './templates.ts'

const RETRY_SECONDS = '10'

/** Where an appliance's HTTP is. */
export interface StickServer {
  readonly address: Ipv4
  readonly httpPort: number
}

/** The one machine that a stick is for. */
export interface StickHost {
  readonly host: KnownHost
  /** Its own first, then those of its bond. */
  readonly macs: readonly [Mac, ...Mac[]]
  /** Its reserved address; left out: it asks by DHCP. */
  readonly lease?: BootLease
}

/** A stick that boots by itself. */
export interface AloneStick {
  readonly servers: readonly StickServer[]
  /** Undefined: any machine. */
  readonly only: StickHost | undefined
  readonly image: ImageName
  readonly generation: Generation
  /** Of root.squashfs, base64url, and its size in bytes. */
  readonly root: { readonly sha256: string; readonly size: number }
  /** SHA-256 of the certificate of the authority that the manager is under, hexadecimal; undefined: there is none to hold one against. */
  readonly authority: string | undefined
  /** MiB, without the root that lies in it. */
  readonly dom0Memory: number
  readonly xenArguments: readonly string[]
  readonly kernelArguments: readonly string[]
}

export type StickText = { readonly kind: 'text'; readonly text: string } | { readonly kind: 'refused'; readonly reason: string }

/** Files of the generation lie there on the stick; the initramfs looks for the root there, too. */
export const stickFolder = (generation: Generation): string => `/hostless/${generation}`

/** iPXE's script: by the NICs of `only`, or by any, to one of `servers`. */
export function stickScript(fill: FillTemplate, servers: readonly StickServer[], only: StickHost | undefined): string {
  const nic = `\${net\${nic}/mac}`
  const isOurs = (only?.macs ?? []).map((mac) => `iseq ${nic} ${mac}`)
  const named = only && `${only.host.name}, by ${only.macs.join(' or ')}`
  return fill('stick.ipxe.hbs', {
    what: consoleText(describeStick(servers, only)),
    only: only ? `${isOurs.join(' || ')} || goto nic` : '# any machine, by any NIC',
    chains: servers.map((server) => `chain --replace --autofree http://${place(server)}/boot/\${net\${nic}/mac:hexhyp} ||`).join('\n'),
    appliances: consoleText(servers.map(place).join(' or ')),
    nobody: consoleText(
      named ? `this stick is for ${named}, and no NIC of this machine is one of these` : 'iPXE has no driver for a NIC here',
    ),
    seconds: RETRY_SECONDS,
  })
}

/** GRUB's way to iPXE. */
export function loaderConfig(fill: FillTemplate, servers: readonly StickServer[], only: StickHost | undefined): string {
  return fill('stick-ipxe.cfg.hbs', { what: consoleText(describeStick(servers, only)), seconds: RETRY_SECONDS })
}

/** GRUB's way to Xen. Refused: words that cannot stand in it, or too many of them. */
export function aloneConfig(fill: FillTemplate, stick: AloneStick): StickText {
  const xen = xenCommandLine({ dom0Memory: stick.dom0Memory + Math.ceil(stick.root.size / (1 << 20)), xenArguments: stick.xenArguments })
  const kernel = aloneCommandLine(stick)
  if (xen.kind === 'refused') return xen
  if (kernel.kind === 'refused') return kernel
  const over = overLine('Xen', xen.text, xen.words) ?? overLine("dom0's kernel", kernel.text, kernel.words)
  if (over !== undefined) return { kind: 'refused', reason: over }
  const what = `${stick.image}, generation ${stick.generation}, for ${stick.only?.host.name ?? 'any machine'}`
  const holes = {
    what: consoleText(what),
    folder: stickFolder(stick.generation),
    seconds: RETRY_SECONDS,
    xen: xen.text,
    kernel: kernel.text,
  }
  return { kind: 'text', text: fill('stick-xen.cfg.hbs', holes) }
}

/** As the boot script has it, without attempt and token: the host asks for both when it runs. */
function aloneCommandLine({ servers, only, image, generation, root, authority, kernelArguments }: AloneStick): CommandLine {
  const host: readonly Word[] = only
    ? hostWords({ network: planNetwork(only.macs[0], only.host, only.lease), name: only.host.name, kernelArguments })
    : [{ text: 'hl.net=any,dhcp' }, ...kernelArguments.map((text) => ({ text, setting: 'boot.kernelArguments' }))]
  return lineOf([
    { text: 'console=hvc0' },
    { text: 'quiet' },
    { text: `hl.srv=${servers.map(place).join('+')}`, setting: '--appliance' },
    { text: `hl.root=stick:${image}:${generation}:${root.sha256}` },
    ...(authority === undefined ? [] : [{ text: `hl.ca=${authority}` }]),
    ...host,
  ])
}

function describeStick(servers: readonly StickServer[], only: StickHost | undefined): string {
  return `stick for ${only?.host.name ?? 'any machine'}, looks for the appliance at ${servers.map(place).join(' or ')}`
}

function place({ address, httpPort }: StickServer): string {
  return `${address}:${httpPort}`
}
