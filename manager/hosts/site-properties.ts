// The file of properties that every host reports by: kept in the store, shown with what each host says of itself by it. Who gives it to
// hosts is reconcile/properties.ts.
import { Emitter } from '../../appliance/wire/emitter.ts'
import type { Log } from '../../appliance/wire/log.ts'
import type { Done } from '../outcome.ts'
import type { Property } from '../protocol/property.ts'
import { readProperties } from '../protocol/property-file.ts'
import type { Store } from '../store/database.ts'
import { propertiesText, setPropertiesText } from '../store/tables/settings.ts'
import type { KnownPool } from './known-pool.ts'

export interface ShownProperties {
  readonly text: string
  readonly hosts: { readonly host: string; readonly name: string; readonly values: ShownValue[] }[]
}

/** `at`: since when it is this; the value of an error is its reason. */
export interface ShownValue {
  readonly name: string
  readonly at: number
  readonly type: Property['value']['type']
  readonly value: string | number | boolean
}

export interface SitePropertiesDeps {
  readonly store: Store
  readonly pool: Pick<KnownPool, 'hosts' | 'inventory'>
  readonly log: Log
}

export async function openSiteProperties(deps: SitePropertiesDeps): Promise<SiteProperties> {
  return new SiteProperties(deps, await propertiesText(deps.store.db))
}

export class SiteProperties {
  readonly #deps: SitePropertiesDeps
  readonly #changed: Emitter
  #text: string

  constructor(deps: SitePropertiesDeps, text: string) {
    this.#deps = deps
    this.#text = text
    this.#changed = new Emitter(deps.log, "the site's properties")
  }

  text(): string {
    return this.#text
  }

  async shown(): Promise<ShownProperties> {
    const { pool } = this.#deps
    const hosts = await Promise.all(
      pool.hosts().map(async ({ id, name }) => {
        const inventory = await pool.inventory(id)
        return { host: id, name, values: (inventory?.properties ?? []).map(show) }
      }),
    )
    return { text: this.#text, hosts }
  }

  /** All of the file. */
  async set(text: string): Promise<Done<ShownProperties>> {
    const read = readProperties(text)
    if (read.kind === 'refused') return { kind: 'refused', reason: read.faults.join('; ') }
    await this.#deps.store.write((transaction) => setPropertiesText(transaction, text))
    this.#text = text
    this.#changed.tell()
    return { kind: 'done', value: await this.shown() }
  }

  /** Until the function that it returns is called. */
  subscribe(listener: () => void): () => void {
    return this.#changed.subscribe(listener)
  }
}

function show({ name, at, value }: Property): ShownValue {
  return { name, at, type: value.type, value: value.type === 'error' ? value.reason : value.value }
}
