// Brings hosts to the connections that they are to have, and takes away those that are none any more. What a host has is in its
// inventory; it is asked for what it lacks, again and again, and the operator hears of what does not work.
import type { Asked } from '../agents/questions.ts'
import { mayBeAsked } from '../enrolment/standing.ts'
import type { HostView, PoolChange } from '../inventory/pool-change.ts'
import type { Inventory } from '../protocol/inventory.ts'
import type { Chap } from '../protocol/requests/iscsi.ts'
import type { RequestBody } from '../protocol/requests.ts'
import { sayUnread, unreadOf } from '../protocol/unread.ts'
import { iscsiName } from '../protocol/values.ts'
import { type Attempt, Attempts, type AttemptsDeps } from './attempts.ts'
import type { SitePool } from './pool.ts'
import { hasSession, initiatorOf, isMeantFor, stepFor, type WantedConnection } from './wanted.ts'

export interface ConnectorDeps extends Omit<AttemptsDeps, 'act'> {
  readonly pool: SitePool
  readonly request: (host: string, body: RequestBody) => Promise<Asked>
  readonly chapOf: (connection: WantedConnection) => Chap | undefined
  /** What did not work when the manager last ran, by connection and host: it is tried again, whatever sessions there are. */
  readonly failed: ReadonlyMap<string, string>
  /** No host has a session of it any more. */
  readonly ended: (connection: WantedConnection) => Promise<void>
}

export interface Progress {
  readonly state: 'connected' | 'waiting' | 'failed' | 'ending'
  readonly why: string
}

export class Connector {
  readonly #deps: ConnectorDeps
  readonly #attempts: Attempts
  readonly #failures: Map<string, string>
  readonly #stop: () => void
  #connections: readonly WantedConnection[] = []

  constructor(deps: ConnectorDeps) {
    this.#deps = deps
    this.#failures = new Map(deps.failed)
    this.#attempts = new Attempts({ ...deps, act: (key) => this.#act(key) })
    this.#stop = deps.pool.subscribe((change) => this.#hear(change))
  }

  /** These and no others, from now on. */
  set(connections: readonly WantedConnection[]): void {
    this.#connections = connections
    for (const key of [...this.#failures.keys()]) {
      if (connections.some(({ id }) => key.startsWith(`${id} `))) continue
      this.#attempts.drop(key)
      void this.#worked(key)
    }
    for (const { id } of this.#deps.pool.hosts()) this.#all(id, (key) => this.#attempts.anew(key))
    for (const connection of connections) if (connection.ending) void this.#lookForEnd(connection)
  }

  async statesOf(connection: WantedConnection): Promise<readonly (Progress & { readonly host: string; readonly name: string })[]> {
    const states = await Promise.all(
      this.#deps.pool.hosts().map(async (host) => {
        const inventory = await this.#deps.pool.inventory(host.id)
        const has = inventory !== undefined && hasSession(connection, inventory.iscsi)
        const unread = has ? undefined : sessionsUnread(inventory)
        const isConcerned = connection.ending
          ? has || (unread !== undefined && mayBeAsked(host.state))
          : has || isMeantFor(connection, host)
        return isConcerned ? [{ host: host.id, name: host.name, ...this.#stateOf(connection, host, has, unread) }] : []
      }),
    )
    return states.flat()
  }

  close(): void {
    this.#stop()
    this.#attempts.close()
  }

  #stateOf(connection: WantedConnection, host: HostView, has: boolean, unread: string | undefined): Progress {
    const failure = this.#failures.get(keyOf(connection.id, host.id))
    if (failure !== undefined) return { state: 'failed', why: failure }
    if (has) return connection.ending ? { state: 'ending', why: 'it still has a session' } : { state: 'connected', why: 'it has a session' }
    if (unread !== undefined) return { state: connection.ending ? 'ending' : 'waiting', why: unread }
    return { state: 'waiting', why: host.connection ? 'it is being asked' : 'its agent is not connected' }
  }

  #hear(change: PoolChange): void {
    if (change.kind === 'connected') this.#all(change.host, (key) => this.#attempts.anew(key))
    if (change.kind === 'host' && change.host.connection) this.#all(change.host.id, (key) => this.#attempts.want(key))
    if (change.kind !== 'inventory' || !change.sections.includes('iscsi')) return
    this.#all(change.host, (key) => this.#attempts.want(key))
    for (const connection of this.#connections) if (connection.ending) void this.#lookForEnd(connection)
  }

  #all(host: string, act: (key: string) => void): void {
    for (const { id } of this.#connections) act(keyOf(id, host))
  }

  async #act(key: string): Promise<Attempt> {
    const [id = '', hostId = ''] = key.split(' ')
    const { pool, request } = this.#deps
    const connection = this.#connections.find((one) => one.id === id)
    const host = pool.host(hostId)
    const inventory = host?.connection && (await pool.inventory(hostId))
    if (!connection || !host || !inventory) return 'done'
    const lacking = stepFor(connection, host, inventory.iscsi, this.#connections)
    // A host that has a session may still lack others: over portals that were not reached.
    const isPartial = this.#failures.has(key) && !connection.ending && isMeantFor(connection, host)
    const step = lacking === 'nothing' && isPartial ? 'connect' : lacking
    const unread = sessionsUnread(inventory)
    if (step === 'nothing' && unread !== undefined) return connection.ending && mayBeAsked(host.state) ? 'again' : 'done'
    if (step === 'nothing') return await this.#worked(key)
    const asked = await request(hostId, this.#bodyFor(step, connection, hostId))
    if (asked.kind === 'refused') return asked.cause === 'absent' ? 'done' : this.#failed(key, host, connection, asked.reason)
    const { answer } = asked
    switch (answer.kind) {
      case 'iscsi-connected':
        return answer.missing.length === 0 ? this.#worked(key) : this.#failed(key, host, connection, answer.missing.join('; '))
      case 'iscsi-disconnected':
        return this.#worked(key)
      case 'refused':
        return this.#failed(key, host, connection, answer.reason)
      default:
        return this.#failed(key, host, connection, `its agent gave an answer to something else: ${answer.kind}`)
    }
  }

  #bodyFor(step: 'connect' | 'disconnect', connection: WantedConnection, host: string): RequestBody {
    const { portal, target } = connection
    const named = target === undefined ? {} : { target: iscsiName.parse(target) }
    if (step === 'disconnect') return { kind: 'disconnect-iscsi', portal, ...named }
    const chap = this.#deps.chapOf(connection)
    return { kind: 'connect-iscsi', initiator: iscsiName.parse(initiatorOf(host)), portal, ...named, ...(chap ? { chap } : {}) }
  }

  async #worked(key: string): Promise<Attempt> {
    if (this.#failures.delete(key)) await this.#deps.pool.clearAlarm(`connection-failed ${key}`, 'manager')
    return 'done'
  }

  async #failed(key: string, host: HostView, connection: WantedConnection, reason: string): Promise<Attempt> {
    const isNew = this.#failures.get(key) !== reason
    this.#failures.set(key, reason)
    const what = `${connection.target ?? 'the targets'} at ${connection.portal}`
    const text = connection.ending
      ? `${host.name} stays logged in to ${what}: ${reason}. It is tried again until nothing there uses it`
      : `${host.name} is not logged in to ${what} as it should be: ${reason}. It is tried again by itself; check the target, or take the connection away (hostless storage disconnect ${connection.id})`
    if (isNew) await this.#deps.pool.alarm({ kind: 'connection-failed', about: key, host: host.id, text })
    return 'again'
  }

  /** Hosts that are away count by what they last reported. */
  async #lookForEnd(connection: WantedConnection): Promise<void> {
    const trusted = this.#deps.pool.hosts().filter(({ state }) => mayBeAsked(state))
    const inventories = await Promise.all(trusted.map(({ id }) => this.#deps.pool.inventory(id)))
    if (inventories.some((inventory) => inventory && (hasSession(connection, inventory.iscsi) || sessionsUnread(inventory)))) return
    if (this.#connections.includes(connection)) await this.#deps.ended(connection)
  }
}

/** Where sessions may be missing in what it has reported: why. */
function sessionsUnread(inventory: Inventory | undefined): string | undefined {
  const unread = inventory && sayUnread(unreadOf(inventory, ['iscsi']))
  return unread && `whether it has a session is not known: ${unread}`
}

function keyOf(connection: string, host: string): string {
  return `${connection} ${host}`
}
