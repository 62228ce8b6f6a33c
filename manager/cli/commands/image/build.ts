// `hostless image build`: Debian packages to a dom0 image in about a minute, with its progress on stderr.
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Command, Option } from 'commander'
import { packageRoot } from '../../../../appliance/package-root.ts'
import { agentVersion, bundleAgent } from '../../../../images/agent-bundle/build.ts'
import { buildDom0 } from '../../../../images/build.ts'
import { DOM0_MEMORY_MIB, SUITES, type Suite } from '../../../../images/dom0/recipe.ts'
import { imagePath } from '../../../../images/layout.ts'
import { importGeneration, publish } from '../../../../images/publish.ts'
import { readPublished } from '../../../../images/store/published.ts'
import { CommandFailure } from '../../engine/failure.ts'
import { newImageName } from './find.ts'
import { describeImport, type ImageCommandDeps } from './image.ts'
import { addDataDirOptions, type DataDirOptions, dataDirOf } from './options.ts'

interface BuildCommandOptions extends DataDirOptions {
  readonly suite: Suite
  readonly add?: readonly string[]
  readonly authorizedKeys?: string
  readonly mirror?: string
  readonly publish?: true
}

export function addBuildCommand(image: Command, deps: ImageCommandDeps): void {
  const command = image
    .command('build')
    .description('build a dom0 image of Debian, Xen and our initramfs; the first generation of a name is published at once')
    .argument('<name>', 'name of the image, for example dom0')
    .addOption(new Option('--suite <suite>', 'Debian release').choices(SUITES).default('trixie'))
    .option('--add <package...>', 'further Debian packages, for example firmware-bnx2x')
    .option('--authorized-keys <file>', 'public ssh keys that may log in as root; without it nobody can')
    .option('--mirror <url>', "Debian mirror; without it Debian's own, with security updates")
    .option('--publish', 'publish the new generation even when another is published')
  addDataDirOptions(command).action(async (text: string, options: BuildCommandOptions) => {
    const name = newImageName(text)
    const dataDir = await dataDirOf(options)
    const root = packageRoot(import.meta.dirname, 4)
    const progress = clock(deps)
    const stop = new AbortController()
    const interrupt = () => stop.abort()
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, interrupt)
    const built = await buildDom0({
      suite: options.suite,
      add: options.add ?? [],
      ...(options.mirror === undefined ? {} : { mirror: options.mirror }),
      ...(options.authorizedKeys === undefined ? {} : { authorizedKeys: await readKeys(options.authorizedKeys) }),
      recipeFolder: join(root, 'images/dom0'),
      agent: await bundleAgent(root, await agentVersion(root)),
      staging: imagePath(dataDir, name),
      signal: stop.signal,
      onProgress: progress,
    })
    try {
      const outcome = await importGeneration({
        dataDir,
        name,
        files: { 'root.tar': built.root, xen: built.xen, 'xen.efi': built.xenEfi, vmlinuz: built.kernel, 'initrd.img': built.initrd },
        rootTar: 'move',
        facts: { suite: options.suite, dom0MemoryMiB: DOM0_MEMORY_MIB },
        log: deps.log,
        onProgress: (step) => progress(`import: ${step}`),
      })
      const said = describeImport(name, outcome)
      if (outcome.kind === 'refused') return
      if (options.publish === undefined && (await readPublished(dataDir, name)) !== undefined) return deps.out.write(said)
      const { generation } = outcome.manifest
      const published = await publish(dataDir, name, generation, deps.log)
      if (published.kind === 'refused') throw new CommandFailure(`built, but not published: ${published.reason}`)
      deps.out.write(`Built and published ${name}@${generation}: new boots get it.\n`)
    } finally {
      await built.discard()
      for (const signal of ['SIGINT', 'SIGTERM'] as const) process.off(signal, interrupt)
    }
  })
}

/** Each step with the seconds since the start: a build that hangs shows where. */
function clock({ err }: ImageCommandDeps): (text: string) => void {
  const startedAt = Date.now()
  return (text) => err.write(`${((Date.now() - startedAt) / 1000).toFixed(1).padStart(6)} s  ${text}\n`)
}

async function readKeys(file: string): Promise<string> {
  return readFile(file, 'utf8').catch((error: Error) => {
    throw new CommandFailure(`--authorized-keys: ${error.message}`)
  })
}
