import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import { LISTENER, parseLine } from '../../../../images/agent/addresses/listener.ts'
import { arp, MAC, neighbour } from './frames.ts'
import { canHaveNamespaces, type Namespace, namespaceFor } from './namespace.ts'

const inNamespace = canHaveNamespaces ? test : test.skip

test("a line of the listener's is a vif and a frame of its guest, and nothing else is one", (t) => {
  t.deepEqual(parseLine('listening'), { kind: 'listening' })
  t.deepEqual(parseLine(`vif3.0 ${arp().toString('hex')}`), { kind: 'sender', vif: 'vif3.0', sender: { mac: MAC, address: '10.0.0.5' } })
  for (const line of ['', 'vif3.0', 'eth0 00', `vif3.0 ${arp({ address: '0.0.0.0' }).toString('hex')}`, `vif3.0 ${'00'.repeat(99)}`])
    t.is(parseLine(line), undefined, line)
})

/** What it has said, a line each; and a wait for one of them. */
function linesOf({ child }: Namespace) {
  let said = ''
  child.stdout.on('data', (text: string) => {
    said += text
  })
  const heard = (line: string): Promise<void> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        if (!said.split('\n').includes(line)) return
        clearTimeout(limit)
        child.stdout.off('data', look)
        resolve()
      }
      const limit = setTimeout(() => reject(new Error(`${line} was not heard, but: ${said}`)), 30_000)
      child.stdout.on('data', look)
      look()
    })
  return { lines: () => said.split('\n').slice(0, -1), heard }
}

const line = (frame: Buffer, vif = 'vif7.0'): string => `${vif} ${frame.toString('hex')}`

inNamespace(
  'the listener hears what guests send, on vifs that come later, too; a sender once a minute, and nothing that goes to them',
  async (t) => {
    const namespace = namespaceFor(t, ...LISTENER)
    const { lines, heard } = linesOf(namespace)
    const { send, within } = namespace
    await heard('listening')
    const tagged = Buffer.concat([arp().subarray(0, 12), Buffer.from('81000064', 'hex'), arp({ address: '10.0.0.99' }).subarray(12)])
    const udp = neighbour()
    udp[20] = 17
    const [own, advertised, last] = [arp(), neighbour({ type: 136 }), arp({ address: '10.0.0.6' })]
    send('vif7.0', arp({ address: '10.0.0.98' }))
    send('guest7', tagged, udp, neighbour({ type: 134 }), own, arp({ target: '10.0.0.2' }), advertised, last)
    await heard(line(last))
    // The kernel of the test's own says that it has a link-local address.
    const ours = lines().filter((one) => one.includes('00163e000007'))
    t.deepEqual(
      ours,
      [own, advertised, last].map((frame) => line(frame)),
    )
    within('ip', 'link', 'add', 'vif12.1', 'type', 'veth', 'peer', 'name', 'guest12')
    for (const port of ['vif12.1', 'guest12']) within('ip', 'link', 'set', port, 'up')
    const again = setInterval(() => send('guest12', neighbour()), 300)
    await heard(line(neighbour(), 'vif12.1')).finally(() => clearInterval(again))
  },
)

inNamespace('a guest that floods costs a few lines a round', async (t) => {
  const namespace = namespaceFor(t, ...LISTENER)
  const { lines, heard } = linesOf(namespace)
  await heard('listening')
  const began = performance.now()
  for (let time = 0; time < 8; time += 1)
    namespace.send('guest7', ...Array.from({ length: 250 }, (_, index) => arp({ address: `10.1.${time}.${index + 1}` })))
  const rounds = (performance.now() - began) / 250 + 2
  t.true(lines().length <= 8 * rounds, `${lines().length} lines in at most ${rounds} rounds`)
})

inNamespace('a clock that is put back keeps no sender and no vif from being heard', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'listener-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  const back = join(folder, 'back')
  const [perl = '', flag = '', script = '', ...args] = LISTENER
  const clock = `BEGIN { *CORE::GLOBAL::time = sub () { CORE::time() - (-e '${back}' ? 7200 : 0) } }`
  const namespace = namespaceFor(t, perl, flag, `${clock}${script}`, ...args)
  const { lines, heard } = linesOf(namespace)
  const { send, within } = namespace
  await heard('listening')
  send('guest7', arp())
  await heard(line(arp()))
  writeFileSync(back, '')
  within('ip', 'link', 'add', 'vif12.1', 'type', 'veth', 'peer', 'name', 'guest12')
  for (const port of ['vif12.1', 'guest12']) within('ip', 'link', 'set', port, 'up')
  const again = setInterval(() => send('guest12', neighbour()), 300)
  send('guest7', arp())
  await heard(line(neighbour(), 'vif12.1')).finally(() => clearInterval(again))
  t.is(lines().filter((one) => one === line(arp())).length, 2)
})
