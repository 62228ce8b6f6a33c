// What a guest is told at its first boot, as cloud-init's NoCloud reads it from a disk labelled CIDATA: files and their bytes. Pure.
import { stringify } from 'yaml'
import { z } from 'zod'
import { mac } from '../protocol/values.ts'

/** Seeds are kept for each guest: scripts fit, payloads do not. */
const MOST_USER_DATA = 1 << 20
const MOST_KEYS = 64

const HOST_NAME = /^(?=.{1,253}$)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$/i
const SSH_KEY = /^(ssh-(ed25519|rsa)|ecdsa-sha2-[a-z0-9-]+|sk-[a-z0-9@.-]+) [A-Za-z0-9+/=]+( [^\n\r]*)?$/
/** How cloud-init tells what user data is; anything else it leaves alone with a warning that nobody reads. */
const USER_DATA = /^(#cloud-config|#!|#include|#cloud-boothook|#part-handler|## template:|Content-Type: multipart|MIME-Version:)/

const nic = z.strictObject({
  mac,
  /** With their prefix, `10.0.0.5/24`; none: by DHCP. */
  addresses: z.array(z.union([z.cidrv4(), z.cidrv6()])).max(16),
  gateway: z.union([z.ipv4(), z.ipv6()]).exactOptional(),
  nameservers: z.array(z.union([z.ipv4(), z.ipv6()])).max(8),
})

export const seedSpec = z.strictObject({
  hostname: z.string().regex(HOST_NAME, 'is no host name'),
  /** Another one makes cloud-init do again what it does once. */
  instanceId: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/, 'is no instance id'),
  /** Public, a line each. */
  sshKeys: z.array(z.string().max(16_384).regex(SSH_KEY, 'is no public ssh key')).max(MOST_KEYS),
  /** None: the first NIC by DHCP, as cloud-init does by itself. */
  nics: z.array(nic).max(32),
  userData: z
    .string()
    .refine((text) => Buffer.byteLength(text) <= MOST_USER_DATA, `has more than the ${MOST_USER_DATA} bytes that a seed may carry`)
    .refine((text) => USER_DATA.test(text), 'begins neither with #cloud-config nor with #! nor as other user data of cloud-init does')
    .exactOptional(),
})

export type SeedSpec = z.output<typeof seedSpec>

export interface SeedFile {
  readonly name: 'meta-data' | 'user-data' | 'network-config'
  readonly text: string
}

export function seedFiles({ hostname, instanceId, sshKeys, nics, userData }: SeedSpec): readonly SeedFile[] {
  const meta = { 'instance-id': instanceId, 'local-hostname': hostname, ...(sshKeys.length === 0 ? {} : { 'public-keys': sshKeys }) }
  const network = { version: 2, ethernets: Object.fromEntries(nics.map((one, index) => [`nic${index}`, ethernet(one)])) }
  return [
    { name: 'meta-data', text: yaml(meta) },
    { name: 'user-data', text: userData ?? '#cloud-config\n{}\n' },
    ...(nics.length === 0 ? [] : [{ name: 'network-config', text: yaml(network) } as const]),
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
