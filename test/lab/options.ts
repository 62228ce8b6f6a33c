// What `npm run lab -- …` is asked to do. Pure: the command line in, one value out.

import { Command, CommanderError, InvalidArgumentError, Option } from 'commander'
import type { PowerAction } from './bmc.ts'
import { parsePowerAction } from './node.ts'
import { type Firmware, MOST_NODES } from './plan.ts'

export interface BootOptions {
  readonly nodes: number
  readonly keep: boolean
  readonly firmware: Firmware
  readonly suite: string
  readonly root: 'nfs' | 'ram'
  /** `cached`: built when missing or when its recipe has changed. */
  readonly image: { readonly kind: 'cached' } | { readonly kind: 'rebuild' } | { readonly kind: 'folder'; readonly folder: string }
}

export type LabCommand =
  | { readonly kind: 'boot'; readonly options: BootOptions }
  /** Two approved hosts, from where they were saved. */
  | { readonly kind: 'resume'; readonly keep: boolean }
  | { readonly kind: 'console'; readonly node: string }
  | { readonly kind: 'ssh'; readonly node: string; readonly argv: readonly string[] }
  /** The command `hostless`, signed in at the lab's manager. */
  | { readonly kind: 'hostless'; readonly argv: readonly string[] }
  | { readonly kind: 'power'; readonly node: string; readonly action: PowerAction }
  | { readonly kind: 'help'; readonly text: string }
  | { readonly kind: 'refused'; readonly reason: string }

interface Parsed {
  readonly nodes: number
  readonly keep?: true
  readonly resume?: true
  readonly firmware: Firmware
  readonly suite: string
  readonly root: 'nfs' | 'ram'
  readonly image?: string
  readonly console?: string
  readonly ssh?: string
  readonly hostless?: true
  readonly power?: string
}

const DESCRIPTION = `Boots a virtual rack of Xen hosts from a real Hostless appliance and shows where the seconds went.
The rack is a network namespace of its own: nothing leaves this machine, nothing is left behind. Needs root.`

export function parseLabCommand(argv: readonly string[]): LabCommand {
  let printed = ''
  const write = (text: string) => {
    printed += text
  }
  const command = describeCommand().exitOverride().configureOutput({ writeOut: write, writeErr: write })
  try {
    command.parse([...argv], { from: 'user' })
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    if (error.exitCode === 0) return { kind: 'help', text: printed.trimEnd() }
    return refused(printed.trim().replace(/^error: /, ''))
  }
  return choose(command.opts<Parsed>(), command.args)
}

function describeCommand(): Command {
  return new Command('npm run lab --')
    .description(DESCRIPTION)
    .usage('[options] [command…]')
    .argument('[command...]')
    .passThroughOptions()
    .addOption(new Option('--nodes <count>', 'how many servers').default(2).argParser(parseCount))
    .addOption(new Option('--firmware <kind>', 'of the servers').choices(['bios', 'uefi', 'uefi-http']).default('bios'))
    .addOption(new Option('--suite <name>', 'Debian suite of the dom0').choices(['trixie', 'bookworm']).default('trixie'))
    .addOption(new Option('--root <mode>', "where dom0's root comes from").choices(['nfs', 'ram']).default('nfs'))
    .addOption(
      new Option(
        '--image <what>',
        '"rebuild", or a folder: a dataDir with images, or one generation in it; default: built once, kept in .lab',
      ),
    )
    .addOption(
      new Option(
        '--resume',
        'go on with two approved hosts from where they were saved: seconds instead of minutes; saved the first time',
      ).conflicts(['image']),
    )
    .addOption(new Option('--keep', 'stay up after the table, until Ctrl-C'))
    .addOption(new Option('--console <node>', 'attach to the console of a lab that runs with --keep; Ctrl-] detaches'))
    .addOption(new Option('--ssh <node>', 'run the command, or a shell, in the dom0 of a lab that runs with --keep'))
    .addOption(new Option('--hostless', 'run the command hostless, signed in at the manager of a lab that runs with --keep'))
    .addOption(new Option('--power <node>', 'on, off, cycle, reset or status, by IPMI: --power node1 cycle'))
    .helpOption('--help', 'show this')
}

function choose(parsed: Parsed, words: readonly string[]): LabCommand {
  const asked = [parsed.console, parsed.ssh, parsed.power, parsed.hostless].filter((one) => one !== undefined)
  if (asked.length > 1) return refused('only one of --console, --ssh, --power and --hostless at a time')
  if (parsed.hostless) return { kind: 'hostless', argv: words }
  if (parsed.ssh !== undefined) return { kind: 'ssh', node: parsed.ssh, argv: words }
  if (parsed.power !== undefined) {
    const action = words.length > 1 ? undefined : parsePowerAction(words[0])
    return action ? { kind: 'power', node: parsed.power, action } : refused(`--power ${parsed.power} needs on, off, cycle, reset or status`)
  }
  if (words.length > 0) return refused(`"${words[0]}" is no option; see --help`)
  if (parsed.console !== undefined) return { kind: 'console', node: parsed.console }
  const { nodes, firmware, suite, root, image } = parsed
  if (parsed.resume) {
    const usual = nodes === 2 && firmware === 'bios' && suite === 'trixie' && root === 'nfs'
    return usual
      ? { kind: 'resume', keep: parsed.keep === true }
      : refused('--resume has two servers with bios, trixie and root nfs; leave the other options out')
  }
  return { kind: 'boot', options: { nodes, keep: parsed.keep === true, firmware, suite, root, image: imageChoice(image) } }
}

function imageChoice(word: string | undefined): BootOptions['image'] {
  if (word === undefined) return { kind: 'cached' }
  return word === 'rebuild' ? { kind: 'rebuild' } : { kind: 'folder', folder: word }
}

function parseCount(text: string): number {
  const count = Number(text)
  if (!/^\d+$/.test(text) || count < 1 || count > MOST_NODES) throw new InvalidArgumentError(`A rack has 1 to ${MOST_NODES} nodes.`)
  return count
}

function refused(reason: string): LabCommand {
  return { kind: 'refused', reason }
}
