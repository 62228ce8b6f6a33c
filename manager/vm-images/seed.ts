// What a guest is told at its first boot, as cloud-init's NoCloud reads it from a disk labelled CIDATA: files and their bytes. Pure.
import { stringify } from 'yaml'
import { z } from 'zod'
import { hostName, networkConfig, sshKeys, userData } from '../protocol/guest-seed.ts'
import { mac } from '../protocol/values.ts'

const nic = z.strictObject({
  mac,
  /** With their prefix, `10.0.0.5/24`; none: by DHCP. */
  addresses: z.array(z.union([z.cidrv4(), z.cidrv6()])).max(16),
  gateway: z.union([z.ipv4(), z.ipv6()]).exactOptional(),
  nameservers: z.array(z.union([z.ipv4(), z.ipv6()])).max(8),
})

export const seedSpec = z.strictObject({
  hostname: hostName,
  /** Another one makes cloud-init do again what it does once. */
  instanceId: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/, 'is no instance id'),
  sshKeys,
  /** None: the first NIC by DHCP, as cloud-init does by itself. */
  nics: z.array(nic).max(32),
  userData: userData.exactOptional(),
  /** As it is, in the place of what `nics` say. */
  networkConfig: networkConfig.exactOptional(),
})

export type SeedSpec = z.output<typeof seedSpec>

export interface SeedFile {
  readonly name: 'meta-data' | 'user-data' | 'network-config'
  readonly text: string
}

export function seedFiles({
  hostname,
  instanceId,
  sshKeys: keys,
  nics,
  userData: data,
  networkConfig: given,
}: SeedSpec): readonly SeedFile[] {
  const meta = { 'instance-id': instanceId, 'local-hostname': hostname, ...(keys.length === 0 ? {} : { 'public-keys': keys }) }
  const own =
    nics.length === 0
      ? undefined
      : yaml({ version: 2, ethernets: Object.fromEntries(nics.map((one, index) => [`nic${index}`, ethernet(one)])) })
  const network = given ?? own
  return [
    { name: 'meta-data', text: yaml(meta) },
    { name: 'user-data', text: data ?? '#cloud-config\n{}\n' },
    ...(network === undefined ? [] : [{ name: 'network-config', text: network } as const]),
  ]
}

/** Netplan's version 2, which cloud-init takes; NICs are known by their MAC, as names differ between kernels. */
function ethernet({ mac: macaddress, addresses, gateway, nameservers }: SeedSpec['nics'][number]): object {
  const match = { match: { macaddress } }
  if (addresses.length === 0)
    return { ...match, dhcp4: true, ...(nameservers.length === 0 ? {} : { nameservers: { addresses: nameservers } }) }
  return {
    ...match,
    addresses,
    ...(gateway === undefined ? {} : { routes: [{ to: 'default', via: gateway }] }),
    ...(nameservers.length === 0 ? {} : { nameservers: { addresses: nameservers } }),
  }
}

/** A line each, whatever their length: guests without YAML read the first two. */
function yaml(value: object): string {
  return stringify(value, { lineWidth: 0 })
}
