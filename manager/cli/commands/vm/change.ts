// `hostless vm set|rename|disk …|nic …`: what a guest has, and is called, other than before.
import { type Command, Option } from 'commander'
import { readSize } from '../../../protocol/size.ts'
import type { World } from '../../engine/answer.ts'
import type { PoolApi } from '../../engine/api/calls.ts'
import { CommandFailure } from '../../engine/failure.ts'
import { addDoing, type ListOptions } from '../../engine/pool-command.ts'
import { byteSize, wholeNumber } from '../../engine/quantities.ts'
import { allWithin } from '../../engine/within.ts'
import { addChangeOptions, type ChangeOptions, type Changing, changeEach } from './changing.ts'
import { pickVms } from './picking.ts'
import { diskOf, nicOf } from './spec.ts'

interface SetOptions extends ChangeOptions {
  readonly memory?: number
  readonly maxMemory?: number
  readonly vcpus?: number
  readonly maxVcpus?: number
  readonly restart?: 'never' | 'on-failure' | 'always'
  readonly cpu?: 'pool' | 'host'
  readonly boot?: 'grub'
  readonly kernel?: string
  readonly cmdline?: string
  readonly startOrder?: number
  readonly startDelay?: number
  readonly notes?: string
  readonly tag?: readonly string[]
  readonly group?: readonly string[]
}

type Change = NonNullable<Changing['asked']['change']>

const each = (value: string, before: readonly string[] = []): readonly string[] => [...before, value]

export function addVmChange(vm: Command, world: World): void {
  addDoing<SetOptions>(vm, world, {
    name: 'set <selector...>',
    description: 'change guests: memory and vCPUs at once, within the most that they were started with, otherwise from the next start on',
    examples: [
      ['vm set web1 --memory 2G --vcpus 4', 'one that runs, at once if it may have so much'],
      ["vm set 'web*' --max-memory 8G --dry-run", 'what it would change, and from when on'],
      ['vm set web1 --kernel debian-6.12 --cmdline "root=/dev/xvda1 ro console=hvc0"', 'what it boots by from its next start on'],
      ['vm set web1 --tag prod --tag eu --notes "shop"', 'tags in the place of those that it has'],
    ],
    options: (command) =>
      addChangeOptions(command)
        .option('--memory <size>', '512M, 4G', byteSize)
        .option('--max-memory <size>', 'the most that it can be given while it runs', byteSize)
        .option('--vcpus <number>', 'CPUs of it', wholeNumber(1, 512))
        .option('--max-vcpus <number>', 'the most that it can be given while it runs', wholeNumber(1, 512))
        .option('--restart <policy>', 'after its end: never, on-failure, always')
        .option('--cpu <level>', 'pool: what all hosts of its maker give, so that it can go to each of them; host: all that its host gives')
        .addOption(new Option('--boot <how>', 'grub: its own, in the place of a kernel').choices(['grub']))
        .option('--kernel <name>', 'of the image store, that it boots by')
        .option('--cmdline <words>', 'that its kernel is given')
        .option('--start-order <number>', 'after a power cut: those of a lower number first', wholeNumber(0, 9999))
        .option('--start-delay <seconds>', 'after a power cut: before the next one is started', wholeNumber(0, 3600))
        .option('--notes <text>', 'for people')
        .option('--tag <tag>', 'that it has, in the place of the others; may be said again', each)
        .option('--group <name>', 'that it is in, in the place of the others; may be said again', each),
    act: async (
      api,
      args,
      {
        tag,
        group,
        boot: grub,
        kernel,
        cmdline,
        memory,
        maxMemory,
        vcpus,
        maxVcpus,
        restart,
        cpu,
        startOrder,
        startDelay,
        notes,
        ...options
      },
    ) => {
      const lists = { tags: tag && [...tag], groups: group && [...group] }
      if (grub !== undefined && (kernel ?? cmdline) !== undefined)
        throw new CommandFailure('a guest boots by --boot grub or by --kernel: say one', 2)
      const boot = grub ?? ((kernel ?? cmdline) === undefined ? undefined : { kernel, cmdline })
      const change: Change = { boot, memory, maxMemory, vcpus, maxVcpus, restart, cpu, startOrder, startDelay, notes, ...lists }
      if (Object.values(change).every((value) => value === undefined))
        throw new CommandFailure('say what is to be other: --memory 2G, say', 2)
      const { items, missing } = await allWithin(api, await pickVms(api, args))
      const guests = items.map(({ name, uuid }) => ({ name, ref: uuid }))
      await changeEach({ items: guests, missing }, { ...options, api, world, asked: { change } })
    },
  })
  addOne(vm, world, {
    name: 'rename <guest> <name>',
    description: 'call a guest otherwise, also in Xen if it runs; who it is, its UUID, stays',
    examples: [['vm rename web1 shop1', 'one']],
    change: ([name = '']) => ({ name }),
  })
  const disk = vm.command('disk').description('disks of a guest, also while it runs')
  addOne(disk, world, {
    name: 'add <guest> <size@vg...>',
    description: 'make disks, and give them to a guest',
    examples: [
      ['vm disk add web1 20G@data', 'an empty one'],
      ['vm disk add web1 8G@data --image debian13 --dry-run', 'with the content of an image; only said'],
    ],
    options: (command) => command.option('--image <image>', 'that they begin with'),
    change: (disks, { image }) => ({ addDisks: disks.map((one) => ({ ...diskOf(one), ...(image === undefined ? {} : { image }) })) }),
  })
  addOne(disk, world, {
    name: 'grow <guest> <disk> <size>',
    description: 'make a disk larger; what its guest makes of that, it has to do itself',
    examples: [
      ['vm disk grow web1 xvdb 40G', 'to a size'],
      ['vm disk grow web1 xvdb +10G', 'by so much'],
    ],
    change: async ([at = '', size = ''], _options, api, ref) => {
      const by = readSize(size.replace(/^\+/, ''))
      if (by === undefined) throw new CommandFailure(`${size} is no size: say 40G, or +10G`, 2)
      return { growDisks: [{ vdev: at, size: by + (size.startsWith('+') ? await sizeOf(api, ref, at) : 0) }] }
    },
  })
  addOne(disk, world, {
    name: 'remove <guest> <disk...>',
    description: 'take disks from a guest, and remove them with all that is on them',
    examples: [['vm disk remove web1 xvdc', 'which its guest has let go of: unmounted']],
    change: (disks) => ({ removeDisks: [...disks] }),
  })
  const nic = vm.command('nic').description('NICs of a guest, also while it runs')
  addOne(nic, world, {
    name: 'add <guest> <network...>',
    description: 'give a guest NICs on networks',
    examples: [
      ['vm nic add web1 dmz', 'a NIC; dmz=MAC for one with a MAC of your own, dmz,filter=mac for one that may send from no other'],
    ],
    change: (networks) => ({ addNics: networks.map(nicOf) }),
  })
  addOne(nic, world, {
    name: 'remove <guest> <mac...>',
    description: 'take NICs from a guest',
    examples: [['vm nic remove web1 00:16:3e:01:02:03', 'as hostless vm show tells it']],
    change: (macs) => ({ removeNics: macs.map((mac) => mac.toLowerCase()) }),
  })
}

interface OneOptions extends ChangeOptions {
  readonly image?: string
}

interface One {
  readonly name: string
  readonly description: string
  readonly examples: readonly (readonly [command: string, does: string])[]
  readonly options?: (command: Command) => Command
  readonly change: (args: readonly string[], options: OneOptions, api: PoolApi, ref: string) => Change | Promise<Change>
}

/** Of one guest, which its first argument names. */
function addOne(parent: Command, world: World, { change, options, ...words }: One): void {
  addDoing<OneOptions & ListOptions>(parent, world, {
    ...words,
    options: (command) => addChangeOptions(options?.(command) ?? command),
    act: async (api, [ref = '', ...args], given) => {
      const asked = { change: await change(args, given, api, ref) }
      await changeEach({ items: [{ name: ref, ref }], missing: [] }, { ...given, api, world, asked })
    },
  })
}

async function sizeOf(api: PoolApi, ref: string, vdev: string): Promise<number> {
  const { name, disks } = await api.vms.show({ ref })
  const disk = disks.find((one) => one.vdev === vdev)
  if (!disk) throw new CommandFailure(`${name} has no disk ${vdev}: it has ${disks.map((one) => one.vdev).join(', ') || 'none'}`, 2)
  return disk.sizeBytes
}
