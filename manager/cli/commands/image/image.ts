// `hostless image …`: import, list, show, publish, verify, remove. Says what happened; decides nothing:
// the image store does (images/publish.ts), names are found by image-find.ts.
import type { Command } from 'commander'
import type { Log } from '../../../../appliance/wire/log.ts'
import { type ListedGeneration, listGenerations } from '../../../../images/catalogue.ts'
import { differenceOf } from '../../../../images/difference.ts'
import { type FileChange, fileChanges } from '../../../../images/file-difference.ts'
import type { Manifest } from '../../../../images/manifest.ts'
import { type ImportOutcome, importGeneration, publish, remove } from '../../../../images/publish.ts'
import { type Loaded, loadGeneration } from '../../../../images/store/loading.ts'
import { type Verdict, verify } from '../../../../images/store/verify.ts'
import { textOf } from '../../engine/answer.ts'
import { CommandFailure } from '../../engine/failure.ts'
import { addShapeOptions, type ShapeOptions, shapeOf } from '../../engine/output/options.ts'
import type { Terminal } from '../../engine/output/output.ts'
import { chooseGeneration, findGeneration, findImage, type HostRunning, hostsOf, newImageName, parseReference } from './find.ts'
import { addDataDirOptions, type DataDirOptions, dataDirOf } from './options.ts'
import { differenceReport, listReport, showReport, verifyReport } from './report.ts'

export interface ImageCommandDeps {
  /** Answers. */
  readonly out: Terminal
  /** Progress, on a tty only. */
  readonly err: Terminal
  readonly log: Log
  /** Which hosts run which generation now. */
  readonly hostsRunning: (dataDir: string) => Promise<readonly HostRunning[]>
}

interface ImportOptions extends DataDirOptions {
  readonly root: string
  readonly xen: string
  readonly kernel: string
  readonly initrd: string
  readonly xenEfi?: string
}

/** Adds `image` with its commands, and answers it so that more can be added. Actions throw CommandFailure: see runProgram. */
export function addImageCommands(program: Command, deps: ImageCommandDeps): Command {
  const image = program
    .command('image')
    .description('images that machines boot: generations are immutable, signed and named by their content')
  addImport(image, deps)
  addList(image, deps)
  addShow(image, deps)
  addPublish(image, deps)
  addVerify(image, deps)
  addRemove(image, deps)
  return image
}

function addImport(image: Command, deps: ImageCommandDeps): void {
  const command = image
    .command('import')
    .description('make a generation of a root tar and boot files; machines get it when it is published')
    .argument('<name>', 'name of the image, for example dom0')
    .requiredOption('--root <file>', 'root file system: a plain tar with numeric owners, as mmdebstrap writes it')
    .requiredOption('--xen <file>', 'Xen for BIOS machines; may be gzipped')
    .requiredOption('--kernel <file>', 'dom0 kernel: a bzImage')
    .requiredOption('--initrd <file>', 'initramfs that mounts the root')
    .option('--xen-efi <file>', 'Xen for UEFI machines; without it they cannot boot this image')
  addDataDirOptions(command).action(async (text: string, options: ImportOptions) => {
    const name = newImageName(text)
    const outcome = await importGeneration({
      dataDir: await dataDirOf(options),
      name,
      files: {
        'root.tar': options.root,
        xen: options.xen,
        vmlinuz: options.kernel,
        'initrd.img': options.initrd,
        ...(options.xenEfi === undefined ? {} : { 'xen.efi': options.xenEfi }),
      },
      log: deps.log,
      onProgress: (step) => {
        if (deps.err.columns !== undefined) deps.err.write(`${step} …\n`)
      },
    })
    deps.out.write(describeImport(name, outcome))
  })
}

/** One text for import and build. Throws a CommandFailure for a refusal. */
export function describeImport(name: string, outcome: ImportOutcome): string {
  switch (outcome.kind) {
    case 'refused': {
      const findings = outcome.findings.map(({ file, seen, fix }) => `\n  ${file}: ${seen}; ${fix}`)
      throw new CommandFailure(`${name} was not imported: ${outcome.reason}${findings.join('')}`)
    }
    case 'existing':
      return `${name}@${outcome.manifest.generation} was imported before and stays as it is.\n`
    case 'imported':
      return `Imported ${name}@${outcome.manifest.generation}. Machines get it after: hostless image publish ${name} ${outcome.manifest.generation}\n`
  }
}

function addList(image: Command, deps: ImageCommandDeps): void {
  const command = image.command('list').description('all generations, the newest of each image first')
  addShapeOptions(addDataDirOptions(command), () => listReport([], [])).action(async (options: DataDirOptions & ShapeOptions) => {
    const dataDir = await dataDirOf(options)
    const report = listReport(await listGenerations(dataDir), await deps.hostsRunning(dataDir))
    deps.out.write(textOf({ report }, options.output, deps.out, shapeOf(options)))
  })
}

function addShow(image: Command, deps: ImageCommandDeps): void {
  const command = image
    .command('show')
    .description('what is in a generation, or how it differs from another')
    .argument('<name[@generation]>', 'the published generation unless another is named; its id may be cut short')
    .option('--against <generation>', 'show what a host gains and loses by going from this one to the one shown')
    .option('--files', 'with --against: compare every file of both roots')
  type ShowOptions = DataDirOptions & ShapeOptions & { readonly against?: string; readonly files?: true }
  addShapeOptions(addDataDirOptions(command)).action(async (text: string, options: ShowOptions) => {
    if (options.files && options.against === undefined)
      throw new CommandFailure('--files compares two generations: add --against GENERATION', 2)
    const dataDir = await dataDirOf(options)
    const reference = parseReference(text)
    const candidates = findImage(await listGenerations(dataDir), reference.name)
    const shown = chooseGeneration(candidates, reference.generation)
    const manifest = manifestOf(shown)
    const running = await deps.hostsRunning(dataDir)
    if (options.against === undefined) {
      deps.out.write(textOf({ report: showReport(shown, manifest, running) }, options.output, deps.out, shapeOf(options)))
      return
    }
    const against = findGeneration(candidates, options.against)
    const difference = differenceOf(manifestOf(against), manifest)
    const files = options.files ? await compareFiles(dataDir, against, shown) : undefined
    const report = differenceReport(shown, manifest, running, against, difference, files)
    deps.out.write(textOf({ report }, options.output, deps.out, shapeOf(options)))
  })
}

function addPublish(image: Command, deps: ImageCommandDeps): void {
  const command = image
    .command('publish')
    .description('new boots get this generation from now on; running hosts keep theirs')
    .argument('<name>')
    .argument('[generation]', 'the newest unless another is named')
  addDataDirOptions(command).action(async (name: string, text: string | undefined, options: DataDirOptions) => {
    const dataDir = await dataDirOf(options)
    const candidates = findImage(await listGenerations(dataDir), name)
    const chosen = text === undefined ? candidates[0] : findGeneration(candidates, text)
    const outcome = await publish(dataDir, chosen.name, chosen.generation, deps.log)
    switch (outcome.kind) {
      case 'refused':
        throw new CommandFailure(`nothing was published: ${outcome.reason}`)
      case 'unchanged':
        return deps.out.write(`${name}@${chosen.generation} was published already.\n`)
      case 'published':
        return deps.out.write(`Published ${name}@${chosen.generation}${outcome.previous ? ` in place of ${outcome.previous}` : ''}.\n`)
    }
  })
}

function addVerify(image: Command, deps: ImageCommandDeps): void {
  const command = image
    .command('verify')
    .description('check signature, every hash, and the index against the tar')
    .argument('<name>')
    .argument('[generation]', 'all of the image unless one is named')
  type VerifyOptions = DataDirOptions & ShapeOptions
  addShapeOptions(addDataDirOptions(command)).action(async (name: string, text: string | undefined, options: VerifyOptions) => {
    const dataDir = await dataDirOf(options)
    const candidates = findImage(await listGenerations(dataDir), name)
    const verdicts: { of: ListedGeneration; verdict: Verdict }[] = []
    for (const of of text === undefined ? candidates : [findGeneration(candidates, text)]) {
      verdicts.push({ of, verdict: await verify(dataDir, of.name, of.generation) })
    }
    deps.out.write(textOf({ report: verifyReport(verdicts) }, options.output, deps.out, shapeOf(options)))
    const damaged = verdicts.filter(({ verdict }) => verdict.kind === 'damaged').map(({ of }) => `${of.name}@${of.generation}`)
    if (damaged.length > 0)
      throw new CommandFailure(`${damaged.join(', ')}: damaged; import the same files again after: hostless image remove`)
  })
}

function addRemove(image: Command, deps: ImageCommandDeps): void {
  const command = image
    .command('remove')
    .description('delete a generation that is neither published nor the root of a host')
    .argument('<name>')
    .argument('<generation>')
    .option('--force', 'delete it all the same; hosts that run it lose their root')
  type RemoveCommandOptions = DataDirOptions & { readonly force?: true }
  addDataDirOptions(command).action(async (name: string, text: string, options: RemoveCommandOptions) => {
    const dataDir = await dataDirOf(options)
    const chosen = findGeneration(findImage(await listGenerations(dataDir), name), text)
    const inUse = hostsOf(await deps.hostsRunning(dataDir), chosen.generation)
    const outcome = await remove(dataDir, chosen.name, chosen.generation, { inUse, force: options.force === true }, deps.log)
    if (outcome.kind === 'refused') throw new CommandFailure(outcome.reason)
    deps.out.write(`Removed ${name}@${chosen.generation}.\n`)
  })
}

function manifestOf({ state }: ListedGeneration): Manifest {
  if (state.kind === 'refused') throw new CommandFailure(state.reason)
  return state.manifest
}

async function compareFiles(dataDir: string, from: ListedGeneration, to: ListedGeneration): Promise<readonly FileChange[]> {
  const opened: Loaded[] = []
  try {
    for (const each of [from, to]) {
      const loaded = await loadGeneration(dataDir, each.name, each.generation)
      if (loaded.kind === 'refused') throw new CommandFailure(loaded.reason)
      opened.push(loaded)
    }
    const [before, after] = opened
    const changes: FileChange[] = []
    if (before && after) for await (const change of fileChanges(before.source, after.source)) changes.push(change)
    return changes
  } finally {
    for (const loaded of opened) await loaded.close()
  }
}
