// `hostless vm create`: one guest, or several alike, of options or of a YAML file.

import type { Command } from 'commander'
import type { GuestSpec } from '../../../protocol/guest-spec.ts'
import type { Answer, World } from '../../engine/answer.ts'
import { textOf } from '../../engine/answer.ts'
import type { PoolApi } from '../../engine/api/calls.ts'
import { everyHost } from '../../engine/api/every-host.ts'
import { addDetachOption, type DetachOptions, startOnEach } from '../../engine/automation/starting.ts'
import { CommandFailure } from '../../engine/failure.ts'
import { addDoing } from '../../engine/pool-command.ts'
import { wholeNumber } from '../../engine/quantities.ts'
import { pickHosts } from '../../engine/selecting.ts'
import { placesReport } from './report.ts'
import { addSeedOptions, type SeedOptions, seedFrom } from './seed.ts'
import { type SpecOptions, seeded, sent, specFrom, specOf } from './spec.ts'
import type { ReadFile } from './text.ts'

interface CreateOptions extends SpecOptions, SeedOptions, DetachOptions {
  readonly file?: string
  readonly on?: readonly string[]
  readonly count?: number
  readonly stopped?: true
  readonly dryRun?: true
}

const each = (value: string, before: readonly string[]): readonly string[] => [...before, value]

/** `read`: the text of a file. */
export function addVmCreate(vm: Command, world: World, read: ReadFile): void {
  addDoing<CreateOptions>(vm, world, {
    name: 'create [name]',
    description: 'make a guest with its disks, and start it on the host that is best for it',
    examples: [
      ['vm create web1 --image debian13 --memory 1G --vcpus 2 --disk 8G@data --nic lan', 'where there is most room'],
      ['vm create web1 --image debian13 --disk 8G@data --on @rack3 --dry-run', 'which hosts could take it, and why others not'],
      ['vm create web --count 10 --image debian13 --disk 8G@data --nic lan', 'ten alike: web1 to web10'],
      ['vm create web1 --image debian13 --disk 8G@data --nic lan --ssh-key ~/.ssh/id_ed25519.pub', 'that you can log in to'],
      ['vm create web1 --disk 8G@data --image root --kernel debian-6.12 --cmdline "root=/dev/xvda ro console=hvc0"', 'by a kernel of ours'],
      ['vm create -f web1.yaml --stopped', 'as a file says, and not started yet'],
    ],
    options: (command) =>
      addSeedOptions(addDetachOption(command))
        .option('-f, --file <file>', 'YAML, as hostless vm show NAME --output yaml writes it')
        .option('--image <image>', 'that its first disk begins with')
        .option('--memory <size>', '512M, 4G', '512M')
        .option('--max-memory <size>', 'the most that it can be given while it runs (default: what it has)')
        .option('--vcpus <number>', 'CPUs of it', wholeNumber(1, 512))
        .option('--max-vcpus <number>', 'the most that it can be given while it runs (default: what it has)', wholeNumber(1, 512))
        .option('--disk <size@vg>', '8G@data, or 8G@data/POOL for a thin one; may be said again', each, [])
        .option('--nic <network>', 'lan, or lan=MAC; with ,filter=mac it may only send from its own MAC; may be said again', each, [])
        .option('--restart <policy>', 'after its end: never, on-failure, always')
        .option('--cpu <level>', 'pool: what all hosts of its maker give, so that it can go to each of them; host: all that its host gives')
        .option('--kernel <name>', 'of the image store, that it boots by in the place of its own GRUB: hostless vm-image add-kernel')
        .option('--cmdline <words>', 'that the kernel is given, as "root=/dev/xvda1 ro console=hvc0"')
        .option('--group <name>', 'that it is in; may be said again', each, [])
        .option('--notes <text>', 'for people')
        .option('--on <selector...>', 'hosts that may take it')
        .option('--count <number>', 'so many alike', wholeNumber(1, 1000))
        .option('--stopped', 'do not start it')
        .option('--dry-run', 'only say which hosts could take it'),
    act: async (api, [name], options) => {
      const { file, count, on, stopped, dryRun, output, detach } = options
      if (file === undefined && name === undefined) throw new CommandFailure('name the guest, or a file: -f FILE', 2)
      const said = file === undefined ? specOf(name ?? '', options) : named(specFrom(await read(file), file), name)
      const spec = seeded(said, await seedFrom(options, read))
      if (count !== undefined && spec.seed?.hostname !== undefined)
        throw new CommandFailure('a hostname is of one guest: of several each is called as it is named', 2)
      const hosts = on && pickHosts(on, await everyHost(api)).items.map(({ id }) => id)
      const among = hosts ? { hosts } : {}
      if (dryRun) {
        const answer: Answer = { report: placesReport(await api.vms.where({ spec: sent(spec), ...among })) }
        world.out.write(textOf(answer, output, world.out))
        return
      }
      const specs = count === undefined ? [spec] : numbered(spec, count, await takenNames(api))
      const start = (one: GuestSpec) => api.vms.create({ spec: sent(one), ...among, power: stopped ? 'off' : 'on' })
      const starting = { noun: 'guest', nameOf: (one: GuestSpec) => one.name, start, api, world, output, detach }
      await startOnEach({ items: specs, missing: [] }, starting)
    },
  })
}

function named(spec: GuestSpec, name: string | undefined): GuestSpec {
  const { uuid: _uuid, ...others } = spec
  return name === undefined || name === spec.name ? spec : { ...others, name }
}

async function takenNames(api: PoolApi): Promise<ReadonlySet<string>> {
  return new Set((await api.vms.list()).vms.map(({ name }) => name))
}

/** From the first number on that nobody has. A MAC and a UUID are one guest's. */
function numbered(spec: GuestSpec, count: number, taken: ReadonlySet<string>): readonly GuestSpec[] {
  const { uuid: _uuid, name, nics, ...others } = spec
  const specs: GuestSpec[] = []
  for (let number = 1; specs.length < count; number += 1) {
    if (!taken.has(`${name}${number}`)) specs.push({ ...others, name: `${name}${number}`, nics: nics.map(({ mac: _mac, ...nic }) => nic) })
  }
  return specs
}
