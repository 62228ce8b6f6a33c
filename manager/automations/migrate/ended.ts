// Tells of each move that has come to its end, once: for who counts them.
import type { After } from '../../../appliance/wire/timers.ts'
import type { Automations } from '../../automation/service.ts'
import type { AutomationRecord } from '../../automation/store/store.ts'
import { type MigrateArgs, migrateArgs } from './args.ts'

export interface EndedMigration {
  readonly way: MigrateArgs['way']
  readonly outcome: 'done' | 'failed' | 'aborted'
  readonly seconds: number
  /** Of its disks, where that was counted. */
  readonly disks?: { readonly sentBytes: number; readonly savedBytes: number }
}

export interface EndedMigrationsDeps {
  readonly automations: Pick<Automations, 'subscribe' | 'find'>
  readonly after: After
  /** What is kept of one that has ended. */
  readonly disksOf: (automation: string) => Promise<EndedMigration['disks']>
  readonly onEnded: (ended: EndedMigration) => void
  readonly onError: (error: unknown) => void
}

const RECIPE = 'migrate-guest'
/** News comes with each step: one look for all of it, ms. */
const GATHER = 500
/** Of those that were told; news of an older one does not come any more. */
const MOST_TOLD = 1000

export const isMigration = ({ recipe }: Pick<AutomationRecord, 'recipe'>): boolean => recipe === RECIPE

/** From now on, until the function that it returns is called. */
export function tellEndedMigrations({ automations, after, disksOf, onEnded, onError }: EndedMigrationsDeps): () => void {
  const news = new Set<string>()
  const told = new Set<string>()
  let cancel: (() => void) | undefined
  const look = async (ids: readonly string[]): Promise<void> => {
    for (const id of ids) {
      const record = await automations.find(id)
      const ended = record && isMigration(record) && !told.has(id) ? endOf(record, await disksOf(id)) : undefined
      if (!ended) continue
      told.add(id)
      for (const oldest of told) if (told.size > MOST_TOLD) told.delete(oldest)
      onEnded(ended)
    }
  }
  const unsubscribe = automations.subscribe((id) => {
    news.add(id)
    cancel ??= after(GATHER, () => {
      cancel = undefined
      const ids = [...news]
      news.clear()
      look(ids).catch(onError)
    })
  })
  return () => {
    unsubscribe()
    cancel?.()
  }
}

function endOf({ state, args, created, ended }: AutomationRecord, disks: EndedMigration['disks']): EndedMigration | undefined {
  const parsed = migrateArgs.safeParse(args)
  if (!parsed.success || ended === undefined) return undefined
  if (state !== 'done' && state !== 'failed' && state !== 'aborted') return undefined
  return { way: parsed.data.way, outcome: state, seconds: Math.max(0, ended - created) / 1000, ...(disks ? { disks } : {}) }
}
