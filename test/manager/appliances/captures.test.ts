// Captures of boots: from an appliance to the manager, and by the command line into a file.
import { readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import test, { type ExecutionContext } from 'ava'
import { CAPTURES_OF_A_MAC, CAPTURES_OF_STRANGERS } from '../../../manager/store/tables/captures.ts'
import { newHostId } from '../../../manager/store/tables/hosts.ts'
import { run } from '../cli/operator.ts'
import { type ApiSite, startApiSite } from '../doors/api/asking.ts'
import { macOf, post, pushBoot, type Site, startTestAgent, until } from '../site.ts'
import { onEach } from '../store/dialects.ts'

const A = { id: 'a'.repeat(16), version: '0.1.0', address: '127.0.0.1' }
const B = { ...A, id: 'b'.repeat(16) }
const FILE = Buffer.from('the packets of a boot')

const captureOf = (mac: string, changed: object = {}) => ({
  ...{ attempt: newHostId(), mac, known: true, cause: 'stuck', began: Date.now() - 2000, ended: Date.now() },
  ...{ packets: 812, missed: 3, bytes: FILE.length, ...changed },
})

const push = async (site: Site, appliance: object, capture: object, gzip = gzipSync(FILE).toString('base64')) =>
  (
    await post(site.address, '/appliance/captures', JSON.stringify({ appliance, capture, gzip }), {
      authorization: `Bearer ${site.secret}`,
    })
  ).status

async function hostBy(t: ExecutionContext, site: Site, mac: ReturnType<typeof macOf>) {
  startTestAgent(t, async () => site.address, await pushBoot(site, mac), { macs: [mac] })
  return until('the host', () => site.manager.pool.hosts().find(({ macs }) => macs[0]?.mac === mac))
}

async function listed(site: ApiSite) {
  const asked = await site.as('viewer')('GET', '/captures')
  return JSON.parse(asked.text) as { captures: { attempt: string; mac: string; hostName?: string }[]; orders: object[] }
}

onEach(
  'captures are bounded, of a machine and of all that are no hosts; the same again, and another’s, change nothing',
  async (t, place) => {
    const site = await startApiSite(t, { enrol: 'auto', ...place })
    await hostBy(t, site, macOf(1))
    const own = Array.from({ length: CAPTURES_OF_A_MAC + 2 }, (_, index) => captureOf(macOf(1), { ended: Date.now() - 1000 + index }))
    for (const capture of own) t.is(await push(site, A, capture), 204)
    for (let index = 0; index < CAPTURES_OF_STRANGERS + 3; index += 1)
      await push(site, A, captureOf(macOf(100 + index), { ended: Date.now() + index }))
    const { captures } = await listed(site)
    t.is(captures.filter(({ mac }) => mac !== macOf(1)).length, CAPTURES_OF_STRANGERS)
    t.deepEqual(
      captures.filter(({ mac }) => mac === macOf(1)).map(({ attempt, hostName }) => [attempt, hostName]),
      own
        .slice(2)
        .reverse()
        .map(({ attempt }) => [attempt, 'node01']),
    )
    const newest = own.at(-1) ?? captureOf(macOf(1))
    t.is(await push(site, A, newest), 204)
    t.is(await push(site, B, { ...newest, ended: newest.ended + 1 }), 204)
    t.is(await push(site, A, { ...newest, mac: macOf(2), ended: newest.ended + 1 }), 204)
    t.deepEqual((await listed(site)).captures, captures)
    t.is(await push(site, A, captureOf(macOf(1)), '<html>'), 400)
    t.is(await push(site, A, captureOf(macOf(1), { cause: 'curiosity' })), 400)
  },
)

test('an operator orders a capture, finds it, and gets its file; a viewer sees that it is there; each is in the audit log', async (t) => {
  const site = await startApiSite(t, { enrol: 'auto' })
  const { id } = await hostBy(t, site, macOf(1))
  const { address, port, authority } = site.address
  const ca = join(site.dataDir, 'ca.pem')
  await writeFile(ca, authority)
  const as = (role: 'viewer' | 'operator', ...argv: string[]) => {
    const named = { HOSTLESS_MANAGER: `https://${address}:${port}`, HOSTLESS_TOKEN: site.tokens[role], HOSTLESS_CA: ca }
    return run({ environment: { HOME: site.dataDir, ...named }, columns: 80 }, ...argv)
  }
  const file = join(site.dataDir, 'boot.pcapng')
  const none = await as('operator', 'boot', 'capture', 'node01', '--output', file)
  t.is(none.code, 4)
  t.regex(none.err, /no capture of node01 is kept .* order that of its next boot: hostless boot capture node01 --order/)
  t.is((await as('viewer', 'boot', 'capture', 'node01', '--order')).code, 1)
  const ordered = await as('operator', 'boot', 'capture', 'node01', '--order')
  t.deepEqual([ordered.code, ordered.err], [0, ''])
  t.regex((await as('operator', 'boot', 'capture', 'node01')).err, /one is ordered since .*, and waits for its boot/)
  t.regex((await as('viewer', 'boot', 'captures')).out, /^node01 +waits /m)

  const capture = captureOf(macOf(1), { cause: 'ordered', ended: Date.now() + 1000 })
  t.is(await push(site, A, capture), 204)
  await push(site, B, captureOf(macOf(9)))
  const table = (await as('viewer', 'boot', 'captures')).out
  t.regex(table, /node01 +ordered .* 812/)
  t.notRegex(table, /waits/)
  t.regex(table, /52:54:00:77:00:09 +stuck/)
  for (const line of table.split('\n')) t.true(line.length <= 80, line)
  t.is((await as('viewer', 'boot', 'capture', 'node01', '--output', file)).code, 1)
  const got = await as('operator', 'boot', 'capture', 'node01', '--output', file)
  t.is(got.code, 0, got.err)
  t.regex(got.out, /812 packets \(21 B\); 3 packets of the middle not, of the boot of .*, as ordered\ntshark -r /)
  t.deepEqual(await readFile(file), FILE)
  t.is((await stat(file)).mode & 0o777, 0o600)
  t.is((await as('operator', 'boot', 'capture', macOf(9), '--output', file)).code, 0)

  // A capture of another machine is none of this host.
  const { captures } = await listed(site)
  const stranger = captures.find(({ mac }) => mac === macOf(9))?.attempt
  t.is((await site.as('operator')('POST', `/captures/${stranger}/fetch`, { host: id })).status, 404)
  const said = (await site.manager.access.auditTrail(20)).entries.map(({ what }) => what)
  t.true(
    said.some((what) => /^order a capture of the boot of host node01 \(/.test(what)),
    said.join('\n'),
  )
  t.true(
    said.some((what) => what.startsWith(`fetch the capture of boot ${capture.attempt} of host node01 (`)),
    said.join('\n'),
  )
  t.regex(JSON.stringify(await site.manager.pool.history(id)), /ordered a capture of its boot/)
})
