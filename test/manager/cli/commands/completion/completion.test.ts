import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { execa, execaSync } from 'execa'
import type { VmDetail } from '../../../../../manager/contract/vms.ts'
import { startFakeManager } from '../../fake-manager.ts'
import { run, settingFor } from '../../operator.ts'
import { hostOf, poolData } from '../../pool-data.ts'
import { commandIn, startOnTerminal } from '../../started.ts'

const SHOP: VmDetail = {
  ...{ uuid: '00000000-0000-4000-8000-000000000001', name: 'shop', state: 'running', vcpus: 1, memoryBytes: 2 ** 30, hostName: 'node01' },
  ...{ networks: [], macs: [], groups: [], tags: [], notes: '', spec: { name: 'shop', memory: '1G' }, disks: [] },
}

async function start(t: ExecutionContext) {
  const pool = poolData()
  pool.vms.push(SHOP, { ...SHOP, uuid: '00000000-0000-4000-8000-000000000002', name: 'old', state: 'stopped', hostName: 'node02' })
  pool.networks.push({ ...{ name: 'lan', bridge: 'xenbr0', bridges: {}, created: 0, createdBy: 'ada' }, hosts: [], unread: [], vms: 1 })
  pool.hosts.push(hostOf(8, { name: '$(reboot)' }), hostOf(9, { name: 'a b', groups: ['x;y'] }))
  const manager = await startFakeManager(t, pool)
  const setting = await settingFor(t, manager)
  const words = async (...line: string[]): Promise<readonly string[]> => {
    const { out, code, err } = await run(setting, 'completion', 'words', '--', ...line)
    t.deepEqual([code, err], [0, ''])
    return out
      .split('\n')
      .slice(1, -1)
      .map((each) => each.split('\t')[0] ?? '')
  }
  return { ...setting, setting, words, manager }
}

test('completes commands, options and choices', async (t) => {
  const { words } = await start(t)
  t.deepEqual(await words('hos'), ['hostlist', 'hoststats', 'host'])
  t.deepEqual(await words('host', 're'), ['reject', 'resume', 'release', 'rename'])
  t.deepEqual(await words('host', 'list', '--w'), ['--watch'])
  t.deepEqual(await words('host', 'list', '--output', ''), ['table', 'wide', 'name', 'json', 'yaml', 'csv', 'xml'])
  t.deepEqual(await words('host', 'list', '-o', 'j'), ['json'])
  t.deepEqual(await words('host', 'list', '--columns', 'host,st'), ['host,state'])
  t.deepEqual(await words('host', 'list', '--sort=host,-st'), ['--sort=host,-state'])
  t.deepEqual(await words('host', 'list', '--sort', '-mem'), [])
  t.deepEqual(await words('hostlist', '--sort', '-mem'), ['-memory', '-memoryused'])
  t.deepEqual(await words('host', 'list', '--output=j'), ['--output=json'])
  t.deepEqual(await words('nonsense', ''), [])
  t.deepEqual(await words('user', 'add', ''), [])
})

test('completes hosts, groups, things, guests and users that the manager knows, in every term of a selector', async (t) => {
  const { words } = await start(t)
  t.deepEqual(await words('host', 'show', 'node0'), ['node01', 'node02', 'node03', 'node04', 'node05', 'node06', 'node07'])
  t.deepEqual(await words('host', 'show', 'node01,-@ra'), ['node01,-@rack3', 'node01,-@rack4'])
  t.deepEqual(await words('hostlist', '--output', 'json', '@w'), ['@web'])
  t.deepEqual(await words('host', 'group', 'node01', '-s'), ['-spinning-disks', '-ssd'])
  t.deepEqual(await words('vmlist', 'node01/w'), ['node01/web1'])
  t.deepEqual(await words('host', 'find', '--network', 'vlan:2'), ['vlan:200'])
  t.deepEqual(await words('cpu', 'explain', 'node01', 'node06'), ['node06'])
  t.deepEqual(await words('user', 'remove', 'g'), ['grace'])
})

test('completes guests of the manager, also those that run nowhere, their networks, VGs and tasks, where a command means them', async (t) => {
  const { words } = await start(t)
  for (const line of [['vm', 'start'], ['migrate'], ['vm', 'console'], ['vm', 'disk', 'add'], ['vm', 'history', '--guest']])
    t.deepEqual(await words(...line, 'sho'), ['shop'], line.join(' '))
  t.deepEqual(await words('migrate', 'node01/'), ['node01/shop'])
  t.deepEqual(await words('migrate', 'shop', '--to', 'node02'), ['node02'])
  t.deepEqual(await words('vm', 'nic', 'add', 'shop', ''), ['lan'])
  t.deepEqual(await words('vm', 'rename', 'shop', ''), [], 'a new name is nobody’s')
})

test('names that a shell would take for something else are never offered', async (t) => {
  const { words } = await start(t)
  t.deepEqual(await words('host', 'show', '$'), [])
  t.deepEqual(await words('host', 'show', 'a'), [])
  t.deepEqual(await words('host', 'show', '@x'), [])
})

test('is silent when nobody is logged in or the manager is away', async (t) => {
  const { manager, environment } = await start(t)
  await manager.close()
  for (const env of [environment, { HOME: environment.HOME ?? '' }]) {
    t.deepEqual(await run({ environment: env }, 'completion', 'words', '--', 'host', 'show', ''), { code: 0, out: 'words\n', err: '' })
  }
})

test('bash completes by it, words with : and @ too', async (t) => {
  const { environment, home, setting } = await start(t)
  const script = join(home, 'completion.bash')
  await writeFile(script, (await run(setting, 'completion', 'bash')).out)
  const complete = async (line: string): Promise<readonly string[]> => {
    // biome-ignore lint/suspicious/noTemplateCurlyInString: it is the shell's
    const code = 'source "$1"; COMP_LINE=$2; COMP_POINT=1000; COMP_WORDS=($2); _hostless 2>/dev/null; printf "%s\\n" "${COMPREPLY[@]}"'
    const PATH = `${await commandIn(home)}:${process.env.PATH}`
    const { stdout } = await execa('bash', ['--norc', '-c', code, 'bash', script, line], { env: { ...environment, PATH } })
    return stdout.split('\n')
  }
  t.deepEqual(await complete('hostless cpu e'), ['explain'])
  t.deepEqual(await complete('hostless host show node01,node07'), ['node01,node07'])
  t.deepEqual(await complete('hostless host list @ra'), ['rack3', 'rack4'])
  t.deepEqual(await complete('hostless network show vlan:1'), ['100'])
  t.deepEqual(await complete("hostless host show 'node07"), ['node07'])
})

test('bash at a terminal: what Tab writes is what runs', async (t) => {
  const { environment, home, setting } = await start(t)
  const script = join(home, 'completion.bash')
  await writeFile(script, (await run(setting, 'completion', 'bash')).out)
  const PATH = `${await commandIn(home)}:${process.env.PATH}`
  const bash = startOnTerminal(t, { ...environment, PATH, PS1: 'ready> ' }, 'bash --norc --noprofile -i')
  await bash.says(/ready> /)
  bash.type(`source ${script}; echo sour''ced\n`)
  await bash.says(/sourced/)
  bash.type('hostless network sh\tvlan:2\t--output csv\n')
  await bash.says(/section,row,field,value[\s\S]*vlan:200/)
  bash.type('exit\n')
  t.is(await bash.ended, 0)
})

const { exitCode: found } = execaSync('sh', ['-c', 'command -v zsh'], { reject: false })
;(found === 0 ? test : test.skip)('zsh at a terminal: what Tab writes is what runs', async (t) => {
  const { environment, home, setting } = await start(t)
  const script = join(home, 'completion.zsh')
  await writeFile(script, (await run(setting, 'completion', 'zsh')).out)
  const PATH = `${await commandIn(home)}:${process.env.PATH}`
  const zsh = startOnTerminal(t, { ...environment, PATH, PS1: 'ready> ' }, 'zsh -f -i')
  await zsh.says(/ready> /)
  zsh.type(`autoload -U compinit; compinit -u -D; source ${script}; echo sour''ced\n`)
  await zsh.says(/sourced\r\n/)
  zsh.type('hostless network sh\tvlan:2\t--output csv\n')
  await zsh.says(/section,row,field,value[\s\S]*vlan:200/)
  zsh.type('exit\n')
  t.is(await zsh.ended, 0)
})
