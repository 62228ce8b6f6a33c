// Networks that guests attach to: a name, and the bridge that each host has for it. Append-only within /api/v1.
import { z } from 'zod'
import { networkName } from '../protocol/guest-spec.ts'
import { hostId, hostRef } from './hosts.ts'
import { NO_CONTENT, NOTHING, operation } from './operation.ts'
import { POOL } from './target.ts'

const network = z
  .object({
    name: networkName,
    bridge: z.string(),
    /** On hosts that have it by another name: their ids. */
    bridges: z.record(z.string(), z.string()),
    vlan: z.number().optional(),
    mtu: z.number().optional(),
    created: z.number(),
    createdBy: z.string(),
    /** Ids of hosts that have its bridge. */
    hosts: z.array(hostId),
    /** Ids of hosts that may have it: their bridges are not known. */
    unread: z.array(hostId),
    /** How many guests attach to it. */
    vms: z.number(),
  })
  .meta({ id: 'Network' })

const bridge = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,14}$/, 'is no name of a bridge: 1 to 15 of A-Z a-z 0-9 _ . -')

export const networks = {
  list: operation({
    http: 'GET /networks',
    role: 'viewer',
    summary: 'Networks that guests attach to, and the hosts that have a bridge to each',
    input: NOTHING,
    output: z.object({ networks: z.array(network) }),
  }),
  create: operation({
    http: 'POST /networks',
    role: 'operator',
    status: 201,
    summary: 'Give the bridges that hosts have to one network a name',
    input: z.strictObject({
      name: networkName,
      bridge,
      /** By name or id of a host, where it has another. */
      bridges: z.record(hostRef, bridge).default({}),
      vlan: z.number().int().min(1).max(4094).optional(),
      mtu: z.number().int().min(576).max(65_535).optional(),
    }),
    output: network,
    on: () => POOL,
    did: ({ name, bridge: on }) => `create network ${name} (bridge ${on})`,
  }),
  remove: operation({
    http: 'DELETE /networks/:name',
    role: 'operator',
    summary: 'Forget a network that no guest attaches to: nothing changes on hosts',
    input: z.strictObject({ name: networkName }),
    output: NO_CONTENT,
    on: () => POOL,
    did: ({ name }) => `remove network ${name}`,
  }),
}

export type Network = z.output<typeof network>
