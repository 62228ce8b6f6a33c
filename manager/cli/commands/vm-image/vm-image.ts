// `hostless vm-image …`: what guests' disks are made of, and kernels that guests boot by: add, add-kernel, list, show, verify, remove. `build` is build.ts'.
import { type Command, Option } from 'commander'
import type { VmImage } from '../../../contract/vm-images.ts'
import type { World } from '../../engine/answer.ts'
import type { PoolApi } from '../../engine/api/calls.ts'
import { CommandFailure } from '../../engine/failure.ts'
import { doToEach } from '../../engine/outcomes.ts'
import { addDoing, addListing } from '../../engine/pool-command.ts'
import { pick } from '../../engine/selecting.ts'
import { LOOK_AGAIN, pause } from '../../engine/sending.ts'
import { untilStopped } from '../../engine/watch/listening.ts'
import { type AddOptions, addFile } from './adding.ts'
import { addVmImageBuild } from './build.ts'
import { describeCheck, imageReport, imagesReport } from './report.ts'

export function addVmImageCommands(program: Command, world: World): void {
  const image = program.command('vm-image').description('images that the disks of guests are made of, and kernels that guests boot by')
  addListing(image, world, {
    name: 'list [selector...]',
    description: 'all images, by name or pattern; what has no name is shown by its id',
    examples: [["vm-image list 'debian*'", 'some']],
    changes: [],
    like: () => imagesReport([]),
    load: async (api, args) => {
      const all = (await api.vmImages.list()).images
      const { items, missing } = args.length === 0 ? { items: all, missing: [] } : pick(args, all, NAMING)
      return { report: imagesReport(items), missing }
    },
  })
  addListing(image, world, {
    name: 'show <image>',
    description: 'one image, by its name or the beginning of its id',
    examples: [],
    changes: [],
    load: async (api, [ref = '']) => ({ report: imageReport(await api.vmImages.show({ ref })) }),
  })
  addDoing<AddOptions>(image, world, {
    name: 'add <file>',
    description: 'make an image of a disk on this machine, raw or qcow2; blocks of zeros are neither sent nor kept',
    examples: [['vm-image add debian.qcow2 --name debian13', 'a file of this machine, whichever that is']],
    options: (command) =>
      command
        .requiredOption('--name <name>', 'what guests call it')
        .addOption(new Option('--format <format>', 'what the file is (default: by its first bytes)').choices(['raw', 'qcow2']))
        .option('--notes <text>', 'for those who see it'),
    act: (api, [file = ''], options) => addFile(api, world, file, options),
  })
  addDoing<KernelOptions>(image, world, {
    name: 'add-kernel <name>',
    description: 'make a kernel of this machine, with its initrd, one that guests boot by in the place of their own GRUB',
    examples: [
      [
        'vm-image add-kernel debian-6.12 --kernel /boot/vmlinuz-6.12 --initrd /boot/initrd.img-6.12',
        'then: vm create --kernel debian-6.12',
      ],
    ],
    options: (command) =>
      command
        .requiredOption('--kernel <file>', 'a bzImage, as vmlinuz is, or an ELF vmlinux, with the entry for PVH guests of Xen')
        .option('--initrd <file>', 'what the kernel unpacks first')
        .option('--notes <text>', 'for those who see it'),
    act: (api, [name = ''], { kernel, ...more }) => addFile(api, world, kernel, { ...more, name, format: 'kernel' }),
  })
  addVmImageBuild(image, world)
  addDoing(image, world, {
    name: 'verify <image...>',
    description: 'read all of an image on the manager and compare every block with its hash',
    examples: [["vm-image verify '*'", 'all, one after the other']],
    act: async (api, args) => {
      const { items } = pick(args, (await api.vmImages.list()).images, NAMING)
      const said: VmImage[] = []
      await untilStopped(
        async (stop) => {
          for (const item of items) said.push(await verified(api, item.name ?? item.id, stop))
        },
        () => {},
      )
      for (const each of said) world.out.write(`${describeCheck(each) ?? `${each.name ?? each.id}: not known yet`}\n`)
      if (said.some(({ check }) => check?.state !== 'good')) throw new CommandFailure('not all of it is as it was kept')
    },
  })
  addDoing(image, world, {
    name: 'remove <image...>',
    description: 'remove images, by name or pattern; refused while disks of guests are made of them, or guests’ specs name them',
    examples: [['vm-image remove debian12', 'one that nobody needs']],
    act: async (api, args, { output }) => {
      const remove = async ({ name, id }: VmImage): Promise<string> => {
        await api.vmImages.remove({ ref: name ?? id })
        return 'removed'
      }
      await doToEach(pick(args, (await api.vmImages.list()).images, NAMING), 'image', nameOf, remove, { world, output })
    },
  })
}

interface KernelOptions extends Pick<AddOptions, 'initrd' | 'notes'> {
  readonly kernel: string
}

const nameOf = ({ name, id }: VmImage): string => name ?? id
const NAMING = { noun: 'image', names: ({ name, id }: VmImage) => [id, ...(name === undefined ? [] : [name])], groups: () => [] }

async function verified(api: PoolApi, ref: string, stop: AbortSignal): Promise<VmImage> {
  let image = await api.vmImages.verify({ ref })
  while (image.check?.state === 'running' && !stop.aborted) {
    await pause(LOOK_AGAIN)
    image = await api.vmImages.show({ ref })
  }
  return image
}
