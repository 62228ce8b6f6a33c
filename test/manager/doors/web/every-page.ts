// Every page there is, in a browser: those that have an address, and those that only come after a form. Of a pool in which something is on
// each of them.
import { readdirSync } from 'node:fs'
import type { Page } from 'playwright-core'
import { codeOf, stepAt } from '../../../../manager/access/second-factor/totp.ts'
import { BEGUN, runningAutomation } from '../../fake-automations.ts'
import { wavesOf } from '../../fake-measures.ts'
import { runningTask } from '../../fake-tasks.ts'
import { awayGuest } from '../../fake-vms.ts'
import type { Place } from './coming-by-issuer.ts'
import { fakeGuest, uuidOfGuest } from './fake-guests.ts'
import { idOf } from './fake-hosts.ts'
import { type FakePool, fakePool } from './fake-pool.ts'
import { PASSWORD, type PageServer, USERS } from './page-server.ts'

const [HOST, GUEST] = [`/hosts/${idOf(1)}`, `/guests/${uuidOfGuest(1)}`]

/** Where the page of each route is, written by hand: a route that is added and not written here fails a test. */
export const ADDRESSES: Readonly<Record<string, string>> = {
  '/signin': '/signin',
  '/first-admin': '/first-admin?code=abcd-efgh',
  '/signin/oidc': '/signin/oidc',
  '/signin/oidc/back': '/signin/oidc/back?state=of-another-day',
  '/': '/',
  '/pending': '/pending',
  '/hosts/:ref': HOST,
  '/hosts/:ref/evacuate': `${HOST}/evacuate`,
  '/hosts/:ref/bring-home': `${HOST}/bring-home`,
  '/boots': '/boots',
  '/checklist': '/checklist',
  '/guests': '/guests',
  '/guests/new': '/guests/new',
  '/guests/:ref': GUEST,
  '/guests/:ref/console': `${GUEST}/console`,
  '/guests/:ref/move': `${GUEST}/move`,
  '/networks': '/networks',
  '/storage': '/storage',
  '/vm-images': '/vm-images',
  '/cpu': '/cpu',
  '/alarms': '/alarms',
  '/notifications': '/notifications',
  '/site': '/site',
  '/tasks': '/tasks',
  '/tasks/:id': '/tasks/task1',
  '/automations': '/automations',
  '/automations/:id': '/automations/wait1',
  '/account': '/account',
  '/users': '/users',
  '/audit': '/audit',
}
const BEFORE_SIGN_IN: ReadonlySet<string> = new Set(['/signin', '/first-admin', '/signin/oidc', '/signin/oidc/back'])
export const NOWHERE = '/nope'

/** The names of all pages, by their templates. */
export const PAGE_NAMES: readonly string[] = readdirSync(new URL('../../../../templates/pages/', import.meta.url))
  .filter((file) => /^[a-z][a-z-]*\.hbs$/.test(file))
  .map((file) => file.replace('.hbs', ''))

export function fullPool(hosts = 20): FakePool {
  const pool = fakePool(hosts)
  for (let number = 1; number <= 4; number += 1) pool.vms.push(fakeGuest(number))
  const began = Date.now()
  pool.measures = (last) => wavesOf(last, began)
  pool.away.push(awayGuest('web1'), awayGuest('db'))
  const undo = { step: '3', what: 'remove the disk', command: 'hostless vm destroy web1', state: 'open' } as const
  pool.automations.push(
    runningAutomation('run1', { title: 'make VG data on node0001', noReturn: 'look' }),
    runningAutomation('wait1', { state: 'needs-operator', reason: 'could not remove the disk: it is broken', undos: [undo] }),
    runningAutomation('done1', { state: 'done', ended: BEGUN + 3000, mayAbort: 'no: it has ended' }),
  )
  pool.tasks.push(runningTask('task1'), runningTask('task2', { state: 'failed', reason: 'it is no disk image', ended: BEGUN + 1000 }))
  const often = { raised: began - 3_600_000, last: began - 60_000, times: 3 }
  const shared = Array.from({ length: hosts - 4 }, (_, at) => idOf(at + 2))
  pool.raise({ ...often, key: 'connection-failed c1', kind: 'connection-failed', host: null, hosts: shared, text: 'a portal is away' })
  pool.raise({ ...often, key: 'disk-failing y', kind: 'disk-failing', host: idOf(1), text: 'sda of node0002 foretells its failure' })
  pool.raise({ ...often, key: 'sibling-differs x', kind: 'sibling-differs', host: idOf(5), text: 'node0006 has less memory' })
  Object.assign(pool.plan, {
    ...{ way: 'live', from: { host: idOf(1), name: 'node0002' }, to: { host: idOf(2), name: 'node0003' } },
    ...{ network: '10.77.0.0/24', megabits: 10_000, takesMs: 9200 },
    steps: [{ what: 'mirror xvda over 10.77.0.0/24', undo: 'take the mirror down' }, { what: 'hand over: no way back from here on' }],
    others: {
      fits: [{ host: idOf(2), name: 'node0003' }],
      refused: [{ host: idOf(3), name: 'node0004', why: [{ code: 'no-vg', reason: 'it has no VG data' }] }],
    },
  })
  return pool
}

/** By templates of PAGE_NAMES, those within a page among them. */
export async function pageNamesOn(page: Page): Promise<readonly string[]> {
  const [, name = ''] = /\bpage-([a-z-]+)/.exec((await page.getAttribute('body', 'class')) ?? '') ?? []
  const within = [
    ...((await page.locator('#chosen .chosen-names.begun').count()) > 0 ? ['guests-begun'] : []),
    ...((await page.locator('#chosen .chosen-names:not(.begun)').count()) > 0 ? ['guests-chosen'] : []),
  ]
  return [name, ...within]
}

/**
 * `seen` is called on each, with what to call it; the admin of `server` has a second factor afterwards. `fresh`: one without users.
 * Rejects where a page is not as it must be.
 */
export async function visitAll(
  page: Page,
  { server: { origin }, issuer }: Place,
  fresh: PageServer,
  seen: (what: string) => Promise<void>,
): Promise<void> {
  const goTo = async (path: string, status = 200): Promise<void> => {
    const answer = await page.goto(origin + path)
    if (answer?.status() !== status) throw new Error(`${path} answers ${answer?.status()}`)
  }
  const send = async (form: string, fields: Readonly<Record<string, string>>, status = 200, on = origin): Promise<void> => {
    for (const [name, value] of Object.entries(fields)) await page.fill(`form[action="${form}"] [name=${name}]`, value)
    const answered = page.waitForResponse((response) => response.url() === on + form)
    await page.click(`form[action="${form}"] button`)
    if ((await answered).status() !== status) throw new Error(`${form} answers ${(await answered).status()}`)
    await page.waitForLoadState()
  }
  const alice = { user: USERS.admin, password: PASSWORD }

  await page.goto(`${fresh.origin}${ADDRESSES['/first-admin']}`)
  await seen('first admin')
  await send('/first-admin', { ...alice, code: 'abcd-efgh' }, 403, fresh.origin)
  await seen('first admin, refused')
  await goTo(ADDRESSES['/first-admin'] ?? '', 410)
  await seen('first admin, over')
  await goTo('/signin')
  await seen('sign in')
  await send('/signin', { ...alice, password: 'not it, not it' }, 401)
  await seen('sign in, refused')
  await send('/signin', alice, 303)
  await page.waitForSelector('#live.on', { state: 'attached' })
  for (const [route, path] of Object.entries(ADDRESSES)) {
    if (BEFORE_SIGN_IN.has(route)) continue
    await goTo(path)
    await seen(path)
  }
  await goTo(NOWHERE, 404)
  await seen(NOWHERE)

  await goTo('/guests')
  await page.check(`#k-${uuidOfGuest(1)}`)
  await page.check(`#k-${uuidOfGuest(2)}`)
  await page.click('button[value=destroy]')
  await page.waitForSelector('#chosen .chosen-names:not(.begun)')
  await seen('guests that are chosen')
  await page.click('#chosen button.danger')
  await page.waitForSelector('#chosen .chosen-names.begun')
  await seen('guests, begun')

  await goTo('/account')
  await send('/tokens', { label: 'of the test' })
  await seen('a new token')
  await goTo('/account')
  await send('/account/second-factor', { password: PASSWORD })
  await seen('second factor')
  const secret = (await page.locator('code.secret').first().textContent()) ?? ''
  await send('/account/second-factor/confirm', { code: codeOf(bytesOf(secret.replaceAll(' ', '')), stepAt(Date.now())) })
  await seen('recovery codes')
  const recovery = (await page.locator('main li code').first().textContent()) ?? ''
  for (const path of ['/account', '/users']) {
    await goTo(path)
    await page.click('details.asks summary')
    await seen(`${path} with a second factor`)
  }
  await page.evaluate('document.querySelector("form[action=\'/signout\']").requestSubmit()')
  await page.waitForURL(`${origin}/signin`)
  await send('/signin', alice)
  await seen('sign in with a code')
  await send('/signin/code', { code: '000000' }, 401)
  await seen('sign in with a code, refused')
  await send('/signin/code', { code: recovery }, 303)
  await page.waitForSelector('#live.on', { state: 'attached' })

  await page.context().clearCookies()
  await goTo(ADDRESSES['/signin/oidc/back'] ?? '', 401)
  await seen('a way back that was not begun')
  issuer.error = 'access_denied'
  await goTo(ADDRESSES['/signin/oidc'] ?? '', 403)
  await seen('refused by the issuer')
  issuer.error = undefined
  issuer.showsPage = true
  // It goes on by itself at once, but for this.
  await page.route(/oidc\/back/, async (route) => {
    const response = await route.fetch({ maxRedirects: 0 })
    const { refresh: _, ...headers } = response.headers()
    await route.fulfill({ response, headers })
  })
  await goTo(ADDRESSES['/signin/oidc'] ?? '')
  await page.click('text=It is me')
  await page.waitForSelector('.page-signed-in')
  await seen('signed in by the issuer')
}

/** Of base32, as authenticator apps take it. */
function bytesOf(secret: string): Buffer {
  const bits = [...secret].map((letter) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(letter).toString(2).padStart(5, '0')).join('')
  return Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)))
}
