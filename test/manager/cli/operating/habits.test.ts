import test from 'ava'
import { run } from '../operator.ts'
import { hostOf, idOf, poolData } from '../pool-data.ts'
import { start } from './start.ts'

test('whatever lists takes -o, --sort, --columns and --no-headers, and says in --help which columns it has', async (t) => {
  const { hostless } = await start(t)
  t.is(
    (await hostless('host list node0[1-3] -o csv --columns host,cpugroup --sort -host --no-headers')).out,
    'node03,1\r\nnode02,1\r\nnode01,1\r\n',
  )
  t.is((await hostless('host list @rack3 -o name')).out, 'node01\nnode02\nnode03\n')
  const refused = await hostless('host list --columns host,nonsense')
  t.is(refused.code, 2)
  t.regex(refused.err, /there is no column nonsense; there are: host, state, since, groups,/)
  t.regex((await hostless('host list --help')).out, /Columns, for --sort and --columns:\n {2}host, state, since,[\s\S]*macs/)
  t.is((await hostless('host show node01,node02 --columns host,name --no-headers')).code, 0)
})

test('a list has its columns in --help, and every list the same habits', async (t) => {
  const { hostless } = await start(t)
  const lists = [
    ...['host list', 'host history', 'host boots', 'host find', 'host stats', 'hostlist', 'hoststats', 'vmlist', 'vm list', 'vm history'],
    ...['vm where', 'vm stats', 'storage list', 'storage local', 'storage disks', 'storage vg list', 'storage connections', 'network list'],
    ...['matrix', 'vm-network list', 'vm-image list', 'appliances', 'cpu groups', 'cpu level', 'property list', 'alarm list'],
    ...['notification list', 'automation list', 'task list', 'user list', 'token list', 'audit', 'checklist', 'boots', 'manager tasks'],
    ...['boot list', 'image list', 'doctor', 'whoami'],
  ]
  for (const list of lists) {
    const { out } = await hostless(`${list} --help`)
    for (const option of ['-o, --output', '--sort', '--columns', '--no-headers']) t.true(out.includes(option), `${list}: ${option}`)
    t.regex(out, /Columns, for --sort and --columns:\n {2}\w+/, list)
  }
})

test('whoami says who, as what, by which token, to which manager, and until when', async (t) => {
  const { hostless, manager } = await start(t)
  const [who] = [JSON.parse((await hostless('whoami -o json')).out)]
  t.deepEqual(who, {
    ...{ user: 'ada', from: 'local', role: 'admin', manager: manager.url, label: 'login on desk', id: 'k3tq', kept: 'HOSTLESS_TOKEN' },
    expires: '2027-01-31T00:00:00.000Z',
  })
  t.is((await hostless('whoami --columns role --no-headers')).out, 'admin\n')
})

test('hostlist has what XenControl printed; in a narrow window columns go from the right, and names stay whole', async (t) => {
  const { hostless, setting, pool } = await start(t)
  const [first] = pool.hosts
  if (first)
    pool.hosts[0] = { ...first, hardware: { ...first.hardware, hvm: true, kernel: '6.12.57+deb13-amd64', cpuModel: 'Xeon E5-2680 v4' } }
  const row = JSON.parse((await hostless('hostlist node01 -o json')).out)[0]
  t.like(row, { hvm: true, kernel: '6.12.57+deb13-amd64', cpumodel: 'Xeon E5-2680 v4', vgused: 60 })
  t.true(row.vgfree > 2 ** 38 && row.vgs > row.vgfree)
  const shown = (await run({ ...setting, columns: 80 }, 'hostlist')).out
  const [head = '', ...lines] = shown.split('\n')
  t.true(
    [head, ...lines].every((line) => line.length <= 80),
    shown,
  )
  t.regex(head, /^HOST +STATE +CPUS +GUESTS +MEMORY +FREE/)
  t.notRegex(head, /KERNEL|HVM/)
  for (const { name } of pool.hosts)
    t.true(
      lines.some((line) => line.startsWith(`${name} `)),
      name,
    )
})

test('alarms: severity is shown and chosen by, a shared one belongs to each of its hosts, many are acknowledged with a comment', async (t) => {
  const { hostless, setting, manager } = await start(t)
  const list = async (line: string) =>
    JSON.parse((await hostless(`alarm list${line && ` ${line}`} -o json`)).out).map(({ kind }: { kind: string }) => kind)
  t.deepEqual(await list('node04'), ['siblings'])
  t.deepEqual(await list('--severity warning'), ['duplicate-uuid'])
  t.regex((await hostless('alarm list')).out, /^SEVERITY +DATA +HOSTS/)
  t.regex((await hostless('host show node04')).out, /Alarms\nSEVERITY.*\ninfo +siblings/)
  t.is((await hostless('alarm acknowledge')).code, 2)
  const done = await run(setting, 'alarm', 'acknowledge', '--host', 'node04', '--comment', 'the module is ordered')
  t.regex(done.out, /siblings:memory +done +acknowledged/)
  t.deepEqual(await list(''), ['duplicate-uuid'])
  t.regex((await hostless('alarm list --acknowledged')).out, /ada +the module is ordered/)
  t.is((await hostless('alarm acknowledge @duplicate-uuid siblings:memory')).code, 4, 'it is not open any more')
  t.is((await hostless('alarm acknowledge --all')).code, 0)
  t.is(manager.asked.at(-1)?.id, 'alarms.acknowledge')
})

test('pending machines are let in with names by the order of their ports, and groups; a dry run says which would be which', async (t) => {
  const pool = poolData()
  const at = (port: string) => ({ hardware: { link: { nic: 'eth0', switch: 'tor-1', port } } })
  const wait = (index: number, port: string) => hostOf(index, { state: 'pending', ...at(port), seen: `seen${index}` })
  pool.hosts.push(wait(8, 'Ethernet10'), wait(9, 'Ethernet2'))
  const { hostless, manager } = await start(t, pool)
  const plan = await hostless('host approve --pending --names r3-{01..} --dry-run -o csv')
  t.regex(plan.out, /\r\nnode09,r3-01,tor-1,Ethernet2,\r\nnode08,r3-02,tor-1,Ethernet10,\r\n/)
  t.false(manager.asked.some(({ id }) => id === 'hosts.admit'))
  t.regex((await hostless('host approve node08,node09 --names r3-{01..03}')).err, /makes 3 names, and 2 are wanted/)
  const done = await hostless('host approve node08,node09 --names r3-{01..02} --groups rack3 ssd')
  t.is(done.code, 0, done.err)
  t.regex(done.err, /^node09 → r3-01: .*at tor-1 Ethernet2\n/)
  t.regex(done.out, /node09 +done +approved as r3-01\nnode08 +done +approved as r3-02\n/)
  t.deepEqual(manager.asked.at(-1)?.input, {
    hosts: [
      { ref: idOf(9), seen: 'seen9' },
      { ref: idOf(8), seen: 'seen8' },
    ],
    names: 'r3-{01..02}',
    groups: ['rack3', 'ssd'],
  })
  t.is((await hostless('host approve')).code, 2)
})
