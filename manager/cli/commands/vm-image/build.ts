// `hostless vm-image build`: Debian packages to a disk that boots its own kernel, and that to the manager, or to a file.
import { stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Argument, type Command } from 'commander'
import { execa } from 'execa'
import { packageRoot } from '../../../../appliance/package-root.ts'
import { buildGuestDisk } from '../../../../images/guest/build.ts'
import { GUESTS, type GuestName, LEAST_DISK_MIB } from '../../../../images/guest/recipe.ts'
import { sayBytes } from '../../../wording.ts'
import type { World } from '../../engine/answer.ts'
import { type ApiOptions, addApiOptions } from '../../engine/api/settings.ts'
import { CommandFailure } from '../../engine/failure.ts'
import { connect } from '../../engine/pool-command.ts'
import { byteSize } from '../../engine/quantities.ts'
import { untilStopped } from '../../engine/watch/listening.ts'
import { addFile } from './adding.ts'

interface BuildOptions extends ApiOptions {
  readonly small?: true
  readonly name?: string
  readonly size: number
  readonly add?: readonly string[]
  readonly mirror?: string
  readonly file?: string
  readonly staging: string
}

export function addVmImageBuild(image: Command, world: World): void {
  const command = image
    .command('build')
    .description(
      'build a Debian disk that boots its own kernel under Xen, and add it; needs root, mmdebstrap and some gigabytes for a while',
    )
    .addArgument(new Argument('<debian>', 'which Debian').choices(GUESTS))
    .option('--small', 'only a kernel and busybox, in 64 MiB: for trying things; it has no login')
    .option('--name <name>', 'what guests call it (default: the name of the Debian, with -small)')
    .option('--size <size>', 'of the disk; a guest with a larger one grows it at its first boot', byteSize, 3 * 2 ** 30)
    .option('--add <package...>', 'further Debian packages, not for --small')
    .option('--mirror <url>', "Debian mirror to build from; without it Debian's own, with security updates")
    .option('--file <file>', 'leave the raw disk there, and add it to no manager')
    .option('--staging <folder>', 'where it is built', join(tmpdir(), 'hostless-build'))
  addApiOptions(command).action(async (debian: GuestName, options: BuildOptions) => {
    const { small, name = small ? `${debian}-small` : debian, size, add = [], mirror, file, staging } = options
    if (small && add.length > 0) throw new CommandFailure('--add goes with a full Debian, not with --small', 2)
    if (size < LEAST_DISK_MIB * 2 ** 20) throw new CommandFailure(`--size: a full Debian needs ${LEAST_DISK_MIB} MiB at least`, 2)
    if (process.getuid?.() !== 0) throw new CommandFailure('building a disk needs root: its files have owners')
    // Who may not add it is told before the minutes that a build takes.
    const api = file === undefined ? await connect(options, world) : undefined
    await api?.vmImages.list()
    const startedAt = Date.now()
    const onProgress = (text: string) => world.err.write(`${((Date.now() - startedAt) / 1000).toFixed(1).padStart(6)} s  ${text}\n`)
    await untilStopped(
      async (signal) => {
        const built = await buildGuestDisk({
          ...{
            name: debian,
            kind: small ? 'small' : 'full',
            add,
            sizeBytes: Math.floor(size / 2 ** 20) * 2 ** 20,
            staging,
            signal,
            onProgress,
          },
          ...(mirror === undefined ? {} : { mirror }),
          recipeFolder: join(packageRoot(import.meta.dirname, 4), 'images/guest'),
        })
        try {
          if (file !== undefined) world.out.write(`${await leave(built.file, file)}\n`)
          else if (api) await addFile(api, world, built.file, { name, format: 'raw', notes: `built by hostless vm-image build ${debian}` })
        } finally {
          await built.discard()
        }
      },
      () => {},
    )
  })
}

/** What there is then, for a person. */
async function leave(from: string, to: string): Promise<string> {
  await execa('cp', ['--sparse=always', '--', from, to]).catch((error: Error) => {
    throw new CommandFailure(`${to}: ${error.message}`)
  })
  const { size, blocks } = await stat(to)
  return `${to}: a raw disk of ${sayBytes(size)}, ${sayBytes(blocks * 512)} of it in use`
}
