// What may not be twice in a pool: system UUIDs, MAC addresses, names of iSCSI initiators. Kept as hosts report: a report touches
// what that host claims, and no other claim.

import type { Inventory } from '../protocol/inventory.ts'
import type { Nic } from '../protocol/network.ts'
import { isPlaceholderMac, isPlaceholderUuid } from '../protocol/placeholders.ts'
import type { ConditionKind } from '../store/tables/alarm-kinds.ts'
import { sayNames } from '../wording.ts'
import type { Condition, Finding, ReportingHost, Source } from './condition.ts'

type SharedKind = Extract<ConditionKind, 'shared-uuid' | 'shared-mac' | 'shared-initiator'>

interface Claim {
  readonly kind: SharedKind
  readonly value: string
  /** By id. */
  readonly names: Map<string, string>
}

export class Duplicates implements Source {
  readonly sections = ['dmi', 'nics', 'iscsi'] as const
  readonly #claims = new Map<string, Claim>()
  readonly #byHost = new Map<string, readonly string[]>()
  readonly #touched = new Set<string>()

  update({ id, name, inventory }: ReportingHost): void {
    this.remove(id)
    const keys = claimsOf(inventory).map(({ kind, value }) => {
      const key = `${kind} ${value}`
      const claim = this.#claims.get(key) ?? { kind, value, names: new Map() }
      claim.names.set(id, name)
      this.#claims.set(key, claim)
      this.#touched.add(key)
      return key
    })
    this.#byHost.set(id, keys)
  }

  remove(id: string): void {
    for (const key of this.#byHost.get(id) ?? []) {
      const claim = this.#claims.get(key)
      claim?.names.delete(id)
      if (claim?.names.size === 0) this.#claims.delete(key)
      this.#touched.add(key)
    }
    this.#byHost.delete(id)
  }

  findings(): readonly Finding[] {
    const found = [...this.#touched].map((subject) => ({ subject, conditions: conditionsOf(this.#claims.get(subject)) }))
    this.#touched.clear()
    return found
  }
}

function conditionsOf(claim: Claim | undefined): readonly Condition[] {
  if (!claim || claim.names.size < 2) return []
  const { kind, value } = claim
  return [{ kind, about: value, hosts: [...claim.names.keys()].sort(), text: say(kind, value, sayNames([...claim.names.values()].sort())) }]
}

function say(kind: SharedKind, value: string, names: string): string {
  switch (kind) {
    case 'shared-uuid':
      return `${names} report the same system UUID ${value}: boards with copied firmware, or one machine under two names. Give each its own in the firmware, or reject the wrong host`
    case 'shared-mac':
      return `${names} have NICs with the same MAC address ${value}: frames for one reach the other. Set another address on one of them`
    case 'shared-initiator':
      return `${names} log in to iSCSI targets under the same name ${value}: a target takes them for one host, and guards no disk between them. Give each its own in /etc/iscsi/initiatorname.iscsi`
  }
}

/** Of a system UUID. */
export function isIdentity(uuid: string): boolean {
  return !isPlaceholderUuid(uuid)
}

/** Adapters to a BMC over USB: many have one MAC in every machine of a make. */
const BMC_DRIVERS: ReadonlySet<string> = new Set(['cdc_ether', 'cdc_eem', 'cdc_ncm', 'rndis_host', 'cdc_subset'])

function claimsOf(inventory: Inventory): readonly { readonly kind: SharedKind; readonly value: string }[] {
  const of = (kind: SharedKind, values: readonly string[]) => [...new Set(values)].map((value) => ({ kind, value }))
  return [
    ...of('shared-uuid', uuidsOf(inventory)),
    ...of('shared-mac', macsOf(inventory)),
    ...of('shared-initiator', initiatorsOf(inventory)),
  ]
}

function uuidsOf({ dmi }: Inventory): readonly string[] {
  return dmi.systemUuid !== undefined && isIdentity(dmi.systemUuid) ? [dmi.systemUuid] : []
}

function macsOf({ nics }: Inventory): readonly string[] {
  return nics
    .filter(({ driver }) => !BMC_DRIVERS.has(driver ?? ''))
    .map(addressOf)
    .filter((mac) => !isPlaceholderMac(mac))
}

/** Burnt in, where it is told: NICs in a bond share the other. */
function addressOf({ mac, permanentMac }: Nic): string {
  return permanentMac ?? mac
}

function initiatorsOf({ iscsi }: Inventory): readonly string[] {
  return [iscsi.initiator, ...iscsi.sessions.map(({ initiator }) => initiator)].filter((name) => name !== undefined)
}
