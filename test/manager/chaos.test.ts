import { connect, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import test from 'ava'
import { enrolRaw, rawAgent, rawIdentity } from './raw-agent.ts'
import { EMPTY, macOf, pushBoot, type Site, startSite, startTestAgent, until, uuidOf } from './site.ts'

const MANY = 100

interface Nuisance {
  readonly socket: Socket
  readonly closed: () => boolean
}

function watched(socket: Socket): Nuisance {
  let closed = false
  socket.on('error', () => undefined)
  socket.on('data', () => undefined)
  socket.on('close', () => {
    closed = true
  })
  return { socket, closed: () => closed }
}

const NUISANCES: readonly [what: string, open: (site: Site) => Nuisance][] = [
  ['connections that say nothing', ({ address }) => watched(connect(address.port, address.address))],
  [
    'half a TLS handshake',
    ({ address }) => {
      const socket = connect(address.port, address.address)
      socket.on('connect', () => socket.write(Buffer.from('16030100c8010000c40303', 'hex')))
      return watched(socket)
    },
  ],
  [
    'requests whose headers come a byte at a time',
    ({ address: { address, port, authority } }) => {
      const socket = connectTls({ host: address, port, ca: authority })
      const text = 'GET / HTTP/1.1\r\nhost: x\r\nx: '.padEnd(10_000, 'y')
      let at = 0
      const drip = setInterval(() => socket.write(text.charAt(at++)), 50)
      socket.on('close', () => clearInterval(drip))
      return watched(socket)
    },
  ],
  [
    'a body that never ends',
    ({ address: { address, port, authority }, secret }) => {
      const socket = connectTls({ host: address, port, ca: authority })
      const head = `POST /appliance/attempts HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${secret}\r\ncontent-length: 1000\r\n\r\n{`
      socket.on('secureConnect', () => socket.write(head))
      return watched(socket)
    },
  ],
]

for (const [what, open] of NUISANCES) {
  test(`${MANY} × ${what}: they are cut off, and a host beside them goes on reporting`, async (t) => {
    const site = await startSite(t, { settings: { patience: 1500 } })
    const { pool } = site.manager
    const agent = startTestAgent(t, async () => site.address, await pushBoot(site, macOf(1)), { macs: [macOf(1)] })
    const host = await until('the honest host', () => pool.hosts().find((one) => one.connection && one.inventory))
    const nuisances = Array.from({ length: MANY }, () => open(site))
    t.teardown(() => {
      for (const { socket } of nuisances) socket.destroy()
    })
    const wanted = agent.change({ memory: { totalBytes: 7 } })
    await until('its report, in the midst of it', () => pool.host(host.id)?.inventory?.revision === wanted)
    await until('all are cut off', () => nuisances.every(({ closed }) => closed()), 60_000)
    t.truthy(pool.host(host.id)?.connection)
  })
}

test('names that would act in a page, a shell or a database are kept as they are and act nowhere', async (t) => {
  const site = await startSite(t)
  const { pool } = site.manager
  const names = [
    '<script>alert(1)</script>',
    "'; DROP TABLE hosts; --",
    '$' + '{process.exit(1)} && reboot `reboot` $(reboot)',
    '__proto__',
    '../../../etc/passwd',
    '%n%s%x',
    'ﷺ'.repeat(100),
  ]
  for (const [at, product] of names.entries()) {
    const agent = startTestAgent(t, async () => site.address, await pushBoot(site, macOf(at + 1)), { macs: [macOf(at + 1)] })
    agent.change({
      dmi: { product, manufacturer: product, firmwareVersion: product.slice(0, 128), memoryModules: [] },
      vgs: [],
      fileSystems: [{ on: product, type: 'ext4', label: product, mountPoints: [] }],
      bridges: [{ name: product.slice(0, 120), link: 'up', stp: false, vlanFiltering: false, ports: [] }],
      guests: EMPTY.guests,
    })
  }
  const told = await until('all of them', () => {
    const hosts = pool.hosts().filter(({ inventory }) => inventory?.revision === 2)
    return hosts.length === names.length && hosts
  })
  const kept = await Promise.all(told.map(async ({ id }) => (await pool.inventory(id))?.dmi.product))
  t.deepEqual([...kept].sort(), [...names].sort())
  await pool.tick()
  t.is((await pool.matrix()).hosts().length, names.length)
  t.is(Object.getPrototypeOf({}), Object.prototype)
})

test('a host that names what is not printable is cut off with an alarm, and its hosts’ names stay clean', async (t) => {
  const site = await startSite(t)
  const { pool } = site.manager
  const key = rawIdentity()
  const enrolled = await enrolRaw(site.address, await pushBoot(site, macOf(2)), [macOf(2)], key)
  if (enrolled.kind !== 'enrolled') return t.fail(enrolled.reason)
  const run = uuidOf(1)
  for (const product of ['\u001b]0;owned\u0007', '\u202egnp.exe', 'a\nb', '\ud800']) {
    const code = await rawAgent(site.address, enrolled.certificates, key, (send) => {
      send(JSON.stringify({ kind: 'hello', versions: { oldest: 1, newest: 1 }, agent: 'x', run, revision: 1 }))
      send(JSON.stringify({ kind: 'inventory', run, revision: 1, inventory: { ...EMPTY, dmi: { product, memoryModules: [] } } }))
    })
    t.is(code, 1008, JSON.stringify(product))
  }
  await until('the alarm, counted', async () => (await pool.alarms()).some(({ kind, times }) => kind === 'agent-refused' && times === 4))
  t.is(pool.hosts()[0]?.inventory, undefined)
})
