// The charts of a host's and a guest's page, which follow by themselves.

import { CONTRACT } from '../../../contract/contract.ts'
import type { Host } from '../../../contract/hosts.ts'
import type { VmDetail } from '../../../contract/vms.ts'
import { fragment, notThere, type PageRoute, toldIfThere, toldOf, type Visitor } from '../route.ts'
import type { Render } from '../templates.ts'
import { commandOf } from '../views/guests/acts.ts'
import { guestPath } from '../views/guests/list.ts'
import { lastOf, measuresView } from '../views/measures.ts'
import { hostPath } from '../views/words.ts'

const { hosts, measured, vms } = CONTRACT

export async function hostMeasures({ ask, query }: Pick<Visitor, 'ask' | 'query'>, host: Host) {
  const measures = toldOf(await ask(measured.host, { ref: host.id, last: lastOf(query) }))
  return measuresView(measures, {
    path: hostPath(host),
    topic: `sample:${host.id}`,
    command: `hostless host stats ${host.name}`,
    memoryBytes: host.load?.totalBytes ?? host.hardware?.memoryBytes,
  })
}

/** Whatever host it is on next. */
export async function guestMeasures({ ask, query }: Pick<Visitor, 'ask' | 'query'>, vm: VmDetail) {
  const measures = toldOf(await ask(measured.vm, { ref: vm.uuid, last: lastOf(query) }))
  return measuresView(measures, { path: guestPath(vm), topic: 'samples', command: commandOf('stats', [vm.name]) })
}

export function measureRoutes(render: Render): readonly PageRoute[] {
  return [
    fragment('viewer', '/hosts/:ref/measures', async (visitor) => {
      const host = toldIfThere(await visitor.ask(hosts.show, { ref: visitor.params.ref ?? '' }))
      if (!host) return notThere('There is no such host any more.')
      return { kind: 'fragment', html: render('_measures', await hostMeasures(visitor, host)) }
    }),
    fragment('viewer', '/guests/:ref/measures', async (visitor) => {
      const vm = toldIfThere(await visitor.ask(vms.show, { ref: visitor.params.ref ?? '' }))
      if (!vm) return notThere('There is no such guest any more.')
      return { kind: 'fragment', html: render('_measures', await guestMeasures(visitor, vm)) }
    }),
  ]
}
