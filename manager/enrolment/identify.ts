// Hosts that came back by their certificate alone: who they are by their own reports, what they are called by the config or by what their VGs
// remember, so that their next boot is known as theirs.
import { HOST_NAME } from '../protocol/host.ts'
import type { Inventory } from '../protocol/inventory.ts'
import { isPlaceholderNumber, isPlaceholderUuid } from '../protocol/placeholders.ts'
import type { Store } from '../store/database.ts'
import { newestAttemptFrom } from '../store/tables/attempts.ts'
import { addHistory } from '../store/tables/history.ts'
import { saveMacs } from '../store/tables/host-macs.ts'
import { type HostRecord, isNameTaken, updateHost } from '../store/tables/hosts.ts'

type Reported = Pick<Inventory, 'dmi' | 'nics' | 'bridges'>

export interface Forgotten {
  readonly host: Pick<HostRecord, 'id' | 'name'>
  readonly inventory: Reported
  /** As its VGs remember it. */
  readonly remembered: string | undefined
}

/** The bridge that a host boots with: images/dom0. */
const BOOT_BRIDGE = 'xenbr0'

/** Resolves with a sentence of what it is known as. */
export async function identify(
  { store, now, nameOf }: { readonly store: Store; readonly now: () => number; readonly nameOf: (mac: string) => string | undefined },
  { host: { id, name: before }, inventory, remembered }: Forgotten,
): Promise<string> {
  const { dmi } = inventory
  const called = remembered !== undefined && HOST_NAME.test(remembered) ? remembered : undefined
  const macs = inventory.nics.map(({ mac, permanentMac = mac }) => permanentMac)
  return store.write(async (transaction) => {
    const attempted = await newestAttemptFrom(transaction, macs)
    const boot = attempted ?? macs.find((mac) => nameOf(mac) !== undefined) ?? bootMacOf(inventory) ?? macs[0]
    const wanted = macs.flatMap((mac) => nameOf(mac) ?? [])[0] ?? called ?? (boot && `host-${boot.replaceAll(':', '')}`) ?? before
    const name = wanted === before || (await isNameTaken(transaction, wanted)) ? before : wanted
    const identity = {
      ...(dmi.systemUuid === undefined || isPlaceholderUuid(dmi.systemUuid) ? {} : { uuid: dmi.systemUuid }),
      ...(dmi.serial === undefined || isPlaceholderNumber(dmi.serial) ? {} : { serial: dmi.serial }),
      ...(dmi.product === undefined ? {} : { product: dmi.product }),
    }
    await updateHost(transaction, id, { name, ...identity })
    if (boot !== undefined) await saveMacs(transaction, id, boot, macs)
    const what = `host ${before} is ${name}${boot === undefined ? '' : `, and boots from ${boot}${attempted === undefined ? ', as its report has it' : ''}`}`
    await addHistory(transaction, id, { at: now(), who: 'manager', what: `known again by its report: ${what}` })
    return what
  })
}

function bootMacOf({ bridges, nics }: Reported): string | undefined {
  const port = bridges.find(({ name }) => name === BOOT_BRIDGE)?.ports[0]?.name
  const nic = nics.find(({ name }) => name === port)
  return nic && (nic.permanentMac ?? nic.mac)
}
