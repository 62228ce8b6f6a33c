import test from 'ava'
import { start } from './start.ts'

test('the matrix: marks and reasons for a person, a row a cell for a program', async (t) => {
  const { hostless } = await start(t)
  const { out } = await hostless('matrix @rack3,node05 --why')
  t.regex(out, /HOST +STATE +L1 +G1 +N1 +V100 +V200\nnode01 +up +✓ +✓ +✓ +✓ +✓\n/)
  t.regex(out, /node05 +V200 +no bridge leads there/)
  t.regex(out, /V100: not all hear each other: node01 node02 \| node03/)
  const cells = JSON.parse((await hostless('matrix node05 --only @vlan --output json')).out)
  t.deepEqual(cells, [
    { host: 'node05', key: 'vlan:100', kind: 'vlan', name: 'VLAN 100', reached: true, why: 'xenbr0 by eth0' },
    { host: 'node05', key: 'vlan:200', kind: 'vlan', name: 'VLAN 200', reached: false, why: 'no bridge leads there' },
  ])
  t.notRegex((await hostless('storage matrix')).out, /V100/)
})

test('storage and networks are named by key, name, pattern and kind', async (t) => {
  const { hostless } = await start(t)
  const keys = async (line: string) => JSON.parse((await hostless(`${line} --output json`)).out).map(({ key }: { key: string }) => key)
  t.deepEqual(await keys('storage list nfs:10.77.0.1:/export/iso'), ['nfs:10.77.0.1:/export/iso'])
  t.deepEqual(await keys('network list @vlan'), ['vlan:100', 'vlan:200'])
  t.deepEqual(await keys('network list vlan:1*'), ['vlan:100'])
  t.is((await hostless('storage list vlan:100')).code, 4)
  t.regex((await hostless('network show vlan:200')).out, /node03 +no +no bridge leads there/)
  t.regex((await hostless('storage local node01')).out, /vg +local +931 GiB +373 GiB/)
})

test('cpu level, groups and explain', async (t) => {
  const { hostless } = await start(t)
  t.regex((await hostless('cpu level')).out, /GenuineIntel: 5 features on all of 3 hosts\n {2}aes avx avx2 nx sse4.2\n/)
  t.deepEqual(JSON.parse((await hostless('cpu groups node01 --output json')).out), {
    groups: [{ group: 1, vendor: 'GenuineIntel', count: 1, hosts: ['node01'] }],
    unknown: [],
  })
  const explained = await hostless('cpu explain node01 node02 --type hvm')
  t.regex(explained.out, /Guest type +hvm\nCan move live +no\n[\s\S]*NX\/XD is off in the BIOS of node02/)
})

test('alarms are listed by host and cleared by key, pattern and kind', async (t) => {
  const { hostless, pool } = await start(t)
  t.is(JSON.parse((await hostless('alarm list node06 --output json')).out).length, 1)
  t.regex((await hostless('alarm clear duplicate-uid:*')).err, /no alarm is called/)
  t.is((await hostless('alarm clear @siblings duplicate-uuid:*')).code, 0)
  t.true(pool.alarms.every(({ acknowledged }) => acknowledged?.who === 'ada'))
  t.is((await hostless('alarm list')).out, 'No alarm is open.\n')
})

test('hostlist, hoststats and vmlist end in totals; programs get the plain list unless they ask', async (t) => {
  const { hostless } = await start(t)
  t.regex(
    (await hostless('hostlist')).out,
    /\n7 hosts +5 up, 2 not measured +896 +2 +3\.5 TiB +1\.6 TiB +\d+\.\d +\d+ [GT]iB +\d+ [GT]iB +\d+\.\d\n$/,
  )
  t.regex((await hostless('hoststats @rack3')).out, /\n3 hosts +3 measured +19\.5 +120\.0 +384 GiB/)
  t.regex((await hostless('vmlist node01/*')).out, /\n2 guests +1 host +2 running +8 +16\.0 GiB +250\.0/)
  const plain = JSON.parse((await hostless('vmlist node01/*sql* --output json')).out)
  t.deepEqual(
    plain.map(({ guest, host, cpu }: { guest: string; host: string; cpu: number }) => [guest, host, cpu]),
    [['mysql1', 'node01', 125]],
  )
  t.like(JSON.parse((await hostless('vmlist --output json --totals')).out), { totals: { vcpus: 12, cpu: 375 } })
  t.is(
    (await hostless('hoststats node06 --output csv')).out,
    'host,state,cpu,dom0cpu,used,free,read,written,received,sent,guests\r\nnode06,lost,,,,,,,,,0\r\n',
  )
})
