// The host matrix: the page, its table alone for a new filter, single rows for what has changed, and one cell's why.
import { mayOn } from '../../../access/roles.ts'
import { CONTRACT } from '../../../contract/contract.ts'
import { type Host, hosts } from '../../../contract/hosts.ts'
import { sayNames } from '../../../wording.ts'
import { everyHost } from '../every-host.ts'
import {
  acted,
  actOn,
  field,
  fragment,
  notThere,
  type PageDeps,
  type PageRoute,
  page,
  toldIfThere,
  toldOf,
  type Visitor,
} from '../route.ts'
import type { Render } from '../templates.ts'
import { matrixView, poolView, rowView } from '../views/matrix.ts'
import { chooseColumns, columnQuery } from '../views/matrix-columns.ts'
import { chooseHosts, matrixPath, matrixQuery } from '../views/matrix-query.ts'
import { pendingView } from '../views/pending.ts'
import { KIND_NAMES, nameOf, thingPath } from '../views/thing-name.ts'
import { hostPath, saySize } from '../views/words.ts'
import { checklistNow } from './boots.ts'

/** More rows than a browser scrolls through with ease; the filter says that there are more. */
const MOST_ROWS = 3000
/** In one request. */
export const MOST_FRESH_ROWS = 100

export function matrixRoutes(render: Render): readonly PageRoute[] {
  const { things } = CONTRACT
  const table = async (visitor: Visitor, { cells: kept }: PageDeps) => {
    const query = matrixQuery(visitor.query)
    const [all, whole] = await Promise.all([everyHost(visitor.ask), kept.now()])
    const columns = chooseColumns(whole.columns, query.columns)
    const cells = whole.picked(columns.isRefused ? [] : columns.places)
    const hosts = chooseHosts(all, query)
    const refused = columns.isRefused ? { said: columns.said, isRefused: true } : {}
    const chosen = { ...hosts, said: [hosts.said, columns.said].filter(Boolean).join('; '), ...(hosts.isRefused ? {} : refused) }
    const shown = chosen.hosts.slice(0, MOST_ROWS)
    const said = shown.length < chosen.hosts.length ? `${chosen.said}; the first ${MOST_ROWS} are shown` : chosen.said
    const view = matrixView(all, { ...chosen, said }, query, cells)
    return { all, query, view, rows: rowsOf(render, shown, cells) }
  }
  return [
    page('viewer', '/', async (visitor, deps) => {
      const [{ all, view, rows }, pending] = await Promise.all([table(visitor, deps), waiting(visitor)])
      const checklist = all.some(({ trust }) => trust === 'approved') ? undefined : await checklistNow(visitor)
      return {
        kind: 'long-page',
        page: 'matrix',
        title: 'Hosts',
        view: { ...view, pool: poolView(all), pending, checklist, ...pendingRights(visitor) },
        rows,
      }
    }),
    fragment('viewer', '/matrix', async (visitor, deps) => {
      const { view, rows, query } = await table(visitor, deps)
      if (view.isRefused) return { kind: 'fragment', html: render('_filter-said', view), headers: { 'HX-Reswap': 'none' } }
      const html = `${render('_filter-said', view)}${render('_matrix', view).replace(ROWS, () => [...rows].join(''))}`
      return { kind: 'fragment', html, headers: { 'HX-Replace-Url': matrixPath(query) } }
    }),
    fragment('viewer', '/rows', async ({ query, ask }, { cells: kept }) => {
      const ids = query.getAll('id').slice(0, MOST_FRESH_ROWS)
      const [whole, ...shown] = await Promise.all([kept.now(), ...ids.map((ref) => ask(hosts.show, { ref }).then(toldIfThere))])
      const cells = whole.picked(chooseColumns(whole.columns, columnQuery(query)).places)
      const html = shown.map((host) => (host ? render('_row', rowView(host, cells)) : '')).join('')
      return { kind: 'fragment', html, headers: { 'X-Columns': cells.version } }
    }),
    fragment('viewer', '/cell', async ({ query, ask }) => {
      const [key, ref] = [query.get('key') ?? '', query.get('host') ?? '']
      const [host, all] = await Promise.all([ask(hosts.show, { ref }).then(toldIfThere), ask(things.list, {}).then(toldOf)])
      const thing = all.things.find((one) => one.key === key)
      if (!host || !thing) return notThere('This host or this thing is not there any more.')
      const cell = toldIfThere(await ask(things.cell, { key, ref }))
      const view = {
        host: host.name,
        path: hostPath(host),
        thing: nameOf(thing),
        key,
        detail: [thing.detail, saySize(thing.sizeBytes)].filter(Boolean).join(', '),
        kind: KIND_NAMES[thing.kind],
        thingPath: thingPath(thing),
        reached: cell?.reached ?? false,
        isKnown: cell !== undefined,
        why: cell?.why ?? 'it has not reported yet',
      }
      return { kind: 'fragment', html: render('_cell', view) }
    }),
    fragment('viewer', '/pool-now', async (visitor) => ({
      kind: 'fragment',
      html: render('_pool-now', { pool: poolView(await everyHost(visitor.ask)) }),
    })),
    fragment('viewer', '/live', async ({ query }) => {
      const since = query.get('since')
      return { kind: 'live', ...(since === null ? {} : { since }) }
    }),
    page('viewer', '/pending', async (visitor) => {
      return { kind: 'page', page: 'pending', title: 'Pending', view: { ...(await waiting(visitor)), ...pendingRights(visitor) } }
    }),
    actOn(hosts.admit, '/hosts/admit', {
      fields: ({ form }) => {
        const machines = form.getAll('machine').map((tick) => tick.split(' '))
        const names = field(form, 'names')
        return {
          hosts: machines.map(([ref = '', seen = '']) => ({ ref, ...(seen === '' ? {} : { seen }) })),
          ...(names === '' ? {} : { names }),
          groups: field(form, 'groups')
            .split(/[\s,]+/)
            .filter(Boolean),
        }
      },
      done: ({ admitted, refused }) => {
        const said = admitted.length === 0 ? [] : [`Approved: ${sayNames(admitted.map(({ name }) => name))}.`]
        const [first, ...others] = refused.map(({ name, reason }) => `${name}: ${reason}.`)
        if (first !== undefined && admitted.length === 0) return { kind: 'refused', status: 409, reason: [first, ...others].join(' ') }
        return acted([...said, ...(first === undefined ? [] : ['Not approved:', first, ...others])].join(' '), '/pending')
      },
      mostBytes: 256 << 10,
    }),
    fragment('viewer', '/pending/list', async (visitor) => ({
      kind: 'fragment',
      html: render('_pending', { ...(await waiting(visitor)), ...pendingRights(visitor), csrf: visitor.csrf }),
    })),
  ]
}

/** Where the rows go: no text of others has this, as `<` is escaped in all of it. */
export const ROWS = '<!--rows-->'

async function waiting(visitor: Visitor) {
  const [all, open] = await Promise.all([everyHost(visitor.ask), visitor.ask(CONTRACT.alarms.list, {})])
  return pendingView(all, toldOf(open).alarms)
}

const pendingRights = ({ who }: Visitor) => ({ mayApprove: mayOn(who, 'operator'), mayReject: mayOn(who, 'admin') })

function* rowsOf(render: Render, hosts: readonly Host[], cells: Parameters<typeof rowView>[1]): Generator<string> {
  for (const host of hosts) yield render('_row', rowView(host, cells))
}
