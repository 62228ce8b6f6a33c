// `hostless image usb`: one file that is a bootable stick and a CD for a BMC's virtual media. What is on it was signed, and is verified
// before a byte is written.
import { createHash, X509Certificate } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { networkInterfaces } from 'node:os'
import { join } from 'node:path'
import { type Command, Option } from 'commander'
import { aloneConfig, loaderConfig, type StickHost, type StickServer, stickScript } from '../../../../../appliance/boot/stick.ts'
import { compileTemplates, type FillTemplate, TEMPLATE_FILES } from '../../../../../appliance/boot/templates.ts'
import { type Config, describeProblems, parseConfig } from '../../../../../appliance/config.ts'
import { packageRoot } from '../../../../../appliance/package-root.ts'
import { readAuthority } from '../../../../../appliance/store/site-keys.ts'
import { listGenerations } from '../../../../../images/catalogue.ts'
import { generationPath } from '../../../../../images/layout.ts'
import type { Manifest } from '../../../../../images/manifest.ts'
import { type BuiltStick, buildStick } from '../../../../../images/stick/build.ts'
import { cannotBootFromStick } from '../../../../../images/stick/initramfs.ts'
import { verify } from '../../../../../images/store/verify.ts'
import { CommandFailure } from '../../../engine/failure.ts'
import { showBytes } from '../../../engine/output/output.ts'
import { chooseGeneration, findImage, parseReference } from '../find.ts'
import type { ImageCommandDeps } from '../image.ts'
import { DEFAULT_CONFIG } from '../options.ts'
import { aloneStick, chosenHost, chosenServers, type UsbChoices } from './choices.ts'
import { checkOutput, openOutput, type StandardOutput } from './output.ts'

interface UsbOptions extends UsbChoices {
  readonly alone?: true
  readonly output?: string
  readonly config: string
  readonly dataDir?: string
}

const EXAMPLES = `
The file is a stick (GPT, for BIOS and UEFI) and an ISO for a BMC's virtual
media at once. Secure Boot must be off.
Without --alone it holds iPXE, which asks by DHCP and takes this machine's boot
script from the appliance, again and again until there is one. With --alone it
holds Xen, kernel, initramfs and root: it boots with no appliance there, and
says when it can be pulled; the host enrols once an appliance answers.
There is no key, token or password on it: a machine that boots from it is
admitted as one that boots over the network.

Examples:
  hostless image usb dom0 --for node07 > stick.img
  hostless image usb dom0 --any --alone --output dom0.iso
  dd if=stick.img of=/dev/sdX bs=4M oflag=direct conv=fsync`

export function addUsbCommand(image: Command, deps: ImageCommandDeps, standard: StandardOutput = process.stdout): void {
  image
    .command('usb')
    .description("make a bootable stick, or CD for a BMC's virtual media, of a published image")
    .argument('<name[@generation]>', 'image; the published generation unless another is named (with --alone)')
    .option(
      '--for <host>',
      'only this host of the config (or machine, by a MAC): its NICs, and with --alone its name, VLAN, bond and reserved address',
    )
    .option('--any', 'any machine, by whichever NIC is given an address')
    .option('--alone', 'boot from the stick itself, without an appliance')
    .option('--appliance <address...>', 'appliances to look for, each ADDRESS or ADDRESS:PORT (default: that of the config)')
    .option('--output <file>', 'where it goes (default: standard output)')
    .addOption(new Option('--config <file>', 'configuration of the appliance').default(DEFAULT_CONFIG))
    .option('--data-dir <dir>', 'where images are kept (default: that of the configuration)')
    .addHelpText('after', EXAMPLES)
    .action(async (text: string, options: UsbOptions) => {
      const config = await readConfig(options.config)
      const dataDir = options.dataDir ?? config.dataDir
      const only = chosenHost(config, options)
      const servers = chosenServers(config, options)
      await checkOutput(options.output, standard)
      const manifest = await soundGeneration(dataDir, text, options)
      const output = await openOutput(options.output, standard)
      const stop = new AbortController()
      const interrupt = () => stop.abort()
      for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, interrupt)
      try {
        const content = await contentOf(options, { config, dataDir, manifest, only, servers })
        const built = await buildStick({ ...content, output: output.stream, signal: stop.signal })
        await output.keep()
        deps.err.write(describe(options, manifest, only, built))
      } catch (error) {
        await output.drop()
        throw error
      } finally {
        for (const signal of ['SIGINT', 'SIGTERM'] as const) process.off(signal, interrupt)
      }
    })
}

/** The manifest of the generation that is meant, with its signature, all hashes and the index looked at. */
async function soundGeneration(dataDir: string, text: string, { alone }: UsbOptions): Promise<Manifest> {
  const { name, generation } = parseReference(text)
  if (generation !== undefined && !alone) {
    throw new CommandFailure(`${text}: the appliance chooses the generation; name one with --alone, or publish it`, 2)
  }
  const candidates = findImage(await listGenerations(dataDir), name)
  const chosen = chooseGeneration(candidates, generation)
  if (generation === undefined && !chosen.published) {
    throw new CommandFailure(`no generation of ${name} is published: hostless image publish ${name} ${chosen.generation}`)
  }
  const verdict = await verify(dataDir, chosen.name, chosen.generation)
  if (verdict.kind === 'sound') return verdict.manifest
  throw new CommandFailure(
    `${name}@${chosen.generation} is not what was signed, nothing is written:${verdict.problems.map((problem) => `\n  ${problem}`).join('')}`,
  )
}

interface Chosen {
  readonly config: Config
  readonly dataDir: string
  readonly manifest: Manifest
  readonly only: StickHost | undefined
  readonly servers: readonly StickServer[]
}

async function contentOf({ alone }: UsbOptions, { config, dataDir, manifest, only, servers }: Chosen) {
  const fill = compileTemplates(await readTemplates())
  if (!alone) return { kind: 'appliance', config: loaderConfig(fill, servers, only), script: stickScript(fill, servers, only) } as const
  const { image, generation } = manifest
  const folder = generationPath(dataDir, image, generation)
  const fault = await cannotBootFromStick(join(folder, 'initrd.img'))
  if (fault !== undefined) throw new CommandFailure(`${image}@${generation}: ${fault}`)
  const authority = config.manager ? await fingerprintOf(dataDir) : undefined
  return { kind: 'alone', config: aloneText(fill, aloneStick(config, manifest, only, servers, authority)), generation, folder } as const
}

function aloneText(fill: FillTemplate, stick: Parameters<typeof aloneConfig>[1]): string {
  const text = aloneConfig(fill, stick)
  if (text.kind === 'refused') throw new CommandFailure(text.reason)
  return text.text
}

/** Of the authority that the manager's certificate is under: the only one that a host from this stick believes. */
async function fingerprintOf(dataDir: string): Promise<string> {
  const authority = await readAuthority(dataDir)
  if (authority.kind === 'none') throw new CommandFailure(`the stick is to name whom its hosts may believe: ${authority.reason}`)
  return createHash('sha256').update(new X509Certificate(authority.pem).raw).digest('hex')
}

async function readConfig(file: string): Promise<Config> {
  const text = await readFile(file, 'utf8').catch((error: Error) => {
    throw new CommandFailure(
      `the stick is told where the appliance is by its configuration: ${error.message}; name another by --config FILE`,
    )
  })
  const parsed = parseConfig(text, file, networkInterfaces())
  if (parsed.kind === 'refused') throw new CommandFailure(describeProblems(parsed.problems))
  return parsed.config
}

async function readTemplates(): Promise<Record<string, string>> {
  const folder = join(packageRoot(import.meta.dirname, 5), 'templates/boot')
  return Object.fromEntries(await Promise.all(TEMPLATE_FILES.map(async (file) => [file, await readFile(join(folder, file), 'utf8')])))
}

function describe({ alone, output }: UsbOptions, { image, generation }: Manifest, only: StickHost | undefined, built: BuiltStick): string {
  const whom = only?.host.name ?? 'any machine'
  const what = alone ? `boots ${image}@${generation} by itself` : 'boots what the appliance says'
  const where = output === undefined ? '' : ` to ${output}`
  return [
    `Wrote ${showBytes(built.bytes)}${where}: a stick for ${whom}, ${what}.`,
    ...built.notes.map((note) => `Note: ${note}.`),
    '',
  ].join('\n')
}
