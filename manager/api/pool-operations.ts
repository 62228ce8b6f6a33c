// The operations of the API over the pool: each asks what the pool knows and says it in the API's words. What each answer looks
// like is in the files beside this one.

import type { ConnectivityMatrix } from '../connectivity/matrix.ts'
import { hostsFor } from '../connectivity/placement.ts'
import { describeThing } from '../connectivity/thing.ts'
import type { PoolCpu } from '../cpu/pool.ts'
import { mayBeAsked } from '../enrolment/standing.ts'
import type { Wish } from '../hosts/operator.ts'
import type { HostView, Outcome } from '../hosts/pool-change.ts'
import type { Pool } from '../hosts/service.ts'
import { SCANNED_TYPES } from '../protocol/requests/scan-file-system.ts'
import type { ScanBook } from '../storage/scan-book.ts'
import { scannableOf } from '../storage/scan-places.ts'
import type { StoredAlarm } from '../store/tables/alarms.ts'
import type { StoredBoot } from '../store/tables/boots.ts'
import { AlarmCount, type AlarmsOf } from './alarm-count.ts'
import { cpuAnswer, explanation, groupsOfHosts } from './cpu-answer.ts'
import { stateEvent } from './host-action.ts'
import { HostList } from './host-list.ts'
import { guestsOn, type HostParts, summaryOf } from './host-summary.ts'
import { cellAnswer, localStorageAnswer, matrixAnswer, reachesAnswer, thingAnswer, thingDetail } from './matrix-answer.ts'
import type { Done, Operations } from './operations.ts'
import { eventOf } from './pool-events.ts'
import type { BootSettings, Host, HostAction, HostActionBody, HostChange } from './schema-hosts.ts'
import type { Alarm, Appliance, CpuExplanation, Matrix, Placement, PlacementAsk, PoolEvent, ThingDetail } from './schema-pool.ts'

/** What the appliances tell of the boots. */
export interface BootBook {
  /** Of machines with these MACs, newest first. */
  attempts(macs: readonly string[]): Promise<readonly StoredBoot[]>
  /** What it booted; undefined where no appliance has told. */
  imageOf(host: HostView): Host['image']
  /** Of each attempt that is new or has gone on; until the function that it returns is called. */
  subscribe(listener: (mac: string) => void): () => void
  appliances(): Promise<readonly Appliance[]>
  /** `host`: its id. */
  settingsOf(host: string): BootSettings
  setBoot(host: string, wanted: BootSettings, who: string): Promise<void>
}

export interface OperationsDeps {
  readonly pool: Pool
  readonly boots: BootBook
  readonly scans: ScanBook
}

export function createOperations(deps: OperationsDeps): Operations {
  return new PoolOperations(deps)
}

class PoolOperations implements Operations {
  readonly #pool: Pool
  readonly #boots: BootBook
  readonly #scans: ScanBook
  readonly #list = new HostList()
  readonly #alarms: AlarmCount
  #matrix: Matrix | undefined
  #groups: { readonly cpu: PoolCpu; readonly of: ReadonlyMap<string, number> } | undefined

  constructor({ pool, boots, scans }: OperationsDeps) {
    this.#pool = pool
    this.#boots = boots
    this.#scans = scans
    this.#alarms = new AlarmCount(() => pool.alarms())
    pool.subscribe(({ kind }) => {
      if (kind === 'alarm' || kind === 'alarm-cleared') this.#alarms.forget()
      if (kind === 'host' || kind === 'inventory') this.#matrix = undefined
    })
    scans.subscribe(() => {
      this.#matrix = undefined
    })
  }

  async hosts(): Promise<readonly Host[]> {
    const [cpu, alarms] = await Promise.all([this.#pool.cpu(), this.#alarms.now()])
    const groups = this.#groupsOf(cpu)
    return this.#list.update(this.#pool.hosts().map((view) => this.#parts(view, groups, alarms)))
  }

  async host(ref: string): Promise<Host | undefined> {
    const [cpu, alarms] = await Promise.all([this.#pool.cpu(), this.#alarms.now()])
    const view = this.#pool.find(ref)
    return view && summaryOf(this.#parts(view, this.#groupsOf(cpu), alarms))
  }

  async inventory(ref: string) {
    const view = this.#pool.find(ref)
    return view && this.#pool.inventory(view.id)
  }

  async history(ref: string, limit: number) {
    const view = this.#pool.find(ref)
    return view && this.#pool.history(view.id, limit)
  }

  async boots(ref: string) {
    const view = this.#pool.find(ref)
    const boots = view && (await this.#boots.attempts(view.macs.map(({ mac }) => mac)))
    return boots?.map(({ stages, ...boot }) => ({ ...boot, stages: [...stages] }))
  }

  async bootSettings(ref: string) {
    const view = this.#pool.find(ref)
    return view && this.#boots.settingsOf(view.id)
  }

  async setBoot(ref: string, wanted: BootSettings, who: string): Promise<Done<Host>> {
    const view = this.#pool.find(ref)
    if (!view) return noHost(ref)
    await this.#boots.setBoot(view.id, wanted, byUser(who))
    return this.#shown({ kind: 'done', host: view })
  }

  appliances(): Promise<readonly Appliance[]> {
    return this.#boots.appliances()
  }

  async changeHost(ref: string, { name, groups, notes }: HostChange, who: string): Promise<Done<Host>> {
    const view = this.#pool.find(ref)
    if (!view) return noHost(ref)
    const wishes: readonly Wish[] = [
      ...(name === undefined ? [] : [{ kind: 'rename' as const, name }]),
      ...(groups === undefined ? [] : [{ kind: 'group' as const, groups }]),
      ...(notes === undefined ? [] : [{ kind: 'note' as const, notes }]),
    ]
    return this.#shown(await this.#pool.change(view.id, wishes, byUser(who)))
  }

  async actOnHost(ref: string, action: HostAction, given: HostActionBody, who: string): Promise<Done<Host>> {
    const view = this.#pool.find(ref)
    if (!view) return noHost(ref)
    const inventory = await this.#pool.inventory(view.id)
    const event = stateEvent(action, given, { state: view.state, inventory })
    if (!event) return { kind: 'refused', reason: `what proves that ${view.name} cannot run anything now? A fence needs a proof` }
    return this.#shown(await this.#pool.move(view.id, event, byUser(who)))
  }

  async guests() {
    await this.#pool.matrix()
    return this.#pool.hosts().flatMap((view) => {
      const inventory = this.#pool.knownInventory(view.id)
      return inventory ? guestsOn(view, inventory, this.#pool.latestSample(view.id)) : []
    })
  }

  async matrix(): Promise<Matrix> {
    const matrix = await this.#pool.matrix()
    this.#matrix ??= matrixAnswer(matrix, this.#reporting(matrix), this.#scans)
    return this.#matrix
  }

  async reaches() {
    const matrix = await this.#pool.matrix()
    return reachesAnswer(matrix, this.#reporting(matrix), this.#scans)
  }

  async reachOf(ref: string) {
    const matrix = await this.#pool.matrix()
    const view = this.#pool.find(ref)
    return view && matrix.rows().map((row) => ({ ...thingAnswer(matrix, row, this.#scans), ...cellAnswer(matrix.reach(row.key, view.id)) }))
  }

  async things() {
    const matrix = await this.#pool.matrix()
    return matrix.rows().map((row) => thingAnswer(matrix, row, this.#scans))
  }

  async thing(key: string) {
    const matrix = await this.#pool.matrix()
    const row = matrix.row(key)
    return row && thingDetail(matrix, this.#reporting(matrix), row, this.#scans)
  }

  async scan(key: string): Promise<Done<ThingDetail>> {
    const matrix = await this.#pool.matrix()
    const row = matrix.row(key)
    if (!row) return { kind: 'missing', reason: `there is no thing ${JSON.stringify(key)}` }
    if (!scannableOf(row.thing))
      return { kind: 'refused', reason: `${describeThing(row.thing)} is not looked at: NFS, and ${SCANNED_TYPES.join(', ')} are` }
    this.#scans.want(key)
    return { kind: 'done', value: thingDetail(matrix, this.#reporting(matrix), row, this.#scans) }
  }

  async cell(key: string, ref: string) {
    const matrix = await this.#pool.matrix()
    const view = this.#pool.find(ref)
    if (!view || !matrix.cpuOf(view.id) || !matrix.row(key)) return undefined
    return cellAnswer(matrix.reach(key, view.id))
  }

  async localStorage() {
    const matrix = await this.#pool.matrix()
    return this.#pool.hosts().flatMap((view) => localStorageAnswer(matrix, view))
  }

  async place({ networks, storage, memoryBytes, type, from }: PlacementAsk): Promise<Placement> {
    const matrix = await this.#pool.matrix()
    const cpu = from === undefined ? { kind: 'start' as const, type } : { kind: 'move' as const, guest: { type }, from }
    const { fits, refused } = hostsFor(matrix, { networks, storage, memoryBytes, cpu })
    const nameOf = (id: string) => this.#pool.host(id)?.name ?? id
    return {
      fits: fits.map((host) => ({ host, name: nameOf(host) })),
      refused: refused.map(({ host, reasons }) => ({ host, name: nameOf(host), reasons: [...reasons] })),
    }
  }

  async cpu() {
    const cpu = await this.#pool.cpu()
    return cpuAnswer(
      cpu,
      this.#pool.hosts().filter(({ state }) => mayBeAsked(state)),
    )
  }

  async explainCpu(from: string, to: string, type: CpuExplanation['type']): Promise<Done<CpuExplanation>> {
    const matrix = await this.#pool.matrix()
    const [source, target] = [this.#pool.find(from), this.#pool.find(to)]
    if (!source) return noHost(from)
    if (!target) return noHost(to)
    const [sourceCpu, targetCpu] = [matrix.cpuOf(source.id), matrix.cpuOf(target.id)]
    if (!sourceCpu || !targetCpu) {
      const silent = sourceCpu ? target.name : source.name
      return { kind: 'refused', reason: `the CPU of ${silent} is not known: it was rejected, or has not reported yet` }
    }
    return { kind: 'done', value: explanation({ name: source.name, cpu: sourceCpu }, { name: target.name, cpu: targetCpu }, type) }
  }

  async alarms() {
    return (await this.#pool.alarms()).map((alarm) => this.#alarm(alarm))
  }

  async clearAlarm(key: string, who: string): Promise<Done<null>> {
    const cleared = await this.#pool.clearAlarm(key, byUser(who))
    return cleared ? { kind: 'done', value: null } : { kind: 'missing', reason: `there is no open alarm ${JSON.stringify(key)}` }
  }

  subscribe(listener: (event: PoolEvent) => void): () => void {
    const ends = [
      this.#pool.subscribe((change) => {
        const event = eventOf(change)
        if (event) listener(event)
      }),
      this.#boots.subscribe((mac) => listener({ kind: 'boot', mac })),
      this.#scans.subscribe(({ kind, key }) => {
        if (kind !== 'wanted') listener({ kind: 'scan', thing: key })
      }),
    ]
    return () => {
      for (const end of ends) end()
    }
  }

  // ---- inside ----

  /** The pool gives the same object until a CPU is another. */
  #groupsOf(cpu: PoolCpu): ReadonlyMap<string, number> {
    if (this.#groups?.cpu !== cpu) this.#groups = { cpu, of: groupsOfHosts(cpu) }
    return this.#groups.of
  }

  #parts(view: HostView, groups: ReadonlyMap<string, number>, alarms: AlarmsOf): HostParts {
    return {
      view,
      inventory: this.#pool.knownInventory(view.id),
      sample: this.#pool.latestSample(view.id),
      image: this.#boots.imageOf(view),
      cpuGroup: groups.get(view.id),
      alarms: alarms.get(view.id) ?? 0,
    }
  }

  #reporting(matrix: ConnectivityMatrix): readonly HostView[] {
    return this.#pool.hosts().filter(({ id }) => matrix.cpuOf(id))
  }

  #alarm({ host, ...alarm }: StoredAlarm): Alarm {
    if (host === null) return alarm
    const hostName = this.#pool.host(host)?.name
    return { ...alarm, host, ...(hostName === undefined ? {} : { hostName }) }
  }

  async #shown(outcome: Outcome): Promise<Done<Host>> {
    if (outcome.kind === 'refused') return outcome
    const host = await this.host(outcome.host.id)
    return host ? { kind: 'done', value: host } : noHost(outcome.host.id)
  }
}

/** History names users apart from `agent`, `appliance` and `manager`. */
function byUser(who: string): string {
  return `user ${who}`
}

function noHost(ref: string): { readonly kind: 'missing'; readonly reason: string } {
  return { kind: 'missing', reason: `there is no host ${JSON.stringify(ref)}` }
}
