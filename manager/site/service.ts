// What an admin wants on every host, kept in the store and pursued: iSCSI connections and properties. The API and the CLI stand on
// this; `who` is the user's name.
import type { Asked } from '../agents/questions.ts'
import type { Done, SiteOperations } from '../api/operations.ts'
import type { NewSiteConnection, SiteConnection, SiteProperties } from '../api/schema-site.ts'
import type { Property } from '../protocol/property.ts'
import { readProperties } from '../protocol/property-file.ts'
import { chap as chapSchema, portal as portalSchema } from '../protocol/requests/iscsi.ts'
import type { RequestBody } from '../protocol/requests.ts'
import { iscsiName } from '../protocol/values.ts'
import type { StoredAlarm } from '../store/alarms.ts'
import { addConnection, allConnections, type ConnectionRecord, endConnection, removeConnection } from '../store/connections.ts'
import type { Store } from '../store/database.ts'
import type { Sealer } from '../store/sealing.ts'
import { propertiesText, setPropertiesText } from '../store/settings.ts'
import type { AttemptsDeps } from './attempts.ts'
import { Connector } from './connector.ts'
import type { SitePool } from './pool.ts'
import { PropertyGiver } from './properties.ts'

export interface SiteDeps extends Omit<AttemptsDeps, 'act'> {
  readonly store: Store
  readonly sealer: Sealer
  readonly pool: SitePool & { alarms(): Promise<readonly StoredAlarm[]> }
  readonly request: (host: string, body: RequestBody) => Promise<Asked>
  readonly now: () => number
  readonly newId: () => string
}

export interface Site extends SiteOperations {
  close(): void
}

const GROUP = /^[a-z0-9][a-z0-9_.-]{0,62}$/
const MOST_CONNECTIONS = 256
const FAILED = 'connection-failed'

/** Reads what is wanted, and begins to pursue it. */
export async function openSite(deps: SiteDeps): Promise<Site> {
  const { db } = deps.store
  const site = new RunningSite(deps, await allConnections(db), await propertiesText(db), await deps.pool.alarms())
  site.start()
  return site
}

class RunningSite implements Site {
  readonly #deps: SiteDeps
  readonly #connector: Connector
  readonly #giver: PropertyGiver
  #connections: readonly ConnectionRecord[]
  #text: string

  constructor(deps: SiteDeps, connections: readonly ConnectionRecord[], text: string, alarms: readonly StoredAlarm[]) {
    this.#deps = deps
    this.#connections = connections
    this.#text = text
    this.#connector = new Connector({
      ...deps,
      chapOf: ({ id }) => {
        const chap = this.#connections.find((one) => one.id === id)?.chap
        return chap && { user: chap.user, password: deps.sealer.open(id, chap.sealed) }
      },
      failed: new Map(alarms.filter(({ kind }) => kind === FAILED).map(({ key, text: why }) => [key.slice(`${FAILED} `.length), why])),
      ended: ({ id }) => this.#remove(id),
    })
    this.#giver = new PropertyGiver(deps, text)
  }

  start(): void {
    this.#connector.set(this.#connections)
  }

  async connections(): Promise<readonly SiteConnection[]> {
    return Promise.all(this.#connections.map((record) => this.#show(record)))
  }

  async connect(wish: NewSiteConnection, who: string): Promise<Done<SiteConnection>> {
    const checked = check(wish)
    if (checked.kind === 'refused') return checked
    const { portal, target, groups } = checked
    const same = this.#connections.find((one) => one.portal === portal && one.target === target && !one.ending)
    if (same)
      return refused(`hosts connect to ${target ?? 'all targets'} at ${portal} already (connection ${same.id}): take that away first`)
    if (this.#connections.length >= MOST_CONNECTIONS) return refused(`there are ${MOST_CONNECTIONS} connections already`)
    const id = this.#deps.newId()
    const chap = wish.chap && { user: wish.chap.user, sealed: this.#deps.sealer.seal(id, wish.chap.password) }
    const record: ConnectionRecord = { id, portal, target, groups, chap, created: this.#deps.now(), by: who, ending: false }
    await this.#deps.store.write((transaction) => addConnection(transaction, record))
    this.#set([...this.#connections, record])
    return { kind: 'done', value: await this.#show(record) }
  }

  async disconnect(id: string): Promise<Done<SiteConnection>> {
    const record = this.#connections.find((one) => one.id === id)
    if (!record) return { kind: 'missing', reason: `there is no connection ${id}: hostless storage connections lists them` }
    const ending = { ...record, ending: true }
    await this.#deps.store.write((transaction) => endConnection(transaction, id))
    this.#set(this.#connections.map((one) => (one.id === id ? ending : one)))
    return { kind: 'done', value: await this.#show(ending) }
  }

  async properties(): Promise<SiteProperties> {
    const hosts = await Promise.all(
      this.#deps.pool.hosts().map(async ({ id, name }) => {
        const inventory = await this.#deps.pool.inventory(id)
        return { host: id, name, values: (inventory?.properties ?? []).map(showProperty) }
      }),
    )
    return { text: this.#text, hosts }
  }

  async setProperties(text: string): Promise<Done<SiteProperties>> {
    const read = readProperties(text)
    if (read.kind === 'refused') return refused(read.faults.join('; '))
    await this.#deps.store.write((transaction) => setPropertiesText(transaction, text))
    this.#text = text
    this.#giver.set(text)
    return { kind: 'done', value: await this.properties() }
  }

  close(): void {
    this.#connector.close()
    this.#giver.close()
  }

  #set(connections: readonly ConnectionRecord[]): void {
    this.#connections = connections
    this.#connector.set(connections)
  }

  async #remove(id: string): Promise<void> {
    await this.#deps.store.write((transaction) => removeConnection(transaction, id))
    this.#set(this.#connections.filter((one) => one.id !== id))
  }

  async #show(record: ConnectionRecord): Promise<SiteConnection> {
    const { id, portal, target, groups, chap, created, by, ending } = record
    const hosts = await this.#connector.statesOf(record)
    return {
      id,
      kind: 'iscsi',
      portal,
      ...(target === undefined ? {} : { target }),
      groups: [...groups],
      ...(chap ? { user: chap.user } : {}),
      created,
      by,
      ending,
      hosts: [...hosts],
    }
  }
}

type Checked =
  | { readonly kind: 'connection'; readonly portal: string; readonly target: string | undefined; readonly groups: readonly string[] }
  | { readonly kind: 'refused'; readonly reason: string }

function check({ portal, target, groups, chap }: NewSiteConnection): Checked {
  const whole = portalSchema.safeParse(/:\d+$/.test(portal.replace(/^\[[^\]]*\]/, '')) ? portal : `${portal}:3260`)
  if (!whole.success)
    return refused(
      `a portal is an IP address with or without a port, as 10.77.0.1:3260 or [fd00::1]:3260; this one ${whole.error.issues[0]?.message}`,
    )
  const name = iscsiName.optional().safeParse(target?.toLowerCase())
  if (!name.success) return refused('a target has a name that begins with iqn., eui. or naa.')
  const wrong = groups.find((group) => !GROUP.test(group))
  if (wrong !== undefined) return refused('groups are named with 1 to 63 of a-z 0-9 _ . -')
  if (chap && !chapSchema.safeParse(chap).success) return refused('CHAP user and password are printable ASCII without blanks')
  return { kind: 'connection', portal: whole.data, target: name.data, groups: [...new Set(groups)].sort() }
}

function showProperty({ name, at, value }: Property): SiteProperties['hosts'][number]['values'][number] {
  return { name, at, type: value.type, value: value.type === 'error' ? value.reason : value.value }
}

function refused(reason: string): { readonly kind: 'refused'; readonly reason: string } {
  return { kind: 'refused', reason }
}
