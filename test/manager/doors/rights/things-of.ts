// The things of a made-up pool, as its own handlers tell of them, for who is limited to groups.
import type { Handlers } from '../../../../manager/doors/handlers/handlers.ts'
import { nobodys, type PoolThings, type Subject } from '../../../../manager/doors/rights/rights.ts'
import type { Done } from '../../../../manager/outcome.ts'

const BY = { who: { user: 'of the test', role: 'admin', by: { kind: 'token', id: 't' } }, peer: '10.0.0.1' } as const

const told = <Value>(answer: Done<Value>): Value | undefined => (answer.kind === 'done' ? answer.value : undefined)

export function thingsOf(handlers: Pick<Handlers, 'hosts' | 'vms' | 'alarms' | 'automations' | 'tasks'>): PoolThings {
  const hostOf = async (ref: string): Promise<Subject | undefined> => {
    const host = told(await handlers.hosts.show({ ref }, BY))
    return host && { name: `host ${host.name}`, groups: host.groups }
  }
  return {
    host: hostOf,
    async guest(ref) {
      const vm = told(await handlers.vms.show({ ref }, BY))
      return vm && { name: `guest ${vm.name}`, groups: vm.groups, tags: vm.tags }
    },
    async guestsOn(ref) {
      const host = told(await handlers.hosts.show({ ref }, BY))
      const all = told(await handlers.vms.list({}, BY))?.vms ?? []
      return all.flatMap(({ name, host: on, groups, tags }) => (host && on === host.id ? [{ name: `guest ${name}`, groups, tags }] : []))
    },
    guestsAwayFrom: async () => [],
    seeingVg: () => [],
    seeingDisks: () => [],
    automation: async (id) => (told(await handlers.automations.show({ id }, BY)) ? [nobodys(`automation ${id}`)] : undefined),
    task: async (id) => (told(await handlers.tasks.show({ id }, BY)) ? [nobodys(`task ${id}`)] : undefined),
    async alarm(key) {
      const found = told(await handlers.alarms.list({ which: 'all', sort: 'newest' }, BY))?.alarms.find((one) => one.key === key)
      return found && [(found.host !== undefined && (await hostOf(found.host))) || nobodys(`alarm ${key}`)]
    },
    connection: async (id) => [nobodys(`connection ${id}`)],
  }
}
