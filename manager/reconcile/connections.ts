// Brings hosts to the connections that they are to have, and takes away those that are none any more. What a host has is in its
// inventory; it is asked for what it lacks, again and again, and the operator hears of what does not work.
import type { Asked } from '../agents/questions.ts'
import { mayBeAsked } from '../enrolment/standing.ts'
import type { KnownPool } from '../hosts/known-pool.ts'
import type { HostView } from '../hosts/pool-change.ts'
import type { RequestBody } from '../protocol/requests.ts'
import { iscsiName } from '../protocol/values.ts'
import { alarmOf, type FailedHost } from '../storage/connection-alarm.ts'
import { keyOf, sessionsUnread } from '../storage/connection-progress.ts'
import type { Connections } from '../storage/connections.ts'
import { hasSession, initiatorOf, isMeantFor, stepFor, type WantedConnection } from '../storage/wanted.ts'
import type { RaisedAlarm } from '../store/tables/alarms.ts'
import { type Attempt, Attempts, type AttemptsDeps } from './attempts.ts'
import type { About, Task, Wake } from './driver.ts'

export interface ConnectionTaskDeps extends Omit<AttemptsDeps, 'act'> {
  readonly pool: KnownPool & { restateAlarm(alarm: RaisedAlarm): Promise<void> }
  readonly connections: Pick<Connections, 'wanted' | 'chapOf' | 'failures' | 'fail' | 'work' | 'gone' | 'subscribe'>
  readonly request: (host: string, body: RequestBody) => Promise<Asked>
}

export class ConnectionTask implements Task {
  readonly name = 'connections'
  readonly what = 'logs hosts in to the iSCSI targets that they are to have'
  readonly period = 300_000
  readonly #deps: ConnectionTaskDeps
  readonly #attempts: Attempts
  /** How often other connections were wanted: what failed before counts no more. */
  #round = 0
  /** A host has told of its sessions: one that is being taken away may have ended. */
  #mayHaveEnded = false

  constructor(deps: ConnectionTaskDeps) {
    this.#deps = deps
    this.#attempts = new Attempts({ ...deps, act: (key) => this.#act(key) })
  }

  watches(wake: Wake): () => void {
    const ends = [
      this.#deps.pool.subscribe((change) => {
        if (change.kind === 'host' && change.host.connection) wake(0, change.host.id)
        if (change.kind !== 'inventory' || !change.sections.includes('iscsi')) return
        this.#mayHaveEnded = true
        wake(0, change.host)
      }),
      this.#deps.connections.subscribe(() => {
        this.#round += 1
        wake(0)
      }),
    ]
    return () => {
      for (const end of ends) end()
    }
  }

  async step(about: About): Promise<undefined> {
    const { pool, connections } = this.#deps
    const wanted = connections.wanted()
    await this.#forget(wanted)
    const hosts = about === 'all' ? pool.hosts() : [...about].flatMap((id) => pool.host(id) ?? [])
    for (const { id, connection } of hosts) {
      if (!connection) continue
      for (const one of wanted) this.#attempts.want(keyOf(one.id, id), `${connection.since} ${this.#round}`)
    }
    if (about !== 'all' && !this.#mayHaveEnded) return
    this.#mayHaveEnded = false
    for (const one of wanted) if (one.ending) await this.#lookForEnd(one)
  }

  waitsFor(): readonly string[] {
    return [...this.#deps.connections.failures()].map(([key, why]) => {
      const [connection = '', host = ''] = key.split(' ')
      return `${this.#deps.pool.host(host)?.name ?? host}: connection ${connection}: ${why}`
    })
  }

  close(): void {
    this.#attempts.close()
  }

  /** What failed of a connection that nobody wants any more. */
  async #forget(wanted: readonly WantedConnection[]): Promise<void> {
    for (const key of [...this.#deps.connections.failures().keys()]) {
      if (wanted.some(({ id }) => key.startsWith(`${id} `))) continue
      this.#attempts.drop(key)
      await this.#worked(key)
    }
  }

  async #act(key: string): Promise<Attempt> {
    const [id = '', hostId = ''] = key.split(' ')
    const { pool, request, connections } = this.#deps
    const wanted = connections.wanted()
    const connection = wanted.find((one) => one.id === id)
    const host = pool.host(hostId)
    const inventory = host?.connection && (await pool.inventory(hostId))
    if (!connection || !host || !inventory) return 'done'
    const lacking = stepFor(connection, host, inventory.iscsi, wanted)
    // A host that has a session may still lack others: over portals that were not reached.
    const isPartial = connections.failures().has(key) && !connection.ending && isMeantFor(connection, host)
    const step = lacking === 'nothing' && isPartial ? 'connect' : lacking
    const unread = sessionsUnread(inventory)
    if (step === 'nothing' && unread !== undefined) return connection.ending && mayBeAsked(host) ? 'again' : 'done'
    if (step === 'nothing') return await this.#worked(key)
    const asked = await request(hostId, this.#bodyFor(step, connection, hostId))
    // It is asked again as soon as it is back: to be away is no fault of the target's.
    if (asked.kind === 'refused') return asked.cause === 'absent' ? 'done' : this.#failed(host, connection, asked.reason)
    const { answer } = asked
    switch (answer.kind) {
      case 'iscsi-connected':
        return answer.missing.length === 0 ? this.#worked(key) : this.#failed(host, connection, answer.missing.join('; '))
      case 'iscsi-disconnected':
        return this.#worked(key)
      case 'refused':
        return this.#failed(host, connection, answer.reason)
      default:
        return this.#failed(host, connection, `its agent gave an answer to something else: ${answer.kind}`)
    }
  }

  #bodyFor(step: 'connect' | 'disconnect', connection: WantedConnection, host: string): RequestBody {
    const { portal, target } = connection
    const named = target === undefined ? {} : { target: iscsiName.parse(target) }
    if (step === 'disconnect') return { kind: 'disconnect-iscsi', portal, ...named }
    const chap = this.#deps.connections.chapOf(connection.id)
    return { kind: 'connect-iscsi', initiator: iscsiName.parse(initiatorOf(host)), portal, ...named, ...(chap ? { chap } : {}) }
  }

  async #worked(key: string): Promise<Attempt> {
    const { pool, connections } = this.#deps
    if (!connections.work(key)) return 'done'
    const [id = ''] = key.split(' ')
    const connection = connections.wanted().find((one) => one.id === id)
    const alarm = connection && alarmOf(connection, this.#failuresOf(id))
    if (alarm) await pool.restateAlarm(alarm)
    else await pool.clearAlarm(`connection-failed ${id}`, 'manager')
    return 'done'
  }

  async #failed(host: HostView, connection: WantedConnection, reason: string): Promise<Attempt> {
    const { pool, connections } = this.#deps
    if (!connections.fail(connection.id, host.id, reason)) return 'again'
    const alarm = alarmOf(connection, this.#failuresOf(connection.id))
    if (alarm) await pool.alarm(alarm)
    return 'again'
  }

  #failuresOf(connection: string): readonly FailedHost[] {
    const { pool, connections } = this.#deps
    return [...connections.failures()].flatMap(([key, why]) => {
      const [id, host = ''] = key.split(' ')
      return id === connection ? [{ id: host, name: pool.host(host)?.name ?? host, why }] : []
    })
  }

  /** Hosts that are away count by what they last reported. */
  async #lookForEnd(connection: WantedConnection): Promise<void> {
    const { pool, connections } = this.#deps
    const trusted = pool.hosts().filter(mayBeAsked)
    const inventories = await Promise.all(trusted.map(({ id }) => pool.inventory(id)))
    if (inventories.some((inventory) => inventory && (hasSession(connection, inventory.iscsi) || sessionsUnread(inventory)))) return
    if (connections.wanted().some((one) => one === connection)) await connections.gone(connection.id)
  }
}
