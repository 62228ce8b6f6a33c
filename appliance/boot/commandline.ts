// The command lines of Xen and of dom0's kernel, in the short forms that our initramfs reads. Words come
// from config and leases: each is checked here once more, since iPXE splits at blanks, expands ${…}, and
// takes #, ||, && and ; as its own (ipxe core/exec.c), with no way to quote.
import { exportPath } from '../wire/generation.ts'
import type { BootPlan, PlannedNetwork } from './plan.ts'

/** What may stand in a script, a command line and xen.cfg without a meaning of its own. */
export const CONSOLE_WORD = /^[A-Za-z0-9_.,:=/@%+-]+$/

/** A part of a command line, and the setting that put it there: a line that is too long names its longest. */
export interface Word {
  readonly text: string
  /** A key of the config, or undefined for what every boot has. */
  readonly setting?: string
}

export type CommandLine =
  | { readonly kind: 'line'; readonly text: string; readonly words: readonly Word[] }
  | { readonly kind: 'refused'; readonly reason: string }

/** Who the boot is, towards the appliance: both reach the initramfs as `hl.boot`. */
export interface BootIdentity {
  /** 16 characters of base32, lower case. */
  readonly attempt: string
  /** 43 characters of base64url. */
  readonly token: string
}

/** Xen's own options, without the image's name. */
export function xenCommandLine(plan: Pick<BootPlan, 'dom0Memory' | 'xenArguments'>): CommandLine {
  const memory = `dom0_mem=${plan.dom0Memory}M,max:${plan.dom0Memory}M`
  const fixed = [memory, 'com1=115200,8n1', 'console=com1,vga', 'bootscrub=0', 'edd=off', 'edid=no']
  return lineOf([...fixed.map((text) => ({ text })), ...plan.xenArguments.map((text) => ({ text, setting: 'boot.xenArguments' }))])
}

/** dom0's kernel: what Linux reads, then what the initramfs reads (`hl.…`). */
export function kernelCommandLine(plan: BootPlan, identity: BootIdentity): CommandLine {
  if (!/^[a-z2-7]{16}$/.test(identity.attempt)) return refused(`"${visible(identity.attempt)}" is no attempt id`)
  if (!/^[A-Za-z0-9_-]{43}$/.test(identity.token)) return refused('the token is not 43 characters of base64url')
  return lineOf([
    { text: 'console=hvc0' },
    { text: 'quiet' },
    { text: `hl.boot=${identity.attempt}.${identity.token}` },
    { text: `hl.srv=${plan.server.address}:${plan.server.httpPort}` },
    rootWord(plan),
    ...hostWords(plan),
  ])
}

/** Of one host, wherever it boots from: its network, its name, the site's own words. */
export function hostWords({ network, name, kernelArguments }: Pick<BootPlan, 'network' | 'name' | 'kernelArguments'>): readonly Word[] {
  const words: Word[] = [
    { text: `hl.net=${networkWord(network)}`, setting: 'dhcp.router, dhcp.dns' },
    { text: `hl.name=${name}`, setting: 'name of the host' },
  ]
  if (network.vlan !== undefined) words.push({ text: `hl.vlan=${network.vlan}`, setting: 'vlan of the host' })
  if (network.bond) {
    words.push({ text: `hl.bond=${network.bond.mode},${network.bond.members.map(digits).join('+')}`, setting: 'bond of the host' })
  }
  return [...words, ...kernelArguments.map((text) => ({ text, setting: 'boot.kernelArguments' }))]
}

function rootWord({ root, server, image, generation }: BootPlan): Word {
  switch (root.kind) {
    case 'nfs':
      return { text: `hl.root=nfs:${server.nfsPort}:${exportPath(image, generation)}`, setting: 'image (its name)' }
    case 'ram':
      return { text: `hl.root=ram:${generation}:${root.sha256}`, setting: 'root: ram' }
  }
}

/** `mac,address/prefix[,gateway[,dns]]`; without a lease of ours the initramfs asks by DHCP. */
function networkWord({ mac, address }: PlannedNetwork): string {
  switch (address.kind) {
    case 'dhcp':
      return `${digits(mac)},dhcp`
    case 'static': {
      const words = [digits(mac), `${address.address}/${address.prefix}`]
      if (address.router || address.dns) words.push(address.router ?? '')
      if (address.dns) words.push(address.dns)
      return words.join(',')
    }
  }
}

function digits(mac: string): string {
  return mac.replaceAll(':', '')
}

/** Refused: a word that has a meaning of its own to iPXE, GRUB or xen.cfg. */
export function lineOf(words: readonly Word[]): CommandLine {
  const hostile = words.find((word) => !CONSOLE_WORD.test(word.text))
  if (hostile) {
    return refused(
      `"${visible(hostile.text)}"${hostile.setting ? ` (${hostile.setting})` : ''} cannot stand in a boot script: only letters, digits and . , : = / @ % + _ - can`,
    )
  }
  return { kind: 'line', text: words.map((word) => word.text).join(' '), words }
}

/** Hostile text cut short and made visible, for a message. */
function visible(text: string): string {
  return JSON.stringify(text.slice(0, 60)).slice(1, -1)
}

function refused(reason: string): CommandLine {
  return { kind: 'refused', reason }
}
