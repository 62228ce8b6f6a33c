// The guests that arguments of a command mean.

import type { Vm } from '../../../contract/vms.ts'
import type { PoolApi } from '../../engine/api/calls.ts'
import { everyHost } from '../../engine/api/every-host.ts'
import { pickVmsOf, type Selected } from '../../engine/selecting.ts'

/** No argument: all. */
export async function pickVms(api: PoolApi, args: readonly string[]): Promise<Selected<Vm>> {
  const [hosts, vms] = await Promise.all([everyHost(api), api.vms.list().then((all) => all.vms)])
  return pickVmsOf(args, hosts, vms)
}
