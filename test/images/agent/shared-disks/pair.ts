// Two simulated hosts that see one LUN with a VG on it: S runs a guest of which the disk lies there, and T is where it is to go.
import type { Command } from '../../../../images/agent/backend.ts'
import { changingHandlers } from '../../../../images/agent/requests/handlers.ts'
import type { Handler } from '../../../../images/agent/requests/task.ts'
import type { SimulatedHost } from '../../../../images/agent/simulator/site.ts'
import { findGroup } from '../../../../images/agent/simulator/state/activation.ts'
import { withWorkload } from '../../../../images/agent/simulator/state/domains.ts'
import { addLun } from '../../../../images/agent/simulator/state/furnish.ts'
import { stampAt } from '../../../../images/agent/simulator/state/io.ts'
import { withRam } from '../../../../images/agent/simulator/state/site.ts'
import { openDisk } from '../../../../images/agent/volumes/device.ts'
import { lvOf, type VgRef } from '../../../../manager/protocol/guest-disk.ts'
import type { AnswerOf, Refusal, RequestOf } from '../../../../manager/protocol/requests.ts'
import { DISK, GUEST, MIB, taskOn } from '../disks.ts'
import { openPair, type Pair, writeConfig } from '../simulator/pair.ts'

export const WWID = 'naa.60000000000000000e00000000010001'

type Sharing = 'join-disk' | 'fence-disk' | 'unfence-disk' | 'part-disk'
type Answer<Kind extends Sharing> = Promise<AnswerOf<Kind> | Refusal>

export interface SharedPair extends Pair {
  readonly vg: VgRef
  /** Of whichever of the two hosts. */
  ask<Kind extends Sharing>(host: SimulatedHost, kind: Kind, asked?: Partial<RequestOf<Kind>>): Answer<Kind>
  join(asked?: Partial<RequestOf<'join-disk'>>): Answer<'join-disk'>
  /** What the guest is said to do on S. */
  become(state: 'running' | 'paused' | 'suspended'): void
  /** A write of the guest, by its device on this host: what came of it. */
  write(host: SimulatedHost, text: string): string
  /** Of `host`: what of the disk is there. */
  maps(host: SimulatedHost): readonly string[]
  fence(host: SimulatedHost): string | undefined
  /** Of both hosts: all that was run and changes something. */
  readonly changes: readonly string[]
}

export async function sharedPair(): Promise<SharedPair> {
  const pair = openPair()
  const { a, b, ok, site } = pair
  site.change((now) => addLun(now, ['a', 'b'], 'sdb', { bytes: 1 << 28, wwid: WWID }))
  await ok(a, 'vgcreate san /dev/sdb')
  const tags = { disk: DISK, guest: GUEST, generation: 1, epoch: 1, state: 'ready' }
  const added = Object.entries(tags).map(([key, value]) => `--addtag hostless.${key}=${value}`)
  await ok(a, `lvcreate -y -an -k y -n ${lvOf(DISK)} -L ${12}m ${added.join(' ')} san`)
  const vg: VgRef = { name: 'san', uuid: findGroup(site.state, 'a', 'san')?.uuid ?? '' }
  const opened = await openDisk(a.world(), { vg, disk: DISK, guest: GUEST, generation: 1 })
  if (opened.kind !== 'opened') throw new Error(opened.reason)
  await ok(a, `xl create ${await guestConfig(a, opened.device)}`)
  site.change((now) => withWorkload(now, 'a', 'web', 'guest', 50))
  const changes: string[] = []
  for (const host of [a, b]) host.listen((command) => isChange(command) && changes.push(`${host.name}: ${command.join(' ')}`))
  const ask: SharedPair['ask'] = async (host, kind, asked = {}) => {
    const handler = changingHandlers(host.world())[kind] as Handler<typeof kind> | undefined
    if (!handler) throw new Error(`there is no handler of ${kind}`)
    const body = { kind, vg, disk: DISK, guest: GUEST, ...(kind === 'join-disk' ? { generation: 1, luns: [WWID] } : {}), ...asked }
    return handler(body as never, taskOn({ host }))
  }
  return {
    ...pair,
    ...{ vg, ask, changes },
    join: (asked) => ask(b, 'join-disk', asked),
    become: (state) =>
      site.change((now) =>
        withRam(now, 'a', { domains: a.state().ram.domains.map((one) => (one.name === 'web' ? { ...one, state } : one)) }),
      ),
    write: (host, text) => {
      const device = host.state().ram.dm.find(({ name }) => name === `hostless-${DISK}`)
      if (!device) return 'no device'
      const wrote = stampAt(site.state, host.name, `dm-${device.minor}`, 64, 8, text)
      if (wrote.kind !== 'done') return wrote.why
      site.change(() => wrote.value)
      return 'done'
    },
    maps: (host) => host.state().ram.dm.map(({ name, suspended }) => `${name}${suspended ? ' suspended' : ''}`),
    fence: (host) => host.state().ram.files.get(`/run/hostless/fences/${DISK}`)?.text,
  }
}

/** With its UUID, as the agent's own has it. */
async function guestConfig(host: SimulatedHost, device: string): Promise<string> {
  const path = await writeConfig(host, 'web', device)
  const text = host.state().ram.files.get(path)?.text ?? ''
  await host.files.write(path, `uuid = "${GUEST}"\n${text}`, 0o600)
  return path
}

function isChange([program = '', ...args]: Command): boolean {
  return (
    /^(lvcreate|lvremove|lvextend|vg(create|extend|remove|change)|dd)$/.test(program) ||
    (program === 'lvchange' && args.some((one) => /tag|permission/.test(one)))
  )
}

export { DISK, GUEST, MIB }
