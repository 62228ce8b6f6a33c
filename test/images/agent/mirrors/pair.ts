// Two simulated hosts for mirrors: S has a guest that writes all the time to a disk of its VG, T has a VG of another name and extent size. What is
// asked of them goes to the product's own handlers.
import type { Command } from '../../../../images/agent/backend.ts'
import { changingHandlers, streamHandlers } from '../../../../images/agent/requests/handlers.ts'
import type { Handler, Task } from '../../../../images/agent/requests/task.ts'
import type { World } from '../../../../images/agent/requests/world.ts'
import type { SimulatedHost } from '../../../../images/agent/simulator/site.ts'
import { findGroup } from '../../../../images/agent/simulator/state/activation.ts'
import { type Content, isSame } from '../../../../images/agent/simulator/state/content.ts'
import { findDevice } from '../../../../images/agent/simulator/state/devices.ts'
import { withWorkload } from '../../../../images/agent/simulator/state/domains.ts'
import { readAt } from '../../../../images/agent/simulator/state/io.ts'
import { withRam } from '../../../../images/agent/simulator/state/site.ts'
import { lostWrites } from '../../../../images/agent/simulator/state/time.ts'
import { openDisk } from '../../../../images/agent/volumes/device.ts'
import { mapOfLv } from '../../../../images/agent/volumes/lvm.ts'
import { lvOf, readDiskTags, type VgRef } from '../../../../manager/protocol/guest-disk.ts'
import type { AnswerOf, Refusal, RequestOf } from '../../../../manager/protocol/requests.ts'
import { DISK, GUEST, MIB, taskOn } from '../disks.ts'
import { guestOf, openPair, type Pair, writeConfig } from '../simulator/pair.ts'

export { DISK, GUEST }
export const BYTES = 12 * MIB
export const SECRET = 'abcdefghijklmnopqrstuvwxyz0123456789-ABCDE'

type Mirroring =
  | 'make-copy'
  | 'remove-copy'
  | 'open-mirror'
  | 'swap-disk'
  | 'connect-mirror'
  | 'sync-mirror'
  | 'pace-mirror'
  | 'verify-mirror'
  | 'expose-copy'
  | 'settle-mirror'
  | 'keep-copy'
  | 'drop-mirror'
  | 'leave-disk'
  | 'begin-bitmap'
  | 'close-bitmap'
  | 'take-generation'
  | 'join-mirror'
  | 'prepare-seed'
  | 'receive-seed'
  | 'send-seed'
  | 'pace-seed'
type Asked<Kind extends Mirroring> = Omit<RequestOf<Kind>, 'kind' | 'vg' | 'disk'>

export interface Side {
  readonly name: 'S' | 'T'
  readonly host: SimulatedHost
  readonly world: World
  readonly vg: VgRef
  readonly commands: readonly Command[]
  task: Task
  ask<Kind extends Mirroring>(kind: Kind, asked: Asked<Kind>): Promise<AnswerOf<Kind> | Refusal>
  /** Of the disk's LV. */
  state(): string
}

export interface MirrorPair {
  readonly pair: Pair
  readonly s: Side
  readonly t: Side
  /** Sentences of what is not on S where its guest wrote it. */
  lost(): readonly string[]
  /** What both LVs have in common, from their beginning as far as the disk reaches. */
  same(): boolean
}

export async function mirrorPair(workload: 'writes' | 'idle' = 'writes'): Promise<MirrorPair> {
  const pair = openPair()
  const { a, b, ok, site } = pair
  await ok(a, 'vgcreate data /dev/vda')
  await ok(b, 'vgcreate -s 8m other /dev/vda')
  const [s, t] = [sideOf(pair, 'S', a, 'data'), sideOf(pair, 'T', b, 'other')]
  const tags = { disk: DISK, guest: GUEST, generation: 1, epoch: 1, state: 'ready' }
  const added = Object.entries(tags).map(([key, value]) => `--addtag hostless.${key}=${value}`)
  await ok(a, `lvcreate -y -n ${lvOf(DISK)} -L ${BYTES / MIB}m ${added.join(' ')} data`)
  await startGuest(s)
  if (workload === 'writes') site.change((now) => withWorkload(now, 'a', 'web', 'guest', 50))
  site.pass(3_000)
  const content = (side: Side): Content => {
    const device = findDevice(site.state, side.host.name, `/dev/mapper/${mapOfLv(side.vg.name, lvOf(DISK))}`)
    const read = device && readAt(site.state, side.host.name, device.kname, 0, BYTES / 512)
    return read?.kind === 'done' ? read.value : []
  }
  return {
    ...{ pair, s, t },
    lost: () => {
      const guest = guestOf(s.host, 'web')
      return guest ? lostWrites(site.state, 'a', guest) : ['there is no guest']
    },
    same: () => isSame(content(s), content(t)),
  }
}

/** The guest begins anew, as its keeper would let it. */
export async function startGuest(side: Side): Promise<string> {
  const opened = await openDisk(side.world, { vg: side.vg, disk: DISK, guest: GUEST, generation: 1 })
  if (opened.kind !== 'opened') return opened.reason
  const config = await writeConfig(side.host, 'web', opened.device)
  const ran = await side.host.backend.run(['xl', 'create', config])
  return ran.kind === 'ended' && ran.exitCode === 0 ? 'started' : JSON.stringify(ran)
}

/** The guest stands still at S; what it has written is asked of T. */
export function suspend({ pair: { site }, s: { host } }: MirrorPair): void {
  site.change((now) =>
    withRam(now, host.name, { domains: host.state().ram.domains.map((one) => (one.name === 'web' ? { ...one, state: 'paused' } : one)) }),
  )
}

function sideOf({ site }: Pair, name: 'S' | 'T', host: SimulatedHost, vgName: string): Side {
  const world = host.world()
  const commands: Command[] = []
  host.listen((command) => commands.push(command))
  const vg: VgRef = { name: vgName, uuid: findGroup(site.state, host.name, vgName)?.uuid ?? '' }
  const handlers = { ...changingHandlers(world), ...streamHandlers({ ...world, relays: host.relays }) }
  const side: Side = {
    ...{ name, host, world, vg, commands, task: taskOn({ host }) },
    ask: async <Kind extends Mirroring>(kind: Kind, asked: Asked<Kind>) => {
      const handler = handlers[kind] as unknown as Handler<Kind> | undefined
      if (!handler) throw new Error(`there is no handler of ${kind}`)
      return handler({ kind, vg, disk: DISK, ...asked } as unknown as RequestOf<Kind>, side.task)
    },
    state: () =>
      readDiskTags(findGroup(site.state, host.name, vgName)?.volumes.find((one) => one.name === lvOf(DISK))?.tags ?? [])?.state ?? 'none',
  }
  return side
}

/** Of both hosts, whatever a mirror or copy would leave. */
export function remains({ pair: { site }, s, t }: MirrorPair): readonly string[] {
  return [s, t].flatMap(({ host, name, vg }) => {
    const { ram } = host.state()
    return [
      ...ram.drbd.map((one) => `${name} drbd ${one.name}`),
      ...ram.dm
        .filter((one) => /raw|mirror--/.test(one.name) || (name === 'T' && /hostless-/.test(one.name)))
        .map((one) => `${name} map ${one.name}`),
      ...(findGroup(site.state, host.name, vg.name)?.volumes ?? [])
        .filter((one) => one.name.startsWith('mirror-'))
        .map((one) => `${name} lv ${one.name}`),
      ...[...ram.files.keys()].filter((path) => path.startsWith('/run/hostless/mirrors/')).map((path) => `${name} ${path}`),
    ]
  })
}
