// Networks that guests attach to.
import type { networks as contract } from '../../contract/networks.ts'
import type { GuestBook } from '../../guests/book.ts'
import type { Pool } from '../../hosts/service.ts'
import type { Network } from '../../networks/network.ts'
import type { Networks } from '../../networks/service.ts'
import { networkAnswer } from '../answers/vm-answer.ts'
import { done, type HandlersOf, missing } from './handlers.ts'
import { byUser, noHost } from './hosts.ts'

export interface NetworkDeps {
  readonly pool: Pool
  readonly networks: Networks
  readonly guests: { readonly book: GuestBook }
}

export function networkHandlers({ pool, networks, guests: { book } }: NetworkDeps): HandlersOf<typeof contract> {
  const answered = async (all: readonly Network[]) => {
    await pool.matrix()
    const hosts = pool.hosts().map(({ id, trust }) => ({ id, trust, inventory: pool.knownInventory(id) }))
    const guests = await book.all()
    return all.map((network) => {
      const users = guests.filter(({ record }) => record?.spec.nics.some((nic) => nic.network === network.name))
      return networkAnswer(network, hosts, users.length)
    })
  }
  return {
    list: async () => done({ networks: await answered(await networks.list()) }),
    async create({ name, bridge, bridges, vlan, mtu }, { who }) {
      const byId: Record<string, string> = {}
      for (const [ref, other] of Object.entries(bridges)) {
        const view = pool.find(ref)
        if (!view) return missing(noHost(ref))
        byId[view.id] = other
      }
      const created = await networks.create({ name, bridge, bridges: byId, vlan, mtu }, byUser(who.user))
      if (created.kind !== 'done') return created
      const [answer] = await answered([created.value])
      return answer ? done(answer) : missing(`network ${name}`)
    },
    async remove({ name }) {
      const removed = await networks.remove(name)
      return removed.kind === 'done' ? done(null) : removed
    },
  }
}
