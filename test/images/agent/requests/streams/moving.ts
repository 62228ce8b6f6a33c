// Two simulated hosts, a guest that writes on a, and the requests of a move, each to the desk's handlers of its host.
import { GUESTS_FOLDER, type KeptGuest, keep, readKept } from '../../../../../images/agent/guests/kept.ts'
import { xlConfig } from '../../../../../images/agent/guests/xl-config.ts'
import { streamHandlers } from '../../../../../images/agent/requests/handlers.ts'
import { perform } from '../../../../../images/agent/requests/perform.ts'
import { type Task, UNWATCHED } from '../../../../../images/agent/requests/task.ts'
import type { SimulatedHost } from '../../../../../images/agent/simulator/site.ts'
import { withWorkload } from '../../../../../images/agent/simulator/state/domains.ts'
import { deviceOf, lvOf } from '../../../../../manager/protocol/guest-disk.ts'
import { type GuestConfig, guestConfig } from '../../../../../manager/protocol/requests/guest-config.ts'
import type { AnswerBody, RequestBody, RequestOf } from '../../../../../manager/protocol/requests.ts'
import { GUEST } from '../../guests/guest.ts'
import { openPair, type Pair } from '../../simulator/pair.ts'

export const MIGRATION = 'm-1'
const SECTORS = 131_072

export interface Moving extends Pair {
  readonly guest: GuestConfig
  ask(host: SimulatedHost, body: RequestBody, task?: Partial<Task>): Promise<AnswerBody>
  /** `NAME state` of each domain. */
  domains(host: SimulatedHost): readonly string[]
  kept(host: SimulatedHost): Promise<KeptGuest['state'] | undefined>
  /** What is left in a's or b's folder of streams. */
  left(host: SimulatedHost): readonly string[]
  open(changed?: Partial<RequestOf<'open-receive'>>): Promise<AnswerBody>
  /** T is open, S prepared and accepted: what S is to be asked. */
  ready(changed?: Partial<RequestOf<'send-guest'>>, of?: Partial<RequestOf<'open-receive'>>): Promise<RequestOf<'send-guest'>>
  /** S has sent it, and T holds its word. */
  held(): Promise<AnswerBody>
  go(): Promise<AnswerBody>
  endReceive(become: 'moved' | 'not moved'): Promise<AnswerBody>
  endSend(become: 'moved' | 'not moved', target?: 'dropped'): Promise<AnswerBody>
}

export async function moving(): Promise<Moving> {
  const pair = openPair()
  const { a, b, site, ok } = pair
  const [disk] = GUEST.disks
  if (!disk) throw new Error('the guest has no disk')
  const guest = guestConfig.parse({ ...GUEST, disks: [disk] })
  for (const host of [a, b]) {
    await ok(host, 'vgcreate data /dev/vda')
    await ok(host, `lvcreate -y -n ${lvOf(disk.disk)} -L 64m data`)
    await ok(host, `dmsetup create ${deviceOf(disk.disk)} --table '0 ${SECTORS} linear /dev/data/${lvOf(disk.disk)} 0'`)
  }
  const config = xlConfig(guest)
  if (config.kind === 'refused') throw new Error(config.reason)
  const path = `${GUESTS_FOLDER}/${guest.uuid}.cfg`
  await a.files.write(path, config.text, 0o600)
  await ok(a, `xl create ${path}`)
  await keep(a.files, { guest, restart: 'always', state: 'started', crashes: [] })
  site.change((now) => withWorkload(now, 'a', guest.name, 'guest', 50))
  site.pass(5_000)
  const ask: Moving['ask'] = (host, body, task = {}) =>
    perform(streamHandlers({ ...host.world(), relays: host.relays }), body, async () => ({ ...UNWATCHED, pace: 'long', ...task }))
  const open: Moving['open'] = (changed = {}) =>
    ask(b, {
      ...{ kind: 'open-receive', migration: MIGRATION, guest, restart: 'always', address: b.machine().address, holdMs: 20_000 },
      ...changed,
    })
  const ready: Moving['ready'] = async (changed = {}, of = {}) => {
    const opened = await open(of)
    const migration = of.migration ?? MIGRATION
    const prepared = await ask(a, { kind: 'prepare-send', migration, guest: guest.uuid })
    if (opened.kind !== 'receive-opened' || prepared.kind !== 'send-prepared') throw new Error(JSON.stringify([opened, prepared]))
    const address = a.machine().address
    const accepted = await ask(b, { kind: 'accept-send', migration, guest: guest.uuid, pin: prepared.pin, address })
    if (accepted.kind !== 'send-accepted') throw new Error(JSON.stringify(accepted))
    const to = { address: b.machine().address, port: opened.port, pin: opened.pin }
    return { kind: 'send-guest', migration, guest: guest.uuid, name: guest.name, to, holdMs: 10_000, ...changed }
  }
  return {
    ...pair,
    ...{ guest, ask, open, ready },
    domains: (host) => host.state().ram.domains.map(({ name, state }) => `${name} ${state}`),
    kept: async (host) => {
      const known = await readKept(host.backend, guest.uuid)
      return known.kind === 'kept' ? known.kept.state : undefined
    },
    left: (host) => [...host.state().ram.files.keys()].filter((one) => one.startsWith('/run/hostless/streams/')),
    held: async () => ask(a, await ready()),
    go: () => ask(b, { kind: 'go-receive', migration: MIGRATION, guest: guest.uuid }),
    endReceive: (become) => ask(b, { kind: 'end-receive', migration: MIGRATION, guest: guest.uuid, become }),
    endSend: (become, target) =>
      ask(a, {
        ...{ kind: 'end-send', migration: MIGRATION, guest: guest.uuid, name: guest.name, become },
        ...(target ? { target } : {}),
      }),
  }
}
