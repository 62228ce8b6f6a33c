// Guests and networks of a test's own: the contract's handlers over lists that the test may change. What is asked for becomes an
// automation that runs.
import type { AutomationDetail } from '../../manager/contract/automations.ts'
import type { AwayGuest } from '../../manager/contract/evacuations.ts'
import type { MigrationPlan, Move } from '../../manager/contract/migrations.ts'
import type { Network } from '../../manager/contract/networks.ts'
import type { VmChange, VmDetail, VmPlaces } from '../../manager/contract/vms.ts'
import { type Caller, done, type Handlers, missing } from '../../manager/doors/handlers/handlers.ts'
import { BEGUN, runningAutomation, started } from './fake-automations.ts'

export interface FakeVms {
  readonly vms: VmDetail[]
  readonly networks: Network[]
  readonly automations: AutomationDetail[]
  /** As they were asked for: `stop web1 {"how":"clean"}`. */
  readonly asked: string[]
  /** What any change would come to. */
  readonly changes?: readonly VmChange[]
  /** To their consoles, by name. */
  readonly said?: ReadonlyMap<string, string>
  /** Of every guest that is asked about; left out: nothing is in its way. */
  readonly plan?: Partial<MigrationPlan>
  /** That have ended, the newest first. */
  readonly moves?: readonly Move[]
  /** From every host. */
  readonly away?: readonly AwayGuest[]
  /** Where every guest can start; left out: nowhere. */
  readonly places?: () => VmPlaces
}

export function fakeVms({
  vms,
  networks,
  automations,
  asked,
  changes = [],
  places = () => ({ fits: [], refused: [] }),
  said = new Map(),
  moves = [],
  away = [],
  plan = {},
}: FakeVms): Pick<Handlers, 'vms' | 'networks' | 'consoles' | 'migrations' | 'evacuations'> {
  const find = (ref: string) => vms.find(({ uuid, name }) => uuid === ref || name === ref)
  const planOf = ({ name, memoryBytes, diskBytes = 0 }: (typeof vms)[number], pauseAtMostMs: number) => ({
    ...{ guest: name, diskBytes, memoryBytes, pauseAtMostMs, steps: [], refusals: [], ...plan },
  })
  const begin = async (verb: string, { ref, ...input }: { readonly ref: string; readonly name?: string }, { who }: Caller) => {
    const vm = find(ref)
    if (!vm && verb !== 'create') return missing(`guest ${JSON.stringify(ref)}`)
    asked.push(`${verb} ${vm?.name ?? ref} ${JSON.stringify(input)}`)
    const made = runningAutomation(`auto${automations.length + 1}`, { title: `${verb} ${vm?.name ?? ref}`, who: who.user })
    automations.unshift(made)
    return started(made)
  }
  return {
    migrations: {
      async list({ guest, host, limit, before }) {
        const all = moves.filter(
          (one) =>
            (!guest || guest === one.guest || guest === one.name) &&
            (!host || [one.from, one.to].some((end) => host === end.name || host === end.host)),
        )
        const from = before === undefined ? 0 : all.findIndex(({ ended, automation }) => before === `${ended}-${automation}`) + 1
        const page = all.slice(from, from + limit)
        const last = page.length === limit ? page.at(-1) : undefined
        return done({ moves: page, ...(last ? { next: `${last.ended}-${last.automation}` } : {}) })
      },
      async plan({ ref, maxPauseMs }) {
        const vm = find(ref)
        return vm ? done(planOf(vm, maxPauseMs)) : missing(`guest ${JSON.stringify(ref)}`)
      },
      async planAll({ refs, maxPauseMs }) {
        const known = refs.flatMap((ref) => find(ref) ?? [])
        return done({ plans: known.map((vm) => planOf(vm, maxPauseMs)) })
      },
      start: (input, by) => begin('migrate', input, by),
    },
    evacuations: {
      plan: async ({ ref }) =>
        done({
          host: ref,
          guests: vms.map(({ name, memoryBytes, diskBytes = 0 }, at) =>
            at === 0
              ? { guest: name, way: 'live', to: { host: 'a'.repeat(16), name: 'node02' }, memoryBytes, diskBytes, refusals: [] }
              : { guest: name, memoryBytes, diskBytes, refusals: [{ code: 'memory', reason: 'node02 is full' }] },
          ),
        }),
      away: async () => done({ guests: [...away] }),
      homePlan: async ({ refs: [ref = ''], others }) =>
        done({
          guests: away.map((one, at) => ({
            ...{ ...one, home: { host: ref, name: 'node01' }, diskBytes: 2 ** 33, memoryBytes: 2 ** 30 },
            ...(at === 0 || others === 'restart'
              ? {
                  steps: [{ round: 1, to: { host: ref, name: 'node01' }, how: at === 0 ? ('live' as const) : ('restart' as const) }],
                  refusals: [],
                }
              : { steps: [], refusals: [{ code: 'memory', reason: 'node01 is <full>' }] }),
          })),
        }),
      async bringHome({ refs, ...input }, { who }) {
        asked.push(`bring-home ${refs.join(' ')} ${JSON.stringify(input)}`)
        const title = `bring home to ${refs.join(', ')}`
        const made = runningAutomation(`auto${automations.length + 1}`, { title, recipe: 'bring-home', who: who.user })
        automations.unshift(made)
        return started(made)
      },
      async start({ ref, ...input }, { who }) {
        asked.push(`evacuate ${ref} ${JSON.stringify(input)}`)
        const made = runningAutomation(`auto${automations.length + 1}`, { title: `evacuate ${ref}`, who: who.user })
        automations.unshift(made)
        return started(made)
      },
    },
    vms: {
      list: async () => done({ vms: vms.map(({ spec: _spec, disks: _disks, ...vm }) => vm) }),
      async show({ ref }) {
        const vm = find(ref)
        return vm ? done(vm) : missing(`guest ${JSON.stringify(ref)}`)
      },
      where: async () => done(places()),
      create: ({ spec, ...input }, by) => begin('create', { ref: spec.name, ...input }, by),
      start: (input, by) => begin('start', input, by),
      stop: (input, by) => begin('stop', input, by),
      reboot: (input, by) => begin('reboot', input, by),
      pause: (input, by) => begin('pause', input, by),
      unpause: (input, by) => begin('unpause', input, by),
      destroy: (input, by) => begin('destroy', input, by),
      forget: (input, by) => begin('forget', input, by),
      preview: async ({ ref }) => (find(ref) ? done({ changes: [...changes] }) : missing(`guest ${JSON.stringify(ref)}`)),
      change: (input, by) => begin('change', input, by),
      apply: ({ ref, spec }, by) => begin('apply', { ref, name: spec.name }, by),
    },
    consoles: {
      async open({ ref, mode }) {
        const vm = find(ref)
        if (!vm) return missing(`guest ${JSON.stringify(ref)}`)
        return done({ ticket: 'ticket', mode, seconds: 30, guest: { uuid: vm.uuid, name: vm.name } })
      },
      async log({ ref }) {
        const text = said.get(find(ref)?.name ?? '')
        return text === undefined ? { kind: 'refused', reason: 'the agent of its host is not connected' } : done({ text })
      },
    },
    networks: {
      list: async () => done({ networks }),
      async create({ name, bridge, bridges }) {
        const made = { name, bridge, bridges, created: 0, createdBy: 'ada', hosts: [], unread: [], vms: 0 }
        networks.push(made)
        return done(made)
      },
      remove: async () => done(null),
    },
  }
}

/** web1 from node01 to node02, done. */
export function endedMove(automation: string, changed: Partial<Move> = {}): Move {
  return {
    ...{ automation, guest: '6b1f0000-0000-4000-8000-000000000001', name: 'web1', way: 'live', outcome: 'done', who: 'ada' },
    ...{ from: { host: 'a'.repeat(16), name: 'node01' }, to: { host: 'b'.repeat(16), name: 'node02' } },
    ...{ began: BEGUN, ended: BEGUN + 92_000, diskBytes: 8 * 2 ** 30, memoryBytes: 1.25 * 2 ** 30, pauseMs: 180 },
    ...changed,
  }
}

/** It has left node01, and is on node02. */
export function awayGuest(guest: string, changed: Partial<AwayGuest> = {}): AwayGuest {
  return {
    ...{ uuid: '6b1f0000-0000-4000-8000-000000000001', guest, was: 'running', left: BEGUN },
    ...{ home: { host: 'a'.repeat(16), name: 'node01' }, on: { host: 'b'.repeat(16), name: 'node02' } },
    ...changed,
  }
}
