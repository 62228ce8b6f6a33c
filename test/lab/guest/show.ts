// What `npm run lab` shows of guests: from empty disks to one that runs its own kernel, a second one whose manager is killed while it is
// made, and the first one's moves to the other host and back while it writes, the manager being killed in the midst of the way back.

import { CONTRACT } from '../../../manager/contract/contract.ts'
import type { Laps } from '../laps.ts'
import type { RackNode } from '../node.ts'
import { managerPid, type Operator } from '../operator.ts'
import type { Rack } from '../rack.ts'
import { GUEST_MS, guestConsole, waitForGuest, waitTicking } from './console.ts'
import { killManagerInMove, MOVING, moveUnderWay } from './moves.ts'
import { movePicture } from './picture.ts'

export interface Show {
  readonly rack: Rack
  readonly operator: Operator
  /** Of the guest image. */
  readonly disk: string
  readonly laps: Laps
  readonly say: (text: string) => void
  /** A command of `hostless`, shown with its answer; rejects when it does not end well. */
  readonly type: (...argv: readonly string[]) => Promise<void>
}

const NEEDS = ['--image', 'small', '--memory', '128M', '--vcpus', '1', '--disk', '96M@data', '--nic', 'lan', '--restart', 'on-failure']

export async function showGuests(show: Show): Promise<void> {
  const { rack, operator, disk, laps, say, type } = show
  const [first, last] = [rack.nodes[0], rack.nodes.at(-1)]
  if (!first || !last) return
  await type('storage', 'vg', 'create', 'data', '--on', '*', '--disks', 'empty')
  laps.done('a VG on each host', Date.now())
  await type('vm-image', 'add', disk, '--name', 'small')
  await type('vm', 'create', 'web1', ...NEEDS, '--on', first.name)
  laps.done('a guest', Date.now())
  say('\nIts console, once its own kernel runs and it has written to its disk:')
  const said = await waitForGuest(rack.pace, first, 'web1', /^tick 3\b/m)
  say(said.slice(said.indexOf('guest: up')).trimEnd())
  laps.done('its first blocks on disk', Date.now())

  await type('vm', 'create', 'web2', ...NEEDS, '--on', last.name, '--detach')
  process.kill(await managerPid(rack), 'SIGKILL')
  say('\nThe manager is killed now; hostless up starts it again, and the deployment goes on where it was.')
  const isThere = ({ vms }: { readonly vms: readonly { readonly name: string; readonly state: string }[] }) =>
    vms.some(({ name, state }) => name === 'web2' && state === 'running')
  await operator.until('web2 running', '/vms', CONTRACT.vms.list.output, isThere, GUEST_MS)
  laps.done('a second one over a killed manager', Date.now())
  await type('automation', 'list')
  await type('vm', 'list')
  if (first !== last) await showMoves(show, first, last)
}

async function showMoves({ rack, operator, laps, say, type }: Show, home: RackNode, away: RackNode): Promise<void> {
  await type('migrate', 'web1', '--to', away.name, '--plan')
  await type('migrate', 'web1', '--to', away.name, ...MOVING)
  await waitTicking(rack.pace, away, 'web1')
  laps.done('moved live', Date.now())
  say('\nIt wrote and verified all the while:')
  say(await picture(home, away))

  await type('migrate', 'web1', '--to', home.name, ...MOVING, '--detach')
  const move = await moveUnderWay(operator)
  say('\nThe manager is killed once the mirror of the way back fills; hostless up starts it again, and the move goes on where it was.')
  await killManagerInMove(rack, operator, move)
  await waitTicking(rack.pace, home, 'web1')
  laps.done('and back over a killed manager', Date.now())
  await type('automation', 'show', move)
  say(await picture(home, away))
  await type('vm', 'list')
}

const PICTURE_COLUMNS = 64

async function picture(...nodes: readonly RackNode[]): Promise<string> {
  const said = await Promise.all(nodes.map(async (node) => ({ host: node.name, text: await guestConsole(node, 'web1') })))
  return movePicture({ said, columns: PICTURE_COLUMNS })
}
