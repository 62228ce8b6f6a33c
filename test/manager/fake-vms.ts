// Guests and networks of a test's own: the contract's handlers over lists that the test may change. What is asked for becomes an
// automation that runs.
import type { AutomationDetail } from '../../manager/contract/automations.ts'
import type { Network, VmDetail, VmPlaces } from '../../manager/contract/vms.ts'
import { type Caller, done, type Handlers, missing } from '../../manager/doors/handlers/handlers.ts'
import { runningAutomation, started } from './fake-automations.ts'

export interface FakeVms {
  readonly vms: VmDetail[]
  readonly networks: Network[]
  readonly automations: AutomationDetail[]
  /** As they were asked for: `stop web1 {"how":"clean"}`. */
  readonly asked: string[]
  /** To their consoles, by name. */
  readonly said?: ReadonlyMap<string, string>
  /** Where every guest can start; left out: nowhere. */
  readonly places?: () => VmPlaces
}

export function fakeVms({
  vms,
  networks,
  automations,
  asked,
  places = () => ({ fits: [], refused: [] }),
  said = new Map(),
}: FakeVms): Pick<Handlers, 'vms' | 'networks' | 'consoles'> {
  const find = (ref: string) => vms.find(({ uuid, name }) => uuid === ref || name === ref)
  const begin = async (verb: string, { ref, ...input }: { readonly ref: string }, { who }: Caller) => {
    const vm = find(ref)
    if (!vm && verb !== 'create') return missing(`guest ${JSON.stringify(ref)}`)
    asked.push(`${verb} ${vm?.name ?? ref} ${JSON.stringify(input)}`)
    const made = runningAutomation(`auto${automations.length + 1}`, { title: `${verb} ${vm?.name ?? ref}`, who: who.user })
    automations.unshift(made)
    return started(made)
  }
  return {
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
      async apply({ ref }) {
        const vm = find(ref)
        return vm ? done({ ...vm, later: [] }) : missing(`guest ${JSON.stringify(ref)}`)
      },
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
