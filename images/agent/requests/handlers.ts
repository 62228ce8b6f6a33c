// What this machine does when it is asked: one file a request beside this one. Every request is here, or this does not compile.
import type { RequestKind } from '../../../manager/protocol/requests.ts'
import type { Images } from '../content/images.ts'
import { beginBitmap, closeBitmap, takeGeneration } from '../mirrors/bitmap.ts'
import { connectMirror, paceMirror } from '../mirrors/connect.ts'
import { exposeCopy, keepCopy, makeCopy, removeCopy } from '../mirrors/copy.ts'
import { dropMirror } from '../mirrors/drop.ts'
import { joinMirror } from '../mirrors/join.ts'
import { leaveDisk } from '../mirrors/leave.ts'
import { openMirror } from '../mirrors/open.ts'
import { settleMirror } from '../mirrors/settle.ts'
import { swapDisk } from '../mirrors/swap.ts'
import { syncMirror, verifyMirror } from '../mirrors/sync.ts'
import type { Observation } from '../runner.ts'
import { paceSeed, prepareSeed, receiveSeed, sendSeed } from '../seeds/requests.ts'
import { fenceDisk, unfenceDisk } from '../shared-disks/fence.ts'
import { joinDisk } from '../shared-disks/join.ts'
import { partDisk } from '../shared-disks/part.ts'
import type { Relays, StreamWorld } from '../streams/relays.ts'
import { attachDisk, detachDisk } from './attach-disk.ts'
import { attachNic, detachNic } from './attach-nic.ts'
import { bringKernel, leaveKernel } from './bring-kernel.ts'
import { connectIscsi } from './connect-iscsi.ts'
import { destroyGuest } from './destroy-guest.ts'
import { disconnectIscsi } from './disconnect-iscsi.ts'
import { growDisk } from './grow-disk.ts'
import { forgetGuest, keepGuest, readGuests } from './guest-records.ts'
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

type Changing = Exclude<RequestKind, 'collect' | 'set-properties' | 'upgrade' | 'make-disk' | Streaming>
type Streaming =
  | 'open-receive'
  | 'prepare-send'
  | 'accept-send'
  | 'send-guest'
  | 'pace-send'
  | 'go-receive'
  | 'end-receive'
  | 'end-send'
  | 'look-stream'
  | 'prepare-seed'
  | 'receive-seed'
  | 'send-seed'
  | 'pace-seed'

/** What needs the machine and nothing else. */
export function changingHandlers(world: World | undefined): { readonly [Kind in Changing]: Handler<Kind> | undefined } {
  const by = <Kind extends RequestKind>(change: (world: World, ...asked: Parameters<Handler<Kind>>) => ReturnType<Handler<Kind>>) =>
    world && ((...[body, task]: Parameters<Handler<Kind>>) => change({ ...world, backend: atItsPace(world.backend, task) }, body, task))
  return {
    'connect-iscsi': by<'connect-iscsi'>(connectIscsi),
    'disconnect-iscsi': by<'disconnect-iscsi'>(disconnectIscsi),
    'scan-file-system': by<'scan-file-system'>(scanFileSystem),
    'make-vg': by<'make-vg'>(makeVg),
    'prove-empty': by<'prove-empty'>(proveEmpty),
    'remove-vg': by<'remove-vg'>(removeVg),
    'grow-disk': by<'grow-disk'>(growDisk),
    'remove-disk': by<'remove-disk'>(removeDisk),
    'start-guest': by<'start-guest'>(startGuest),
    'stop-guest': by<'stop-guest'>(stopGuest),
    'destroy-guest': by<'destroy-guest'>(destroyGuest),
    'reboot-guest': by<'reboot-guest'>(rebootGuest),
    'pause-guest': by<'pause-guest'>(pauseGuest),
    'resize-guest': by<'resize-guest'>(resizeGuest),
    'attach-disk': by<'attach-disk'>(attachDisk),
    'detach-disk': by<'detach-disk'>(detachDisk),
    'attach-nic': by<'attach-nic'>(attachNic),
    'detach-nic': by<'detach-nic'>(detachNic),
    'rename-guest': by<'rename-guest'>(renameGuest),
    'make-copy': by<'make-copy'>(makeCopy),
    'remove-copy': by<'remove-copy'>(removeCopy),
    'open-mirror': by<'open-mirror'>(openMirror),
    'swap-disk': by<'swap-disk'>(swapDisk),
    'connect-mirror': by<'connect-mirror'>(connectMirror),
    'sync-mirror': by<'sync-mirror'>(syncMirror),
    'pace-mirror': by<'pace-mirror'>(paceMirror),
    'verify-mirror': by<'verify-mirror'>(verifyMirror),
    'begin-bitmap': by<'begin-bitmap'>(beginBitmap),
    'close-bitmap': by<'close-bitmap'>(closeBitmap),
    'take-generation': by<'take-generation'>(takeGeneration),
    'join-mirror': by<'join-mirror'>(joinMirror),
    'expose-copy': by<'expose-copy'>(exposeCopy),
    'settle-mirror': by<'settle-mirror'>(settleMirror),
    'keep-copy': by<'keep-copy'>(keepCopy),
    'drop-mirror': by<'drop-mirror'>(dropMirror),
    'leave-disk': by<'leave-disk'>(leaveDisk),
    'cap-guest': by<'cap-guest'>(capGuest),
    'announce-guest': by<'announce-guest'>(announceGuest),
    'bring-kernel': by<'bring-kernel'>(bringKernel),
    'leave-kernel': by<'leave-kernel'>(leaveKernel),
    'keep-guest': by<'keep-guest'>(keepGuest),
    'forget-guest': by<'forget-guest'>(forgetGuest),
    'read-guests': by<'read-guests'>(readGuests),
    'join-disk': by<'join-disk'>(joinDisk),
    'fence-disk': by<'fence-disk'>(fenceDisk),
    'unfence-disk': by<'unfence-disk'>(unfenceDisk),
    'part-disk': by<'part-disk'>(partDisk),
  }
}

/** The pieces of a live migration. */
export function streamHandlers(world: StreamWorld | undefined): { readonly [Kind in Streaming]: Handler<Kind> | undefined } {
  const by = <Kind extends Streaming>(act: (world: StreamWorld, ...asked: Parameters<Handler<Kind>>) => ReturnType<Handler<Kind>>) =>
    world && ((...[body, task]: Parameters<Handler<Kind>>) => act({ ...world, backend: atItsPace(world.backend, task) }, body, task))
  return {
    'open-receive': by<'open-receive'>(openReceive),
    'prepare-send': by<'prepare-send'>(prepareSend),
    'accept-send': by<'accept-send'>(acceptSend),
    'send-guest': by<'send-guest'>(sendGuest),
    'pace-send': by<'pace-send'>(paceSend),
    'go-receive': by<'go-receive'>(goReceive),
    'end-receive': by<'end-receive'>(endReceive),
    'end-send': by<'end-send'>(endSend),
    'look-stream': by<'look-stream'>(lookStream),
    'prepare-seed': by<'prepare-seed'>(prepareSeed),
    'receive-seed': by<'receive-seed'>(receiveSeed),
    'send-seed': by<'send-seed'>(sendSeed),
    'pace-seed': by<'pace-seed'>(paceSeed),
  }
}
