// VGs of a test's own: the contract's handlers over lists that the test may change. What is asked for becomes an automation that runs.
import type { AutomationDetail } from '../../manager/contract/automations.ts'
import type { HostDisks, HostVgs } from '../../manager/contract/storage.ts'
import { done, type Handlers } from '../../manager/doors/handlers/handlers.ts'
import { runningAutomation, started } from './fake-automations.ts'

export interface FakeStorage {
  readonly vgs: HostVgs[]
  readonly disks: HostDisks[]
  readonly automations: AutomationDetail[]
  /** Why nothing is begun on a host, by its name or id. */
  readonly refusals: { [host: string]: string }
}

export function fakeStorage({ vgs, disks, automations, refusals }: FakeStorage): Handlers['storage'] {
  const begin = async (host: string, title: string, who: string) => {
    const reason = refusals[host]
    if (reason !== undefined) return { kind: 'refused', reason } as const
    const made = runningAutomation(`auto${automations.length + 1}`, { title, who })
    automations.unshift(made)
    return started(made)
  }
  return {
    vgs: async () => done({ hosts: vgs }),
    disks: async () => done({ hosts: disks }),
    createVg: ({ host, name }, { who }) => begin(host, `make VG ${name} on ${host}`, who.user),
    extendVg: ({ host, vg }, { who }) => begin(host, `extend VG ${vg} on ${host}`, who.user),
    removeVg: ({ host, vg }, { who }) => begin(host, `remove VG ${vg} on ${host}`, who.user),
  }
}
