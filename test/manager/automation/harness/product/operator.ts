// The operator of simulated runs: looks at what needs one, does what is said to be left to do by hand, and has it tried again.
import type { Ledger } from './invariants/moment.ts'
import type { World } from './world.ts'

/** A guest that its killed xl or relay has left standing still, where Xen cannot resume it: it is destroyed, and started again later. */
export async function endWhatStandsStill(world: World, { automations }: Ledger): Promise<void> {
  for (const { recipe, args, state, reason } of automations) {
    if (recipe !== 'migrate-guest' || state !== 'needs-operator' || !/destroy it and to start it again/.test(reason ?? '')) continue
    const { guest, from } = JSON.parse(args)
    const standing = world.site.hosts.get(from.id)?.ram.domains.filter(({ uuid, state: now }) => uuid === guest.uuid && now === 'suspended')
    for (const { domid } of standing ?? []) await world.host(from.id)?.byHand(['xl', 'destroy', String(domid)])
  }
}
