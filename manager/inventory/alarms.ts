// What may not be twice in a pool: system UUIDs, MAC addresses, names of iSCSI initiators.
import type { Inventory } from '../protocol/inventory.ts'
import type { Nic } from '../protocol/network.ts'
import { groupBy } from './group-by.ts'
import { sayNames } from './wording.ts'

export interface ReportingHost {
  readonly id: string
  readonly name: string
  readonly inventory: Inventory
}

export interface DuplicateAlarm {
  readonly kind: 'duplicate-uuid' | 'duplicate-mac' | 'duplicate-initiator'
  /** What is there twice. */
  readonly about: string
  /** Ids. */
  readonly hosts: readonly string[]
  /** A sentence with what to do. */
  readonly text: string
}

/** By kind, then by what they are about. */
export function duplicatesOf(hosts: readonly ReportingHost[]): readonly DuplicateAlarm[] {
  return [
    ...twice('duplicate-uuid', hosts, uuidsOf, (uuid, names) => {
      return `${names} report the same system UUID ${uuid}: boards with copied firmware, or one machine under two names. Give each its own in the firmware, or remove the wrong host`
    }),
    ...twice('duplicate-mac', hosts, macsOf, (mac, names) => {
      return `${names} have NICs with the same MAC address ${mac}: frames for one reach the other. Set another address on one of them`
    }),
    ...twice('duplicate-initiator', hosts, initiatorsOf, (name, names) => {
      return `${names} log in to iSCSI targets under the same name ${name}: a target takes them for one host, and guards no disk between them. Give each its own in /etc/iscsi/initiatorname.iscsi`
    }),
  ]
}

/** False for what firmware writes where no UUID was set: one digit or two, over and over, and what some makers put into every board. */
export function isIdentity(uuid: string): boolean {
  const digits = uuid.toLowerCase().replaceAll('-', '')
  return new Set(digits).size > 2 && !PLACEHOLDERS.has(digits)
}

/** AMI's sequence in either byte order, and a digit run. */
const PLACEHOLDERS: ReadonlySet<string> = new Set([
  '03000200040005000006000700080009',
  '00020003000400050006000700080009',
  '12345678123412341234123456789abc',
  '123456781234567890abcddeefaabbcc',
])

/** Adapters to a BMC over USB: many have one MAC in every machine of a make. */
const BMC_DRIVERS: ReadonlySet<string> = new Set(['cdc_ether', 'cdc_eem', 'cdc_ncm', 'rndis_host', 'cdc_subset'])

function uuidsOf({ dmi }: Inventory): readonly string[] {
  return dmi.systemUuid !== undefined && isIdentity(dmi.systemUuid) ? [dmi.systemUuid] : []
}

function macsOf({ nics }: Inventory): readonly string[] {
  return nics
    .filter(({ driver }) => !BMC_DRIVERS.has(driver ?? ''))
    .map(addressOf)
    .filter(isStation)
}

/** Burnt in, where it is told: NICs in a bond share the other. */
function addressOf({ mac, permanentMac }: Nic): string {
  return permanentMac ?? mac
}

/** No group address, and not nothing. */
function isStation(mac: string): boolean {
  return (Number.parseInt(mac.slice(0, 2), 16) & 1) === 0 && mac !== '00:00:00:00:00:00'
}

function initiatorsOf({ iscsi }: Inventory): readonly string[] {
  return [iscsi.initiator, ...iscsi.sessions.map(({ initiator }) => initiator)].filter((name) => name !== undefined)
}

function twice(
  kind: DuplicateAlarm['kind'],
  hosts: readonly ReportingHost[],
  valuesOf: (inventory: Inventory) => readonly string[],
  say: (value: string, names: string) => string,
): readonly DuplicateAlarm[] {
  const claims = hosts.flatMap((host) => [...new Set(valuesOf(host.inventory))].map((value) => ({ value, host })))
  return [...groupBy(claims, ({ value }) => value)]
    .filter(([, claimants]) => claimants.length > 1)
    .map(([about, claimants]) => ({
      kind,
      about,
      hosts: claimants.map(({ host }) => host.id),
      text: say(about, sayNames(claimants.map(({ host }) => host.name))),
    }))
    .sort((a, b) => (a.about < b.about ? -1 : 1))
}
