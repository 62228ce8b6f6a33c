// What this machine does when it is asked: one file a request beside this one. Every request is here, or this does not compile.
import type { RequestKind } from '../../../manager/protocol/requests.ts'
import type { Images } from '../content/images.ts'
import { bitmapChanges } from '../mirrors/bitmap.ts'
import { connectChanges } from '../mirrors/connect.ts'
import { copyChanges } from '../mirrors/copy.ts'
import { dropMirror } from '../mirrors/drop.ts'
import { joinMirror } from '../mirrors/join.ts'
import { leaveDisk } from '../mirrors/leave.ts'
import { openMirror } from '../mirrors/open.ts'
import { settleMirror } from '../mirrors/settle.ts'
import { swapDisk } from '../mirrors/swap.ts'
import { syncChanges } from '../mirrors/sync.ts'
import type { Observation } from '../runner.ts'
import { seedsRequestsChanges } from '../seeds/requests.ts'
import { fenceChanges } from '../shared-disks/fence.ts'
import { joinDisk } from '../shared-disks/join.ts'
import { partDisk } from '../shared-disks/part.ts'
import type { Relays, StreamWorld } from '../streams/relays.ts'
import { attachDiskChanges } from './attach-disk.ts'
import { attachNicChanges } from './attach-nic.ts'
import { bringKernelChanges } from './bring-kernel.ts'
import type { Change } from './change.ts'
import { connectIscsi } from './connect-iscsi.ts'
import { destroyGuest } from './destroy-guest.ts'
import { disconnectIscsi } from './disconnect-iscsi.ts'
import { growDisk } from './grow-disk.ts'
import { guestRecordsChanges } from './guest-records.ts'
import { makeDisk } from './make-disk.ts'
import { makeVg } from './make-vg.ts'
import { pauseGuest } from './pause-guest.ts'
import { proveEmpty } from './prove-empty.ts'
import { rebootGuest } from './reboot-guest.ts'
import { removeDisk } from './remove-disk.ts'
import { removeVg } from './remove-vg.ts'
import { renameGuest } from './rename-guest.ts'
import { resizeGuest } from './resize-guest.ts'
import { scanFileSystem } from './scan-file-system.ts'
import { setProperties } from './set-properties.ts'
import { startGuest } from './start-guest.ts'
import { stopGuest } from './stop-guest.ts'
import { acceptSend } from './streams/accept-send.ts'
import { announceGuest } from './streams/announce-guest.ts'
import { capGuest } from './streams/cap-guest.ts'
import { endReceive } from './streams/end-receive.ts'
import { endSend } from './streams/end-send.ts'
import { goReceive } from './streams/go-receive.ts'
import { lookStream } from './streams/look-stream.ts'
import { openReceive } from './streams/open-receive.ts'
import { paceSend } from './streams/pace-send.ts'
import { prepareSend } from './streams/prepare-send.ts'
import { sendGuest } from './streams/send-guest.ts'
import { atItsPace, type Handler, type Handlers } from './task.ts'
import { type Successor, upgrade } from './upgrade.ts'
import type { World } from './world.ts'

/** What needs the machine and nothing else. */
const CHANGES = {
  'connect-iscsi': connectIscsi,
  'disconnect-iscsi': disconnectIscsi,
  'scan-file-system': scanFileSystem,
  'make-vg': makeVg,
  'prove-empty': proveEmpty,
  'remove-vg': removeVg,
  'grow-disk': growDisk,
  'remove-disk': removeDisk,
  'start-guest': startGuest,
  'stop-guest': stopGuest,
  'destroy-guest': destroyGuest,
  'reboot-guest': rebootGuest,
  'pause-guest': pauseGuest,
  'resize-guest': resizeGuest,
  ...attachDiskChanges,
  ...attachNicChanges,
  'rename-guest': renameGuest,
  ...copyChanges,
  'open-mirror': openMirror,
  'swap-disk': swapDisk,
  ...connectChanges,
  ...syncChanges,
  ...bitmapChanges,
  'join-mirror': joinMirror,
  'settle-mirror': settleMirror,
  'drop-mirror': dropMirror,
  'leave-disk': leaveDisk,
  'cap-guest': capGuest,
  'announce-guest': announceGuest,
  'join-disk': joinDisk,
  ...fenceChanges,
  'part-disk': partDisk,
  ...bringKernelChanges,
  ...guestRecordsChanges,
}

/** The pieces of a live migration. */
const STREAMING = {
  'open-receive': openReceive,
  'prepare-send': prepareSend,
  'accept-send': acceptSend,
  'send-guest': sendGuest,
  'pace-send': paceSend,
  'go-receive': goReceive,
  'end-receive': endReceive,
  'end-send': endSend,
  'look-stream': lookStream,
  ...seedsRequestsChanges,
}

export interface Means {
  readonly observation: Pick<Observation, 'collect' | 'properties'>
  /** Left out: requests only read, as of a simulated host. */
  readonly world?: World | undefined
  /** What disks begin with; left out: none is made. */
  readonly images?: Images | undefined
  /** What live migrations go by; left out: no guest moves. */
  readonly relays?: Relays | undefined
  /** Left out: no other version takes its place. */
  readonly successor?: Successor | undefined
}

export function handlersOf({ observation, world, images, relays, successor }: Means): Handlers {
  return {
    collect: async ({ sections }) => ({ kind: 'collected', ...(await observation.collect(sections)) }),
    'set-properties': async (body) => setProperties(observation.properties, body),
    ...changingHandlers(world),
    ...streamHandlers(world && relays && { ...world, relays }),
    'make-disk': world && images && ((body, task) => makeDisk({ ...world, backend: atItsPace(world.backend, task) }, images, body, task)),
    upgrade: world && successor && ((body) => upgrade(world, successor, body)),
  }
}

/** What needs the machine and nothing else. */
export function changingHandlers(world: World | undefined): HandlersFor<keyof typeof CHANGES> {
  return handlersFor<World, keyof typeof CHANGES>(world, CHANGES)
}

/** The pieces of a live migration. */
export function streamHandlers(world: StreamWorld | undefined): HandlersFor<keyof typeof STREAMING> {
  return handlersFor<StreamWorld, keyof typeof STREAMING>(world, STREAMING)
}

type HandlersFor<Kinds extends RequestKind> = { readonly [Kind in Kinds]: Handler<Kind> | undefined }

/** Each at the pace of its task. */
function handlersFor<Where extends World, Kinds extends RequestKind>(
  world: Where | undefined,
  changes: { readonly [Kind in Kinds]: Change<Where, Kind> },
): HandlersFor<Kinds> {
  const handlerOf = <Kind extends Kinds>(kind: Kind): Handler<Kind> | undefined =>
    world && ((body, task) => changes[kind]({ ...world, backend: atItsPace(world.backend, task) }, body, task))
  const kinds = Object.keys(changes) as Kinds[]
  return Object.fromEntries(kinds.map((kind) => [kind, handlerOf(kind)])) as HandlersFor<Kinds>
}
