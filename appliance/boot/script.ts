// Boot scripts for iPXE, and xen.cfg for UEFI. A script always has a part for BIOS (multiboot: kernel, module)
// and one for UEFI (xen.efi with files by name), and branches by itself. HTTP first, then TFTP; whatever
// fails says so on the console and is tried again for ever: nothing ends in a shell.
import { ONCE_NAMES, type OnceKind } from '../../manager/protocol/once.ts'
import type { Mac } from '../wire/addresses.ts'
import { overBudget, overLine } from './budget.ts'
import { type BootIdentity, type CommandLine, kernelCommandLine, xenCommandLine } from './commandline.ts'
import type { OncePlan } from './once.ts'
import { type BootPlan, type BootRefusal, type Platform, type ServerAddress, withoutEfi } from './plan.ts'
import { consoleText, type FillTemplate, type TemplateFile } from './templates.ts'

const RETRY_SECONDS = '10'
/** On the first serial port besides the screen, at the speed of our other consoles (boot options of Memtest86+ 6.10). */
const MEMTEST_LINE = 'console=ttyS0,115200'

export interface RenderedScript {
  readonly text: string
  /** Why a platform's part is an error message instead of a boot. A part without an entry boots. */
  readonly problems: Readonly<Partial<Record<Platform, string>>>
}

export type RenderedConfig = { readonly kind: 'config'; readonly text: string } | { readonly kind: 'refused'; readonly reason: string }

interface Lines {
  readonly xen: CommandLine
  readonly kernel: CommandLine
}

/** The script of one attempt. `identity.token` is fresh for each rendering. */
export function bootScript(fill: FillTemplate, plan: BootPlan, identity: BootIdentity): RenderedScript {
  const lines = { xen: xenCommandLine(plan), kernel: kernelCommandLine(plan, identity) }
  const problems: Partial<Record<Platform, string>> = {}
  const part = (platform: Platform, problem: string | undefined, boots: () => string): string => {
    if (problem === undefined) return boots()
    problems[platform] = problem
    return fill('impossible.ipxe.hbs', { platform, name: consoleText(plan.name), reason: consoleText(problem) })
  }
  const urls = { ...scriptUrls(plan.server, plan.network.mac), ...configUrls(plan.server, identity) }
  const files = { http: `${httpBase(plan.server)}/g/${plan.generation}`, tftp: `${tftpBase(plan.server)}/g/${plan.generation}` }
  const holes = { ...urls, ...files, ...texts(lines), server: plan.server.address }
  const text = fill('boot.ipxe.hbs', {
    ...urls,
    name: consoleText(plan.name),
    attempt: consoleText(identity.attempt),
    image: plan.image,
    generation: plan.generation,
    seconds: RETRY_SECONDS,
    bios: part('bios', biosProblem(plan, lines, files), () => fill('bios.ipxe.hbs', holes)).trimEnd(),
    uefi: part('uefi', uefiProblem(plan, lines), () => fill('uefi.ipxe.hbs', holes)).trimEnd(),
  })
  return { text, problems }
}

/** Why this platform gets no boot from the script; where the platform is not known, only when none does. */
export function problemFor({ problems }: RenderedScript, platform: Platform | undefined): string | undefined {
  if (platform) return problems[platform]
  return problems.uefi === undefined ? undefined : problems.bios
}

/** What xen.efi reads as xen.cfg: fetched by the script of the same attempt, with a token of its own. */
export function xenConfig(fill: FillTemplate, plan: BootPlan, identity: BootIdentity): RenderedConfig {
  const lines = { xen: xenCommandLine(plan), kernel: kernelCommandLine(plan, identity) }
  const problem = uefiProblem(plan, lines)
  if (problem !== undefined) return { kind: 'refused', reason: problem }
  return { kind: 'config', text: fill('xen.cfg.hbs', texts(lines)) }
}

/** Says on the host's console why it does not boot, and asks again: it boots once the reason is gone. */
export function refusalScript(fill: FillTemplate, refusal: BootRefusal, mac: Mac, server: ServerAddress): string {
  return fill('refused.ipxe.hbs', {
    ...scriptUrls(server, mac),
    name: consoleText(refusal.name),
    reason: consoleText(refusal.reason),
    seconds: RETRY_SECONDS,
  })
}

const ONCE_TEMPLATES: Readonly<Record<OnceKind, TemplateFile>> = {
  local: 'once-local.ipxe.hbs',
  memtest: 'once-memtest.ipxe.hbs',
  shell: 'once-shell.ipxe.hbs',
}

/**
 * Something else than the pool. What does not start says so and asks again. On BIOS iPXE starts the first disk itself. On UEFI it goes
 * back with an error, which is what makes firmware take its next boot entry (UEFI 2.10, 3.1.1; after a success it may show its menu).
 */
export function onceScript(fill: FillTemplate, { what, name, mac, server }: OncePlan, attempt: string): string {
  const files = { http: httpBase(server), tftp: tftpBase(server), server: server.address, line: MEMTEST_LINE }
  return fill('once.ipxe.hbs', {
    ...scriptUrls(server, mac),
    name: consoleText(name),
    attempt: consoleText(attempt),
    what: ONCE_NAMES[what],
    body: fill(ONCE_TEMPLATES[what], files).trimEnd(),
    seconds: RETRY_SECONDS,
  })
}

/** For an iPXE that runs autoexec.ipxe before DHCP: it asks for an address, then for its script. */
export function autoexecScript(fill: FillTemplate, server: ServerAddress): string {
  return fill('autoexec.ipxe.hbs', {
    http: `${httpBase(server)}/boot`,
    tftp: `${tftpBase(server)}/boot`,
    server: server.address,
    seconds: RETRY_SECONDS,
  })
}

function biosProblem(plan: BootPlan, { xen, kernel }: Lines, files: { readonly http: string; readonly tftp: string }): string | undefined {
  if (!plan.platforms.includes('bios')) return `generation ${plan.generation} of ${plan.image} does not boot on BIOS`
  if (xen.kind === 'refused') return xen.reason
  if (kernel.kind === 'refused') return kernel.reason
  // Both transports have to fit: take the longer URLs.
  const base = files.http.length >= files.tftp.length ? files.http : files.tftp
  const images = [
    { uri: `${base}/xen`, line: xen.text },
    { uri: `${base}/vmlinuz`, line: kernel.text },
    { uri: `${base}/initrd.img`, line: '' },
  ]
  return overBudget(images, [...xen.words, ...kernel.words])
}

function uefiProblem(plan: BootPlan, { xen, kernel }: Lines): string | undefined {
  if (!plan.platforms.includes('uefi')) return withoutEfi(plan)
  if (xen.kind === 'refused') return xen.reason
  if (kernel.kind === 'refused') return kernel.reason
  return overLine('Xen', xen.text, xen.words) ?? overLine("dom0's kernel", `vmlinuz ${kernel.text}`, kernel.words)
}

/** Only for parts without a problem: a refused line has no text. */
function texts({ xen, kernel }: Lines): { readonly xen: string; readonly kernel: string } {
  return { xen: xen.kind === 'line' ? xen.text : '', kernel: kernel.kind === 'line' ? kernel.text : '' }
}

function scriptUrls(server: ServerAddress, mac: Mac): { readonly httpScript: string; readonly tftpScript: string } {
  const name = mac.replaceAll(':', '-')
  return { httpScript: `${httpBase(server)}/boot/${name}`, tftpScript: `${tftpBase(server)}/boot/${name}` }
}

/** By attempt: what is asked for between two scripts of a host is still that of the first. */
function configUrls(server: ServerAddress, { attempt }: BootIdentity): { readonly httpConfig: string; readonly tftpConfig: string } {
  return { httpConfig: `${httpBase(server)}/xencfg/${attempt}`, tftpConfig: `${tftpBase(server)}/xencfg/${attempt}` }
}

function httpBase({ address, httpPort }: ServerAddress): string {
  return `http://${address}:${httpPort}`
}

/** A literal address: a proxy's or a relay's `next-server` may be another machine. */
function tftpBase({ address, tftpPort }: ServerAddress): string {
  return `tftp://${address}${tftpPort === 69 ? '' : `:${tftpPort}`}`
}
