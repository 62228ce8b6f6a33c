import { readFile } from 'node:fs/promises'
import test from 'ava'
import { wholeHostReport } from '../../../../manager/cli/commands/host/reports/whole.ts'
import { compilePages, TEMPLATE_NAMES } from '../../../../manager/doors/web/templates.ts'
import { hostNowView } from '../../../../manager/doors/web/views/host.ts'
import { pendingView } from '../../../../manager/doors/web/views/pending.ts'
import { shownIn } from '../../hosts/conditions.ts'
import { fakeHost } from './fake-hosts.ts'

const AS_OPERATOR = { guests: [], alarms: [], away: [], who: { role: 'operator' } } as const
const AS_ADMIN = { ...AS_OPERATOR, who: { role: 'admin' } } as const

const MACS = ['52:54:00:77:00:01', '52:54:00:77:01:01'] as const
const [BOOT, SPARE] = MACS
const change = {
  at: 0,
  differs: ['its serial number is NEW1, and was OLD1'],
  was: {
    uuid: 'old-uuid',
    serial: 'OLD1',
    product: 'R640',
    macs: [
      { mac: BOOT, boot: true },
      { mac: SPARE, boot: false },
    ],
  },
  is: { serial: 'NEW1', product: 'R650', macs: [{ mac: SPARE, boot: true }] },
}

const render = async () => {
  const read = async (name: string) =>
    [name, await readFile(new URL(`../../../../templates/pages/${name}.hbs`, import.meta.url), 'utf8')] as const
  return compilePages(Object.fromEntries(await Promise.all(TEMPLATE_NAMES.map(read))))
}

test('who boots as a host and is another is shown beside what was known, with one button', async (t) => {
  const page = await render()
  const host = { ...fakeHost(1, true), change, seen: '0123456789abcdef' }
  const rights = { csrf: 'x', mayApprove: true, mayReject: false }
  const pending = page('_pending', { ...pendingView([host], []), ...rights })
  const now = page('_host-now', { ...hostNowView(host, AS_OPERATOR), csrf: 'x' })
  for (const html of [pending, now]) {
    t.regex(html, /UUID<\/th><td>old-uuid<\/td><td>not told<\/td>/)
    t.regex(html, /Serial<\/th><td>OLD1<\/td><td>NEW1<\/td>/)
    t.regex(html, /Product<\/th><td>R640<\/td><td>R650<\/td>/)
    t.regex(html, new RegExp(`Boots from</th><td>${BOOT}</td><td>${SPARE}</td>`))
    t.regex(html, /action="\/hosts\/[^"]+\/approve".*name="seen" value="0123456789abcdef"/)
  }
  const unchanged = page('_pending', { ...pendingView([fakeHost(1, true)], []), ...rights })
  t.notRegex(unchanged, /Another machine/)
})

test('a fenced host waits for approval, too, when another machine boots as it', (t) => {
  const host = { ...fakeHost(1, false), ...shownIn('fenced') }
  const waiting = { ...host, trust: 'pending', change } as const
  t.deepEqual(
    hostNowView(waiting, AS_OPERATOR).actions.map(({ name }) => name),
    ['approve'],
  )
  t.deepEqual(
    hostNowView(host, AS_OPERATOR).actions.map(({ name }) => name),
    ['release'],
  )
  t.is(pendingView([host], []).count, 0)
  t.is(pendingView([waiting], []).count, 1)
})

test('a host that is in maintenance and lost is said to be both, and maintenance can be ended; a fence is shown with its proof', async (t) => {
  const page = await render()
  const now = (changed: object) => page('_host-now', { ...hostNowView({ ...fakeHost(1, false), ...changed }, AS_ADMIN), csrf: 'x' })
  const lost = now({ ...shownIn('lost'), service: 'maintenance' })
  t.regex(lost, /<span class="state lost">lost<\/span> <span class="state beside">in maintenance<\/span>/)
  t.regex(lost, /\/resume"/)
  t.notRegex(now(shownIn('up')), /beside|\/resume"/)
  const fenced = now({ ...shownIn('fenced'), proof: 'its plug is in my <hand>' })
  t.regex(fenced, /Fenced, as its plug is in my &lt;hand&gt;/)
  t.notRegex(fenced, /\/fence"/)
  t.regex(now({ ...shownIn('fenced'), presence: 'lost' }), /\/fence"/)
  const cordon = { reason: 'evacuated by automation x', who: 'automation x', at: 0 }
  t.regex(now({ ...shownIn('up'), service: 'evacuating', cordon }), /Its guests go, and it is cordoned: evacuated by automation x/)
})

test('`hostless host show` has both, fact by fact', (t) => {
  const whole = { inventory: undefined, guests: [], alarms: [] }
  const of = (host: Parameters<typeof wholeHostReport>[0]['host']) =>
    wholeHostReport({ ...whole, host }).sections.find(({ name }) => name === 'change')?.rows
  t.is(of(fakeHost(1, true)), undefined)
  t.like(of({ ...fakeHost(1, true), change })?.[1], { fact: 'serial number', was: 'OLD1', is: 'NEW1' })
})
