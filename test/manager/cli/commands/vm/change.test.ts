import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import type { VmChange, VmDetail } from '../../../../../manager/contract/vms.ts'
import { startFakeManager } from '../../fake-manager.ts'
import { run, settingFor } from '../../operator.ts'
import { poolData } from '../../pool-data.ts'

const WEB1: VmDetail = {
  ...{ uuid: '00000000-0000-4000-8000-000000000001', name: 'web1', state: 'running', vcpus: 1, memoryBytes: 2 ** 30 },
  ...{ networks: [], macs: [], groups: [], tags: [], notes: '' },
  spec: { name: 'web1', memory: '1G' },
  disks: [{ id: 'd', vdev: 'xvda', sizeBytes: 8 * 2 ** 30, access: 'read-write', state: 'ready', device: 'd', lv: 'l', vg: 'data' }],
}
const LATER: VmChange = { what: 'memory 1G → 8G', when: 'from its next start on', loses: 'nothing' }
const LOST: VmChange = { what: 'disk xvda removed, with all on it', when: 'at once', loses: 'data' }

async function start(t: ExecutionContext, changes: readonly VmChange[]) {
  const pool = { ...poolData(), vms: [WEB1], changes }
  const manager = await startFakeManager(t, pool)
  const setting = await settingFor(t, manager)
  const hostless = (line: string) => run(setting, ...line.split(' '))
  const changed = () => manager.asked.filter(({ id }) => id === 'vms.change' || id === 'vms.apply').map(({ input }) => input)
  return { setting, hostless, changed }
}

test('vm set says what a guest has only from its next start on, and asks for the rest; --dry-run asks for nothing', async (t) => {
  const { hostless, changed } = await start(t, [LATER])
  const dry = await hostless('vm set web1 --memory 8G --dry-run')
  t.regex(dry.out, /web1 +memory 1G → 8G +from its next start on/)
  t.deepEqual(changed(), [])
  const done = await hostless('vm set web1 --memory 8G --tag a --tag b --detach')
  t.deepEqual([done.code, done.err], [0, 'web1: memory 1G → 8G, from its next start on\n'])
  t.deepEqual(changed(), [{ ref: WEB1.uuid, change: { memory: 8 * 2 ** 30, tags: ['a', 'b'] } }])
  t.regex((await hostless('vm set web1')).err, /say what is to be other/)
})

test('what loses data is asked about, or needs --yes', async (t) => {
  const { setting, hostless, changed } = await start(t, [LOST])
  t.regex((await hostless('vm disk remove web1 xvda --detach')).err, /web1: disk xvda removed, with all on it\? Nobody is there/)
  t.is((await run({ ...setting, answers: ['no'] }, 'vm', 'disk', 'remove', 'web1', 'xvda')).code, 1)
  t.deepEqual(changed(), [])
  t.is((await hostless('vm disk remove web1 xvda --yes --detach')).code, 0)
  t.deepEqual(changed(), [{ ref: 'web1', change: { removeDisks: ['xvda'] } }])
})

test('each command says its change: a name, disks, NICs; a size may be said as by how much', async (t) => {
  const { hostless, changed } = await start(t, [LATER])
  for (const line of [
    'vm rename web1 shop1',
    'vm disk add web1 1G@data 2G@data/thin --image debian13',
    'vm disk grow web1 xvda +2G',
    'vm nic add web1 lan dmz=00:16:3E:00:00:01',
    'vm nic add web1 lan,filter=mac dmz=00:16:3E:00:00:01,filter=mac',
    'vm nic remove web1 00:16:3E:00:00:01',
  ])
    t.is((await hostless(`${line} --detach`)).code, 0, line)
  t.deepEqual(
    changed().map((input) => (input as { readonly change: object }).change),
    [
      { name: 'shop1' },
      {
        addDisks: [
          { size: '1G', pool: 'data', image: 'debian13' },
          { size: '2G', pool: 'data', thinPool: 'thin', image: 'debian13' },
        ],
      },
      { growDisks: [{ vdev: 'xvda', size: 10 * 2 ** 30 }] },
      { addNics: [{ network: 'lan' }, { network: 'dmz', mac: '00:16:3e:00:00:01' }] },
      {
        addNics: [
          { network: 'lan', filter: 'mac' },
          { network: 'dmz', mac: '00:16:3e:00:00:01', filter: 'mac' },
        ],
      },
      { removeNics: ['00:16:3e:00:00:01'] },
    ],
  )
  t.regex((await hostless('vm nic add web1 lan,filter=ip')).err, /"filter=ip" is not known; say lan, lan=MAC or lan,filter=mac/)
  t.regex((await hostless('vm disk grow web1 xvda big')).err, /big is no size/)
  t.regex((await hostless('vm disk grow web1 xvdq +1G')).err, /web1 has no disk xvdq: it has xvda/)
})

test('vm apply gives the whole of a file, and says where a guest is so already', async (t) => {
  const { setting, hostless, changed } = await start(t, [LATER])
  const home = setting.environment.HOME ?? ''
  await writeFile(join(home, 'web1.yaml'), 'name: web1\nmemory: 8G\n')
  t.is((await hostless(`vm apply -f ${join(home, 'web1.yaml')} --detach`)).code, 0)
  t.like(changed()[0], { ref: 'web1', spec: { name: 'web1', memory: 8 * 2 ** 30 } })
  const same = await start(t, [])
  const answer = await same.hostless(`vm apply -f ${join(home, 'web1.yaml')}`)
  t.deepEqual([answer.code, answer.out.trim(), same.changed().length], [0, 'It is so already: nothing changes.', 0])
})

test('vm set says what a guest boots by: a kernel, its line alone, or GRUB again, and not two of them', async (t) => {
  const { hostless, changed } = await start(t, [LATER])
  for (const words of ['--kernel debian', '--cmdline quiet', '--boot grub'])
    t.is((await hostless(`vm set web1 ${words} --detach`)).code, 0, words)
  t.deepEqual(
    changed().map((input) => (input as { readonly change: { readonly boot?: unknown } }).change.boot),
    [{ kernel: 'debian' }, { cmdline: 'quiet' }, 'grub'],
  )
  t.regex((await hostless('vm set web1 --boot grub --kernel debian')).err, /by --boot grub or by --kernel: say one/)
})
