// The networks of the pool: made, listed and removed by operators.
import type { Done } from '../outcome.ts'
import type { Store } from '../store/database.ts'
import { addNetwork, allNetworks, networkOf, removeNetwork } from '../store/tables/networks.ts'
import { type Network, networkOfRow } from './network.ts'

export interface NetworksOptions {
  readonly store: Store
  readonly now: () => number
  /** Names of guests that attach to it. */
  readonly usersOf: (network: string) => Promise<readonly string[]>
}

/** More names would only be mistaken for one another. */
const MOST = 4096

export class Networks {
  readonly #options: NetworksOptions

  constructor(options: NetworksOptions) {
    this.#options = options
  }

  /** By name. */
  async list(): Promise<readonly Network[]> {
    return (await allNetworks(this.#options.store.db)).map(networkOfRow)
  }

  async find(name: string): Promise<Network | undefined> {
    const row = await networkOf(this.#options.store.db, name)
    return row && networkOfRow(row)
  }

  async create(network: Omit<Network, 'created' | 'createdBy'>, who: string): Promise<Done<Network>> {
    const { store, now } = this.#options
    const { name, bridge, bridges, vlan = null, mtu = null } = network
    const row = { name, bridge, bridges: JSON.stringify(bridges), vlan, mtu, created: now(), created_by: who }
    return store.write(async (transaction) => {
      const all = await allNetworks(transaction)
      if (all.some((one) => one.name === name)) return { kind: 'refused', reason: `there is a network ${name} already` }
      if (all.length >= MOST) return { kind: 'refused', reason: `there are ${MOST} networks, which is the most` }
      await addNetwork(transaction, row)
      return { kind: 'done', value: networkOfRow(row) }
    })
  }

  /** Not while a guest is to attach to it. */
  async remove(name: string): Promise<Done<undefined>> {
    const { store, usersOf } = this.#options
    if (!(await this.find(name))) return { kind: 'missing', reason: `there is no network ${JSON.stringify(name)}` }
    const users = await usersOf(name)
    if (users.length > 0) {
      const others = users.length > 3 ? ` and ${users.length - 3} more` : ''
      return { kind: 'refused', reason: `network ${name} is used by ${users.slice(0, 3).join(', ')}${others}: take it from them first` }
    }
    await store.write((transaction) => removeNetwork(transaction, name))
    return { kind: 'done', value: undefined }
  }
}
