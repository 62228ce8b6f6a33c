// Follows the pool: hears what manager/contract/page-news.ts declares, by whose types this file is checked, and comes back to where it
// was. What is done about it is page.js's to say.
// @ts-check

/** @typedef {import('../../manager/contract/page-news.ts').PageNews} PageNews */
/** @typedef {import('../../manager/contract/page-news.ts').Changed} Changed */
/** What a page does about each kind of news. @typedef {{ [Kind in PageNews['kind']]: (news: Extract<PageNews, { kind: Kind }>) => void }} Doing */

/**
 * What parts of a page may wait for, as their data-on names it.
 * @param {Changed} changed
 * @returns {Set<string>}
 */
function topicsOf({ kind, hosts, samples, pending, alarms, boots, automations, tasks, ...unheard }) {
  /** A member that no part of a page hears of is an error here. @type {{ [Member in keyof typeof unheard]: never }} */
  const _nothing = unheard
  /** @param {string} of @param {readonly string[]} ids */
  const each = (of, ids) => ids.map((id) => `${of}:${id}`)
  const topics = new Set([...each('host', hosts), ...each('sample', samples), ...each('automation', automations), ...each('task', tasks)])
  const about = { hosts: hosts.length > 0, samples: samples.length > 0, pending, alarms, boots }
  const also = { automations: automations.length > 0, tasks: tasks.length > 0 }
  for (const [topic, is] of Object.entries({ ...about, ...also })) if (is) topics.add(topic)
  return topics
}

/** Without a word for so long, ms, it is away: two of its beats are missing, and more. */
const SILENCE = 40_000

/**
 * @param {Doing} doing
 * @param {(is: 'on' | 'away', heard: number) => void} show `heard`: when there was a sign of the manager last, ms since the epoch.
 */
function followPool(doing, show) {
  /** @type {EventSource | undefined} */
  let source
  /** @type {string | undefined} */
  let lastId
  let isFirst = !document.hidden
  // The page itself came from it.
  let heard = Date.now()
  /** @type {number | undefined} */
  let silence

  /** @param {EventSource} from */
  const hear = (from) => {
    heard = Date.now()
    clearTimeout(silence)
    silence = setTimeout(() => leave(from), SILENCE)
  }
  /** @param {EventSource} from */
  const leave = (from) => {
    from.close()
    if (source !== from) return
    source = undefined
    show('away', heard)
    setTimeout(follow, 3000)
  }
  /** @template {PageNews['kind']} Kind @param {Kind} kind @param {EventSource} from */
  const listen = (kind, from) => {
    from.addEventListener(kind, (/** @type {MessageEvent<string>} */ { data, lastEventId }) => {
      hear(from)
      if (lastEventId !== '') lastId = lastEventId
      doing[kind](JSON.parse(data))
    })
  }
  const follow = () => {
    if (source || document.hidden) return
    const opened = new EventSource(lastId === undefined ? '/live' : `/live?since=${lastId}`)
    source = opened
    opened.addEventListener('open', () => {
      hear(opened)
      show('on', heard)
      // Without an id nobody knows what was missed.
      if (!isFirst && lastId === undefined) doing.missed({ kind: 'missed' })
      isFirst = false
    })
    /** @type {Record<PageNews['kind'], true>} */
    const kinds = { changed: true, missed: true, here: true, 'signed-out': true }
    for (const kind of /** @type {PageNews['kind'][]} */ (Object.keys(kinds))) listen(kind, opened)
    opened.addEventListener('error', () => {
      isFirst = false
      clearTimeout(silence)
      // A refusal is final for EventSource; the manager may only be starting again.
      if (opened.readyState === EventSource.CLOSED) leave(opened)
      else show('away', heard)
    })
  }
  // A browser has few connections to one server: a page that nobody sees gives its own back.
  document.addEventListener('visibilitychange', () => {
    if (!document.hidden) return follow()
    clearTimeout(silence)
    source?.close()
    source = undefined
  })
  follow()
}

Object.assign(window, { followPool, topicsOf })
