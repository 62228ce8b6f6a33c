// Looks of hosts at file systems as tasks: those that somebody has asked for from then on, the others while they are under way.
import type { ScanBook, ScanNews } from '../../storage/scan-book.ts'
import type { KeptTask, KeptTasks } from '../kept.ts'

export interface ScanSource {
  readonly book: Pick<ScanBook, 'subscribe' | 'unwant'>
  readonly hostName: (id: string) => string
}

/** Who sees to what nobody has asked for. */
const BY_ITSELF = 'manager'

/** Until the function that it returns is called. */
export function keepScanTasks({ book, hostName }: ScanSource, kept: Pick<KeptTasks, 'begin'>): () => void {
  /** By key of the file system: what waits for a host that is free, and what one looks at. */
  const [waiting, running] = [new Map<string, KeptTask>(), new Map<string, KeptTask>()]
  const begin = (key: string, who: string): KeptTask =>
    kept.begin({
      ...{ kind: 'scan', what: `look at what lies on ${key}`, on: [key], who },
      ending: {
        cancel: (by) => {
          book.unwant(key, by)
          return { kind: 'done', value: undefined }
        },
      },
    })
  const hear = (news: ScanNews): void => {
    const { key } = news
    switch (news.kind) {
      case 'wanted':
        // The look that is under way is what was asked for.
        if (!waiting.has(key) && !running.has(key)) waiting.set(key, begin(key, news.who))
        return
      case 'unwanted':
        waiting.get(key)?.end({ state: 'cancelled', reason: `${news.who} has cancelled it` })
        waiting.delete(key)
        return
      case 'begun': {
        const task = waiting.get(key) ?? begin(key, BY_ITSELF)
        waiting.delete(key)
        running.set(key, task)
        const host = hostName(news.host)
        task.start({ on: [key, `host ${host}`], ending: { not: `${host} looks at it, and ends by itself, within minutes` } })
        return
      }
      case 'scanned':
      case 'failed':
        running.get(key)?.end(news.kind === 'scanned' ? { state: 'done' } : { state: 'failed', reason: news.reason })
        running.delete(key)
    }
  }
  return book.subscribe(hear)
}
